//! Who brought a configuration into force on an endpoint: who created the endpoint with it, or updated the endpoint to it.
//!
//! A deployment can come into force more than once, and be asked for by several; its creator is the last one who asked before it
//! first did. Calls and revisions are reported in any order, so each is written before the other is looked for, and of all pairs
//! that fit the one of the earliest revision and the latest call wins.

use sagewarden_events::{CallMade, Resource, Timestamp, to_api_case};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::{CallRow, RevisionRow, earliest};

use crate::notify::Moment;
use crate::outcome::{Done, Outcome};
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;
use crate::record::created_by::{call_row, created_by, is_prompt};
use crate::record::store::store_record;

/// Records who asked for a configuration on an endpoint.
pub(crate) async fn record_deploying_call(
    table: &impl Table,
    moment: &Moment,
    endpoint: &Resource,
    call: &CallMade,
) -> Outcome {
    let request = to_api_case(&call.request);
    let config = request.get("EndpointConfigName").and_then(|name| name.as_str());
    let Some(config) = config.filter(|name| !name.is_empty()) else {
        return Ok(Done::Nothing(format!("`{}` names no configuration", call.name)));
    };
    let row = CallRow { configuration: Some(config.to_owned()), ..call_row(endpoint, call) };
    table.write(&[row.write()]).await?;
    let later = query_all(table, RevisionRow::since(&NodeId::endpoint(endpoint), call.time)).await?;
    let later = later.iter().filter_map(RevisionRow::parse);
    let mut deployed = later.filter_map(|revision| Some((revision.at, revision.deployment?)));
    // The next one is enough: with those after it the call makes pairs that lose.
    if let Some((at, deployment)) = deployed.find(|(at, deployment)| asked_for(&row, deployment, *at)) {
        store_deployer(table, moment, &deployment, at, &row).await?;
    }
    Ok(Done::Acted(format!("recorded who called `{}` for {endpoint}", call.name)))
}

/// Brings a deployment that came into force together with the call that asked for it.
pub(crate) async fn link_deployer(
    table: &impl Table,
    moment: &Moment,
    endpoint: &Resource,
    deployment: &NodeId,
    at: Timestamp,
) -> Result<(), PortError> {
    let calls = query_all(table, CallRow::creations(endpoint)).await?;
    let mut latest_first = calls.iter().rev().filter_map(CallRow::parse);
    match latest_first.find(|call| asked_for(call, deployment, at)) {
        Some(last) => store_deployer(table, moment, deployment, at, &last).await,
        None => Ok(()),
    }
}

async fn store_deployer(
    table: &impl Table,
    moment: &Moment,
    deployment: &NodeId,
    at: Timestamp,
    call: &CallRow,
) -> Result<(), PortError> {
    let mut record = Record::default();
    created_by(&mut record, deployment, format!("{}#{}", earliest(at), call.version()), call);
    store_record(table, moment, record, None).await
}

/// Whether a call can have brought a deployment into force at a time: it asked for the same configuration, not later, and not of an
/// earlier endpoint of the name.
fn asked_for(call: &CallRow, deployment: &NodeId, at: Timestamp) -> bool {
    let names_and_time = deployment.deployed().zip(deployment.endpoint_created_at());
    let Some(((_, configuration), created)) = names_and_time else { return false };
    let is_of_this = call.at >= created || is_prompt(call, created);
    call.configuration.as_deref() == Some(configuration) && call.at <= at && is_of_this
}
