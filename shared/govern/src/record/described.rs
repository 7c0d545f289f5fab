//! Records a resource from its description, and each resource that it names from that resource's own description.
//!
//! This is the only place where recording leads to more recording. The other files of the room return the named resources as a list, and
//! [`record_named`] goes through it.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::edge::{InEdge, LOGGED, Relation};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{Observation, ResourceReference, observe};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::NodeRow;
use sagewarden_lineage::rows::node::STATE;
use serde_json::Value as Json;

use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{Account, Commit, Description, PortError, Table};
use crate::record::built_from::link_commit;
use crate::record::commit_claim::claimed;
use crate::record::created_by::link_calls;
use crate::record::data::link_data;
use crate::record::experiment::{describe_trial, name_experiment, only_the_trial_names_it};
use crate::record::feature_group::{holds, name_filled_groups};
use crate::record::incarnations::recorded_incarnation;
use crate::record::monitoring::link_endpoint;
use crate::record::named::{NamedNode, NamedResource, Tie, link_named};
use crate::record::pipeline::name_steps;
use crate::record::store::store_record;
use crate::record::write_back::write_back;
use crate::world::World;

/// The node of a resource that another one names: from its description, else the newest incarnation that was recorded and is no
/// younger than the resource that names it. Records it if it is not recorded yet: its own event may be late or lost.
pub(crate) async fn incarnation(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    resource: &Resource,
    named_at: Timestamp,
) -> Result<Option<NodeId>, Failure> {
    let table = world.table();
    if resource.kind == ResourceKind::InferenceComponent
        && let Some(version) = recorded_incarnation(table, resource, named_at).await?
    {
        // A base may have changed since its creation: its version at the time when it was named counts.
        return Ok(Some(version));
    }
    let Some(description) = world.account().describe(resource).await? else {
        return Ok(recorded_incarnation(table, resource, named_at).await?);
    };
    let seen = observe(&description.resource, &description.document, &BTreeMap::new())?;
    if seen.created_at > named_at {
        return Ok(recorded_incarnation(table, resource, named_at).await?);
    }
    let stored = table.get(&[NodeRow::key(&seen.id)]).await?.pop();
    let is_recorded = stored.as_ref().is_some_and(NodeRow::is_recorded);
    // No event says that such a job has ended; the events of an Autopilot job's own jobs do.
    let is_current =
        !has_no_events(resource.kind) || stored.as_ref().is_some_and(|item| item.text(STATE).is_some());
    if !(is_recorded && is_current) {
        // The kinds that are named by others form a chain (endpoint, configuration, model, package, training job,
        // tuning job): this ends.
        Box::pin(record_described(world, moment, writes_back, &description, Record::default())).await?;
    }
    Ok(Some(seen.id))
}

/// Records a resource from its description, with its edges and with the states that an event reported; returns its node.
pub(crate) async fn record_described(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    description: &Description,
    reported: Record,
) -> Result<NodeId, Failure> {
    let (account, table) = (world.account(), world.table());
    let resource = &description.resource;
    let tags = tags(account, resource).await?;
    let mut seen = observe(resource, &description.document, &tags)?;
    // Only events know when each intermediate state was reached. A description of a running job depends on the time of the call, so it adds
    // no state.
    seen.status = seen.status.filter(|mark| mark.status.is_terminal());
    let trial = trial(account, &seen).await?;
    let mut record = reported;
    record.observation(&seen);
    let (mut named, mut commit) = (Vec::new(), None);
    match &seen.schedule {
        // The inputs of a monitoring execution belong to Model Monitor.
        Some(schedule) => link_endpoint(account, &mut record, &seen, schedule).await?,
        None => {
            named = link_data(world.objects(), &mut record, &seen).await?;
            link_images(&mut record, &seen);
            link_run(&mut record, &seen);
            for (role, endpoint) in &seen.endpoints {
                record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, role, endpoint.clone()));
            }
            if is_built(&seen) {
                let claimed = claimed(&seen, trial.as_ref(), &tags, &world.settings().lineage);
                commit = link_commit(world, &mut record, &seen, claimed).await?;
            }
        }
    }
    named.extend(name_sources(&seen));
    named.extend(name_filled_groups(&seen));
    named.extend(name_made(&seen));
    if resource.kind == ResourceKind::PipelineExecution {
        named.extend(name_steps(account, &seen).await?);
    }
    named.extend(name_experiment(account, &mut record, &seen, trial.as_ref()).await?);
    let found = record_named(world, moment, writes_back, named).await?;
    link_named(&mut record, &seen, &found);
    store_record(table, moment, record, Some(&seen.id)).await?;
    link_calls(table, moment, resource, &seen.id, seen.created_at).await?;
    if writes_back {
        write_commit_back(world, &seen, commit.as_ref(), &found).await?;
    }
    Ok(seen.id)
}

