//! Bias drift: a metric that is farther from its ideal than in the baseline.
//!
//! The monitor compares distances from 0, `|live| > |baseline|`; this agrees with all 25 violations that are published. If Clarify has raw
//! data, it also requires that the bootstrap interval of the live value misses the allowed range. Two analyses have no data to draw from,
//! so a violation here may be one that the container leaves out as uncertain.
//!
//! DI is a ratio whose ideal is 1, and 0 is its worst value. Nobody knows how the container handles it. `compat` treats it like any other
//! metric. `exact` compares how far the ratio is from 1 in either direction, `|ln live| > |ln baseline|`, so that half and double are
//! equally bad.
//!
//! A facet with a threshold has its interval as its value, such as `(40, 78]`; the end is the greatest value of the data. `exact` compares
//! facets whose intervals begin alike. For `compat`, another greatest value is another facet.

use std::collections::BTreeMap;

use sagewarden_monitor::{Mode, Violation, Violations, java_double};
use serde_json::{Value, json};

use super::analysis::{Analysis, Bias, BiasStage};

/// A metric in both analyses.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedBias {
    /// Metrics of the data or of the predictions.
    pub stage: BiasStage,
    /// The facet's name.
    pub facet: String,
    /// The group.
    pub facet_value: String,
    /// The metric's short name.
    pub metric: String,
    /// Its value now.
    pub live: f64,
    /// Its value in the baseline.
    pub baseline: f64,
    /// Farther from its ideal than it was.
    pub violated: bool,
}

/// A metric that cannot be compared, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomparable {
    /// Metrics of the data or of the predictions.
    pub stage: BiasStage,
    /// Facet, group and metric.
    pub metric: String,
    /// Why.
    pub why: &'static str,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BiasDrift {
    /// Every metric that both have.
    pub compared: Vec<ComparedBias>,
    /// Those that one of them lacks, or that have no value.
    pub incomparable: Vec<Incomparable>,
}

/// A group without members, or outcomes that are all alike, leave a metric without a value.
const NO_VALUE_NOW: &str = "it has no value now";

impl BiasDrift {
    /// Why the absence of violations means nothing: no metric was compared, or all metrics of the predictions (or of the labels) lost
    /// their values. A model that denies everybody has none.
    #[must_use]
    pub fn nothing_compared(&self) -> Option<String> {
        let is_compared = |stage: BiasStage| self.compared.iter().any(|each| each.stage == stage);
        let lost = |each: &&Incomparable| each.why == NO_VALUE_NOW && !is_compared(each.stage);
        let first = self.incomparable.iter().find(lost);
        let first = first.or(self.incomparable.first().filter(|_| self.compared.is_empty()));
        match first {
            Some(first) => Some(format!("{}: {}", first.metric, first.why)),
            None if self.compared.is_empty() => Some("neither has bias metrics".to_owned()),
            None => None,
        }
    }
}

type BiasKey = (BiasStage, String, String, String);

/// Compares two analyses.
#[must_use]
pub fn bias_drift(baseline: &Analysis, live: &Analysis, mode: Mode) -> BiasDrift {
    let (before, mut now) = (values(baseline, mode), values(live, mode));
    let mut drift = BiasDrift::default();
    for (key, baseline) in before {
        let compared = match now.remove(&key) {
            None => Err("it is in the baseline only"),
            Some(live) => both(baseline, live),
        };
        let (stage, facet, facet_value, metric) = key;
        match compared {
            Err(why) => {
                let metric = named(&facet, &facet_value, &metric);
                drift.incomparable.push(Incomparable { stage, metric, why });
            }
            Ok((baseline, live)) => drift.compared.push(ComparedBias {
                violated: is_farther(&metric, baseline, live, mode),
                stage,
                facet,
                facet_value,
                metric,
                live,
                baseline,
            }),
        }
    }
    drift.incomparable.extend(now.into_keys().map(|(stage, facet, value, metric)| Incomparable {
        stage,
        metric: named(&facet, &value, &metric),
        why: "it is not in the baseline",
    }));
    drift
}

fn named(facet: &str, value: &str, metric: &str) -> String {
    format!("{facet} / {value} / {metric}")
}

fn both(baseline: Option<f64>, live: Option<f64>) -> Result<(f64, f64), &'static str> {
    let known = |value: Option<f64>| value.filter(|number| !number.is_nan());
    let baseline = known(baseline).ok_or("it has no value in the baseline")?;
    Ok((baseline, known(live).ok_or(NO_VALUE_NOW)?))
}

