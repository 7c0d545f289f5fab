//! The profile of a data set, in memory that does not grow with its rows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::column::{ColumnProfile, Detail};
use super::free_texts::{FreeTexts, RowTexts};
use super::names::Names;
use crate::answers::{AnswerCounts, FailedAnswer};
use crate::cell::{Cell, PredictedCells, RowSink};
use crate::datatype::InferredType;
use crate::missing::MissingTexts;

/// The profile of a data set.
///
/// Rows come through [`RowSink`]. Cells of a table belong to columns by their position, cells of JSON objects by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Rows.
    pub rows: u64,
    /// How many rows have how many cells: good data has one entry.
    pub widths: BTreeMap<usize, u64>,
    /// In the order of the columns.
    pub columns: Vec<ColumnProfile>,
    /// How many rows had named cells: the others have their cells in the order of the columns.
    pub named: u64,
    /// How many cells of objects had names beyond the limit of names.
    pub unlisted: u64,
    /// The answers in captured events, and those that are none.
    pub answers: AnswerCounts,
    /// Texts that mean a missing value.
    pub(super) missing: Arc<MissingTexts>,
    pub(super) names: Names,
    /// Columns that nobody compares, by their places: a row without names may lack the cells of all of them.
    pub(super) ignored: Vec<usize>,
    /// Which cells of its rows are free texts.
    pub(super) texts: RowTexts,
    /// Whether its columns keep all their numbers.
    pub(super) is_part: bool,
}

impl Profile {
    /// How many columns the data may have that the baseline does not list.
    pub const UNEXPECTED: usize = 1024;

    /// For the columns of a header. Without one, `Profile::default()`: columns are called `_c0`, `_c1` and so on, as many as the
    /// first row has cells.
    #[must_use]
    pub fn for_header<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        Self::of(names.into_iter().map(|name| ColumnProfile::new(name.into())).collect())
    }

    /// For the columns of a baseline.
    #[must_use]
    pub fn for_features<Name: Into<String>>(
        features: impl IntoIterator<Item = (Name, InferredType)>,
        detail: Detail,
    ) -> Self {
        let features = features.into_iter();
        Self::of(features.map(|(name, kind)| ColumnProfile::expected(name.into(), kind, detail)).collect())
    }

    fn of(columns: Vec<ColumnProfile>) -> Self {
        let names = Names::of(&columns);
        Self { columns, names, ..Self::default() }
    }

    /// The same profile, which reads these texts as missing values.
    #[must_use]
    pub fn with_missing(self, missing: Arc<MissingTexts>) -> Self {
        Self { missing, ..self }
    }

    /// The same profile, which also profiles the numbers of these columns, whatever their types.
    #[must_use]
    pub fn with_numbers_of<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names {
            let column = self.names.find(name).and_then(|index| self.columns.get_mut(index));
            if let Some(column) = column {
                column.numbers.get_or_insert_default();
            }
        }
        self
    }

    /// The same profile, of which nobody compares these columns: a row without names may lack the cells of all of them.
    #[must_use]
    pub fn ignoring(self, names: &[String]) -> Self {
        let mut ignored: Vec<usize> = names.iter().filter_map(|name| self.names.find(name)).collect();
        ignored.sort_unstable();
        ignored.dedup();
        Self { ignored, ..self }
    }

    /// The same profile, which takes the cells of these columns apart. Its columns are their features.
    #[must_use]
    pub fn with_texts(mut self, texts: FreeTexts) -> Self {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        self.texts = RowTexts::of(texts, &names);
        self
    }

    /// The same profile, for a part of the rows: it keeps all their numbers. If a profile merges the parts of a table in their order, it
    /// equals the profile of all rows, to the last bit, wherever the table was divided.
    #[must_use]
    pub fn into_part(self) -> Self {
        let columns = self.columns.into_iter().map(ColumnProfile::into_part).collect();
        Self { columns, is_part: true, ..self }
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.names.find(name).and_then(|index| self.columns.get(index))
    }

    /// Adds the rows of another profile, as if they had come after this one's. The result depends on the order of the
    /// profiles, and on nothing else.
    pub fn merge(&mut self, other: &Self) {
        let mut known = vec![false; self.columns.len()];
        self.names.expected = self.names.expected.max(other.names.expected);
        for theirs in &other.columns {
            let Some(index) = self.column_of(&theirs.name) else {
                self.unlisted += theirs.present();
                continue;
            };
            let Some(mine) = self.columns.get_mut(index) else { continue };
            if let Some(known) = known.get_mut(index) {
                mine.merge(theirs);
                *known = true;
            } else {
                let before = mine.missing;
                *mine = theirs.to_whole();
                mine.missing += before;
            }
        }
        for (mine, _) in self.columns.iter_mut().zip(known).filter(|(_, known)| !known) {
            mine.missing += other.rows;
        }
        self.rows += other.rows;
        self.named += other.named;
        self.unlisted += other.unlisted;
        self.answers.merge(&other.answers);
        for (width, rows) in &other.widths {
            *self.widths.entry(*width).or_default() += rows;
        }
    }

    /// Adds a column that all rows before lack; returns its index.
    fn new_column(&mut self, name: &str) -> usize {
        let index = self.columns.len();
        let mut column = ColumnProfile::new(name.to_owned());
        if self.is_part {
            column = column.into_part();
        }
        column.missing = self.rows;
        self.columns.push(column);
        self.names.add(name, index);
        index
    }

    /// The index of a name in a row; `None` if there are too many names.
    fn column_of(&mut self, name: &str) -> Option<usize> {
        match self.names.find(name) {
            Some(index) => Some(index),
            None if self.names.unexpected(self.columns.len()) < Self::UNEXPECTED => {
                Some(self.new_column(name))
            }
            None => None,
        }
    }

    /// Columns without names, as many as the first row has cells.
    fn begin(&mut self, width: usize) {
        let missing = Arc::clone(&self.missing);
        let texts = std::mem::take(&mut self.texts).into_columns();
        let names = texts.apart((0..width).map(|index| format!("_c{index}")));
        let begun = Self::for_header(names).with_missing(missing).with_texts(texts);
        let begun = Self { answers: self.answers, ..begun };
        *self = if self.is_part { begun.into_part() } else { begun };
    }

    fn count_row(&mut self, width: usize) {
        self.rows += 1;
        *self.widths.entry(width).or_default() += 1;
    }
}

