//! Captured traffic arrives. Each file is profiled once, and profiles are merged by endpoint, variant and window.
//! Each window is judged against the endpoint's baseline whenever data arrives ([`DetectDrift::on_capture`]), and
//! once more when it is over ([`DetectDrift::close_windows`]).
//!
//! The result of a window is a function of the set of its files, however often, late and in whatever order their
//! events arrive: a profile belongs to the version of a file, and profiles are merged in the order of the files'
//! keys.

pub(crate) mod attempt;
pub(crate) mod baseline_place;
mod closing;
mod compare;
mod find_baseline;
mod judge;
pub(crate) mod known_baselines;
pub(crate) mod last_capture;
mod memory;
pub(crate) mod packages;
#[cfg(feature = "pages")]
mod page;
mod plausible;
mod profiles;
mod read_baselines;
mod rewritten;
mod served;
pub(crate) mod suggest_baseline;
mod training_table;
pub(crate) mod unjudged;
pub(crate) mod window_rows;
pub(crate) mod write;

use sagewarden_events::{ClockTicked, ObjectCreated, Resource, ResourceKind};
use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::capture::CaptureKey;
use serde_json::Value as Json;

use self::closing::close_windows;
use self::compare::{Occasion, compare};
use self::known_baselines::KnownBaselines;
use self::plausible::implausible;
use self::unjudged::or_publish;
use self::window_rows::{CapturedFile, Noted, deadline};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, ObjectVersion};
use crate::window::{Window, end_of, end_of_hour};
use crate::world::World;

/// The use case with the ports it needs.
#[derive(Clone, Copy, Debug)]
pub struct DetectDrift<'a, W> {
    /// Where traffic, baselines and windows are.
    pub world: &'a W,
    /// The baselines that the process found lately.
    pub known: &'a KnownBaselines,
}

impl<W: World> DetectDrift<'_, W> {
    /// A file was written. If it is captured traffic of an endpoint, it is profiled, and its window is judged.
    ///
    /// # Errors
    /// Rejects a window that the settings or the baseline do not allow to judge; retries if a service does not
    /// answer.
    pub async fn on_capture(&self, written: &ObjectCreated, moment: &Moment) -> Outcome {
        let (world, settings) = (self.world, &self.world.settings().drift.detect);
        let Some(key) = CaptureKey::parse(&written.key) else {
            return Ok(Done::Nothing(format!("`{}` is not a file of captured traffic", written.key)));
        };
        let endpoint =
            Resource::in_region(ResourceKind::Endpoint, &written.account, &written.region, key.endpoint);
        let of_hour = Window::of(endpoint.clone(), key.variant, key.hour, settings.window_hours);
        let Some(window) = of_hour else {
            return Err(Failure::Reject(format!("`{}` names no hour", written.key)));
        };
        // The time is noted even if nobody watches the endpoint yet: once somebody does, the time of the last traffic is known.
        let until = end_of(key.hour).map(|until| until.min(end_of_hour(written.time)));
        if !settings.of(&endpoint.name).watch {
            if let Some(until) = until {
                last_capture::note(world.table(), &endpoint, until).await?;
            }
            return Ok(Done::Nothing(format!("the settings say not to watch {endpoint}")));
        }
        let described = world.account().describe(&endpoint).await;
        let Some(described) = or_publish(world, &window, described, moment).await? else {
            return Ok(Done::Nothing(format!(
                "`{}` belongs to {endpoint}, which does not exist (any more)",
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
        if let Some(why) = implausible(world, &window, &key, written, &described.document).await? {
            return Ok(Done::Nothing(format!(
                "`{}` is not captured traffic of {endpoint}: {why}",
                written.key
            )));
        }
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
            last_capture::note(world.table(), &window.endpoint, until).await?;
        }
        // This comes before the search for a baseline: one may appear while the window is open.
        match window_rows::add(world.table(), &window, &file, deadline(&window, settings)).await? {
            Noted::Open => {}
            Noted::Closed => return Ok(Done::Nothing(format!("`{}` was judged before", written.key))),
            Noted::Late => {
                return Ok(Done::Acted(format!(
                    "`{}` was written at {}, long after its window ended: the clock judges what it changes",
                    written.key, written.time
                )));
            }
            Noted::OfNoWindow => {
                return Ok(Done::Nothing(format!(
                    "`{}` was written at {}, long after its hour: nobody captured it then",
                    written.key, written.time
                )));
            }
        }
        let said = settings.of(&window.endpoint.name);
        let search = self.known.find(world, &window, &described.document, &said, moment).await;
        let compared = compare(world, self.known, &window, search, said, &Occasion::FileCame, moment).await?;
        // The clock may have closed the window meanwhile, and then wrote its result before this one: it has to write
        // once more.
        if moment.now >= window.end {
            window_rows::keep_open(world.table(), &window).await?;
        }
        Ok(compared.done())
    }

    /// The clock ticked, or this is a part of its work: windows that are over are judged for the last time, and their
    /// metrics are published.
    ///
    /// # Errors
    /// When a service does not answer.
    pub async fn close_windows(&self, tick: &ClockTicked, moment: &Moment) -> Outcome {
        close_windows(self.world, self.known, tick, moment).await
    }
}

/// Whether an endpoint's captured traffic goes to this place (`DataCaptureConfig` of `DescribeEndpoint`).
fn captures_to(described: &Json, bucket: &str, prefix: &str) -> bool {
    let uri = described.pointer("/DataCaptureConfig/DestinationS3Uri").and_then(Json::as_str);
    let Some(place) = uri.and_then(S3Location::parse) else { return false };
    place.bucket == bucket && place.key.trim_matches('/') == prefix
}
