//! A job or model came into being: it is judged, and stopped when it breaks a control.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Bus, Remedies, Table};
use sagewarden_govern::{EnforcePolicy, Moment, Outcome};
use sagewarden_lambda::Act;
use sagewarden_policy::Bundle;

/// The function over its ports.
#[derive(Debug)]
pub struct Enforce<A, T, B> {
    /// Describes and stops resources.
    pub account: A,
    /// Holds verdicts.
    pub table: T,
    /// Takes findings.
    pub bus: B,
    /// Policies and settings.
    pub bundle: Bundle,
}

impl<A: Account + Remedies, T: Table, B: Bus> Act for Enforce<A, T, B> {
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Self { account, table, bus, bundle } = self;
        EnforcePolicy { account, table, bus, bundle }.enforce(event, moment).await
    }
}
