//! Why the store has no lineage of a resource, or no verdict on it.

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::listing::GapExplanation;
use sagewarden_lineage::rows::node::{DELETED_AT, GAPS, STATE, parse_gap};
use sagewarden_lineage::rows::{CallEffect, CallRow, JudgedRow, NodeRow, VerdictRow};
use sagewarden_lineage::table::Item;

use super::address::resolve_now;
use super::arrived::arrived;
use super::question::{NoAnswer, Question};
use super::reading::Reading;
use crate::ports::Table;

/// Answers `gap`. If nothing is recorded about a resource, that is an answer, not an error.
pub(super) async fn gap<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<GapExplanation, NoAnswer> {
    let entity = &question.entity;
    let (resource, node) = match resolve_now(reading, entity).await {
        Ok(id) => {
            let item = reading.node(&id).await?;
            (id.as_resource(), Some((id, item)))
        }
        Err(NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_)) => (Resource::parse_arn(entity).ok(), None),
        Err(refused) => return Err(refused),
    };
    let mut gap = GapExplanation {
        entity: entity.clone(),
        has_lineage: node.as_ref().and_then(|(_, item)| item.as_ref()).is_some_and(NodeRow::is_recorded),
        has_verdict: false,
        lineage: Vec::new(),
        verdict: Vec::new(),
        complete: true,
        missing: Vec::new(),
        events: None,
        requests: 0,
    };
    let judged = match &resource {
        Some(resource) => reading.get(&[JudgedRow::key(resource)]).await?.iter().find_map(JudgedRow::parse),
        None => None,
    };
    let calls = match &resource {
        Some(resource) => reading.query_all(CallRow::of(resource)).await?,
        None => Vec::new(),
    };
    match node.as_ref().and_then(|(_, item)| item.as_ref()).filter(|item| NodeRow::is_recorded(item)) {
        Some(item) => gap.lineage = of_node(item),
        None => gap.lineage = without_node(resource.as_ref(), judged.is_some(), &calls),
    }
    let subjects = judged.iter().flat_map(|row| row.incarnations.iter().chain([&row.verdicts]));
    let mut subjects: Vec<String> = subjects.cloned().collect();
    subjects.extend(node.iter().map(|(id, _)| id.to_string()));
    subjects.sort();
    subjects.dedup();
    for subject in subjects {
        let rows = reading.query_all(VerdictRow::of(&subject)).await?;
        let newest = rows.iter().filter_map(VerdictRow::parse).max_by_key(|verdict| verdict.order());
        if let Some(verdict) = newest {
            gap.has_verdict = true;
            let controls = verdict.checked.split_whitespace().count();
            gap.verdict.push(format!(
                "it was judged at {} by {controls} controls: {}",
                verdict.judged_at, verdict.outcome
            ));
        }
    }
    if !gap.has_verdict {
        gap.verdict = without_verdict(resource.as_ref(), gap.has_lineage, judged.is_some());
    }
    gap.events = arrived(reading).await?;
    gap.requests = reading.requests();
    Ok(gap)
}

/// The gaps that are written down with a node.
fn of_node(item: &Item) -> Vec<String> {
    let mut sentences: Vec<String> =
        item.set(GAPS).filter_map(parse_gap).map(|(_, words)| words.to_owned()).collect();
    if sentences.is_empty() {
        sentences.push("no recorded fact about it is missing".to_owned());
    }
    if let Some(state) = item.text(STATE) {
        sentences.push(format!("the newest state that was reported is {state}"));
    }
    if item.number(DELETED_AT).is_some() {
        sentences.push("it was deleted: facts that were not recorded by then are lost".to_owned());
    }
    sentences
}

fn without_node(resource: Option<&Resource>, is_judged: bool, calls: &[Item]) -> Vec<String> {
    let Some(resource) = resource else {
        return vec![
            "nothing in the store has this name: give an ARN, so that calls and verdicts can be looked up, too".to_owned(),
        ];
    };
    if NodeKind::of_resource(resource.kind).is_none() {
        return vec![format!("the lineage has no place for a {}: only verdicts are kept", resource.kind)];
    }
    let mut sentences = Vec::new();
    for call in calls.iter().filter_map(CallRow::parse) {
        let by = call.by.as_deref().unwrap_or("an unknown caller");
        sentences.push(match call.effect {
            CallEffect::Created => format!("CloudTrail reported that {by} created it at {}", call.at),
            CallEffect::Deleted => format!("CloudTrail reported that {by} deleted it at {}", call.at),
        });
    }
    if is_judged {
        sentences.push(
            "it was judged, and recording it failed: the report of a scan says why; of a stack, look in the dead-letter queue and the quarantine of record-lineage"
                .to_owned(),
        );
    } else if sentences.is_empty() {
        sentences.push(
            "no event about it has arrived: it is older than the stack, it is of another account or region, or its events were lost"
                .to_owned(),
        );
    } else {
        sentences
            .push("no change of its state has arrived, which is what the lineage is made from".to_owned());
    }
    sentences
}

fn without_verdict(resource: Option<&Resource>, has_lineage: bool, is_judged: bool) -> Vec<String> {
    let sentence = match resource {
        None => "nothing in the store has this name",
        Some(_) if is_judged => "it was judged, but its verdict is not in the store: run `sagewarden verify`",
        Some(resource) if resource.kind == ResourceKind::Endpoint && has_lineage => {
            "an endpoint is judged once it is in service or has failed: no such event has reached enforce-policy"
        }
        Some(_) if has_lineage => {
            "it is recorded and was never judged: it is older than the stack, no control is about its kind, or enforce-policy could not \
             handle its event: look in the dead-letter queue and the quarantine of enforce-policy"
        }
        Some(_) => {
            "no event about it has reached enforce-policy: it is older than the stack, of another account or region, or its events were lost"
        }
    };
    vec![sentence.to_owned()]
}
