//! A system's world in which every port asks a guard.

use std::rc::Rc;

use sagewarden_govern::{Absent, Ports, World};
use sagewarden_local::{Guard, Guarded, System};

/// The world of `system`, whose ports all ask `guard` first.
pub fn world<G: Guard>(system: &System, guard: &Rc<G>) -> impl World + use<G> {
    let world = system.world();
    Ports {
        account: Guarded::behind(world.account, guard),
        remedies: Guarded::behind(world.remedies, guard),
        objects: Guarded::behind(world.objects, guard),
        files: Guarded::behind(world.files, guard),
        source: Guarded::behind(world.source, guard),
        roles: Guarded::behind(world.roles, guard),
        keys: Guarded::behind(world.keys, guard),
        table: Guarded::behind(world.table, guard),
        bus: Guarded::behind(world.bus, guard),
        metrics: Absent,
        given: world.given,
    }
}
