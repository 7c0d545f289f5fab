//! A call shared the traffic of an endpoint out among its variants. The configuration stays the same, and the endpoint's state does not say
//! who asked for what.

use sagewarden_events::{CallMade, Resource, to_api_case};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::node::TRAFFIC;
use sagewarden_lineage::rows::{NodeRow, TrafficRow};
use sagewarden_lineage::table::Write;
use serde_json::Value as Json;

use crate::outcome::{Done, Outcome};
use crate::ports::Table;
use crate::record::created_by::call_row;

/// The call that changes weights and numbers of instances.
pub(crate) const MOVES_TRAFFIC: &str = "UpdateEndpointWeightsAndCapacities";

/// Records the weights that a call asked for. Automatic scaling makes the same call, with numbers of instances alone: they move no traffic
/// from one model to another.
pub(crate) async fn record_traffic_call(table: &impl Table, endpoint: &Resource, call: &CallMade) -> Outcome {
    let request = to_api_case(&call.request);
    let variants = request.get("DesiredWeightsAndCapacities").and_then(Json::as_array).into_iter().flatten();
    let weights: Vec<String> = variants.filter_map(weight).collect();
    if weights.is_empty() {
        return Ok(Done::Nothing(format!("`{}` changes no weight of {endpoint}", call.name)));
    }
    let node = NodeId::endpoint(endpoint);
    let by = call_row(endpoint, call).by;
    let row = TrafficRow { endpoint: node.clone(), at: call.time, asked: weights.join(", "), by };
    table.write(&[NodeRow::fact(&node, TRAFFIC, "true".into()), Write::Put(row.item())]).await?;
    Ok(Done::Acted(format!("recorded the weights of {endpoint}: {}", row.asked)))
}

/// A variant with its weight, in words.
fn weight(variant: &Json) -> Option<String> {
    let weight = variant.get("DesiredWeight")?.as_f64()?;
    Some(format!("{} {weight}", variant.get("VariantName")?.as_str()?))
}