/// Records the named resources that are not recorded yet, and returns them with their nodes.
async fn record_named(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    named: Vec<NamedResource>,
) -> Result<Vec<NamedNode>, Failure> {
    let mut found = Vec::new();
    for named in named {
        let mut id = incarnation(world, moment, writes_back, &named.resource, named.named_at).await?;
        if let (Tie::MayHold { location, .. }, Some(group)) = (&named.tie, &id)
            && !holds(world.table(), group, location).await?
        {
            id = None;
        }
        found.push((named, id));
    }
    Ok(found)
}

/// The resources that went into this one: a configuration's models, a model's package, a job's tuning job.
fn name_sources(seen: &Observation) -> impl Iterator<Item = NamedResource> + '_ {
    seen.sources.iter().map(|ResourceReference { role, resource }| NamedResource {
        tie: Tie::Source,
        role: role.clone(),
        resource: resource.clone(),
        named_at: seen.created_at,
    })
}

/// The models that a job made.
fn name_made(seen: &Observation) -> impl Iterator<Item = NamedResource> + '_ {
    seen.made.iter().map(|(ResourceReference { role, resource }, at)| NamedResource {
        tie: Tie::Made,
        role: role.clone(),
        resource: resource.clone(),
        named_at: *at,
    })
}

/// The run in MLflow that a job logs to, and what its description should have named.
fn link_run(record: &mut Record, seen: &Observation) {
    if let Some(run) = &seen.run {
        let run = record.mlflow_run(run);
        record.edge(&seen.id, &InEdge::new(Relation::AssociatedWith, LOGGED, run));
    }
    for (subject, words) in &seen.gaps {
        record.gap(&seen.id, subject, words);
    }
}

fn link_images(record: &mut Record, seen: &Observation) {
    for (role, reference) in &seen.images {
        let image = record.image(reference);
        record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, role, image));
    }
}

/// Executions carry no tags: their pipelines do. Tags of a content of a hub say nothing of where it comes from.
async fn tags(account: &impl Account, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
    match resource.kind {
        ResourceKind::PipelineExecution | ResourceKind::HubContent => Ok(BTreeMap::new()),
        _ => account.tags(resource).await,
    }
}

/// The trial of a job, described once for all who ask: it may name the commit, and the experiment.
async fn trial(account: &impl Account, seen: &Observation) -> Result<Option<Json>, PortError> {
    let may_name_commit = seen.schedule.is_none() && is_built(seen) && seen.claims.is_empty();
    if may_name_commit || only_the_trial_names_it(seen) {
        describe_trial(account, seen).await
    } else {
        Ok(None)
    }
}

/// Writes the commit of a job that has ended onto its trial components, where the settings ask for that.
async fn write_commit_back(
    world: &impl World,
    seen: &Observation,
    commit: Option<&Commit>,
    found: &[NamedNode],
) -> Result<(), PortError> {
    let has_ended = seen.status.as_ref().is_some_and(|mark| mark.status.is_terminal());
    let Some(commit) = commit.filter(|_| has_ended && world.settings().lineage.write_back_commit) else {
        return Ok(());
    };
    let components = found.iter().filter(|(named, _)| matches!(named.tie, Tie::Component));
    write_back(world.account(), commit, components.map(|(named, _)| &named.resource)).await
}

/// Whether SageMaker sends no event when such a job begins or changes its state. (AWS's page has an event only for the end of a labeling job.)
/// Such a job is recorded when a call creates it, and by each sweep until it has
/// ended.
pub(crate) fn has_no_events(kind: ResourceKind) -> bool {
    matches!(kind, ResourceKind::AutoMlJob | ResourceKind::LabelingJob | ResourceKind::OptimizationJob)
}

/// Whether a resource is built from code of its own: a package has its job's, unless it says otherwise.
fn is_built(seen: &Observation) -> bool {
    match seen.resource.kind {
        ResourceKind::TrainingJob | ResourceKind::ProcessingJob => true,
        ResourceKind::ModelPackage | ResourceKind::InferenceComponent => !seen.claims.is_empty(),
        _ => false,
    }
}
