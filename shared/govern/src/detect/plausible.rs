//! Whether a file can be captured traffic of the hour and the variant that its key names. Anybody who may write where
//! an endpoint captures to can write any key. So a window that cannot have been captured is not opened.

use sagewarden_events::{ObjectCreated, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::{CapturedFileRow, RevisionRow};
use sagewarden_measure::capture::CaptureKey;
use serde_json::Value as Json;

use super::served::served;
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::window::{HOUR_MS, Window, end_of};
use crate::world::World;

/// How far clocks may be apart.
const SKEW_MS: i64 = 15 * 60_000;

/// Where a description lists variants (`DescribeEndpoint`).
const VARIANTS: [&str; 4] = [
    "/ProductionVariants",
    "/ShadowProductionVariants",
    "/PendingDeploymentSummary/ProductionVariants",
    "/PendingDeploymentSummary/ShadowProductionVariants",
];

/// Why the file cannot have been captured; `None` if it can.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn implausible(
    world: &impl World,
    window: &Window,
    key: &CaptureKey<'_>,
    written: &ObjectCreated,
    described: &Json,
) -> Result<Option<String>, Failure> {
    let Some(until) = end_of(key.hour) else { return Ok(Some("it names no hour".to_owned())) };
    if until.millis() - HOUR_MS > written.time.millis() + SKEW_MS {
        return Ok(Some(format!("it was written before {}", key.hour)));
    }
    if !existed(world.table(), window, until, described).await? {
        return Ok(Some(format!("the endpoint was created after {}", key.hour)));
    }
    if !has_variant(world, window, described).await? {
        return Ok(Some(format!("the endpoint has no variant `{}`", window.variant)));
    }
    Ok(None)
}

/// Whether an endpoint of this name existed before a time: the present one, or one that was deleted since.
async fn existed(
    table: &impl Table,
    window: &Window,
    until: Timestamp,
    described: &Json,
) -> Result<bool, PortError> {
    let created = described.get("CreationTime").and_then(Timestamp::from_json);
    if created.is_none_or(|created| created < until) {
        return Ok(true);
    }
    let before = RevisionRow::until(&NodeId::endpoint(&window.endpoint), until).at_most(1);
    Ok(!table.query(&before).await?.items.is_empty())
}

/// Whether the endpoint has the variant now, or had it when the window began. Files that were
/// accepted into the window before prove that it did.
async fn has_variant(world: &impl World, window: &Window, described: &Json) -> Result<bool, Failure> {
    let lists = VARIANTS.iter().filter_map(|place| described.pointer(place)?.as_array()).flatten();
    let mut names = lists.filter_map(|variant| variant.get("VariantName")?.as_str());
    if names.any(|name| name == window.variant) {
        return Ok(true);
    }
    let noted = CapturedFileRow::of(&window.open_row().partition()).at_most(1);
    if !world.table().query(&noted).await?.items.is_empty() {
        return Ok(true);
    }
    Ok(served(world.account(), world.table(), window, described).await?.model.is_some())
}
