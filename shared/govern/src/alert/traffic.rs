//! The clock's other question: does the traffic of each endpoint still arrive? No event says that capture has
//! stopped, or that a bucket sends its events nowhere.

use std::collections::BTreeSet;

use futures::future::join_all;
use sagewarden_events::{ClockTicked, Resource, ResourceKind, Timestamp, Watched};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use serde_json::Value as Json;

use super::publish_silence::{publish_silence, was_silence_published};
use super::recording::record_now;
use super::revisions::in_force_since;
use super::silence::Silence;
use super::wrong::Wrong;
use crate::detect::last_capture::{last_captures, listening_since};
use crate::notify::Moment;
use crate::outcome::{Done, Outcome};
use crate::parts::{Cut, NamePage, Parts};
use crate::ports::{Account, Monitor, Objects, PortError, PortErrorKind};
use crate::window::{DAY_MS, HOUR_MS};
use crate::world::World;

/// A file this old has been announced, if its bucket sends events at all.
const ANNOUNCED_WITHIN_MS: i64 = HOUR_MS;
/// How many variants are looked at, and how many files of a day: one file is enough to know.
const MAX_VARIANTS: usize = 10;
const MAX_FILES: usize = 1_000;
/// Endpoints in one record: each may be described and recorded, and its places in S3 listed.
const IN_A_PART: usize = 25;
/// Endpoints that are asked at the same time.
const AT_ONCE: usize = 8;

/// An endpoint that captures its traffic, and since when no event about its traffic has arrived.
struct Quiet<'a> {
    endpoint: &'a Resource,
    described: &'a Json,
    place: S3Location,
    since: Timestamp,
}

/// Whether files lie where an endpoint captures to, although no event announced them.
enum Standing {
    Nothing,
    /// Files so young that their event may still arrive.
    OnItsWay,
    /// This file, whose event is overdue.
    Unheard(String),
}

/// How long a silence may last.
struct Probe {
    /// Since when the stack receives events of captured traffic.
    listening: Timestamp,
    /// An endpoint whose last traffic is older than this is reported.
    overdue: Timestamp,
}

impl Probe {
    /// `None`, with the reason, if no silence can be too long yet.
    async fn of(world: &impl World, tick: &ClockTicked) -> Result<Result<Self, Done>, PortError> {
        let hours = world.settings().drift.detect.silent_after_hours;
        if hours <= 0 {
            return Ok(Err(Done::Nothing("the settings say not to report missing traffic".to_owned())));
        }
        let overdue = Timestamp::from_millis(tick.time.millis() - hours * HOUR_MS);
        let listening = listening_since(world.table(), tick.time).await?;
        Ok(if listening > overdue { Err(nothing()) } else { Ok(Self { listening, overdue }) })
    }
}

fn nothing() -> Done {
    Done::Nothing("no captured traffic is overdue".to_owned())
}

/// Checks for every endpoint that serves and captures whether traffic arrived in the last `silent_after_hours`. If
/// there are many endpoints, hands them on in parts.
pub(super) async fn watch_traffic(
    world: &impl World,
    tick: &ClockTicked,
    from: Option<String>,
    moment: &Moment,
) -> Outcome {
    let probe = match Probe::of(world, tick).await? {
        Ok(probe) => probe,
        Err(done) => return Ok(done),
    };
    let detect = &world.settings().drift.detect;
    let may_be_quiet = |summary: &Json| {
        let name = summary.get("EndpointName")?.as_str()?;
        let created = summary.get("CreationTime").and_then(Timestamp::from_json);
        let is_old = created.is_none_or(|created| created <= probe.overdue);
        (is_old && serves(summary) && detect.of(name).watch).then(|| name.to_owned())
    };
    let page = async |from: Option<String>| {
        let page = world.account().endpoints(from.as_deref()).await?;
        Ok(NamePage { names: page.summaries.iter().filter_map(may_be_quiet).collect(), next: page.next })
    };
    let parts = Parts { tick: tick.time, watched: Watched::Endpoints, size: IN_A_PART };
    match parts.cut(world.bus(), from, page).await? {
        Cut::Here(names) => watch_these(world, tick, &probe, &names, moment).await,
        Cut::HandedOn(done) => Ok(done),
    }
}

