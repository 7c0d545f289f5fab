//! Until when traffic of an endpoint has been captured: what is heard of its files. `K#captured` has an item for each endpoint, a
//! register that only grows, whatever order the files are told in, and one (`#`) that says since when anybody listens.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::table::{Attributes, Key, Value, Write};

use crate::ports::{PortError, Table};

const CAPTURED: &str = "K#captured";
const UNTIL: &str = "at";

fn key(endpoint: &Resource) -> Key {
    Key::new(CAPTURED, NodeId::endpoint(endpoint).tail())
}

/// A file was captured in an hour that ends then.
pub(crate) async fn note(table: &impl Table, endpoint: &Resource, until: Timestamp) -> Result<(), PortError> {
    let known = last_captures(table, std::slice::from_ref(endpoint)).await?;
    // There are many files in an hour: asking costs less than a write that changes nothing.
    if known.values().any(|known| *known >= until) {
        return Ok(());
    }
    let newest = Write::Newest {
        key: key(endpoint),
        version_attribute: "atv".to_owned(),
        version: format!("{:015}", until.millis()),
        attributes: Attributes::from([(UNTIL.to_owned(), Value::Number(until.millis()))]),
    };
    table.write(&[newest]).await
}

/// The ends of the last hours in which traffic of these endpoints was captured, by the tails of their identities; nothing of those
/// of which no file was ever told.
pub(crate) async fn last_captures(
    table: &impl Table,
    endpoints: &[Resource],
) -> Result<BTreeMap<String, Timestamp>, PortError> {
    let keys: Vec<Key> = endpoints.iter().map(key).collect();
    let items = table.get(&keys).await?.into_iter();
    Ok(items
        .filter_map(|item| Some((item.key.sk.clone(), Timestamp::from_millis(item.number(UNTIL)?))))
        .collect())
}

/// Since when anybody has listened for captured traffic; from now on, where nobody has: what was captured before was told to nobody.
pub(crate) async fn listening_since(table: &impl Table, now: Timestamp) -> Result<Timestamp, PortError> {
    let key = Key::new(CAPTURED, "#");
    let known = table.get(std::slice::from_ref(&key)).await?;
    let known = known.first().and_then(|item| item.number(UNTIL)).map(Timestamp::from_millis);
    if let Some(known) = known.filter(|known| *known <= now) {
        return Ok(known);
    }
    let earliest = Write::Newest {
        key,
        version_attribute: "atv".to_owned(),
        // The smaller the time, the larger the version.
        version: format!("{:019}", i64::MAX - now.millis()),
        attributes: Attributes::from([(UNTIL.to_owned(), Value::Number(now.millis()))]),
    };
    table.write(&[earliest]).await?;
    Ok(now)
}
