//! The files to judge: the named ones, and in folders those with a fitting name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::source::is_wanted;
use crate::error::CommandError;

/// Folders with thousands of files that belong to tools.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", ".terraform"];

/// A file to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// It was found in a folder: it may be somebody else's.
    pub(crate) is_found: bool,
    /// A file of this size is judged on all cores and alone, so that the memory for it is needed once.
    pub(crate) is_large: bool,
}

/// Bytes of a large file. A compressed one is larger than it looks.
const LARGE: u64 = 1 << 20;

fn is_large(path: &Path, found: Option<&fs::Metadata>) -> bool {
    let times = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz")) { 16 } else { 1 };
    // Standard input and the like have no length in advance.
    found.is_none_or(|found| !found.is_file() || found.len() * times >= LARGE)
}

/// The files in the order of their names, and how many files in folders have another ending.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) inputs: Vec<Input>,
    pub(crate) passed_over: usize,
    /// Folders and links that could not be looked into.
    pub(crate) unreadable: Vec<CommandError>,
}

impl Files {
    /// Every named file is wanted, unless `--pass-over` treats named files like files in folders.
    pub(crate) fn find(paths: &[PathBuf], as_of_folders: bool) -> Self {
        let mut files = Self::default();
        let mut known = BTreeSet::new();
        for path in paths {
            if path != Path::new("-") && path.is_dir() {
                files.walk(path, &mut known);
            } else if as_of_folders && !is_wanted(path) && path.exists() {
                files.passed_over += 1;
            } else {
                let is_large = is_large(path, fs::metadata(path).ok().as_ref());
                files.inputs.push(Input { path: path.clone(), is_found: as_of_folders, is_large });
            }
        }
        files
    }

    /// A folder and those within. A link to a folder could lead out of it or round in circles: it is not followed.
    fn walk(&mut self, folder: &Path, known: &mut BTreeSet<PathBuf>) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unreadable.push(CommandError::unreadable(folder)(error)),
        };
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            // As builds and their annotations name a file of the folder in which they run.
            let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let name = entry.file_name();
                    if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                        self.walk(&path, known);
                    }
                }
                Ok(_) if is_wanted(&path) => match fs::metadata(&path) {
                    Ok(target) if target.is_file() => {
                        if known.insert(path.clone()) {
                            let is_large = is_large(&path, Some(&target));
                            self.inputs.push(Input { path, is_found: true, is_large });
                        }
                    }
                    _ => self.passed_over += 1,
                },
                Ok(_) => self.passed_over += 1,
                Err(error) => self.unreadable.push(CommandError::unreadable(&path)(error)),
            }
        }
    }
}
