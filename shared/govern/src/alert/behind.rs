//! Everything behind an alert: the chain, how much the model relies on each feature, what the last deployment
//! changed, and how many findings there were shortly before.

use std::collections::BTreeSet;

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::chain::Chain;
use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::graph::Graph;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::{NodeRow, ObservationRow, node};
use sagewarden_lineage::table::Key;
use sagewarden_lineage::walk::Limits;
use sagewarden_monitor::{AttributedRows, DriftSeverity, Violation};

use super::changed::{DeploymentChanges, changed_by};
use super::found::Observed;
use super::importances::Importances;
use crate::notify::Concerned;
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::record::closure::{query_all, upstream};
use crate::window::HOUR_MS;

/// How many entries each list in the chain of an alert has.
const MAX_CHAIN: usize = 40;

/// Everything behind a deployment.
pub(super) struct Behind {
    pub(super) chain: Chain,
    pub(super) importances: Importances,
    pub(super) changes: Option<DeploymentChanges>,
    pub(super) concerned: Concerned,
}

impl Behind {
    async fn of(
        table: &impl Table,
        endpoint: &Resource,
        deployment: Option<&NodeId>,
        at: Timestamp,
        reasons: Option<&AttributedRows>,
    ) -> Result<Self, Failure> {
        let graph = upstream(table, deployment.cloned(), Limits::default()).await?;
        let importances = Importances::behind(table, &graph).await?.and(reasons);
        let concerned = concerned(&graph, deployment);
        let mut chain = Chain::of(&graph).bounded(MAX_CHAIN);
        let changes = match deployment {
            Some(deployment) => changed_by(table, &NodeId::endpoint(endpoint), deployment, graph, at).await?,
            None => {
                chain.complete = false;
                chain.missing.push(format!("no deployment of {endpoint} is known for that time"));
                None
            }
        };
        Ok(Self { chain, importances, changes, concerned })
    }

    /// The worst severity among some violations, weighted by how much the model relies on their features.
    pub(super) fn severity_of(&self, violations: &[Violation]) -> DriftSeverity {
        let all = violations.iter().map(|violation| self.importances.severity(violation));
        all.max().unwrap_or(DriftSeverity::Medium)
    }
}

/// The owners of the model as the registry names them, who registered it, who deployed it, and the repositories of its commits.
fn concerned(graph: &Graph, deployment: Option<&NodeId>) -> Concerned {
    let mut concerned = Concerned::default();
    for node in graph.nodes.values() {
        let facts: &[&str] = match node.id.kind() {
            NodeKind::ModelPackage => &[node::OWNER, node::REGISTERED_BY],
            NodeKind::Commit => &[],
            _ if Some(&node.id) == deployment => &[node::CREATED_BY],
            _ => continue,
        };
        facts.iter().filter_map(|name| node.text(name)).for_each(|name| concerned.person(name));
        if let Some(name) = node.text(node::REPOSITORY).filter(|_| node.id.kind() == NodeKind::Commit) {
            concerned.repository(name);
        }
    }
    concerned
}

/// Everything behind one alert: read on first use, and only once.
pub(super) struct BehindOnce<'a> {
    endpoint: &'a Resource,
    deployment: Option<&'a NodeId>,
    at: Timestamp,
    reasons: Option<&'a AttributedRows>,
    found: Option<Behind>,
}

impl<'a> BehindOnce<'a> {
    /// For the deployment that was in force when the monitored data began; this reads nothing yet.
    pub(super) fn new(observed: &'a Observed<'_>, deployment: Option<&'a NodeId>) -> Self {
        Self {
            endpoint: observed.endpoint(),
            deployment,
            at: observed.began(),
            reasons: observed.attribution(),
            found: None,
        }
    }

    /// The deployment; `None` if none is known.
    pub(super) fn deployment(&self) -> Option<&'a NodeId> {
        self.deployment
    }

    /// Everything behind it.
    ///
    /// # Errors
    /// When the table fails.
    pub(super) async fn get(&mut self, table: &impl Table) -> Result<&Behind, Failure> {
        let found = match self.found.take() {
            Some(found) => found,
            None => Behind::of(table, self.endpoint, self.deployment, self.at, self.reasons).await?,
        };
        Ok(self.found.insert(found))
    }
}

/// How many other windows and executions had violations in the `hours` before this one ended, whether or not an alert
/// was published.
///
/// # Errors
/// When the table fails.
pub(super) async fn earlier(
    table: &impl Table,
    observed: &Observed<'_>,
    hours: i64,
) -> Result<usize, PortError> {
    if hours <= 0 {
        return Ok(0);
    }
    let (until, own) = (observed.ended(), observed.node());
    let endpoint = NodeId::endpoint(observed.endpoint());
    let from = Timestamp::from_millis(until.millis() - hours * HOUR_MS);
    let rows = query_all(table, ObservationRow::between(&endpoint, OBSERVED_ON, from, until)).await?;
    let others: BTreeSet<NodeId> =
        rows.iter().filter_map(ObservationRow::parse).map(|row| row.node).filter(|id| *id != own).collect();
    let keys: Vec<Key> = others.iter().map(NodeRow::key).collect();
    let nodes = table.get(&keys).await?;
    Ok(nodes.iter().filter(|item| item.number(node::VIOLATIONS).unwrap_or_default() > 0).count())
}
