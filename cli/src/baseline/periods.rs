//! Rows that are kept apart by their periods, such as days, and together.

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_measure::{Cell, FreeTexts, MissingTexts, Profile, RowSink};

use crate::baseline::period::Period;
use crate::input::parts::InParts;

/// Periods that are held at a time: each takes some 50 KB a column.
pub(crate) const MOST: usize = 200;

/// How values are read.
#[derive(Clone)]
pub(crate) struct Values {
    pub(crate) missing: Arc<MissingTexts>,
    /// Columns of free text.
    pub(crate) texts: FreeTexts,
}

/// Adds each row to one profile of all rows, and to the profile of its period.
#[derive(Clone)]
pub(crate) struct PeriodRows {
    pub(crate) whole: Profile,
    pub(crate) periods: BTreeMap<String, Profile>,
    /// The columns of the first table.
    pub(crate) columns: Vec<String>,
    values: Values,
    by: Option<Period>,
    /// The column of times, and its place.
    column: Option<(String, Option<usize>)>,
    /// The period of a file's rows, if each file is a period.
    file: String,
    /// Rows without a time.
    pub(crate) undated: u64,
    /// Whether the data had more periods than memory may hold.
    pub(crate) too_many: bool,
    /// Whether this holds only a part of the rows.
    is_part: bool,
}

impl PeriodRows {
    pub(crate) fn new(columns: &[String], values: Values, by: Option<Period>) -> Self {
        let column = by
            .as_ref()
            .and_then(Period::column)
            .map(|name| (name.to_owned(), columns.iter().position(|column| column == name)));
        Self {
            whole: profile(columns, &values),
            periods: BTreeMap::new(),
            columns: columns.to_vec(),
            values,
            by,
            column,
            file: String::new(),
            undated: 0,
            too_many: false,
            is_part: false,
        }
    }

    /// Whether the rows had a column of free text.
    pub(crate) fn has_text(&self, column: &str) -> bool {
        let features = self.values.texts.apart([column]);
        features.iter().all(|feature| self.whole.column(feature).is_some())
    }

    /// The next rows come from another file.
    pub(crate) fn begin_file(&mut self, name: String) {
        self.file = name;
    }

    fn period(
        &mut self,
        cell: impl FnOnce(&(String, Option<usize>)) -> Option<Vec<u8>>,
    ) -> Option<&mut Profile> {
        let name = match self.by.as_ref()? {
            Period::Files => self.file.clone(),
            by => {
                let text = self.column.as_ref().and_then(cell);
                let Some(name) = text.and_then(|text| by.name(&String::from_utf8_lossy(&text))) else {
                    self.undated += 1;
                    return None;
                };
                name
            }
        };
        self.named_period(name)
    }

    fn named_period(&mut self, name: String) -> Option<&mut Profile> {
        if self.periods.len() >= MOST && !self.periods.contains_key(&name) {
            self.too_many = true;
            return None;
        }
        let (columns, values) = (&self.columns, &self.values);
        let empty = || {
            let rows = profile(columns, values);
            if self.is_part { rows.into_part() } else { rows }
        };
        Some(self.periods.entry(name).or_insert_with(empty))
    }
}

fn profile(columns: &[String], values: &Values) -> Profile {
    Profile::for_header(values.texts.apart(columns.iter().cloned()))
        .with_missing(Arc::clone(&values.missing))
        .with_texts(values.texts.clone())
}

fn text(cell: Cell<'_>) -> Option<Vec<u8>> {
    match cell {
        Cell::Text(text) => Some(text.to_vec()),
        Cell::Missing => None,
    }
}

impl RowSink for PeriodRows {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        self.whole.positional(cells);
        let cell = |(_, place): &(String, Option<usize>)| cells.get((*place)?).copied().and_then(text);
        if let Some(period) = self.period(cell) {
            period.positional(cells);
        }
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.whole.named(cells);
        let cell = |(name, _): &(String, Option<usize>)| {
            cells.iter().find(|(of, _)| of == name).and_then(|(_, cell)| text(*cell))
        };
        if let Some(period) = self.period(cell) {
            period.named(cells);
        }
    }
}

impl InParts for PeriodRows {
    type Part = Self;

    fn empty_part(&self) -> Self {
        Self {
            whole: profile(&self.columns, &self.values).into_part(),
            periods: BTreeMap::new(),
            undated: 0,
            too_many: false,
            is_part: true,
            ..self.clone()
        }
    }

    fn add(&mut self, part: Self) {
        self.whole.merge(&part.whole);
        self.undated += part.undated;
        self.too_many |= part.too_many;
        for (name, rows) in part.periods {
            if let Some(period) = self.named_period(name) {
                period.merge(&rows);
            }
        }
    }
}
