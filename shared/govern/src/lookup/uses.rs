//! The resources that were made from each of some nodes, one step away.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::OutEdgeRow;

use crate::ports::{PortError, Table};

/// Queries in flight at once.
const CONCURRENCY: usize = 16;

/// The nodes that the edges out of each node lead to, at most this many for each.
///
/// # Errors
/// If the table fails.
pub async fn uses<'a>(
    table: &impl Table,
    nodes: impl IntoIterator<Item = &'a NodeId>,
    at_most: usize,
) -> Result<BTreeMap<NodeId, Vec<NodeId>>, PortError> {
    let one = async |id: &NodeId| {
        let page = table.query(&OutEdgeRow::out_of(id).at_most(at_most)).await?;
        let mut ends: Vec<NodeId> =
            page.items.iter().filter_map(OutEdgeRow::parse).map(|row| row.destination).collect();
        ends.sort();
        ends.dedup();
        Ok::<_, PortError>((id.clone(), ends))
    };
    stream::iter(nodes).map(one).buffered(CONCURRENCY).try_collect().await
}
