//! Which of the known forms a file has.

use serde_json::{Map, Value as Json};

use super::manifest::GROUP;
use super::plan::is_judged;

/// The forms, by their top-level keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A pipeline definition (schema version 2020-12-01).
    Definition,
    /// The operations that create or describe a pipeline, with its definition as a text.
    Pipeline,
    /// Records of CloudTrail: the list's name is `Records` in log files and `Events` in what `lookup-events` answers.
    Log(&'static str),
    /// One record, bare or as the detail of an event.
    Record,
    /// An event about a resource, whose detail describes it.
    StateChange,
    /// A template of CloudFormation, SAM or the CDK.
    Template,
    /// A definition in Amazon States Language.
    States,
    /// A plan or a state of Terraform, as `terraform show -json` writes them.
    Plan,
    /// A state of Terraform, as it stores it.
    State,
    /// Terraform's own language, as JSON.
    Terraform,
    /// A manifest for SageMaker's controller in Kubernetes.
    Manifest,
    /// A list of manifests, as `kubectl get -o yaml` writes it.
    Manifests,
    /// Several documents in a list.
    List,
    /// A request or a description.
    Request,
}

impl Form {
    pub(super) fn of(json: &Json) -> Self {
        let has = |field: &str| json.get(field).is_some();
        let is_list = |field: &str| json.get(field).is_some_and(Json::is_array);
        let is_object = |field: &str| json.get(field).is_some_and(Json::is_object);
        let text = |field: &str| json.get(field).and_then(Json::as_str).unwrap_or_default();
        let is_typed = |resource: &Json| resource.get("Type").is_some_and(Json::is_string);
        let resources = json.get("Resources").and_then(Json::as_object);
        let has_typed = |all: &Map<String, Json>| {
            all.iter().any(|(id, resource)| is_typed(resource) || id.starts_with("Fn::ForEach::"))
        };
        let is_record = |part: &Json| part.get("eventName").is_some();
        let is_trail = |list: &str, field: &str| {
            let list = json.get(list).and_then(Json::as_array);
            list.is_some_and(|list| list.iter().any(|one| one.get(field).is_some()))
        };
        // Clusters of EMR have steps as well, without a type.
        let steps = json.get("Steps").and_then(Json::as_array);
        let are_typed = |steps: &Vec<Json>| steps.is_empty() || steps.iter().any(is_typed);
        match () {
            () if steps.is_some_and(are_typed) => Self::Definition,
            () if is_trail("Records", "eventName") => Self::Log("Records"),
            () if is_trail("Events", "CloudTrailEvent") => Self::Log("Events"),
            () if json.get("detail").is_some_and(is_record) || is_record(json) => Self::Record,
            () if has("detail-type") && is_object("detail") => Self::StateChange,
            () if resources.is_some_and(has_typed) => Self::Template,
            () if has("StartAt") && is_object("States") => Self::States,
            () if json.is_array() => Self::List,
            () if is_list("resource_changes") || is_object("planned_values") => Self::Plan,
            () if json.pointer("/values/root_module").is_some() => Self::Plan,
            () if has("terraform_version") && is_list("resources") => Self::State,
            // States before version 4 have other places for the attributes.
            () if is_language(json) || has("terraform_version") && is_list("modules") => Self::Terraform,
            () if text("apiVersion").starts_with(GROUP) => Self::Manifest,
            () if text("kind") == "List" && is_list("items") => Self::Manifests,
            () if has("PipelineDefinition") || has("PipelineDefinitionS3Location") => Self::Pipeline,
            () => Self::Request,
        }
    }
}

/// Whether a document has resources of SageMaker as Terraform's language writes them in JSON: `{"resource": {"aws_sagemaker_model": {}}}`.
fn is_language(json: &Json) -> bool {
    let resources = json.get("resource").and_then(Json::as_object);
    resources.is_some_and(|all| all.keys().any(|of| is_judged(of)))
}
