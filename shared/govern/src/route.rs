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
//! | a new object | `alert-drift` | read a report |
//! | a tick of the clock | `detect-drift` | close windows that are over |
//! | a tick of the clock | `alert-drift` | look for schedules that did not run, and for traffic that stopped |
//!
//! `infra/template.yaml` brings each function the events that it has a row for. A function answers `None` to any other event.
//! `lookup-lineage` is asked, not told: it has no row.

use sagewarden_events::{Event, ReferenceChanged};

use crate::alert::AlertDrift;
use crate::bundle::{BundleInForce, KeepBundle};
use crate::detect::DetectDrift;
use crate::detect::suggest_baseline::SuggestBaseline;
use crate::enforce::EnforcePolicy;
use crate::enforce::inspect_role::InspectedRoles;
use crate::notify::Moment;
use crate::outcome::Outcome;
use crate::record::RecordLineage;
use crate::record::push::record_commit as record_push;
use crate::review::ReviewCommit;
use crate::world::World;

/// What a process that judges keeps from one event to the next.
#[derive(Debug)]
pub struct Judging {
    /// Policies and settings.
    pub in_force: BundleInForce,
    /// What was found out about roles lately.
    pub inspected: InspectedRoles,
    /// Whether commits are reviewed and commented on.
    pub comments: bool,
}

impl Judging {
    /// Judges by this bundle, and comments on commits.
    #[must_use]
    pub fn new(in_force: BundleInForce) -> Self {
        Self { in_force, inspected: InspectedRoles::default(), comments: true }
    }
}

/// What one function made of one event.
#[derive(Debug)]
pub struct Handled {
    /// The function.
    pub function: &'static str,
    /// How it ended.
    pub outcome: Outcome,
}

/// `record-commit`. Recorded first: whatever keeps a push from being judged, the commit is there.
pub async fn record_commit(
    world: &impl World,
    judging: &Judging,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    let Event::ReferenceChanged(push) = event else { return None };
    Some(match record_push(world, push).await {
        Ok(recorded) if judging.comments => {
            review(world, judging, push, moment).await.map(|next| recorded.and(next))
        }
        recorded => recorded,
    })
}

/// By the bundle that is in force now: what is said of a push is what will be said of the jobs that come of it.
async fn review(world: &impl World, judging: &Judging, push: &ReferenceChanged, moment: &Moment) -> Outcome {
    let bundle = &*KeepBundle { world, in_force: &judging.in_force }.bundle(moment).await?;
    ReviewCommit { world, bundle }.review(push, moment).await
}

/// `enforce-policy`.
pub async fn enforce_policy(
    world: &impl World,
    judging: &Judging,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    match event {
        Event::CallMade(_) | Event::ResourceChanged(_) => Some(enforce(world, judging, event, moment).await),
        _ => None,
    }
}

async fn enforce(world: &impl World, judging: &Judging, event: &Event, moment: &Moment) -> Outcome {
    let Judging { in_force, inspected, .. } = judging;
    let bundle = &*KeepBundle { world, in_force }.bundle(moment).await?;
    EnforcePolicy { world, inspected, bundle }.enforce(event, moment).await
}

/// `record-lineage`.
pub async fn record_lineage(world: &impl World, event: &Event) -> Option<Outcome> {
    let recorder = RecordLineage { world, writes_back: true };
    match event {
        Event::CallMade(call) => Some(recorder.record_call(call).await),
        Event::ResourceChanged(change) => Some(recorder.record(change).await),
        _ => None,
    }
}

/// `detect-drift`.
pub async fn detect_drift(world: &impl World, event: &Event, moment: &Moment) -> Option<Outcome> {
    match event {
        Event::ObjectCreated(object) => Some(DetectDrift { world }.on_capture(object, moment).await),
        Event::ClockTicked(_) => Some(DetectDrift { world }.close_windows(moment).await),
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

/// Gives an event to every function, one after the other, as EventBridge's rules and the queues do. Those that have nothing to do
/// with it are left out of the answer.
pub async fn deliver(world: &impl World, judging: &Judging, event: &Event, moment: &Moment) -> Vec<Handled> {
    let mut handled = Vec::new();
    let mut add = |function, outcome: Option<Outcome>| {
        handled.extend(outcome.map(|outcome| Handled { function, outcome }));
    };
    add("record-commit", record_commit(world, judging, event, moment).await);
    add("enforce-policy", enforce_policy(world, judging, event, moment).await);
    add("record-lineage", record_lineage(world, event).await);
    add("detect-drift", detect_drift(world, event, moment).await);
    add("alert-drift", alert_drift(world, event, moment).await);
    handled
}
