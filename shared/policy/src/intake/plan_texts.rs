//! Resources of a plan that hold others in a text: definitions of pipelines and of state machines, templates of stacks, and resources of
//! Terraform's provider in the words of CloudFormation.

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::machine::machine;
use super::pipeline;
use super::taken::Intake;
use super::template::{resource_of, stack};
use crate::later::{later, parse};

/// What a type of resource holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Machine,
    Stack,
    /// A resource of any service, by the name of its type.
    Any,
}

/// Attributes that are read, and what CloudFormation calls them.
type Attributes = &'static [(&'static str, &'static str)];

/// The types, each with its attributes.
const TYPES: [(&str, Held, Attributes); 7] = [
    ("aws_sfn_state_machine", Held::Machine, &[("definition", "DefinitionString")]),
    ("awscc_stepfunctions_state_machine", Held::Machine, MACHINE),
    ("aws_cloudformation_stack", Held::Stack, STACK),
    ("aws_cloudformation_stack_set", Held::Stack, STACK),
    ("awscc_cloudformation_stack", Held::Stack, STACK),
    ("awscc_cloudformation_stack_set", Held::Stack, STACK),
    ("aws_cloudcontrolapi_resource", Held::Any, &[("type_name", "Type"), ("desired_state", "Properties")]),
];
const MACHINE: Attributes = &[
    ("definition_string", "DefinitionString"),
    ("definition", "Definition"),
    ("definition_s3_location", "DefinitionS3Location"),
    ("definition_substitutions", "DefinitionSubstitutions"),
];
const STACK: Attributes =
    &[("template_body", "TemplateBody"), ("template_url", "TemplateURL"), ("parameters", "Parameters")];

/// Whether resources of a type may hold others.
pub(super) fn is_holder(of: &str) -> bool {
    TYPES.iter().any(|(name, ..)| *name == of)
}

/// The resources that a resource of such a type holds; none if it is of another type. `at` is the path of its attributes.
pub(super) fn held(of: &str, values: &Json, unknown: &Json, address: &str, at: &str) -> Option<Intake> {
    let (_, held, attributes) = TYPES.iter().find(|(name, ..)| *name == of)?;
    let properties = attributes
        .iter()
        .map(|(own, name)| ((*name).to_owned(), attribute(values.get(own), unknown.get(own))))
        .filter(|(_, value)| !value.is_null());
    let properties = Json::Object(properties.collect::<Map<_, _>>());
    let named = |name: &str| {
        let own = attributes.iter().find(|(_, of)| *of == name).map_or(name, |(own, _)| own);
        own.to_owned()
    };
    let mut intake = Intake::default();
    match held {
        Held::Machine => machine(&properties, "", named, &mut intake),
        Held::Stack => stack(&properties, "", named, &mut intake),
        Held::Any => any(&properties, address, &mut intake)?,
    }
    let mut placed = Intake::default();
    placed.add_at(intake, address, at);
    Some(placed)
}

/// A resource in the words of CloudFormation; none if it is of another service.
fn any(resource: &Json, address: &str, intake: &mut Intake) -> Option<()> {
    const STATE: &str = "desired_state";
    let of = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
    let is_ours = ["AWS::SageMaker::", "AWS::StepFunctions::", "AWS::CloudFormation::"];
    if !of.is_empty() && !is_ours.iter().any(|own| of.starts_with(own)) {
        return None;
    }
    let state = resource.get("Properties").and_then(Json::as_str).and_then(parse);
    match state.filter(|state| state.is_object() && !of.is_empty()) {
        Some(properties) => intake.append(resource_of(of, properties, address, STATE)?),
        None => intake.undecided.push(format!("{STATE}: the properties of the resource are not known yet")),
    }
    Some(())
}

/// An attribute in which the values that the plan marks as unknown are known later.
fn attribute(value: Option<&Json>, unknown: Option<&Json>) -> Json {
    match (value, unknown) {
        (_, Some(Json::Bool(true))) => later(None),
        (Some(Json::Object(fields)), Some(Json::Object(unknown))) => {
            let names = fields.keys().chain(unknown.keys().filter(|name| !fields.contains_key(*name)));
            let within = |name: &String| (name.clone(), attribute(fields.get(name), unknown.get(name)));
            Json::Object(names.map(within).collect())
        }
        (value, _) => value.cloned().unwrap_or(Json::Null),
    }
}

/// The steps of a pipeline in a plan. `at` is the path of its attributes, and `words` those of its provider.
pub(super) fn pipeline(document: &Json, words: Words, address: &str, at: &str) -> Intake {
    let (part, field) = pipeline::in_field(document).unwrap_or_else(|_| {
        (Intake::undecided("the definition is not known yet".to_owned()), "PipelineDefinition")
    });
    let own = words.path(field);
    let mut placed = Intake::default();
    placed.add_at(part, &format!("{address}.{own}"), &format!("{at}.{own}"));
    placed
}
