//! Plans and states of Terraform, as `terraform show -json` writes them: what each resource of the AWS provider will be, or is ("JSON output format",
//! Terraform documentation).

use serde_json::{Map, Value as Json, json};

use super::candidate::Words;
use super::names::pascal;
use super::pipeline;
use super::request::{kind_of, of_kind};
use super::taken::Intake;
use crate::later::{is_later, later};

/// Blocks that may be repeated in a plan; a single one is an object in the API.
const LISTS: &[&str] = &[
    "AcceleratorTypes",
    "AdditionalInferenceSpecifications",
    "AdditionalModelDataSources",
    "AssumableRoleArns",
    "AttachedPolicies",
    "AutoMLJobInputDataConfig",
    "CaptureOptions",
    "CategoricalParameterRanges",
    "CodeRepositories",
    "CollectionConfigurations",
    "ContainerArguments",
    "ContainerEntrypoint",
    "Containers",
    "CustomFileSystemConfigs",
    "CustomFileSystems",
    "CustomImages",
    "DebugRuleConfigurations",
    "DeployedImages",
    "ExecutionRoleArns",
    "FeatureDefinitions",
    "InputDataConfig",
    "InstanceConfigs",
    "InstanceGroups",
    "InstancePools",
    "InstancePreferences",
    "LifecycleConfigArns",
    "MonitoringInputs",
    "MonitoringOutputs",
    "MonitoringScheduleSummaries",
    "OnCreate",
    "OnStart",
    "Outputs",
    "ProcessingInputs",
    "ProductionVariants",
    "ProfilerRuleConfigurations",
    "SecurityGroupIds",
    "SecurityGroups",
    "ShadowProductionVariants",
    "SourceAlgorithms",
    "Specifications",
    "SubnetIds",
    "Subnets",
    "Tags",
    "TrainingJobDefinitions",
    "ValidationProfiles",
    "Values",
];

/// Maps whose keys are the users' own.
const MAPS: &[&str] = &["environment", "hyper_parameters"];

/// The resources that a plan creates or keeps. A plan without SageMaker resources is empty, and not refused.
pub(super) fn changes(plan: &Json) -> Intake {
    let mut intake = Intake::default();
    let mut others = 0_usize;
    let changes = plan.get("resource_changes").and_then(Json::as_array);
    for (index, change) in changes.into_iter().flatten().enumerate() {
        let actions = change.pointer("/change/actions").and_then(Json::as_array);
        let is_deleted = actions.is_some_and(|actions| actions.iter().all(|action| action == "delete"));
        let at = format!("resource_changes[{index}].change.after");
        let unknown = change.pointer("/change/after_unknown").unwrap_or(&Json::Null);
        let after = change.pointer("/change/after").filter(|_| !is_deleted);
        others += usize::from(!resource(change, after, unknown, &at, &mut intake));
    }
    if changes.is_none() {
        for values in ["planned_values", "values"] {
            let root = plan.get(values).and_then(|values| values.get("root_module")).unwrap_or(&Json::Null);
            planned(root, &format!("{values}.root_module"), &mut others, &mut intake);
        }
    }
    if others > 0 {
        intake.note(format!("no controls for {others} other resources"));
    }
    intake
}

/// Resources of a module and of those within.
fn planned(module: &Json, at: &str, others: &mut usize, intake: &mut Intake) {
    for (index, each) in module.get("resources").and_then(Json::as_array).into_iter().flatten().enumerate() {
        let values = each.get("values");
        let at = format!("{at}.resources[{index}].values");
        *others += usize::from(!resource(each, values, &Json::Null, &at, intake));
    }
    for (index, child) in
        module.get("child_modules").and_then(Json::as_array).into_iter().flatten().enumerate()
    {
        planned(child, &format!("{at}.child_modules[{index}]"), others, intake);
    }
}

/// Whether a resource is of a kind with controls; then it is taken.
fn resource(entry: &Json, values: Option<&Json>, unknown: &Json, at: &str, intake: &mut Intake) -> bool {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
    let is_data = text("mode") == "data";
    let Some(name) = text("type").strip_prefix("aws_sagemaker_").filter(|_| !is_data) else { return false };
    let kind = if name == "endpoint_configuration" { "endpoint_config" } else { name };
    let kind = kind_of(&pascal(kind));
    let (Some(values), address) = (values, text("address")) else { return kind.is_some() };
    let mut document = in_words_of_the_api(values, unknown);
    if name == "pipeline" {
        match pipeline::in_text(&document) {
            Ok(part) => intake.add(part, address),
            Err(_) => intake.undecided.push(format!("{address}: the definition is not known yet")),
        }
        return true;
    }
    let Some(kind) = kind else { return false };
    if let Some(fields) = document.as_object_mut() {
        top(kind.name_field(), fields);
    }
    let mut candidate = of_kind(kind, document, None);
    if candidate.resource.name == "(not named yet)" {
        candidate.resource.name = address.to_owned();
    }
    intake.candidates.push(candidate.standing(address, at, Words::Plan));
    true
}

