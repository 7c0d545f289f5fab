//! The numbers in a violation's text. The files have no other place for them.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::loose;

/// Which side of the threshold is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Less is bad: shares of good values, scores of models, and the ranking score of attributions, although its text
    /// says `exceeds`.
    AtLeast,
    /// More is bad: distances, errors, false alarms.
    AtMost,
    /// Farther from zero is bad, either way: bias.
    NoFarther,
    /// Any difference is bad: numbers of columns.
    Exactly,
}

/// The numbers in a text, as written: percentages are not divided by 100.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observed {
    /// The metric, if the text names it: model quality.
    pub metric: Option<String>,
    /// The observed value.
    pub value: f64,
    /// Its standard deviation: model quality with 200 items and more.
    pub deviation: Option<f64>,
    /// The threshold; the texts of 2019 do not give it.
    pub threshold: Option<f64>,
    /// Which side of it is bad.
    pub limit: Limit,
}

/// How far beyond its threshold a check is, as a part of the room between the threshold and the worst value: from 0
/// (just beyond) to 1 (the worst). If there is no worst value, it is the distance from the threshold divided by the
/// threshold, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Excess(f64);

impl Excess {
    /// From 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }
}

impl Display for Excess {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.0} %", self.0 * 100.0)
    }
}

impl Observed {
    /// Reads the texts of all four monitors since 2019, and of AWS's custom metrics. None when it is another text, or has no
    /// number where one belongs.
    pub(super) fn read(check: Option<&str>, text: &str) -> Option<Self> {
        let text = text.trim();
        distance(text)
            .or_else(|| attribution(text))
            .or_else(|| bias(text))
            .or_else(|| metric(text))
            .or_else(|| share(text))
            .or_else(|| columns(text))
            .or_else(|| value_only(check, text))
    }

    fn of(value: &str, threshold: &str, limit: Limit) -> Option<Self> {
        let (value, threshold) = (number(value)?, number(threshold)?);
        Some(Self { metric: None, value, deviation: None, threshold: Some(threshold), limit })
    }

    /// `None` if the text does not give the threshold, or a number is NaN.
    #[must_use]
    pub fn excess(&self) -> Option<Excess> {
        let (value, threshold) = (self.value, self.threshold?);
        let excess = match self.limit {
            Limit::AtLeast => beyond(threshold - value, threshold.abs()),
            // A metric of a model is a share when it is a rate; an error has no worst value.
            Limit::AtMost if self.metric.as_deref().is_some_and(|name| !name.ends_with("Rate")) => {
                beyond(value - threshold, threshold.abs())
            }
            Limit::AtMost => beyond(value - threshold, room_above(value, threshold)),
            Limit::NoFarther => {
                let (value, threshold) = (value.abs(), threshold.abs());
                beyond(value - threshold, room_above(value, threshold))
            }
            Limit::Exactly => beyond((value - threshold).abs(), threshold.abs()),
        };
        (!excess.is_nan()).then_some(Excess(excess))
    }
}

/// The room between a threshold and the worst value: up to 1 for a share, else as much again.
fn room_above(value: f64, threshold: f64) -> f64 {
    let is_share = |number: f64| (0.0..=1.0).contains(&number);
    if is_share(value) && is_share(threshold) { 1.0 - threshold } else { threshold.abs() }
}

fn beyond(distance: f64, room: f64) -> f64 {
    if distance.is_nan() || room.is_nan() {
        f64::NAN
    } else if distance <= 0.0 {
        0.0
    } else if room == 0.0 || distance.is_infinite() {
        1.0
    } else {
        (distance / room).min(1.0)
    }
}

fn number(text: &str) -> Option<f64> {
    loose::number(text)
}

/// `Baseline drift distance: 0.17 exceeds threshold: 0.1`. Programs of others match it with `distance: (.+) exceeds threshold: (.+)`.
fn distance(text: &str) -> Option<Observed> {
    let (_, rest) = text.split_once("distance: ")?;
    let (value, threshold) = rest.rsplit_once(" exceeds threshold: ")?;
    Observed::of(value, threshold, Limit::AtMost)
}

/// `Feature attribution drift 0.86 exceeds threshold 0.9`
fn attribution(text: &str) -> Option<Observed> {
    let (value, threshold) =
        text.strip_prefix("Feature attribution drift ")?.split_once(" exceeds threshold ")?;
    Observed::of(value, threshold, Limit::AtLeast)
}

/// `Metric value 0.37 doesn't meet the baseline constraint requirement 0.28`
fn bias(text: &str) -> Option<Observed> {
    let (value, baseline) = text
        .strip_prefix("Metric value ")?
        .split_once(" doesn't meet the baseline constraint requirement ")?;
    Observed::of(value, baseline, Limit::NoFarther)
}

