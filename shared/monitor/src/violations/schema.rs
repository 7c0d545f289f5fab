//! The keys of `constraint_violations.json`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::observed::Observed;
use crate::loose;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Violations {
    /// Clarify writes `1.0` as text, Model Monitor nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Value>,
    /// In the container's order, which is not stable between executions.
    #[serde(default)]
    pub violations: Vec<Violation>,
    /// All other keys that the container wrote.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Violation {
    /// The column; data quality only. `Extra columns` and `Missing columns` are pseudo-features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_name: Option<String>,
    /// Such as `baseline_drift_check`, or the comparison for model quality (`LessThanThreshold`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint_check_type: Option<String>,
    /// The container's text. It has changed over the years: for people, not for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The metric; model quality, bias and attribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    /// The facet of a bias metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet: Option<String>,
    /// The group of the facet; text as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facet_value: Option<Value>,
    /// The label of an attribution metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// All other keys that the container wrote.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A report that cannot be read.
#[derive(Debug, Error)]
#[error("the report is not a constraint violations file: {0}")]
pub struct UnreadableReport(#[from] serde_json::Error);

impl Violations {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not a JSON object whose `violations`, if any, is a list of objects.
    pub fn parse(bytes: &[u8]) -> Result<Self, UnreadableReport> {
        Ok(loose::document(&loose::quoted(bytes))?)
    }
}

impl Violation {
    /// The subject: the feature, the metric, or both; for a facet also the group, such as `Sex=0`.
    #[must_use]
    pub fn subject(&self) -> String {
        let facet = self.facet.as_ref().map(|facet| match &self.facet_value {
            Some(Value::String(value)) => format!("{facet}={value}"),
            Some(value) => format!("{facet}={value}"),
            None => facet.clone(),
        });
        let parts = [&self.feature_name, &self.label, &facet, &self.metric_name];
        let named: Vec<&str> =
            parts.into_iter().flatten().map(String::as_str).filter(|part| !part.is_empty()).collect();
        if named.is_empty() { "unnamed".to_owned() } else { named.join(" / ") }
    }

    /// The numbers in its text, if the text has a known form.
    #[must_use]
    pub fn observed(&self) -> Option<Observed> {
        Observed::read(self.constraint_check_type.as_deref(), self.description.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DriftSeverity;
    use super::*;

    fn check(text: &str, subject: &str, severity: DriftSeverity) {
        let report = Violations::parse(text.as_bytes()).unwrap();
        assert_eq!(report.violations.len(), 1, "{text}");
        assert_eq!(report.violations[0].subject(), subject);
        assert_eq!(report.severity(), Some(severity));
    }

    #[test]
    fn the_four_monitors_and_custom_containers_are_read() {
        check(
            r#"{"violations":[{"feature_name":"LIMIT_BAL","constraint_check_type":"baseline_drift_check","description":"Baseline drift distance: 0.49 exceeds threshold: 0.1"}]}"#,
            "LIMIT_BAL",
            DriftSeverity::High,
        );
        check(
            r#"{"version":"1.0","violations":[{"facet":"Sex","facet_value":"0","metric_name":"DPPL","constraint_check_type":"bias_drift_check","description":"x"}]}"#,
            "Sex=0 / DPPL",
            DriftSeverity::Critical,
        );
        check(
            r#"{"violations":[{"label":"label0","metric_name":"shap","constraint_check_type":"feature_attribution_drift_check","description":"Feature attribution drift 0.76 exceeds threshold 0.9"}]}"#,
            "label0 / shap",
            DriftSeverity::High,
        );
        check(
            r#"{"violations":[{"constraint_check_type":"LessThanThreshold","metric_name":"auc","description":"Metric auc with 0.46 was LessThanThreshold '1.0'"}]}"#,
            "auc",
            DriftSeverity::Critical,
        );
        check(r#"{"violations":[{"facet":"Age","facet_value":40}]}"#, "Age=40", DriftSeverity::High);
        check(r#"{"violations":[{"sentence":"hm","endpoint_name":"e"}]}"#, "unnamed", DriftSeverity::High);
        check(r#"{"violations":[{"label":"","metric_name":"shap"}]}"#, "shap", DriftSeverity::High);
        check(r#"{"violations":[{"label":""}]}"#, "unnamed", DriftSeverity::High);
    }

    #[test]
    fn unknown_keys_are_kept() {
        for text in [
            r#"{"violations":[{"sentence":"hm"}]}"#,
            r#"{"version":"1.0","violations":[{"facet":"Sex","facet_value":"0","size":7}],"job":"j"}"#,
            r#"{"version":0.0,"violations":[{"facet_value":0}]}"#,
        ] {
            let report = Violations::parse(text.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&report).unwrap(), text);
        }
        let bare = Violations::parse(br#"{"violations":[{"value":NaN}]}"#).unwrap();
        assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"violations":[{"value":"NaN"}]}"#);
    }

    #[test]
    fn no_violations_is_a_report_and_a_list_is_none() {
        assert_eq!(Violations::parse(b"{}").unwrap().severity(), None);
        let error = Violations::parse(b"[1]").unwrap_err().to_string();
        assert!(error.starts_with("the report is not a constraint violations file"), "{error}");
    }
}
