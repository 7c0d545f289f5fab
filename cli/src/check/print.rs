//! The formats of verdicts, printed while files are judged. Whoever reads them may go away: the exit status is the verdict's all the same.

use std::io;

use crate::check::checked::{CheckedFile, Tally};
use crate::check::{sarif, words};
use crate::command::check::CheckFormat;
use crate::error::CommandError;
use crate::input::settings::InForce;
use crate::output;

/// What is printed of a file alone; nothing in formats that are of all files together.
pub(crate) fn of_file(format: CheckFormat, checked: &CheckedFile) -> String {
    match format {
        CheckFormat::Text => words::text(checked),
        CheckFormat::Json => words::document(checked).map(|file| format!("{file:#}")).unwrap_or_default(),
        CheckFormat::Sarif => String::new(),
    }
}

/// What has been printed.
pub(crate) struct Printing<'a> {
    format: CheckFormat,
    settings: &'a InForce,
    /// Kept for formats that are of all files together.
    files: Vec<CheckedFile>,
    is_first: bool,
    /// That nothing can be printed any more.
    stopped: Option<io::Error>,
}

impl<'a> Printing<'a> {
    pub(crate) fn begin(format: CheckFormat, settings: &'a InForce) -> Self {
        let mut printing = Self { format, settings, files: Vec::new(), is_first: true, stopped: None };
        match format {
            CheckFormat::Text => printing.text(&words::settings(settings)),
            CheckFormat::Json => {
                let head = serde_json::json!({ "bundle": settings.bundle.hash(), "settings": settings.path });
                let head = format!("{head:#}");
                let head = head.trim_end_matches(['}', '\n']);
                printing.document(&format!("{head},\n  \"files\": ["));
            }
            CheckFormat::Sarif => {}
        }
        printing
    }

    /// Adds a file, with what is printed of it alone.
    pub(crate) fn file(&mut self, checked: CheckedFile, printed: String) {
        match self.format {
            CheckFormat::Text => self.text(&printed),
            CheckFormat::Json if printed.is_empty() => {}
            CheckFormat::Json => {
                let separator = if std::mem::take(&mut self.is_first) { "\n" } else { ",\n" };
                self.document(&format!("{separator}{printed}"));
            }
            CheckFormat::Sarif => self.files.push(checked),
        }
    }

    /// The end of it.
    ///
    /// # Errors
    /// When it cannot be written, unless whoever reads it has gone away.
    pub(crate) fn end(mut self, tally: &Tally, passed_over: usize) -> Result<(), CommandError> {
        match self.format {
            CheckFormat::Text => self.text(&words::summary(tally, passed_over)),
            CheckFormat::Json => self.document("\n]}\n"),
            CheckFormat::Sarif if tally.status() == CommandError::EXIT => {}
            CheckFormat::Sarif => {
                let log = sarif::log(&self.settings.bundle, &self.files);
                let log = serde_json::to_string_pretty(&log).map_err(io::Error::from)?;
                self.document(&format!("{log}\n"));
            }
        }
        match self.stopped {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) {
        if self.stopped.is_none() && !text.is_empty() {
            self.stopped = output::print_text(text).err();
        }
    }

    fn document(&mut self, document: &str) {
        if self.stopped.is_none() {
            self.stopped = output::print_document(document).err();
        }
    }
}
