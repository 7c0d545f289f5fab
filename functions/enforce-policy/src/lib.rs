//! A resource came into being or was changed: it is judged, and remedied when it breaks a control.

use sagewarden_events::Event;
use sagewarden_govern::ports::{Account, Bus, Objects, Remedies, Roles, SourceControl, Table};
use sagewarden_govern::{
    BundleInForce, EnforcePolicy, InspectRole, InspectedRoles, KeepBundle, Moment, Outcome,
};
use sagewarden_lambda::Act;

/// The function over its ports.
#[derive(Debug)]
pub struct Enforce<A, O, S, R, T, B> {
    /// Describes and remedies resources.
    pub account: A,
    /// Knows which buckets keep versions, and holds the bundle where it comes from one.
    pub objects: O,
    /// Knows which commits there are.
    pub source: S,
    /// Knows what roles may do.
    pub roles: R,
    /// What was found out about roles lately.
    pub inspected: InspectedRoles,
    /// Holds verdicts.
    pub table: T,
    /// Takes findings.
    pub bus: B,
    /// Policies and settings.
    pub in_force: BundleInForce,
}

impl<A, O, S, R, T, B> Act for Enforce<A, O, S, R, T, B>
where
    A: Account + Remedies,
    O: Objects,
    S: SourceControl,
    R: Roles,
    T: Table,
    B: Bus,
{
    async fn act(&self, event: &Event, moment: &Moment) -> Outcome {
        let Self { account, objects, source, roles, inspected, table, bus, in_force } = self;
        let bundle = &*KeepBundle { objects, table, bus, in_force }.bundle(moment).await?;
        let roles = InspectRole { roles, inspected };
        EnforcePolicy { account, objects, source, roles, table, bus, bundle }.enforce(event, moment).await
    }
}
