//! `detect-drift` has evaluated a window: what of its traffic could not be read is published, and what has moved becomes an alert.

use std::rc::Rc;

use sagewarden_events::{ObjectCreated, Resource, ResourceKind};
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::WindowReport;

use super::drift;
use super::evaluated::EvaluatedWindow;
use super::found::{Found, Observed};
use super::publish_silence::publish_silence;
use super::report::MAX_REPORT;
use super::silence::Silence;
use super::wrong::Wrong;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Objects, PortErrorKind};
use crate::report_place::ReportPlace;
use crate::world::World;

/// An evaluation was written. It is read as it stands there now, whichever version the event is about, and read once for both.
///
/// # Errors
/// Rejects an evaluation that cannot be used; retries when it may not be read, or a service does not answer.
pub(super) async fn on_evaluation(
    world: &impl World,
    object: &ObjectCreated,
    place: &ReportPlace,
    moment: &Moment,
) -> Outcome {
    let evaluation = S3Location { bucket: object.bucket.clone(), key: object.key.clone() };
    let Some(report) = read(world, object, place, &evaluation, moment).await? else {
        return Ok(Done::Nothing(format!("`{evaluation}` is not there (any more)")));
    };
    let window = Rc::new(EvaluatedWindow::new(&object.account, &object.region, report, evaluation));
    // Neither hides the other; what can be tried again is.
    let unreadable = publish_unreadable(world, &window, moment).await;
    let drifted = alert_on_drift(world, &window, moment).await;
    match (unreadable, drifted) {
        (Err(Failure::Reject(_)), Err(Failure::Retry(error))) => Err(Failure::Retry(error)),
        (unreadable, drifted) => Ok(unreadable?.and(drifted?)),
    }
}

/// Publishes what of the traffic could not be read, whether or not the rest has moved: too few rows to be judged say nothing of drift.
async fn publish_unreadable(world: &impl World, window: &Rc<EvaluatedWindow>, moment: &Moment) -> Outcome {
    let EvaluatedWindow { report, evaluation, .. } = &**window;
    if window.is_readable() {
        return Ok(Done::Nothing(format!("all captured traffic of `{evaluation}` could be read")));
    }
    // Half a file of bad lines is another thing than a few in an hour: that is known once there is enough to be judged.
    let seen = report.rows + report.unreadable_lines;
    if !report.window.complete && seen < world.settings().drift.detect.min_rows {
        return Ok(Done::Nothing(format!("too little is known of `{evaluation}` yet")));
    }
    let wrong = Wrong::TrafficUnreadable(Rc::clone(window));
    let silence = Silence::of_traffic(&window.window.endpoint, window.window.end, wrong);
    publish_silence(world, &silence, moment).await
}

async fn alert_on_drift(world: &impl World, window: &EvaluatedWindow, moment: &Moment) -> Outcome {
    if !window.is_judged() {
        return Ok(Done::Nothing(format!("too little is known of `{}` to be judged", window.evaluation)));
    }
    drift::alert(world, &Observed::Window(window), &Found::of_window(window), moment).await
}

/// The evaluation as it stands there now; `None` when it does not. That it may not be read is published.
async fn read(
    world: &impl World,
    object: &ObjectCreated,
    place: &ReportPlace,
    evaluation: &S3Location,
    moment: &Moment,
) -> Result<Option<WindowReport>, Failure> {
    match world.objects().read(&evaluation.bucket, &evaluation.key, MAX_REPORT).await {
        Ok(Some(bytes)) => {
            let refused = |why: String| Failure::Reject(format!("`{evaluation}`: {why}"));
            let report = WindowReport::parse(&bytes).map_err(|error| refused(error.to_string()))?;
            let named = place.endpoint.as_deref().unwrap_or_default();
            if !report.endpoint.eq_ignore_ascii_case(named) {
                return Err(refused(format!("it is of endpoint `{}`, not of `{named}`", report.endpoint)));
            }
            Ok(Some(report))
        }
        Ok(None) => Ok(None),
        Err(error) if error.kind() == PortErrorKind::Denied => {
            if let Some((name, end)) = place.endpoint.as_deref().zip(place.hour) {
                let (account, region) = (&object.account, &object.region);
                let endpoint = Resource::in_region(ResourceKind::Endpoint, account, region, name);
                let wrong = Wrong::ReportDenied { place: evaluation.clone() };
                let silence = Silence::of_traffic(&endpoint, end, wrong);
                publish_silence(world, &silence, moment).await?;
            }
            Err(Failure::Retry(error))
        }
        Err(error) => Err(error.into()),
    }
}
