//! Clarify's explanation of a model: `analysis.json` with the global SHAP values of each label. "SageMaker Clarify analysis results",
//! SageMaker developer guide:
//! `{"version": "1.0", "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"Age": 0.0596}, "expected_value": 0.25}}}}`

use serde::Serialize;
use serde_json::Value as Json;

/// The name of the report in its folder.
pub const REPORT: &str = "analysis.json";

/// How many features of a label are kept.
const MAX_FEATURES: usize = 200;
/// How many labels are kept.
const MAX_LABELS: usize = 20;
/// How many features one line names.
const TOP: usize = 5;

/// The attributions of one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// The method that found them, such as `kernel_shap`.
    pub method: String,
    /// The label's header, or `label0`.
    pub label: String,
    /// The model's answer if it knows no feature, if the report has it.
    pub expected_value: Option<Json>,
    /// Feature and global value as the report has them, the most important first.
    pub features: Vec<(String, f64)>,
    /// How many features were left out.
    pub omitted: usize,
}

/// Reads a report; empty if it has no explanations (a bias report), or is not a report. Skips unreadable parts.
#[must_use]
pub fn attributions(report: &[u8]) -> Vec<Attribution> {
    let Ok(report) = serde_json::from_slice::<Json>(report) else { return Vec::new() };
    let mut found = Vec::new();
    for (method, labels) in report.get("explanations").and_then(Json::as_object).into_iter().flatten() {
        for (label, values) in labels.as_object().into_iter().flatten() {
            let Some(values_of) = values.get("global_shap_values").and_then(Json::as_object) else {
                continue;
            };
            let mut features: Vec<(String, f64)> =
                values_of.iter().filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect();
            // The aggregation `median` can be negative. What counts is how far a feature moves the model, in either direction.
            features.sort_by(|(one, a), (other, b)| b.abs().total_cmp(&a.abs()).then(one.cmp(other)));
            let omitted = features.len().saturating_sub(MAX_FEATURES);
            features.truncate(MAX_FEATURES);
            if !features.is_empty() {
                let expected_value = values.get("expected_value").filter(|value| !value.is_null()).cloned();
                let (method, label) = (method.clone(), label.clone());
                found.push(Attribution { method, label, expected_value, features, omitted });
            }
        }
    }
    found.truncate(MAX_LABELS);
    found
}

/// The most important features in one line: `Age 0.0596, Income 0.041`. If there are several labels, each with its name.
#[must_use]
pub fn top_features(attributions: &[Attribution]) -> String {
    let line = |each: &Attribution| {
        let top: Vec<String> =
            each.features.iter().take(TOP).map(|(name, value)| format!("{name} {value}")).collect();
        let label = if attributions.len() > 1 { format!("{}: ", each.label) } else { String::new() };
        format!("{label}{}", top.join(", "))
    };
    attributions.iter().take(TOP).map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(report: &Json) -> Vec<Attribution> {
        attributions(report.to_string().as_bytes())
    }

    #[test]
    fn the_values_of_each_label_are_read_in_the_order_of_their_weight() {
        let report = json!({ "version": "1.0", "explanations": { "kernel_shap": { "label0": {
            "global_shap_values": { "Age": 0.0596, "Income": -0.2, "Sex": 0.01, "odd": "NaN" }, "expected_value": 0.2506,
        } } } });
        let found = read(&report);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].method.as_str(), found[0].label.as_str()), ("kernel_shap", "label0"));
        assert_eq!(found[0].expected_value, Some(json!(0.2506)));
        assert_eq!(top_features(&found), "Income -0.2, Age 0.0596, Sex 0.01");
    }

    #[test]
    fn several_labels_are_distinguished_whatever_their_names() {
        let values = json!({ "global_shap_values": { "a": 1 } });
        let report =
            json!({ "explanations": { "kernel_shap": { "0.7956783771514893": values, "yes": values } } });
        assert_eq!(top_features(&read(&report)), "0.7956783771514893: a 1; yes: a 1");
    }

    #[test]
    fn what_has_no_explanations_explains_nothing() {
        let bias =
            json!({ "version": "1.0", "post_training_bias_metrics": { "label": "Target", "facets": {} } });
        for report in
            [bias, json!([]), json!({ "explanations": null }), json!({ "explanations": { "pdp": [] } })]
        {
            assert_eq!(read(&report), [], "{report}");
        }
        assert_eq!(attributions(b"not valid JSON"), []);
    }

    #[test]
    fn a_report_with_many_features_is_cut_and_says_so() {
        let features: serde_json::Map<String, Json> =
            (0..300).map(|index| (format!("f{index}"), json!(index))).collect();
        let report = json!({ "explanations": { "shap": { "l": { "global_shap_values": features } } } });
        let found = read(&report);
        assert_eq!((found[0].features.len(), found[0].omitted), (200, 100));
        assert_eq!(found[0].features[0], ("f299".to_owned(), 299.0));
    }

    #[test]
    fn at_the_limit_nothing_is_cut_and_one_line_names_the_first_five() {
        let features: serde_json::Map<String, Json> =
            (0..200).map(|index| (format!("f{index:03}"), json!(-1))).collect();
        let found = read(&json!({ "explanations": { "shap": { "l": { "global_shap_values": features } } } }));
        assert_eq!((found[0].features.len(), found[0].omitted, &found[0].expected_value), (200, 0, &None));
        assert_eq!(
            top_features(&found),
            "f000 -1, f001 -1, f002 -1, f003 -1, f004 -1",
            "of one weight, by their names"
        );
    }

    #[test]
    fn a_report_with_many_labels_keeps_twenty_and_names_five() {
        let labels: serde_json::Map<String, Json> = (0..21)
            .map(|index| (format!("l{index:02}"), json!({ "global_shap_values": { "a": 1 } })))
            .collect();
        let found = read(&json!({ "explanations": { "shap": labels } }));
        assert_eq!(found.len(), 20);
        assert_eq!(top_features(&found).split("; ").count(), 5);
        assert_eq!(top_features(&[]), "");
    }

    #[test]
    fn a_label_without_values_is_passed_over() {
        let label = |values: Json| json!({ "global_shap_values": values, "expected_value": null });
        let report = json!({ "explanations": { "shap": {
            "empty": label(json!({})), "texts": label(json!({ "a": "b" })), "list": label(json!([1])), "good": label(json!({ "a": 1 })),
        } } });
        let labels: Vec<String> = read(&report).into_iter().map(|each| each.label).collect();
        assert_eq!(labels, ["good"]);
    }
}
