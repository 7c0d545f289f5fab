//! Who brought a configuration into force on an endpoint: who created the endpoint with it, or updated the endpoint to it.
//!
//! A deployment can come into force more than once, and be asked for by several; its creator is the last one who asked before it
//! first did. Calls and revisions are told in any order, so each is written before the other is looked for, and of all pairs that
//! fit the one of the earliest revision and the latest call wins.

use sagewarden_events::{CallMade, Resource, Timestamp, to_api_case};
use sagewarden_lineage::answer::LiveEndpoint;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::table::{Item, Query, Range, Value, Write};

use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Table;
use crate::record::RecordLineage;
use crate::record::call::{CREATED, calls_pk, created_by, earliest, is_prompt, remembered};
use crate::record::closure::query_all;
use crate::world::World;

/// The configuration that a call named.
const CONFIG: &str = "config";

impl<W: World> RecordLineage<'_, W> {
    /// Records who asked for a configuration on an endpoint.
    pub(crate) async fn record_deploying_call(&self, endpoint: &Resource, call: &CallMade) -> Outcome {
        let request = to_api_case(&call.request);
        let config = request.get("EndpointConfigName").and_then(|name| name.as_str());
        let Some(config) = config.filter(|name| !name.is_empty()) else {
            return Ok(Done::Nothing(format!("`{}` names no configuration", call.name)));
        };
        let mut row = remembered(endpoint, call);
        row.key.sk = format!("{}#{config}", row.key.sk);
        row.attributes.insert(CONFIG.into(), Value::Text(config.to_owned()));
        self.world.table().write(&[Write::Put(row.clone())]).await?;
        let node = NodeId::endpoint(endpoint);
        let range = Range::Between(format!("R#{:015}", call.time.millis()), "R#~".into());
        let later =
            query_all(self.world.table(), Query { range, ..Query::prefix(node.as_str(), "") }).await?;
        // The next one is enough: with those after it the call makes pairs that lose.
        let asked =
            later.iter().filter_map(revision).find(|(at, deployment)| asked_for(&row, deployment, *at));
        if let Some((at, deployment)) = asked {
            self.store_deployer(&deployment, at, &row).await?;
        }
        Ok(Done::Acted(format!("recorded who called `{}` for {endpoint}", call.name)))
    }

    /// Brings a deployment that came into force together with the call that asked for it.
    pub(crate) async fn link_deployer(
        &self,
        endpoint: &Resource,
        deployment: &NodeId,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let calls = query_all(self.world.table(), Query::prefix(calls_pk(endpoint), CREATED)).await?;
        match calls.iter().rev().find(|call| asked_for(call, deployment, at)) {
            Some(last) => self.store_deployer(deployment, at, last).await,
            None => Ok(()),
        }
    }

    async fn store_deployer(&self, deployment: &NodeId, at: Timestamp, call: &Item) -> Result<(), Failure> {
        let mut record = Record::default();
        let called = call.key.sk.trim_start_matches(CREATED);
        created_by(&mut record, deployment, format!("{}#{called}", earliest(at.millis())), call);
        Ok(self.store(record).await?)
    }
}

/// `R#<ms>#<deployment>`
fn revision(row: &Item) -> Option<(Timestamp, NodeId)> {
    let at = row.key.sk.split('#').nth(1)?.parse().ok().map(Timestamp::from_millis)?;
    Some((at, row.text("dep").and_then(NodeId::parse)?))
}

/// Whether a call can have brought a deployment into force at a time: it asked for the same configuration, not later, and not of an
/// earlier endpoint of the name.
fn asked_for(call: &Item, deployment: &NodeId, at: Timestamp) -> bool {
    let LiveEndpoint { configuration, .. } = LiveEndpoint::of(deployment);
    let Some((called, created)) = call.number("at").zip(deployment.endpoint_created_at()) else {
        return false;
    };
    let is_of_this = called >= created.millis() || is_prompt(call, created);
    call.text(CONFIG) == Some(configuration.as_str()) && called <= at.millis() && is_of_this
}
