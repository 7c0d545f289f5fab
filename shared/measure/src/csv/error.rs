//! Why a table cannot be read.

use std::io;

use thiserror::Error;

use super::limits::{MAX_COLUMNS, MAX_ROW};
use super::separator::OtherSeparator;
use crate::foreign::Foreign;

/// A table that cannot be read.
#[derive(Debug, Error)]
pub enum CsvError {
    /// The input ended with an error.
    #[error("line {line}: reading failed: {source}")]
    Input {
        /// Where.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// It is not text, by its first bytes.
    #[error("{0}")]
    Foreign(Foreign),
    /// It is not text: it contains a zero byte.
    #[error(
        "line {0}: the row has a zero byte, so this is not text in UTF-8: convert it, or unpack it first"
    )]
    ZeroByte(u64),
    /// It is JSON: one record per line, or a list of records.
    #[error(
        "it is JSON, not CSV: convert it, for example with \
         `pandas.read_json(FILE, lines=True).to_csv(TABLE, index=False)`"
    )]
    Json,
    /// Its columns are not separated by commas, and would be read as one.
    #[error("line {line}: {separator}")]
    Separator {
        /// The line of the second row with as many separators, or of the line that says it.
        line: u64,
        /// The likely separator, and the cure.
        separator: OtherSeparator,
    },
    /// There is nothing but a header, or not even that.
    #[error("there are no rows")]
    NoRows,
    /// Most likely a quote that is not closed.
    #[error("line {0}: the row that begins here is longer than {limit} MiB: is a quote not closed?", limit = MAX_ROW >> 20)]
    RowTooLong(u64),
    /// The rest of the input is in one field: it is not known how many rows that would be.
    #[error(
        "line {0}: a quote in the row that begins here is not closed, so that the rest of the file is one field: close it, write a \
         quote within quotes twice, or write the file again if it was cut off"
    )]
    QuoteNotClosed(u64),
    /// The first row cannot be a row of a table.
    #[error(
        "line {0}: the first row has more than {MAX_COLUMNS} columns: leave out columns that no model reads, or divide the table"
    )]
    TooManyColumns(u64),
    /// Two columns have the same name.
    #[error("columns {first} and {second} are both called `{name}`: give each column a name of its own")]
    NamedTwice {
        /// The name.
        name: String,
        /// Their places, from 1.
        first: usize,
        /// The same.
        second: usize,
    },
}
