//! Plans and states of Terraform, as `terraform show -json` writes them: what each resource of AWS's providers will be, or is ("JSON output format",
//! Terraform documentation).

use serde_json::{Map, Value as Json, json};

use super::candidate::Words;
use super::names::{pascal, property_of};
use super::plan_references::Expressions;
use super::request::{kind_of, of_kind};
use super::taken::{Intake, resources_without_controls};
use super::{cloud_control, plan_texts};
use crate::later::{is_later, later};

/// Blocks that may be repeated in a plan; a single one is an object in the API.
const LISTS: &[&str] = &[
    "AcceleratorTypes",
    "AdditionalCodeRepositories",
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
    "CurrentInstanceTypes",
    "CustomFileSystemConfigs",
    "CustomFileSystems",
    "CustomImages",
    "DebugRuleConfigurations",
    "DeployedImages",
    "DesiredInstanceTypes",
    "Destinations",
    "EndpointConfigurations",
    "Endpoints",
    "ExecutionRoleArns",
    "FeatureDefinitions",
    "IdentityProviderOAuthSettings",
    "InputDataConfig",
    "InstanceConfigs",
    "InstanceGroups",
    "InstancePools",
    "InstancePreferences",
    "InstanceStorageConfigs",
    "InstanceTypeDetails",
    "InstanceTypes",
    "LifecycleConfigArns",
    "ModelVariants",
    "MonitoringInputs",
    "MonitoringOutputs",
    "MonitoringScheduleSummaries",
    "OnCreate",
    "OnStart",
    "OptimizationConfigs",
    "Outputs",
    "ProcessingInputs",
    "ProductionVariants",
    "ProfilerRuleConfigurations",
    "RestrictedInstanceGroups",
    "RoutingTargets",
    "SecurityGroupIds",
    "SecurityGroups",
    "ShadowProductionVariants",
    "SourceAlgorithms",
    "Specifications",
    "SubnetIds",
    "Subnets",
    "SupportedInstanceTypes",
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
    for (index, one) in changes.into_iter().flatten().enumerate() {
        others += usize::from(!change(one, index, &mut intake));
    }
    if changes.is_none() {
        for values in ["planned_values", "values"] {
            let root = plan.get(values).and_then(|values| values.get("root_module")).unwrap_or(&Json::Null);
            planned(root, &format!("{values}.root_module"), &mut others, &mut intake);
        }
    }
    if others > 0 {
        intake.note(resources_without_controls(others));
    }
    intake.undecided.extend(incomplete(plan));
    if let Some(configuration) = plan.get("configuration") {
        let known = intake.candidates.iter().filter_map(|one| one.id.clone()).collect();
        Expressions::of(configuration).put_into(&mut intake.candidates, &known);
    }
    intake
}

/// Why a plan does not show every resource.
fn incomplete(plan: &Json) -> Vec<String> {
    let mut found = Vec::new();
    if plan.get("errored") == Some(&Json::Bool(true)) {
        found.push("errored: planning failed, so that the plan does not show every resource".to_owned());
    }
    let deferred = plan.get("deferred_changes").and_then(Json::as_array).into_iter().flatten();
    for (index, change) in deferred.enumerate() {
        let change = change.get("resource_change").unwrap_or(&Json::Null);
        let text = |key: &str| change.get(key).and_then(Json::as_str).unwrap_or_default();
        if is_judged(text("type")) && text("mode") != "data" {
            found.push(format!(
                "{} (deferred_changes[{index}]): Terraform plans it only after others are applied",
                text("address")
            ));
        }
    }
    found
}

