//! What a process that judges keeps in memory.

use crate::bundle::BundleInForce;
use crate::enforce::inspect_role::InspectedRoles;
use crate::enforce::known_keys::KnownKeys;

/// What a process that judges keeps from one event to the next.
#[derive(Debug)]
pub struct Judging {
    /// Policies and settings.
    pub in_force: BundleInForce,
    /// What was found out about roles lately.
    pub inspected: InspectedRoles,
    /// What KMS said about keys.
    pub keys: KnownKeys,
}

impl Judging {
    /// Judges by this bundle.
    #[must_use]
    pub fn new(in_force: BundleInForce) -> Self {
        Self { in_force, inspected: InspectedRoles::default(), keys: KnownKeys::default() }
    }
}
