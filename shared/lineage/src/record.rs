//! Turns what is known about an entity into writes of the lineage table. Every value is a function of the entity, never of
//! the delivery, so the writes commute and may be repeated.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | node | id | `#`: type, name, facts; `ins` is the set of in-edges; `states` the states, `st`/`stv` the newest, `failure_reason`/`whyv` the newest reason; `inf`/`infv` the inferred commit |
//! | detail | id | `$`: hyperparameters and other large facts as JSON |
//! | out-edge | source id | `O#<relation>:<role>#<destination id>` |
//! | state of an endpoint | id | `S#<ms>#<rank>#<state>` |
//! | approval of a package | id | `Y#<ms>#<state>` |
//! | alias | `K#name#…`, `K#git#…`, `K#s3#…` | id, or `<version>#id` |
//! | verdict | id, or `R#<kind>#…` for kinds without a node | `V#<bundle>` |
//! | branch or tag | `ref#<repository>@<reference>` | `#`: as any node; `head`/`headv` is the newest head |
//! | head of a branch or tag | `ref#<repository>@<reference>` | `H#<ms>#<commit or "deleted">` |
//! | job waiting for a head | `ref#<repository>@<reference>` | `J#<ms>#<id>` |

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{CommitId, Repository, Resource, Timestamp};
use serde_json::Value as Json;

use crate::edge::{InEdge, Relation, SAME_OBJECT};
use crate::id::{NodeId, NodeKind, image_digest};
use crate::observe::{Approval, Observation, StatusMark};
use crate::redact::redacted;
use crate::reference::PUSHERS;
use crate::s3::{ObjectSet, VersionedObject};
use crate::table::{Attributes, Item, Key, Value, Write};

/// The sort key of a node.
pub const NODE: &str = "#";
/// The sort key of a node's large facts.
pub const DETAIL: &str = "$";
/// The beginning of the sort keys of a package's approvals.
pub const APPROVALS: &str = "Y#";
/// Between the subject of a gap and its words.
pub const GAP_SEPARATOR: char = '\t';
/// The subject of a gap that no later finding fills.
pub const NEVER_FILLED: &str = "-";
/// The attribute that holds the states that a node reached: `<ms>#<rank>#<state>` each.
pub const STATES: &str = "states";
/// The attribute that says why a node failed.
pub const FAILURE_REASON: &str = "failure_reason";
/// The state that the reason belongs to: a pipeline execution that is retried under one ARN can fail, and succeed later.
pub const FAILURE_VERSION: &str = "whyv";
/// The newest state, as in [`STATES`].
pub const STATE_VERSION: &str = "stv";

/// When a node reached a state, in milliseconds: of a member of [`STATES`].
#[must_use]
pub fn reached_at(version: &str) -> Option<i64> {
    version.split('#').next()?.parse().ok()
}

/// The state that a member of [`STATES`] names.
#[must_use]
pub fn state_of(version: &str) -> Option<&str> {
    version.splitn(3, '#').nth(2)
}
/// The subject of a gap that a commit fills, however it is found.
pub const SOURCE: &str = "source";

/// What stands where a secret stood. It tells nothing of the secret, not even its length.
pub const REDACTED: &str = "[redacted]";

/// Detail beyond this many bytes is left out and marked: an item holds 400 KB, with room for the rest.
const MAX_DETAIL: usize = 300_000;
/// A set of objects names its members one by one up to this many; its digest covers all of them in any case.
pub const MAX_MEMBERS: usize = 100;

/// The writes of one entity.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// To be applied, in any order.
    pub writes: Vec<Write>,
    /// Nodes whose facts or in-edges these writes may change: live closures that hold them are to be refreshed.
    pub touched: BTreeSet<NodeId>,
}

