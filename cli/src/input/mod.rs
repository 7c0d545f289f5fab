//! The files that a command reads: found in folders, read one after the other.

pub(crate) mod bucket;
pub(crate) mod bundle;
pub(crate) mod in_order;
pub(crate) mod nearest;
mod parquet;
pub(crate) mod parts;
pub(crate) mod progress;
pub(crate) mod settings;
pub(crate) mod source;
pub(crate) mod table;
pub(crate) mod trouble;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::ProgressBar;
use sagewarden_events::Timestamp;
use sagewarden_govern::counted;

use crate::error::CommandError;
use crate::input::source::Source;

/// Bytes of a file that is read whole, at most: a baseline of 230 MB is the largest that was seen.
const LARGEST: u64 = 512 << 20;

/// A whole file. A file without an end (`/dev/zero`), or one that may wait for ever (a named pipe without a writer), is refused; the pipe
/// that a shell makes for `<(command)` is read. A file that somebody writes meanwhile is read again, so that half of one version never
/// stands for another.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    read_settled(path, || {}).map_err(CommandError::unreadable(path))
}

/// How often a changing file is read again, and how long the command waits before it does.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(50);
/// If a file was written this recently, its writer may not be done: between two writes, half a file looks like a whole one.
const LATELY: Duration = Duration::from_millis(20);

/// `between` is called when the content is read, before the file is looked at again.
fn read_settled(path: &Path, mut between: impl FnMut()) -> io::Result<Vec<u8>> {
    for attempt in 0..TRIES {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        let (mut file, before) = opened(path)?;
        // Room for the whole file and one byte more, which shows the end of the file: so there are as few reads as possible.
        let mut bytes =
            Vec::with_capacity(usize::try_from(before.len().min(LARGEST)).unwrap_or_default() + 1);
        file.by_ref().take(LARGEST + 1).read_to_end(&mut bytes)?;
        between();
        if is_settled(&before, &file.metadata()?, bytes.len(), SystemTime::now()) {
            return whole(bytes);
        }
    }
    refuse("it changes while it is read: try again once nothing writes to it")
}

/// Whether the bytes that were read belong to one version of the file. A file without a length (a pipe, a file of `/proc`) has no versions.
fn is_settled(before: &fs::Metadata, after: &fs::Metadata, read: usize, now: SystemTime) -> bool {
    let is_other = |one: &fs::Metadata, other: &fs::Metadata| {
        one.len() != other.len() || one.modified().ok() != other.modified().ok()
    };
    let has_length = after.is_file() && (before.len() > 0 || after.len() > 0);
    // A clock that is behind says nothing.
    let is_new = || after.modified().is_ok_and(|at| now.duration_since(at).is_ok_and(|since| since < LATELY));
    let is_whole = || !is_other(before, after) && read as u64 == after.len().min(LARGEST + 1);
    !has_length || is_whole() && !is_new()
}

/// The bytes that were read, if the file was not cut off.
fn whole(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    if bytes.len() as u64 > LARGEST { refuse("it is larger than 512 MB") } else { Ok(bytes) }
}

/// A file that has an end, for readers that read it piece by piece.
pub(crate) fn open(path: &Path) -> Result<fs::File, CommandError> {
    opened(path).map(|(file, _)| file).map_err(CommandError::unreadable(path))
}

