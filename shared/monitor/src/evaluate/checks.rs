//! The checks of a column that need no distribution.

use std::collections::BTreeSet;

use sagewarden_measure::{Categories, ColumnProfile, InferredType};

use super::settings::ColumnSettings;
use super::texts;
use super::types::Types;
use super::verdict::{Check, CheckResult};
use crate::constraints::FeatureConstraints;
use crate::mode::Mode;

/// What each found, with the text for a violation.
pub(crate) fn check(
    feature: &FeatureConstraints,
    column: &ColumnProfile,
    settings: &ColumnSettings,
    rows: u64,
    mode: Mode,
) -> Vec<(CheckResult, String)> {
    let types = Types::of(column, mode);
    let found = [
        data_type(feature.inferred_type, types, settings.type_match, mode),
        feature.completeness.and_then(|threshold| completeness(types, rows, threshold)),
        categorical_values(feature, column, types, settings.domain_match),
    ];
    found.into_iter().flatten().collect()
}

/// Missing values are of no type, and a column of nothing else has none to check: in a report of 2019 such a column is reported
/// as incomplete and nothing more.
fn data_type(
    expected: InferredType,
    types: Types,
    threshold: f64,
    mode: Mode,
) -> Option<(CheckResult, String)> {
    if expected == InferredType::Unknown {
        return None;
    }
    let observed = share(types.matching(expected, mode), types.present())?;
    let result = reach(Check::DataType, observed, threshold);
    Some((result, texts::data_type(expected, threshold, observed)))
}

fn completeness(types: Types, rows: u64, threshold: f64) -> Option<(CheckResult, String)> {
    let observed = share(types.present(), rows)?;
    Some((reach(Check::Completeness, observed, threshold), texts::completeness(threshold, observed)))
}

fn categorical_values(
    feature: &FeatureConstraints,
    column: &ColumnProfile,
    types: Types,
    threshold: f64,
) -> Option<(CheckResult, String)> {
    let domains = feature.string_constraints.as_ref()?.domains.as_ref()?;
    let known: BTreeSet<&str> = domains.iter().map(String::as_str).collect();
    match column.categories() {
        Categories::Counted(counts) => {
            let inside = known.iter().map(|text| counts.get(text)).sum();
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
