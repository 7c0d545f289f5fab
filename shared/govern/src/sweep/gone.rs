//! What earlier sweeps saw, and this one did not.
//!
//! SageMaker lists most kinds by the time of their creation, the newest first. A page then has every resource of its span of time. If an
//! earlier sweep saw a resource of that span, and the page does not list it, the resource is gone. For the other kinds, memory holds the
//! names of a whole sweep.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::rows::{SeenRow, SweepRow};
use sagewarden_lineage::table::Key;

use crate::ports::{Account, ListedResource, PortError, Table, is_newest_first};
use crate::record::closure::query_all;
use crate::world::World;

/// The resources of one kind that a sweep listed since its first page, by a digest of their keys: an account may have a hundred thousand.
#[derive(Debug, Default)]
pub(super) struct Names(RefCell<Option<(ResourceKind, BTreeSet<u64>)>>);

impl Names {
    /// Begins with a kind, if this is its first page.
    fn turn_to(&self, at: &SweepRow) {
        let mut names = self.0.borrow_mut();
        if at.pages == 0 {
            *names = Some((at.kind, BTreeSet::new()));
        }
        names.take_if(|(kind, _)| *kind != at.kind);
    }

    fn add(&self, key: &Key) {
        if let Some((_, names)) = self.0.borrow_mut().as_mut() {
            names.insert(digest(key));
        }
    }

    /// Whether the sweep did not list it; `false` after a restart, when nobody knows.
    fn lacks(&self, key: &Key) -> bool {
        self.0.borrow().as_ref().is_some_and(|(_, names)| !names.contains(&digest(key)))
    }
}

fn digest(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// A resource that no longer exists.
#[derive(Debug)]
pub(super) struct GoneResource {
    pub(super) row: SeenRow,
    /// When that was seen, or when another one took its name.
    pub(super) at: Timestamp,
}

/// Records the lasting resources of a page that no earlier sweep saw, and returns the resources that are gone. `at` is the mark before this
/// page, and `is_last` says whether it is the last one.
pub(super) async fn compare(
    world: &impl World,
    names: &Names,
    at: &SweepRow,
    page: &[&ListedResource],
    is_last: bool,
    now: Timestamp,
) -> Result<Vec<GoneResource>, PortError> {
    names.turn_to(at);
    let listed: Vec<SeenRow> = page.iter().filter_map(|listed| seen(listed)).collect();
    let stored = if is_newest_first(at.kind) {
        stored_between(world, at, &listed, is_last).await?
    } else {
        stored_by_name(world, names, at.kind, &listed, is_last).await?
    };
    let keys: BTreeSet<Key> = stored.iter().map(SeenRow::key).collect();
    let new = listed.iter().filter(|row| !keys.contains(&row.key())).map(SeenRow::write);
    let new: Vec<_> = new.collect();
    if !new.is_empty() {
        world.table().write(&new).await?;
    }
    let shown: BTreeSet<Key> = listed.iter().map(SeenRow::key).collect();
    let mut gone = Vec::new();
    for row in stored {
        let is_shown = shown.contains(&row.key()) || row.gone_seen_at.is_some();
        if is_shown || row.resource.region != at.region {
            continue;
        }
        // A list may lag, so a resource is gone only if it cannot be described either. Another resource may have its name by now.
        let described = world.account().describe(&row.resource).await?;
        let created_at = described.map(|described| described.created_at());
        match created_at {
            Some(created_at) if created_at == Some(row.created_at) => {}
            Some(Some(created_at)) => {
                let before = Timestamp::from_millis(created_at.millis() - 1).min(now);
                gone.push(GoneResource { row, at: before });
            }
            Some(None) => {}
            None => gone.push(GoneResource { row, at: now }),
        }
    }
    Ok(gone)
}

fn seen(listed: &ListedResource) -> Option<SeenRow> {
    let (resource, created_at) = (listed.resource.clone(), listed.created_at?);
    Some(SeenRow { resource, created_at, gone_seen_at: None })
}

/// The resources that earlier sweeps saw in the span of this page: from its oldest resource up to the oldest one of the previous page.
async fn stored_between(
    world: &impl World,
    at: &SweepRow,
    listed: &[SeenRow],
    is_last: bool,
) -> Result<Vec<SeenRow>, PortError> {
    let oldest = listed.iter().map(|row| row.created_at).min();
    if oldest.is_none() && !is_last {
        return Ok(Vec::new());
    }
    let from = oldest.filter(|_| !is_last);
    let found = query_all(world.table(), SeenRow::between(at.kind, from, at.down_to)).await?;
    let shown: BTreeSet<Key> = listed.iter().map(SeenRow::key).collect();
    let rows = found.iter().filter_map(SeenRow::parse);
    // The previous page was already compared with the rows that are as old as its last resource.
    Ok(rows.filter(|row| Some(row.created_at) != at.down_to || shown.contains(&row.key())).collect())
}

/// The stored rows of these resources; on the last page also those that the sweep did not list.
async fn stored_by_name(
    world: &impl World,
    names: &Names,
    kind: ResourceKind,
    listed: &[SeenRow],
    is_last: bool,
) -> Result<Vec<SeenRow>, PortError> {
    listed.iter().for_each(|row| names.add(&row.key()));
    let shown: BTreeSet<Key> = listed.iter().map(SeenRow::key).collect();
    if is_last {
        let found = query_all(world.table(), SeenRow::of(kind)).await?;
        let rows = found.iter().filter_map(SeenRow::parse);
        return Ok(rows.filter(|row| shown.contains(&row.key()) || names.lacks(&row.key())).collect());
    }
    let keys: Vec<Key> = shown.into_iter().collect();
    let found = if keys.is_empty() { Vec::new() } else { world.table().get(&keys).await? };
    Ok(found.iter().filter_map(SeenRow::parse).collect())
}
