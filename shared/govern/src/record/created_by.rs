//! Who created a resource, and who deleted it when. CloudTrail may report a call before or after other events of the resource.
//!
//! A call names a resource, not its incarnation. So a call is stored under the name. When the second of the two arrives, the call or the
//! incarnation, its handler links them. Each handler writes its own row before it looks for the other, so that at least one of them sees
//! both.

use std::collections::BTreeMap;

use sagewarden_events::{Actor, CallMade, Effect, Resource, Timestamp, to_api_case};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node::{
    ASSERTED, CREATED_BY, CREATOR_VERSION, DELETED_AT, DELETED_BY, DELETION_VERSION,
};
use sagewarden_lineage::rows::{CallEffect, CallRow, earliest};
use sagewarden_lineage::table::Attributes;
use serde_json::Value as Json;

use crate::notify::Moment;
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;
use crate::record::store::store_record;

/// Between a call and the creation that it led to there is no more than this. CloudTrail's times are whole seconds.
const PROMPT_MILLIS: i64 = 60_000;

/// For so long after a call, a resource that is not described may still appear: calls can be reported before descriptions have them.
const APPEARS_MILLIS: i64 = 120_000;

/// Why a call is tried again.
pub(crate) const NOT_DESCRIBED: &str = "a call made or changed it, and it has no description yet";

/// Whether what a call made may still appear.
pub(crate) fn is_recent(call: &CallMade, moment: &Moment) -> bool {
    moment.now.millis() - call.time.millis() < APPEARS_MILLIS
}

/// A call as it is stored: a function of the call, not of its delivery.
pub(crate) fn call_row(resource: &Resource, call: &CallMade) -> CallRow {
    let effect = if call.effect == Effect::Deleted { CallEffect::Deleted } else { CallEffect::Created };
    CallRow {
        pk: CallRow::partition(resource),
        effect,
        at: call.time,
        by: caller(&call.actor),
        asserted: Some(named_commits(resource, call)).filter(|commits| !commits.is_empty()),
        configuration: None,
    }
}

/// Brings an incarnation together with the calls on its name.
pub(crate) async fn link_calls(
    table: &impl Table,
    moment: &Moment,
    resource: &Resource,
    id: &NodeId,
    created_at: Timestamp,
) -> Result<(), PortError> {
    let calls = query_all(table, CallRow::of(resource)).await?;
    let mut record = Record::default();
    for call in calls.iter().filter_map(CallRow::parse) {
        match call.effect {
            // The creator is who called last before the creation.
            CallEffect::Created if is_prompt(&call, created_at) => {
                created_by(&mut record, id, call.version(), &call);
            }
            // The end is the first deletion after the creation.
            CallEffect::Deleted if call.at >= created_at => deleted_by(&mut record, id, &call),
            _ => {}
        }
    }
    if record.writes.is_empty() {
        return Ok(());
    }
    store_record(table, moment, record, None).await
}

/// Whether a call can have led to a resource created at a time.
pub(crate) fn is_prompt(call: &CallRow, created_at: Timestamp) -> bool {
    let waited = created_at.millis() - call.at.millis().div_euclid(1000) * 1000;
    (0..=PROMPT_MILLIS).contains(&waited)
}

/// The caller as the creator of a node.
pub(crate) fn created_by(record: &mut Record, id: &NodeId, version: String, call: &CallRow) {
    let Some(by) = call.by.as_deref() else { return };
    let asserted = call.asserted.as_deref().unwrap_or_default();
    let facts = Attributes::from([(CREATED_BY.into(), by.into()), (ASSERTED.into(), asserted.into())]);
    record.register(id, CREATOR_VERSION, version, facts);
}

fn deleted_by(record: &mut Record, id: &NodeId, call: &CallRow) {
    let by = call.by.as_deref().unwrap_or_default();
    let facts =
        Attributes::from([(DELETED_AT.into(), call.at.millis().into()), (DELETED_BY.into(), by.into())]);
    record.register(id, DELETION_VERSION, format!("{}#{by}", earliest(call.at)), facts);
}

fn caller(actor: &Actor) -> Option<String> {
    match (actor.arn.clone().or_else(|| actor.role.clone()), actor.person()) {
        (Some(arn), Some(person)) => Some(format!("{arn} ({person})")),
        (arn, person) => arn.or(person),
    }
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
