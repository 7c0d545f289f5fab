//! A job or model came into being: it is judged, and stopped when it breaks a control.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Bus, Objects, Remedies, Table};
use sagewarden_govern::{BundleInForce, EnforcePolicy, KeepBundle, Moment, Outcome};
use sagewarden_lambda::Act;

/// The function over its ports.
#[derive(Debug)]
pub struct Enforce<A, O, T, B> {
    /// Describes and stops resources.
    pub account: A,
    /// Holds the bundle, where it comes from a bucket.
    pub objects: O,
    /// Holds verdicts.
    pub table: T,
    /// Takes findings.
    pub bus: B,
    /// Policies and settings.
    pub in_force: BundleInForce,
}

impl<A: Account + Remedies, O: Objects, T: Table, B: Bus> Act for Enforce<A, O, T, B> {
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Self { account, objects, table, bus, in_force } = self;
        let bundle = &*KeepBundle { objects, table, bus, in_force }.bundle(moment).await?;
        EnforcePolicy { account, table, bus, bundle }.enforce(event, moment).await
    }
}