/// Checks the same for these endpoints, which another record listed.
pub(super) async fn watch_traffic_of(
    world: &impl World,
    tick: &ClockTicked,
    names: &[String],
    moment: &Moment,
) -> Outcome {
    match Probe::of(world, tick).await? {
        Ok(probe) => watch_these(world, tick, &probe, names, moment).await,
        Err(done) => Ok(done),
    }
}

/// An error with one endpoint does not hide the others.
async fn watch_these(
    world: &impl World,
    tick: &ClockTicked,
    probe: &Probe,
    names: &[String],
    moment: &Moment,
) -> Outcome {
    let overdue = probe.overdue;
    let (account, region) = (&tick.account, &tick.region);
    let of = |name: &String| Resource::in_region(ResourceKind::Endpoint, account, region, name);
    let endpoints: Vec<Resource> = names.iter().map(of).collect();
    let captured = last_captures(world.table(), &endpoints).await?;
    let last = |endpoint: &Resource| captured.get(NodeId::endpoint(endpoint).tail()).copied();
    let quiet: Vec<&Resource> =
        endpoints.iter().filter(|each| last(each).is_none_or(|last| last <= overdue)).collect();
    let (mut published, mut failed) = (nothing(), None);
    for some in quiet.chunks(AT_ONCE) {
        let asked = some.iter().map(|each| ask_for_traffic(world, each, last(each), probe, moment));
        for outcome in join_all(asked).await {
            match outcome {
                Ok(done) => published = published.and(done),
                Err(failure) => {
                    failed.get_or_insert(failure);
                }
            }
        }
    }
    failed.map_or(Ok(published), Err)
}

async fn ask_for_traffic(
    world: &impl World,
    endpoint: &Resource,
    last: Option<Timestamp>,
    probe: &Probe,
    moment: &Moment,
) -> Outcome {
    let (table, id) = (world.table(), NodeId::endpoint(endpoint));
    let since =
        |deployed: Option<Timestamp>| last.into_iter().chain(deployed).fold(probe.listening, Timestamp::max);
    // Endpoints that nobody calls are checked each hour for months. Once the silence was published, the check only looks for files in S3.
    // Once such files were published, it does nothing more.
    let before = since(in_force_since(table, &id, moment.now).await?);
    let silence = |wrong: Wrong| Silence::of_own(Monitor::DataQuality, endpoint, before, wrong);
    let unheard = silence(Wrong::TrafficUnheard { file: String::new() });
    if was_silence_published(world, &unheard).await? {
        return Ok(Done::Nothing(format!(
            "an alert was sent before: files of {endpoint} are in S3, but their events do not arrive"
        )));
    }
    let is_published =
        was_silence_published(world, &silence(Wrong::TrafficMissing { place: String::new() })).await?;
    // The endpoint was deleted since it was listed, or its capture is off. A control checks that capture is on.
    let described = world.account().describe(endpoint).await?;
    let Some((described, place)) =
        described.and_then(|it| captures_to(&it.document).map(|place| (it.document, place)))
    else {
        return Ok(Done::Nothing(format!("{endpoint} captures nothing")));
    };
    let since = if is_published {
        before
    } else {
        // Its events may be late, or older than the stack. Capture may have been switched on after the endpoint was
        // created.
        record_now(world, endpoint, moment).await?;
        let modified = || described.get("LastModifiedTime").and_then(Timestamp::from_json);
        since(in_force_since(table, &id, moment.now).await?.or_else(modified))
    };
    if since > probe.overdue {
        return Ok(Done::Nothing(format!("{endpoint} was deployed at {since}")));
    }
    let quiet = Quiet { endpoint, described: &described, place, since };
    let place = quiet.place.to_string();
    let wrong = match standing(world, &quiet, moment.now).await? {
        Standing::Nothing if is_published => {
            return Ok(Done::Nothing(format!(
                "an alert was sent before: no captured traffic of {endpoint} arrives"
            )));
        }
        Standing::Nothing => Wrong::TrafficMissing { place },
        Standing::Unheard(file) => Wrong::TrafficUnheard { file },
        Standing::OnItsWay => {
            return Ok(Done::Nothing(format!("traffic of {endpoint} is on its way")));
        }
    };
    publish_silence(world, &Silence::of_own(Monitor::DataQuality, endpoint, since, wrong), moment).await
}

