//! Which column of the data is which column of the baseline.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_measure::{ColumnProfile, Profile};

use super::texts;
use super::verdict::{Check, violation};
use crate::constraints::{Constraints, FeatureConstraints, Switch};
use crate::mode::Mode;
use crate::violations::Violation;

/// The columns of the data, as the baseline orders them.
#[derive(Debug, Default)]
pub(crate) struct AlignedColumns<'a> {
    /// One for each column of the baseline.
    pub(crate) matched: Vec<Option<&'a ColumnProfile>>,
    /// Columns of the data that the baseline does not have.
    pub(crate) unknown: Vec<&'a ColumnProfile>,
    /// Why the data cannot be compared with the baseline at all.
    pub(crate) foreign: Option<String>,
    /// Too many or too few.
    pub(crate) violations: Vec<Violation>,
    /// A sentence for people.
    pub(crate) notes: Vec<String>,
}

impl<'a> AlignedColumns<'a> {
    /// Columns without names (`_c0`, `_c1` and so on) are matched by position, others by name.
    ///
    /// If rows have more or fewer columns than the baseline, and no names match them, neither mode matches any column. In this case, the
    /// container is known to report only the violation on the number of columns.
    pub(crate) fn align(constraints: &Constraints, profile: &'a Profile, mode: Mode) -> Self {
        let (width, baseline) = (Width::of(profile), constraints.features.len());
        let current = width.columns();
        let mut columns = if current != baseline && width.is_positional(profile) {
            shifted(constraints, current)
        } else if is_named(profile) {
            by_name(constraints, profile, width)
        } else {
            Self { matched: profile.columns.iter().map(Some).collect(), ..Self::default() }
        };
        // If columns are renamed, their number is the same: the container only counts them, and reports nothing.
        let by_name = mode == Mode::Exact && is_named(profile);
        let mut absent =
            constraints.features.iter().zip(&columns.matched).filter(|(_, found)| found.is_none());
        let ignored =
            if by_name { absent.clone().filter(|(feature, _)| is_ignored(feature)).count() } else { 0 };
        let expected = baseline - ignored;
        let gone = by_name && absent.any(|(feature, _)| !is_ignored(feature)) && current >= expected;
        let renamed = gone && !columns.unknown.is_empty();
        if current < expected || renamed {
            let text = texts::missing_columns(current, baseline);
            columns.violations.push(violation(texts::MISSING_COLUMNS, Check::MissingColumn, text));
        }
        if current > expected || (by_name && !columns.unknown.is_empty()) {
            let text = texts::extra_columns(current, baseline);
            columns.violations.push(violation(texts::EXTRA_COLUMNS, Check::ExtraColumn, text));
        }
        columns
    }
}

/// Whether nothing of the column is checked, so that the data may lack it.
fn is_ignored(feature: &FeatureConstraints) -> bool {
    let own = feature.monitoring_config_overrides.as_ref();
    own.is_some_and(|own| own.evaluate_constraints == Some(Switch::Disabled))
}

fn is_named(profile: &Profile) -> bool {
    profile.columns.iter().enumerate().any(|(at, column)| column.name != format!("_c{at}"))
}

/// How many columns the data has. A profile that was made for a baseline always has all columns of the baseline.
#[derive(Clone, Copy, Debug)]
struct Width {
    /// How many cells most rows have.
    usual: usize,
    /// How many columns have values.
    filled: usize,
}

impl Width {
    fn of(profile: &Profile) -> Self {
        let usual = profile.widths.iter().max_by_key(|(_, rows)| **rows).map(|(width, _)| *width);
        Self {
            usual: usual.unwrap_or(profile.columns.len()),
            filled: profile.columns.iter().filter(|column| column.present() > 0).count(),
        }
    }

    /// Objects may leave out cells, so perhaps no row has all of them.
    fn columns(self) -> usize {
        self.usual.max(self.filled)
    }

    /// Whether the data has the column. A column without values exists if rows have more cells than there are columns
    /// with values.
    fn includes(self, column: &ColumnProfile) -> bool {
        column.present() > 0 || self.usual > self.filled
    }

    /// Whether the rows are cells without names, if their width differs from the baseline's. Such rows are wider than the columns, or
    /// lack the last ones; the columns of a table's own header are as many as its cells.
    fn is_positional(self, profile: &Profile) -> bool {
        let known = profile.columns.len();
        let cut =
            self.usual < known && profile.columns.iter().skip(self.usual).all(|column| column.present() == 0);
        let has_names = profile.named > profile.rows / 2;
        !is_named(profile) || (!has_names && ((self.usual > known && profile.unlisted == 0) || cut))
    }
}

fn shifted<'a>(constraints: &Constraints, current: usize) -> AlignedColumns<'a> {
    let baseline = constraints.features.len();
    let cure = match constraints.features.as_slice() {
        [first, .., last] if current < baseline => format!(
            "if the rows lack a column of the baseline, such as the label, ignore that column: `--ignore {}` or `--ignore {}` (`ignore` in \
             the settings)",
            first.name, last.name
        ),
        _ => {
            "look at one side of the events alone (`columns`), or take one cell of an answer (`output_path`)"
                .to_owned()
        }
    };
    let foreign = format!(
        "the data has {current} column{} and the baseline has {baseline}, so the columns cannot be matched: {cure}",
        if current == 1 { "" } else { "s" }
    );
    AlignedColumns { matched: vec![None; baseline], foreign: Some(foreign), ..AlignedColumns::default() }
}

fn by_name<'a>(constraints: &Constraints, profile: &'a Profile, width: Width) -> AlignedColumns<'a> {
    let included = || profile.columns.iter().filter(|column| width.includes(column));
    let by_name: BTreeMap<&str, &ColumnProfile> =
        included().rev().map(|column| (column.name.as_str(), column)).collect();
    let expected = || constraints.features.iter().map(|feature| feature.name.as_str());
    let known: BTreeSet<&str> = expected().collect();
    let matched: Vec<_> = expected().map(|name| by_name.get(name).copied()).collect();
    let unknown: Vec<_> = included().filter(|column| !known.contains(column.name.as_str())).collect();
    let missing: Vec<&str> = expected().filter(|name| !by_name.contains_key(name)).collect();
    let surplus: Vec<&str> = unknown.iter().map(|column| column.name.as_str()).collect();
    let lacks = |which: &str, names: &[&str]| {
        (!names.is_empty()).then(|| format!("{which} lacks {}", enumerate(names)))
    };
    let foreign = matched.iter().all(Option::is_none).then(|| {
        "no column of the data has the name of a column of the baseline: this baseline was made of other data".to_owned()
    });
    let notes =
        [lacks("the data", &missing), lacks("the baseline", &surplus)].into_iter().flatten().collect();
    AlignedColumns { matched, unknown, foreign, violations: Vec::new(), notes }
}

/// Names for a sentence, not more than a reader can take in.
fn enumerate(names: &[&str]) -> String {
    const READABLE: usize = 5;
    let mut text: Vec<String> = names.iter().take(READABLE).map(|name| format!("`{name}`")).collect();
    if let Some(more) = names.len().checked_sub(READABLE).filter(|more| *more > 0) {
        text.push(format!("{more} more"));
    }
    text.join(", ")
}