/// The open file, and its metadata before the first read.
fn opened(path: &Path) -> io::Result<(fs::File, fs::Metadata)> {
    let kind = fs::metadata(path)?.file_type();
    let is_of_shell =
        path.starts_with("/dev/fd") || path == Path::new("/dev/stdin") || path.starts_with("/proc/self/fd");
    match special(kind) {
        Some(Special::Pipe) if is_of_shell => {}
        Some(Special::Pipe) => return refuse("it is a named pipe, not a file"),
        Some(Special::Device) => return refuse("it is a device, not a file"),
        None => {
            let file = opened_at_once(path)?;
            let metadata = file.metadata()?;
            // Something else may stand at the path by now.
            if special(metadata.file_type()).is_some() {
                return refuse("it is a named pipe or a device, not a file");
            }
            return Ok((file, metadata));
        }
    }
    let file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Opens a file for reading. A named pipe without a writer does not hold it up.
#[cfg(unix)]
fn opened_at_once(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let at_once = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    fs::OpenOptions::new().read(true).custom_flags(at_once).open(path)
}

#[cfg(not(unix))]
fn opened_at_once(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

fn refuse<T>(why: &str) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

/// Data, or standard input, and the progress through it: shown if there is a terminal and much to read.
pub(crate) fn data(path: &Path) -> Result<(Box<dyn Read>, ProgressBar), CommandError> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), progress::endless()));
    }
    let file = fs::File::open(path).map_err(CommandError::unreadable(path))?;
    let metadata = file.metadata().map_err(CommandError::unreadable(path))?;
    if metadata.is_dir() {
        return Err(CommandError::unreadable(path)(io::ErrorKind::IsADirectory.into()));
    }
    let progress = progress::through(metadata.len());
    Ok((Box::new(file), progress))
}

/// A whole file, or standard input for `-`.
pub(crate) fn read_any(path: &Path) -> Result<Vec<u8>, CommandError> {
    if path != Path::new("-") {
        return read(path);
    }
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes);
    read.and_then(|_| whole(bytes)).map_err(CommandError::unreadable(path))
}

