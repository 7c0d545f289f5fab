//! What is wrong in a file of the bundle, and where; settings are one of these files, policies are others.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use thiserror::Error;

use crate::Settings;

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

    /// A file, or a folder of files, that could not be read in the bundle's folder.
    #[must_use]
    pub fn unreadable(dir: &Path, name: &str, error: impl Display) -> Self {
        Self::new(name, "", 0, format!("cannot be read in `{}`: {error}", dir.display()))
    }
}

/// The text of a file of the bundle in `dir`.
///
/// # Errors
/// When the file cannot be read.
pub fn read_file(dir: &Path, name: &str) -> Result<String, FileError> {
    fs::read_to_string(dir.join(name)).map_err(|error| FileError::unreadable(dir, name, error))
}

impl Settings {
    /// The name of the file in the bundle's folder.
    pub const FILE: &str = "settings.toml";

    /// Reads `settings.toml` in `dir`.
    ///
    /// # Errors
    /// When the file cannot be read, or is no settings file.
    pub fn from_dir(dir: &Path) -> Result<Self, FileError> {
        Self::from_text(&read_file(dir, Self::FILE)?)
    }

    /// Reads the text of `settings.toml`.
    ///
    /// # Errors
    /// When a section or field is unknown, or a value cannot be what it says.
    pub fn from_text(text: &str) -> Result<Self, FileError> {
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            FileError::new(Self::FILE, text, offset, error.message())
        })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::Mode;

    #[test]
    fn a_folder_has_its_settings_or_an_error_with_file_line_and_column() {
        let folder = TempDir::new().unwrap();
        let missing = Settings::from_dir(folder.path()).unwrap_err().to_string();
        let words = format!("settings.toml:1:1: cannot be read in `{}`: ", folder.path().display());
        assert!(missing.starts_with(&words), "{missing}");

        let write = |text: &str| fs::write(folder.path().join("settings.toml"), text).unwrap();
        write("mode = \"enforce\"\n\n[drift]\nquiet_hours_after_alert = 6\n");
        let settings = Settings::from_dir(folder.path()).unwrap();
        assert_eq!((settings.mode, settings.drift.quiet_hours_after_alert), (Mode::Enforce, 6));

        write("mode = \"observe\"\n\n[netwrok]\n");
        let wrong = Settings::from_dir(folder.path()).unwrap_err().to_string();
        assert!(wrong.starts_with("settings.toml:3:2: unknown field `netwrok`"), "{wrong}");
    }
}
