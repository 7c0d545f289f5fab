//! How to write the value that a control requires: for boto3, the SageMaker Python SDK, CloudFormation and Terraform.
//!
//! The fields are the control's, with the values that it wants there under the settings. A test compares the calls with AWS's model of
//! the API, and the templates with CloudFormation's schemas. If the name or the value of a field is not certain, nothing is shown.

pub(crate) mod changes;
mod classes;
mod values;

use sagewarden_events::ResourceKind;
use sagewarden_settings::Settings;
use serde_json::{Map, Value as Json, json};

use self::classes::{Names, SDK_2, SDK_3};
use self::values::{is_requested, last, requested, value};
use crate::control::Control;
use crate::intake::{TEMPLATED, creations, plan_name};

/// An example, with its tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Such as `boto3`.
    pub with: &'static str,
    /// The code of the example; fields beside the wanted one are left out.
    pub code: String,
}

/// The kinds that Terraform's provider has as resources with the fields of the API, and their names there.
const TERRAFORM: [(ResourceKind, &str); 7] = [
    (ResourceKind::Model, "aws_sagemaker_model"),
    (ResourceKind::EndpointConfig, "aws_sagemaker_endpoint_configuration"),
    (ResourceKind::NotebookInstance, "aws_sagemaker_notebook_instance"),
    (ResourceKind::Domain, "aws_sagemaker_domain"),
    (ResourceKind::UserProfile, "aws_sagemaker_user_profile"),
    (ResourceKind::Space, "aws_sagemaker_space"),
    (ResourceKind::FeatureGroup, "aws_sagemaker_feature_group"),
];

/// Fields that the provider does not have (compared on 2026-11-29 with the classes that HashiCorp's `@cdktf/provider-aws` generates from
/// it).
const NOT_IN_TERRAFORM: [(ResourceKind, &str); 4] = [
    (ResourceKind::EndpointConfig, "VpcConfig"),
    (ResourceKind::EndpointConfig, "EnableNetworkIsolation"),
    (ResourceKind::EndpointConfig, "ExecutionRoleArn"),
    (ResourceKind::Space, "SpaceSettings.RemoteAccess"),
];

/// The examples for a control of a kind under these settings; none if its fields belong to other answers, or cannot be set when the
/// resource is created.
#[must_use]
pub fn fixes(kind: ResourceKind, control: &Control, settings: &Settings) -> Vec<Fix> {
    if !is_requested(kind) {
        return Vec::new();
    }
    let Some(creation) = creations().find(|creation| creation.kind == kind) else { return Vec::new() };
    let wanted = wanted(creation.operation, control, settings);
    if wanted.is_empty() {
        return Vec::new();
    }
    let request =
        nested(wanted.iter().map(|(path, value)| (requested(kind, path).to_owned(), value.clone())));
    let class = creation.operation.trim_start_matches("Create");
    let mut fixes = vec![Fix {
        with: "boto3",
        code: format!("{}(..., {})", snake(creation.operation), arguments(&request)),
    }];
    for (with, classes) in [("SageMaker SDK v2", SDK_2.as_slice()), ("SageMaker SDK v3", SDK_3.as_slice())] {
        let sdk = classes.iter().find(|(of, ..)| *of == kind);
        let code = sdk.and_then(|(_, class, names)| of_class(class, names, &wanted));
        fixes.extend(code.map(|code| Fix { with, code }));
    }
    // The classes of its core have the API's names, and take the fields of the request as arguments.
    let code = format!("{class}.create(..., {})", arguments(&renamed(&request)));
    fixes.push(Fix { with: "sagemaker-core", code });
    if let Some((name, _)) = TEMPLATED.iter().find(|(_, operation)| *operation == creation.operation) {
        let code = format!("AWS::SageMaker::{name} with Properties: {}", Json::Object(request));
        fixes.push(Fix { with: "CloudFormation", code });
    }
    let is_missing =
        |path: &str| NOT_IN_TERRAFORM.iter().any(|(of, field)| *of == kind && path.starts_with(field));
    let has_all = !wanted.iter().any(|(path, _)| is_missing(path));
    if let Some((_, name)) = TERRAFORM.iter().find(|(of, _)| *of == kind && has_all) {
        let fields = nested(wanted.into_iter().map(|(path, value)| (path.to_owned(), value)));
        let body = block(&fields, kind, 1);
        fixes.push(Fix { with: "Terraform", code: format!("resource \"{name}\" \"NAME\" {{\n{body}}}") });
    }
    fixes
}

