//! The resources that were made from each of some nodes, one step away.

use std::collections::BTreeMap;

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::OutEdgeRow;

use crate::ports::{PortError, Table};

/// The nodes that the edges out of each node lead to, at most this many for each.
///
/// # Errors
/// If the table fails.
pub async fn uses<'a>(
    table: &impl Table,
    nodes: impl IntoIterator<Item = &'a NodeId>,
    at_most: usize,
) -> Result<BTreeMap<NodeId, Vec<NodeId>>, PortError> {
    let mut found = BTreeMap::new();
    for id in nodes {
        let page = table.query(&OutEdgeRow::out_of(id).at_most(at_most)).await?;
        let mut ends: Vec<NodeId> =
            page.items.iter().filter_map(OutEdgeRow::parse).map(|row| row.destination).collect();
        ends.sort();
        ends.dedup();
        found.insert(id.clone(), ends);
    }
    Ok(found)
}
