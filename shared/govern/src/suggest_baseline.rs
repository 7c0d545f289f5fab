//! A training job has ended: a baseline is made of the data that it read, which traffic to its model is compared with later. A job
//! without one is told.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::thread;

use sagewarden_drift::csv::{CsvError, CsvTable, Header};
use sagewarden_drift::{IssueKind, Issues, Profile, SuggestedBaseline};
use sagewarden_events::{ResourceChanged, ResourceKind, Status};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::{DataReference, Observation, observe};
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_policy::{TrainingBaseline, TrainingSettings};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::data_versions::MAX_OBJECTS;
use crate::detect_drift::BASELINE_MISSING;
use crate::once::{Moment, publish_once};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Bus, Files, Notice, ObjectVersion, Objects, PortError, PortErrorKind, Table};

/// As large as one that is compared with may be.
const MAX_CONSTRAINTS: u64 = 256 << 20;
const BUFFER: usize = 64 << 10;
const MEGABYTE: u64 = 1_000_000;

const MAKE_IT: &str = "make one with `sagewarden baseline` and name its folder as `baseline` under `[[drift.detect.endpoints]]` in the \
    settings";

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct SuggestBaseline<'a, A, O, T, B> {
    /// Describes the job.
    pub account: &'a A,
    /// Reads its data, keeps the baseline.
    pub objects: &'a O,
    /// Knows what was told.
    pub table: &'a T,
    /// Takes the finding that there is no baseline.
    pub bus: &'a B,
    /// What is wanted.
    pub settings: &'a TrainingSettings,
    /// The bucket that the system keeps its own things in.
    pub own_bucket: &'a str,
}

/// Why there is no baseline of a job's data, and what to do about it.
struct Without {
    why: String,
    advice: String,
}

impl Without {
    fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), advice: MAKE_IT.to_owned() }
    }
}

/// What a job read: the channel with the data, as it was described.
struct Channel {
    data: DataReference,
    labels: usize,
    /// Whether its content type says that it is CSV.
    is_said: bool,
}

/// A table that was read, or why it is none.
type ReadTable = Result<(Profile, Issues), CsvError>;

