//! Why JSON cannot be read as a table.

use std::io;

use thiserror::Error;

use crate::csv::MAX_COLUMNS;
use crate::issues::IssueKind;

/// How many bytes a document may have: a document that lists values column by column is the whole table.
pub(super) const MAX_DOCUMENT: usize = 256 << 20;

/// JSON that cannot be read as a table.
#[derive(Debug, Error)]
pub enum JsonTableError {
    /// The input ended with an error.
    #[error("line {line}: reading failed: {source}")]
    Input {
        /// Where.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// It contains something other than JSON there.
    #[error("line {0}: this is not valid JSON: write a record a line, or a list of records")]
    NotJson(u64),
    /// The file was probably cut off.
    #[error("line {0}: the record that begins here is not closed: write the file again if it was cut off")]
    NotClosed(u64),
    /// A bracket that is not closed, or a large document that lists values column by column.
    #[error(
        "line {0}: the document that begins here is longer than {limit} MiB: is a bracket not closed? a large table is written as a \
         record a line",
        limit = MAX_DOCUMENT >> 20
    )]
    TooLong(u64),
    /// A cell is a list or an object.
    #[error(
        "line {0}: there are objects or lists within a record: give each of their values a name of its own, for example with \
         `pandas.json_normalize`"
    )]
    Nested(u64),
    /// The record is an event of data capture.
    #[error("line {0}: these are captured events, not the records of a table")]
    Captured(u64),
    /// The record has too many cells.
    #[error(
        "line {0}: the record has more than {MAX_COLUMNS} columns: leave out columns that no model reads, or divide the table"
    )]
    TooManyColumns(u64),
    /// Any other issue.
    #[error("line {line}: {kind}")]
    Record {
        /// Where.
        line: u64,
        /// The fault.
        kind: IssueKind,
    },
    /// The file is empty.
    #[error("there are no rows")]
    NoRows,
}
