//! Each hour has a profile of its rows; the profiles are merged in the order of the hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_measure::capture::ExpectedColumns;
use sagewarden_measure::{Cell, Detail, Profile, RowSink};
use sagewarden_monitor::{Baseline, Mode, evaluate};
use sagewarden_view::drift::TrendWindow;

use crate::drift::hour::Hour;
use crate::input::parts::InParts;

/// The most hours that are kept apart at a time: files come in the order of their hours, or nearly so.
const OPEN: usize = 8;

/// Keeps the hours apart.
#[derive(Debug)]
pub(crate) struct Windows<'a> {
    new: NewProfile<'a>,
    /// The features whose distances the trend shows; none without a report.
    trend: Option<Mode>,
    /// The rows of one hour follow each other, so the map is asked only when the hour changes.
    current: (Option<Hour>, Profile),
    others: BTreeMap<Option<Hour>, Profile>,
    whole: Option<Profile>,
    trend_hours: BTreeMap<Hour, TrendWindow>,
}

/// The profile that rows are collected in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewProfile<'a> {
    baseline: &'a Baseline,
    detail: Detail,
}

impl NewProfile<'_> {
    /// A profile without rows.
    pub(crate) fn empty(self) -> Profile {
        self.baseline.empty_profile(self.detail)
    }
}

/// Takes rows of a file that knows no time.
pub(crate) struct Undated<'a> {
    new: NewProfile<'a>,
    pub(crate) rows: &'a mut Profile,
}

impl RowSink for Undated<'_> {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        self.rows.positional(cells);
    }

    fn named(&mut self, cells: &[(&str, Cell<'_>)]) {
        self.rows.named(cells);
    }
}

impl InParts for Undated<'_> {
    type Part = Profile;

    fn empty_part(&self) -> Profile {
        self.new.empty().into_part()
    }

    fn add(&mut self, part: Profile) {
        self.rows.merge(&part);
    }
}

impl<'a> Windows<'a> {
    pub(crate) fn new(baseline: &'a Baseline, detail: Detail, trend: Option<Mode>) -> Self {
        let new = NewProfile { baseline, detail };
        Self {
            new,
            trend,
            current: (None, new.empty()),
            others: BTreeMap::new(),
            whole: None,
            trend_hours: BTreeMap::new(),
        }
    }

    /// The rows of a window are collected here.
    pub(crate) fn new_profile(&self) -> NewProfile<'a> {
        self.new
    }

    /// Adds rows of an hour.
    pub(crate) fn add(&mut self, hour: Option<Hour>, rows: &Profile) {
        self.turn_to(hour);
        self.current.1.merge(rows);
    }

    /// The columns that rows are to have.
    pub(crate) fn columns(&self) -> Arc<ExpectedColumns> {
        self.new.baseline.expected_columns()
    }

    /// Rows of a file that knows no time.
    pub(crate) fn undated(&mut self) -> Undated<'_> {
        self.turn_to(None);
        Undated { new: self.new, rows: &mut self.current.1 }
    }

    /// How many rows there are so far.
    pub(crate) fn rows(&self) -> u64 {
        let profiles = self.others.values().chain(&self.whole);
        self.current.1.rows + profiles.map(|profile| profile.rows).sum::<u64>()
    }

    /// All rows, and the trend.
    pub(crate) fn finish(mut self) -> (Profile, Vec<TrendWindow>) {
        let (hour, profile) = std::mem::take(&mut self.current);
        self.others.insert(hour, profile);
        while let Some((hour, profile)) = self.others.pop_first() {
            self.close(hour, profile);
        }
        (self.whole.unwrap_or_else(|| self.new.empty()), self.trend_hours.into_values().collect())
    }

    fn turn_to(&mut self, hour: Option<Hour>) {
        if self.current.0 == hour {
            return;
        }
        if self.current.1.rows == 0 {
            self.current.0 = hour;
            if let Some(known) = self.others.remove(&hour) {
                let before = std::mem::replace(&mut self.current.1, known);
                self.current.1.answers.merge(&before.answers);
            }
            return;
        }
        let next = self.others.remove(&hour).unwrap_or_else(|| self.new.empty());
        let (before, profile) = std::mem::replace(&mut self.current, (hour, next));
        self.others.insert(before, profile);
        if self.others.len() >= OPEN
            && let Some((hour, profile)) = self.others.pop_first()
        {
            self.close(hour, profile);
        }
    }

    /// If rows of an hour come after it was closed, the whole counts them. In the trend, the hour has the distances of its first part, and
    /// the number of all its rows.
    fn close(&mut self, hour: Option<Hour>, profile: Profile) {
        if let Some(mode) = self.trend
            && let Some(hour) = hour
            && profile.rows > 0
        {
            let window = self.trend_hours.entry(hour).or_insert_with(|| TrendWindow {
                start: format!("{}:00:00Z", String::from_utf8_lossy(&hour)),
                rows: 0,
                distances: distances(self.new.baseline, &profile, mode),
            });
            window.rows += profile.rows;
        }
        match &mut self.whole {
            Some(whole) => whole.merge(&profile),
            None => self.whole = Some(profile),
        }
    }
}

fn distances(baseline: &Baseline, profile: &Profile, mode: Mode) -> Vec<Option<f64>> {
    let evaluation = evaluate(baseline, profile, mode);
    // A list made of the features themselves would keep their memory, and there is one for each hour.
    evaluation
        .features
        .iter()
        .map(|feature| feature.distance.as_ref().map(|distance| distance.value))
        .collect()
}
