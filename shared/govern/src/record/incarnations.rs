//! The recorded incarnations of a name: a name can be used again after a deletion.

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::AliasRow;

use crate::ports::{PortError, Table};
use crate::record::closure::query_all;

/// The newest incarnation of a name that was recorded and is not younger than the resource that names it.
pub(crate) async fn recorded_incarnation(
    table: &impl Table,
    resource: &Resource,
    named_at: Timestamp,
) -> Result<Option<NodeId>, PortError> {
    let dated = recorded(table, resource).await?.into_iter();
    Ok(dated.filter(|(created, _)| *created <= named_at).max().map(|(_, id)| id))
}

/// Whether any incarnation of a name was recorded.
pub(crate) async fn is_recorded(table: &impl Table, resource: &Resource) -> Result<bool, PortError> {
    Ok(recorded_incarnation(table, resource, Timestamp::from_millis(i64::MAX)).await?.is_some())
}

/// Every recorded incarnation of exactly this name. Other names may differ in case only.
pub(crate) async fn incarnations(
    table: &impl Table,
    resource: &Resource,
) -> Result<Vec<(Timestamp, NodeId)>, PortError> {
    let mut found = recorded(table, resource).await?;
    found.retain(|(created, id)| NodeId::resource(resource, *created).as_ref() == Some(id));
    Ok(found)
}

/// Every incarnation under a name in any case, with its creation time.
async fn recorded(table: &impl Table, resource: &Resource) -> Result<Vec<(Timestamp, NodeId)>, PortError> {
    let found = query_all(table, AliasRow::named(resource.kind.segment(), &resource.name)).await?;
    let ids = found.iter().filter_map(AliasRow::parse).map(|alias| alias.id);
    Ok(ids.filter_map(|id| Some((id.created_at()?, id))).collect())
}
