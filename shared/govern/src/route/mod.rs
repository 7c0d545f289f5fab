//! Which event goes to which use case, and under which function's name: written here and nowhere else.
//!
//! | event | function | use case |
//! |---|---|---|
//! | a push | `record-commit` | record commits and the head of the branch; review what it changed, comment on its last commit |
//! | an API call | `enforce-policy` | judge the resource |
//! | an API call | `record-lineage` | record who called |
//! | a state change | `enforce-policy` | judge the resource |
//! | a state change | `record-lineage` | record what it was made of and what it made |
//! | a state change | `detect-drift` | make a baseline of a training job's data |
//! | a state change | `alert-drift` | read the report of a monitoring execution |
//! | a new object | `detect-drift` | judge captured traffic |
//! | a new object | `alert-drift` | read the evaluation of a window, or the report of a monitoring execution |
//! | a tick of the clock | `detect-drift` | close windows that are over |
//! | a tick of the clock | `alert-drift` | look for schedules that did not run, and for traffic that stopped |
//!
//! `infra/template.yaml` brings each function the events that it has a row for. A function answers `None` to any other event.
//! `lookup-lineage` is asked, not told: it has no row.

#[cfg(feature = "judging")]
mod judging;

use sagewarden_events::Event;

use crate::alert::AlertDrift;
use crate::detect::DetectDrift;
use crate::detect::known_baselines::KnownBaselines;
use crate::detect::suggest_baseline::SuggestBaseline;
use crate::notify::Moment;
use crate::outcome::Outcome;
use crate::record::RecordLineage;
use crate::world::World;
#[cfg(feature = "judging")]
pub use judging::{Handled, Judging, deliver, enforce_policy, record_commit};

/// `record-lineage`.
pub async fn record_lineage(world: &impl World, event: &Event) -> Option<Outcome> {
    let recorder = RecordLineage { world, writes_back: true };
    match event {
        Event::CallMade(call) => Some(recorder.record_call(call).await),
        Event::ResourceChanged(change) => Some(recorder.record(change).await),
        _ => None,
    }
}

/// `detect-drift`; `known` are the baselines that the process found lately.
pub async fn detect_drift(
    world: &impl World,
    known: &KnownBaselines,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    let detect = DetectDrift { world, known };
    match event {
        Event::ObjectCreated(object) => Some(detect.on_capture(object, moment).await),
        Event::ClockTicked(_) => Some(detect.close_windows(moment).await),
        Event::ResourceChanged(change) => Some(SuggestBaseline { world }.on_job(change, moment).await),
        _ => None,
    }
}

/// `alert-drift`.
pub async fn alert_drift(world: &impl World, event: &Event, moment: &Moment) -> Option<Outcome> {
    let alert = AlertDrift { world };
    match event {
        Event::ResourceChanged(change) => Some(alert.on_job(change, moment).await),
        Event::ObjectCreated(object) => Some(alert.on_report(object, moment).await),
        Event::ClockTicked(tick) => Some(alert.on_clock(tick, moment).await),
        _ => None,
    }
}
