//! Lets records of a batch that name the same resource take turns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::lock::{Mutex, OwnedMutexGuard};
use sagewarden_events::{Event, Resource};

/// All records of this function take turns: alerts about one endpoint must wait for each other, and events do not name the endpoint.
const ALERTS: &str = "alert-drift";

/// A turn for each resource that the records of a batch name.
#[derive(Default)]
pub(crate) struct Turns(RefCell<BTreeMap<String, Arc<Mutex<()>>>>);

impl Turns {
    /// Waits until no other record about the same resource is under way; the turn ends with the guard.
    pub(crate) async fn of(&self, function: &str, events: &[Event]) -> Option<OwnedMutexGuard<()>> {
        let name = if function == ALERTS {
            function.to_owned()
        } else {
            // Names of endpoints ignore case.
            events.iter().find_map(resource_of)?.arn().to_lowercase()
        };
        let turn = Arc::clone(self.0.borrow_mut().entry(name).or_default());
        Some(turn.lock_owned().await)
    }
}

/// The resource of an event, if Sagewarden judges or records its description. Pushes and objects have none.
pub(crate) fn resource_of(event: &Event) -> Option<&Resource> {
    match event {
        Event::ResourceChanged(changed) => Some(&changed.resource),
        Event::CallMade(call) => call.resource.as_ref(),
        _ => None,
    }
}