/// `Metric recall with 0.5 +/- 0.01 was LessThanThreshold '0.8'`; AWS's custom metrics leave the quotes out.
fn metric(text: &str) -> Option<Observed> {
    let (name, rest) = text.strip_prefix("Metric ")?.split_once(" with ")?;
    let (value, rest) = rest.split_once(" was ")?;
    let (operator, threshold) = rest.split_once(' ')?;
    let limit = match operator {
        "LessThanThreshold" => Limit::AtLeast,
        "GreaterThanThreshold" => Limit::AtMost,
        _ => return None,
    };
    let (value, deviation) = match value.split_once(" +/- ") {
        Some((value, deviation)) => (value, Some(number(deviation)?)),
        None => (value, None),
    };
    let observed = Observed::of(value, threshold.trim_matches('\''), limit)?;
    Some(Observed { metric: Some(name.to_owned()), deviation, ..observed })
}

/// `.. Expected match: 100.0%. Observed: Only 99.6% of data is Integral.`, and `Expected: ..` of completeness.
fn share(text: &str) -> Option<Observed> {
    let (before, after) = text.split_once("Observed: Only ")?;
    let (value, _) = after.split_once('%')?;
    let (_, expected) = before.rsplit_once(": ")?;
    let (threshold, _) = expected.split_once('%')?;
    Observed::of(value, threshold, Limit::AtLeast)
}

/// `.. Number of columns in current dataset: 23, Number of columns in baseline constraints: 22`
fn columns(text: &str) -> Option<Observed> {
    let (_, rest) = text.split_once("Number of columns in current dataset: ")?;
    let (value, threshold) = rest.split_once(", Number of columns in baseline constraints: ")?;
    Observed::of(value, threshold.trim_end_matches('.'), Limit::Exactly)
}

