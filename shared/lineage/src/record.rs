//! Turns the facts about an entity into writes to the lineage table. Every value depends on the entity, never on the delivery, so the
//! writes commute and may be repeated. [`crate::rows`] defines the rows.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{CommitId, Repository, Resource, Timestamp, redacted};
use serde_json::Value as Json;

use crate::edge::{InEdge, MEMBER, Relation, SAME_OBJECT};
use crate::id::{NodeId, NodeKind, image_digest};
use crate::mlflow::MlflowRun;
use crate::observe::{Approval, DeclaredUse, Observation, StatusMark};
use crate::rows::{
    Alias, AliasRow, ApprovalRow, DetailRow, MadeRow, NewestResult, NodeRow, ObservationRow, OutEdgeRow,
    ReachedState, StateRow,
};
use crate::rows::{millis, node};
use crate::s3::{ObjectSet, VersionedObject};
use crate::table::{Attributes, Value, Write};

/// The subject of a gap that no later finding fills.
pub const NEVER_FILLED: &str = "-";
/// The subject of a gap that a commit fills, however it is found.
pub const SOURCE: &str = "source";

/// A set of objects names its members one by one if it has at most this many. Its digest always covers all of them.
pub const MAX_MEMBERS: usize = 100;

/// The writes of one entity.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The writes, to apply in any order.
    pub writes: Vec<Write>,
    /// Nodes whose facts or in-edges these writes may change. Live closures with these nodes must be refreshed.
    pub touched: BTreeSet<NodeId>,
}

impl Record {
    /// The node of a resource with its state, detail and aliases, without its edges.
    pub fn observation(&mut self, seen: &Observation) {
        let mut facts = seen.facts.clone();
        facts.insert(node::ARN.into(), seen.resource.arn().into());
        self.node(&seen.id, &seen.resource.name, Some(seen.created_at), facts);
        // Its ARN is found by its name, because account and region are in the identity.
        let Resource { kind, name, .. } = &seen.resource;
        self.alias(Alias::name(kind.segment(), name), &seen.id);
        self.writes.extend(MadeRow::of(&seen.id, seen.created_at).map(|row| Write::Put(row.item())));
        if let Some(mark) = &seen.status {
            self.status(&seen.id, mark);
        }
        if let Some(approval) = &seen.approval {
            self.approval(&seen.id, approval);
        }
        if let Some(stage) = &seen.stage {
            self.stage(&seen.id, stage);
        }
        if let Some(declared) = &seen.declared {
            self.declared(&seen.id, declared);
        }
        if !seen.detail.is_empty() {
            let ended = seen.status.as_ref().is_some_and(|mark| mark.status.is_terminal());
            // SageMaker does not let anybody change these, and adds no facts when they end.
            let is_fixed = matches!(seen.id.kind(), NodeKind::ProcessingJob | NodeKind::TransformJob);
            self.growing_detail(
                &seen.id,
                u8::from(ended && !is_fixed),
                &Json::Object(redacted(&seen.detail)),
            );
        }
    }

    /// A node. `created_at` is the entity's own time.
    pub fn node(&mut self, id: &NodeId, name: &str, created_at: Option<Timestamp>, facts: Attributes) {
        let mut once = facts;
        once.insert(node::TYPE.into(), id.kind().word().into());
        once.insert(node::NAME.into(), name.into());
        if let Some(time) = created_at {
            once.insert(node::CREATED.into(), time.millis().into());
        }
        self.merge(id, once, BTreeMap::new());
    }

    /// One more fact about a node.
    pub fn fact(&mut self, id: &NodeId, name: &str, value: Value) {
        self.merge(id, Attributes::from([(name.to_owned(), value)]), BTreeMap::new());
    }

    /// An edge, on both of its ends.
    pub fn edge(&mut self, destination: &NodeId, edge: &InEdge) {
        self.grow(destination, node::IN_EDGES, [edge.to_string()]);
        self.writes.push(Write::Put(OutEdgeRow::of(edge, destination).item()));
    }

