//! The number of rows of each kind: the metrics need nothing else, except for the flip test.

use std::collections::BTreeMap;

/// The most subgroups that are counted: a column with more values does not form groups.
const MOST_SUBGROUPS: usize = 10_000;

/// The facts about one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowOutcome {
    /// Whether its label is the favourable one.
    pub(super) label: Option<bool>,
    /// Whether the model said so.
    pub(super) predicted: Option<bool>,
}

/// Rows with a favourable outcome, and all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) favourable: u64,
    pub(super) other: u64,
}

/// The rows inside a group, or those outside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) rows: u64,
    pub(super) labels: Split,
    pub(super) predictions: Split,
    /// The rows that have both.
    pub(super) true_positives: u64,
    pub(super) false_positives: u64,
    pub(super) true_negatives: u64,
    pub(super) false_negatives: u64,
}

/// A value of the column that demographic disparity is looked at within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Subgroup {
    pub(super) inside: Side,
    pub(super) outside: Side,
}

/// The rows of a table by one facet.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) inside: Side,
    pub(super) outside: Side,
    subgroups: BTreeMap<String, Subgroup>,
    pub(super) has_too_many_subgroups: bool,
}

impl Split {
    fn add(&mut self, is_favourable: Option<bool>) {
        match is_favourable {
            Some(true) => self.favourable += 1,
            Some(false) => self.other += 1,
            None => {}
        }
    }

    pub(super) fn all(self) -> u64 {
        self.favourable + self.other
    }
}

impl Side {
    fn add(&mut self, row: RowOutcome) {
        self.rows += 1;
        self.labels.add(row.label);
        self.predictions.add(row.predicted);
        let (Some(label), Some(predicted)) = (row.label, row.predicted) else { return };
        *match (label, predicted) {
            (true, true) => &mut self.true_positives,
            (false, true) => &mut self.false_positives,
            (false, false) => &mut self.true_negatives,
            (true, false) => &mut self.false_negatives,
        } += 1;
    }
}

impl Counts {
    pub(super) fn add(&mut self, is_inside: bool, row: RowOutcome, subgroup: Option<&str>) {
        let side = |inside, outside| if is_inside { inside } else { outside };
        side(&mut self.inside, &mut self.outside).add(row);
        let Some(subgroup) = subgroup else { return };
        if self.subgroups.len() >= MOST_SUBGROUPS && !self.subgroups.contains_key(subgroup) {
            self.has_too_many_subgroups = true;
            return;
        }
        let Subgroup { inside, outside } = self.subgroups.entry(subgroup.to_owned()).or_default();
        side(inside, outside).add(row);
    }

    pub(super) fn subgroups(&self) -> impl Iterator<Item = &Subgroup> {
        self.subgroups.values()
    }
}