/// `Value: 0.009 does not meet the constraint requirement! ` (2019), `Value 0.075 does not meet the constraint requirement` (bias
/// until 2023).
fn value_only(check: Option<&str>, text: &str) -> Option<Observed> {
    let (value, _) = text.strip_prefix("Value")?.split_once(" does not meet the constraint requirement")?;
    let limit = match check {
        Some("bias_drift_check") => Limit::NoFarther,
        Some("baseline_drift_check") => Limit::AtMost,
        _ => Limit::AtLeast,
    };
    let value = number(value.trim_start_matches(':'))?;
    Some(Observed { metric: None, value, deviation: None, threshold: None, limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Texts are cut between characters.
        #[test]
        fn no_text_breaks_it(parts in prop::collection::vec(prop_oneof![
            Just("Baseline drift distance: "), Just(" exceeds threshold: "), Just("Metric "), Just(" with "), Just(" was "),
            Just("LessThanThreshold "), Just(" +/- "), Just("'"), Just("1.5"), Just("-Infinity"), Just("NaN"), Just("%"),
            Just("Observed: Only "), Just(": "), Just("Value"), Just(" does not meet the constraint requirement"), Just("\u{e9}"),
            Just("Metric value "), Just(" doesn't meet the baseline constraint requirement "),
        ], 0..9)) {
            let text = parts.concat();
            let excess = Observed::read(Some("bias_drift_check"), &text).and_then(|observed| observed.excess());
            prop_assert!(excess.is_none_or(|excess| (0.0..=1.0).contains(&excess.share())), "{text}");
        }
    }

    fn check(check: &str, text: &str, expect: Option<(f64, Option<f64>, Limit)>, excess: Option<&str>) {
        let observed = Observed::read(Some(check), text);
        let found = observed.as_ref().map(|observed| (observed.value, observed.threshold, observed.limit));
        assert_eq!(found, expect, "{text}");
        let found = observed.and_then(|observed| observed.excess()).map(|excess| excess.to_string());
        assert_eq!(found.as_deref(), excess, "{text}");
    }

    #[test]
    fn every_known_text_tells_its_numbers() {
        check(
            "data_type_check",
            "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. Observed: Only 99.64592817400101% of data is Integral.",
            Some((99.64592817400101, Some(100.0), Limit::AtLeast)),
            Some("0 %"),
        );
        check(
            "completeness_check",
            "Data completeness requirement is not met. Expected: 80.0%. Observed: Only 20.0%.",
            Some((20.0, Some(80.0), Limit::AtLeast)),
            Some("75 %"),
        );
        check(
            "baseline_drift_check",
            "Baseline drift distance: 0.55 exceeds threshold: 0.1",
            Some((0.55, Some(0.1), Limit::AtMost)),
            Some("50 %"),
        );
        check(
            "extra_column_check",
            "There are extra columns in current dataset. Number of columns in current dataset: 33, Number of columns in baseline constraints: 22",
            Some((33.0, Some(22.0), Limit::Exactly)),
            Some("50 %"),
        );
        check(
            "LessThanThreshold",
            "Metric f1 with 0.25 +/- 6.9E-4 was LessThanThreshold '0.5'",
            Some((0.25, Some(0.5), Limit::AtLeast)),
            Some("50 %"),
        );
        check(
            "GreaterThanThreshold",
            "Metric falseNegativeRate with 1.0 +/- 0.0 was GreaterThanThreshold '0.0'",
            Some((1.0, Some(0.0), Limit::AtMost)),
            Some("100 %"),
        );
        check(
            "LessThanThreshold",
            "Metric gini with 0.6111 was LessThanThreshold 0.6661",
            Some((0.6111, Some(0.6661), Limit::AtLeast)),
            Some("8 %"),
        );
        check(
            "GreaterThanThreshold",
            "Metric mse with 0.3 was GreaterThanThreshold '0.2'",
            Some((0.3, Some(0.2), Limit::AtMost)),
            Some("50 %"),
        );
        check(
            "bias_drift_check",
            "Metric value -0.6 doesn't meet the baseline constraint requirement 0.2",
            Some((-0.6, Some(0.2), Limit::NoFarther)),
            Some("50 %"),
        );
        check(
            "bias_drift_check",
            "Metric value Infinity doesn't meet the baseline constraint requirement 2.9",
            Some((f64::INFINITY, Some(2.9), Limit::NoFarther)),
            Some("100 %"),
        );
        check(
            "feature_attribution_drift_check",
            "Feature attribution drift 0.72 exceeds threshold 0.9",
            Some((0.72, Some(0.9), Limit::AtLeast)),
            Some("20 %"),
        );
    }

    #[test]
    fn texts_of_old_tell_no_threshold() {
        check(
            "categorical_values_check",
            "Value: 0.009009009009009009 does not meet the constraint requirement! ",
            Some((0.009009009009009009, None, Limit::AtLeast)),
            None,
        );
        check(
            "bias_drift_check",
            "Value -0.0791244970125596 does not meet the constraint requirement",
            Some((-0.0791244970125596, None, Limit::NoFarther)),
            None,
        );
    }

    #[test]
    fn other_texts_tell_nothing() {
        for text in [
            "",
            "hm",
            "Value: much does not meet the constraint requirement! ",
            "Metric x with 1 was OddThreshold '2'",
            "distance: near exceeds threshold: 0.1",
            "Observed: Only 5% of data",
            "Baseline drift distance: 1e999 exceeds threshold: 0.1",
        ] {
            check("x", text, None, None);
        }
    }

    #[test]
    fn the_metric_and_its_deviation_are_told() {
        let text = "Metric accuracy with 0.25 +/- 6.962471778914953E-4 was LessThanThreshold '0.5'";
        let observed = Observed::read(None, text).unwrap();
        assert_eq!(observed.metric.as_deref(), Some("accuracy"));
        assert_eq!(observed.deviation, Some(6.962471778914953e-4));
    }

    #[test]
    fn the_room_ends_at_one_for_shares_and_else_at_twice_the_threshold() {
        let excess = |value: f64, threshold: f64, limit: Limit, metric: Option<&str>| {
            let metric = metric.map(str::to_owned);
            let observed = Observed { metric, value, deviation: None, threshold: Some(threshold), limit };
            observed.excess().map(Excess::share)
        };
        let check = |value: f64, threshold: f64, limit: Limit, expect: f64| {
            let found = excess(value, threshold, limit, None).unwrap();
            assert!((found - expect).abs() < 1e-12, "{value} {threshold} {limit:?}: {found}");
        };
        check(0.6, 0.2, Limit::AtMost, 0.5);
        check(3.0, 2.0, Limit::AtMost, 0.5);
        check(1.5, 0.5, Limit::AtMost, 1.0);
        check(1.2, 0.8, Limit::AtMost, 0.5);
        check(0.2, 0.2, Limit::AtMost, 0.0);
        check(1.0, 1.0, Limit::AtMost, 0.0);
        check(0.1, 0.2, Limit::AtMost, 0.0);
        check(-3.0, 2.0, Limit::NoFarther, 0.5);
        check(-0.6, -0.2, Limit::NoFarther, 0.5);
        check(-1.0, -2.0, Limit::AtLeast, 0.0);
        check(-3.0, -2.0, Limit::AtLeast, 0.5);
        check(0.5, 0.0, Limit::AtMost, 0.5);
        check(-0.5, 0.0, Limit::AtLeast, 1.0);
        check(20.0, 22.0, Limit::Exactly, 2.0 / 22.0);
        check(24.0, 22.0, Limit::Exactly, 2.0 / 22.0);
        // A rate is a share, an error is not.
        assert_eq!(
            excess(0.6, 0.2, Limit::AtMost, Some("falsePositiveRate")),
            Some((0.6 - 0.2) / (1.0 - 0.2))
        );
        assert_eq!(excess(0.6, 0.2, Limit::AtMost, Some("mae")), Some(1.0));
        assert_eq!(excess(f64::NAN, 0.2, Limit::AtMost, None), None);
        assert_eq!(excess(0.2, f64::NAN, Limit::AtLeast, None), None);
        assert_eq!(excess(f64::NEG_INFINITY, 0.2, Limit::AtLeast, None), Some(1.0));
    }

    #[test]
    fn a_value_alone_is_bad_on_the_side_of_its_check() {
        let text = "Value: 0.3 does not meet the constraint requirement! ";
        for (name, limit) in [
            ("bias_drift_check", Limit::NoFarther),
            ("baseline_drift_check", Limit::AtMost),
            ("completeness_check", Limit::AtLeast),
        ] {
            check(name, text, Some((0.3, None, limit)), None);
        }
    }
}
