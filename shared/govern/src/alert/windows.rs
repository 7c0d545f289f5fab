//! `detect-drift` has evaluated a window: unreadable traffic is published, and drift becomes an alert.

use std::rc::Rc;

use sagewarden_events::ObjectCreated;
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::WindowReport;

use super::believed::{OwnPlace, noted_files};
use super::drift;
use super::evaluated::EvaluatedWindow;
use super::found::{Found, Observed};
use super::publish_silence::publish_silence;
use super::refused::refuse_once;
use super::report::MAX_REPORT;
use super::rewritten::{Rewriting, keep_both};
use super::silence::Silence;
use super::wrong::Wrong;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Objects, PortError, PortErrorKind};
use crate::report_place::ReportPlace;
use crate::world::World;

const NEVER_OPENED: &str = "is of a window that detect-drift never opened";

/// An evaluation was written. This reads its present version, whichever version the event is about, and reads it once
/// for both purposes.
///
/// # Errors
/// Rejects an evaluation that cannot be used; retries if it may not be read, or a service does not answer.
pub(super) async fn on_evaluation(
    world: &impl World,
    object: &ObjectCreated,
    place: &ReportPlace,
    moment: &Moment,
) -> Outcome {
    let Some(own) = OwnPlace::of(world, object, place) else {
        return Ok(Done::Nothing(format!("`{}` is not where detect-drift writes evaluations", object.key)));
    };
    let window = match read(world, &own, moment).await? {
        EvaluationReading::Usable(window) => Rc::new(*window),
        EvaluationReading::Unusable(reason) => {
            return refuse_once(world, &own.evaluation, &reason, moment).await;
        }
        EvaluationReading::Nothing(why) => return Ok(Done::Nothing(format!("`{}` {why}", own.evaluation))),
    };
    if let Some(after) = &window.report.rewritten {
        let (observed, found) = (Observed::Window(&window), Found::of_window(&window));
        return keep_both(world, &observed, &found, Rewriting::Files(after), moment).await;
    }
    // Neither error hides the other; one that can be retried wins.
    let unreadable = publish_unreadable(world, &window, moment).await;
    let unmeasured = publish_unmeasured(world, &window, moment).await;
    let drifted = alert_on_drift(world, &window, moment).await;
    both(both(unreadable, unmeasured), drifted)
}

/// Returns the error that can be retried, if one of two can.
fn both(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Err(Failure::Reject(_)), Err(Failure::Retry(error))) => Err(Failure::Retry(error)),
        (one, other) => Ok(one?.and(other?)),
    }
}

/// Publishes that predictions or reasons could not be judged, once nothing more is expected: silence is not health.
async fn publish_unmeasured(world: &impl World, window: &Rc<EvaluatedWindow>, moment: &Moment) -> Outcome {
    if window.unmeasured().is_none() {
        return Ok(Done::Nothing(format!("everything in `{}` could be measured", window.evaluation)));
    }
    let wrong = Wrong::Unmeasured(Rc::clone(window));
    let silence = Silence::of_own(window.monitor, &window.window.endpoint, window.window.end, wrong);
    publish_silence(world, &silence, moment).await
}

/// Publishes which traffic could not be read, whether or not the rest has drifted: too few rows to judge say nothing
/// about drift.
async fn publish_unreadable(world: &impl World, window: &Rc<EvaluatedWindow>, moment: &Moment) -> Outcome {
    let EvaluatedWindow { report, evaluation, .. } = &**window;
    if window.is_readable() {
        return Ok(Done::Nothing(format!("all captured traffic of `{evaluation}` could be read")));
    }
    // Half a file of bad lines matters more than a few in an hour. This is known only once there are enough rows to
    // judge.
    let seen = report.rows + report.unreadable_lines;
    if !report.window.complete && seen < world.settings().drift.detect.min_rows {
        return Ok(Done::Nothing(format!("too little is known of `{evaluation}` yet")));
    }
    let wrong = Wrong::TrafficUnreadable(Rc::clone(window));
    let silence = Silence::of_own(window.monitor, &window.window.endpoint, window.window.end, wrong);
    publish_silence(world, &silence, moment).await
}

async fn alert_on_drift(world: &impl World, window: &EvaluatedWindow, moment: &Moment) -> Outcome {
    if !window.is_judged() && !window.is_measured() {
        return Ok(Done::Nothing(format!("too little is known of `{}` to be judged", window.evaluation)));
    }
    drift::alert(world, &Observed::Window(window), &Found::of_window(window), moment).await
}

/// The result of reading an evaluation.
enum EvaluationReading {
    Usable(Box<EvaluatedWindow>),
    /// `detect-drift` writes there, but did not write this file.
    Unusable(String),
    /// There is nothing to do, and why.
    Nothing(&'static str),
}

/// The present version of the evaluation. If it may not be read, that is published.
async fn read(world: &impl World, own: &OwnPlace, moment: &Moment) -> Result<EvaluationReading, Failure> {
    let S3Location { bucket, key } = &own.evaluation;
    let bytes = match world.objects().read(bucket, key, MAX_REPORT).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(EvaluationReading::Nothing("is no longer there")),
        Err(error) if error.kind() == PortErrorKind::Denied => {
            return denied(world, own, error, moment).await;
        }
        Err(error) => return Err(error.into()),
    };
    let parsed = WindowReport::parse(&bytes);
    let span = parsed.as_ref().map(|report| report.window).ok();
    let window = span.map_or_else(|| own.window.clone(), |span| own.window_of(span));
    let files = noted_files(world, own.monitor, &window).await?;
    let report = match parsed {
        Ok(report) => report,
        Err(_) if files.is_empty() => return Ok(EvaluationReading::Nothing(NEVER_OPENED)),
        Err(error) => return Ok(EvaluationReading::Unusable(error.to_string())),
    };
    if let Some(why) = own.contradiction(&report, &files) {
        // In a bucket that others may write to, somebody could invent windows without end.
        let is_window = !files.is_empty() || !noted_files(world, own.monitor, &own.window).await?.is_empty();
        return Ok(if is_window {
            EvaluationReading::Unusable(why)
        } else {
            EvaluationReading::Nothing(NEVER_OPENED)
        });
    }
    if files.is_empty() {
        return Ok(EvaluationReading::Nothing(NEVER_OPENED));
    }
    Ok(EvaluationReading::Usable(Box::new(EvaluatedWindow {
        monitor: own.monitor,
        window,
        report,
        evaluation: own.evaluation.clone(),
    })))
}

async fn denied(
    world: &impl World,
    own: &OwnPlace,
    error: PortError,
    moment: &Moment,
) -> Result<EvaluationReading, Failure> {
    if noted_files(world, own.monitor, &own.window).await?.is_empty() {
        return Ok(EvaluationReading::Nothing(NEVER_OPENED));
    }
    let wrong = Wrong::ReportDenied { place: own.evaluation.clone() };
    let silence = Silence::of_own(own.monitor, &own.window.endpoint, own.window.end, wrong);
    publish_silence(world, &silence, moment).await?;
    Err(Failure::Retry(error))
}
