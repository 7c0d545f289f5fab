//! A fault in a file of the bundle, and its place. The settings are one of these files, and policies are the others.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use thiserror::Error;

/// Why a file cannot be used. Displayed as `<file>:<line>:<column>: <reason>`.
#[derive(Debug, Error)]
#[error("{file}:{line}:{column}: {reason}")]
pub struct FileError {
    file: String,
    line: usize,
    column: usize,
    reason: String,
}

impl FileError {
    /// Points at a place in a file's text, which is given in bytes.
    #[must_use]
    pub fn new(file: &str, text: &str, offset: usize, reason: impl ToString) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { file: file.to_owned(), line, column, reason: reason.to_string() }
    }

    /// The same place of a file that has another name where it was read.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self }
    }

    /// A file, or a folder of files, that could not be read in the bundle's folder.
    #[must_use]
    pub fn unreadable(dir: &Path, name: &str, error: impl Display) -> Self {
        Self::new(name, "", 0, format!("cannot be read in `{}`: {error}", dir.display()))
    }
}

/// The text of a file of the bundle in `dir`.
///
/// # Errors
/// If the file cannot be read.
pub fn read_file(dir: &Path, name: &str) -> Result<String, FileError> {
    fs::read_to_string(dir.join(name)).map_err(|error| FileError::unreadable(dir, name, error))
}
