//! Which baseline an endpoint's traffic is compared with: the one that the settings name, else the one of its own
//! monitoring schedule, else the one in its model package, else the one that was made from its model's training data.

use std::rc::Rc;

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::walk::Limits;
use sagewarden_settings::{CapturedColumns, DetectedEndpoint};
use serde_json::Value as Json;

use super::baseline_place::{BaselinePlace, folder_of};
use super::packages::packages_of;
use super::read_baselines::{FoundBaseline, ReadBaselines};
use super::served::{Served, served};
use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{Account, Description};
use crate::record::closure::upstream;
use crate::window::Window;
use crate::world::World;

/// The edges from a model over its artifact or package to the job that trained it.
const TO_TRAINING: Limits = Limits { max_depth: 4, max_nodes: 100 };

/// The result of looking for a baseline.
pub(super) enum BaselineSearch {
    Found(Rc<FoundBaseline>),
    /// The model that served the traffic has no baseline.
    Nothing(Served),
}

/// The baseline for the traffic of a window. The caller has described the endpoint.
///
/// # Errors
///
/// When a service does not answer, or a file exists and cannot be read.
pub(super) async fn find_baseline(
    world: &impl World,
    read: &ReadBaselines,
    window: &Window,
    described: &Json,
    said: &DetectedEndpoint,
    moment: &Moment,
) -> Result<BaselineSearch, Failure> {
    let endpoint = &window.endpoint;
    if let Some(folder) = &said.baseline {
        let place = BaselinePlace::in_folder(folder, "the baseline that the settings name")
            .ok_or_else(|| Failure::Reject(format!("`{folder}` is not a folder in S3")))?;
        return match read.read(world, place, moment).await? {
            Some(found) => Ok(BaselineSearch::Found(Rc::new(found))),
            None => Err(Failure::Reject(format!(
                "the settings name `{folder}` as the baseline of {endpoint}, but it has no `constraints.json`: \
                 put it there (`sagewarden baseline` makes it), or remove the setting"
            ))),
        };
    }
    // One after the other: once a baseline is found, the later places are not asked.
    if let Some(found) = first(world, read, of_schedule(world, window).await?, moment).await? {
        return Ok(BaselineSearch::Found(Rc::new(found)));
    }
    let served = served(world.account(), world.table(), window, described).await?;
    let Some(model) = &served.model else { return Ok(BaselineSearch::Nothing(served)) };
    if let Some(found) = first(world, read, of_package(world, endpoint, model).await?, moment).await? {
        return Ok(BaselineSearch::Found(Rc::new(found)));
    }
    let found = first(world, read, of_training(world, model).await?, moment).await?;
    Ok(found.map_or(BaselineSearch::Nothing(served), |found| BaselineSearch::Found(Rc::new(found))))
}

async fn first(
    world: &impl World,
    read: &ReadBaselines,
    places: Vec<BaselinePlace>,
    moment: &Moment,
) -> Result<Option<FoundBaseline>, Failure> {
    for place in places {
        if let Some(found) = read.read(world, place, moment).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The baseline of the endpoint's own data-quality schedules, inline or in a job definition. A schedule that was created after the window
/// began does not count: somebody who sees a window's result must not choose its baseline. If a schedule was changed meanwhile, its present
/// form counts, so that nobody can remove its baseline by touching it. If a change would alter a finding, that is published.
async fn of_schedule(world: &impl World, window: &Window) -> Result<Vec<BaselinePlace>, Failure> {
    let endpoint = &window.endpoint;
    let listed = world.account().schedules_of(endpoint).await?;
    let schedules = listed.get("MonitoringScheduleSummaries").and_then(Json::as_array);
    let mut places = Vec::new();
    for summary in schedules.into_iter().flatten() {
        let text = |key: &str| summary.get(key).and_then(Json::as_str);
        let of_data = text("MonitoringType").is_none_or(|kind| kind == "DataQuality");
        let Some(name) = text("MonitoringScheduleName").filter(|_| of_data) else { continue };
        let schedule = endpoint.sibling(ResourceKind::MonitoringSchedule, name);
        let Some(described) = world.account().describe(&schedule).await? else { continue };
        if is_younger(&described, window) {
            continue;
        }
        let config = described.document.get("MonitoringScheduleConfig").cloned().unwrap_or_default();
        let inline = config.pointer("/MonitoringJobDefinition/BaselineConfig").cloned();
        let mut configs = Vec::from_iter(inline);
        if let Some(definition) = config.get("MonitoringJobDefinitionName").and_then(Json::as_str) {
            let definition = endpoint.sibling(ResourceKind::DataQualityDefinition, definition);
            let described = world.account().describe(&definition).await?.filter(|it| !is_younger(it, window));
            configs.extend(described.and_then(|it| it.document.get("DataQualityBaselineConfig").cloned()));
        }
        let found_by = format!("the baseline of schedule {name}");
        let of_config = |config| {
            BaselinePlace::of_resources(config, ["ConstraintsResource", "StatisticsResource"], &found_by)
        };
        let found = configs.iter().filter_map(of_config);
        places.extend(found.map(|place| BaselinePlace { schedule: Some(name.to_owned()), ..place }));
    }
    Ok(places)
}

fn is_younger(described: &Description, window: &Window) -> bool {
    described.created_at().is_some_and(|created| created > window.start)
}

/// The baseline of the data that the model was trained on, by its lineage; the columns are the columns of requests.
async fn of_training(world: &impl World, model: &NodeId) -> Result<Vec<BaselinePlace>, Failure> {
    let graph = upstream(world.table(), [model.clone()], TO_TRAINING).await?;
    let jobs: Vec<&NodeId> = graph.of_kind(NodeKind::TrainingJob).map(|job| &job.id).collect();
    // A model may be trained on from another one. The nearest job is its own, and that job read the data that counts.
    let distance = |job: &NodeId| graph.distance.get(job).copied();
    let nearest = jobs.iter().filter_map(|job| distance(job)).min();
    let jobs = jobs.into_iter().filter(|job| distance(job) == nearest);
    let place = |job: &NodeId| {
        let folder = folder_of(world.evidence_bucket(), job).to_string();
        let place =
            BaselinePlace::in_folder(&folder, &format!("the data of training job {}", job.last_name()))?;
        Some(BaselinePlace { columns: Some(CapturedColumns::Input), ..place })
    };
    Ok(jobs.filter_map(place).collect())
}

/// The baseline of the model package that the model was made from.
async fn of_package(
    world: &impl World,
    endpoint: &Resource,
    model: &NodeId,
) -> Result<Vec<BaselinePlace>, Failure> {
    let mut places = Vec::new();
    for package in packages_of(world, endpoint, model).await? {
        let found_by = format!("the drift baseline of model package {}", package.resource.name);
        for pointer in ["/DriftCheckBaselines/ModelDataQuality", "/ModelMetrics/ModelDataQuality"] {
            if let Some(metrics) = package.document.pointer(pointer) {
                places.extend(BaselinePlace::of_resources(metrics, ["Constraints", "Statistics"], &found_by));
            }
        }
    }
    Ok(places)
}
