//! The files of captured traffic: found, read one after the other, and what is wrong with them.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use sagewarden_drift::capture::{CaptureKey, CaptureReader};
use sagewarden_drift::csv::{CsvTable, Header};
use sagewarden_drift::{Cell, Issues, Profile, RowSink};

use crate::drift_windows::Windows;
use crate::error::CommandError;
use crate::progress;

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

/// What is read, in this order.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) sources: Vec<Source>,
    /// Bytes of all files; none when standard input is among them.
    bytes: Option<u64>,
    /// Files of folders that are neither captured events nor tables.
    pub(crate) passed_over: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    Events(PathBuf),
    Table(PathBuf),
}

impl Source {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::Events(path) | Self::Table(path) => path.display().to_string(),
        }
    }
}

/// What came of a file with which something is wrong.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) name: String,
    pub(crate) issues: Issues,
    /// Why it could not be read to its end.
    pub(crate) stopped: Option<String>,
}

impl Inputs {
    /// Finds the files: of folders all at any depth, in the order of their names.
    pub(crate) fn find(paths: &[PathBuf]) -> Result<Self, CommandError> {
        let mut inputs = Self { bytes: Some(0), ..Self::default() };
        for path in paths {
            if path == Path::new("-") {
                inputs.sources.push(Source::Stdin);
                inputs.bytes = None;
                continue;
            }
            let metadata = fs::metadata(path).map_err(unreadable(path))?;
            if !metadata.is_dir() {
                let source = if has_end(path, "csv") { Source::Table } else { Source::Events };
                inputs.add(source(path.clone()), metadata.len());
                continue;
            }
            let before = inputs.sources.len();
            inputs.walk(path)?;
            if inputs.sources.len() == before {
                return Err(CommandError::NoCapture(path.clone()));
            }
        }
        Ok(inputs)
    }

    fn walk(&mut self, folder: &Path) -> Result<(), CommandError> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(unreadable(folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(unreadable(&path))?;
            // A link to a folder could lead in a circle.
            if kind.is_dir() {
                self.walk(&path)?;
                continue;
            }
            let source = match () {
                () if has_end(&path, "jsonl") => Source::Events(path.clone()),
                () if has_end(&path, "csv") => Source::Table(path.clone()),
                () => {
                    self.passed_over += 1;
                    continue;
                }
            };
            let metadata = fs::metadata(&path).map_err(unreadable(&path))?;
            if metadata.is_file() {
                self.add(source, metadata.len());
            }
        }
        Ok(())
    }

    fn add(&mut self, source: Source, bytes: u64) {
        self.sources.push(source);
        self.bytes = self.bytes.map(|sum| sum + bytes);
    }

    /// Reads all of them.
    pub(crate) fn read(
        &self,
        reader: &mut CaptureReader,
        header: Header,
        windows: &mut Windows<'_>,
    ) -> Vec<Trouble> {
        let progress = self.bytes.map_or_else(progress::endless, progress::through);
        let mut buffer = vec![0; BUFFER];
        let mut troubles = Vec::new();
        for source in &self.sources {
            let (issues, stopped) = match source {
                Source::Table(path) => table(path, header, &progress, windows),
                Source::Stdin => {
                    windows.begin_file(None);
                    events(io::stdin().lock(), reader, &mut buffer, &progress, windows)
                }
                Source::Events(path) => {
                    let name = path.to_string_lossy().replace('\\', "/");
                    windows.begin_file(CaptureKey::parse(&name).map(|key| key.hour));
                    match File::open(path) {
                        Ok(file) => events(file, reader, &mut buffer, &progress, windows),
                        Err(error) => (Issues::default(), Some(error.to_string())),
                    }
                }
            };
            if !issues.is_empty() || stopped.is_some() {
                troubles.push(Trouble { name: source.name(), issues, stopped });
            }
        }
        progress.finish_and_clear();
        troubles
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> CommandError {
    let path = path.to_owned();
    |source| CommandError::Unreadable { path, source }
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end))
}

/// A file of captured events. What was read before an error counts.
fn events(
    mut input: impl Read,
    reader: &mut CaptureReader,
    buffer: &mut [u8],
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> (Issues, Option<String>) {
    let stopped = loop {
        match input.read(buffer) {
            Ok(0) => break None,
            Ok(length) => {
                reader.push(buffer.get(..length).unwrap_or_default(), windows);
                progress.inc(length as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error.to_string()),
        }
    };
    (reader.finish(windows), stopped)
}

/// A table: columns of the baseline's names in the baseline's order, or else by name.
fn table(
    path: &Path,
    header: Header,
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> (Issues, Option<String>) {
    let mut read = || {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let input = BufReader::with_capacity(BUFFER, progress.wrap_read(file));
        let table = CsvTable::open(input, header).map_err(|error| error.to_string())?;
        let names = table.columns().to_vec();
        let profile = windows.undated();
        let in_order =
            header == Header::None || names.iter().eq(profile.columns.iter().map(|column| &column.name));
        if in_order {
            return table.read_into(profile).map_err(|error| error.to_string());
        }
        table.read_into(&mut Named { names, profile }).map_err(|error| error.to_string())
    };
    read().map_or_else(|why| (Issues::default(), Some(why)), |issues| (issues, None))
}

/// Gives the cells of a table their names.
struct Named<'a> {
    names: Vec<String>,
    profile: &'a mut Profile,
}

impl RowSink for Named<'_> {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        let named: Vec<(&str, Cell<'_>)> =
            self.names.iter().map(String::as_str).zip(cells.iter().copied()).collect();
        self.profile.named(&named);
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.profile.named(cells);
    }
}
