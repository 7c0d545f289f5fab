//! The clock's other question: does the traffic of each endpoint still arrive? Capture that has stopped, and a bucket whose events
//! lead nowhere, have no event of their own.

use std::collections::BTreeSet;

use sagewarden_events::{ClockTicked, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use serde_json::Value as Json;

use super::AlertDrift;
use super::behind::revisions;
use super::silence::Silence;
use super::wrong::Wrong;
use crate::last_capture::last_captures;
use crate::once::Moment;
use crate::outcome::{Done, Outcome};
use crate::ports::{Account, Bus, Objects, PortError, PortErrorKind, SourceControl, Table};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A file that was written so long ago has been told, if its bucket tells anything.
const TOLD_WITHIN_MS: i64 = HOUR_MS;
/// Variants whose files are looked for, and files of a day: one is enough to know.
const MAX_VARIANTS: usize = 10;
const MAX_FILES: usize = 1_000;

/// An endpoint that captures its traffic, and how long none of it has been heard of.
struct Quiet<'a> {
    endpoint: &'a Resource,
    described: &'a Json,
    place: S3Location,
    since: Timestamp,
}

impl<A: Account, O: Objects, S: SourceControl, T: Table, B: Bus> AlertDrift<'_, A, O, S, T, B> {
    /// Asks of every endpoint in service that captures its traffic whether some arrived in the last `silent_after_hours`. One
    /// endpoint's trouble does not hide the others.
    pub(super) async fn watch_traffic(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        let detect = &self.settings.detect;
        if detect.silent_after_hours <= 0 {
            return Ok(Done::Nothing("the settings say not to ask for traffic that stops".to_owned()));
        }
        let listed = self.recorder.account.endpoints().await?;
        let quiet_since = tick.time.millis() - detect.silent_after_hours * HOUR_MS;
        let is_quiet = |since: Timestamp| since.millis() <= quiet_since;
        let endpoint = |summary: &Json| {
            let name = summary.get("EndpointName")?.as_str()?;
            let created = summary.get("CreationTime").and_then(Timestamp::from_json);
            let may_be_quiet = created.is_none_or(is_quiet) && detect.of(name).watch;
            let (account, region) = (&tick.account, &tick.region);
            may_be_quiet.then(|| Resource::in_region(ResourceKind::Endpoint, account, region, name))
        };
        let summaries = listed.get("Endpoints").and_then(Json::as_array);
        let endpoints: Vec<Resource> = summaries.into_iter().flatten().filter_map(endpoint).collect();
        let captured = last_captures(self.recorder.table, &endpoints).await?;
        let (mut told, mut failed) = (Done::Nothing("no captured traffic is overdue".to_owned()), None);
        for endpoint in endpoints {
            let last = captured.get(NodeId::endpoint(&endpoint).tail()).copied();
            if !last.is_none_or(is_quiet) {
                continue;
            }
            match self.ask_for_traffic(&endpoint, last, is_quiet, moment).await {
                Ok(done) => told = told.and(done),
                Err(failure) => {
                    failed.get_or_insert(failure);
                }
            }
        }
        failed.map_or(Ok(told), Err)
    }

    async fn ask_for_traffic(
        &self,
        endpoint: &Resource,
        last: Option<Timestamp>,
        is_quiet: impl Fn(Timestamp) -> bool,
        moment: &Moment,
    ) -> Outcome {
        // Deleted since it was listed, or its capture is off: that it should be on is the matter of a control.
        let described = self.recorder.account.describe(endpoint).await?;
        let Some((described, place)) =
            described.and_then(|it| captures_to(&it.document).map(|place| (it.document, place)))
        else {
            return Ok(Done::Nothing(format!("{endpoint} captures nothing")));
        };
        // Its events may be late, or from before there was anybody to hear them.
        self.record_now(endpoint, moment).await?;
        let deployed = in_force_since(self.recorder.table, endpoint, moment.now).await?;
        // What captures may be younger than the endpoint.
        let Some(since) = last.into_iter().chain(deployed).max() else {
            return Ok(Done::Nothing(format!("nothing is known to be in force on {endpoint}")));
        };
        if !is_quiet(since) {
            return Ok(Done::Nothing(format!("{endpoint} was deployed at {since}")));
        }
        let quiet = Quiet { endpoint, described: &described, place, since };
        let place = quiet.place.to_string();
        let wrong = match self.file_not_told(&quiet, moment.now).await? {
            Some(file) => Wrong::TrafficUnheard { file },
            None => Wrong::TrafficMissing { place },
        };
        self.tell_silence(&Silence::of_traffic(endpoint, since, wrong), moment).await
    }

    /// A file of today or yesterday that stands where the endpoint captures to, and that nobody told of. Nothing is known where the
    /// bucket may not be listed.
    async fn file_not_told(&self, quiet: &Quiet<'_>, now: Timestamp) -> Result<Option<String>, PortError> {
        for prefix in quiet.prefixes(now) {
            let bucket = &quiet.place.bucket;
            let listing = match self.recorder.objects.versions(bucket, &prefix, now, MAX_FILES).await {
                Ok(listing) => listing,
                Err(error) if matches!(error.kind(), PortErrorKind::Denied | PortErrorKind::Invalid) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            let told = now.millis() - TOLD_WITHIN_MS;
            let is_unheard = |at: Timestamp| at > quiet.since && at.millis() < told;
            if let Some(file) = listing.objects.iter().find(|file| is_unheard(file.modified_at)) {
                return Ok(Some(format!("s3://{bucket}/{}", file.key)));
            }
        }
        Ok(None)
    }
}

