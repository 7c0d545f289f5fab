//! Which model served a window's traffic: the one that was deployed when the window began, whatever is deployed by
//! now. So a file whose event comes late, or again, belongs to the same model.

use std::collections::BTreeMap;

use sagewarden_events::ResourceKind;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::observe;
use serde_json::Value as Json;

use crate::outcome::Failure;
use crate::ports::{Account, Table};
use crate::record::deployment;
use crate::window::Window;

/// A configuration, and the model of one of its variants; `None` if the model is not known.
#[derive(Debug, Default)]
pub(super) struct Served {
    pub(super) config: String,
    pub(super) model: Option<NodeId>,
}

/// From the lineage, if it knows the deployment; else from the account's present description.
pub(super) async fn served(
    account: &impl Account,
    table: &impl Table,
    window: &Window,
    described: &Json,
) -> Result<Served, Failure> {
    let endpoint = NodeId::endpoint(&window.endpoint);
    if let Some(deployment) = deployment::deployment_in(table, &endpoint, window.start, window.end).await? {
        let config = deployment.last_name().to_owned();
        if let Some(model) = deployment::model_of(table, &deployment, &window.variant).await? {
            return Ok(Served { config, model: Some(model) });
        }
        return described_model(account, window, config).await;
    }
    let config = described.get("EndpointConfigName").and_then(Json::as_str).unwrap_or_default();
    described_model(account, window, config.to_owned()).await
}

/// The model of the window's variant, by a configuration that still exists.
async fn described_model(account: &impl Account, window: &Window, config: String) -> Result<Served, Failure> {
    let endpoint = &window.endpoint;
    let named = endpoint.sibling(ResourceKind::EndpointConfig, &config);
    let Some(described) = account.describe(&named).await? else {
        return Ok(Served { config, model: None });
    };
    let variants = described.document.get("ProductionVariants").and_then(Json::as_array);
    let of_window = |each: &&Json| each.get("VariantName").and_then(Json::as_str) == Some(&window.variant);
    let model =
        variants.into_iter().flatten().find(of_window).and_then(|each| each.get("ModelName")?.as_str());
    let Some(name) = model else { return Ok(Served { config, model: None }) };
    let described = account.describe(&endpoint.sibling(ResourceKind::Model, name)).await?;
    let model = described.map(|it| observe(&it.resource, &it.document, &BTreeMap::new())).transpose()?;
    Ok(Served { config, model: model.map(|seen| seen.id) })
}
