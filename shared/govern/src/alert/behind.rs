//! What stands behind an alert: the chain, how much the model relies on each feature, what the last deployment changed, and how
//! often the same was found without being told.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::answer::{Aspect, AspectChange, Reply};
use sagewarden_lineage::chain::Chain;
use sagewarden_lineage::edge::Relation;
use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::NODE;
use sagewarden_lineage::table::{Key, Query, Range};
use sagewarden_lineage::walk::Limits;
use sagewarden_monitor::{Severity, Violation, severity};
use serde::Serialize;
use serde_json::Value as Json;

use super::violations::Observed;
use super::{AlertDrift, OBSERVED_ON};
use crate::lookup::{Ask, NoAnswer, Question, answer};
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::record::closure::upstream;
use crate::record::explanation;
use crate::world::World;

/// Entries of a list in the chain of an alert.
const MAX_CHAIN: usize = 40;
/// Changes that an alert names, values of each, and characters of a value.
const MAX_CHANGES: usize = 20;
const MAX_VALUES: usize = 3;
const MAX_VALUE: usize = 200;
/// Revisions of an endpoint that are looked through for the deployment before.
const MAX_REVISIONS: usize = 50;
/// Findings of an endpoint that are looked at for what was not told.
const MAX_EARLIER: usize = 100;

/// What stands behind a deployment.
pub(super) struct Behind {
    pub(super) chain: Chain,
    pub(super) importances: Importances,
    pub(super) changes: Option<Changes>,
}

/// What the deployment changed, against the one before.
#[derive(Debug, Serialize)]
pub(super) struct Changes {
    /// The deployment before.
    pub(super) before: String,
    /// Since when the one in question was in force.
    pub(super) since: Timestamp,
    pub(super) changes: Vec<AspectChange>,
    /// How many were left out.
    pub(super) omitted: usize,
    /// Whether both deployments are known whole.
    pub(super) complete: bool,
}

impl Changes {
    /// In which respects, in words.
    pub(super) fn aspects(&self) -> Vec<&'static str> {
        let mut aspects: Vec<Aspect> = self.changes.iter().map(|change| change.aspect).collect();
        aspects.sort();
        aspects.dedup();
        aspects.into_iter().map(Aspect::word).collect()
    }
}

/// How much a model relies on its features: 1 is the one that it relies on most.
#[derive(Debug, Default)]
pub(super) struct Importances(BTreeMap<String, f64>);

impl Importances {
    pub(super) fn of(&self, violation: &Violation) -> Option<f64> {
        self.0.get(violation.feature_name.as_deref()?).copied()
    }

    /// How urgent an entry is.
    pub(super) fn severity(&self, violation: &Violation) -> Severity {
        severity(violation, Some(&self.0))
    }

    /// Reads what an explanation says, with others that were read before.
    fn read(&mut self, explanation: &str) {
        let Ok(said) = serde_json::from_str::<Json>(explanation) else { return };
        for label in said.get("attributions").and_then(Json::as_array).into_iter().flatten() {
            let pairs = label.get("features").and_then(Json::as_array).into_iter().flatten();
            let values: Vec<(&str, f64)> = pairs
                .filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_f64()?.abs())))
                .collect();
            let most = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
            if most <= 0.0 {
                continue;
            }
            for (feature, value) in values {
                let share = value / most;
                let known = self.0.entry(feature.to_owned()).or_insert(share);
                *known = known.max(share);
            }
        }
    }
}

impl<W: World> AlertDrift<'_, W> {
    pub(super) async fn behind(
        &self,
        endpoint: &Resource,
        deployment: Option<&NodeId>,
        at: Timestamp,
    ) -> Result<Behind, Failure> {
        let table = self.world.table();
        let graph = upstream(table, deployment.cloned(), Limits::default()).await?;
        let mut chain = Chain::of(&graph).bounded(MAX_CHAIN);
        let changes = match deployment {
            Some(deployment) => changes(table, &NodeId::endpoint(endpoint), deployment, at).await?,
            None => {
                chain.complete = false;
                chain.missing.push(format!("no deployment of {endpoint} is known for that time"));
                None
            }
        };
        Ok(Behind { chain, importances: importances(table, &graph).await?, changes })
    }

    /// How many other windows and executions had violations in the quiet period before, told or not.
    pub(super) async fn earlier(&self, observed: &Observed<'_>) -> Result<usize, PortError> {
        let hours = self.settings().quiet_hours_after_alert;
        if hours <= 0 {
            return Ok(0);
        }
        let table = self.world.table();
        let (until, own) = (observed.ended().millis(), observed.node());
        let endpoint = NodeId::endpoint(observed.endpoint());
        let prefix = format!("O#{}:{OBSERVED_ON}#", Relation::AssociatedWith);
        let newest =
            Query { descending: true, limit: Some(MAX_EARLIER), ..Query::prefix(endpoint.as_str(), &prefix) };
        let page = table.query(&newest).await?;
        let ids = page.items.iter().filter_map(|item| NodeId::parse(item.key.sk.strip_prefix(&prefix)?));
        let keys: Vec<Key> = ids.filter(|id| *id != own).map(|id| Key::new(id.as_str(), NODE)).collect();
        let nodes = table.get(&keys).await?;
        let had_violations = nodes.iter().filter(|node| {
            let time = node.number("ct").unwrap_or_default();
            let found = node.number("violations").unwrap_or_default();
            found > 0 && (until - hours * 3_600_000..until).contains(&time)
        });
        Ok(had_violations.count())
    }
}

