//! The lines of a table after its first rows. Several threads may read them at the same time.

use std::io::BufRead;

use memchr::memchr;

use super::error::CsvError;
use super::records::Records;
use crate::cell::{Cell, RowSink};
use crate::issues::{IssueKind, Issues};

/// How the lines of a table are read once its columns are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvLines {
    /// How many columns at the beginning are left out.
    pub(super) left_out: usize,
    /// How many columns follow them.
    pub(super) columns: usize,
}

/// The rows of some lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LinesRead {
    /// The rows, those that are left out included.
    pub rows: u64,
    /// The faults of some lines.
    pub issues: Issues,
}

impl CsvLines {
    /// Whether lines can be read independently of the lines after them. A quotation mark may begin a field that continues in the next
    /// lines. A byte order mark is a part of a cell here, but the reader would take it for the beginning of a file.
    #[must_use]
    pub fn can_be_apart(lines: &[u8]) -> bool {
        memchr(b'"', lines).is_none() && !lines.starts_with("\u{feff}".as_bytes())
    }

    /// Hands over the rows of whole lines, which follow this many other lines.
    ///
    /// # Errors
    /// When a row is too long or is not text, or the input ends with an error or within a quote. Rows before that row were handed over.
    pub fn read_into(
        self,
        lines: impl BufRead,
        before: u64,
        sink: &mut impl RowSink,
    ) -> Result<LinesRead, CsvError> {
        let mut read = LinesRead::default();
        self.read_records(&mut Records::after(lines, before), &mut read, sink)?;
        Ok(read)
    }

    pub(super) fn read_records<Input: BufRead>(
        self,
        records: &mut Records<Input>,
        read: &mut LinesRead,
        sink: &mut impl RowSink,
    ) -> Result<(), CsvError> {
        while records.read()? {
            records.refuse_zero_bytes()?;
            self.give(records, read, sink);
        }
        Ok(())
    }

    /// Hands over the row that was read last.
    pub(super) fn give<Input: BufRead>(
        self,
        records: &Records<Input>,
        read: &mut LinesRead,
        sink: &mut impl RowSink,
    ) {
        read.rows += 1;
        if records.too_wide {
            read.issues.add(IssueKind::TooLarge, records.line);
            return;
        }
        if records.width != self.left_out + self.columns {
            read.issues.add(IssueKind::Ragged, records.line);
        }
        if !records.is_utf8() {
            read.issues.add(IssueKind::NotUtf8, records.line);
        }
        let fields = records.fields().skip(self.left_out).take(self.columns);
        let cells: Vec<Cell<'_>> =
            fields.map(|text| if text.is_empty() { Cell::Missing } else { Cell::Text(text) }).collect();
        sink.positional(&cells);
    }
}
