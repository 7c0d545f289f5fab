//! Captured traffic arrives: each file is profiled once, profiles are merged by endpoint, variant and window, and each window is
//! judged against the endpoint's baseline whenever data arrives, and once more when it is over.
//!
//! The result of a window is a function of the set of its files, however often, late and in whatever order they are told: a
//! profile belongs to the version of a file, and profiles are merged in the order of the files' keys.

pub(crate) mod find_baseline;
mod judge;
mod profiles;
mod served;
mod window;
mod without;

use sagewarden_drift::capture::CaptureKey;
use sagewarden_drift::{Metric, WindowReport};
use sagewarden_events::{ObjectCreated, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::s3::S3Location;
use sagewarden_policy::DetectSettings;
use serde_json::Value as Json;

use crate::last_capture;
use crate::once::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Bus, Files, ObjectVersion, Objects, Table};

use find_baseline::{FindBaseline, Search};
use window::{CapturedFile, Noted, Window};

/// The `detail-type` of the finding that there is nothing to compare with.
pub const BASELINE_MISSING: &str = "Sagewarden Baseline Missing";

/// How many windows one tick of the clock closes; the next one goes on.
const CLOSED_AT_ONCE: usize = 20;
/// How many pages of so many windows it looks at to find them: those that fail stay where they are, before the others.
const PAGES: usize = 10;

/// Takes metrics on behalf of CloudWatch.
pub trait Metrics {
    /// The metrics of a window that is over.
    fn tell(&self, window: &WindowMetrics<'_>);
}

/// The metrics of a window, as Model Monitor's container tells them.
#[derive(Debug)]
pub struct WindowMetrics<'a> {
    /// The dimension `Endpoint`.
    pub endpoint: &'a str,
    /// The dimension `MonitoringSchedule`.
    pub schedule: &'a str,
    /// The end of the window.
    pub time: Timestamp,
    /// The metrics.
    pub metrics: &'a [Metric],
}

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct DetectDrift<'a, A, O, T, B, M> {
    /// Describes endpoints, schedules and packages.
    pub account: &'a A,
    /// Reads captured traffic and baselines, keeps profiles and reports.
    pub objects: &'a O,
    /// Knows which files a window has.
    pub table: &'a T,
    /// Takes the finding that there is no baseline.
    pub bus: &'a B,
    /// Takes metrics.
    pub metrics: &'a M,
    /// How traffic is judged.
    pub settings: &'a DetectSettings,
    /// The bucket that the system keeps its own things in.
    pub own_bucket: &'a str,
}

