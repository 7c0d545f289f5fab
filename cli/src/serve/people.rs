//! What people did, as the rows of a store say it: they created and deleted, approved, pushed, erased, and allowed exceptions.

use sagewarden_events::{Actor, Resource, ResourceKind};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::{
    ApprovalRow, CallEffect, CallRow, ErasedRow, HeadRow, NodeRow, VerdictRow, WaivedRow,
};
use sagewarden_lineage::table::Item;
use sagewarden_view::explorer::{Address, Hit, node_page, resource_page};

/// Something that a person did.
pub(super) struct Deed {
    pub(super) who: String,
    pub(super) hit: Hit,
}

/// The partitions that name people. Authors of commits are found with their commits.
pub(super) fn partitions() -> [String; 6] {
    [
        CallRow::PARTITION.to_owned(),
        WaivedRow::of(None, None).pk,
        ErasedRow::between(None, None).pk,
        NodeRow::partitions(NodeKind::ModelPackage),
        NodeRow::partitions(NodeKind::Reference),
        VerdictRow::PARTITIONS.to_owned(),
    ]
}

/// What a row says about people.
pub(super) fn deeds(item: &Item) -> Vec<Deed> {
    let found = call(item).or_else(|| erased(item)).or_else(|| approval(item)).or_else(|| started(item));
    found.into_iter().chain(waived(item)).chain(pushed(item)).collect()
}

fn about(resource: &Resource, address: Address, why: String) -> Hit {
    let (kind, name) = (resource.kind.segment().replace('-', " "), resource.name.clone());
    Hit { kind, name, why, address: address.to_string() }
}

/// Creating and deleting, from CloudTrail.
fn call(item: &Item) -> Option<Deed> {
    let row = CallRow::parse(item)?;
    let who = row.by?;
    let done = if row.effect == CallEffect::Created { "created" } else { "deleted" };
    let why = format!("{done} {} by {who}", row.at);
    let place: Vec<&str> = row.pk.strip_prefix(CallRow::PARTITION)?.splitn(4, '/').collect();
    let [kind, account, region, name] = place.as_slice() else { return None };
    let resource = Resource::in_region(ResourceKind::from_segment(kind)?, account, region, name);
    Some(Deed { who, hit: about(&resource, resource_page(&resource.arn()), why) })
}

fn erased(item: &Item) -> Option<Deed> {
    let ErasedRow { at, arn, by, .. } = ErasedRow::parse(item)?;
    let (who, resource) = (by?, Resource::parse_arn(&arn).ok()?);
    let why = format!("its description was erased {at} by {who}");
    Some(Deed { who, hit: about(&resource, resource_page(&arn), why) })
}

fn approval(item: &Item) -> Option<Deed> {
    let ApprovalRow { package, at, state, by, .. } = ApprovalRow::parse(item)?;
    let who = by?;
    let state = state.strip_prefix("stage:").unwrap_or(&state);
    let why = format!("{state} {at} by {who}");
    let resource = package.as_resource()?;
    Some(Deed { who, hit: about(&resource, resource_page(&resource.arn()), why) })
}

/// Who created a resource, as its finding names them.
fn started(item: &Item) -> Option<Deed> {
    let verdict = VerdictRow::parse(item)?;
    let actor: Actor = serde_json::from_str(item.text(VerdictRow::ACTOR)?).ok()?;
    let (who, resource) = (actor.name()?, VerdictRow::resource(&verdict.pk)?);
    let why = format!("created by {who}");
    Some(Deed { who, hit: about(&resource, resource_page(&resource.arn()), why) })
}

/// Who allowed an exception, and for whose resource.
fn waived(item: &Item) -> Vec<Deed> {
    let Some(row) = WaivedRow::parse(item) else { return Vec::new() };
    let Some(resource) = VerdictRow::resource(&row.subject) else { return Vec::new() };
    let deed = |who: &str, control: &str, approver: &str| {
        let why = format!("{control} is waived, approved by {approver}");
        Deed { who: who.to_owned(), hit: about(&resource, resource_page(&resource.arn()), why) }
    };
    let of = |who: &str| -> Vec<Deed> {
        row.waived.iter().map(|each| deed(who, &each.control, &each.approver)).collect()
    };
    let approved = row.waived.iter().map(|each| deed(&each.approver, &each.control, &each.approver));
    approved.chain(row.owner.as_deref().map(of).unwrap_or_default()).collect()
}

fn pushed(item: &Item) -> Vec<Deed> {
    let Some(row) = HeadRow::parse(item) else { return Vec::new() };
    let hit = |who: &String| Hit {
        kind: row.reference.kind().to_string(),
        name: row.reference.last_name().to_owned(),
        why: format!("pushed {} by {who}", row.at),
        address: node_page(&row.reference).to_string(),
    };
    row.pushers.iter().map(|who| Deed { who: who.clone(), hit: hit(who) }).collect()
}
