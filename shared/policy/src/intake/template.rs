//! Templates of CloudFormation, SAM and the CDK. The properties of `AWS::SageMaker::…` are named as the members of the API's requests
//! (a test holds the published schemas against the API).

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::request::{kind_of, of_kind};
use super::taken::Intake;
use super::template_values::TemplateValues;
use super::{pipeline, states};
use crate::later::{is_later, parse};

/// The types of resources in templates that are judged as requests, each with its operation.
pub const TEMPLATED: [(&str, &str); 18] = [
    ("NotebookInstance", "CreateNotebookInstance"),
    ("Model", "CreateModel"),
    ("EndpointConfig", "CreateEndpointConfig"),
    ("Endpoint", "CreateEndpoint"),
    ("InferenceComponent", "CreateInferenceComponent"),
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
    let mut reading =
        TemplateReading { values: TemplateValues::of(template), intake: Intake::default(), others: 0 };
    macros(template, &mut reading.intake);
    if let Some(resources) = template.get("Resources").and_then(Json::as_object) {
        reading.resources(resources, "Resources");
    }
    let TemplateReading { mut intake, others, .. } = reading;
    if others > 0 {
        intake.note(format!("no controls for {others} other resources"));
    }
    intake
}

/// Macros of AWS that add no properties to these resources.
const KNOWN_MACROS: [&str; 2] = ["AWS::Serverless-", "AWS::LanguageExtensions"];

/// Notes parts that may change the template before it is deployed.
fn macros(template: &Json, intake: &mut Intake) {
    let named = match template.get("Transform") {
        Some(Json::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    for one in named {
        let name = one.as_str().or_else(|| one.get("Name")?.as_str()).unwrap_or("of another form");
        if !KNOWN_MACROS.iter().any(|known| name.starts_with(known)) {
            intake.note(format!("the macro `{name}` may change the template: it is judged as it is written"));
        }
    }
}

/// Loops within loops, as many as CloudFormation allows ("Fn::ForEach", its user guide).
const DEEPEST_LOOP: usize = 5;

struct TemplateReading<'a> {
    values: TemplateValues<'a>,
    intake: Intake,
    others: usize,
}

impl TemplateReading<'_> {
    fn resources(&mut self, resources: &Map<String, Json>, at: &str) {
        for (id, resource) in resources {
            let place = format!("{at}.{id}");
            if id == "Fn::Transform" {
                self.intake.note(format!("{place}: resources of another file are not judged"));
            } else if id.starts_with("Fn::ForEach::") {
                self.each(resource, &place);
            } else {
                self.resource(id, resource, &place);
            }
        }
    }

    /// The resources of a loop: one represents all of them, with the differing values known later.
    fn each(&mut self, of: &Json, place: &str) {
        let is_deep = place.matches("Fn::ForEach::").count() > DEEPEST_LOOP;
        match of.get(2).and_then(Json::as_object).filter(|_| !is_deep) {
            Some(body) => self.resources(body, &format!("{place}[2]")),
            None => self.intake.undecided.push(format!("{place}: the loop cannot be read")),
        }
    }

    fn resource(&mut self, id: &str, resource: &Json, place: &str) {
        let of = resource.get("Type").and_then(Json::as_str).unwrap_or_default();
        let at = format!("{place}.Properties");
        let properties = resource.get("Properties").cloned().unwrap_or_else(|| Json::Object(Map::new()));
        let machine_types = ["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"];
        if machine_types.contains(&of) {
            return machine(&self.values, &properties, &at, &mut self.intake);
        }
        let Some(of) = of.strip_prefix("AWS::SageMaker::") else {
            self.others += 1;
            return;
        };
        if of == "Pipeline" {
            let properties = self.values.put_into_definition(&properties);
            match pipeline::in_text(&properties) {
                Ok(part) => self.intake.add(part, &at),
                Err(_) => {
                    self.intake.undecided.push(format!("{place}: it has no definition that can be read"))
                }
            }
            return;
        }
        let Some(kind) = kind_of(of) else {
            self.others += 1;
            return;
        };
        let mut candidate = of_kind(kind, typed("", self.values.put_into(&properties)), None);
        if candidate.resource.name == "(not named yet)" {
            candidate.resource.name = id.to_owned();
        }
        candidate.id = Some(id.to_owned());
        self.intake.candidates.push(candidate.standing(place, &at, Words::Api));
    }
}
/// Maps whose values are the users' own.
const FREE: [&str; 3] = ["Environment", "HyperParameters", "Tags"];
/// How the names of numbers end.
const NUMBERS: [&str; 5] = ["Count", "InGB", "InSeconds", "Percentage", "Concurrency"];
/// A text that looks like a number.
const TEXT: &str = "MinimumInstanceMetadataServiceVersion";

/// CloudFormation takes `"true"` for true, `"2"` for 2 and 2 for `"2"`, as the property wants it.
pub(super) fn typed(name: &str, value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let typed = fields.into_iter().map(|(key, value)| {
                let value = if FREE.contains(&key.as_str()) { texts(value) } else { typed(&key, value) };
                (key, value)
            });
            Json::Object(typed.collect())
        }
        Json::Array(list) => list.into_iter().map(|value| typed(name, value)).collect(),
        Json::Number(number) if name == TEXT => Json::String(number.to_string()),
        Json::String(text) => {
            let is_number = NUMBERS.iter().any(|end| name.ends_with(end));
            let number = || text.parse::<i64>().ok().filter(|_| is_number).map(Json::from);
            switch(&text).map(Json::Bool).or_else(number).unwrap_or_else(|| Json::String(text))
        }
        other => other,
    }
}

/// A map of texts, in which YAML writes numbers and switches without quotation marks.
fn texts(value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            Json::Object(fields.into_iter().map(|(key, value)| (key, texts(value))).collect())
        }
        Json::Array(list) => list.into_iter().map(texts).collect(),
        Json::Number(_) | Json::Bool(_) => Json::String(value.to_string()),
        other => other,
    }
}

/// True or false as YAML 1.1 writes them, which CloudFormation and Kubernetes read ("Boolean Language-Independent Type for YAML"; both leave
/// out its single letters).
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "true" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// The definition of a state machine, as an object or a text; one in a file of its own is judged there.
fn machine(values: &TemplateValues<'_>, properties: &Json, at: &str, intake: &mut Intake) {
    for field in ["Definition", "DefinitionString"] {
        let Some(given) = properties.get(field) else { continue };
        let at = format!("{at}.{field}");
        let parsed = match values.text_with_holes(given) {
            Some(text) => parse(&text),
            None if given.is_object() => Some(values.put_into(given)).filter(|put| !is_later(put)),
            None => None,
        };
        match parsed {
            Some(parsed) => intake.add(states::definition(&parsed), &at),
            None => intake.note(format!("{at}: the definition of the state machine is not known yet")),
        }
    }
}
