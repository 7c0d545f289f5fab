//! Prints verdicts in each format, while files are judged. If the reader of the output goes away, the command still exits with the status
//! of the verdict.

use std::io;

use serde::Serialize;
use serde_json::json;

use crate::check::checked::{CheckedFile, CheckedSubject, Tally};
use crate::check::sarif::LogContent;
use crate::check::words::SubjectDocument;
use crate::check::{builds, sarif, words};
use crate::command::check::CheckFormat;
use crate::error::CommandError;
use crate::input::settings::InForce;
use crate::output;

/// The text about one file; empty for formats that need all files first.
pub(crate) fn of_file(format: CheckFormat, settings: &InForce, checked: &CheckedFile) -> String {
    match format {
        CheckFormat::Text => output::text(&words::text(checked)),
        CheckFormat::Json if checked.is_foreign => String::new(),
        CheckFormat::Json => {
            let subjects = of_subjects(format, &checked.path, &checked.subjects);
            let begin = if checked.said.is_begun { String::new() } else { heading(format, &checked.path) };
            begin + &subjects + &json_end(checked)
        }
        CheckFormat::Sarif => String::new(),
        CheckFormat::Junit => builds::junit(settings, checked),
        CheckFormat::Github => builds::github(checked),
        CheckFormat::Markdown => builds::markdown(checked),
    }
}

/// Whether verdicts can be printed before all resources of the file are judged.
pub(crate) fn is_said_at_once(format: CheckFormat) -> bool {
    matches!(format, CheckFormat::Text | CheckFormat::Json)
}

/// The printed verdicts on some resources of a file.
pub(crate) fn of_subjects(format: CheckFormat, path: &str, subjects: &[CheckedSubject]) -> String {
    match format {
        CheckFormat::Text => {
            let said: String = subjects.iter().map(|subject| words::of_subject(path, subject)).collect();
            output::text(&said)
        }
        CheckFormat::Json => {
            let said = subjects.iter().map(|subject| indented(&SubjectDocument::of(subject), "\n    "));
            let said: Vec<String> = said.map(|subject| format!("\n    {subject}")).collect();
            output::document(said.join(between(format)))
        }
        CheckFormat::Sarif | CheckFormat::Junit | CheckFormat::Github | CheckFormat::Markdown => {
            String::new()
        }
    }
}

/// The text between two resources.
pub(crate) fn between(format: CheckFormat) -> &'static str {
    if format == CheckFormat::Json { "," } else { "" }
}

/// The text before the resources of a file.
pub(crate) fn heading(format: CheckFormat, path: &str) -> String {
    match format {
        CheckFormat::Json => output::document(format!("{{\n  \"file\": {},\n  \"subjects\": [", json!(path))),
        _ => output::text(&words::heading(path)),
    }
}

fn json_end(checked: &CheckedFile) -> String {
    let is_empty = checked.subjects.is_empty() && !checked.said.is_begun;
    let mut end = if is_empty { "]".to_owned() } else { "\n  ]".to_owned() };
    for (name, notes) in [("undecided", &checked.undecided), ("notes", &checked.passed_over)] {
        end += &format!(",\n  \"{name}\": {}", indented(notes, "\n  "));
    }
    end += &format!(",\n  \"unusable\": {}\n}}", json!(checked.unusable));
    output::document(end)
}

/// A document within another one: `line` begins each of its lines but the first.
fn indented(document: &impl Serialize, line: &str) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default().replace('\n', line)
}

/// Bytes that are printed at once.
const WORTH_A_CALL: usize = 64 << 10;

/// The state of the output.
pub(crate) struct Printing<'a> {
    format: CheckFormat,
    settings: &'a InForce,
    has_baseline: bool,
    /// For the format that needs all files together.
    log: LogContent,
    is_first: bool,
    /// Whether some resources of the next file have been printed.
    is_within: bool,
    /// Text that is ready to be printed.
    ready: String,
    /// The error after which nothing can be printed any more.
    stopped: Option<io::Error>,
}

