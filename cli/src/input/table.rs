//! A table in a file. Its content shows whether it is CSV, JSON or Parquet.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;

use indicatif::ProgressBar;
use sagewarden_measure::capture::{JsonTable, JsonTableError};
use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_measure::{Cell, Issues, RowSink};
use thiserror::Error;

use crate::input::parquet::{MAGIC, ParquetTable, ParquetTableError};
use crate::input::parts::{self, InParts};
use crate::input::progress;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// Why a table cannot be read. Each message says what to do.
#[derive(Debug, Error)]
pub(crate) enum TableError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error(transparent)]
    Csv(#[from] CsvError),
    #[error(transparent)]
    Json(#[from] JsonTableError),
    #[error(transparent)]
    Parquet(#[from] ParquetTableError),
    #[error("Parquet cannot be read from a pipe: save it as a file, and name that file")]
    ParquetStream,
}

impl TableError {
    /// Whether the only fault of the table is that it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(
            self,
            Self::Csv(CsvError::NoRows)
                | Self::Json(JsonTableError::NoRows)
                | Self::Parquet(ParquetTableError::NoRows)
        )
    }
}

/// A table that was opened.
pub(crate) struct Table {
    rows: Rows,
    columns: Vec<String>,
    progress: ProgressBar,
}

enum Rows {
    Csv(CsvTable<Box<dyn BufRead + Send>>),
    Json(JsonTable<Box<dyn BufRead + Send>>),
    Parquet(ParquetTable),
}

impl Table {
    /// A file, or standard input for `-`, with a progress of its own.
    pub(crate) fn open(path: &Path, header: Header) -> Result<Self, TableError> {
        if path == Path::new("-") {
            return Self::of_stream(io::stdin(), header, progress::endless());
        }
        let bytes = File::open(path)?.metadata()?.len();
        Self::of_file(path, header, progress::through(bytes))
    }

    /// A file whose progress others show.
    pub(crate) fn of_file(path: &Path, header: Header, progress: ProgressBar) -> Result<Self, TableError> {
        let mut file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        if !has_magic(&mut file)? {
            return Self::of_stream(file, header, progress);
        }
        let table = ParquetTable::open(file)?;
        Ok(Self { columns: table.columns(), rows: Rows::Parquet(table), progress })
    }

    fn of_stream(
        input: impl Read + Send + 'static,
        header: Header,
        progress: ProgressBar,
    ) -> Result<Self, TableError> {
        let input = progress.wrap_read(input);
        let mut input: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(BUFFER, input));
        let beginning = input.fill_buf()?;
        if beginning.starts_with(b"PAR1\x15") {
            return Err(TableError::ParquetStream);
        }
        if is_json(beginning) {
            let mut table = JsonTable::open(input)?;
            return Ok(Self { columns: table.columns()?, rows: Rows::Json(table), progress });
        }
        let table = CsvTable::open(input, header)?;
        Ok(Self { columns: table.columns().to_vec(), rows: Rows::Csv(table), progress })
    }

    /// The names of the columns that are known before the rows are read. Records of JSON may have more columns. A list without names has
    /// none.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether rows have their cells in the order of the columns.
    pub(crate) fn is_positional(&self) -> bool {
        !matches!(self.rows, Rows::Json(_)) || self.columns.is_empty()
    }

    /// Whether the first row is most likely data, although it was taken for a header.
    pub(crate) fn header_looks_like_values(&self) -> bool {
        matches!(&self.rows, Rows::Csv(table) if table.has_header() && table.header_looks_like_values())
    }

    /// The same, for a command that may have taken columns in the wrong order.
    pub(crate) fn read_by_name(
        self,
        columns: &[String],
        mut rows: impl InParts,
    ) -> Result<Issues, TableError> {
        let in_order = self.columns.as_slice() == columns;
        if !self.is_positional() || in_order || self.columns.is_empty() {
            self.read_into(rows)
        } else {
            let names = self.columns.as_slice().into();
            self.read_into(Named { names, rows: &mut rows })
        }
    }

    /// Hands over all rows, and returns the faults of some of them.
    pub(crate) fn read_into(self, mut rows: impl InParts) -> Result<Issues, TableError> {
        Ok(match self.rows {
            Rows::Csv(table) => parts::read(table, &mut rows, parts::threads())?,
            Rows::Json(table) => table.read_into(&mut rows)?,
            Rows::Parquet(table) => {
                table.read_into(&mut rows, |bytes| self.progress.inc(bytes))?;
                Issues::default()
            }
        })
    }
}

/// Gives the cells of a table their names.
#[derive(Clone)]
pub(crate) struct Named<Rows> {
    pub(crate) names: Arc<[String]>,
    pub(crate) rows: Rows,
}

impl<Rows: RowSink> RowSink for Named<Rows> {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        let named: Vec<(&str, Cell<'_>)> =
            self.names.iter().map(String::as_str).zip(cells.iter().copied()).collect();
        self.rows.named(&named);
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.rows.named(cells);
    }
}

impl<Rows: InParts> InParts for Named<Rows> {
    type Part = Named<Rows::Part>;

    fn empty_part(&self) -> Self::Part {
        Named { names: Arc::clone(&self.names), rows: self.rows.empty_part() }
    }

    fn add(&mut self, part: Self::Part) {
        self.rows.add(part.rows);
    }
}

/// Whether a JSON file begins with a record with named cells that is not a captured event. For all other files, the reader of events
/// reports the faults.
pub(crate) fn is_table_of_json(path: &Path) -> bool {
    let table = File::open(path).ok().and_then(|file| JsonTable::open(BufReader::new(file)).ok());
    let columns = table.and_then(|mut table| table.columns().ok());
    columns.is_some_and(|columns| !columns.is_empty())
}

/// Whether a file begins like Parquet. The name of a column may begin with the same letters, but a byte that is not text never follows it.
fn has_magic(file: &mut File) -> io::Result<bool> {
    let mut beginning = Vec::new();
    file.take(5).read_to_end(&mut beginning)?;
    file.rewind()?;
    let is_text = beginning.get(MAGIC.len()).is_none_or(|byte| byte.is_ascii_graphic() || *byte == b'\n');
    Ok(beginning.starts_with(MAGIC) && !is_text)
}

/// The beginning of JSON, which no row of a table has: a record or a list of records, on one line or on several.
fn is_json(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix("\u{feff}".as_bytes()).unwrap_or(beginning).trim_ascii_start();
    let (first, rest) = text.split_at(text.len().min(1));
    let next = rest.trim_ascii_start().first();
    match first {
        b"{" => matches!(next, Some(b'"' | b'}')),
        b"[" => next.is_some_and(|next| matches!(next, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9')),
        _ => false,
    }
}
