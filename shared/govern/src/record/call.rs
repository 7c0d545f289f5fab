//! Who created a resource, and when it was deleted: CloudTrail tells, before or after anything else is heard of the resource.
//!
//! A call names a resource, not its incarnation. So calls are kept under the name, and whoever comes second, the call or the
//! incarnation, brings both together. Each is written before the other is looked for, so that none misses the other.

use sagewarden_events::{Actor, CallMade, Effect, Resource, ResourceKind, Timestamp, to_api_case};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::record::{Record, name_alias};
use sagewarden_lineage::rows::node::{ASSERTED, CREATED_BY, DELETED_AT};
use sagewarden_lineage::table::{Attributes, Item, Key, Query, Value, Write};
use serde_json::Value as Json;
use std::collections::BTreeMap;

use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, PortError, Table};
use crate::record::RecordLineage;
use crate::record::closure::query_all;
use crate::world::World;

/// Between a call and the creation that it led to there is no more than this. CloudTrail tells times in whole seconds.
const PROMPT_MILLIS: i64 = 60_000;

/// Sort keys of calls, followed by their time.
pub(crate) const CREATED: &str = "C#";
const DELETED: &str = "D#";

impl<W: World> RecordLineage<'_, W> {
    /// Records who made a call that created or deleted a resource.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn record_call(&self, call: &CallMade) -> Outcome {
        let nothing = |why: &str| Ok(Done::Nothing(format!("`{}` {why}", call.name)));
        if call.error_code.is_some() {
            return nothing("was refused: nothing came of it");
        }
        let Some(resource) = &call.resource else { return nothing("names no resource") };
        if resource.kind == ResourceKind::Endpoint {
            // Its incarnations share one node, whose revisions tell when it came and went.
            return match call.effect {
                Effect::Deleted => nothing("is told by the states of the endpoint"),
                _ => self.record_deploying_call(resource, call).await,
            };
        }
        if NodeKind::of_resource(resource.kind).is_none() || call.effect == Effect::Changed {
            return nothing("leaves no trace in the lineage");
        }
        self.world.table().write(&[Write::Put(remembered(resource, call))]).await?;
        if resource.kind == ResourceKind::AutoMlJob && call.effect == Effect::Created {
            // No event tells of an AutoML job: it is recorded from here, and once more by the jobs that it starts.
            if let Some(description) = self.world.account().describe(resource).await? {
                self.record_description(&description).await?;
            }
        }
        for (id, created_at) in self.incarnations(resource).await? {
            self.link_calls(resource, &id, created_at).await?;
        }
        Ok(Done::Acted(format!("recorded who called `{}` for {resource}", call.name)))
    }

    /// Brings an incarnation together with the calls on its name.
    pub(crate) async fn link_calls(
        &self,
        resource: &Resource,
        id: &NodeId,
        created_at: Timestamp,
    ) -> Result<(), Failure> {
        let calls = query_all(self.world.table(), Query::prefix(calls_pk(resource), "")).await?;
        let mut record = Record::default();
        for call in &calls {
            creation(&mut record, id, created_at, call);
            deletion(&mut record, id, created_at, call);
        }
        if !record.writes.is_empty() {
            self.store(record).await?;
        }
        Ok(())
    }

    /// What has been recorded under a name. Other names may differ in case only.
    async fn incarnations(&self, resource: &Resource) -> Result<Vec<(NodeId, Timestamp)>, PortError> {
        let alias = name_alias(resource.kind.segment(), &resource.name);
        let found = query_all(self.world.table(), Query::prefix(alias, "")).await?;
        let ids = found.iter().filter_map(|item| item.text("id").and_then(NodeId::parse));
        let dated = ids.filter_map(|id| {
            let created = Timestamp::from_millis(id.as_str().rsplit('@').next()?.parse().ok()?);
            (NodeId::resource(resource, created).as_ref() == Some(&id)).then_some((id, created))
        });
        Ok(dated.collect())
    }
}