impl Record {
    /// The node of a resource with its state, detail and aliases, without its edges.
    pub fn observation(&mut self, seen: &Observation) {
        let mut facts = seen.facts.clone();
        facts.insert("arn".into(), Value::Text(seen.resource.arn()));
        self.node(&seen.id, &seen.resource.name, Some(seen.created_at), facts);
        // Its ARN is found under its name: account and region stand in the identity.
        let Resource { kind, name, .. } = &seen.resource;
        self.alias(name_alias(kind.segment(), name), seen.id.to_string(), &seen.id);
        if let Some(mark) = &seen.status {
            self.status(&seen.id, mark);
        }
        if let Some(approval) = &seen.approval {
            self.approval(&seen.id, approval);
        }
        if !seen.detail.is_empty() {
            let ended = seen.status.as_ref().is_some_and(|mark| mark.status.is_terminal());
            // Of these the service lets nobody change anything, and nothing is added at the end.
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
        once.insert("ty".into(), Value::Text(id.kind().word().into()));
        once.insert("nm".into(), Value::Text(name.into()));
        if let Some(time) = created_at {
            once.insert("ct".into(), Value::Number(time.millis()));
        }
        self.merge(id, once, BTreeMap::new());
    }

    /// One more fact about a node.
    pub fn fact(&mut self, id: &NodeId, name: &str, value: Value) {
        self.merge(id, Attributes::from([(name.to_owned(), value)]), BTreeMap::new());
    }

    /// An edge, on both of its ends.
    pub fn edge(&mut self, destination: &NodeId, edge: &InEdge) {
        let members = BTreeSet::from([edge.to_string()]);
        self.merge(destination, Attributes::new(), BTreeMap::from([("ins".into(), members)]));
        let role = edge.role.replace('|', "_");
        let sk = format!("O#{}:{role}#{destination}", edge.relation);
        self.put(Key::new(edge.source.as_str(), sk), Attributes::from([("role".into(), Value::Text(role))]));
    }

    /// Something about a node that could not be found out, in words. `subject` says what would fill it: the role of an edge,
    /// or the identity of a node. A gap is kept for ever, since deliveries come in any order; once it is filled it is not
    /// told any more ([`crate::graph::Graph::gaps`]).
    pub fn gap(&mut self, id: &NodeId, subject: &str, what: impl AsRef<str>) {
        let members = BTreeSet::from([format!("{subject}{GAP_SEPARATOR}{}", what.as_ref())]);
        self.merge(id, Attributes::new(), BTreeMap::from([("gaps".into(), members)]));
    }

    /// A state that a node reached. Whatever comes to an end has few of them, and names them itself; an endpoint gets a row for
    /// each.
    pub fn status(&mut self, id: &NodeId, mark: &StatusMark) {
        let (status, at) = (&mark.status, mark.at);
        let version = format!("{:015}#{}#{status}", at.millis(), status.rank());
        let why = mark.reason.clone().map(Value::Text);
        if id.kind() == NodeKind::Endpoint {
            let reason = why.map(|text| ("reason".to_owned(), text)).into_iter().collect();
            self.put(Key::new(id.as_str(), format!("S#{version}")), reason);
        } else {
            let states = BTreeMap::from([(STATES.to_owned(), BTreeSet::from([version.clone()]))]);
            self.merge(id, Attributes::new(), states);
            if let Some(text) = why {
                let reason = Attributes::from([(FAILURE_REASON.to_owned(), text)]);
                self.register(id, FAILURE_VERSION, version.clone(), reason);
            }
        }
        let state = Attributes::from([("st".into(), Value::Text(status.to_string()))]);
        self.register(id, STATE_VERSION, version, state);
    }

    /// Whether a package may be used. Told by events and by descriptions: those also know who changed the package last, so
    /// at the same time their word counts for more.
    pub fn approval(&mut self, id: &NodeId, approval: &Approval) {
        let Approval { state, at, by, description } = approval;
        let mut once = Attributes::new();
        once.extend(by.iter().map(|by| ("by".to_owned(), Value::Text(by.clone()))));
        once.extend(description.iter().map(|text| ("description".to_owned(), Value::Text(text.clone()))));
        let version = format!("{:015}#{state}", at.millis());
        let row = Key::new(id.as_str(), format!("{APPROVALS}{version}"));
        self.writes.push(Write::Merge { key: row, once, union: BTreeMap::new() });
        // Each content names all of its attributes: what a newer one does not say must not stay from an older one.
        let unknown = || Value::Text("unknown".into());
        let facts = Attributes::from([
            ("approval".into(), Value::Text(state.clone())),
            ("approval_at".into(), Value::Number(at.millis())),
            ("approval_by".into(), by.clone().map_or_else(unknown, Value::Text)),
        ]);
        self.register(id, "approvalv", format!("{version}#{}", u8::from(by.is_some())), facts);
    }

    /// What a node wrote where the destination has unboundedly many writers: kept on the source's side only.
    pub fn written_to(&mut self, source: &NodeId, role: &str, destination: &NodeId) {
        let role = role.replace('|', "_");
        let sk = format!("O#{}:{role}#{destination}", Relation::Produced);
        self.put(Key::new(source.as_str(), sk), Attributes::from([("role".into(), Value::Text(role))]));
    }

    /// A version of one object as a dataset or artifact; returns its node.
    pub fn object(&mut self, kind: NodeKind, bucket: &str, object: &VersionedObject) -> NodeId {
        let version = object.version();
        let id = match kind {
            NodeKind::Artifact => NodeId::artifact(bucket, &object.key, &version),
            _ => NodeId::dataset(bucket, &object.key, &version),
        };
        let mut facts = Attributes::from([
            ("uri".into(), Value::Text(format!("s3://{bucket}/{}", object.key))),
            ("etag".into(), Value::Text(object.etag.clone())),
            ("size".into(), Value::Number(i64::try_from(object.size).unwrap_or(i64::MAX))),
        ]);
        if let Some(version_id) = &object.version_id {
            facts.insert("version_id".into(), Value::Text(version_id.clone()));
        }
        if let Some(reason) = object.weakness() {
            facts.insert("weak".into(), Value::Text(reason.into()));
        }
        self.node(&id, &object.key, Some(object.modified_at), facts);
        self.alias(format!("K#s3#{bucket}/{}", object.key), format!("{version}#{id}"), &id);
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
            ("objects".into(), Value::Number(i64::try_from(objects.len()).unwrap_or(i64::MAX))),
            ("size".into(), Value::Number(i64::try_from(total).unwrap_or(i64::MAX))),
        ]);
        if let Some(reason) = set.weakness() {
            facts.insert("weak".into(), Value::Text(reason));
        }
        // The same objects can be listed under several prefixes: the name is the objects' own, not the question's.
        let name = common_prefix(objects).unwrap_or(prefix);
        facts.insert("uri".into(), Value::Text(format!("s3://{bucket}/{name}")));
        self.node(&id, name, objects.iter().map(|object| object.modified_at).max(), facts);
        for object in objects.iter().take(MAX_MEMBERS) {
            let member = self.object(NodeKind::Dataset, bucket, object);
            self.edge(&id, &InEdge::new(Relation::ContributedTo, "member", member));
        }
        id
    }

    /// An image by its reference; returns its node.
    pub fn image(&mut self, reference: &str) -> NodeId {
        let id = NodeId::image(reference);
        let mut facts = Attributes::new();
        if image_digest(reference).is_none() {
            let weak = "the image is named by a tag, which can be moved";
            facts.insert("weak".into(), Value::Text(weak.into()));
        }
        // Several repositories can hold the same digest: each name is as true as the other.
        self.merge(
            &id,
            Attributes::new(),
            BTreeMap::from([("refs".into(), BTreeSet::from([reference.into()]))]),
        );
        let name = image_digest(reference).unwrap_or(reference).to_owned();
        self.node(&id, &name, None, facts);
        id
    }

    /// A commit that the repository confirmed, with who pushed it where that is known; returns its node.
    pub fn commit(
        &mut self,
        repository: &Repository,
        commit: &CommitId,
        facts: Attributes,
        pusher: Option<&str>,
    ) -> NodeId {
        let id = NodeId::commit(repository, commit);
        let mut facts = facts;
        facts.insert("repository".into(), Value::Text(repository.name.clone()));
        facts.insert("commit".into(), Value::Text(commit.to_string()));
        facts.insert("ty".into(), Value::Text(id.kind().word().into()));
        facts.insert("nm".into(), Value::Text(commit.short().into()));
        let pushers = pusher.map(|arn| (PUSHERS.to_owned(), BTreeSet::from([arn.to_owned()])));
        self.merge(&id, facts, pushers.into_iter().collect());
        self.alias(format!("K#git#{}", commit.short()), id.to_string(), &id);
        id
    }

    /// Remembers that a node was built from whatever a branch pointed to when it was created.
    pub fn follows(&mut self, reference: &str, id: &NodeId, created_at: Timestamp) {
        let sk = format!("J#{:015}#{id}", created_at.millis());
        self.put(Key::new(reference, sk), Attributes::from([("id".into(), Value::Text(id.to_string()))]));
    }

    /// The commit that a branch pointed to when a node was created, as far as is known. A later head before the creation
    /// wins, whichever was heard of first; `None` when the branch had been deleted by then.
    pub fn inferred(&mut self, id: &NodeId, head_version: &str, commit: Option<&str>) {
        let head = Attributes::from([("inf".into(), Value::Text(commit.unwrap_or("none").into()))]);
        self.register(id, "infv", head_version.into(), head);
    }

    /// Another name of a node.
    pub fn alias(&mut self, pk: String, sk: String, id: &NodeId) {
        self.put(Key::new(pk, sk), Attributes::from([("id".into(), Value::Text(id.to_string()))]));
    }

    /// Any item that is a function of its key.
    pub fn put(&mut self, key: Key, attributes: Attributes) {
        self.writes.push(Write::Put(Item { key, attributes }));
    }

    /// The large facts of a node, as JSON text.
    pub fn detail(&mut self, id: &NodeId, detail: &Json) {
        let text = detail.to_string();
        let attributes = if text.len() > MAX_DETAIL {
            Attributes::from([(
                "omitted_bytes".into(),
                Value::Number(i64::try_from(text.len()).unwrap_or(i64::MAX)),
            )])
        } else {
            Attributes::from([("json".into(), Value::Text(text))])
        };
        self.put(Key::new(id.as_str(), DETAIL), attributes);
    }

    /// Large facts that grow until a node has come to its end: those of a later stage win, whichever is told first.
    pub fn growing_detail(&mut self, id: &NodeId, stage: u8, detail: &Json) {
        self.versioned_detail(id, &stage.to_string(), detail);
    }

    /// A set of facts about a node that grows.
    pub fn grow(&mut self, id: &NodeId, name: &str, members: impl IntoIterator<Item = String>) {
        self.merge(id, Attributes::new(), BTreeMap::from([(name.to_owned(), members.into_iter().collect())]));
    }

    /// Large facts of which the newest count, as [`Self::register`].
    pub fn versioned_detail(&mut self, id: &NodeId, version: &str, detail: &Json) {
        let text = detail.to_string();
        let omitted = if text.len() > MAX_DETAIL { text.len() } else { 0 };
        let kept = if omitted == 0 { text } else { "{}".to_owned() };
        self.writes.push(Write::Newest {
            key: Key::new(id.as_str(), DETAIL),
            version_attribute: "jsonv".into(),
            version: version.to_owned(),
            attributes: Attributes::from([
                ("json".into(), Value::Text(kept)),
                ("omitted_bytes".into(), Value::Number(i64::try_from(omitted).unwrap_or(i64::MAX))),
            ]),
        });
    }

    /// More facts about a node.
    pub fn facts(&mut self, id: &NodeId, facts: Attributes) {
        self.merge(id, facts, BTreeMap::new());
    }

    /// Facts of a node that a later version replaces: all of them, so each content names every attribute.
    pub fn register(
        &mut self,
        id: &NodeId,
        version_attribute: &str,
        version: String,
        attributes: Attributes,
    ) {
        self.touched.insert(id.clone());
        self.writes.push(Write::Newest {
            key: Key::new(id.as_str(), NODE),
            version_attribute: version_attribute.into(),
            version,
            attributes,
        });
    }

    pub(crate) fn merge(&mut self, id: &NodeId, once: Attributes, union: BTreeMap<String, BTreeSet<String>>) {
        self.touched.insert(id.clone());
        self.writes.push(Write::Merge { key: Key::new(id.as_str(), NODE), once, union });
    }
}

