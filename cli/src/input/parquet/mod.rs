//! Rows of a Parquet file, one row group after the other. The reader holds one page of each column.

mod column;
mod kind;

use std::collections::HashSet;
use std::fs::File;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use sagewarden_measure::csv::MAX_COLUMNS;
use sagewarden_measure::{Cell, RowSink};
use thiserror::Error;

use column::ParquetColumn;
use kind::Kind;

/// How a file of Parquet begins and ends.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// Rows that are held at a time.
const BATCH: usize = 1024;
/// The name that pandas gives to the index of a table if the index has no name.
const INDEX: &str = "__index_level_";

/// Why a Parquet file cannot be read. Each message says what to do.
#[derive(Debug, Error)]
pub(crate) enum ParquetTableError {
    #[error("the Parquet file is cut off: write it again")]
    CutOff,
    #[error("the Parquet file is damaged ({0}): write it again")]
    Broken(#[from] ParquetError),
    #[error(
        "column `{0}` holds lists, maps or records: give each of their values a column of its own before the table is written"
    )]
    Nested(String),
    #[error("column `{0}` is {1}, which is neither number nor text: leave it out, or write it as text")]
    NoValues(String, String),
    #[error("column `{0}` is compressed with {1}: write the table with snappy, zstd, gzip or lz4_raw")]
    Compression(String, String),
    #[error("two columns are called `{0}`: give each column a name of its own")]
    NamedTwice(String),
    #[error(
        "the table has more than {MAX_COLUMNS} columns: leave out columns that no model reads, or divide the table"
    )]
    TooManyColumns,
    #[error("column `{0}` has fewer values than the table has rows: write the file again")]
    TooShort(String),
    #[error("there are no rows")]
    NoRows,
}

/// A table whose columns are known and whose rows are still to be read.
pub(crate) struct ParquetTable {
    reader: SerializedFileReader<File>,
    /// For each column: its place in the file, its name, and the kind of its values.
    columns: Vec<(usize, String, Kind)>,
}

impl ParquetTable {
    /// Reads the description of the columns.
    pub(crate) fn open(file: File) -> Result<Self, ParquetTableError> {
        let reader = SerializedFileReader::new(file).map_err(|error| match error {
            ParquetError::EOF(_) => ParquetTableError::CutOff,
            error if error.to_string().contains("Corrupt footer") => ParquetTableError::CutOff,
            error => ParquetTableError::Broken(error),
        })?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let (mut columns, mut names) = (Vec::new(), HashSet::new());
        for (place, column) in schema.columns().iter().enumerate() {
            let (name, kind) = described(column)?;
            if name.starts_with(INDEX) {
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(ParquetTableError::NamedTwice(name));
            }
            columns.push((place, name, kind));
        }
        if columns.len() > MAX_COLUMNS {
            return Err(ParquetTableError::TooManyColumns);
        }
        let table = Self { reader, columns };
        table.refuse_compression()?;
        Ok(table)
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|(_, name, _)| name.clone()).collect()
    }

    /// Hands over all rows; calls `advanced` with the number of bytes read so far.
    pub(crate) fn read_into(
        self,
        sink: &mut impl RowSink,
        advanced: impl Fn(u64),
    ) -> Result<(), ParquetTableError> {
        let mut all = 0;
        for group in 0..self.reader.num_row_groups() {
            let reader = self.reader.get_row_group(group)?;
            let rows = usize::try_from(reader.metadata().num_rows()).unwrap_or_default();
            let open = |(place, _, kind): &(usize, String, Kind)| {
                let column = reader.get_column_reader(*place)?;
                Ok(ParquetColumn::new(column, *kind))
            };
            let mut columns: Vec<ParquetColumn> =
                self.columns.iter().map(open).collect::<Result<_, ParquetError>>()?;
            self.read_group(&mut columns, rows, sink)?;
            all += rows;
            advanced(u64::try_from(reader.metadata().compressed_size()).unwrap_or_default());
        }
        if all == 0 { Err(ParquetTableError::NoRows) } else { Ok(()) }
    }

    fn read_group(
        &self,
        columns: &mut [ParquetColumn],
        rows: usize,
        sink: &mut impl RowSink,
    ) -> Result<(), ParquetTableError> {
        let mut left = rows;
        while left > 0 {
            let batch = left.min(BATCH);
            for (column, (_, name, _)) in columns.iter_mut().zip(&self.columns) {
                if column.read(batch)? < batch {
                    return Err(ParquetTableError::TooShort(name.clone()));
                }
            }
            for row in 0..batch {
                let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.cell(row)).collect();
                sink.positional(&cells);
            }
            left -= batch;
        }
        Ok(())
    }

    fn refuse_compression(&self) -> Result<(), ParquetTableError> {
        for group in self.reader.metadata().row_groups() {
            for (column, (_, name, _)) in
                self.columns.iter().filter_map(|column| Some((group.columns().get(column.0)?, column)))
            {
                let codec = column.compression();
                if matches!(codec, Compression::BROTLI(_) | Compression::LZO) {
                    let codec = codec.to_string().to_lowercase();
                    let codec = codec.split('(').next().unwrap_or_default().to_owned();
                    return Err(ParquetTableError::Compression(name.clone(), codec));
                }
            }
        }
        Ok(())
    }
}

fn described(column: &ColumnDescriptor) -> Result<(String, Kind), ParquetTableError> {
    let parts = column.path().parts();
    let name = parts.first().cloned().unwrap_or_default();
    if parts.len() > 1 || column.max_rep_level() > 0 {
        return Err(ParquetTableError::Nested(name));
    }
    match Kind::of(column) {
        Ok(kind) => Ok((name, kind)),
        Err(what) => Err(ParquetTableError::NoValues(name, what)),
    }
}
