//! Why a bundle is refused.

use miette::Diagnostic;
use sagewarden_settings::FileError;
use thiserror::Error;

/// Why a bundle is refused. Displayed as `<file>:<line>:<column>: <reason>`.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct BundleError(#[from] FileError);

impl BundleError {
    pub(crate) fn new(file: &str, text: &str, offset: usize, reason: impl ToString) -> Self {
        Self(FileError::new(file, text, offset, reason))
    }

    /// The same fault of a file that has another name where it was read.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        Self(self.0.in_file(file))
    }

    pub(crate) fn missing(file: &str) -> Self {
        Self::new(file, "", 0, "the file is missing")
    }

    /// Cedar's error, with its place.
    pub(crate) fn of_cedar(file: &str, text: &str, error: &(impl Diagnostic + ToString)) -> Self {
        Self::at(file, text, error, error.to_string())
    }

    /// Where a diagnostic of Cedar points, for this reason.
    pub(crate) fn at(file: &str, text: &str, error: &dyn Diagnostic, reason: impl ToString) -> Self {
        Self::new(file, text, offset(error).unwrap_or(0), reason)
    }
}

/// Where a diagnostic points, in bytes.
fn offset(error: &dyn Diagnostic) -> Option<usize> {
    let own = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    own.or_else(|| error.related()?.find_map(offset))
}