/// Whether a change is of a resource with controls; then it is taken.
pub(super) fn change(change: &Json, index: usize, intake: &mut Intake) -> bool {
    let actions = change.pointer("/change/actions").and_then(Json::as_array);
    let ends = |action: &Json| action == "delete" || action == "forget";
    let is_deleted = actions.is_some_and(|actions| actions.iter().all(ends));
    let unknown = change.pointer("/change/after_unknown").unwrap_or(&Json::Null);
    let of = change.get("type").and_then(Json::as_str).unwrap_or_default();
    if is_deleted {
        return is_judged(of);
    }
    let after = change.pointer("/change/after").filter(|after| !after.is_null());
    resource(change, after, unknown, &format!("resource_changes[{index}].change.after"), intake)
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
pub(super) fn resource(
    entry: &Json,
    values: Option<&Json>,
    unknown: &Json,
    at: &str,
    intake: &mut Intake,
) -> bool {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default();
    let (of, address) = (text("type"), text("address"));
    if text("mode") == "data" || !is_judged(of) {
        return false;
    }
    let Some(values) = values else {
        intake.undecided.push(format!("{address}: the plan does not show the values of the resource"));
        return true;
    };
    if plan_texts::is_holder(of) {
        let held = plan_texts::held(of, values, unknown, address, at);
        return held.map(|part| intake.append(part)).is_some();
    }
    let Some((name, words)) = named(of) else { return false };
    let mut document = match words {
        Words::CloudControl => cloud_control::properties(values, unknown),
        _ => in_words_of_the_api(values, unknown),
    };
    if name == "Pipeline" {
        intake.append(plan_texts::pipeline(&document, words, address, at));
        return true;
    }
    let Some(kind) = kind_of(&name) else { return false };
    match document.as_object_mut() {
        // The plan's data about an existing resource is not a description.
        Some(fields) if words == Words::CloudControl => drop(fields.remove(kind.arn_field())),
        Some(fields) => top(kind.name_field(), fields),
        None => {}
    }
    let mut candidate = of_kind(kind, document, None);
    if candidate.resource.name == "(not named yet)" {
        candidate.resource.name = address.to_owned();
    }
    candidate.id = Some(address.to_owned());
    intake.candidates.push(candidate.standing(address, at, words));
    true
}

/// Whether a type of resource has controls, or holds resources that have some.
pub(super) fn is_judged(of: &str) -> bool {
    plan_texts::is_holder(of)
        || named(of).is_some_and(|(name, _)| name == "Pipeline" || kind_of(&name).is_some())
}

/// Whether resources of a type are configurations of endpoints.
pub(super) fn is_config(of: &str) -> bool {
    named(of).is_some_and(|(name, _)| name == "EndpointConfig")
}

/// The API's name for a type of resource, and the provider's names for its fields.
fn named(of: &str) -> Option<(String, Words)> {
    if let Some(name) = of.strip_prefix(cloud_control::PREFIX) {
        return Some((property_of(name), Words::CloudControl));
    }
    match of.strip_prefix("aws_sagemaker_")? {
        "endpoint_configuration" => Some(("EndpointConfig".to_owned(), Words::Plan)),
        // As a block, it has the name of a list.
        "code_repository" => Some(("CodeRepository".to_owned(), Words::Plan)),
        name => Some((pascal(name), Words::Plan)),
    }
}

/// Fields at the top level whose names differ between the provider and the API.
fn top(name_field: &str, fields: &mut Map<String, Json>) {
    if let Some(name) = fields.remove("Name") {
        fields.insert(name_field.to_owned(), name);
    }
    if let Some(key) = fields.remove("KmsKeyArn") {
        fields.insert("KmsKeyId".to_owned(), key);
    }
    // Tags of the provider's `default_tags` are set as well.
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
    // The state's data about an existing resource is not a description.
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

/// Values in the words of the API. Values that the plan marks as unknown are known later.
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

    #[test]
    fn what_terraform_deletes_or_forgets_is_not_judged() {
        for action in ["delete", "forget"] {
            let change = json!({
                "address": "m", "type": "aws_sagemaker_model",
                "change": { "actions": [action], "before": { "name": "m" }, "after": null, "after_unknown": {} },
            });
            assert_eq!(changes(&json!({ "resource_changes": [change] })), Intake::default(), "{action}");
        }
    }

    #[test]
    fn resources_of_the_provider_for_cloud_control_are_taken_in_its_own_words() {
        let after = json!({
            "model_name": "m", "model_arn": "arn:aws:sagemaker:eu-west-1:1:model/m", "enable_network_isolation": true,
            "primary_container": { "image": "i", "environment": "{\"A_b\": \"c\"}" }, "tags": [{ "key": "Owner", "value": "me" }],
            "vpc_config": { "security_group_ids": [null] },
        });
        let unknown = json!({ "vpc_config": { "subnets": true, "security_group_ids": [true] }, "execution_role_arn": true });
        let change = json!({
            "address": "awscc_sagemaker_model.m", "type": "awscc_sagemaker_model",
            "change": { "actions": ["create"], "after": after, "after_unknown": unknown },
        });
        let intake = changes(&json!({ "resource_changes": [change] }));
        let [candidate] = intake.candidates.as_slice() else { unreachable!("one resource") };
        let expect = json!({
            "ModelName": "m", "EnableNetworkIsolation": true, "Tags": [{ "Key": "Owner", "Value": "me" }],
            "PrimaryContainer": { "Image": "i", "Environment": { "A_b": "c" } }, "ExecutionRoleArn": later(None),
            "VpcConfig": { "Subnets": later(None), "SecurityGroupIds": [later(None)] },
        });
        assert_eq!(candidate.document, expect);
        assert_eq!(
            candidate.path("VpcConfig.SecurityGroupIds").unwrap(),
            "resource_changes[0].change.after.vpc_config.security_group_ids"
        );
    }

    #[test]
    fn a_pipeline_of_the_provider_for_cloud_control_is_judged_by_its_steps() {
        let definition = json!({ "Steps": [{ "Name": "m", "Type": "Model", "Arguments": {} }] });
        let body = json!({ "pipeline_definition_body": definition.to_string() });
        for given in [body, json!(json!({ "PipelineDefinitionBody": definition.to_string() }).to_string())] {
            let change = json!({
                "address": "p", "type": "awscc_sagemaker_pipeline",
                "change": { "actions": ["create"], "after": { "pipeline_definition": given }, "after_unknown": {} },
            });
            let intake = changes(&json!({ "resource_changes": [change] }));
            assert_eq!(intake.candidates.len(), 1, "{intake:?}");
        }
    }
}
