//! The packages that a model was made from. A package names the baselines that its owner approved with it.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::observe::observe;
use serde_json::Value as Json;

use crate::ports::{Account, Description, PortError};
use crate::world::World;

/// The packages that the containers of a model name, as the account describes them.
///
/// # Errors
/// When the account does not answer.
pub(crate) async fn packages_of(
    world: &impl World,
    endpoint: &Resource,
    model: &NodeId,
) -> Result<Vec<Description>, PortError> {
    let named = endpoint.sibling(ResourceKind::Model, model.last_name());
    let Some(model) = world.account().describe(&named).await?.filter(|it| is_same(model, it)) else {
        return Ok(Vec::new());
    };
    let more = model.document.get("Containers").and_then(Json::as_array);
    let containers = model.document.get("PrimaryContainer").into_iter().chain(more.into_iter().flatten());
    let mut packages = Vec::new();
    for arn in containers.filter_map(|container| container.get("ModelPackageName")?.as_str()) {
        let Ok(package) = Resource::parse_arn(arn) else { continue };
        packages.extend(world.account().describe(&package).await?);
    }
    Ok(packages)
}

/// Whether a model still has this identity: its name may have been used again.
fn is_same(model: &NodeId, described: &Description) -> bool {
    let seen = observe(&described.resource, &described.document, &BTreeMap::new());
    seen.is_ok_and(|seen| seen.id == *model)
}
