//! The files to judge: the named ones, and in folders those with a fitting name.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use crate::check::patterns::NamePattern;
use crate::check::source::{is_ours, is_terraform, is_wanted};
use crate::error::CommandError;

/// Folders with thousands of files that belong to tools.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", ".terraform"];

/// Things of folders that are no files and are named; more are counted.
const SHOWN: usize = 10;

/// A file to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// It was found in a folder: it may have nothing to do with SageMaker.
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
    /// One of those that is written in Terraform's own language and speaks of SageMaker.
    pub(crate) terraform: Option<PathBuf>,
    /// Folders and links that could not be looked into, and patterns that fit nothing.
    pub(crate) unreadable: Vec<CommandError>,
    /// Notes on links, pipes and devices whose names fit, but which are not files.
    notes: Vec<String>,
    /// How many more there are.
    more_notes: u64,
    /// The folders that were looked through. A million files are not remembered twice.
    known: BTreeSet<PathBuf>,
}

impl Files {
    /// Every named file is wanted, unless `--pass-over` treats named files like files in folders.
    pub(crate) fn find(paths: &[PathBuf], as_of_folders: bool) -> Self {
        let mut files = Self::default();
        for path in paths {
            match NamePattern::of(path) {
                None => files.named(path, as_of_folders),
                Some(Ok(pattern)) => files.fitting(&pattern),
                Some(Err(error)) => files.unreadable.push(error),
            }
        }
        files.inputs.shrink_to_fit();
        files
    }

    /// Notes on skipped links, pipes and devices.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let more = || format!("{} more were skipped that are no files", self.more_notes);
        self.notes.iter().cloned().chain((self.more_notes > 0).then(more))
    }

    fn named(&mut self, path: &Path, as_of_folders: bool) {
        if path != Path::new("-") && path.is_dir() {
            self.walk(path);
        } else if as_of_folders && !is_wanted(path) && path.exists() {
            self.pass_over(path);
        } else {
            let is_large = is_large(path, fs::metadata(path).ok().as_ref());
            self.inputs.push(Input { path: path.to_owned(), is_found: as_of_folders, is_large });
        }
    }

    /// A folder and those within. A link to a folder could lead out of it or round in circles: it is not followed.
    fn walk(&mut self, folder: &Path) {
        if !self.known.insert(bare(folder)) {
            return;
        }
        for (path, kind) in self.entries(folder) {
            match kind {
                EntryKind::Folder => self.walk(&path),
                EntryKind::LeftOut => {}
                EntryKind::Other { .. } if is_wanted(&path) => self.found(path),
                EntryKind::Other { is_link: true } if path.is_dir() => self.no_file(&path, LINK_TO_FOLDER),
                EntryKind::Other { .. } => self.pass_over(&path),
            }
        }
    }

    fn pass_over(&mut self, path: &Path) {
        self.passed_over += 1;
        if self.terraform.is_none()
            && is_terraform(path)
            && fs::read_to_string(path).is_ok_and(|text| is_ours(&text))
        {
            self.terraform = Some(path.to_owned());
        }
    }

    /// Files that a pattern matches are treated like files of a folder: the author of a pattern does not know every file.
    fn fitting(&mut self, pattern: &NamePattern) {
        if !self.fits_within(pattern, &pattern.base, pattern.deepest) {
            self.unreadable.push(pattern.unfit());
        }
    }

    /// Takes what fits in a folder, and says whether anything does. Links to folders are not followed here, either.
    fn fits_within(&mut self, pattern: &NamePattern, folder: &Path, deepest: usize) -> bool {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut is_any = false;
        for (path, kind) in self.entries(folder) {
            let fits = pattern.fits(&path);
            is_any |= fits && kind != EntryKind::LeftOut;
            match kind {
                EntryKind::Folder if fits => self.walk(&path),
                EntryKind::Folder if deepest > 1 => is_any |= self.fits_within(pattern, &path, deepest - 1),
                EntryKind::Folder | EntryKind::LeftOut => {}
                EntryKind::Other { .. } if !fits => {}
                EntryKind::Other { .. } if is_wanted(&path) || pattern.names_ending_of(&path) => {
                    self.found(path)
                }
                EntryKind::Other { .. } => self.pass_over(&path),
            }
        }
        is_any
    }

    /// What a folder holds, in the order of the names.
    fn entries(&mut self, folder: &Path) -> Vec<(PathBuf, EntryKind)> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push(CommandError::unreadable(folder)(error));
                return Vec::new();
            }
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)));
            match entry {
                Ok((name, kind)) => found.push((name, kind)),
                Err(error) => self.unreadable.push(CommandError::unreadable(folder)(error)),
            }
        }
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let entry = |(name, kind): (OsString, FileType)| {
            let is_left_out = LEFT_OUT.iter().any(|left_out| name == *left_out);
            let kind = match () {
                () if !kind.is_dir() => EntryKind::Other { is_link: kind.is_symlink() },
                () if is_left_out => EntryKind::LeftOut,
                () => EntryKind::Folder,
            };
            (bare(&folder.join(name)), kind)
        };
        found.into_iter().map(entry).collect()
    }

    /// What has a fitting name. A link to a file stands for the file, wherever that lies.
    fn found(&mut self, path: PathBuf) {
        match fs::metadata(&path) {
            Ok(target) if target.is_file() => {
                let is_large = is_large(&path, Some(&target));
                self.inputs.push(Input { path, is_found: true, is_large });
            }
            Ok(target) if target.is_dir() => self.no_file(&path, LINK_TO_FOLDER),
            Ok(_) => self.no_file(&path, "it is a named pipe, a device or a socket"),
            Err(error) => self.no_file(&path, &error),
        }
    }

    /// Notes a path that is skipped because it is not a file, although its name fits or it may hide files.
    fn no_file(&mut self, path: &Path, why: impl Display) {
        self.passed_over += 1;
        if self.notes.len() < SHOWN {
            self.notes.push(format!("`{}` was skipped: {why}", path.display()));
        } else {
            self.more_notes += 1;
        }
    }
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    Folder,
    LeftOut,
    Other { is_link: bool },
}

const LINK_TO_FOLDER: &str = "it is a link to a folder; name that folder to have it judged";

/// A path as builds and their annotations name a file of the folder in which they run.
fn bare(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}