/// The wanted fields of the resource itself. If several fields have one name, the first is shown.
fn wanted<'c>(operation: &str, control: &'c Control, settings: &Settings) -> Vec<(&'c str, Json)> {
    let mut wanted: Vec<(&str, Json)> = Vec::new();
    // A job definition is a resource of its own. Controls of schedules name its fields as those of another answer.
    let own = format!("Describe{}:", operation.trim_start_matches("Create"));
    let mut fields: Vec<&str> =
        control.fields.iter().filter_map(|field| field.strip_prefix(own.as_str())).collect();
    if fields.is_empty() {
        fields = control.fields.iter().map(String::as_str).collect();
    }
    // Roles of Canvas, which most domains and profiles lack, are no examples.
    let is_example = |path: &&str| !path.contains([':', '*']) && !path.contains("CanvasAppSettings.");
    for path in fields.into_iter().filter(is_example) {
        let is_shown = |(known, _): &(&str, Json)| last(known) == last(path);
        match value(last(path), &control.area, settings) {
            Some(value) if !wanted.iter().any(is_shown) => wanted.push((path, value)),
            _ => {}
        }
    }
    wanted
}

/// Objects within each other, as the paths lead.
fn nested(paths: impl Iterator<Item = (String, Json)>) -> Map<String, Json> {
    let mut root = Map::new();
    for (path, value) in paths {
        let parts: Vec<&str> = path.split('.').collect();
        put(&mut root, &parts, value);
    }
    root
}

fn put(fields: &mut Map<String, Json>, path: &[&str], value: Json) {
    let Some((head, rest)) = path.split_first() else { return };
    let (name, is_list) = head.strip_suffix("[]").map_or((*head, false), |name| (name, true));
    if rest.is_empty() {
        fields.insert(name.to_owned(), value);
        return;
    }
    let within = fields.entry(name).or_insert_with(|| if is_list { json!([{}]) } else { json!({}) });
    let within = match within {
        Json::Array(list) => list.first_mut(),
        other => Some(other),
    };
    if let Some(fields) = within.and_then(Json::as_object_mut) {
        put(fields, rest, value);
    }
}

/// The fields as arguments of a call in Python.
fn arguments(fields: &Map<String, Json>) -> String {
    let each = fields.iter().map(|(name, value)| format!("{name}={}", python(value)));
    each.collect::<Vec<_>>().join(", ")
}

