//! All functions that events reach, one after the other; but for `reconcile`, which looks at the account and not at events.

use sagewarden_events::Event;

use crate::detect::known_baselines::KnownBaselines;
use crate::judging::Judging;
use crate::notify::Moment;
use crate::outcome::Outcome;
use crate::route::judging::{enforce_policy, record_commit};
use crate::route::watching::{alert_drift, detect_drift, record_lineage};
use crate::world::World;

/// The result of one function for one event.
#[derive(Debug)]
pub struct Handled {
    /// The function.
    pub function: &'static str,
    /// How it ended.
    pub outcome: Outcome,
}

/// Gives an event to every function, one after the other, as EventBridge's rules and the queues do. Those that have nothing to do
/// with it are left out of the answer.
pub async fn deliver(world: &impl World, judging: &Judging, event: &Event, moment: &Moment) -> Vec<Handled> {
    let mut handled = Vec::new();
    let mut add = |function, outcome: Option<Outcome>| {
        handled.extend(outcome.map(|outcome| Handled { function, outcome }));
    };
    add("record-commit", record_commit(world, Some(&judging.in_force), event, moment).await);
    add("enforce-policy", enforce_policy(world, judging, event, moment).await);
    add("record-lineage", record_lineage(world, event, moment).await);
    add("detect-drift", detect_drift(world, &KnownBaselines::default(), event, moment).await);
    add("alert-drift", alert_drift(world, event, moment).await);
    handled
}
