//! Records that a monitor does not work, and publishes that once in a quiet period.

use sagewarden_lineage::edge::{InEdge, OBSERVED_ON, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::{NodeRow, node};
use sagewarden_lineage::table::{Attributes, Value};
use serde_json::json;

use super::cause::{Scope, SetClaim, rank, was_published, word};
use super::evaluated::EvaluatedWindow;
use super::recording::{incarnation_of, record_now, store};
use super::silence::Silence;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Bus, PortError, Table};
use crate::record::deployment::deployment_at;
use crate::record::monitoring::REPORT;
use crate::world::World;

/// Records that a monitor did not judge, and publishes that once in a quiet period.
///
/// # Errors
/// When a service does not answer, or another delivery is handling the same.
pub(super) async fn publish_silence(world: &impl World, silence: &Silence, moment: &Moment) -> Outcome {
    let table = world.table();
    let before = || Done::Nothing(format!("an alert was sent before: {}", silence.summary()));
    // The clock asks about the same hours again and again.
    if is_recorded(table, silence).await? && was_silence_published(world, silence).await? {
        return Ok(before());
    }
    let node = record_silence(world, silence, moment).await?;
    let scope = scope(world, silence, &node);
    let claim = match SetClaim::of(table, moment, &scope, &silence.causes()).await? {
        None => return Ok(before()),
        Some(claim) if claim.fresh.is_empty() => {
            claim.settle(table).await?;
            return Ok(before());
        }
        Some(claim) => claim,
    };
    let sent = async {
        record_now(world, &silence.endpoint, moment).await?;
        let deployment = deployment_at(table, &NodeId::endpoint(&silence.endpoint), silence.at).await?;
        let notice = silence.notice(deployment.as_ref());
        world.bus().publish(&claim.stamped(&notice)).await.map_err(Failure::from)
    };
    match sent.await {
        Ok(()) => {
            claim.settle(table).await?;
            Ok(Done::Acted(format!("alert sent: {}", silence.summary())))
        }
        Err(failure) => {
            claim.give_back(table).await?;
            Err(failure)
        }
    }
}

/// Whether the table holds it already. For unreadable traffic, there may be more damage since then.
async fn is_recorded(table: &impl Table, silence: &Silence) -> Result<bool, PortError> {
    if silence.wrong.unreadable().is_some() {
        return Ok(false);
    }
    let recorded = table.get(&[NodeRow::key(&silence.node())]).await?;
    Ok(recorded.iter().flat_map(|item| item.set(node::SILENT)).any(|word| word == silence.wrong.word()))
}

/// Whether it has been published; asks only the table.
///
/// # Errors
/// When the table fails.
pub(super) async fn was_silence_published(world: &impl World, silence: &Silence) -> Result<bool, PortError> {
    was_published(world.table(), &scope(world, silence, &silence.node()), &silence.causes()).await
}

fn scope(world: &impl World, silence: &Silence, node: &NodeId) -> Scope {
    let endpoint = NodeId::endpoint(&silence.endpoint);
    let quiet = world.settings().drift.quiet_hours_after_alert;
    Scope::of("monitoring", &endpoint, node, silence.at, quiet)
}

async fn record_silence(world: &impl World, silence: &Silence, moment: &Moment) -> Result<NodeId, Failure> {
    let id = silence.node();
    let mut facts = Attributes::from([(node::SCHEDULE.into(), Value::Text(silence.schedule.name.clone()))]);
    if let Some(kind) = &silence.monitoring_type {
        facts.insert(node::MONITORING_TYPE.into(), Value::Text(kind.clone()));
    }
    if let Some((job, _)) = &silence.execution {
        facts.insert(node::ARN.into(), Value::Text(job.arn()));
    }
    let severity = silence.wrong.severity();
    let mut record = Record::default();
    record.node(&id, &silence.name(), Some(silence.at), facts);
    // The report of one execution may first have been unreadable, and was read later.
    record.grow(&id, node::SILENT, [silence.wrong.word().to_owned()]);
    record.register(
        &id,
        node::SEVERITY_VERSION,
        rank(severity).to_string(),
        Attributes::from([(node::SEVERITY.into(), Value::Text(word(severity).into()))]),
    );
    // Sorts so that a report that is read later replaces this.
    let said = json!({
        "silent": silence.wrong.word(),
        "reason": silence.wrong.reason(),
        "place": silence.wrong.place(),
        "unreadable": silence.wrong.unreadable().map(EvaluatedWindow::unreadable_listed),
    });
    record.versioned_detail(&id, &silence.wrong.version(), &said);
    let endpoint = NodeId::endpoint(&silence.endpoint);
    record.observed(&id, OBSERVED_ON, &endpoint, silence.at);
    if let Some((job, created_at)) = &silence.execution
        && let Some(run) = incarnation_of(world, moment, job, *created_at).await?
    {
        record.edge(&id, &InEdge::new(Relation::Produced, REPORT, run));
    }
    store(world, moment, record).await?;
    Ok(id)
}
