//! Sagewarden's own SHAP values in the form of Clarify's `analysis.json`.
//!
//! The values are under `tree_shap`, which is not one of Clarify's methods, so that nobody confuses the two. The file also has a key of its
//! own, `sagewarden`, for facts that have no place in Clarify's form. Other readers ignore that key.

use std::collections::BTreeMap;

use sagewarden_monitor::{MovedBy, MovedPredictions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::analysis::Analysis;

/// The method, in the place of Clarify's.
const METHOD: &str = "tree_shap";
/// The key of its own.
const OWN: &str = "sagewarden";

/// How much the features of a model matter, over some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExplainedModel {
    /// Which model, for people.
    pub model: String,
    /// How many rows were explained.
    pub rows: u64,
    /// One for each class or target, in their order.
    pub labels: Vec<ExplainedLabel>,
}

/// The same for one class or target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExplainedLabel {
    /// The model's mean answer, in its margin.
    pub base_value: f64,
    /// The features, in the order of the columns.
    pub features: Vec<ExplainedFeature>,
}

/// A feature of a label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExplainedFeature {
    /// Its name.
    pub name: String,
    /// The mean of its absolute SHAP values.
    pub mean_abs_shap: f64,
    /// The mean with the signs; `None` where a file does not have it.
    pub mean_shap: Option<f64>,
}

/// The content of that key.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct OwnValues {
    model: String,
    rows: u64,
    /// The importances by label, then by feature.
    mean_shap: BTreeMap<String, BTreeMap<String, f64>>,
}

impl ExplainedModel {
    /// In Clarify's form. The first label is `label0`, as in Clarify's files.
    #[must_use]
    pub fn analysis(&self) -> Analysis {
        let mut explained = Map::new();
        let mut own = OwnValues { model: self.model.clone(), rows: self.rows, ..OwnValues::default() };
        for (number, label) in self.labels.iter().enumerate() {
            let name = format!("label{number}");
            let values = label.features.iter().map(|each| (each.name.clone(), json!(each.mean_abs_shap)));
            let values: Map<String, Value> = values.collect();
            explained.insert(
                name.clone(),
                json!({ "global_shap_values": values, "expected_value": label.base_value }),
            );
            let signed = label.features.iter().filter_map(|each| Some((each.name.clone(), each.mean_shap?)));
            own.mean_shap.insert(name, signed.collect());
        }
        let explanations = Map::from_iter([(METHOD.to_owned(), Value::Object(explained))]);
        Analysis {
            version: Some(json!("1.0")),
            explanations: Some(explanations),
            other: Map::from_iter([(OWN.to_owned(), json!(own))]),
            ..Analysis::default()
        }
    }

    /// Reads it again; `None` if the file has no such values.
    #[must_use]
    pub fn of(analysis: &Analysis) -> Option<Self> {
        let own =
            analysis.other.get(OWN).and_then(|own| OwnValues::deserialize(own).ok()).unwrap_or_default();
        let explained = analysis.explanations.as_ref()?.get(METHOD)?.as_object()?;
        let labels: Option<Vec<ExplainedLabel>> = (0..explained.len())
            .map(|number| {
                let name = format!("label{number}");
                let label = explained.get(&name)?;
                let signed = own.mean_shap.get(&name);
                let feature = |(name, value): (&String, &Value)| {
                    let mean_shap = signed.and_then(|signed| signed.get(name)).copied();
                    Some(ExplainedFeature { name: name.clone(), mean_abs_shap: value.as_f64()?, mean_shap })
                };
                let values = label.get("global_shap_values")?.as_object()?;
                Some(ExplainedLabel {
                    base_value: label.get("expected_value").and_then(Value::as_f64).unwrap_or_default(),
                    features: values.iter().map(feature).collect::<Option<_>>()?,
                })
            })
            .collect();
        Some(Self { model: own.model, rows: own.rows, labels: labels.filter(|all| !all.is_empty())? })
    }

    /// The importance of each feature, added up over all labels, the most important first.
    #[must_use]
    pub fn importances(&self) -> Vec<(String, f64)> {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for feature in self.labels.iter().flat_map(|label| &label.features) {
            *sums.entry(&feature.name).or_default() += feature.mean_abs_shap;
        }
        let mut sums: Vec<(String, f64)> =
            sums.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        sums.sort_by(|(one, a), (other, b)| b.total_cmp(a).then(one.cmp(other)));
        sums
    }