/// A value in Python.
fn python(value: &Json) -> String {
    match value {
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Array(list) => format!("[{}]", list.iter().map(python).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) => {
            let each = fields.iter().map(|(name, value)| format!("\"{name}\": {}", python(value)));
            format!("{{{}}}", each.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A call of a class of the SDK; `None` where it has no argument for one of the fields.
fn of_class(class: &str, names: Names, wanted: &[(&str, Json)]) -> Option<String> {
    let mut plain = Vec::new();
    let mut within: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for (path, value) in wanted {
        let (_, name) = names.iter().find(|(own, _)| own == path)?;
        match name.split('.').collect::<Vec<_>>().as_slice() {
            [argument, of, inner] => {
                let inner = format!("{inner}={}", python(value));
                match within.iter_mut().find(|(known, ..)| known == argument) {
                    Some((.., arguments)) => arguments.push(inner),
                    None => within.push((argument, of, vec![inner])),
                }
            }
            _ => plain.push(format!("{name}={}", python(value))),
        }
    }
    let within =
        within.into_iter().map(|(argument, of, inner)| format!("{argument}={of}({})", inner.join(", ")));
    Some(format!("{class}(..., {})", plain.into_iter().chain(within).collect::<Vec<_>>().join(", ")))
}

/// The fields in the words of the SDK's core, at every depth.
fn renamed(fields: &Map<String, Json>) -> Map<String, Json> {
    fields.iter().map(|(name, value)| (snake(name), renamed_value(value))).collect()
}

fn renamed_value(value: &Json) -> Json {
    match value {
        Json::Object(fields) => Json::Object(renamed(fields)),
        Json::Array(list) => list.iter().map(renamed_value).collect(),
        other => other.clone(),
    }
}

/// A name as Python writes it.
fn snake(name: &str) -> String {
    let name = name.replace("AutoML", "AutoMl").replace("SSM", "Ssm");
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The fields as Terraform writes them, so deep within other blocks; objects are blocks.
fn block(fields: &Map<String, Json>, kind: ResourceKind, depth: usize) -> String {
    let margin = "  ".repeat(depth);
    let each = fields.iter().map(|(field, value)| {
        let name = match (kind, field.as_str()) {
            (ResourceKind::EndpointConfig, "KmsKeyId") if depth == 1 => "kms_key_arn".to_owned(),
            _ => plan_name(field),
        };
        let inner = match value {
            Json::Array(list) => list.first().and_then(Json::as_object),
            other => other.as_object(),
        };
        match inner {
            Some(inner) => format!("{margin}{name} {{\n{}{margin}}}\n", block(inner, kind, depth + 1)),
            None => format!("{margin}{name} = {value}\n"),
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;

    /// The ways to pass a control, each with its language before it.
    fn check(kind: ResourceKind, id: &str, expect: &[&str]) {
        let bundle = Bundle::embedded().unwrap();
        let fixes = fixes(kind, bundle.control(id).unwrap(), bundle.settings());
        let told: Vec<String> = fixes.iter().map(|fix| format!("{}: {}", fix.with, fix.code)).collect();
        assert_eq!(told, expect, "{id}");
    }

    #[test]
    fn what_is_wanted_is_written_for_each_tool_in_its_own_words() {
        check(
            ResourceKind::TrainingJob,
            "TRN-ENC-01",
            &[
                "boto3: create_training_job(..., ResourceConfig={\"VolumeKmsKeyId\": \"KEY_ARN\"})",
                "SageMaker SDK v2: Estimator(..., volume_kms_key=\"KEY_ARN\")",
                "SageMaker SDK v3: ModelTrainer(..., compute=Compute(volume_kms_key_id=\"KEY_ARN\"))",
                "sagemaker-core: TrainingJob.create(..., resource_config={\"volume_kms_key_id\": \"KEY_ARN\"})",
            ],
        );
        check(
            ResourceKind::Model,
            "MDL-NET-02",
            &[
                "boto3: create_model(..., EnableNetworkIsolation=True)",
                "SageMaker SDK v2: Model(..., enable_network_isolation=True)",
                "SageMaker SDK v3: ModelBuilder(..., network=Networking(enable_network_isolation=True))",
                "sagemaker-core: Model.create(..., enable_network_isolation=True)",
                "CloudFormation: AWS::SageMaker::Model with Properties: {\"EnableNetworkIsolation\":true}",
                "Terraform: resource \"aws_sagemaker_model\" \"NAME\" {\n  enable_network_isolation = true\n}",
            ],
        );
        let bundle = Bundle::embedded().unwrap();
        let of = |kind, id| fixes(kind, bundle.control(id).unwrap(), bundle.settings());
        let model = of(ResourceKind::Model, "MDL-NET-01");
        assert!(
            model[1].code.starts_with("Model(..., vpc_config=dict(Subnets=[\"SUBNET_ID\"], "),
            "{}",
            model[1].code
        );
        assert!(model[5].code.contains("{\n  vpc_config {\n    s"), "{}", model[5].code);
        let terraform = of(ResourceKind::EndpointConfig, "EPC-ENC-01").pop().unwrap();
        assert!(terraform.code.contains("kms_key_arn = \"KEY_ARN\""), "{}", terraform.code);
        let notebook = of(ResourceKind::NotebookInstance, "NBK-NET-02");
        assert!(
            notebook[0].code.contains("SecurityGroupIds=")
                && notebook.last().unwrap().code.contains("security_groups = ")
        );
        assert!(of(ResourceKind::Endpoint, "END-MON-01").is_empty(), "its configuration says it");
        assert!(of(ResourceKind::TrainingJob, "TRN-TRC-04").is_empty(), "nothing is to be set");
    }
}
