//! The files to judge: the named ones, and in folders those with a fitting name.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::source::is_wanted;
use crate::error::CommandError;

/// What holds other people's files in their thousands.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", ".terraform"];

/// A file to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// It was found in a folder: it may be somebody else's.
    pub(crate) is_found: bool,
}

/// The files in the order of their names, and how many of folders are none that can be judged.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) inputs: Vec<Input>,
    pub(crate) passed_over: usize,
    /// Folders and links that could not be looked into.
    pub(crate) unreadable: Vec<CommandError>,
}

impl Files {
    /// Of the named ones, all are wanted, unless they are to be taken as those of folders.
    pub(crate) fn find(paths: &[PathBuf], as_of_folders: bool) -> Self {
        let mut files = Self::default();
        let mut known = BTreeSet::new();
        for path in paths {
            if path != Path::new("-") && path.is_dir() {
                files.walk(path, &mut known);
            } else if as_of_folders && !is_wanted(path) && path.exists() {
                files.passed_over += 1;
            } else {
                files.inputs.push(Input { path: path.clone(), is_found: as_of_folders });
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
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let name = entry.file_name();
                    if !LEFT_OUT.iter().any(|left_out| name == *left_out) {
                        self.walk(&path, known);
                    }
                }
                Ok(_) if is_wanted(&path) && fs::metadata(&path).is_ok_and(|target| target.is_file()) => {
                    if known.insert(path.clone()) {
                        self.inputs.push(Input { path, is_found: true });
                    }
                }
                Ok(_) => self.passed_over += 1,
                Err(error) => self.unreadable.push(CommandError::unreadable(&path)(error)),
            }
        }
    }
}