fn values(analysis: &Analysis, mode: Mode) -> BTreeMap<BiasKey, Option<f64>> {
    let of_stage =
        |stage: BiasStage| analysis.bias(stage).into_iter().flat_map(move |bias| of(stage, bias, mode));
    [BiasStage::PreTraining, BiasStage::PostTraining].into_iter().flat_map(of_stage).collect()
}

fn of(stage: BiasStage, bias: &Bias, mode: Mode) -> impl Iterator<Item = (BiasKey, Option<f64>)> {
    bias.facets.iter().flat_map(move |(facet, groups)| {
        groups.iter().flat_map(move |group| {
            let value = compared_value(&group.value(), mode);
            group
                .metrics
                .iter()
                .map(move |metric| ((stage, facet.clone(), value.clone(), metric.name.clone()), metric.value))
        })
    })
}

/// The value by which facets are compared: `> 40` for `(40, 78]` in exact mode. Several intervals are compared as they are.
#[must_use]
pub fn compared_value(value: &str, mode: Mode) -> String {
    let interval = value.strip_prefix('(').and_then(|text| text.strip_suffix(']'));
    match interval.and_then(|text| text.split_once(", ")) {
        Some((from, to)) if mode == Mode::Exact && !to.contains(',') => format!("> {from}"),
        _ => value.to_owned(),
    }
}

fn is_farther(metric: &str, baseline: f64, live: f64, mode: Mode) -> bool {
    distance(metric, live, mode) > distance(metric, baseline, mode)
}

/// How far a metric is from its ideal.
fn distance(metric: &str, value: f64, mode: Mode) -> f64 {
    match (mode, metric) {
        // The logarithm of 0 is infinitely far away, as it should be.
        (Mode::Exact, "DI") => value.ln().abs(),
        _ => value.abs(),
    }
}

/// The standard error of a value, from the values without each part of the sample; `None` if one of them is infinite.
fn standard_error(without: &[f64]) -> Option<f64> {
    let count = without.len() as f64;
    let mean = without.iter().sum::<f64>() / count;
    let spread: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (spread * (count - 1.0) / count).sqrt();
    error.is_finite().then_some(error)
}

/// Standard errors that a violation must be away from the allowed range: of some twenty metrics, chance brings one there in at most
/// one of forty windows.
const ERRORS: f64 = 3.0;

impl BiasDrift {
    /// The same, if a violation must be beyond chance, because the live metrics come from a sample of people. `parts` are the metrics
    /// without each part of the sample (a jackknife over groups); their differences show how far chance moves a metric. Clarify's monitor
    /// requires the same with a bootstrap interval ("Monitor bias drift", SageMaker developer guide).
    #[must_use]
    pub fn beyond_chance(mut self, parts: &[Analysis], mode: Mode) -> Self {
        let parts: Vec<_> = parts.iter().map(|part| values(part, mode)).collect();
        for each in self.compared.iter_mut().filter(|each| each.violated) {
            let key = (each.stage, each.facet.clone(), each.facet_value.clone(), each.metric.clone());
            let found = parts.iter().map(|part| part.get(&key).copied().flatten());
            let distances: Option<Vec<f64>> =
                found.map(|value| Some(distance(&each.metric, value?, mode))).collect();
            let error = distances.as_deref().and_then(standard_error);
            let [live, baseline] =
                [each.live, each.baseline].map(|value| distance(&each.metric, value, mode));
            each.violated = error.is_some_and(|error| live - ERRORS * error > baseline);
        }
        self
    }

    /// The container's file, with its text since 2023. It exists only when there are violations.
    #[must_use]
    pub fn violations(&self) -> Violations {
        let violation = |each: &ComparedBias| Violation {
            constraint_check_type: Some("bias_drift_check".to_owned()),
            description: Some(format!(
                "Metric value {} doesn't meet the baseline constraint requirement {}",
                java_double(each.live),
                java_double(each.baseline)
            )),
            facet: Some(each.facet.clone()),
            facet_value: Some(Value::String(each.facet_value.clone())),
            metric_name: Some(each.metric.clone()),
            ..Violation::default()
        };
        Violations {
            version: Some(json!("1.0")),
            violations: self.compared.iter().filter(|each| each.violated).map(violation).collect(),
            ..Violations::default()
        }
    }
}
