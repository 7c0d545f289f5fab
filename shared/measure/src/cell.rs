//! The parts of a data set, before their types are known.

use std::ops::Range;

use crate::answers::FailedAnswer;

/// One value of a row, as its raw text: types are inferred from the text, as Model Monitor's container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// An empty CSV field, or JSON's `null`.
    Missing,
    /// The text of a CSV field without its quotes, or of a JSON scalar (a string without its quotes and escapes).
    Text(&'a [u8]),
}

/// Takes the rows of a data set in their order.
pub trait RowSink {
    /// A row of a table: the cells in the order of the columns.
    fn positional(&mut self, cells: &[Cell<'_>]);

    /// A row that was a JSON object: the cells under their names, in the document's order.
    fn named(&mut self, cells: &[(&str, Cell<'_>)]);

    /// Says which cells of the row before came from the answer of an endpoint: they are its predictions. Only captured traffic has some.
    fn predicted(&mut self, _row: PredictedCells<'_>) {}

    /// Says that an event has an answer, or why it has none. Only captured traffic has answers.
    fn answered(&mut self, _answer: Result<(), FailedAnswer>) {}
}

/// The cells of a row that an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PredictedCells<'a> {
    /// Their places in a row of this many cells.
    At(Range<usize>, usize),
    /// The cells themselves, under their names.
    Named(&'a [(&'a str, Cell<'a>)]),
}

impl<Rows: RowSink> RowSink for &mut Rows {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        Rows::positional(self, cells);
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        Rows::named(self, cells);
    }

    fn predicted(&mut self, row: PredictedCells<'_>) {
        Rows::predicted(self, row);
    }

    fn answered(&mut self, answer: Result<(), FailedAnswer>) {
        Rows::answered(self, answer);
    }
}
