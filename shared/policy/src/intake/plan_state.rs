//! States of Terraform as it stores them (`terraform.tfstate`, version 4): the attributes of each instance of a resource, in the words of its
//! provider.

use serde_json::{Value as Json, json};

use super::plan::resource;
use super::taken::{Intake, resources_without_controls};

/// The resources of a state.
pub(super) fn resources(state: &Json) -> Intake {
    let mut intake = Intake::default();
    let mut passed = 0_usize;
    for (index, one) in state.get("resources").and_then(Json::as_array).into_iter().flatten().enumerate() {
        let instances = one.get("instances").and_then(Json::as_array).into_iter().flatten();
        for (number, instance) in instances.enumerate() {
            let entry = json!({ "type": one.get("type"), "mode": one.get("mode"), "address": address(one, instance) });
            let at = format!("resources[{index}].instances[{number}].attributes");
            let is_taken = resource(&entry, instance.get("attributes"), &Json::Null, &at, &mut intake);
            passed += usize::from(!is_taken);
        }
    }
    if passed > 0 {
        intake.note(resources_without_controls(passed));
    }
    intake
}

/// The address of an instance: `module.a.aws_sagemaker_model.m[0]`.
fn address(resource: &Json, instance: &Json) -> String {
    let text = |key: &str| resource.get(key).and_then(Json::as_str).unwrap_or_default();
    let module = if text("module").is_empty() { String::new() } else { format!("{}.", text("module")) };
    let key = instance.get("index_key").filter(|key| !key.is_null());
    let key = key.map(|key| format!("[{key}]")).unwrap_or_default();
    format!("{module}{}.{}{key}", text("type"), text("name"))
}
