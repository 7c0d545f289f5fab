//! Events that are refused before any use case sees them.

use sagewarden_events::Event;

use crate::notify::Moment;
use crate::outcome::{Failure, Outcome};
use crate::world::World;

/// How far ahead a part of a tick may be: it is handled after the tick, and clocks differ.
const MOST_AHEAD_MS: i64 = 5 * 60_000;

/// Rejects an event of another account or region: a resource of that name here is another one.
pub(super) fn of_elsewhere(world: &impl World, event: &Event) -> Option<Outcome> {
    world.home()?.refuses(event).map(|reason| Err(Failure::Reject(reason)))
}

/// Rejects a part of a tick that is still to come. Somebody who may put events on the bus chooses the time of the tick. At a time in the
/// future, everything would be missing, and the account would count as looked through until then.
pub(super) fn to_come(event: &Event, moment: &Moment) -> Option<Outcome> {
    let Event::ClockTicked(tick) = event else { return None };
    // The clock's own ticks come from EventBridge. Nobody else can put events with this source.
    let is_ahead = tick.part.is_some() && tick.time.millis() > moment.now.millis() + MOST_AHEAD_MS;
    is_ahead.then(|| Err(Failure::Reject(format!("a tick of the clock at {} is still to come", tick.time))))
}