impl<A, O, T, B, M> DetectDrift<'_, A, O, T, B, M>
where
    A: Account,
    O: Objects + Files,
    T: Table,
    B: Bus,
    M: Metrics,
{
    /// A file was written: when it is captured traffic of an endpoint, it is profiled, and its window judged.
    ///
    /// # Errors
    /// Rejects what the settings or the baseline do not allow to be judged; retries when a service does not answer.
    pub async fn on_capture(&self, written: &ObjectCreated, moment: &Moment) -> Outcome {
        let Some(key) = CaptureKey::parse(&written.key) else {
            return Ok(Done::Nothing(format!("`{}` is no file of captured traffic", written.key)));
        };
        let endpoint =
            Resource::in_region(ResourceKind::Endpoint, &written.account, &written.region, key.endpoint);
        if !self.settings.of(&endpoint.name).watch {
            return Ok(Done::Nothing(format!("the settings say not to watch {endpoint}")));
        }
        let Some(described) = self.account.describe(&endpoint).await? else {
            return Ok(Done::Nothing(format!(
                "there is no {endpoint} (any more) that `{}` is of",
                written.key
            )));
        };
        if !captures_to(&described.document, &written.bucket, key.prefix) {
            return Ok(Done::Nothing(format!("`{}` is not where {endpoint} captures to", written.key)));
        }
        let Some(etag) = written.etag.clone() else {
            return Err(Failure::Reject(format!("the event of `{}` has no `etag`", written.key)));
        };
        let hours = self.settings.window_hours;
        let Some(window) = Window::of(described.resource.clone(), key.variant, key.hour, hours) else {
            return Err(Failure::Reject(format!("`{}` names no hour", written.key)));
        };
        let file = CapturedFile {
            bucket: written.bucket.clone(),
            object: ObjectVersion {
                key: written.key.clone(),
                version_id: written.version_id.clone(),
                etag,
                size: written.size.unwrap_or_default(),
                modified_at: written.time,
            },
            sequencer: written.sequencer.clone(),
        };
        if let Some(until) = window::end_of(key.hour) {
            // A key may name an hour that is yet to come.
            let until = until.min(window::end_of_hour(written.time));
            last_capture::note(self.table, &window.endpoint, until).await?;
        }
        // Before a baseline is looked for: one may come while the window is open.
        match window.add(self.table, &file).await? {
            Noted::Open => self.judge_against_baseline(&window, &described.document, false, moment).await,
            Noted::Closed => Ok(Done::Nothing(format!("`{}` was judged before", written.key))),
        }
    }

    /// The clock ticked: windows that are over are judged for the last time, and their metrics told.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn close_windows(&self, moment: &Moment) -> Outcome {
        let late = self.settings.close_after_minutes * 60_000;
        let before = Timestamp::from_millis(moment.now.millis() - late);
        let mut done = Done::Nothing("no window is over".to_owned());
        let mut failed = None;
        let (mut closed, mut after) = (0, None);
        for _ in 0..PAGES {
            let (ended, next) = Window::ended(self.table, before, after, CLOSED_AT_ONCE).await?;
            for window in ended {
                match self.close(&window, moment).await {
                    Ok(outcome) => {
                        done = done.and(outcome);
                        closed += 1;
                    }
                    // The next tick tries it again; it must not keep the others open.
                    Err(retry) => {
                        failed.get_or_insert(retry);
                    }
                }
                if closed == CLOSED_AT_ONCE {
                    return failed.map_or(Ok(done), Err);
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        failed.map_or(Ok(done), Err)
    }

    async fn close(&self, window: &Window, moment: &Moment) -> Outcome {
        let files = window.files(self.table).await?;
        match self.judge_last(window, moment).await {
            Ok(done) => {
                window.close(self.table, &files).await?;
                Ok(done)
            }
            // A service that does not answer is asked again, and a permission that is missing may be given.
            Err(Failure::Retry(error)) if error.is_transient() || !window.is_old(moment.now) => {
                Err(error.into())
            }
            Err(failure) => {
                window.give_up(self.table).await?;
                Ok(Done::Acted(format!("a window of {} cannot be judged: {failure}", window.endpoint)))
            }
        }
    }

    async fn judge_last(&self, window: &Window, moment: &Moment) -> Outcome {
        let Some(described) = self.account.describe(&window.endpoint).await? else {
            let text = format!("{} is gone: its last window is not judged", window.endpoint);
            return Ok(Done::Nothing(text));
        };
        self.judge_against_baseline(window, &described.document, true, moment).await
    }

    async fn judge_against_baseline(
        &self,
        window: &Window,
        described: &Json,
        complete: bool,
        moment: &Moment,
    ) -> Outcome {
        let Self { account, objects, table, own_bucket, .. } = *self;
        let find = FindBaseline { account, objects, table, own_bucket };
        let mut said = self.settings.of(&window.endpoint.name);
        let outcome = match find.of(window, described, &said).await {
            Ok(Search::Nothing(served)) => self.tell_missing(window, &served.config, moment).await,
            Ok(Search::Found(found)) => {
                said.columns = found.place.columns.unwrap_or(said.columns);
                self.judge(window, &found, &said, complete, moment).await
            }
            Err(failure) => Err(failure),
        };
        match outcome {
            // A service that does not answer is asked again.
            Err(Failure::Retry(error)) if error.is_transient() => Err(error.into()),
            Err(failure) => {
                self.tell_unjudged(window, &failure, moment).await?;
                Err(failure)
            }
            done => done,
        }
    }

    /// Where the files about a window go, in Model Monitor's layout: `<prefix>/<endpoint>/<schedule>/<yyyy>/<mm>/<dd>/<hh>`. A
    /// variant has a prefix of its own.
    fn reports(&self, window: &Window) -> Result<S3Location, Failure> {
        let own = format!("s3://{}/reports", self.own_bucket);
        let place = self.settings.reports.as_deref().unwrap_or(&own).trim_end_matches('/');
        let Window { endpoint, variant, .. } = window;
        let uri =
            format!("{place}/{variant}/{}/{}/{}", endpoint.name, WindowReport::SCHEDULE, window.folder());
        S3Location::parse(&uri).ok_or_else(|| Failure::Reject(format!("`{place}` is no folder in S3")))
    }
}

/// Whether an endpoint's captured traffic goes to this place (`DataCaptureConfig` of `DescribeEndpoint`).
fn captures_to(described: &Json, bucket: &str, prefix: &str) -> bool {
    let uri = described.pointer("/DataCaptureConfig/DestinationS3Uri").and_then(Json::as_str);
    let Some(place) = uri.and_then(S3Location::parse) else { return false };
    place.bucket == bucket && place.key.trim_matches('/') == prefix
}
