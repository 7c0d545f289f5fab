//! The checks of a column that need no distribution.

use sagewarden_measure::{Categories, ColumnProfile, InferredType};

use super::expected::Expected;
use super::settings::ColumnSettings;
use super::texts;
use super::types::Types;
use super::verdict::{Check, CheckResult};

/// What each found, with the text for a violation.
pub(crate) fn check(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    settings: &ColumnSettings,
    rows: u64,
) -> Vec<(CheckResult, String)> {
    let types = Types::of(column, expected);
    let found = [
        data_type(expected, types, settings.type_match),
        expected.completeness.and_then(|threshold| completeness(types, rows, threshold)),
        categorical_values(expected, column, types, settings.domain_match),
    ];
    found.into_iter().flatten().collect()
}

/// Missing values are of no type, and a column of nothing else has none to check: in a report of 2019 such a column is reported
/// as incomplete and nothing more.
fn data_type(expected: &Expected<'_>, types: Types, threshold: f64) -> Option<(CheckResult, String)> {
    let Expected { inferred_type, type_share, mode, .. } = *expected;
    if inferred_type == InferredType::Unknown {
        return None;
    }
    let threshold = threshold.min(type_share);
    let observed = share(types.matching(inferred_type, mode), types.present())?;
    let result = reach(Check::DataType, observed, threshold);
    Some((result, texts::data_type(inferred_type, threshold, observed)))
}

fn completeness(types: Types, rows: u64, threshold: f64) -> Option<(CheckResult, String)> {
    let observed = share(types.present(), rows)?;
    Some((reach(Check::Completeness, observed, threshold), texts::completeness(threshold, observed)))
}

fn categorical_values(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    types: Types,
    threshold: f64,
) -> Option<(CheckResult, String)> {
    let domains = expected.baseline_counts(expected.domains?.iter().map(|text| (text.as_str(), 1)));
    match column.categories() {
        Categories::Counted(counts) => {
            let counts = expected.counts(counts);
            let inside = domains.keys().filter_map(|text| counts.get(text)).sum();
            let observed = share(inside, types.present())?;
            let result = reach(Check::CategoricalValues, observed, threshold);
            Some((result, texts::categorical_values(threshold, Some(observed))))
        }
        // More different texts than can be counted are more than the domains have: some are outside.
        Categories::TooMany if threshold >= 1.0 => {
            let result =
                CheckResult { check: Check::CategoricalValues, observed: None, threshold, passed: false };
            Some((result, texts::categorical_values(threshold, None)))
        }
        Categories::TooMany | Categories::NotCounted => None,
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn reach(check: Check, observed: f64, threshold: f64) -> CheckResult {
    CheckResult { check, observed: Some(observed), threshold, passed: observed >= threshold }
}
