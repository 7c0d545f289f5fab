//! The policies that a command judges by.

use std::path::Path;

use sagewarden_policy::Bundle;

use crate::error::CommandError;
use crate::input::{self, now};

/// The built-in policies with the settings of a file, or the built-in ones.
pub(crate) fn load(settings: Option<&Path>) -> Result<Bundle, CommandError> {
    let bundle = Bundle::embedded()?;
    let Some(path) = settings else { return Ok(bundle) };
    let text = input::text(path)?;
    let bundle = bundle.with_settings(&text).and_then(|bundle| bundle.granted_by(now()));
    bundle.map_err(|source| CommandError::Settings { path: path.to_owned(), source })
}
