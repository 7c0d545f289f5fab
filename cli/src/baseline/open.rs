//! Opens the file that a baseline is made of.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use indicatif::ProgressBar;

use crate::error::CommandError;
use crate::input::progress;

/// The warning about a header that looks like a row of values.
pub(crate) const NUMBERS_ONLY: &str = "the first row has numbers only: if it is no header, say --no-header";

/// The data, and the progress through it: shown where there is a terminal and much to read.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn Read>, ProgressBar), CommandError> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), progress::endless()));
    }
    let file = File::open(path).map_err(CommandError::unreadable(path))?;
    let metadata = file.metadata().map_err(CommandError::unreadable(path))?;
    if metadata.is_dir() {
        return Err(CommandError::unreadable(path)(io::ErrorKind::IsADirectory.into()));
    }
    let progress = progress::through(metadata.len());
    Ok((Box::new(file), progress))
}
