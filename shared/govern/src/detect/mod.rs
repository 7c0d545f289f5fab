//! Captured traffic arrives: each file is profiled once, profiles are merged by endpoint, variant and window, and each window is
//! judged against the endpoint's baseline whenever data arrives, and once more when it is over.
//!
//! The result of a window is a function of the set of its files, however often, late and in whatever order they are told: a
//! profile belongs to the version of a file, and profiles are merged in the order of the files' keys.

mod closing;
pub(crate) mod find_baseline;
mod judge;
pub(crate) mod last_capture;
mod profiles;
mod served;
pub(crate) mod suggest_baseline;
mod window;
mod without;

use sagewarden_events::{ObjectCreated, Resource, ResourceKind};
use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::capture::CaptureKey;
use sagewarden_monitor::WindowReport;
use sagewarden_settings::DetectSettings;
use serde_json::Value as Json;

use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, ObjectVersion};
use crate::world::World;

use find_baseline::{FindBaseline, Search};
use window::{CapturedFile, Noted, Window};

/// The `detail-type` of the finding that there is nothing to compare with.
pub const BASELINE_MISSING: &str = "Sagewarden Baseline Missing";

/// What came of a window.
enum Came {
    Judged(Done),
    /// There was nothing to compare it with.
    NotJudged(Done),
}

impl Came {
    fn done(self) -> Done {
        match self {
            Self::Judged(done) | Self::NotJudged(done) => done,
        }
    }
}

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct DetectDrift<'a, W> {
    /// Where traffic, baselines and windows are.
    pub world: &'a W,
}

impl<W: World> DetectDrift<'_, W> {
    /// How traffic is judged.
    fn settings(&self) -> &DetectSettings {
        &self.world.settings().drift.detect
    }

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
        let hours = self.settings().window_hours;
        let Some(window) = Window::of(endpoint.clone(), key.variant, key.hour, hours) else {
            return Err(Failure::Reject(format!("`{}` names no hour", written.key)));
        };
        // Also where nobody watches yet: once somebody does, traffic that comes all the time is no news.
        let until = window::end_of(key.hour).map(|until| until.min(window::end_of_hour(written.time)));
        if !self.settings().of(&endpoint.name).watch {
            if let Some(until) = until {
                last_capture::note(self.world.table(), &endpoint, until).await?;
            }
            return Ok(Done::Nothing(format!("the settings say not to watch {endpoint}")));
        }
        let described = self.told_of(&window, self.world.account().describe(&endpoint).await, moment).await?;
        let Some(described) = described else {
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
        let window = Window { endpoint: described.resource.clone(), ..window };
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
        if let Some(until) = until {
            last_capture::note(self.world.table(), &window.endpoint, until).await?;
        }
        // Before a baseline is looked for: one may come while the window is open.
        if window.add(self.world.table(), &file).await? == Noted::Closed {
            return Ok(Done::Nothing(format!("`{}` was judged before", written.key)));
        }
        let came = self.judge_against_baseline(&window, &described.document, false, moment).await?;
        // The clock may have closed the window meanwhile, and what it wrote is behind this: it is to do so once more.
        if moment.now >= window.end {
            window.keep_open(self.world.table()).await?;
        }
        Ok(came.done())
    }

    /// What cannot be done until somebody mends something is told; a service that does not answer is asked again.
    async fn told_of<Found, Why: Into<Failure>>(
        &self,
        window: &Window,
        result: Result<Found, Why>,
        moment: &Moment,
    ) -> Result<Found, Failure> {
        let failure = match result.map_err(Into::into) {
            Ok(found) => return Ok(found),
            Err(Failure::Retry(error)) if error.is_transient() => return Err(error.into()),
            Err(failure) => failure,
        };
        self.tell_unjudged(window, &failure, moment).await?;
        Err(failure)
    }

    async fn judge_against_baseline(
        &self,
        window: &Window,
        described: &Json,
        complete: bool,
        moment: &Moment,
    ) -> Result<Came, Failure> {
        let find = FindBaseline { world: self.world };
        let mut said = self.settings().of(&window.endpoint.name);
        let found = self.told_of(window, find.of(window, described, &said).await, moment).await?;
        let found = match found {
            Search::Found(found) => found,
            Search::Nothing(served) => {
                return Ok(Came::NotJudged(self.tell_missing(window, &served.config, moment).await?));
            }
        };
        said.columns = found.place.columns.unwrap_or(said.columns);
        let judged = self.judge(window, &found, &said, complete, moment).await;
        Ok(Came::Judged(self.told_of(window, judged, moment).await?))
    }

    /// Where the files about a window go, in Model Monitor's layout: `<prefix>/<endpoint>/<schedule>/<yyyy>/<mm>/<dd>/<hh>`. A
    /// variant has a prefix of its own.
    fn reports(&self, window: &Window) -> Result<S3Location, Failure> {
        let own = format!("s3://{}/reports", self.world.own_bucket());
        let place = self.settings().reports.as_deref().unwrap_or(&own).trim_end_matches('/');
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
