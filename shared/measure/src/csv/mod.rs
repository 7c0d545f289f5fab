//! Rows of a CSV file, one at a time: memory does not grow with the file. It is read as Spark reads the data of a
//! baseline: fields may be quoted, an empty field is a missing value, and empty lines are skipped. A short row lacks
//! its last values; the surplus of a long row is left out.

mod error;
mod limits;
mod lines;
mod records;
mod separator;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{BufRead, Chain, Cursor};
use std::sync::Arc;

pub use error::CsvError;
pub use limits::{MAX_COLUMNS, MAX_ROW};
pub use lines::{CsvLines, LinesRead};
pub use separator::{OtherSeparator, RowShape, Separator};

use self::records::Records;
use crate::cell::RowSink;
use crate::issues::{IssueKind, Issues};
use crate::missing::MissingTexts;
use crate::profile::Profile;
use crate::scan::DataType;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Yes.
    FirstRow,
    /// No: columns are called `_c0`, `_c1` and so on, as the container calls them.
    None,
    /// Yes, if none of its fields is a number, or empty, or if they count the columns.
    Detect,
}

/// A table with known columns and rows that are still to be read.
#[derive(Debug)]
pub struct CsvTable<Input> {
    records: Records<Input>,
    columns: Vec<String>,
    /// How many columns at the beginning are left out.
    left_out: usize,
    /// Whether the first row has names.
    named: bool,
    /// The shape of the first row. One row without commas may be chance; two such rows are another format.
    first: RowShape,
    missing: Arc<MissingTexts>,
    issues: Issues,
}

/// The lines after the first rows of a table.
#[derive(Debug)]
pub struct CsvRest<Input> {
    /// How its lines are read.
    pub lines: CsvLines,
    /// The lines.
    pub input: Chain<Cursor<Vec<u8>>, Input>,
    /// How many lines come before them.
    pub before: u64,
    /// The faults of the first rows.
    pub read: LinesRead,
}

impl<Input: BufRead> CsvTable<Input> {
    /// Reads the first row.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be a row of a table.
    pub fn open(input: Input, header: Header) -> Result<Self, CsvError> {
        let mut records = Records::new(input)?;
        if !records.read()? {
            return Err(CsvError::NoRows);
        }
        match records.shape().said() {
            None => {}
            // A comma is right, and the line is no row.
            Some(OtherSeparator::SaidComma) if records.read()? => {}
            Some(separator) => return Err(CsvError::Separator { line: records.line, separator }),
        }
        if records.too_wide {
            return Err(CsvError::TooManyColumns(records.line));
        }
        let first = records.shape();
        let named = match header {
            Header::FirstRow => true,
            Header::None => false,
            Header::Detect => {
                counts_the_columns(&records)
                    || !records.fields().any(|field| field.trim_ascii().is_empty() || is_number(field))
            }
        };
        let mut issues = Issues::default();
        let columns = if named {
            records.refuse_zero_bytes()?;
            if !records.is_utf8() {
                issues.add(IssueKind::NotUtf8, records.line);
            }
            names(&records)?
        } else {
            (0..records.width).map(|index| format!("_c{index}")).collect()
        };
        Ok(Self { records, columns, left_out: 0, named, first, missing: Arc::default(), issues })
    }

    /// The same table without its first columns, such as the label of training data.
    #[must_use]
    pub fn without_first(mut self, columns: usize) -> Self {
        self.left_out = columns.min(self.columns.len());
        self.columns.drain(..self.left_out);
        self
    }

    /// The same table, whose profile reads these texts as missing values.
    #[must_use]
    pub fn with_missing(self, missing: MissingTexts) -> Self {
        Self { missing: Arc::new(missing), ..self }
    }

    /// The names of the columns; a column without a name has `_c` and its place, from 0.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether the first row names the columns.
    #[must_use]
    pub fn has_header(&self) -> bool {
        self.named
    }

    /// Looks for another separator than commas, for somebody who expects other columns. One row may be enough if it has too few of them.
    ///
    /// # Errors
    /// When the first rows show another separator.
    pub fn refuse_other_separator(mut self, columns: usize) -> Result<(), CsvError> {
        let line = self.records.line;
        let seen = self.records.read()?.then(|| self.first.separator(&self.records.shape())).flatten();
        let suspect = || self.first.suspect().filter(|_| self.columns.len() < columns);
        match seen.or_else(suspect).map(OtherSeparator::Seen) {
            Some(separator) => Err(CsvError::Separator { line, separator }),
            None => Ok(()),
        }
    }

