//! A file, or standard input, that is read piece by piece.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use sagewarden_measure::Foreign;

/// Bytes that are read at once.
pub(crate) const BUFFER: usize = 64 << 10;
/// Longer lines of ground truth are not read: the limit of a line of captured events.
pub(crate) const MAX_LINE: usize = 12 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    Events(PathBuf),
    Table(PathBuf),
    /// The input of a batch transform job; its answers lie beside it.
    Batch(PathBuf),
}

/// Where the answers of a batch transform job lie.
pub(crate) fn answers(records: &Path) -> PathBuf {
    let mut name = records.as_os_str().to_owned();
    name.push(".out");
    PathBuf::from(name)
}

/// Where the records lie that these are the answers to. `None` for a file with another name than answers to a table have.
pub(crate) fn records(answers: &Path) -> Option<PathBuf> {
    let records = answers.with_extension("");
    let is_table = records.extension().is_some_and(|end| end == "csv" || end == "jsonl" || end == "json");
    (answers.extension()? == "out" && is_table).then_some(records)
}

impl Source {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::Events(path) | Self::Table(path) | Self::Batch(path) => path.display().to_string(),
        }
    }

    /// Its text; other content is an error that says what to do.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut input: Box<dyn Read + Send> = match self {
            Self::Stdin => Box::new(io::stdin()),
            Self::Events(path) | Self::Table(path) | Self::Batch(path) => Box::new(File::open(path)?),
        };
        let mut beginning = Foreign::beginning(&mut input)?;
        // The mark that Windows begins a text with.
        if let Some(text) = beginning.strip_prefix("\u{feff}".as_bytes()) {
            beginning = text.to_vec();
        }
        match Foreign::of(&beginning) {
            Some(foreign) => Err(io::Error::new(io::ErrorKind::InvalidData, foreign)),
            None => Ok(Box::new(Cursor::new(beginning).chain(input))),
        }
    }

    /// Hands over its content, piece by piece. Pieces before an error count.
    pub(crate) fn read(&self, progress: &ProgressBar, mut each: impl FnMut(&[u8])) -> Reading {
        let mut bytes = 0;
        let read = self.open().and_then(|mut input| {
            let mut buffer = vec![0; BUFFER];
            loop {
                match input.read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(length) => {
                        each(buffer.get(..length).unwrap_or_default());
                        bytes += length as u64;
                        progress.inc(length as u64);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        });
        Reading { bytes, stopped: read.err().map(|error| error.to_string()) }
    }
}

/// How far a file was read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) bytes: u64,
    /// Why it could not be read to its end.
    pub(crate) stopped: Option<String>,
}
