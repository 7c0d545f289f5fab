//! The distributions that pictures show, small enough to look at.

use std::collections::BTreeMap;

use sagewarden_measure::{Categories, ColumnProfile, InferredType};
use sagewarden_monitor::BaselineValues;

use super::report::DriftReport;

/// How the values of a column are distributed, then and now. A side may be unknown.
#[derive(Clone, Debug)]
pub(super) enum ColumnPair {
    Numbers { baseline: Option<ShareCurve>, now: Option<ShareCurve> },
    Texts { baseline: Option<CountsByText>, now: Option<CountsByText> },
}

/// Different numbers in ascending order, each with the share of values up to it.
#[derive(Clone, Debug)]
pub(super) struct ShareCurve(Vec<(f64, f64)>);

/// How often each text occurs.
pub(super) type CountsByText = BTreeMap<String, u64>;

impl ShareCurve {
    fn of(weighted: Vec<(f64, u64)>) -> Option<Self> {
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut below = 0;
        let shares = weighted.into_iter().map(|(value, weight)| {
            below += weight;
            (value, below as f64 / total as f64)
        });
        (total > 0).then(|| Self(shares.collect()))
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (f64, f64)> {
        self.0.iter().copied()
    }

    /// The share of values up to a number.
    pub(super) fn up_to(&self, number: f64) -> f64 {
        let at = self.0.partition_point(|(value, _)| *value <= number);
        at.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0.0, |(_, share)| *share)
    }

    /// The value that the share reaches.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let at = self.0.partition_point(|(_, up_to)| *up_to < share);
        self.0.get(at).or(self.0.last()).map_or(f64::NAN, |(value, _)| *value)
    }
}

impl ColumnPair {
    /// `None` if there is nothing to draw.
    pub(super) fn of(report: &DriftReport<'_>, name: &str) -> Option<Self> {
        let column = report.profile.column(name);
        match report.baseline.column(name).map(|known| known.values) {
            Some(BaselineValues::Numbers(numbers)) => Self::numbers(ShareCurve::of(numbers), column),
            Some(BaselineValues::Texts(texts)) => Self::texts(Some(texts.clone()), column),
            Some(BaselineValues::Unknown) | None => {
                let is_text = column.is_some_and(|column| column.types.inferred() == InferredType::String);
                let numbers = || Self::numbers(None, column);
                if is_text {
                    Self::texts(None, column)
                } else {
                    numbers().or_else(|| Self::texts(None, column))
                }
            }
        }
    }

    fn numbers(baseline: Option<ShareCurve>, column: Option<&ColumnProfile>) -> Option<Self> {
        let sketch = column.and_then(ColumnProfile::sketch);
        let now = sketch.and_then(|sketch| ShareCurve::of(sketch.weighted()));
        (baseline.is_some() || now.is_some()).then_some(Self::Numbers { baseline, now })
    }

    fn texts(baseline: Option<CountsByText>, column: Option<&ColumnProfile>) -> Option<Self> {
        let now = match column.map(ColumnProfile::categories) {
            Some(Categories::Counted(counts)) if counts.total() > 0 => {
                Some(counts.sorted().into_iter().map(|(text, count)| (text.to_owned(), count)).collect())
            }
            _ => None,
        };
        (baseline.is_some() || now.is_some()).then_some(Self::Texts { baseline, now })
    }
}

/// The shares of a text, then and now.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    pub(super) text: String,
    pub(super) baseline: Option<f64>,
    pub(super) now: Option<f64>,
}

/// The shares of texts, the largest first, always including the text that matters; the others become one row.
pub(super) fn shares(
    baseline: Option<&CountsByText>,
    now: Option<&CountsByText>,
    at: Option<&str>,
    room: usize,
) -> Vec<Shares> {
    let total =
        |counts: Option<&CountsByText>| counts.map_or(0, |counts| counts.values().sum::<u64>()).max(1);
    let (n, m) = (total(baseline) as f64, total(now) as f64);
    let share = |counts: Option<&CountsByText>, text: &str, of: f64| {
        counts.map(|counts| counts.get(text).copied().unwrap_or(0) as f64 / of)
    };
    let mut all: Vec<&String> = baseline.into_iter().chain(now).flat_map(BTreeMap::keys).collect();
    all.sort();
    all.dedup();
    let mut rows: Vec<Shares> = all
        .into_iter()
        .map(|text| Shares {
            text: text.clone(),
            baseline: share(baseline, text, n),
            now: share(now, text, m),
        })
        .collect();
    let size = |row: &Shares| row.baseline.unwrap_or(0.0).max(row.now.unwrap_or(0.0));
    let is_at = |row: &Shares| at == Some(row.text.as_str());
    rows.sort_by(|left, right| is_at(right).cmp(&is_at(left)).then(size(right).total_cmp(&size(left))));
    if rows.len() > room {
        let rest = rows.split_off(room.saturating_sub(1));
        let sum = |of: fn(&Shares) -> Option<f64>| {
            rest.iter().any(|row| of(row).is_some()).then(|| rest.iter().filter_map(of).sum())
        };
        let (baseline, now) = (sum(|row| row.baseline), sum(|row| row.now));
        rows.push(Shares { text: format!("{} others", rest.len()), baseline, now });
    }
    rows.sort_by(|left, right| size(right).total_cmp(&size(left)));
    rows
}
