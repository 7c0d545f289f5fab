//! A training job has ended. The data that it read becomes a baseline, which traffic to its model is compared with
//! later. If no baseline can be made, that is reported.

use std::collections::BTreeMap;

use sagewarden_events::{ResourceChanged, ResourceKind, Status};
use sagewarden_lineage::edge::{DRIVERS, channel_role, is_code};
use sagewarden_lineage::observe::{DataReference, Observation, observe};
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_measure::IssueKind;
use sagewarden_monitor::SuggestedBaseline;
use sagewarden_settings::{TrainingBaseline, TrainingSettings};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::attempt::{Attempt, NotBegun};
use super::baseline_place::folder_of;
use super::memory::MAX_FILE;
use super::training_table::{self, NoTable, ReadTable};
use super::unjudged::BASELINE_MISSING;
#[cfg(feature = "explaining")]
use crate::explain::{
    self,
    training::{DrawnTable, TrainedModel},
};
use crate::notify::{Kept, Moment, publish_once_and_say};
#[cfg(feature = "explaining")]
use crate::outcome::Failure;
use crate::outcome::{Done, Outcome};
use crate::ports::{Account, Files, Notice, ObjectVersion, Objects, PortError, PortErrorKind};
use crate::record::data_versions::MAX_OBJECTS;
use crate::world::World;

const MEGABYTE: u64 = 1_000_000;

const MAKE_IT: &str = "make one with `sagewarden baseline` and name its folder as `baseline` under `[[drift.detect.endpoints]]` in the \
    settings";

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct SuggestBaseline<'a, W> {
    /// Where the job, its data and the baseline are.
    pub world: &'a W,
}

/// Why there is no baseline of a job's data, and the cure.
struct Without {
    why: String,
    advice: String,
}

impl Without {
    fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), advice: MAKE_IT.to_owned() }
    }
}

/// Why no baseline was made.
enum NotMade {
    Without(Without),
    Failed(PortError),
}

impl From<Without> for NotMade {
    fn from(without: Without) -> Self {
        Self::Without(without)
    }
}

impl From<PortError> for NotMade {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

#[cfg(feature = "explaining")]
impl From<Failure> for NotMade {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Retry(error) => Self::Failed(error),
            Failure::Reject(why) => Self::because(why),
        }
    }
}

impl NotMade {
    fn because(why: impl Into<String>) -> Self {
        Self::Without(Without::because(why))
    }

    /// If the data may not be read, that is reported; the function can do nothing else about it.
    fn reported_if_denied(self) -> Self {
        match self {
            Self::Failed(error) if error.kind() == PortErrorKind::Denied => Self::Without(Without {
                why: format!("its data may not be read: {error}"),
                advice:
                    "deploy the stack with `ReadTrainingData=true`, and let the bucket and its key allow it"
                        .to_owned(),
            }),
            other => other,
        }
    }
}

/// The input of a job: the channel with the data, as it was described.
struct Channel {
    data: DataReference,
    labels: usize,
    /// Whether its content type says that it is CSV.
    is_said: bool,
}

/// The result for a job's data.
struct MadeBaseline {
    suggested: SuggestedBaseline,
    /// Some of the rows, for the model to explain.
    #[cfg(feature = "explaining")]
    drawn: Option<DrawnTable>,
}