/// The partition of the calls on a name. Names of endpoints ignore case.
pub(crate) fn calls_pk(resource: &Resource) -> String {
    let Resource { kind, account, region, name, .. } = resource;
    let name = if *kind == ResourceKind::Endpoint { name.to_lowercase() } else { name.clone() };
    format!("K#call#{}/{account}/{region}/{name}", kind.segment())
}

/// A call as it is kept: a function of the call, whoever delivers it.
pub(crate) fn remembered(resource: &Resource, call: &CallMade) -> Item {
    let head = if call.effect == Effect::Deleted { DELETED } else { CREATED };
    let mut attributes = Attributes::from([("at".into(), Value::Number(call.time.millis()))]);
    let caller = caller(&call.actor);
    attributes.extend(caller.clone().map(|caller| ("by".to_owned(), Value::Text(caller))));
    let named = named_commits(resource, call);
    if !named.is_empty() {
        attributes.insert(ASSERTED.into(), Value::Text(named));
    }
    let sk = format!("{head}{:015}#{}", call.time.millis(), caller.unwrap_or_default());
    Item { key: Key::new(calls_pk(resource), sk), attributes }
}

fn caller(actor: &Actor) -> Option<String> {
    let arn = actor.arn.clone().or_else(|| actor.role.clone())?;
    Some(match &actor.source_identity {
        Some(identity) => format!("{arn} ({identity})"),
        None => arn,
    })
}

/// The commits that the call itself named, in the tags it gave the resource.
fn named_commits(resource: &Resource, call: &CallMade) -> String {
    let request = to_api_case(&call.request);
    let text = |tag: &Json, field: &str| tag.get(field).and_then(Json::as_str).map(str::to_owned);
    let list = request.get("Tags").and_then(Json::as_array).into_iter().flatten();
    let tags: BTreeMap<String, String> =
        list.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect();
    let document = serde_json::json!({ "CreationTime": call.time });
    let Ok(seen) = observe(resource, &document, &tags) else { return String::new() };
    let commits: Vec<String> = seen.claims.iter().map(|claim| claim.commit.to_string()).collect();
    commits.join(" ")
}

/// The creator is who called last before the creation.
fn creation(record: &mut Record, id: &NodeId, created_at: Timestamp, call: &Item) {
    if let Some(version) = call.key.sk.strip_prefix(CREATED).filter(|_| is_prompt(call, created_at)) {
        created_by(record, id, version.to_owned(), call);
    }
}

/// Whether a call can have led to what was created at a time.
pub(crate) fn is_prompt(call: &Item, created_at: Timestamp) -> bool {
    let waited = call.number("at").map(|at| created_at.millis() - at.div_euclid(1000) * 1000);
    waited.is_some_and(|waited| (0..=PROMPT_MILLIS).contains(&waited))
}

/// The caller as the creator of a node.
pub(crate) fn created_by(record: &mut Record, id: &NodeId, version: String, call: &Item) {
    let Some(by) = call.text("by") else { return };
    let asserted = call.text(ASSERTED).unwrap_or_default();
    let facts = Attributes::from([
        (CREATED_BY.into(), Value::Text(by.into())),
        (ASSERTED.into(), Value::Text(asserted.into())),
    ]);
    record.register(id, "cbv", version, facts);
}

/// The end is the first deletion after the creation.
fn deletion(record: &mut Record, id: &NodeId, created_at: Timestamp, call: &Item) {
    let at = call.number("at").filter(|at| call.key.sk.starts_with(DELETED) && *at >= created_at.millis());
    let Some(at) = at else { return };
    let by = call.text("by").unwrap_or_default();
    let facts = Attributes::from([
        (DELETED_AT.into(), Value::Number(at)),
        ("deleted_by".into(), Value::Text(by.into())),
    ]);
    record.register(id, "delv", format!("{}#{by}", earliest(at)), facts);
}

/// The version of a register that the earliest time wins.
pub(crate) fn earliest(millis: i64) -> String {
    format!("{:015}", 999_999_999_999_999 - millis)
}
