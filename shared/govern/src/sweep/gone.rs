//! Resources that earlier sweeps saw, and this one did not.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::rows::SeenRow;
use sagewarden_lineage::table::Key;

use crate::ports::{Account, PortError, Table};
use crate::record::closure::query_all;
use crate::world::World;

/// The resources that this sweep listed, by a digest of their keys: an account may have a hundred thousand. After a restart it is empty,
/// and then more is asked about.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<BTreeSet<u64>>);

impl Names {
    pub(super) fn add(&self, key: &Key) {
        self.0.borrow_mut().insert(digest(key));
    }

    fn has(&self, key: &Key) -> bool {
        self.0.borrow().contains(&digest(key))
    }
}

fn digest(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Marks resources that no longer exist, and returns them. A list may lag: a resource is gone only if it cannot be described either.
pub(super) async fn gone(
    world: &impl World,
    names: &Names,
    kind: ResourceKind,
    now: Timestamp,
) -> Result<Vec<Resource>, PortError> {
    let mut found = Vec::new();
    for row in query_all(world.table(), SeenRow::of(kind)).await?.iter().filter_map(SeenRow::parse) {
        if row.gone_seen_at.is_some() || names.has(&row.key()) {
            continue;
        }
        let described = world.account().describe(&row.resource).await?;
        // Another one may have its name by now.
        if described.is_some_and(|described| described.created_at() == Some(row.created_at)) {
            continue;
        }
        world.table().write(&[row.write_gone(now)]).await?;
        found.push(row.resource);
    }
    Ok(found)
}
