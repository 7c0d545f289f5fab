//! The metrics that Clarify's monitors publish. "CloudWatch Metrics for Bias Drift Analysis" and "CloudWatch Metrics for Feature Drift
//! Analysis", SageMaker developer guide.

use sagewarden_monitor::{Metric, MetricGroup, MetricValue};
use serde_json::Value;

use super::analysis::{Analysis, Bias, BiasStage, Facet};

/// The largest number that CloudWatch takes, in the place of infinity.
const INFINITY: f64 = 2.348_542_582_773_833_3e108;
/// Attributions that are published of one analysis, at most: CloudWatch bills each metric.
const MOST_ATTRIBUTIONS: usize = 100;

/// The bias metrics, for each stage, facet and group. Errors and values that are no numbers are not published.
#[must_use]
pub fn bias_metrics(analysis: &Analysis) -> Vec<MetricGroup> {
    let stages = [(BiasStage::PreTraining, "Pre-training"), (BiasStage::PostTraining, "Post-Training")];
    let known = stages.into_iter().filter_map(|(stage, name)| Some((name, analysis.bias(stage)?)));
    known.flat_map(|(stage, bias)| of_stage(stage, bias)).filter(|group| !group.metrics.is_empty()).collect()
}

fn of_stage<'a>(stage: &'a str, bias: &'a Bias) -> impl Iterator<Item = MetricGroup> + 'a {
    let said = |key: &str| bias.other.get(key).map(text).unwrap_or_default();
    let (label, label_value) = (said("label"), said("label_value_or_threshold"));
    let groups = bias.facets.iter().flat_map(|(name, groups)| groups.iter().map(move |group| (name, group)));
    groups.map(move |(name, group)| MetricGroup {
        dimensions: vec![
            ("BiasStage", stage.to_owned()),
            ("Label", label.clone()),
            ("LabelValue", label_value.clone()),
            ("Facet", name.clone()),
            ("FacetValue", group.value()),
        ],
        metrics: of_group(group),
    })
}

fn of_group(group: &Facet) -> Vec<Metric> {
    let known = group.metrics.iter().filter_map(|metric| {
        let value = metric.value.filter(|value| !value.is_nan())?.clamp(-INFINITY, INFINITY);
        Some(Metric { name: format!("bias_metric_{}", metric.name), value: MetricValue::Single(value) })
    });
    known.collect()
}

/// The global attribution of each feature, for each method and label. If there are more features than are published, the ones with the
/// largest values. The expected value is left out, because AWS does not document Clarify's name for it.
#[must_use]
pub fn attribution_metrics(analysis: &Analysis) -> Vec<MetricGroup> {
    let mut all: Vec<(&str, &str, &str, f64)> = Vec::new();
    for (method, labels) in analysis.explanations.iter().flatten() {
        for (label, values) in labels.as_object().into_iter().flatten() {
            let values = values.get("global_shap_values").and_then(Value::as_object);
            let pairs = values.into_iter().flatten();
            let known = pairs.filter_map(|(feature, value)| Some((feature, value.as_f64()?)));
            all.extend(
                known.map(|(feature, value)| (method.as_str(), label.as_str(), feature.as_str(), value)),
            );
        }
    }
    let place =
        |each: &(&'_ str, &'_ str, &'_ str, f64)| (each.0.to_owned(), each.1.to_owned(), each.2.to_owned());
    all.sort_by(|one, other| {
        other.3.abs().total_cmp(&one.3.abs()).then_with(|| place(one).cmp(&place(other)))
    });
    all.truncate(MOST_ATTRIBUTIONS);
    let mut groups: Vec<MetricGroup> = Vec::new();
    for (method, label, feature, value) in all {
        let dimensions = vec![
            ("ExplainabilityMethod", method_name(method)),
            ("Label", label.to_owned()),
            ("ValueType", "GlobalShapValues".to_owned()),
        ];
        let metric = Metric { name: format!("feature_{feature}"), value: MetricValue::Single(value) };
        match groups.iter_mut().find(|group| group.dimensions == dimensions) {
            Some(group) => group.metrics.push(metric),
            None => groups.push(MetricGroup { dimensions, metrics: vec![metric] }),
        }
    }
    groups
}

/// `KernelShap` for `kernel_shap`, as Clarify has it; `TreeShap` for Sagewarden's own method.
fn method_name(key: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    key.split('_').filter_map(word).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn said(groups: &[MetricGroup]) -> Vec<String> {
        let line = |group: &MetricGroup| {
            let dimensions: Vec<String> =
                group.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let value = |metric: &Metric| match metric.value {
                MetricValue::Single(value) => value,
                MetricValue::Set { .. } => f64::NAN,
            };
            let metrics: Vec<String> =
                group.metrics.iter().map(|metric| format!("{}={:e}", metric.name, value(metric))).collect();
            format!("{}: {}", dimensions.join(","), metrics.join(","))
        };
        groups.iter().map(line).collect()
    }

    #[test]
    fn bias_has_clarifys_names_and_dimensions() {
        let analysis = Analysis::parse(
            br#"{"post_training_bias_metrics":{"label":"approved","label_value_or_threshold":"1","facets":{
                "age":[{"value_or_threshold":"(40, 78]","metrics":[{"name":"DPPL","value":0.5},{"name":"TE","value":"-Infinity"},
                    {"name":"AD","value":null},{"name":"RD","value":"NaN"}]}],
                "sex":[{"value_or_threshold":"0","metrics":[{"name":"AD"}]}]}},
                "pre_training_bias_metrics":{"facets":{"sex":[{"value_or_threshold":2,"metrics":[{"name":"CI","value":1}]}]}}}"#,
        );
        let expect = [
            "BiasStage=Pre-training,Label=,LabelValue=,Facet=sex,FacetValue=2: bias_metric_CI=1e0",
            "BiasStage=Post-Training,Label=approved,LabelValue=1,Facet=age,FacetValue=(40, 78]: bias_metric_DPPL=5e-1,\
             bias_metric_TE=-2.3485425827738332e108",
        ];
        assert_eq!(said(&bias_metrics(&analysis.unwrap())), expect);
    }

    #[test]
    fn attributions_have_clarifys_names_and_a_method_of_their_own() {
        let analysis = json!({ "explanations": { "tree_shap": {
            "label0": { "global_shap_values": { "age": 0.25, "debt": 2.0 }, "expected_value": 0.1 },
            "label1": { "global_shap_values": { "age": 1.0 } },
        }, "pdp": [1] } });
        let analysis = Analysis::parse(analysis.to_string().as_bytes()).unwrap();
        let expect = [
            "ExplainabilityMethod=TreeShap,Label=label0,ValueType=GlobalShapValues: feature_debt=2e0,feature_age=2.5e-1",
            "ExplainabilityMethod=TreeShap,Label=label1,ValueType=GlobalShapValues: feature_age=1e0",
        ];
        assert_eq!(said(&attribution_metrics(&analysis)), expect);
        assert_eq!(method_name("kernel_shap"), "KernelShap");
    }

    #[test]
    fn of_many_features_those_that_matter_most_are_published() {
        let values: Map<String, Value> =
            (0..500).map(|feature| (format!("f{feature:03}"), json!(feature))).collect();
        let analysis =
            json!({ "explanations": { "tree_shap": { "label0": { "global_shap_values": values } } } });
        let groups = attribution_metrics(&Analysis::parse(analysis.to_string().as_bytes()).unwrap());
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        assert_eq!((group.metrics.len(), group.metrics[0].name.as_str()), (100, "feature_f499"));
    }
}
