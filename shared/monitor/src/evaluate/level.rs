//! The level at which exact mode judges a window as a whole. Among many features, one soon looks odd by chance. So a
//! result must be rare for the whole window, not only for one feature.

use super::verdict::{Check, CheckResult};

/// How often a check of drift fails, at most, in a window in which nothing has changed: once in five hundred. The
/// same holds for all other checks together.
const FALSE_ALARMS_OF_A_WINDOW: f64 = 0.002;

/// The results of a column's checks, with the text for a violation.
pub(crate) type Found = Vec<(CheckResult, String)>;

/// Lets checks pass that may fail by chance among so many (Holm, "A simple sequentially rejective multiple test
/// procedure", 1979). Checks that fail for certain stay failed.
pub(crate) fn hold(columns: &mut [Found]) {
    for of_drift in [true, false] {
        let is_of_family = |result: &CheckResult| (result.check == Check::BaselineDrift) == of_drift;
        let all = || columns.iter().flatten().map(|(result, _)| result).filter(|result| is_of_family(result));
        let mut failing: Vec<f64> =
            all().filter(|result| !result.passed).filter_map(|result| result.p_value).collect();
        failing.sort_by(f64::total_cmp);
        let many = all().count();
        let stand = failing
            .iter()
            .zip(0..)
            .take_while(|(p_value, before)| **p_value * (many - before) as f64 <= FALSE_ALARMS_OF_A_WINDOW);
        let largest = stand.map(|(p_value, _)| *p_value).last().unwrap_or(-1.0);
        for (result, _) in columns.iter_mut().flatten().filter(|(result, _)| is_of_family(result)) {
            result.passed |= result.p_value.is_some_and(|p_value| p_value > largest);
        }
    }
}

/// How large a gap between distribution functions must be to be found, given the number of features and of rows on
/// both sides: the level, expressed as a gap.
pub(crate) fn detectable(features: usize, n: u64, m: u64) -> f64 {
    let level = FALSE_ALARMS_OF_A_WINDOW / features.max(1) as f64;
    let (n, m) = (n as f64, m as f64);
    ((n + m) / (n * m) * -(level / 2.0).ln() / 2.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(p_values: &[(Check, f64)]) -> Found {
        let result = |(check, p_value): &(Check, f64)| CheckResult {
            check: *check,
            observed: None,
            threshold: 0.0,
            passed: *p_value > 1e-3,
            p_value: (*p_value > 0.0).then_some(*p_value),
        };
        p_values.iter().map(|each| (result(each), String::new())).collect()
    }

    #[test]
    fn what_is_rare_for_a_feature_has_to_be_rare_for_the_window() {
        use Check::{BaselineDrift as Drift, Completeness};
        let check = |drift: &[f64], others: &[f64], expect: &[bool]| {
            let mut columns: Vec<Found> = drift.iter().map(|p_value| column(&[(Drift, *p_value)])).collect();
            columns.extend(others.iter().map(|p_value| column(&[(Completeness, *p_value)])));
            hold(&mut columns);
            let failing: Vec<bool> = columns.iter().flatten().map(|(result, _)| !result.passed).collect();
            assert_eq!(failing, expect, "{drift:?} {others:?}");
        };
        check(&[0.0009], &[], &[true]);
        check(&[0.0009, 0.5, 0.5], &[], &[false, false, false]);
        check(&[0.0006, 0.5, 0.5], &[], &[true, false, false]);
        // Step by step: with the first one gone, the second is one of two.
        check(&[0.0009, 0.0006, 0.5], &[], &[true, true, false]);
        check(&[0.0009, 0.0008, 0.5], &[], &[false, false, false]);
        // Each family is judged by itself; a result without a probability fails in any case.
        check(&[0.0009], &[0.0009, 0.5, 0.5], &[true, false, false, false]);
        check(&[0.0], &[0.5; 3], &[true, false, false, false]);
    }

    #[test]
    fn few_rows_show_large_gaps_only() {
        let rounded = |features, n, m| (detectable(features, n, m) * 1_000.0).round() / 1_000.0;
        assert_eq!(rounded(20, 10_000, 200), 0.159);
        assert_eq!(rounded(20, 10_000, 1_000), 0.074);
        assert_eq!(rounded(20, 10_000, 1_000_000), 0.022);
        // The probability of such a gap equals the level for one of the features.
        let at = sagewarden_measure::distance::p_value(detectable(20, 5_000, 5_000), 5_000, 5_000);
        assert!((at - 0.0001).abs() < 1e-12, "{at}");
    }
}
