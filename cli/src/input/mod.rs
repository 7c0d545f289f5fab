//! The files of captured traffic: found, read one after the other, and what is wrong with them.

pub(crate) mod progress;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use sagewarden_measure::capture::{CaptureHour, CaptureKey, CaptureReader};
use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_measure::{Cell, Foreign, Issue, Issues, Profile, RowSink};
use serde_json::{Value, json};

use crate::drift::windows::Windows;
use crate::error::CommandError;
use crate::output::counted;

/// Bytes that are read at once.
pub(crate) const BUFFER: usize = 64 << 10;

/// What is read, in this order.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    pub(crate) sources: Vec<Source>,
    /// Bytes of all files; none when standard input is among them.
    bytes: Option<u64>,
    /// Files of folders that are neither captured events nor tables.
    pub(crate) passed_over: u64,
    /// The places of all sources.
    known: BTreeSet<PathBuf>,
    /// Files that were named, or found, more than once. Their rows count once.
    repeated: u64,
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

    /// The text in it; what is none is an error that says what to do.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        let mut input: Box<dyn Read> = match self {
            Self::Stdin => Box::new(io::stdin().lock()),
            Self::Events(path) | Self::Table(path) => Box::new(File::open(path)?),
        };
        let beginning = Foreign::beginning(&mut input)?;
        match Foreign::of(&beginning) {
            Some(foreign) => Err(io::Error::new(io::ErrorKind::InvalidData, foreign)),
            None => Ok(Box::new(Cursor::new(beginning).chain(input))),
        }
    }

    /// When the events of the file were, where its key says it.
    fn hour(&self) -> Option<CaptureHour> {
        let Self::Events(path) = self else { return None };
        CaptureKey::parse(&path.to_string_lossy().replace('\\', "/")).map(|key| key.hour)
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    EventsAndTables,
    /// JSON lines only.
    Lines,
}

/// What came of a file with which something is wrong.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) name: String,
    pub(crate) issues: Issues,
    /// Lines that could be read and not used.
    pub(crate) unusable: Unusable,
    /// Why it could not be read to its end.
    pub(crate) stopped: Option<String>,
    /// It was read, and there is nothing in it.
    pub(crate) is_empty: bool,
}

/// How much of the files could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    All,
    /// Not some of the lines.
    NotAllLines,
    /// Not some of the files, or not to their end.
    NotAllFiles,
}

/// Lines that cannot be used, each for a reason of its own: that of the first is kept.
#[derive(Debug, Default)]
pub(crate) struct Unusable {
    pub(crate) lines: Issue,
    pub(crate) first: Option<String>,
}

impl Unusable {
    pub(crate) fn add(&mut self, line: u64, why: impl ToString) {
        self.lines.count += 1;
        if self.lines.lines.len() < Issues::SHOWN {
            self.lines.lines.push(line);
        }
        self.first.get_or_insert_with(|| why.to_string());
    }
}

impl Trouble {
    /// None when nothing is wrong.
    pub(crate) fn of(
        source: &Source,
        issues: Issues,
        unusable: Unusable,
        stopped: Option<String>,
        found: u64,
    ) -> Option<Self> {
        let is_wrong = !issues.is_empty() || unusable.lines.count > 0 || stopped.is_some();
        let is_empty = found == 0 && !is_wrong;
        (is_wrong || is_empty).then(|| Self { name: source.name(), issues, unusable, stopped, is_empty })
    }

    /// How many lines have something wrong.
    pub(crate) fn count(&self) -> u64 {
        self.issues.count() + self.unusable.lines.count
    }

    fn extent(&self) -> Extent {
        match self {
            Self { stopped: Some(_), .. } => Extent::NotAllFiles,
            Self { issues, unusable, .. } if issues.lost() + unusable.lines.count > 0 => Extent::NotAllLines,
            _ => Extent::All,
        }
    }

    /// That of all files.
    pub(crate) fn extent_of(troubles: &[Self]) -> Extent {
        troubles.iter().map(Self::extent).max().unwrap_or(Extent::All)
    }

