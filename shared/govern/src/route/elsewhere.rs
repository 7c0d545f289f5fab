//! Events of other accounts and regions.

use sagewarden_events::Event;

use crate::outcome::{Failure, Outcome};
use crate::world::World;

/// Rejects an event of another account or region: a resource of that name here is another one.
pub(super) fn of_elsewhere(world: &impl World, event: &Event) -> Option<Outcome> {
    world.home()?.refuses(event).map(|reason| Err(Failure::Reject(reason)))
}
