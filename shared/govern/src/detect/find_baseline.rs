//! Which baseline an endpoint's traffic is compared with: the one that the settings name, else the one of its own monitoring
//! schedule, else the one that its model package carries, else the one that was made of the data that its model was trained on.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::observe;
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_lineage::walk::Limits;
use sagewarden_monitor::{Baseline, Constraints, Statistics};
use sagewarden_settings::{CapturedColumns, DetectedEndpoint};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::served::{Served, served};
use super::window::Window;
use crate::detect::suggest_baseline::folder_of;
use crate::outcome::Failure;
use crate::ports::{Account, Description, Objects};
use crate::record::closure::upstream;
use crate::world::World;

/// 16,384 columns with sketches of 5,000 numbers would be more, and are refused.
pub(crate) const MAX_FILE: u64 = 256 * 1024 * 1024;
/// From a model over its artifact or package to the job that trained it.
const TO_TRAINING: Limits = Limits { max_depth: 4, max_nodes: 100 };

/// Where a baseline is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// `constraints.json`
    pub(crate) constraints: S3Location,
    /// `statistics.json`; without it, distributions are not compared.
    pub(crate) statistics: Option<S3Location>,
    /// How it was found, for people.
    pub(crate) found_by: String,
    /// The schedule that it was found by: metrics are told under its name, so that alarms on them go on working.
    pub(crate) schedule: Option<String>,
    /// Which columns it has, where that does not depend on the settings.
    pub(crate) columns: Option<CapturedColumns>,
}

/// A baseline that was read.
#[derive(Debug)]
pub(crate) struct FoundBaseline {
    /// Ready to be compared with.
    pub(crate) baseline: Baseline,
    /// Where it is.
    pub(crate) place: Place,
    /// Of both files: profiles belong to the baseline whose columns they have.
    pub(crate) digest: String,
}

/// What came of looking for one.
pub(crate) enum Search {
    Found(Box<FoundBaseline>),
    /// There is none of what served the traffic.
    Nothing(Served),
}

/// Finds and reads baselines.
pub(crate) struct FindBaseline<'a, W> {
    pub(crate) world: &'a W,
}

