//! Which version of a component, and which revision of a router, was there at a time.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::fact::deleted_at;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::{AliasRow, OutEdgeRow};
use sagewarden_lineage::table::Item;
use sagewarden_lineage::walk::OutEdges;

use super::reading::{Interrupted, Reading};
use crate::ports::Table;

/// The newest version or revision of a component or router, of those that were there at a time; `None` if there was none.
pub(super) async fn version_at<T: Table>(
    reading: &Reading<'_, T>,
    id: &NodeId,
    at: Option<Timestamp>,
) -> Result<Option<NodeId>, Interrupted> {
    let Some(resource) = id.as_resource() else { return Ok(None) };
    let rows = reading.query_all(AliasRow::named(resource.kind.segment(), &resource.name)).await?;
    let ids = rows.iter().filter_map(AliasRow::parse).map(|row| row.id);
    let own = ids.filter(|other| other.as_resource().as_ref() == Some(&resource));
    let there = own.filter(|other| at.is_none_or(|at| other.created_at().is_some_and(|since| since <= at)));
    Ok(there.max_by_key(NodeId::created_at))
}

/// Takes out the edges to revisions of routers that are no longer in force: such a router may send its requests elsewhere by now.
pub(super) async fn without_former_routers<T: Table>(
    reading: &Reading<'_, T>,
    mut pages: Vec<OutEdges>,
) -> Result<Vec<OutEdges>, Interrupted> {
    let router = |row: &Item| {
        let to = OutEdgeRow::parse(row)?.destination;
        (to.kind() == NodeKind::InferenceRouter).then_some(to)
    };
    let routers: BTreeSet<NodeId> = pages.iter().flat_map(|page| &page.rows).filter_map(router).collect();
    let mut former = BTreeSet::new();
    for id in routers {
        let is_newest = version_at(reading, &id, None).await?.as_ref() == Some(&id);
        let node = Node { item: reading.node(&id).await?, id };
        if !is_newest || deleted_at(&node).is_some() {
            former.insert(node.id);
        }
    }
    if !former.is_empty() {
        for page in &mut pages {
            page.rows.retain(|row| router(row).is_none_or(|id| !former.contains(&id)));
        }
    }
    Ok(pages)
}
