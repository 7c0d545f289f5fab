//! The settings in force: the named file, else a file in a folder above the judged file, else the built-in settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

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

/// The settings of each file. Unless the user names some, each file is judged by the nearest ones above it.
pub(crate) struct ByFile<'a> {
    /// Those that the user names, else those of the first file.
    first: &'a InForce,
    /// Other settings, or why they cannot be used.
    others: BTreeMap<Option<PathBuf>, Result<InForce, String>>,
    /// The folders of files to which others apply.
    folders: BTreeMap<PathBuf, Option<PathBuf>>,
}

impl<'a> ByFile<'a> {
    /// The same settings for all files.
    pub(crate) fn one(first: &'a InForce) -> Self {
        Self { first, others: BTreeMap::new(), folders: BTreeMap::new() }
    }

    /// Finds the settings of each of these files.
    pub(crate) fn nearest<'f>(
        first: &'a InForce,
        files: impl Iterator<Item = &'f Path>,
        load: impl Fn(Option<PathBuf>) -> Result<InForce, CommandError>,
    ) -> Self {
        let mut by_file = Self::one(first);
        let folders: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
        for folder in folders {
            // Some name in it: the search begins in its folder.
            let path = above(&folder.join("-"));
            if path != first.path {
                let loaded = by_file.others.entry(path.clone());
                loaded.or_insert_with(|| load(path.clone()).map_err(|error| error.to_string()));
                by_file.folders.insert(folder.to_owned(), path);
            }
        }
        by_file
    }

    /// Those of a file, and whether they are others than the first file's.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub(crate) fn of(&self, file: &Path) -> Result<(&InForce, bool), &str> {
        let path = file.parent().and_then(|folder| self.folders.get(folder));
        match path.and_then(|path| self.others.get(path)) {
            Some(Ok(other)) => Ok((other, true)),
            Some(Err(why)) => Err(why),
            None => Ok((self.first, false)),
        }
    }
}

/// Finds the settings nearest to a file: in its folder, or in a folder above it, up to the root of the repository.
fn above(file: &Path) -> Option<PathBuf> {
    let mut file = std::path::absolute(file).ok()?;
    // The folder before `..` is not above the file.
    if file.components().any(|part| part == Component::ParentDir) {
        file = file.parent()?.canonicalize().ok()?.join(file.file_name()?);
    }
    for folder in file.ancestors() {
        let found = PLACES.iter().map(|place| folder.join(place)).find(|path| path.is_file());
        if found.is_some() || folder.join(".git").exists() {
            return found;
        }
    }
    None
}
