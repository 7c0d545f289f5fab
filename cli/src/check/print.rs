//! The formats of verdicts, printed while files are judged. Whoever reads them may go away: the exit status is the verdict's all the same.

use std::io;

use crate::check::checked::{CheckedFile, Tally};
use crate::check::{builds, sarif, words};
use crate::command::check::CheckFormat;
use crate::error::CommandError;
use crate::input::settings::InForce;
use crate::output;

/// What is printed of a file alone; nothing in formats that are of all files together.
pub(crate) fn of_file(format: CheckFormat, checked: &CheckedFile) -> String {
    match format {
        CheckFormat::Text => output::text(&words::text(checked)),
        CheckFormat::Json => {
            let printed = words::document(checked).and_then(|file| serde_json::to_string_pretty(&file).ok());
            printed.map(output::document).unwrap_or_default()
        }
        CheckFormat::Sarif => String::new(),
        CheckFormat::Junit => builds::junit(checked),
        CheckFormat::Github => builds::github(checked),
        CheckFormat::Markdown => builds::markdown(checked),
    }
}

/// Bytes that are printed at once.
const WORTH_A_CALL: usize = 64 << 10;

/// What has been printed.
pub(crate) struct Printing<'a> {
    format: CheckFormat,
    settings: &'a InForce,
    has_baseline: bool,
    /// Kept for formats that are of all files together.
    files: Vec<CheckedFile>,
    is_first: bool,
    /// What is ready to be printed.
    ready: String,
    /// That nothing can be printed any more.
    stopped: Option<io::Error>,
}

impl<'a> Printing<'a> {
    pub(crate) fn begin(format: CheckFormat, settings: &'a InForce, has_baseline: bool) -> Self {
        let mut printing = Self {
            format,
            settings,
            has_baseline,
            files: Vec::new(),
            is_first: true,
            ready: String::new(),
            stopped: None,
        };
        match format {
            CheckFormat::Text => printing.put(&output::text(&words::settings(settings))),
            CheckFormat::Json => {
                let bundle = &settings.bundle;
                let head = serde_json::json!({
                    "bundle": bundle.hash(),
                    "profile": bundle.settings().profile,
                    "settings": settings.path,
                });
                let head = format!("{head:#}");
                let head = head.trim_end_matches(['}', '\n']);
                printing.put(&format!("{head},\n  \"files\": ["));
            }
            CheckFormat::Junit => printing.put(builds::JUNIT.0),
            CheckFormat::Markdown => printing.put("## Sagewarden\n\n"),
            CheckFormat::Sarif | CheckFormat::Github => {}
        }
        printing
    }

    /// Adds a file, with its own output.
    pub(crate) fn file(&mut self, checked: CheckedFile, printed: String) {
        match self.format {
            CheckFormat::Text | CheckFormat::Junit | CheckFormat::Github | CheckFormat::Markdown => {
                self.put(&printed);
            }
            CheckFormat::Json if printed.is_empty() => {}
            CheckFormat::Json => {
                let separator = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
                self.put(separator);
                self.put(&printed);
            }
            CheckFormat::Sarif => self.files.push(checked),
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
                let stale = output::document(serde_json::json!(tally.stale).to_string());
                self.put(&format!("\n],\n  \"stale\": {stale}}}\n"));
            }
            CheckFormat::Json => self.put("\n]}\n"),
            CheckFormat::Junit => self.put(builds::JUNIT.1),
            CheckFormat::Markdown if tally.status() == 0 => {
                self.put(if tally.known > 0 { "Nothing is new.\n" } else { "All controls hold.\n" })
            }
            CheckFormat::Markdown | CheckFormat::Github => {}
            CheckFormat::Sarif if tally.status() == CommandError::EXIT => {}
            CheckFormat::Sarif => {
                let stale = self.has_baseline.then_some(tally.stale.as_slice());
                let log = sarif::log(&self.settings.bundle, &self.files, stale);
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
        // What is large enough by itself is not copied.
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
