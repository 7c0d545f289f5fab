//! How an endpoint's captured events become rows.

use std::sync::Arc;

use super::event::CapturedSide;
use super::fit::ExpectedColumns;
use super::path::RowPath;
use crate::csv::MAX_COLUMNS;

/// How an endpoint's captured events become rows.
#[derive(Clone, Debug)]
pub struct CaptureFormat {
    /// How output and input are joined.
    pub order: ColumnOrder,
    /// Where the rows are in a JSON request; without it, a request is a row, or a list of rows.
    pub input_path: Option<RowPath>,
    /// The same for answers.
    pub output_path: Option<RowPath>,
    /// The columns that rows are compared with. With them, a request or an answer that has all of these columns by
    /// itself is the row, and cells without names get the names that the other side leaves. `None` if somebody has
    /// said which columns count, or asks for the reading of Model Monitor's container.
    pub fit: Option<Arc<ExpectedColumns>>,
    /// Whether a body of `text/plain` is one text, whatever it looks like, unless a path leads into it. Otherwise it is CSV or JSON where it
    /// looks so.
    pub plain_texts: bool,
    /// Longer lines are not read: twice the 6 MB that a request may have.
    pub max_line: usize,
    /// Bodies whose rows have more columns are not read.
    pub max_columns: usize,
}

impl Default for CaptureFormat {
    fn default() -> Self {
        Self {
            order: ColumnOrder::default(),
            input_path: None,
            output_path: None,
            fit: None,
            plain_texts: false,
            max_line: 2 * 6 * 1024 * 1024,
            max_columns: MAX_COLUMNS,
        }
    }
}

/// How output and input are joined: Model Monitor's `output_columns_position`, and the bodies that the endpoint captures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColumnOrder {
    /// `START`: the columns of the output, then the columns of the input.
    #[default]
    OutputFirst,
    /// `END`: the columns of the input, then the columns of the output.
    InputFirst,
    /// The columns of the input only.
    Input,
    /// The columns of the output only.
    Output,
}

impl ColumnOrder {
    /// The parts that are read, in this order: the joined sides, then the label. The rest of an event may have any
    /// form.
    pub(super) fn sides(self) -> &'static [CapturedSide] {
        match self {
            Self::OutputFirst => &[CapturedSide::Output, CapturedSide::Input, CapturedSide::Truth],
            Self::InputFirst => &[CapturedSide::Input, CapturedSide::Output, CapturedSide::Truth],
            Self::Input => &[CapturedSide::Input, CapturedSide::Truth],
            Self::Output => &[CapturedSide::Output, CapturedSide::Truth],
        }
    }
}