    /// How the mean answer moved from other rows to these, and by which features; `None` if the two are not of one model, or the other
    /// does not say the means with their signs.
    ///
    /// The SHAP values of a row add up to its answer. So the differences of their means add up to the difference of the mean answers.
    #[must_use]
    pub fn moved_since(&self, before: &Self) -> Option<MovedPredictions> {
        if self.labels.len() != before.labels.len() {
            return None;
        }
        let is_one = self.labels.len() == 1;
        let sized = |value: f64| if is_one { value } else { value.abs() };
        let (mut by, mut features) = (0.0, BTreeMap::<&str, f64>::new());
        for (now, then) in self.labels.iter().zip(&before.labels) {
            let then: BTreeMap<&str, f64> =
                then.features.iter().filter_map(|each| Some((each.name.as_str(), each.mean_shap?))).collect();
            let mut sum = 0.0;
            for feature in &now.features {
                let moved = feature.mean_shap? - then.get(feature.name.as_str())?;
                sum += moved;
                *features.entry(&feature.name).or_default() += sized(moved);
            }
            by += sized(sum);
        }
        let mut features: Vec<MovedBy> =
            features.into_iter().map(|(name, by)| MovedBy { name: name.to_owned(), by }).collect();
        features
            .sort_by(|one, other| other.by.abs().total_cmp(&one.by.abs()).then(one.name.cmp(&other.name)));
        features.truncate(MovedPredictions::MAX_FEATURES);
        Some(MovedPredictions { by, features, rows: self.rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(labels: &[&[(&str, f64, f64)]]) -> ExplainedModel {
        let feature = |(name, mean_abs_shap, mean_shap): &(&str, f64, f64)| ExplainedFeature {
            name: (*name).to_owned(),
            mean_abs_shap: *mean_abs_shap,
            mean_shap: Some(*mean_shap),
        };
        let label = |features: &&[(&str, f64, f64)]| ExplainedLabel {
            base_value: 0.25,
            features: features.iter().map(feature).collect(),
        };
        ExplainedModel { model: "m".into(), rows: 9, labels: labels.iter().map(label).collect() }
    }

    #[test]
    fn what_is_written_is_read_again_as_clarify_would_read_it() {
        let own =
            explained(&[&[("a", 0.5, -0.25), ("b", 0.125, 0.125)], &[("a", 1.0, 0.0), ("b", 2.0, -2.0)]]);
        let text = serde_json::to_string(&own.analysis()).unwrap();
        assert!(text.starts_with(r#"{"version":"1.0","explanations":{"tree_shap":{"label0":{"#), "{text}");
        let analysis = Analysis::parse(text.as_bytes()).unwrap();
        assert_eq!(ExplainedModel::of(&analysis), Some(own.clone()));
        assert_eq!(own.importances(), [("b".to_owned(), 2.125), ("a".to_owned(), 1.5)]);
        let clarify = br#"{"explanations":{"kernel_shap":{"label0":{"global_shap_values":{"a":1}}}}}"#;
        assert_eq!(ExplainedModel::of(&Analysis::parse(clarify).unwrap()), None);
    }

    #[test]
    fn the_features_that_moved_the_answers_add_up_to_the_move() {
        let before = explained(&[&[("a", 0.5, 0.5), ("b", 0.25, 0.25), ("c", 0.0, 0.0), ("d", 0.0, 0.0)]]);
        let now = explained(&[&[("a", 1.5, 1.5), ("b", 0.5, -0.5), ("c", 0.0, 0.0), ("d", 0.5, 0.5)]]);
        let moved = now.moved_since(&before).unwrap();
        assert_eq!((moved.by, moved.rows), (0.75, 9));
        let named: Vec<(&str, f64)> =
            moved.features.iter().map(|each| (each.name.as_str(), each.by)).collect();
        assert_eq!(named, [("a", 1.0), ("b", -0.75), ("d", 0.5)]);
        assert_eq!(now.moved_since(&now).unwrap().by, 0.0);
        let classes = explained(&[&[("a", 0.5, 0.5)], &[("a", 0.5, -0.5)]]);
        let moved = classes.moved_since(&explained(&[&[("a", 0.5, 0.0)], &[("a", 0.5, 0.0)]])).unwrap();
        assert_eq!((moved.by, moved.features[0].by), (1.0, 1.0), "classes do not cancel each other");
        assert_eq!(classes.moved_since(&now), None, "another model");
    }
}
