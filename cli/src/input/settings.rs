//! The settings in force: the named file, else a file in a folder above the judged file, else the built-in settings.

use std::path::{Path, PathBuf};

use sagewarden_policy::Bundle;

use crate::error::CommandError;
use crate::input::bundle;

/// The files of settings that the command looks for in a folder; the first one that exists counts.
const PLACES: [&str; 3] = ["sagewarden.toml", ".sagewarden/settings.toml", "infra/settings.toml"];

/// A bundle with the file that its settings are from; `None` for the built-in ones.
pub(crate) struct InForce {
    pub(crate) path: Option<PathBuf>,
    pub(crate) bundle: Bundle,
}

/// A whole bundle that is named, else the settings that are named, else those above the first of these files.
pub(crate) fn find(
    whole: Option<(&str, Option<&str>)>,
    named: Option<&Path>,
    files: &[PathBuf],
) -> Result<InForce, CommandError> {
    if let Some((place, digest)) = whole {
        return Ok(InForce { bundle: bundle::whole(place, digest)?, path: Some(PathBuf::from(place)) });
    }
    let path = named.map(Path::to_owned).or_else(|| above(files.first()?));
    Ok(InForce { bundle: bundle::load(path.as_deref())?, path })
}

/// Finds the settings nearest to a file: in its folder, or in a folder above it, up to the root of the repository.
fn above(file: &Path) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    for folder in file.ancestors() {
        let found = PLACES.iter().map(|place| folder.join(place)).find(|path| path.is_file());
        if found.is_some() || folder.join(".git").exists() {
            return found;
        }
    }
    None
}