/// The explanations that Clarify wrote of what the deployment was made of, the newest of each node.
async fn importances(table: &impl Table, graph: &Graph) -> Result<Importances, PortError> {
    let keys: Vec<Key> = graph.nodes.values().filter_map(explanation::key).collect();
    let mut importances = Importances::default();
    for item in table.get(&keys).await? {
        importances.read(item.text("json").unwrap_or_default());
    }
    Ok(importances)
}

/// What a deployment changed against the one before; `None` when there was none, or it cannot be told.
async fn changes(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
    at: Timestamp,
) -> Result<Option<Changes>, Failure> {
    let Some((since, before)) = deployed_before(table, endpoint, deployment, at).await? else {
        return Ok(None);
    };
    let question = Question {
        ask: Ask::Diff,
        entity: before.to_string(),
        with: Some(deployment.to_string()),
        ..Question::default()
    };
    let mut difference = match answer(table, &question, &|| false).await {
        Ok(Reply::Difference(difference)) => difference,
        Err(NoAnswer::Port(error)) => return Err(error.into()),
        // A deployment that is named, and was never recorded.
        Ok(_) | Err(_) => return Ok(None),
    };
    let omitted = difference.changes.len().saturating_sub(MAX_CHANGES);
    difference.changes.truncate(MAX_CHANGES);
    for change in &mut difference.changes {
        for values in [&mut change.before, &mut change.after] {
            values.truncate(MAX_VALUES);
            values.iter_mut().for_each(|value| *value = value.chars().take(MAX_VALUE).collect());
        }
    }
    Ok(Some(Changes {
        before: before.to_string(),
        since,
        changes: difference.changes,
        omitted,
        complete: difference.complete,
    }))
}

/// Since when a deployment was in force at a time, and which was in force before it.
async fn deployed_before(
    table: &impl Table,
    endpoint: &NodeId,
    deployment: &NodeId,
    at: Timestamp,
) -> Result<Option<(Timestamp, NodeId)>, PortError> {
    let mut since = None;
    for (from, deployed) in revisions(table, endpoint, at).await? {
        match deployed {
            Some(other) if other == *deployment => since = Some(from),
            Some(other) => return Ok(since.map(|since| (since, other))),
            // Deleted, and made again.
            None => {}
        }
    }
    Ok(None)
}

/// The last changes of an endpoint up to a time, the newest first: when, and what was in force from then on; nothing where it was
/// deleted.
pub(super) async fn revisions(
    table: &impl Table,
    endpoint: &NodeId,
    at: Timestamp,
) -> Result<Vec<(Timestamp, Option<NodeId>)>, PortError> {
    let range = Range::Between("R#".into(), format!("R#{:015}#~", at.millis()));
    let query =
        Query { range, descending: true, limit: Some(MAX_REVISIONS), ..Query::prefix(endpoint.as_str(), "") };
    let rows = table.query(&query).await?.items.into_iter();
    Ok(rows
        .filter_map(|row| {
            let from = row.key.sk.split('#').nth(1)?.parse().ok()?;
            Some((Timestamp::from_millis(from), row.text("dep").and_then(NodeId::parse)))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_that_counts_most_is_one_and_labels_do_not_hide_each_other() {
        let mut importances = Importances::default();
        importances.read(
            r#"{"attributions":[
                {"method":"kernel_shap","label":"a","features":[["Income",-0.4],["Age",0.1]]},
                {"method":"kernel_shap","label":"b","features":[["Age",0.03],["Income",0.06]]}]}"#,
        );
        importances.read("no JSON");
        let of = |name: &str| {
            importances.of(&Violation { feature_name: Some(name.into()), ..Violation::default() })
        };
        assert_eq!((of("Income"), of("Age"), of("Sex")), (Some(1.0), Some(0.5), None));
    }
}
