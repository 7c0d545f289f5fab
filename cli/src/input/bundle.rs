//! The policies that a command judges by.

use std::fs;
use std::path::Path;

use sagewarden_policy::Bundle;

use crate::error::CommandError;

/// The built-in policies with the settings of a file, or the built-in ones.
pub(crate) fn load(settings: Option<&Path>) -> Result<Bundle, CommandError> {
    let bundle = Bundle::embedded()?;
    let Some(path) = settings else { return Ok(bundle) };
    let text = fs::read_to_string(path).map_err(CommandError::unreadable(path))?;
    bundle.with_settings(&text).map_err(|source| CommandError::Settings { path: path.to_owned(), source })
}
