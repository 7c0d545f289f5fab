//! The time of an endpoint's last captured traffic according to the events of its files, and the time since when the stack receives such
//! events.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::rows::{LastCaptureRow, ListeningRow};
use sagewarden_lineage::table::Key;

use crate::ports::{PortError, Table};

/// Notes that a file was captured in the hour that ends at this time.
pub(crate) async fn note(table: &impl Table, endpoint: &Resource, until: Timestamp) -> Result<(), PortError> {
    let known = last_captures(table, std::slice::from_ref(endpoint)).await?;
    // An hour has many files: a read costs less than a write that changes nothing.
    if known.values().any(|known| *known >= until) {
        return Ok(());
    }
    table.write(&[LastCaptureRow::write(endpoint, until)]).await
}

/// The ends of the last hours in which traffic of these endpoints was captured, by the tails of their identities. An
/// endpoint without any event of a file is left out.
pub(crate) async fn last_captures(
    table: &impl Table,
    endpoints: &[Resource],
) -> Result<BTreeMap<String, Timestamp>, PortError> {
    let keys: Vec<Key> = endpoints.iter().map(LastCaptureRow::key).collect();
    let rows = table.get(&keys).await?;
    let rows = rows.iter().filter_map(LastCaptureRow::parse);
    Ok(rows.map(|row| (row.endpoint, row.until)).collect())
}

/// Since when the stack receives events of captured traffic. If it has not noted that yet, from now on: no event
/// about earlier traffic arrived.
pub(crate) async fn listening_since(table: &impl Table, now: Timestamp) -> Result<Timestamp, PortError> {
    let known = table.get(&[ListeningRow::key()]).await?;
    let known = known.first().and_then(ListeningRow::parse);
    if let Some(known) = known.filter(|known| known.since <= now) {
        return Ok(known.since);
    }
    table.write(&[ListeningRow { since: now }.write()]).await?;
    Ok(now)
}