impl Quiet<'_> {
    /// Where today's and yesterday's files are: `<prefix>/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/`.
    fn prefixes(&self, now: Timestamp) -> Vec<String> {
        let Self { endpoint, described, place, .. } = self;
        let variants = described.get("ProductionVariants").and_then(Json::as_array).into_iter().flatten();
        let variants = variants.filter_map(|variant| variant.get("VariantName")?.as_str());
        // A prefix that ends with a slash leaves two of them in the keys, or one.
        let beginnings = match place.key.trim_end_matches('/') {
            "" => BTreeSet::from([String::new()]),
            trimmed => BTreeSet::from([format!("{trimmed}/"), format!("{}/", place.key)]),
        };
        let days: Vec<String> = [now.millis(), now.millis() - DAY_MS]
            .into_iter()
            .filter_map(|at| {
                Some(Timestamp::from_millis(at).to_string().split_once('T')?.0.replace('-', "/"))
            })
            .collect();
        let name = described.get("EndpointName").and_then(Json::as_str).unwrap_or(&endpoint.name);
        let mut prefixes = Vec::new();
        for variant in variants.take(MAX_VARIANTS) {
            for beginning in &beginnings {
                prefixes.extend(days.iter().map(|day| format!("{beginning}{name}/{variant}/{day}/")));
            }
        }
        prefixes
    }
}

/// Where an endpoint captures to now (`DataCaptureConfigSummary` of `DescribeEndpoint`); nothing where it does not.
fn captures_to(described: &Json) -> Option<S3Location> {
    let capture = described.get("DataCaptureConfig")?;
    let is_on = capture.get("EnableCapture").and_then(Json::as_bool) == Some(true)
        && capture.get("CaptureStatus").and_then(Json::as_str) == Some("Started")
        && capture.get("CurrentSamplingPercentage").and_then(Json::as_i64) != Some(0);
    let uri = capture.get("DestinationS3Uri").and_then(Json::as_str);
    is_on.then(|| uri.and_then(S3Location::parse)).flatten()
}

/// Since when the configuration that is in force at a time has been, through changes of weights and of the number of instances.
async fn in_force_since(
    table: &impl Table,
    endpoint: &Resource,
    at: Timestamp,
) -> Result<Option<Timestamp>, PortError> {
    let revisions = revisions(table, &NodeId::endpoint(endpoint), at).await?;
    let Some((_, Some(current))) = revisions.first() else { return Ok(None) };
    let same = revisions.iter().take_while(|(_, deployment)| deployment.as_ref() == Some(current));
    Ok(same.last().map(|(from, _)| *from))
}
