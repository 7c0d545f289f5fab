//! Finds the columns of a profile by their names.

use std::collections::HashMap;
use std::ops::Range;

use super::column::ColumnProfile;

/// Finds columns by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// INVARIANT: it has the names of the columns, in their order; if names are equal, the first one counts.
    indices: HashMap<String, usize>,
    /// The column of the cell at a place of the last row: rows from one source have one order.
    places: Vec<usize>,
    /// The last row that had each column.
    rows: Vec<u64>,
    /// Which cells of the last row without names were predictions, and how many cells it had.
    predicted: (Range<usize>, usize),
    /// How many columns there were from the beginning.
    pub(super) expected: usize,
}

impl Names {
    pub(super) fn of(columns: &[ColumnProfile]) -> Self {
        let mut names = Self { expected: columns.len(), ..Self::default() };
        for (index, column) in columns.iter().enumerate() {
            names.add(&column.name, index);
        }
        names
    }

    pub(super) fn add(&mut self, name: &str, index: usize) {
        self.indices.entry(name.to_owned()).or_insert(index);
        self.rows.resize(index + 1, 0);
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.indices.get(name).copied()
    }

    pub(super) fn unexpected(&self, columns: usize) -> usize {
        columns.saturating_sub(self.expected)
    }

    /// The index of the cell at a place, if it has the same name as in the last row.
    pub(super) fn at(&self, place: usize, name: &str, columns: &[ColumnProfile]) -> Option<usize> {
        let index = *self.places.get(place)?;
        columns.get(index).filter(|column| column.name == name).map(|_| index)
    }

    pub(super) fn remember(&mut self, place: usize, index: usize) {
        if self.places.len() <= place {
            self.places.resize(place + 1, usize::MAX);
        }
        if let Some(remembered) = self.places.get_mut(place) {
            *remembered = index;
        }
    }

    /// Whether other cells are predictions than in the last row without names: rows of one endpoint are alike.
    pub(super) fn are_newly_predicted(&mut self, cells: &Range<usize>, width: usize) -> bool {
        let is_new = self.predicted.0 != *cells || self.predicted.1 != width;
        if is_new {
            self.predicted = (cells.clone(), width);
        }
        is_new
    }

    /// Whether this row, counted from 1, does not have the column yet; it has it from now on.
    pub(super) fn first_in_row(&mut self, index: usize, row: u64) -> bool {
        self.rows.get_mut(index).is_some_and(|last| std::mem::replace(last, row) != row)
    }
}

impl PartialEq for Names {
    /// They follow from the columns.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
