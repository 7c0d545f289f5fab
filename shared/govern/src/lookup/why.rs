//! Why something happened to a resource: the verdict that holds, the remedy, and who started it.

use sagewarden_events::{Actor, Resource, Timestamp};
use sagewarden_lineage::answer::{EarlierVerdict, HeldVerdict, TakenRemedy, Why};
use sagewarden_lineage::chain::title;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::rows::node::{CREATED_BY, STATE};
use sagewarden_lineage::rows::{JudgedRow, JudgementRow, VerdictRow};
use sagewarden_lineage::table::Item;

use super::address::resolve_now;
use super::question::{NoAnswer, Question};
use super::reading::Reading;
use crate::ports::Table;

/// A resource that verdicts may be on.
pub(super) struct Subject {
    root: String,
    name: String,
    /// The partition of its verdicts.
    pub(super) verdicts: String,
    state: Option<String>,
    created_at: Option<Timestamp>,
    created_by: Option<String>,
}

impl Subject {
    /// A node of the lineage.
    pub(super) fn of(node: &Node) -> Self {
        Self {
            root: node.id.to_string(),
            name: title(node),
            verdicts: node.id.to_string(),
            state: node.text(STATE).map(str::to_owned),
            created_at: node.created_at(),
            created_by: node.text(CREATED_BY).map(str::to_owned),
        }
    }
}

/// Answers `why`.
pub(super) async fn why<T: Table>(reading: &Reading<'_, T>, question: &Question) -> Result<Why, NoAnswer> {
    let subject = subject(reading, &question.entity).await?;
    let rows = reading.query_all(VerdictRow::and_judgements(&subject.verdicts)).await?;
    Ok(Why { requests: reading.requests(), ..explained(subject, &rows, None) })
}

/// The verdict that holds, or held at a time, and the others before it.
pub(super) fn explained(subject: Subject, rows: &[Item], at: Option<Timestamp>) -> Why {
    let judgements = rows.iter().filter_map(JudgementRow::parse).map(|JudgementRow(verdict)| verdict);
    let judgements: Vec<VerdictRow> =
        judgements.filter(|verdict| at.is_none_or(|at| verdict.judged_at <= at)).collect();
    let newest = rows.iter().filter_map(|row| Some((VerdictRow::parse(row)?, row)));
    let newest = newest.max_by_key(|(verdict, _)| verdict.order());
    let held = match at {
        None => newest.as_ref().map(|(verdict, _)| verdict),
        Some(_) => judgements.iter().max_by_key(|verdict| verdict.order()),
    };
    let remedy = remedy(newest.as_ref().map(|(_, row)| *row), rows);
    let is_past = |remedy: &TakenRemedy| {
        let taken = subject.created_at.map_or(0, Timestamp::millis) + remedy.after_ms.unwrap_or_default();
        at.is_none_or(|at| taken <= at.millis())
    };
    Why {
        started_by: rows.iter().find_map(started_by).or(subject.created_by),
        verdict: held.map(HeldVerdict::of),
        remedy: remedy.filter(is_past),
        earlier: earlier(&judgements, held),
        root: subject.root,
        name: subject.name,
        state: subject.state,
        created_at: subject.created_at,
        complete: true,
        missing: Vec::new(),
        requests: 0,
    }
}

/// The resource that an address names. Kinds without lineage have no node: their ARN leads to the verdicts.
async fn subject<T: Table>(reading: &Reading<'_, T>, entity: &str) -> Result<Subject, NoAnswer> {
    let refused = match resolve_now(reading, entity).await {
        Ok(id) => {
            let item = reading.node(&id).await?;
            return Ok(Subject::of(&Node { id, item }));
        }
        Err(refused @ (NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_))) => refused,
        Err(other) => return Err(other),
    };
    without_node(reading, entity).await?.ok_or(refused)
}

/// The resource of an ARN that was judged, whether or not it has a node; `None` if the text is no such ARN.
pub(super) async fn without_node<T: Table>(
    reading: &Reading<'_, T>,
    entity: &str,
) -> Result<Option<Subject>, NoAnswer> {
    let Ok(resource) = Resource::parse_arn(entity) else { return Ok(None) };
    let found = reading.get(&[JudgedRow::key(&resource)]).await?;
    let Some(row) = found.iter().find_map(JudgedRow::parse) else {
        return Ok(None);
    };
    Ok(Some(Subject {
        root: resource.arn(),
        name: format!("{} {}", resource.kind, resource.name),
        created_at: VerdictRow::created_at(&row.verdicts),
        verdicts: row.verdicts,
        state: None,
        created_by: None,
    }))
}

/// The verdicts before the present one, the newest first.
fn earlier(judgements: &[VerdictRow], held: Option<&VerdictRow>) -> Vec<EarlierVerdict> {
    let others = judgements.iter().filter(|verdict| held.is_none_or(|held| held.id() != verdict.id()));
    let mut others: Vec<&VerdictRow> = others.collect();
    others.sort_by_key(|verdict| std::cmp::Reverse(verdict.order()));
    others.into_iter().filter_map(EarlierVerdict::of).collect()
}

/// The remedy under the bundle whose verdict holds, else under any: the resource was changed once.
fn remedy(held: Option<&Item>, rows: &[Item]) -> Option<TakenRemedy> {
    held.and_then(TakenRemedy::of).or_else(|| rows.iter().find_map(TakenRemedy::of))
}

/// Who created the resource, as its finding names them.
fn started_by(row: &Item) -> Option<String> {
    let actor: Actor = serde_json::from_str(row.text(VerdictRow::ACTOR)?).ok()?;
    actor.name()
}
