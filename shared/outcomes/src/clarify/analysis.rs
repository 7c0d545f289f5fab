//! `analysis.json`. "SageMaker Clarify analysis results", SageMaker developer guide.

use std::collections::BTreeMap;

use sagewarden_monitor::{loose, optional_number};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// The file; a job writes the parts that it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Analysis {
    /// `1.0`, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Value>,
    /// The metrics of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_training_bias_metrics: Option<Bias>,
    /// The metrics of the model's predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_training_bias_metrics: Option<Bias>,
    /// The attributions by explainer, and there by label: `{"kernel_shap": {"label0": {"global_shap_values": {..}}}}`. Other explainers
    /// write other fields, so this code requires none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanations: Option<Map<String, Value>>,
    /// Whatever else stands there.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The subject of a bias metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BiasStage {
    /// Data before training.
    PreTraining,
    /// Predictions.
    PostTraining,
}

/// The metrics of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Bias {
    /// The metrics by the name of the facet.
    #[serde(default)]
    pub facets: BTreeMap<String, Vec<Facet>>,
    /// The label, its favourable value, and other fields of the entry.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The metrics of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Facet {
    /// The value, or the threshold, that makes the group; text as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_or_threshold: Option<Value>,
    /// One for each name.
    #[serde(default)]
    pub metrics: Vec<BiasMetric>,
    /// Whatever else stands there.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct BiasMetric {
    /// Its short name, such as `DPPL`.
    pub name: String,
    /// Its long name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Absent or `null` if it could not be computed; an infinity or NaN may stand as text or as a bare word.
    #[serde(default, with = "optional_number")]
    pub value: Option<f64>,
    /// Whatever else stands there, such as the error.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A file that cannot be read.
#[derive(Debug, Error)]
#[error("this is not an analysis.json of Clarify: {0}")]
pub struct UnreadableAnalysis(#[from] serde_json::Error);

impl Analysis {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not a JSON object, or its bias metrics are not what Clarify writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableAnalysis> {
        Ok(loose::document(&loose::quoted(bytes))?)
    }

    /// The metrics of a stage, if there are any.
    #[must_use]
    pub fn bias(&self, stage: BiasStage) -> Option<&Bias> {
        match stage {
            BiasStage::PreTraining => self.pre_training_bias_metrics.as_ref(),
            BiasStage::PostTraining => self.post_training_bias_metrics.as_ref(),
        }
    }
}

impl Facet {
    /// The group's value as text.
    #[must_use]
    pub fn value(&self) -> String {
        match &self.value_or_threshold {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_are_read_bare_or_as_text_and_nothing_is_lost() {
        let text = r#"{"version":"1.0","report":{"x":1},"post_training_bias_metrics":{"label":"T","facets":{"Sex":[
            {"value_or_threshold":"0","note":7,"metrics":[
                {"name":"TE","description":"Treatment Equality (TE)","value":Infinity},
                {"name":"DCA","value":"-Infinity"},
                {"name":"RD","value":NaN},
                {"name":"GE","value":null,"error":"no positives"},
                {"name":"AD"}]}]},"label_value_or_threshold":"1"},
            "explanations":{"pdp":[1]}}"#;
        let analysis = Analysis::parse(text.as_bytes()).unwrap();
        let facet = &analysis.bias(BiasStage::PostTraining).unwrap().facets["Sex"][0];
        let values: Vec<Option<f64>> = facet.metrics.iter().map(|metric| metric.value).collect();
        assert_eq!(values[..2], [Some(f64::INFINITY), Some(f64::NEG_INFINITY)]);
        assert!(values[2].is_some_and(f64::is_nan));
        assert_eq!(values[3..], [None, None]);
        assert_eq!(analysis.bias(BiasStage::PreTraining), None);
        let written = serde_json::to_string(&analysis).unwrap();
        for kept in [
            r#""report":{"x":1}"#,
            r#""note":7"#,
            r#""label":"T""#,
            r#""error":"no positives""#,
            r#""pdp":[1]"#,
        ] {
            assert!(written.contains(kept), "{kept} is not in {written}");
        }
        assert!(written.contains(r#""value":"Infinity""#), "{written}");
        let again = Analysis::parse(written.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), written);
    }

    #[test]
    fn what_is_no_analysis_is_refused_with_a_reason() {
        let error = Analysis::parse(
            br#"{"post_training_bias_metrics":{"facets":{"a":[{"metrics":[{"name":"x","value":"much"}]}]}}}"#,
        );
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("this is not an analysis.json of Clarify: "), "{error}");
        assert!(error.contains("`much` is not a number, `NaN` or `Infinity`"), "{error}");
        assert!(Analysis::parse(b"[]").is_err());
    }
}