    /// An observation on an endpoint: an edge, and a row that is found by its time.
    pub fn observed(&mut self, id: &NodeId, role: &str, endpoint: &NodeId, at: Timestamp) {
        self.edge(id, &InEdge::new(Relation::AssociatedWith, role, endpoint.clone()));
        let row = ObservationRow { endpoint: endpoint.clone(), role: role.to_owned(), at, node: id.clone() };
        self.writes.push(Write::Put(row.item()));
    }

    /// The result of a monitor, for the list of endpoints: `rank` says how bad it is, and is 0 without violations.
    pub fn newest_result(&mut self, endpoint: &NodeId, monitor: &str, at: Timestamp, rank: u8, id: &NodeId) {
        self.writes.push(NewestResult { at, rank, node: id.clone() }.write(endpoint, monitor));
    }

    /// A gap: a fact about a node that Sagewarden could not find out, in words. `subject` names what would fill the gap: the role of an
    /// edge, or the identity of a node. A gap is kept for ever, because deliveries come in any order. Once it is filled, answers do not
    /// report it any more ([`crate::graph::Graph::gaps`]).
    pub fn gap(&mut self, id: &NodeId, subject: &str, what: impl AsRef<str>) {
        self.grow(id, node::GAPS, [node::gap(subject, what.as_ref())]);
    }

    /// A state that a node reached. A job has few states, and its node lists them. An endpoint gets a row for each state.
    pub fn status(&mut self, id: &NodeId, mark: &StatusMark) {
        let reached = ReachedState::of(&mark.status, mark.at);
        let version = reached.to_string();
        if id.kind() == NodeKind::Endpoint {
            let row = StateRow { endpoint: id.clone(), reached, reason: mark.reason.clone() };
            self.writes.push(Write::Put(row.item()));
        } else {
            self.grow(id, node::STATES, [version.clone()]);
            if let Some(text) = &mark.reason {
                let reason = Attributes::from([(node::FAILURE_REASON.into(), text.clone().into())]);
                self.register(id, node::FAILURE_VERSION, version.clone(), reason);
            }
        }
        let state = Attributes::from([(node::STATE.into(), mark.status.to_string().into())]);
        self.register(id, node::STATE_VERSION, version, state);
    }

    /// Whether a package may be used. Events and descriptions both say this. Descriptions also know who changed the package last, so if
    /// both have the same time, the description wins.
    pub fn approval(&mut self, id: &NodeId, approval: &Approval) {
        let Approval { state, at, by, description } = approval.clone();
        let row = ApprovalRow { package: id.clone(), at, state, by, description };
        self.writes.push(row.write());
        let facts = Attributes::from([
            (node::APPROVAL.into(), row.state.clone().into()),
            (node::APPROVAL_AT.into(), at.millis().into()),
            (node::APPROVAL_BY.into(), row.by.as_deref().unwrap_or("unknown").into()),
        ]);
        self.register(id, node::APPROVAL_VERSION, row.register_version(), facts);
    }

    /// The stage of a package in its life, and who moved it there.
    pub fn stage(&mut self, id: &NodeId, stage: &Approval) {
        let Approval { state, at, by, description } = stage.clone();
        let row = ApprovalRow::of_stage(id, at, &state, by, description);
        self.writes.push(row.write());
        let facts = Attributes::from([
            (node::STAGE.into(), state.into()),
            (node::STAGE_AT.into(), at.millis().into()),
            (node::STAGE_BY.into(), row.by.as_deref().unwrap_or("unknown").into()),
        ]);
        self.register(id, node::STAGE_VERSION, row.register_version(), facts);
    }