impl<W: World> SuggestBaseline<'_, W> {
    /// The settings for baselines of training data.
    fn settings(&self) -> &TrainingSettings {
        &self.world.settings().drift.training
    }

    /// A job changed its state.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn on_job(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        let (job, ended) = (&change.resource, change.status == Some(Status::Completed));
        if job.kind != ResourceKind::TrainingJob || !ended {
            return Ok(Done::Nothing("no training job has ended".to_owned()));
        }
        if self.settings().baseline == TrainingBaseline::Off {
            return Ok(Done::Nothing("the settings ask for no baselines of training data".to_owned()));
        }
        let Some(described) = self.world.account().describe(job).await? else {
            return Ok(Done::Nothing(format!("{job} no longer exists")));
        };
        let seen = observe(&described.resource, &described.document, &BTreeMap::new())?;
        let made = match self.channel(&seen, &described.document) {
            Ok(channel) => self.make(&seen, &described.document, &channel, moment).await,
            Err(without) => Err(without.into()),
        };
        match made {
            Ok(done) => Ok(done),
            Err(NotMade::Without(without)) => self.report(&seen, &without, moment).await,
            Err(NotMade::Failed(error)) => Err(error.into()),
        }
    }

    /// The channel that the settings name, else the only one with data.
    fn channel(&self, seen: &Observation, described: &Json) -> Result<Channel, Without> {
        let named = described.get("InputDataConfig").and_then(Json::as_array);
        let named: Vec<&Json> = named.into_iter().flatten().collect();
        let name = |channel: &Json| channel.get("ChannelName").and_then(Json::as_str).map(str::to_owned);
        let wanted = &self.settings().channel;
        let found = named.iter().find(|channel| name(channel).as_ref() == Some(wanted));
        let has_drivers = named.iter().any(|channel| name(channel).as_deref() == Some(DRIVERS));
        let role = |channel: &Json| channel_role(&name(channel).unwrap_or_default(), has_drivers);
        let of_data: Vec<&Json> = named.iter().copied().filter(|channel| !is_code(&role(channel))).collect();
        let ((Some(channel), _) | (None, [channel])) = (found, of_data.as_slice()) else {
            return Err(Without {
                why: format!("it has no channel `{wanted}`"),
                advice:
                    "name the channel with the data as `channel` under `[drift.training]` in the settings"
                        .to_owned(),
            });
        };
        let role = role(channel);
        let data = seen.inputs.iter().find(|input| input.role == role).cloned();
        let Some(data) = data else {
            return Err(Without::because(format!("its {role} is not in S3")));
        };
        let text = |key: &str| channel.get(key).and_then(Json::as_str);
        if data.manifest.is_some() {
            return Err(Without::because("its data is given by a manifest"));
        }
        if let Some(kind) = text("CompressionType").filter(|kind| *kind != "None") {
            return Err(Without::because(format!("its data is compressed ({kind})")));
        }
        let content = text("ContentType").map(str::to_lowercase);
        // Without a content type, the names of the objects must show the format.
        // The built-in XGBoost takes both names; the secure data-science workshop writes the short one.
        let is_csv = content.as_ref().is_none_or(|content| {
            let name = content.split(';').next().unwrap_or_default().trim();
            matches!(name, "text/csv" | "csv")
        });
        if !is_csv {
            return Err(Without::because(format!("its data is `{}`, not CSV", content.unwrap_or_default())));
        }
        // "Common data formats for training", developer guide: `text/csv;label_size=0`.
        let parts = content.iter().flat_map(|content| content.split(';'));
        let said =
            parts.filter_map(|part| part.trim().strip_prefix("label_size=")?.trim().parse().ok()).next();
        Ok(Channel {
            data,
            labels: said.unwrap_or(self.settings().label_columns),
            is_said: content.is_some(),
        })
    }

    async fn make(
        &self,
        seen: &Observation,
        described: &Json,
        channel: &Channel,
        moment: &Moment,
    ) -> Result<Done, NotMade> {
        if self.settings().baseline == TrainingBaseline::Report {
            let advice = format!(
                "set `baseline = \"make\"` under `[drift.training]` in the settings, and deploy with \
                 `ReadTrainingData=true`; or {MAKE_IT}; or set `baseline = \"off\"`"
            );
            return Err(Without { why: "the settings do not ask for one".to_owned(), advice }.into());
        }
        let folder = folder_of(self.world.evidence_bucket(), &seen.id);
        let constraints = format!("{}/constraints.json", folder.key);
        if self.world.objects().read(self.world.evidence_bucket(), &constraints, MAX_FILE).await?.is_some() {
            return Ok(Done::Nothing(format!("the baseline of {} was made before", seen.resource)));
        }
        let table = self.world.table();
        let place = channel.data.location.to_string();
        let attempt = match Attempt::begin(table, &place, moment).await {
            Ok(attempt) => attempt,
            Err(NotBegun::Killed(why)) => return Err(NotMade::because(why)),
            // An error of the store says nothing about the data.
            Err(NotBegun::Failed(error)) => return Err(error.into()),
        };
        let made = self.profile(channel).await;
        attempt.end(table, made.is_ok()).await?;
        let mut made = made.map_err(NotMade::reported_if_denied)?;
        // This comes first: once the baseline exists, no delivery makes it again.
        let explained = self.explain(described, &folder, &mut made, moment).await?;
        let made = made.suggested;
        for (name, text) in made.files() {
            let key = format!("{}/{name}", folder.key);
            self.world.files().write(&folder.bucket, &key, "application/json", text.as_bytes()).await?;
        }
        let odd = made.issues.iter().map(|(kind, issue)| format!("; {} rows: {kind}", issue.count));
        let left_out =
            made.no_features.iter().map(|(name, why)| format!("; `{name}` is not compared: {why}"));
        let odd = odd.chain(left_out);
        Ok(Done::Acted(format!(
            "made a baseline from {} rows that {} was trained on: {folder}{}{explained}",
            made.profile.rows,
            seen.resource,
            odd.collect::<String>()
        )))
    }

    /// Keeps the reasons of the new model beside its baseline; returns the result in words.
    #[cfg(feature = "explaining")]
    async fn explain(
        &self,
        described: &Json,
        folder: &S3Location,
        made: &mut MadeBaseline,
        moment: &Moment,
    ) -> Result<String, NotMade> {
        let columns = made.suggested.profile.columns.iter().map(|column| column.name.clone()).collect();
        let Some(drawn) = made.drawn.take() else { return Ok(String::new()) };
        let trained = TrainedModel { described, columns, drawn, folder };
        let kept = explain::training::keep(self.world, trained, moment).await;
        kept.map(|words| format!("; {words}")).map_err(NotMade::from)
    }

    /// This process explains nothing.
    #[cfg(not(feature = "explaining"))]
    async fn explain(
        &self,
        _: &Json,
        _: &S3Location,
        _: &mut MadeBaseline,
        _: &Moment,
    ) -> Result<String, NotMade> {
        Ok(String::new())
    }

    /// The profile of the job's data, without its labels.
    async fn profile(&self, channel: &Channel) -> Result<MadeBaseline, NotMade> {
        let location = &channel.data.location;
        let objects = self.data(channel).await?;
        let mut merged: Option<ReadTable> = None;
        for object in &objects {
            let uri = S3Location { bucket: location.bucket.clone(), key: object.key.clone() };
            let read = training_table::read(self.world, &location.bucket, object, channel.labels).await?;
            let read = read.ok_or_else(|| NotMade::because(format!("{uri} no longer exists")))?;
            let table = read.map_err(|error| match error {
                NoTable::Csv(error) => NotMade::because(format!("{uri} is not a table: {error}")),
                NoTable::TooWide(why) => {
                    NotMade::because(format!("{uri} does not fit into the memory of detect-drift: {why}"))
                }
            })?;
            match &mut merged {
                None => merged = Some(table),
                Some(all) if !all.names().eq(table.names()) => {
                    let first = objects.first().map_or("", |one| &one.key);
                    return Err(NotMade::because(format!("{uri} has other columns than {first}")));
                }
                Some(all) => all.merge(table),
            }
        }
        match merged {
            Some(table) if table.profile.columns.is_empty() => {
                Err(NotMade::because(format!("its data at {location} has no columns but labels")))
            }
            Some(table) if table.issues.get(IssueKind::NotUtf8).is_some() => {
                Err(NotMade::because(format!("its data at {location} is not text in UTF-8")))
            }
            Some(table) => Ok(MadeBaseline {
                suggested: SuggestedBaseline::of_profile(table.profile, table.issues),
                #[cfg(feature = "explaining")]
                drawn: Some(table.drawn),
            }),
            None => Err(NotMade::because(format!("there was no data at {location} when it began"))),
        }
    }

    /// The objects that the job has read, if all of them may be CSV and they are not too large.
    async fn data(&self, channel: &Channel) -> Result<Vec<ObjectVersion>, NotMade> {
        let DataReference { location, as_of, single, .. } = &channel.data;
        let listing =
            self.world.objects().versions(&location.bucket, &location.key, *as_of, MAX_OBJECTS).await?;
        // Markers of folders and of success are empty.
        let counts = |object: &ObjectVersion| object.size > 0 && (!single || object.key == location.key);
        let objects: Vec<ObjectVersion> = listing.objects.into_iter().filter(counts).collect();
        let bytes: u64 = objects.iter().map(|object| object.size).sum();
        let limit = self.settings().max_megabytes;
        if !listing.complete || bytes > limit * MEGABYTE {
            let why = format!("its data at {location} has more than {limit} MB, or {MAX_OBJECTS} objects");
            let advice = format!("{MAKE_IT}, or raise `max_megabytes` under `[drift.training]`");
            return Err(Without { why, advice }.into());
        }
        let unsaid = objects.iter().find(|object| !channel.is_said && !object.key.ends_with(".csv"));
        if let Some(object) = unsaid {
            let why = format!("no content type says that s3://{}/{} is CSV", location.bucket, object.key);
            let advice = format!("give the channel its `ContentType`, or {MAKE_IT}");
            return Err(Without { why, advice }.into());
        }
        Ok(objects)
    }

    /// Publishes once per place of data and reason: a model that is retrained every night is reported once.
    async fn report(&self, seen: &Observation, without: &Without, moment: &Moment) -> Outcome {
        let Without { why, advice } = without;
        let job = &seen.resource;
        let text = format!("training job {} has no baseline of its data: {why}", job.name);
        let data: Vec<String> = seen.inputs.iter().map(|input| input.location.to_string()).collect();
        let notice = Notice::new(
            BASELINE_MISSING,
            vec![job.arn()],
            json!({
                "text": text,
                "about": job.arn(),
                "advice": advice,
                "training_job": { "name": job.name, "arn": job.arn() },
                "data": data,
                "why": why,
            }),
        );
        // A key has less room than the names of twenty channels may need.
        let subject = hex(&Sha256::digest(format!("{} {why}", data.join(" "))));
        let cause = format!("baseline#{}/{}#{subject}", job.account, job.region);
        publish_once_and_say(self.world.table(), self.world.bus(), moment, &cause, Kept::ForReplays, &notice)
            .await
    }
}