/// What the provider has at the top and the API calls otherwise.
fn top(name_field: &str, fields: &mut Map<String, Json>) {
    if let Some(name) = fields.remove("Name") {
        fields.insert(name_field.to_owned(), name);
    }
    if let Some(key) = fields.remove("KmsKeyArn") {
        fields.insert("KmsKeyId".to_owned(), key);
    }
    // Those of the provider's `default_tags` are set as well.
    match fields.remove("TagsAll") {
        Some(Json::Object(all)) if !all.is_empty() => {
            drop(fields.insert("Tags".to_owned(), Json::Object(all)))
        }
        _ => {}
    }
    // Left out, the provider sends false, which the API would take for true ("aws_sagemaker_endpoint_configuration", its documentation).
    if let Some(Json::Object(capture)) = fields.get_mut("DataCaptureConfig") {
        let enabled = capture.entry("EnableCapture").or_insert(Json::Null);
        if enabled.is_null() {
            *enabled = Json::Bool(false);
        }
    }
    // A plan's values of an existing resource are not a description.
    fields.remove("Arn");
    match fields.get("Tags") {
        Some(tags) if is_later(tags) => {}
        Some(Json::Object(tags)) => {
            let list = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            fields.insert("Tags".to_owned(), list);
        }
        _ => {}
    }
}

/// Values in the words of the API. What the plan marks as unknown is known later.
fn in_words_of_the_api(value: &Json, unknown: &Json) -> Json {
    if unknown == &Json::Bool(true) {
        return later(None);
    }
    match value {
        Json::Object(fields) => {
            let mut named: Map<String, Json> = Map::new();
            let keys = unknown.as_object().into_iter().flatten().map(|(key, _)| key);
            for key in fields.keys().chain(keys) {
                let within = unknown.get(key).unwrap_or(&Json::Null);
                let value = fields.get(key).unwrap_or(&Json::Null);
                let name = pascal(key);
                let value = match value {
                    Json::Object(_) if MAPS.contains(&key.as_str()) || key == "tags" || key == "tags_all" => {
                        value.clone()
                    }
                    _ => one(&name, in_words_of_the_api(value, within)),
                };
                named.insert(name, value);
            }
            Json::Object(named)
        }
        Json::Array(list) => {
            let within = |index: usize| unknown.get(index).unwrap_or(&Json::Null);
            list.iter().enumerate().map(|(index, value)| in_words_of_the_api(value, within(index))).collect()
        }
        other => other.clone(),
    }
}

/// A block is a list of one, where the API has the object itself.
fn one(name: &str, value: Json) -> Json {
    match value {
        Json::Array(mut list)
            if !LISTS.contains(&name) && list.len() == 1 && list.iter().all(Json::is_object) =>
        {
            list.pop().unwrap_or(Json::Null)
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bundle;
    use crate::lists::table;

    #[test]
    fn every_list_that_a_control_walks_stays_one() {
        let bundle = Bundle::embedded().unwrap();
        let fields = bundle.controls().flat_map(|control| control.fields.iter().map(String::as_str));
        let paths = fields.chain(table().flat_map(|row| row.paths.iter().copied()));
        let parts = paths.flat_map(|path| path.split(['.', ':'])).filter_map(|part| part.strip_suffix("[]"));
        let missing: Vec<&str> = parts.filter(|name| !name.contains('*') && !LISTS.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn a_block_is_an_object_and_what_the_provider_leaves_out_is_what_it_sends() {
        let after = json!({
            "name": "c", "kms_key_arn": "alias/aws/s3", "tags_all": { "Owner": "me" }, "tags": {},
            "data_capture_config": [{ "enable_capture": null, "capture_options": [{ "capture_mode": "Input" }] }],
            "production_variants": [{ "variant_name": "v", "core_dump_config": [{ "destination_s3_uri": "s3://b" }] }],
        });
        let change = json!({
            "address": "a", "type": "aws_sagemaker_endpoint_configuration",
            "change": { "actions": ["update"], "after": after, "after_unknown": {} },
        });
        let intake = changes(&json!({ "resource_changes": [change] }));
        let [candidate] = intake.candidates.as_slice() else { unreachable!("one resource") };
        let document = &candidate.document;
        assert_eq!(
            document.pointer("/ProductionVariants/0/CoreDumpConfig/DestinationS3Uri"),
            Some(&json!("s3://b"))
        );
        assert_eq!(document.pointer("/DataCaptureConfig/EnableCapture"), Some(&json!(false)));
        assert_eq!(
            document.pointer("/DataCaptureConfig/CaptureOptions/0/CaptureMode"),
            Some(&json!("Input"))
        );
        assert_eq!(document.pointer("/Tags"), Some(&json!([{ "Key": "Owner", "Value": "me" }])));
        assert_eq!(
            (candidate.resource.name.as_str(), document.get("KmsKeyId")),
            ("c", Some(&json!("alias/aws/s3")))
        );
        let path = |field: &str| candidate.path(field).unwrap();
        assert_eq!(path("KmsKeyId"), "resource_changes[0].change.after.kms_key_arn");
        assert_eq!(
            path("DataCaptureConfig.KmsKeyId"),
            "resource_changes[0].change.after.data_capture_config.kms_key_id"
        );
        assert_eq!(candidate.name_path(), "resource_changes[0].change.after.name");
    }
}