/// The partition of the incarnations of a name. Endpoint names ignore case, and `resources[]` of events may be in lower case.
#[must_use]
pub fn name_alias(kind: &str, name: &str) -> String {
    format!("K#name#{kind}/{}", name.to_lowercase())
}

/// The attribute of a job's node that says by which call it was stopped, and for which controls.
pub const REMEDY: &str = "remedy";

/// The partition of the verdicts on an incarnation: its node, or for kinds that have none `R#<kind>#<account>/<region>/<name>@<ms>`.
#[must_use]
pub fn verdicts_pk(resource: &Resource, created_at: Timestamp) -> String {
    NodeId::resource(resource, created_at).map_or_else(
        || {
            let Resource { kind, account, region, name, .. } = resource;
            format!("R#{}#{account}/{region}/{name}@{}", kind.segment(), created_at.millis())
        },
        |id| id.to_string(),
    )
}

/// The partition of a branch's or tag's heads and of the jobs that follow it. `reference` is a full name such as
/// `refs/heads/main`.
#[must_use]
pub fn reference_pk(repository: &Repository, reference: &str) -> String {
    NodeId::reference(repository, reference).to_string()
}

/// The sort key of a head.
#[must_use]
pub fn head_sk(at: Timestamp, commit: Option<&NodeId>) -> String {
    let target = commit.map_or("deleted", |id| id.tail().rsplit('@').next().unwrap_or_default());
    format!("H#{:015}#{target}", at.millis())
}

fn common_prefix(objects: &[VersionedObject]) -> Option<&str> {
    let first = objects.first()?.key.as_str();
    let length = objects.iter().skip(1).fold(first.len(), |length, object| {
        first.bytes().zip(object.key.bytes()).take(length).take_while(|(a, b)| a == b).count()
    });
    (0..=length).rev().find_map(|end| first.get(..end))
}
