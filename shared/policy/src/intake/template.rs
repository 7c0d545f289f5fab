//! Templates of CloudFormation, SAM and the CDK. The properties of `AWS::SageMaker::…` are named as the members of the API's requests
//! (a test holds the published schemas against the API).

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::request::{kind_of, of_kind};
use super::taken::Intake;
use super::template_values::TemplateValues;
use super::{pipeline, states};

/// The resources of templates that are judged as requests, each with the operation that it stands for.
pub const TEMPLATED: [(&str, &str); 17] = [
    ("NotebookInstance", "CreateNotebookInstance"),
    ("Model", "CreateModel"),
    ("EndpointConfig", "CreateEndpointConfig"),
    ("Endpoint", "CreateEndpoint"),
    ("Domain", "CreateDomain"),
    ("UserProfile", "CreateUserProfile"),
    ("Space", "CreateSpace"),
    ("App", "CreateApp"),
    ("FeatureGroup", "CreateFeatureGroup"),
    ("ModelPackage", "CreateModelPackage"),
    ("MonitoringSchedule", "CreateMonitoringSchedule"),
    ("DataQualityJobDefinition", "CreateDataQualityJobDefinition"),
    ("ModelQualityJobDefinition", "CreateModelQualityJobDefinition"),
    ("ModelBiasJobDefinition", "CreateModelBiasJobDefinition"),
    ("ModelExplainabilityJobDefinition", "CreateModelExplainabilityJobDefinition"),
    ("Pipeline", "CreatePipeline"),
    ("ProcessingJob", "CreateProcessingJob"),
];

/// The resources of a template.
pub(super) fn resources(template: &Json) -> Intake {
    let mut intake = Intake::default();
    let values = TemplateValues::of(template);
    let mut others = 0_usize;
    for (id, resource) in template.get("Resources").and_then(Json::as_object).into_iter().flatten() {
        let of = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
        let properties = resource.get("Properties").cloned().unwrap_or_else(|| Json::Object(Map::new()));
        let properties = typed("", values.put_into(&properties));
        let place = format!("Resources.{id}");
        let at = format!("{place}.Properties");
        if let Some(kind) = of.strip_prefix("AWS::SageMaker::").and_then(kind_of) {
            let mut candidate = of_kind(kind, properties, None);
            if candidate.resource.name == "(not named yet)" {
                candidate.resource.name = id.clone();
            }
            candidate.id = Some(id.clone());
            intake.candidates.push(candidate.standing(&place, &at, Words::Api));
        } else if of == "AWS::SageMaker::Pipeline" {
            match pipeline::in_text(&properties) {
                Ok(part) => intake.add(part, &at),
                Err(_) => intake.undecided.push(format!("{place}: it has no definition that can be read")),
            }
        } else if ["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"].contains(&of) {
            machine(&properties, &at, &mut intake);
        } else {
            others += 1;
        }
    }
    if others > 0 {
        intake.note(format!("no controls for {others} other resources"));
    }
    intake
}

/// Maps whose values are the users' own.
const FREE: [&str; 3] = ["Environment", "HyperParameters", "Tags"];
/// How the names of numbers end.
const NUMBERS: [&str; 5] = ["Count", "InGB", "InSeconds", "Percentage", "Concurrency"];
/// A text that looks like a number.
const TEXT: &str = "MinimumInstanceMetadataServiceVersion";

/// CloudFormation takes `"true"` for true, `"2"` for 2 and 2 for `"2"`, as the property wants it.
fn typed(name: &str, value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let typed = fields.into_iter().map(|(key, value)| {
                let value = if FREE.contains(&key.as_str()) { value } else { typed(&key, value) };
                (key, value)
            });
            Json::Object(typed.collect())
        }
        Json::Array(list) => list.into_iter().map(|value| typed(name, value)).collect(),
        Json::Number(number) if name == TEXT => Json::String(number.to_string()),
        Json::String(text) => match text.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            number if NUMBERS.iter().any(|end| name.ends_with(end)) => {
                number.parse::<i64>().map_or_else(|_| Json::from(number), Json::from)
            }
            _ => Json::String(text),
        },
        other => other,
    }
}

/// The definition of a state machine, as an object or a text; one in a file of its own is judged there.
fn machine(properties: &Json, at: &str, intake: &mut Intake) {
    for field in ["Definition", "DefinitionString"] {
        let parsed = match properties.get(field) {
            Some(Json::String(text)) => serde_json::from_str(text).ok(),
            Some(Json::Object(fields)) => Some(Json::Object(fields.clone())),
            _ => None,
        };
        if let Some(parsed) = parsed {
            intake.add(states::definition(&parsed), &format!("{at}.{field}"));
        }
    }
}