/// A whole file of text.
pub(crate) fn text(path: &Path) -> Result<String, CommandError> {
    String::from_utf8(read(path)?).map_err(|_| {
        CommandError::unreadable(path)(io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8"))
    })
}

/// Things that are not files.
#[derive(Clone, Copy, Debug)]
enum Special {
    Pipe,
    Device,
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> Option<Special> {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_fifo() => Some(Special::Pipe),
        () if kind.is_char_device() || kind.is_block_device() || kind.is_socket() => Some(Special::Device),
        () => None,
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> Option<Special> {
    None
}

/// The present time.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The files, in the order that they are read in.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) sources: Vec<Source>,
    /// Bytes of all files; none when standard input is among them.
    bytes: Option<u64>,
    /// Files of folders that are neither captured events nor tables.
    passed_over: u64,
    /// The places of all sources.
    known: BTreeSet<PathBuf>,
    /// Files that were named, or found, more than once. Their rows count once.
    repeated: u64,
}

/// The kind of files to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    EventsAndTables,
    /// JSON lines only.
    Lines,
}

impl Inputs {
    /// Finds the files: of folders all at any depth, in the order of their names.
    pub(crate) fn find(paths: &[PathBuf], wanted: Wanted) -> Result<Self, CommandError> {
        let mut inputs = Self { bytes: Some(0), ..Self::default() };
        for path in paths {
            if path == Path::new("-") {
                if inputs.is_new(path) {
                    inputs.sources.push(Source::Stdin);
                }
                inputs.bytes = None;
                continue;
            }
            let metadata = fs::metadata(path).map_err(CommandError::unreadable(path))?;
            if !metadata.is_dir() {
                if wanted == Wanted::EventsAndTables
                    && let Some(records) = source::records(path)
                {
                    let Ok(metadata) = fs::metadata(&records) else {
                        return Err(CommandError::NoRecords { answers: path.clone(), records });
                    };
                    inputs.add(&records, Source::Batch(records.clone()), metadata.len());
                    continue;
                }
                let source = match wanted {
                    Wanted::EventsAndTables if source::answers(path).is_file() => Source::Batch,
                    Wanted::EventsAndTables if is_table(path) => Source::Table,
                    _ => Source::Events,
                };
                inputs.add(path, source(path.clone()), metadata.len());
                continue;
            }
            let before = inputs.found();
            inputs.walk(path, wanted)?;
            if inputs.found() == before {
                return Err(match wanted {
                    Wanted::EventsAndTables => CommandError::NoCapture(path.clone()),
                    Wanted::Lines => CommandError::NoLines(path.clone()),
                });
            }
        }
        Ok(inputs)
    }

    fn walk(&mut self, folder: &Path, wanted: Wanted) -> Result<(), CommandError> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(CommandError::unreadable(folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(CommandError::unreadable(&path))?;
            // A link to a folder could lead in a circle.
            if kind.is_dir() {
                self.walk(&path, wanted)?;
                continue;
            }
            let source = match () {
                () if wanted == Wanted::EventsAndTables && source::answers(&path).is_file() => {
                    Source::Batch(path.clone())
                }
                // They are read with the records.
                () if has_end(&path, "out") && path.with_extension("").is_file() => continue,
                () if wanted == Wanted::EventsAndTables && is_table(&path) => Source::Table(path.clone()),
                () if has_end(&path, "jsonl") => Source::Events(path.clone()),
                () => {
                    self.passed_over += 1;
                    continue;
                }
            };
            let metadata = fs::metadata(&path).map_err(CommandError::unreadable(&path))?;
            if metadata.is_file() {
                self.add(&path, source, metadata.len());
            }
        }
        Ok(())
    }

    fn found(&self) -> u64 {
        self.sources.len() as u64 + self.repeated
    }

    fn add(&mut self, path: &Path, source: Source, bytes: u64) {
        if self.is_new(path) {
            self.sources.push(source);
            self.bytes = self.bytes.map(|sum| sum + bytes);
        }
    }

    /// Whether the file is not one of the known ones, under any name.
    fn is_new(&mut self, path: &Path) -> bool {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_new = self.known.insert(place);
        self.repeated += u64::from(!is_new);
        is_new
    }

    /// Facts about the choice of files that may surprise a person. `ends`: the endings of the files that are read.
    pub(crate) fn notes(&self, ends: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.repeated > 0 {
            let names = counted(self.repeated, "name");
            notes.push(format!("note: {names} left out: a file that is named twice is read once"));
        }
        if self.passed_over > 0 {
            let files = counted(self.passed_over, "file");
            notes.push(format!("note: {files} skipped: only files that end in {ends} are read"));
        }
        notes
    }

    /// In a few words.
    pub(crate) fn named(&self) -> String {
        match self.sources.as_slice() {
            [only] => format!("`{}`", only.name()),
            all => counted(all.len() as u64, "file"),
        }
    }

    /// The progress through all of them.
    pub(crate) fn progress(&self) -> ProgressBar {
        self.bytes.map_or_else(progress::endless, progress::through)
    }
}

/// Whether a file is a table. Its name decides; if files of events have such a name, too, its content decides.
fn is_table(path: &Path) -> bool {
    let is_json = || has_end(path, "jsonl") || has_end(path, "json");
    has_end(path, "csv") || has_end(path, "parquet") || (is_json() && table::is_table_of_json(path))
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_meanwhile_is_read_again_and_named_if_that_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        fs::write(&path, "half").unwrap();
        let mut writes = vec!["the whole"].into_iter();
        let read = read_settled(&path, || drop(writes.next().map(|text| fs::write(&path, text))));
        assert_eq!(read.unwrap(), b"the whole");
        let mut length = 0;
        let grows = read_settled(&path, || {
            length += 1;
            fs::write(&path, "x".repeat(length)).unwrap();
        });
        assert!(grows.unwrap_err().to_string().starts_with("it changes while it is read"));
        assert_eq!(length, TRIES);
        // Half of a file may lie there between two writes.
        let found = fs::metadata(&path).unwrap();
        let settled = |after: Duration| is_settled(&found, &found, 3, found.modified().unwrap() + after);
        assert!(settled(PAUSE) && !settled(LATELY / 2));
        // If another file takes its place, the open file is unchanged, and the bytes that were read are complete.
        let other = folder.path().join("other");
        fs::write(&other, "another").unwrap();
        thread::sleep(PAUSE);
        let read = read_settled(&path, || drop(fs::rename(&other, &path)));
        assert_eq!(read.unwrap(), b"xxx");
        assert_eq!(read_settled(&path, || {}).unwrap(), b"another");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_takes_the_place_of_a_file_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Nobody writes to it: an open that waits for a writer would never end.
        let file = opened_at_once(&path).unwrap();
        assert!(matches!(special(file.metadata().unwrap().file_type()), Some(Special::Pipe)));
    }
}
