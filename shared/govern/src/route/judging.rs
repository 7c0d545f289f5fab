//! The three functions that judge.

use sagewarden_events::{Event, Watched};

use crate::bundle::{BundleInForce, KeepBundle};
use crate::enforce::EnforcePolicy;
use crate::enforce::canary::judge_canary;
use crate::judging::Judging;
use crate::notify::Moment;
use crate::outcome::{Done, Outcome};
use crate::ports::Estate;
use crate::reconcile::Reconcile;
use crate::record::push::record_commit as record_push;
use crate::review::ReviewCommit;
use crate::route::refused::{of_elsewhere, to_come};
use crate::world::World;

/// `record-commit`. It records first, so that the commit is recorded even if the push cannot be judged. Without a bundle, nothing is
/// reviewed, and no commit gets a comment.
pub async fn record_commit(
    world: &impl World,
    reviewing: Option<&BundleInForce>,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    let Event::ReferenceChanged(push) = event else { return None };
    if let Some(rejected) = of_elsewhere(world, event) {
        return Some(rejected);
    }
    Some(match (record_push(world, push).await, reviewing) {
        (Ok(recorded), Some(in_force)) => {
            let review = ReviewCommit { world, in_force };
            let reviewed = review.review(push, &recorded, moment).await;
            with_unpublished(reviewed.map(|next| recorded.done.and(next)), in_force)
        }
        (recorded, _) => recorded.map(|recorded| recorded.done),
    })
}

/// The work that was done, and that a refusal could not be published: only the log has that.
fn with_unpublished(outcome: Outcome, in_force: &BundleInForce) -> Outcome {
    let unpublished = in_force.unpublished().map(Done::Acted);
    outcome.map(|done| unpublished.into_iter().fold(done, Done::and))
}

/// Whether `enforce-policy` has something to do with an event; of ticks, with the clock's own.
fn is_judged(event: &Event) -> bool {
    match event {
        Event::CallMade(_) | Event::ResourceChanged(_) => true,
        Event::ClockTicked(tick) => tick.part.is_none(),
        _ => false,
    }
}

/// `enforce-policy`.
pub async fn enforce_policy(
    world: &impl World,
    judging: &Judging,
    event: &Event,
    moment: &Moment,
) -> Option<Outcome> {
    if !is_judged(event) {
        return None;
    }
    if let Some(rejected) = of_elsewhere(world, event) {
        return Some(rejected);
    }
    let Judging { in_force, inspected, keys } = judging;
    let bundle = match (KeepBundle { world, in_force }).bundle(moment).await {
        Ok(bundle) => bundle,
        Err(failure) => return Some(Err(failure)),
    };
    let enforce = EnforcePolicy { world, inspected, keys, bundle: &bundle };
    let outcome = match event {
        Event::CallMade(call) => enforce.on_call(call, moment).await,
        Event::ResourceChanged(change) => enforce.on_change(change, moment).await,
        Event::ClockTicked(tick) => judge_canary(&bundle, tick),
        _ => return None,
    };
    Some(with_unpublished(outcome, in_force))
}

/// `reconcile`. `is_over` says whether it is time to hand on the rest.
pub async fn reconcile(
    world: &impl World,
    estate: &impl Estate,
    judging: &Judging,
    event: &Event,
    moment: &Moment,
    is_over: &dyn Fn() -> bool,
) -> Option<Outcome> {
    let Event::ClockTicked(tick) = event else { return None };
    if tick.part.as_ref().is_some_and(|part| part.watched != Watched::Account) {
        return None;
    }
    if let Some(rejected) = of_elsewhere(world, event).or_else(|| to_come(event, moment)) {
        return Some(rejected);
    }
    let outcome = Reconcile { world, estate, judging, is_over }.on_clock(tick, moment).await;
    Some(with_unpublished(outcome, &judging.in_force))
}
