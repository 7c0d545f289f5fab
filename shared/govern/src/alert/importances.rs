//! How much a model relies on its features, by Clarify's explanations and by the model's own SHAP values.

use std::collections::BTreeMap;

use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::rows::ExplanationRow;
use sagewarden_lineage::table::Key;
use sagewarden_monitor::{AttributedRows, DriftSeverity, Violation, severity};
use serde_json::Value as Json;

use crate::ports::{PortError, Table};
use crate::record::explanation;

/// How much a model relies on its features: the most important one has 1.
#[derive(Debug, Default)]
pub(super) struct Importances(BTreeMap<String, f64>);

impl Importances {
    /// The explanations that Clarify wrote about the nodes behind a deployment, the newest of each node.
    pub(super) async fn behind(table: &impl Table, graph: &Graph) -> Result<Self, PortError> {
        let keys: Vec<Key> = graph.nodes.values().filter_map(explanation::key).collect();
        let mut importances = Self::default();
        for item in table.get(&keys).await? {
            importances.read(ExplanationRow::parse(&item).map(|row| row.json).as_deref().unwrap_or_default());
        }
        Ok(importances)
    }

    /// The same, with the importances of the monitored data.
    pub(super) fn and(mut self, reasons: Option<&AttributedRows>) -> Self {
        let features = reasons.iter().flat_map(|reasons| &reasons.features);
        self.add(&features.map(|each| (each.name.as_str(), each.importance)).collect::<Vec<_>>());
        self
    }

    pub(super) fn of(&self, violation: &Violation) -> Option<f64> {
        self.0.get(violation.feature_name.as_deref()?).copied()
    }

    /// The severity of an entry.
    pub(super) fn severity(&self, violation: &Violation) -> DriftSeverity {
        severity(violation, Some(&self.0))
    }

    /// Adds an explanation to the earlier ones.
    fn read(&mut self, explanation: &str) {
        let Ok(said) = serde_json::from_str::<Json>(explanation) else { return };
        for label in said.get("attributions").and_then(Json::as_array).into_iter().flatten() {
            let pairs = label.get("features").and_then(Json::as_array).into_iter().flatten();
            let values: Vec<(&str, f64)> = pairs
                .filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_f64()?.abs())))
                .collect();
            self.add(&values);
        }
    }

    fn add(&mut self, values: &[(&str, f64)]) {
        let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        if most <= 0.0 {
            return;
        }
        for (feature, value) in values {
            let share = value / most;
            let known = self.0.entry((*feature).to_owned()).or_insert(share);
            *known = known.max(share);
        }
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_monitor::AttributedFeature;

    use super::*;

    #[test]
    fn the_feature_that_counts_most_is_one_and_labels_do_not_hide_each_other() {
        let mut importances = Importances::default();
        importances.read(
            r#"{"attributions":[
                {"method":"kernel_shap","label":"a","features":[["Income",-0.4],["Age",0.1]]},
                {"method":"kernel_shap","label":"b","features":[["Age",0.03],["Income",0.06]]}]}"#,
        );
        importances.read("not valid JSON");
        let own = AttributedFeature { name: "Debt".into(), importance: 3.0, before: None };
        let importances =
            importances.and(Some(&AttributedRows { features: vec![own], ..AttributedRows::default() }));
        let of = |name: &str| {
            importances.of(&Violation { feature_name: Some(name.into()), ..Violation::default() })
        };
        assert_eq!((of("Income"), of("Age"), of("Debt"), of("Sex")), (Some(1.0), Some(0.5), Some(1.0), None));
    }
}