impl RowSink for Profile {
    /// Cells beyond the last column are only counted, in `widths`.
    fn positional(&mut self, cells: &[Cell<'_>]) {
        if self.columns.is_empty() && self.rows == 0 {
            self.begin(cells.len());
        }
        if self.texts.is_empty() {
            return self.add_positional(cells);
        }
        let texts = std::mem::take(&mut self.texts);
        texts.positional(cells, |cells| self.add_positional(cells));
        self.texts = texts;
    }

    /// If a name occurs twice in a row, the first cell counts.
    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        if self.texts.is_empty() {
            return self.add_named(cells);
        }
        let texts = std::mem::take(&mut self.texts);
        texts.named(cells, |cells| self.add_named(cells));
        self.texts = texts;
    }

    fn predicted(&mut self, row: PredictedCells<'_>) {
        match row {
            PredictedCells::At(cells, width) => {
                if self.names.are_newly_predicted(&cells, width) {
                    self.mark_places(&cells, width);
                }
            }
            PredictedCells::Named(cells) => cells.iter().for_each(|(name, _)| self.mark(name)),
        }
    }

    fn answered(&mut self, answer: Result<(), FailedAnswer>) {
        match answer {
            Ok(()) => self.answers.given += 1,
            Err(why) => self.answers.add(why),
        }
    }
}

impl Profile {
    /// The columns of these cells hold predictions. A row may lack the cells of all ignored columns.
    fn mark_places(&mut self, cells: &Range<usize>, width: usize) {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut columns = self.texts.of_cells(&names);
        if width + self.ignored.len() == columns.len() {
            columns.retain(|column| self.ignored.binary_search(&column.start).is_err());
        }
        for column in columns.get(cells.clone()).unwrap_or_default() {
            let features = self.columns.get_mut(column.clone()).unwrap_or_default();
            features.iter_mut().for_each(|feature| feature.is_prediction = true);
        }
    }

    /// The column of this name holds predictions, or the features of the text of this name.
    fn mark(&mut self, name: &str) {
        let texts = std::mem::take(&mut self.texts);
        match texts.features_of(name) {
            None => self.mark_column(name),
            Some(features) => features.iter().for_each(|feature| self.mark_column(feature)),
        }
        self.texts = texts;
    }

    fn mark_column(&mut self, name: &str) {
        let column = self.names.find(name).and_then(|index| self.columns.get_mut(index));
        column.into_iter().for_each(|column| column.is_prediction = true);
    }

    fn add_positional(&mut self, cells: &[Cell<'_>]) {
        if !self.ignored.is_empty() && cells.len() + self.ignored.len() == self.columns.len() {
            return self.add_without_ignored(cells);
        }
        self.count_row(cells.len());
        let mut columns = self.columns.iter_mut();
        for (cell, column) in cells.iter().zip(columns.by_ref()) {
            column.add(*cell, &self.missing);
        }
        columns.for_each(|column| column.missing += 1);
    }

    /// A row that lacks the cells of all ignored columns.
    fn add_without_ignored(&mut self, cells: &[Cell<'_>]) {
        self.count_row(self.columns.len());
        let mut cells = cells.iter();
        for (place, column) in self.columns.iter_mut().enumerate() {
            let is_there = self.ignored.binary_search(&place).is_err();
            match cells.as_slice().first().filter(|_| is_there) {
                Some(cell) => {
                    cells.next();
                    column.add(*cell, &self.missing);
                }
                None => column.missing += 1,
            }
        }
    }

    fn add_named(&mut self, cells: &[(&str, Cell<'_>)]) {
        let mut given = 0;
        for (place, (name, cell)) in cells.iter().enumerate() {
            let index = match self.names.at(place, name, &self.columns) {
                Some(index) => index,
                None => {
                    let Some(index) = self.column_of(name) else {
                        self.unlisted += 1;
                        continue;
                    };
                    self.names.remember(place, index);
                    index
                }
            };
            if self.names.first_in_row(index, self.rows + 1)
                && let Some(column) = self.columns.get_mut(index)
            {
                column.add(*cell, &self.missing);
                given += 1;
            }
        }
        self.count_row(cells.len());
        self.named += 1;
        if given < self.columns.len() {
            for (index, column) in self.columns.iter_mut().enumerate() {
                column.missing += u64::from(self.names.first_in_row(index, self.rows));
            }
        }
    }
}
