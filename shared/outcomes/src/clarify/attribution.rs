//! Feature-attribution drift: do the features that mattered still matter in the same order?
//!
//! The score is the normalised discounted cumulative gain of the live ranking by the baseline's attributions: the features in
//! the order of their live attribution, each with its baseline attribution over log2(rank + 1), summed, and divided by the same
//! sum in the baseline's own order. "Monitor feature attribution drift", SageMaker developer guide, which points to
//! scikit-learn's `ndcg_score`; as there, features of equal attribution share the mean of their ranks, so that no order of keys
//! matters. A score below 0.90 is a violation.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_monitor::{Mode, Violation, Violations, java_double, loose};
use serde_json::{Map, Value, json};

use super::analysis::Analysis;

/// A score below it is a violation, unless somebody chose another limit.
pub const LIMIT: f64 = 0.9;

/// Features by their global attribution.
pub type Importance = BTreeMap<String, f64>;

/// The rankings of one label by one explainer.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Such as `kernel_shap`.
    pub explainer: String,
    /// The label's header, or `label0`, or another key of the report.
    pub label: String,
    /// 1 when the order is the same; none when the baseline attributes nothing to anything, so that no order is worse than
    /// another.
    pub score: Option<f64>,
    /// Features that the baseline has and the live analysis has not. They count as features without attribution.
    pub only_in_baseline: Vec<String>,
    /// Features that are new. They gain nothing, but others rank below them.
    pub only_live: Vec<String>,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributionDrift {
    /// One for each explainer and label that both have.
    pub rankings: Vec<Ranking>,
    /// Explainers and labels that one of them lacks.
    pub unmatched: Vec<String>,
}

/// Compares two analyses. Attributions are means of absolute values as a rule. The aggregation `median` can be negative: `compat`
/// takes the formula as it is, so that the score may leave the range from 0 to 1; `exact` ranks and weighs by how far a feature
/// moves the model either way.
#[must_use]
pub fn attribution_drift(baseline: &Analysis, live: &Analysis, mode: Mode) -> AttributionDrift {
    let (before, mut now) = (attributions(baseline), attributions(live));
    let mut drift = AttributionDrift::default();
    for ((explainer, label), baseline) in before {
        let key = (explainer, label);
        let Some(live) = now.remove(&key) else {
            drift.unmatched.push(format!("{} / {} is in the baseline only", key.0, key.1));
            continue;
        };
        let (explainer, label) = key;
        let only = |one: &Importance, other: &Importance| {
            one.keys().filter(|feature| !other.contains_key(*feature)).cloned().collect()
        };
        drift.rankings.push(Ranking {
            explainer,
            label,
            score: score(&baseline, &live, mode),
            only_in_baseline: only(&baseline, &live),
            only_live: only(&live, &baseline),
        });
    }
    let new =
        now.into_keys().map(|(explainer, label)| format!("{explainer} / {label} is not in the baseline"));
    drift.unmatched.extend(new);
    drift
}

/// The global attributions of an analysis, summed over explainers and labels without their signs: what severity weighs features
/// by.
#[must_use]
pub fn importance(analysis: &Analysis) -> Importance {
    let mut sums = Importance::new();
    for (feature, value) in attributions(analysis).into_values().flatten() {
        *sums.entry(feature).or_default() += value.abs();
    }
    sums
}

fn attributions(analysis: &Analysis) -> BTreeMap<(String, String), Importance> {
    let mut found = BTreeMap::new();
    for (explainer, labels) in analysis.explanations.iter().flatten() {
        for (label, values) in labels.as_object().into_iter().flatten() {
            // Images and text have other shapes, and partial dependence has lists.
            if let Some(values) = values.get("global_shap_values").and_then(Value::as_object) {
                found.insert((explainer.clone(), label.clone()), numbers(values));
            }
        }
    }
    found
}

fn numbers(values: &Map<String, Value>) -> Importance {
    let number = |value: &Value| match value {
        Value::String(text) => loose::number(text),
        value => value.as_f64(),
    };
    let finite = |(feature, value): (&String, &Value)| {
        Some((feature.clone(), number(value).filter(|number| number.is_finite())?))
    };
    values.iter().filter_map(finite).collect()
}

fn score(baseline: &Importance, live: &Importance, mode: Mode) -> Option<f64> {
    let sized = |value: f64| if mode == Mode::Exact { value.abs() } else { value };
    let of =
        |importance: &Importance, feature: &str| importance.get(feature).map_or(0.0, |value| sized(*value));
    let features: BTreeSet<&String> = baseline.keys().chain(live.keys()).collect();
    let pairs: Vec<(f64, f64)> =
        features.iter().map(|feature| (of(baseline, feature), of(live, feature))).collect();
    let best = gain(pairs.iter().map(|(gain, _)| (*gain, *gain)).collect());
    let found = gain(pairs);
    (best != 0.0).then(|| found / best)
}

/// The discounted gains in the order of the scores, the greatest first. Pairs are gain and score.
fn gain(mut pairs: Vec<(f64, f64)>) -> f64 {
    let by_score = |one: f64, other: f64| other.partial_cmp(&one).unwrap_or(Ordering::Equal);
    pairs.sort_by(|(_, one), (_, other)| by_score(*one, *other));
    let mut rank = 0_u32;
    let mut sum = 0.0;
    for same in pairs.chunk_by(|(_, one), (_, other)| by_score(*one, *other).is_eq()) {
        let mut discounts = 0.0;
        for _ in same {
            rank += 1;
            discounts += 1.0 / (f64::from(rank) + 1.0).log2();
        }
        let (gains, count) =
            same.iter().fold((0.0, 0.0), |(gains, count), (gain, _)| (gains + gain, count + 1.0));
        sum += gains / count * discounts;
    }
    sum
}

impl Ranking {
    /// True when the order has moved too far: the score is below a limit, [`LIMIT`] as a rule.
    #[must_use]
    pub fn is_below(&self, limit: f64) -> bool {
        self.score.is_some_and(|score| score < limit)
    }
}

impl AttributionDrift {
    /// The container's file, with its text, which says `exceeds` of a score that is too low. It exists only when there are
    /// violations.
    #[must_use]
    pub fn violations(&self, limit: f64) -> Violations {
        let violation = |ranking: &Ranking| Violation {
            label: Some(ranking.label.clone()),
            // "Currently only shap is supported": the name of the method, not of its variant.
            metric_name: Some("shap".to_owned()),
            constraint_check_type: Some("feature_attribution_drift_check".to_owned()),
            description: Some(format!(
                "Feature attribution drift {} exceeds threshold {}",
                java_double(ranking.score.unwrap_or(f64::NAN)),
                java_double(limit)
            )),
            ..Violation::default()
        };
        Violations {
            version: Some(json!("1.0")),
            violations: self.rankings.iter().filter(|each| each.is_below(limit)).map(violation).collect(),
            ..Violations::default()
        }
    }
}