    /// What a package says of the use of its model.
    pub fn declared(&mut self, id: &NodeId, declared: &DeclaredUse) {
        let DeclaredUse { at, owner, purpose, risk_tier, next_validation } = declared.clone();
        let facts = [
            (node::OWNER, owner),
            (node::PURPOSE, purpose),
            (node::RISK_TIER, risk_tier),
            (node::NEXT_VALIDATION, next_validation),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), value.unwrap_or_default().into()));
        // Two descriptions of one change may differ in a property that was changed within a second: then the order of words decides.
        let mark = facts.iter().map(|(_, value)| format!("#{value:?}")).collect::<String>();
        self.register(id, node::USE_VERSION, format!("{}{mark}", millis(at)), Attributes::from(facts));
    }

    /// An output of a node, if the destination may have any number of writers. The edge is kept on the source's side only.
    pub fn written_to(&mut self, source: &NodeId, role: &str, destination: &NodeId) {
        let edge = InEdge::new(Relation::Produced, role, source.clone());
        self.writes.push(Write::Put(OutEdgeRow::of(&edge, destination).item()));
    }

    /// A version of one object as a dataset or artifact; returns its node.
    pub fn object(&mut self, kind: NodeKind, bucket: &str, object: &VersionedObject) -> NodeId {
        let version = object.version();
        let id = match kind {
            NodeKind::Artifact => NodeId::artifact(bucket, &object.key, &version),
            _ => NodeId::dataset(bucket, &object.key, &version),
        };
        let mut facts = Attributes::from([
            (node::URI.into(), format!("s3://{bucket}/{}", object.key).into()),
            (node::ETAG.into(), object.etag.clone().into()),
            (node::SIZE.into(), i64::try_from(object.size).unwrap_or(i64::MAX).into()),
        ]);
        if let Some(version_id) = &object.version_id {
            facts.insert(node::VERSION_ID.into(), version_id.clone().into());
        }
        if let Some(reason) = object.weakness() {
            facts.insert(node::WEAK.into(), reason.into());
        }
        self.node(&id, &object.key, Some(object.modified_at), facts);
        let alias =
            Alias::Object { bucket: bucket.into(), key: object.key.clone(), version: version.clone() };
        self.alias(alias, &id);
        if kind == NodeKind::Artifact {
            let data = NodeId::dataset(bucket, &object.key, &version);
            self.edge(&data, &InEdge::new(Relation::AssociatedWith, SAME_OBJECT, id.clone()));
        }
        id
    }

    /// All objects under a prefix as one dataset; returns its node.
    pub fn object_set(&mut self, set: &ObjectSet<'_>) -> NodeId {
        let ObjectSet { bucket, prefix, objects, .. } = set;
        let id = NodeId::dataset_set(&set.digest());
        let total: u64 = objects.iter().map(|object| object.size).sum();
        let mut facts = Attributes::from([
            (node::OBJECTS.into(), i64::try_from(objects.len()).unwrap_or(i64::MAX).into()),
            (node::SIZE.into(), i64::try_from(total).unwrap_or(i64::MAX).into()),
        ]);
        if let Some(reason) = set.weakness() {
            facts.insert(node::WEAK.into(), reason.into());
        }
        // Several prefixes can list the same objects. So the name depends on the objects, not on the prefix.
        let name = common_prefix(objects).unwrap_or(prefix);
        facts.insert(node::URI.into(), format!("s3://{bucket}/{name}").into());
        self.node(&id, name, objects.iter().map(|object| object.modified_at).max(), facts);
        for object in objects.iter().take(MAX_MEMBERS) {
            let member = self.object(NodeKind::Dataset, bucket, object);
            self.edge(&id, &InEdge::new(Relation::ContributedTo, MEMBER, member));
        }
        id
    }

    /// A run in MLflow, found by its id; returns its node. Its name is the id, because jobs may give one run several names.
    pub fn mlflow_run(&mut self, run: &MlflowRun) -> NodeId {
        let id = run.id();
        let facts = Attributes::from([
            (node::MLFLOW.into(), run.server.arn().into()),
            (node::MLFLOW_EXPERIMENT_ID.into(), run.experiment.clone().into()),
        ]);
        self.node(&id, &run.run, None, facts);
        self.alias(Alias::name(id.kind().word(), &run.run), &id);
        id
    }

    /// An image by its reference; returns its node.
    pub fn image(&mut self, reference: &str) -> NodeId {
        let id = NodeId::image(reference);
        let mut facts = Attributes::new();
        if image_digest(reference).is_none() {
            let weak = "the image is named by a tag, which can be moved";
            facts.insert(node::WEAK.into(), weak.into());
        }
        // Several repositories can hold the same digest, and each name is equally true.
        self.grow(&id, node::REFERENCES, [reference.to_owned()]);
        let name = image_digest(reference).unwrap_or(reference).to_owned();
        self.node(&id, &name, None, facts);
        id
    }

    /// A commit that the repository confirmed, and who pushed it, if that is known. Returns its node.
    pub fn commit(
        &mut self,
        repository: &Repository,
        commit: &CommitId,
        facts: Attributes,
        pusher: Option<&str>,
    ) -> NodeId {
        let id = NodeId::commit(repository, commit);
        let mut facts = facts;
        facts.insert(node::REPOSITORY.into(), repository.name.clone().into());
        facts.insert(node::COMMIT.into(), commit.to_string().into());
        facts.insert(node::TYPE.into(), id.kind().word().into());
        facts.insert(node::NAME.into(), commit.short().into());
        let pushers = pusher.map(|arn| (node::PUSHERS.to_owned(), BTreeSet::from([arn.to_owned()])));
        self.merge(&id, facts, pushers.into_iter().collect());
        self.alias(Alias::Commit { digits: commit.to_string() }, &id);
        id
    }

    /// The commit that a branch pointed to when a node was created, as far as Sagewarden knows. If several heads are older than the node,
    /// the latest of them wins, in whatever order they arrive. `None` if the branch was deleted by then.
    pub fn inferred(&mut self, id: &NodeId, head_version: &str, commit: Option<&str>) {
        let commit = commit.unwrap_or(node::NOT_INFERRED);
        let head = Attributes::from([(node::INFERRED.into(), commit.into())]);
        self.register(id, node::INFERRED_VERSION, head_version.into(), head);
    }

    /// Another name of a node.
    pub fn alias(&mut self, alias: Alias, id: &NodeId) {
        self.writes.push(AliasRow { alias, id: id.clone() }.write());
    }

    /// The large facts of a node, as JSON text.
    pub fn detail(&mut self, id: &NodeId, detail: &Json) {
        self.writes.push(Write::Put(DetailRow::of(id, detail).item()));
    }

    /// Large facts that grow until a node has ended. Facts of a later stage win, in whatever order they arrive.
    pub fn growing_detail(&mut self, id: &NodeId, stage: u8, detail: &Json) {
        self.versioned_detail(id, &stage.to_string(), detail);
    }

    /// A set of facts about a node that grows.
    pub fn grow(&mut self, id: &NodeId, name: &str, members: impl IntoIterator<Item = String>) {
        self.merge(id, Attributes::new(), BTreeMap::from([(name.to_owned(), members.into_iter().collect())]));
    }

    /// Large facts; the newest version wins, as in [`Self::register`].
    pub fn versioned_detail(&mut self, id: &NodeId, version: &str, detail: &Json) {
        self.writes.push(DetailRow::of(id, detail).newest(version));
    }

    /// More facts about a node.
    pub fn facts(&mut self, id: &NodeId, facts: Attributes) {
        self.merge(id, facts, BTreeMap::new());
    }

    /// Facts of a node that a later version replaces as a whole. So each content names every attribute.
    pub fn register(
        &mut self,
        id: &NodeId,
        version_attribute: &str,
        version: String,
        attributes: Attributes,
    ) {
        self.touched.insert(id.clone());
        self.writes.push(NodeRow::newest(id, version_attribute, version, attributes));
    }

    pub(crate) fn merge(&mut self, id: &NodeId, once: Attributes, union: BTreeMap<String, BTreeSet<String>>) {
        self.touched.insert(id.clone());
        self.writes.push(NodeRow::merge(id, once, union));
    }
}

fn common_prefix(objects: &[VersionedObject]) -> Option<&str> {
    let first = objects.first()?.key.as_str();
    let length = objects.iter().skip(1).fold(first.len(), |length, object| {
        first.bytes().zip(object.key.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    (0..=length).rev().find_map(|end| first.get(..end))
}

#[cfg(test)]
mod tests;
