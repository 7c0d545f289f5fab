//! Why something happened to a resource: the verdict that holds, the remedy, and who started it.

use sagewarden_events::{Actor, Resource, Timestamp};
use sagewarden_lineage::answer::{EarlierVerdict, HeldVerdict, TakenRemedy, Why};
use sagewarden_lineage::chain::title;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::rows::node::{CREATED_BY, STATE};
use sagewarden_lineage::rows::{JudgedRow, JudgementRow, NodeRow, VerdictRow};
use sagewarden_lineage::table::Item;

use super::address::resolve;
use super::question::{NoAnswer, Question};
use super::reading::Reading;
use crate::ports::Table;

/// A resource that verdicts may be on.
struct Subject {
    root: String,
    name: String,
    /// The partition of its verdicts.
    verdicts: String,
    state: Option<String>,
    created_at: Option<Timestamp>,
    created_by: Option<String>,
}

/// Answers `why`.
pub(super) async fn why<T: Table>(reading: &Reading<'_, T>, question: &Question) -> Result<Why, NoAnswer> {
    let subject = subject(reading, &question.entity).await?;
    let rows = reading.query_all(VerdictRow::of(&subject.verdicts)).await?;
    let newest = rows.iter().filter_map(|row| Some((VerdictRow::parse(row)?, row)));
    let newest = newest.max_by_key(|(verdict, _)| verdict.order());
    let held = newest.as_ref().map(|(verdict, _)| verdict);
    let earlier = earlier(reading, &subject.verdicts, held).await?;
    Ok(Why {
        root: subject.root,
        name: subject.name,
        state: subject.state,
        created_at: subject.created_at,
        started_by: rows.iter().find_map(started_by).or(subject.created_by),
        verdict: held.map(HeldVerdict::of),
        remedy: remedy(newest.as_ref().map(|(_, row)| *row), &rows),
        earlier,
        complete: true,
        missing: Vec::new(),
        requests: reading.requests(),
    })
}

/// The resource that an address names. Kinds without lineage have no node: their ARN leads to the verdicts.
async fn subject<T: Table>(reading: &Reading<'_, T>, entity: &str) -> Result<Subject, NoAnswer> {
    let refused = match resolve(reading, entity).await {
        Ok(addressed) => {
            let item = reading.get(&[NodeRow::key(&addressed.id)]).await?.pop();
            let node = Node { id: addressed.id, item };
            return Ok(Subject {
                root: node.id.to_string(),
                name: title(&node),
                verdicts: node.id.to_string(),
                state: node.text(STATE).map(str::to_owned),
                created_at: node.created_at(),
                created_by: node.text(CREATED_BY).map(str::to_owned),
            });
        }
        Err(refused @ (NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_))) => refused,
        Err(other) => return Err(other),
    };
    let Ok(resource) = Resource::parse_arn(entity) else { return Err(refused) };
    let found = reading.get(&[JudgedRow::key(&resource)]).await?;
    let Some(row) = found.iter().find_map(JudgedRow::parse) else {
        return Err(NoAnswer::Unknown(entity.into()));
    };
    Ok(Subject {
        root: resource.arn(),
        name: format!("{} {}", resource.kind, resource.name),
        created_at: VerdictRow::created_at(&row.verdicts),
        verdicts: row.verdicts,
        state: None,
        created_by: None,
    })
}

/// What was judged before the verdict that holds, the newest first.
async fn earlier<T: Table>(
    reading: &Reading<'_, T>,
    pk: &str,
    held: Option<&VerdictRow>,
) -> Result<Vec<EarlierVerdict>, NoAnswer> {
    let rows = reading.query_all(JudgementRow::of(pk)).await?;
    let judgements = rows.iter().filter_map(JudgementRow::parse).map(|JudgementRow(verdict)| verdict);
    let mut others: Vec<VerdictRow> =
        judgements.filter(|verdict| held.is_none_or(|held| held.id() != verdict.id())).collect();
    others.sort_by_key(|verdict| std::cmp::Reverse(verdict.order()));
    Ok(others.iter().filter_map(EarlierVerdict::of).collect())
}

/// The remedy under the bundle whose verdict holds, else under any: the resource was changed once.
fn remedy(held: Option<&Item>, rows: &[Item]) -> Option<TakenRemedy> {
    held.and_then(TakenRemedy::of).or_else(|| rows.iter().find_map(TakenRemedy::of))
}

/// Who created the resource, as its finding names them.
fn started_by(row: &Item) -> Option<String> {
    let actor: Actor = serde_json::from_str(row.text(VerdictRow::ACTOR)?).ok()?;
    actor.name().map(str::to_owned)
}