impl<A: Account, O: Objects + Files, T: Table, B: Bus> SuggestBaseline<'_, A, O, T, B> {
    /// A job changed its state.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn on_job(&self, change: &ResourceChanged, moment: &Moment) -> Outcome {
        let (job, ended) = (&change.resource, change.status == Some(Status::Completed));
        if job.kind != ResourceKind::TrainingJob || !ended {
            return Ok(Done::Nothing("no training job has ended".to_owned()));
        }
        if self.settings.baseline == TrainingBaseline::Off {
            return Ok(Done::Nothing("the settings want no baselines of training data".to_owned()));
        }
        let Some(described) = self.account.describe(job).await? else {
            return Ok(Done::Nothing(format!("{job} is there no more")));
        };
        let seen = observe(&described.resource, &described.document, &BTreeMap::new())?;
        let made = match self.channel(&seen, &described.document) {
            Ok(channel) => self.make(&seen, &channel).await?,
            Err(without) => Err(without),
        };
        match made {
            Ok(done) => Ok(done),
            Err(without) => self.tell(&seen, &without, moment).await,
        }
    }

    /// The channel that the settings name, else the only one.
    fn channel(&self, seen: &Observation, described: &Json) -> Result<Channel, Without> {
        let named = described.get("InputDataConfig").and_then(Json::as_array);
        let named: Vec<&Json> = named.into_iter().flatten().collect();
        let name = |channel: &Json| channel.get("ChannelName").and_then(Json::as_str).map(str::to_owned);
        let wanted = &self.settings.channel;
        let found = named.iter().find(|channel| name(channel).as_ref() == Some(wanted));
        let ((Some(channel), _) | (None, [channel])) = (found, named.as_slice()) else {
            return Err(Without {
                why: format!("it has no channel `{wanted}`"),
                advice:
                    "name the channel with the data as `channel` under `[drift.training]` in the settings"
                        .to_owned(),
            });
        };
        let role = format!("channel/{}", name(channel).unwrap_or_default());
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
        // Without one the names of the objects must say it.
        let is_csv = content.as_ref().is_none_or(|content| content.trim_start().starts_with("text/csv"));
        if !is_csv {
            return Err(Without::because(format!("its data is `{}`, no CSV", content.unwrap_or_default())));
        }
        // "Common data formats for training", developer guide: `text/csv;label_size=0`.
        let parts = content.iter().flat_map(|content| content.split(';'));
        let said =
            parts.filter_map(|part| part.trim().strip_prefix("label_size=")?.trim().parse().ok()).next();
        Ok(Channel { data, labels: said.unwrap_or(self.settings.label_columns), is_said: content.is_some() })
    }

    async fn make(&self, seen: &Observation, channel: &Channel) -> Result<Result<Done, Without>, Failure> {
        if self.settings.baseline == TrainingBaseline::Tell {
            return Ok(Err(Without {
                why: "the settings do not ask for one".to_owned(),
                advice: format!(
                    "set `baseline = \"make\"` under `[drift.training]` in the settings, and deploy with \
                     `ReadTrainingData=true`; or {MAKE_IT}; or set `baseline = \"off\"`"
                ),
            }));
        }
        let folder = folder_of(self.own_bucket, &seen.id);
        let constraints = format!("{}/constraints.json", folder.key);
        if self.objects.read(self.own_bucket, &constraints, MAX_CONSTRAINTS).await?.is_some() {
            return Ok(Ok(Done::Nothing(format!("the baseline of {} was made before", seen.resource))));
        }
        match self.profile(channel).await {
            Ok(Ok(made)) => {
                let rows = made.profile.rows;
                let odd: Vec<String> = made
                    .issues
                    .iter()
                    .map(|(kind, issue)| format!("; {} rows: {kind}", issue.count))
                    .collect();
                // The constraints come last: a baseline is there when they are.
                let files = [
                    ("statistics", made.statistics.to_java_json()),
                    ("constraints", made.constraints.to_java_json()),
                ];
                for (name, text) in files {
                    let key = format!("{}/{name}.json", folder.key);
                    self.objects.write(&folder.bucket, &key, "application/json", text.as_bytes()).await?;
                }
                let text = format!(
                    "made a baseline of {rows} rows that {} was trained on: {folder}{}",
                    seen.resource,
                    odd.concat()
                );
                Ok(Ok(Done::Acted(text)))
            }
            Ok(Err(without)) => Ok(Err(without)),
            Err(error) if error.kind() == PortErrorKind::Denied => Ok(Err(Without {
                why: format!("its data may not be read: {error}"),
                advice:
                    "deploy the stack with `ReadTrainingData=true`, and let the bucket and its key allow it"
                        .to_owned(),
            })),
            Err(error) => Err(error.into()),
        }
    }

    /// What the job's data is like, without its labels.
    async fn profile(&self, channel: &Channel) -> Result<Result<SuggestedBaseline, Without>, PortError> {
        let DataReference { location, as_of, single, .. } = &channel.data;
        let listing = self.objects.versions(&location.bucket, &location.key, *as_of, MAX_OBJECTS).await?;
        // Markers of folders and of success are empty.
        let counts = |object: &ObjectVersion| object.size > 0 && (!single || object.key == location.key);
        let objects: Vec<ObjectVersion> = listing.objects.into_iter().filter(counts).collect();
        let bytes: u64 = objects.iter().map(|object| object.size).sum();
        let limit = self.settings.max_megabytes;
        if !listing.complete || bytes > limit * MEGABYTE {
            return Ok(Err(Without {
                why: format!("its data at {location} has more than {limit} MB, or {MAX_OBJECTS} objects"),
                advice: format!("{MAKE_IT}, or raise `max_megabytes` under `[drift.training]`"),
            }));
        }
        let unsaid = objects.iter().find(|object| !channel.is_said && !object.key.ends_with(".csv"));
        if let Some(object) = unsaid {
            let why = format!("nothing says that s3://{}/{} is CSV", location.bucket, object.key);
            return Ok(Err(Without {
                why,
                advice: format!("give the channel its `ContentType`, or {MAKE_IT}"),
            }));
        }
        let mut merged: Option<(Profile, Issues)> = None;
        for object in &objects {
            let uri = format!("s3://{}/{}", location.bucket, object.key);
            let (profile, issues) = match self.read(&location.bucket, object, channel.labels).await? {
                None => return Ok(Err(Without::because(format!("{uri} is there no more")))),
                Some(Err(error)) => return Ok(Err(Without::because(format!("{uri} is no table: {error}")))),
                Some(Ok(read)) => read,
            };
            match &mut merged {
                None => merged = Some((profile, issues)),
                Some((all, _)) if !names(all).eq(names(&profile)) => {
                    let why = format!(
                        "{uri} has other columns than {}",
                        objects.first().map_or("", |one| &one.key)
                    );
                    return Ok(Err(Without::because(why)));
                }
                Some((all, wrong)) => {
                    all.merge(&profile);
                    wrong.merge(&issues);
                }
            }
        }
        Ok(match merged {
            Some((profile, _)) if profile.columns.is_empty() => {
                Err(Without::because(format!("its data at {location} has no columns but labels")))
            }
            Some((_, issues)) if issues.get(IssueKind::NotUtf8).is_some() => {
                Err(Without::because(format!("its data at {location} is no text in UTF-8")))
            }
            Some((profile, issues)) => Ok(SuggestedBaseline::of_profile(profile, issues)),
            None => Err(Without::because(format!("there was no data at {location} when it began"))),
        })
    }

    /// Reads a table while it arrives; `None` when it is there no more. S3 gives pieces, and the reader of tables takes them: it has
    /// a thread of its own, so that no file has to be held.
    async fn read(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        labels: usize,
    ) -> Result<Option<ReadTable>, PortError> {
        let failed = |error: io::Error| {
            PortError::new(PortErrorKind::Unavailable, format!("read `{}`", object.key), error.to_string())
        };
        let (reader, mut writer) = io::pipe().map_err(failed)?;
        let reading = thread::spawn(move || -> ReadTable {
            let table = CsvTable::open(BufReader::with_capacity(BUFFER, reader), Header::Detect)?;
            let table = table.without_first(labels);
            let mut profile = Profile::for_header(table.columns().iter().cloned());
            let issues = table.read_into(&mut profile)?;
            Ok((profile, issues))
        });
        // A reader that has ended with an error takes no more.
        let mut is_taken = true;
        let mut take = |piece: &[u8]| is_taken = is_taken && writer.write_all(piece).is_ok();
        let streamed = self.objects.stream(bucket, object, &mut take).await;
        drop(writer);
        let read = reading.join().map_err(|_| failed(io::Error::other("the reader of tables panicked")))?;
        Ok(streamed?.then_some(read))
    }

    /// Told once for a place of data and a reason: a model that is trained anew every night is told of once.
    async fn tell(&self, seen: &Observation, without: &Without, moment: &Moment) -> Outcome {
        let Without { why, advice } = without;
        let job = &seen.resource;
        let text = format!("training job {} has no baseline of its data: {why}", job.name);
        let data: Vec<String> = seen.inputs.iter().map(|input| input.location.to_string()).collect();
        let notice = Notice {
            detail_type: BASELINE_MISSING,
            resources: vec![job.arn()],
            detail: json!({
                "text": text,
                "about": job.arn(),
                "advice": advice,
                "training_job": { "name": job.name, "arn": job.arn() },
                "data": data,
                "why": why,
            }),
        };
        // A key has room for less than what twenty channels may be called.
        let subject = hex(&Sha256::digest(format!("{} {why}", data.join(" "))));
        let cause = format!("baseline#{}/{}#{subject}", job.account, job.region);
        let sent = publish_once(self.table, self.bus, moment, &cause, seen.created_at, &notice).await?;
        Ok(if sent {
            Done::Acted(format!("told that {text}"))
        } else {
            Done::Nothing(format!("{text}; that was told before"))
        })
    }
}

/// Where the baseline of a training job's data is.
pub(crate) fn folder_of(own_bucket: &str, job: &NodeId) -> S3Location {
    S3Location { bucket: own_bucket.to_owned(), key: format!("baselines/{}", job.tail().replace('@', "/")) }
}

fn names(profile: &Profile) -> impl Iterator<Item = &String> {
    profile.columns.iter().map(|column| &column.name)
}
