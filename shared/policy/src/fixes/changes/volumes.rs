//! The root volumes of a cluster's groups. A group without a configuration of its own for it has one under AWS's key.

use sagewarden_settings::Settings;
use serde_json::{Value as Json, json};

use super::place::places;
use crate::control::Control;
use crate::fixes::values::value;

/// What a path of root volumes ends with, below the group.
const ROOT: &str = ".InstanceStorageConfigs[].EbsVolumeConfig.RootVolume";

/// The most configurations of a group (`ClusterInstanceStorageConfigs`, SageMaker API reference).
const MOST: usize = 4;

/// One more configuration for each group without one of its root volume: where it is added, and the configuration. A full group has no place
/// for it: only its team knows which other one to give up.
pub(super) fn root_volumes(document: &Json, control: &Control, settings: &Settings) -> Vec<(String, Json)> {
    let groups = control.fields.iter().filter_map(|path| path.strip_suffix(ROOT));
    let without = groups.flat_map(|path| places(document, path)).filter(|group| {
        let roots = places(group.value.unwrap_or(&Json::Null), ROOT.trim_start_matches('.'));
        let configs = group.value.and_then(|group| group.get("InstanceStorageConfigs")?.as_array());
        let has_place = configs.is_none_or(|configs| configs.len() < MOST);
        has_place && !roots.iter().any(|root| root.value == Some(&Json::Bool(true)))
    });
    let Some(key) = value("VolumeKmsKeyId", &control.area, settings) else { return Vec::new() };
    let added = json!({ "EbsVolumeConfig": { "RootVolume": true, "VolumeKmsKeyId": key } });
    without.map(|group| (format!("{}.InstanceStorageConfigs[]", group.field), added.clone())).collect()
}
