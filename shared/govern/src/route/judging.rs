//! The two functions that judge.

use sagewarden_events::{CommitId, Event, ReferenceChanged};

use crate::bundle::{BundleInForce, KeepBundle};
use crate::enforce::EnforcePolicy;
use crate::enforce::inspect_role::InspectedRoles;
use crate::notify::Moment;
use crate::outcome::{Done, Outcome};
use crate::record::push::{RecordedPush, record_commit as record_push};
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

/// `record-commit`. Recorded first: whatever keeps a push from being judged, the commit is there.
pub async fn record_commit(
    world: &impl World,
    judging: &Judging,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    let Event::ReferenceChanged(push) = event else { return None };
    Some(match record_push(world, push).await {
        Ok(RecordedPush { done, parent }) if judging.comments => {
            review(world, judging, push, parent.as_ref(), moment).await.map(|next| done.and(next))
        }
        recorded => recorded.map(|recorded| recorded.done),
    })
}

/// By the bundle that is in force now: what is said of a push is what will be said of the jobs that come of it.
async fn review(
    world: &impl World,
    judging: &Judging,
    push: &ReferenceChanged,
    parent: Option<&CommitId>,
    moment: &Moment,
) -> Outcome {
    let bundle = &*KeepBundle { world, in_force: &judging.in_force }.bundle(moment).await?;
    let reviewed = ReviewCommit { world, bundle }.review(push, parent, moment).await;
    with_unpublished(reviewed, &judging.in_force)
}

/// What was done, and that a refusal could not be published: the log has it, and nobody else.
fn with_unpublished(outcome: Outcome, in_force: &BundleInForce) -> Outcome {
    let unpublished = in_force.unpublished().map(Done::Acted);
    outcome.map(|done| unpublished.into_iter().fold(done, Done::and))
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
    let enforced = EnforcePolicy { world, inspected, bundle }.enforce(event, moment).await;
    with_unpublished(enforced, in_force)
}