/// Whether a file of today or yesterday lies where the endpoint captures to, and no event announced it. Unknown if
/// the bucket may not be listed.
async fn standing(world: &impl World, quiet: &Quiet<'_>, now: Timestamp) -> Result<Standing, PortError> {
    let mut standing = Standing::Nothing;
    for prefix in quiet.prefixes(now) {
        let bucket = &quiet.place.bucket;
        let listing = match world.objects().versions(bucket, &prefix, now, MAX_FILES).await {
            Ok(listing) => listing,
            Err(error) if matches!(error.kind(), PortErrorKind::Denied | PortErrorKind::Invalid) => {
                return Ok(Standing::Nothing);
            }
            Err(error) => return Err(error),
        };
        let announced = now.millis() - ANNOUNCED_WITHIN_MS;
        let mut unheard = listing.objects.iter().filter(|file| file.modified_at > quiet.since).peekable();
        if unheard.peek().is_some() {
            standing = Standing::OnItsWay;
        }
        if let Some(file) = unheard.find(|file| file.modified_at.millis() < announced) {
            return Ok(Standing::Unheard(format!("s3://{bucket}/{}", file.key)));
        }
    }
    Ok(standing)
}

impl Quiet<'_> {
    /// The folders of today's and yesterday's files: `<prefix>/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/`. For the day
    /// in which the silence began, one folder for each hour: a day can have more files than are listed.
    fn prefixes(&self, now: Timestamp) -> Vec<String> {
        let Self { endpoint, described, place, since } = self;
        let variants = described.get("ProductionVariants").and_then(Json::as_array).into_iter().flatten();
        let variants = variants.filter_map(|variant| variant.get("VariantName")?.as_str());
        // If the prefix ends with a slash, the keys have two slashes there, or one.
        let beginnings = match place.key.trim_end_matches('/') {
            "" => BTreeSet::from([String::new()]),
            trimmed => BTreeSet::from([format!("{trimmed}/"), format!("{}/", place.key)]),
        };
        let mut times = Vec::new();
        for begin in [now.millis(), now.millis() - DAY_MS].map(|at| at.div_euclid(DAY_MS) * DAY_MS) {
            if (begin..begin + DAY_MS).contains(&since.millis()) {
                let hours = (0..24).map(|hour| begin + hour * HOUR_MS);
                let unheard = hours.filter(|hour| *hour > since.millis() - HOUR_MS);
                times.extend(unheard.map(|hour| Timestamp::from_millis(hour).hour_path()));
            } else if begin > since.millis() {
                times.push(Timestamp::from_millis(begin).day_path());
            }
        }
        let name = described.get("EndpointName").and_then(Json::as_str).unwrap_or(&endpoint.name);
        let mut prefixes = Vec::new();
        for variant in variants.take(MAX_VARIANTS) {
            for beginning in &beginnings {
                prefixes.extend(times.iter().map(|time| format!("{beginning}{name}/{variant}/{time}/")));
            }
        }
        prefixes
    }
}

/// Whether the endpoint answers requests, by `EndpointStatus`: it also does so during an update, and after a failed
/// one.
fn serves(summary: &Json) -> bool {
    let status = summary.get("EndpointStatus").and_then(Json::as_str).unwrap_or_default();
    !matches!(status, "OutOfService" | "Creating" | "Deleting" | "Failed")
}

/// Where an endpoint captures to now (`DataCaptureConfigSummary` of `DescribeEndpoint`); `None` if it does not
/// capture.
fn captures_to(described: &Json) -> Option<S3Location> {
    let capture = described.get("DataCaptureConfig")?;
    let is_on = capture.get("EnableCapture").and_then(Json::as_bool) == Some(true)
        && capture.get("CaptureStatus").and_then(Json::as_str) == Some("Started")
        && capture.get("CurrentSamplingPercentage").and_then(Json::as_i64) != Some(0);
    let uri = capture.get("DestinationS3Uri").and_then(Json::as_str);
    is_on.then(|| uri.and_then(S3Location::parse)).flatten()
}