impl<W: World> FindBaseline<'_, W> {
    /// The baseline of the traffic of a window, whose endpoint was described.
    ///
    /// # Errors
    /// When a service does not answer, or a file is there and cannot be read.
    pub(crate) async fn of(
        &self,
        window: &Window,
        described: &Json,
        said: &DetectedEndpoint,
    ) -> Result<Search, Failure> {
        let endpoint = &window.endpoint;
        if let Some(folder) = &said.baseline {
            let place = in_folder(folder, "the baseline that the settings name")
                .ok_or_else(|| Failure::Reject(format!("`{folder}` is no folder in S3")))?;
            return match self.read(place).await? {
                Some(found) => Ok(Search::Found(Box::new(found))),
                None => Err(Failure::Reject(format!(
                    "the settings name `{folder}` as the baseline of {endpoint}, but it has no `constraints.json`: \
                     put it there (`sagewarden baseline` makes it), or take the setting away"
                ))),
            };
        }
        // One after the other: what comes later is not asked for where a baseline is found.
        if let Some(found) = self.first(self.of_schedule(endpoint).await?).await? {
            return Ok(Search::Found(Box::new(found)));
        }
        let served = served(self.world.account(), self.world.table(), window, described).await?;
        let Some(model) = &served.model else { return Ok(Search::Nothing(served)) };
        if let Some(found) = self.first(self.of_package(endpoint, model).await?).await? {
            return Ok(Search::Found(Box::new(found)));
        }
        let found = self.first(self.of_training(model).await?).await?;
        Ok(found.map_or(Search::Nothing(served), |found| Search::Found(Box::new(found))))
    }

    async fn first(&self, places: Vec<Place>) -> Result<Option<FoundBaseline>, Failure> {
        for place in places {
            if let Some(found) = self.read(place).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Of the endpoint's own data-quality schedules, inline or in a job definition.
    async fn of_schedule(&self, endpoint: &Resource) -> Result<Vec<Place>, Failure> {
        let listed = self.world.account().schedules_of(endpoint).await?;
        let schedules = listed.get("MonitoringScheduleSummaries").and_then(Json::as_array);
        let mut places = Vec::new();
        for summary in schedules.into_iter().flatten() {
            let text = |key: &str| summary.get(key).and_then(Json::as_str);
            let of_data = text("MonitoringType").is_none_or(|kind| kind == "DataQuality");
            let Some(name) = text("MonitoringScheduleName").filter(|_| of_data) else { continue };
            let schedule = endpoint.sibling(ResourceKind::MonitoringSchedule, name);
            let Some(described) = self.world.account().describe(&schedule).await? else { continue };
            let config = described.document.get("MonitoringScheduleConfig").cloned().unwrap_or_default();
            let inline = config.pointer("/MonitoringJobDefinition/BaselineConfig").cloned();
            let mut configs = Vec::from_iter(inline);
            if let Some(definition) = config.get("MonitoringJobDefinitionName").and_then(Json::as_str) {
                let definition = endpoint.sibling(ResourceKind::DataQualityDefinition, definition);
                let described = self.world.account().describe(&definition).await?;
                configs
                    .extend(described.and_then(|it| it.document.get("DataQualityBaselineConfig").cloned()));
            }
            let found_by = format!("the baseline of schedule {name}");
            let of_config =
                |config| of_resources(config, ["ConstraintsResource", "StatisticsResource"], &found_by);
            let found = configs.iter().filter_map(of_config);
            places.extend(found.map(|place| Place { schedule: Some(name.to_owned()), ..place }));
        }
        Ok(places)
    }

    /// Of the data that the model was trained on, as its lineage tells; the columns are those of requests.
    async fn of_training(&self, model: &NodeId) -> Result<Vec<Place>, Failure> {
        let graph = upstream(self.world.table(), [model.clone()], TO_TRAINING).await?;
        let jobs: Vec<&NodeId> = graph.of_kind(NodeKind::TrainingJob).map(|job| &job.id).collect();
        // A model that was trained on from another one is nearer to its own job, and was trained on that one's data.
        let distance = |job: &NodeId| graph.distance.get(job).copied();
        let nearest = jobs.iter().filter_map(|job| distance(job)).min();
        let jobs = jobs.into_iter().filter(|job| distance(job) == nearest);
        let place = |job: &NodeId| {
            let folder = folder_of(self.world.own_bucket(), job).to_string();
            let place = in_folder(&folder, &format!("the data of training job {}", job.last_name()))?;
            Some(Place { columns: Some(CapturedColumns::Input), ..place })
        };
        Ok(jobs.filter_map(place).collect())
    }

    /// Of the model package that the model was made of.
    async fn of_package(&self, endpoint: &Resource, model: &NodeId) -> Result<Vec<Place>, Failure> {
        let named = endpoint.sibling(ResourceKind::Model, model.last_name());
        let Some(model) = self.world.account().describe(&named).await?.filter(|it| is_same(model, it)) else {
            return Ok(Vec::new());
        };
        let more = model.document.get("Containers").and_then(Json::as_array);
        let containers = model.document.get("PrimaryContainer").into_iter().chain(more.into_iter().flatten());
        let packages = containers.filter_map(|container| container.get("ModelPackageName")?.as_str());
        let mut places = Vec::new();
        for arn in packages {
            let Ok(package) = Resource::parse_arn(arn) else { continue };
            let Some(package) = self.world.account().describe(&package).await? else { continue };
            let found_by = format!("the drift baseline of model package {}", package.resource.name);
            for pointer in ["/DriftCheckBaselines/ModelDataQuality", "/ModelMetrics/ModelDataQuality"] {
                if let Some(metrics) = package.document.pointer(pointer) {
                    places.extend(of_resources(metrics, ["Constraints", "Statistics"], &found_by));
                }
            }
        }
        Ok(places)
    }

    async fn read(&self, place: Place) -> Result<Option<FoundBaseline>, Failure> {
        let Some(constraints) = self.file(&place.constraints).await? else { return Ok(None) };
        let statistics = match &place.statistics {
            Some(at) => self.file(at).await?,
            None => None,
        };
        let digest =
            Sha256::new().chain_update(&constraints).chain_update(statistics.as_deref().unwrap_or_default());
        let digest = hex(&digest.finalize()).chars().take(16).collect();
        let unreadable = |at: &S3Location, error: &dyn std::fmt::Display| {
            Failure::Reject(format!("the baseline `{at}` cannot be used: {error}"))
        };
        let read =
            Constraints::parse(&constraints).map_err(|error| unreadable(&place.constraints, &error))?;
        let statistics = match (&statistics, &place.statistics) {
            (Some(bytes), Some(at)) => {
                Some(Statistics::parse(bytes).map_err(|error| unreadable(at, &error))?)
            }
            _ => None,
        };
        Ok(Some(FoundBaseline { baseline: Baseline::new(statistics.as_ref(), read), place, digest }))
    }

    async fn file(&self, at: &S3Location) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.world.objects().read(&at.bucket, &at.key, MAX_FILE).await?)
    }
}

/// Whether a model is still the one of that identity: its name may have been used again.
fn is_same(model: &NodeId, described: &Description) -> bool {
    let seen = observe(&described.resource, &described.document, &BTreeMap::new());
    seen.is_ok_and(|seen| seen.id == *model)
}

/// The files by their names in Model Monitor's output.
fn in_folder(folder: &str, found_by: &str) -> Option<Place> {
    let folder = folder.trim_end_matches('/');
    let constraints = S3Location::parse(&format!("{folder}/constraints.json"))?;
    let statistics = S3Location::parse(&format!("{folder}/statistics.json"));
    Some(Place { constraints, statistics, found_by: found_by.to_owned(), schedule: None, columns: None })
}

/// `{"<constraints>":{"S3Uri":…},"<statistics>":{"S3Uri":…}}`, as several answers of the API have it.
fn of_resources(config: &Json, [constraints, statistics]: [&str; 2], found_by: &str) -> Option<Place> {
    let uri = |key: &str| S3Location::parse(config.get(key)?.get("S3Uri")?.as_str()?);
    Some(Place {
        constraints: uri(constraints)?,
        statistics: uri(statistics),
        found_by: found_by.to_owned(),
        schedule: None,
        columns: None,
    })
}