impl<'a> Printing<'a> {
    pub(crate) fn begin(format: CheckFormat, settings: &'a InForce, has_baseline: bool) -> Self {
        let mut printing = Self {
            format,
            settings,
            has_baseline,
            log: LogContent::default(),
            is_first: true,
            is_within: false,
            ready: String::new(),
            stopped: None,
        };
        match format {
            // In the log of a build, it is a line like others.
            CheckFormat::Text | CheckFormat::Github => {
                printing.put(&output::text(&words::settings(settings)));
            }
            CheckFormat::Json => {
                let bundle = &settings.bundle;
                let head = json!({
                    "bundle": bundle.hash(),
                    "profile": bundle.settings().profile,
                    "settings": settings.path,
                });
                let head = format!("{head:#}");
                let head = head.trim_end_matches(['}', '\n']);
                printing.put(&format!("{head},\n  \"files\": ["));
            }
            CheckFormat::Junit => printing.put(builds::JUNIT.0),
            CheckFormat::Markdown => printing.put(&builds::markdown_head(settings)),
            CheckFormat::Sarif => {}
        }
        printing
    }

    /// Adds the printed verdicts on some resources of a file that is still being judged.
    pub(crate) fn said(&mut self, path: &str, said: &str) {
        let is_within = std::mem::replace(&mut self.is_within, true);
        if is_within {
            self.put(between(self.format));
        } else {
            self.begin_file();
            self.put(&heading(self.format, path));
        }
        self.put(said);
    }

    /// The text between two files.
    fn begin_file(&mut self) {
        if self.format == CheckFormat::Json {
            let is_first = std::mem::take(&mut self.is_first);
            self.put(if is_first { "\n" } else { ",\n" });
        }
    }

    /// Adds a file, with its own output.
    pub(crate) fn file(&mut self, checked: CheckedFile, printed: String) {
        let is_within = std::mem::take(&mut self.is_within);
        match self.format {
            CheckFormat::Text | CheckFormat::Junit | CheckFormat::Github | CheckFormat::Markdown => {
                self.put(&printed);
            }
            CheckFormat::Json if printed.is_empty() => {}
            CheckFormat::Json => {
                if !is_within {
                    self.begin_file();
                }
                self.put(&printed);
            }
            CheckFormat::Sarif => self.log.add(checked),
        }
    }

    /// The end of it.
    ///
    /// # Errors
    /// If it cannot be written, unless the reader has gone away.
    pub(crate) fn end(mut self, tally: &Tally, passed_over: usize) -> Result<(), CommandError> {
        match self.format {
            CheckFormat::Text => self.put(&output::text(&words::summary(tally, passed_over))),
            CheckFormat::Json if self.has_baseline => {
                let stale = output::document(json!(tally.stale).to_string());
                self.put(&format!("\n],\n  \"stale\": {stale}}}\n"));
            }
            CheckFormat::Json => self.put("\n]}\n"),
            CheckFormat::Junit => self.put(builds::JUNIT.1),
            CheckFormat::Markdown if tally.status() == 0 => {
                self.put(if tally.known > 0 { "Nothing is new.\n" } else { "No control failed.\n" })
            }
            CheckFormat::Markdown | CheckFormat::Github => {}
            // Readers of SARIF take a log without results as a sign that every finding was fixed.
            CheckFormat::Sarif if !tally.is_judged && !tally.is_broken => {}
            CheckFormat::Sarif => {
                let stale = self.has_baseline.then_some(tally.stale.as_slice());
                let log = sarif::log(self.settings, &self.log, stale);
                let log = serde_json::to_string_pretty(&log).map_err(io::Error::from)?;
                self.put(&output::document(log + "\n"));
            }
        }
        self.flush();
        match self.stopped {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Adds ready text, and prints it once there is enough for a call.
    fn put(&mut self, ready: &str) {
        // A large piece is not copied.
        if ready.len() >= WORTH_A_CALL {
            self.flush();
            self.write(ready);
            return;
        }
        self.ready.push_str(ready);
        if self.ready.len() >= WORTH_A_CALL {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        self.write(&ready);
    }

    fn write(&mut self, text: &str) {
        if self.stopped.is_none() {
            self.stopped = output::print(text).err();
        }
    }
}
