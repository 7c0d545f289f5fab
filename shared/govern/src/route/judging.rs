//! The two functions that judge, and all five one after the other.

use sagewarden_events::{Event, ReferenceChanged};

use super::{alert_drift, detect_drift, record_lineage};
use crate::bundle::{BundleInForce, KeepBundle};
use crate::detect::known_baselines::KnownBaselines;
use crate::enforce::EnforcePolicy;
use crate::enforce::inspect_role::InspectedRoles;
use crate::notify::Moment;
use crate::outcome::Outcome;
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

/// Gives an event to every function, one after the other, as EventBridge's rules and the queues do. Those that have nothing to do
/// with it are left out of the answer. No baseline is known from an earlier event.
pub async fn deliver(world: &impl World, judging: &Judging, event: &Event, moment: &Moment) -> Vec<Handled> {
    let mut handled = Vec::new();
    let mut add = |function, outcome: Option<Outcome>| {
        handled.extend(outcome.map(|outcome| Handled { function, outcome }));
    };
    add("record-commit", record_commit(world, judging, event, moment).await);
    add("enforce-policy", enforce_policy(world, judging, event, moment).await);
    add("record-lineage", record_lineage(world, event).await);
    add("detect-drift", detect_drift(world, &KnownBaselines::default(), event, moment).await);
    add("alert-drift", alert_drift(world, event, moment).await);
    handled
}