    /// Whether each name is a number: then the first row is probably not a header.
    #[must_use]
    pub fn header_looks_like_values(&self) -> bool {
        !self.columns.is_empty() && self.columns.iter().all(|name| is_number(name.as_bytes()))
    }

    /// Hands all rows over, and returns the faults of some of them. A row with more than [`MAX_COLUMNS`] fields is left out.
    ///
    /// # Errors
    ///
    /// When there are no rows, a row is too long or is not text, columns are not separated by commas, or the input ends with an error or
    /// within a quotation.
    pub fn read_into(mut self, sink: &mut impl RowSink) -> Result<Issues, CsvError> {
        let mut read = self.first_rows(sink)?;
        self.lines().read_records(&mut self.records, &mut read, sink)?;
        if read.rows == 0 { Err(CsvError::NoRows) } else { Ok(read.issues) }
    }

    /// Hands over the rows that show whether this is CSV, and what follows them, for somebody who reads it with [`CsvLines::read_into`].
    ///
    /// # Errors
    /// As [`Self::read_into`], but that the table may have no rows.
    pub fn into_rest(mut self, sink: &mut impl RowSink) -> Result<CsvRest<Input>, CsvError> {
        let read = self.first_rows(sink)?;
        let lines = self.lines();
        let (input, before) = self.records.into_rest()?;
        Ok(CsvRest { lines, input, before, read })
    }

    fn lines(&self) -> CsvLines {
        CsvLines { left_out: self.left_out, columns: self.columns.len() }
    }

    /// The first row, if it has values, and the second one, which shows whether both are separated by something else than commas.
    fn first_rows(&mut self, sink: &mut impl RowSink) -> Result<LinesRead, CsvError> {
        let (lines, mut read) =
            (self.lines(), LinesRead { rows: 0, issues: std::mem::take(&mut self.issues) });
        if !self.named {
            self.records.refuse_zero_bytes()?;
            lines.give(&self.records, &mut read, sink);
        }
        if self.records.read()? {
            self.records.refuse_zero_bytes()?;
            if let Some(separator) = self.first.separator(&self.records.shape()) {
                let separator = OtherSeparator::Seen(separator);
                return Err(CsvError::Separator { line: self.records.line, separator });
            }
            lines.give(&self.records, &mut read, sink);
        }
        Ok(read)
    }

    /// The profile of all rows, and the faults of some of them.
    ///
    /// # Errors
    ///
    /// As [`Self::read_into`].
    pub fn profile(self) -> Result<(Profile, Issues), CsvError> {
        let mut profile = self.empty_profile();
        let issues = self.read_into(&mut profile)?;
        Ok((profile, issues))
    }

    /// The profile of no row, for somebody who does more with the rows than that.
    #[must_use]
    pub fn empty_profile(&self) -> Profile {
        Profile::for_header(self.columns.iter().cloned()).with_missing(Arc::clone(&self.missing))
    }
}

/// Whether the fields are `0`, `1`, `2` and so on: the names that pandas gives to the columns of an array. Two such fields may be values.
fn counts_the_columns<Input: BufRead>(records: &Records<Input>) -> bool {
    const ENOUGH: usize = 3;
    let mut fields = (0..).zip(records.fields());
    records.width >= ENOUGH && fields.all(|(place, field): (usize, _)| field == place.to_string().as_bytes())
}

fn is_number(field: &[u8]) -> bool {
    matches!(DataType::of(field), DataType::Integral | DataType::Fractional)
}

/// The names of a header. Bytes that are not valid UTF-8 are read as Java reads them.
fn names<Input: BufRead>(header: &Records<Input>) -> Result<Vec<String>, CsvError> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let each = (1..).zip(header.fields()).map(|(place, name)| {
        let name = match String::from_utf8_lossy(name).trim() {
            "" => format!("_c{}", place - 1),
            name => name.to_owned(),
        };
        match places.insert(name.clone(), place) {
            Some(first) => Err(CsvError::NamedTwice { name, first, second: place }),
            None => Ok(name),
        }
    });
    each.collect()
}
