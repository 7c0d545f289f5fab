//! The checks of a column that need no distribution.

use sagewarden_measure::{Categories, ColumnProfile, InferredType, Occurrences};

use super::expected::Expected;
use super::odds::{FALSE_ALARMS, falling_short};
use super::settings::ColumnSettings;
use super::texts;
use super::types::Types;
use super::verdict::{Check, CheckResult};
use crate::mode::Mode;

/// The result of each check, with the text for a violation.
pub(crate) fn check(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    settings: &ColumnSettings,
    rows: u64,
) -> Vec<(CheckResult, String)> {
    let types = Types::of(column, expected);
    let found = [
        data_type(expected, types, settings.type_match),
        expected.completeness.and_then(|threshold| completeness(expected, types, rows, threshold)),
        categorical_values(expected, column, types, settings.domain_match),
    ];
    found.into_iter().flatten().collect()
}

/// Missing values have no type, and a column with nothing else has no type to check: a report of 2019 lists such a
/// column as incomplete and nothing more.
fn data_type(expected: &Expected<'_>, types: Types, threshold: f64) -> Option<(CheckResult, String)> {
    let Expected { inferred_type, type_share, mode, .. } = *expected;
    if inferred_type == InferredType::Unknown {
        return None;
    }
    let matching = types.matching(inferred_type, mode);
    let observed = share(matching, types.present())?;
    if threshold <= type_share {
        let result = reach(Check::DataType, observed, threshold);
        return Some((result, texts::data_type(inferred_type, threshold, observed)));
    }
    // Nobody required the baseline's own share: the check allows for chance.
    let short = Occurrences { count: types.present() - matching, of: types.present() };
    let result = reach_by_chance(Check::DataType, type_share, short, 0, expected.size.values);
    let threshold = type_share;
    Some((result, texts::data_type(inferred_type, threshold, observed)))
}

fn completeness(
    expected: &Expected<'_>,
    types: Types,
    rows: u64,
    threshold: f64,
) -> Option<(CheckResult, String)> {
    let observed = share(types.present(), rows)?;
    let result = match expected.mode {
        Mode::Compat => reach(Check::Completeness, observed, threshold),
        Mode::Exact => {
            let short = Occurrences { count: rows.saturating_sub(types.present()), of: rows };
            reach_by_chance(Check::Completeness, threshold, short, 0, expected.size.rows)
        }
    };
    Some((result, texts::completeness(threshold, observed)))
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
            let inside: u64 = domains.keys().filter_map(|text| counts.get(text)).sum();
            let observed = share(inside, types.present())?;
            let result = match expected.mode {
                Mode::Compat => reach(Check::CategoricalValues, observed, threshold),
                Mode::Exact => {
                    let short =
                        Occurrences { count: types.present().saturating_sub(inside), of: types.present() };
                    let (check, sample) = (Check::CategoricalValues, expected.size.values);
                    reach_by_chance(check, threshold, short, expected.seen_once(), sample)
                }
            };
            Some((result, texts::categorical_values(threshold, Some(observed))))
        }
        // There are too many different texts to count, so more than the domains have: some are outside.
        Categories::TooMany if threshold >= 1.0 => {
            let result = CheckResult {
                check: Check::CategoricalValues,
                observed: None,
                threshold,
                passed: false,
                p_value: None,
            };
            Some((result, texts::categorical_values(threshold, None)))
        }
        Categories::TooMany | Categories::NotCounted => None,
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn reach(check: Check, observed: f64, threshold: f64) -> CheckResult {
    CheckResult { check, observed: Some(observed), threshold, passed: observed >= threshold, p_value: None }
}

/// The same for a sample: a share below the threshold passes if chance explains it.
fn reach_by_chance(
    check: Check,
    threshold: f64,
    short: Occurrences,
    besides: u64,
    sample: Option<u64>,
) -> CheckResult {
    let strict = reach(check, (short.of - short.count) as f64 / short.of as f64, threshold);
    if strict.passed {
        return strict;
    }
    let p_value = falling_short(short, threshold, besides, sample);
    CheckResult { passed: p_value >= FALSE_ALARMS, p_value: Some(p_value), ..strict }
}
