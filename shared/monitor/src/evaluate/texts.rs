//! The descriptions of violations, in the container's words. Programs in the field match them with patterns, so not a
//! character may change.

use sagewarden_measure::InferredType;

use crate::java_number::java_double;

/// The name under which a surplus of columns is reported.
pub(crate) const EXTRA_COLUMNS: &str = "Extra columns";
/// The name under which a lack of columns is reported. Not seen in any public file: by symmetry.
pub(crate) const MISSING_COLUMNS: &str = "Missing columns";

fn percent(share: f64) -> String {
    java_double(share * 100.0)
}

/// `data_type_check`
pub(crate) fn data_type(expected: InferredType, threshold: f64, observed: f64) -> String {
    format!(
        "Data type match requirement is not met. Expected data type: {expected:?}, Expected match: {}%. \
         Observed: Only {}% of data is {expected:?}.",
        percent(threshold),
        percent(observed)
    )
}

/// `completeness_check`
pub(crate) fn completeness(threshold: f64, observed: f64) -> String {
    format!(
        "Data completeness requirement is not met. Expected: {}%. Observed: Only {}%.",
        percent(threshold),
        percent(observed)
    )
}

/// `baseline_drift_check`
pub(crate) fn drift(distance: f64, threshold: f64) -> String {
    format!(
        "Baseline drift distance: {} exceeds threshold: {}",
        java_double(distance),
        java_double(threshold)
    )
}

/// `extra_column_check`
pub(crate) fn extra_columns(current: usize, baseline: usize) -> String {
    columns("extra", current, baseline)
}

/// `missing_column_check`. Public files show the end, from `current dataset: ` on; the rest is by symmetry with the surplus.
pub(crate) fn missing_columns(current: usize, baseline: usize) -> String {
    columns("missing", current, baseline)
}

fn columns(which: &str, current: usize, baseline: usize) -> String {
    format!(
        "There are {which} columns in current dataset. Number of columns in current dataset: {current}, \
         Number of columns in baseline constraints: {baseline}"
    )
}

/// `categorical_values_check`. Only the wording of 2019 is known (`Value: 0.009 does not meet the constraint requirement! `, the same for
/// every check); this one follows the present wording of the other checks. `None` means an unknown share below one.
pub(crate) fn categorical_values(threshold: f64, observed: Option<f64>) -> String {
    let observed =
        observed.map_or_else(|| "Less than 100.0".to_owned(), |share| format!("Only {}", percent(share)));
    format!(
        "Categorical values match requirement is not met. Expected match: {}%. \
         Observed: {observed}% of data is in the baseline domains.",
        percent(threshold)
    )
}

/// `value_range_check`, which the container does not have.
pub(crate) fn range(observed: f64, (least, most): (f64, f64)) -> String {
    let range = match (least.is_finite(), most.is_finite()) {
        (true, true) => format!("from {} to {}", java_double(least), java_double(most)),
        _ => "of no negative numbers".to_owned(),
    };
    format!(
        "Value range requirement is not met. Expected match: 100.0%. Observed: Only {}% of data is in the baseline's range {range}.",
        percent(observed)
    )
}

/// `prediction_spread_check`, which the container does not have.
pub(crate) fn spread(baseline: f64, threshold: f64, observed: f64, most: &str) -> String {
    format!(
        "Prediction spread requirement is not met. Baseline: {}%. Expected match: {}%. Observed: Only {}% of predictions differ from the \
         most frequent ones: {most}.",
        percent(baseline),
        percent(threshold),
        percent(observed)
    )
}

/// `error_rate_check`, which the container does not have.
pub(crate) fn answers(threshold: f64, observed: f64, counts: &str) -> String {
    format!(
        "Error rate requirement is not met. Expected match: {}%. Observed: Only {}% of requests were answered: {counts}.",
        percent(threshold),
        percent(observed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The container printed each of these, unless a comment says otherwise.
    #[test]
    fn descriptions_are_worded_as_the_container_words_them() {
        for (ours, printed) in [
            (
                data_type(InferredType::Integral, 1.0, 1970.0 / 1977.0),
                "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. Observed: Only 99.64592817400101% of data is Integral.",
            ),
            (
                data_type(InferredType::Integral, 1.0, 67.0 / 107.0),
                "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. Observed: Only 62.616822429906534% of data is Integral.",
            ),
            (
                completeness(1.0, 300.0 / 303.0),
                "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 99.00990099009901%.",
            ),
            (
                drift(0.173_546_409_312_737_02, 0.1),
                "Baseline drift distance: 0.17354640931273702 exceeds threshold: 0.1",
            ),
            (
                extra_columns(23, 22),
                "There are extra columns in current dataset. Number of columns in current dataset: 23, Number of columns in baseline constraints: 22",
            ),
            // By analogy with the other checks.
            (
                missing_columns(8, 9),
                "There are missing columns in current dataset. Number of columns in current dataset: 8, Number of columns in baseline constraints: 9",
            ),
            // By analogy with the other checks.
            (
                categorical_values(1.0, Some(0.75)),
                "Categorical values match requirement is not met. Expected match: 100.0%. Observed: Only 75.0% of data is in the baseline domains.",
            ),
        ] {
            assert_eq!(ours, printed);
        }
    }
}