    /// When a file could not be read to its end, nobody knows what is in it.
    pub(crate) fn fail(troubles: &[Self]) -> Result<(), CommandError> {
        let mut stopped = troubles.iter().filter(|trouble| trouble.stopped.is_some());
        let Some(first) = stopped.next() else { return Ok(()) };
        Err(CommandError::NotRead { first: first.name.clone(), more: stopped.count() })
    }

    pub(crate) fn json(&self) -> Value {
        let mut told = json!({ "file": self.name, "issues": self.issues, "stopped": self.stopped });
        if let (Some(why), Some(told)) = (&self.unusable.first, told.as_object_mut()) {
            let Issue { count, lines } = &self.unusable.lines;
            told.insert("unusable".to_owned(), json!({ "count": count, "lines": lines, "first": why }));
        }
        told
    }
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
            let metadata = fs::metadata(path).map_err(unreadable(path))?;
            if !metadata.is_dir() {
                let is_table = wanted == Wanted::EventsAndTables && has_end(path, "csv");
                let source = if is_table { Source::Table } else { Source::Events };
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
        let mut entries = entries.map_err(unreadable(folder))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let kind = entry.file_type().map_err(unreadable(&path))?;
            // A link to a folder could lead in a circle.
            if kind.is_dir() {
                self.walk(&path, wanted)?;
                continue;
            }
            let source = match () {
                () if has_end(&path, "jsonl") => Source::Events(path.clone()),
                () if wanted == Wanted::EventsAndTables && has_end(&path, "csv") => {
                    Source::Table(path.clone())
                }
                () => {
                    self.passed_over += 1;
                    continue;
                }
            };
            let metadata = fs::metadata(&path).map_err(unreadable(&path))?;
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

    /// Whether the file is none of those that are known, under whatever name.
    fn is_new(&mut self, path: &Path) -> bool {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_new = self.known.insert(place);
        self.repeated += u64::from(!is_new);
        is_new
    }

    /// What a person may not expect of how the files were taken. `ends`: those of the files that are read.
    pub(crate) fn notes(&self, ends: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.repeated > 0 {
            let names = counted(self.repeated, "name");
            notes.push(format!("note: what was named more than once is read once: {names} left out"));
        }
        if self.passed_over > 0 {
            let files = counted(self.passed_over, "file");
            notes.push(format!("note: {files} passed over: only those that end in {ends} are read"));
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

    /// Reads all of them.
    pub(crate) fn read(
        &self,
        reader: &mut CaptureReader,
        header: Header,
        windows: &mut Windows<'_>,
    ) -> Vec<Trouble> {
        let progress = self.progress();
        let mut buffer = vec![0; BUFFER];
        let mut troubles = Vec::new();
        for source in &self.sources {
            let before = windows.rows();
            let (issues, stopped) = match source {
                Source::Table(path) => table(path, header, &progress, windows),
                Source::Stdin | Source::Events(_) => {
                    windows.begin_file(source.hour());
                    match source.open() {
                        Ok(input) => events(input, reader, &mut buffer, &progress, windows),
                        Err(error) => (Issues::default(), Some(error.to_string())),
                    }
                }
            };
            let rows = windows.rows() - before;
            troubles.extend(Trouble::of(source, issues, Unusable::default(), stopped, rows));
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
    let mut read = |file| {
        let input = BufReader::with_capacity(BUFFER, progress.wrap_read(file));
        let table = CsvTable::open(input, header)?;
        let names = table.columns().to_vec();
        let profile = windows.undated();
        let in_order =
            header == Header::None || names.iter().eq(profile.columns.iter().map(|column| &column.name));
        if in_order { table.read_into(profile) } else { table.read_into(&mut Named { names, profile }) }
    };
    match File::open(path).map(&mut read) {
        Ok(Ok(issues)) => (issues, None),
        Ok(Err(CsvError::NoRows)) => (Issues::default(), None),
        Ok(Err(error)) => (Issues::default(), Some(error.to_string())),
        Err(error) => (Issues::default(), Some(error.to_string())),
    }
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
