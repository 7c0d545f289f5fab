//! The account and region that a deployment acts in.

use crate::event::Event;

/// The account and region of a deployment of Sagewarden. Sagewarden asks its own account about a resource by name. An event of another
/// account or region may name a resource that also exists here, and is not about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
}

impl Home {
    /// Why an event is not for this deployment, in words; `None` if it is.
    #[must_use]
    pub fn refuses(&self, event: &Event) -> Option<String> {
        let Self { account, region } = self;
        let (theirs, there) = event.origin()?;
        (theirs != account || there != region).then(|| {
            format!("the event is of account {theirs} in {there}; this deployment acts in account {account}, {region}, alone")
        })
    }
}

impl Event {
    /// The account and region of the event; `None` if it names no resource.
    #[must_use]
    pub fn origin(&self) -> Option<(&str, &str)> {
        let (account, region) = match self {
            Self::ReferenceChanged(push) => (&push.repository.account, &push.repository.region),
            Self::ResourceChanged(change) => (&change.resource.account, &change.resource.region),
            Self::CallMade(call) => {
                let resource = call.resource.as_ref()?;
                (&resource.account, &resource.region)
            }
            Self::ObjectCreated(object) => (&object.account, &object.region),
            Self::ClockTicked(tick) => (&tick.account, &tick.region),
            Self::NotOurs { .. } => return None,
        };
        Some((account, region))
    }
}
