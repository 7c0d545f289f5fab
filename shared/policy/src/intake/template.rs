//! Templates of CloudFormation, SAM and the CDK. The properties of `AWS::SageMaker::…` are named as the members of the API's requests
//! (a test holds the published schemas against the API).

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::machine::machine;
use super::pipeline;
use super::request::{kind_of, of_kind};
use super::taken::{Intake, below, resources_without_controls};
use super::template_values::TemplateValues;
use super::typed::typed;
use crate::later::{is_later, parse};
use crate::reader::is_present;

/// The types of resources in templates that are judged as requests, each with its operation.
pub const TEMPLATED: [(&str, &str); 21] = [
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
    ("Cluster", "CreateCluster"),
    ("PartnerApp", "CreatePartnerApp"),
    ("CodeRepository", "CreateCodeRepository"),
    ("Pipeline", "CreatePipeline"),
    ("ProcessingJob", "CreateProcessingJob"),
];

/// The resources of a template.
pub(super) fn resources(template: &Json) -> Intake {
    let mut reading =
        TemplateReading { values: TemplateValues::of(template), intake: Intake::default(), others: 0 };
    if let Some(resources) = template.get("Resources").and_then(Json::as_object) {
        reading.resources(resources, "Resources");
    }
    let TemplateReading { mut intake, others, .. } = reading;
    macros(template, &mut intake);
    if others > 0 {
        intake.note(resources_without_controls(others));
    }
    intake
}

/// A resource of a type that stands alone, with the place of its properties; none if nothing of its type is judged.
pub(super) fn resource_of(of: &str, properties: Json, id: &str, at: &str) -> Option<Intake> {
    let values = TemplateValues::of(&Json::Null);
    let mut reading = TemplateReading { values, intake: Intake::default(), others: 0 };
    reading.of_type(id, of, properties, ("", at));
    Some(reading.intake).filter(|_| reading.others == 0)
}

/// Macros of AWS that add no properties to these resources, and none of these resources.
const KNOWN_MACROS: [&str; 6] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::CodeStar",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-",
    "AWS::Serverless-",
    "AWS::ServiceCatalog",
];

/// How to get a template with everything that CloudFormation puts into it.
const PROCESSED: &str =
    "check the processed template (`aws cloudformation get-template --template-stage Processed`)";

/// The types of resources that are stacks of other templates.
const STACKS: [&str; 3] =
    ["AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet", "AWS::Serverless::Application"];

/// Parts that may change the template before it is deployed: whether the resources keep the controls then is not known.
fn macros(template: &Json, intake: &mut Intake) {
    let named = match template.get("Transform") {
        Some(Json::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    for one in named {
        let name = one.as_str().or_else(|| one.get("Name")?.as_str()).unwrap_or("of another form");
        if !KNOWN_MACROS.iter().any(|known| name.starts_with(known)) {
            let why = format!("Transform: the macro `{name}` may change the template: {PROCESSED}");
            // An included file may hold anything. A macro of the user's own is taken to change what is there.
            let is_ours =
                name == "AWS::Include" || !intake.candidates.is_empty() || !intake.undecided.is_empty();
            if is_ours {
                intake.undecided.push(why);
            } else {
                intake.note(why);
            }
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
                self.intake
                    .undecided
                    .push(format!("{place}: its resources are in another file: {PROCESSED}"));
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
        let properties = resource.get("Properties").cloned().unwrap_or_else(|| Json::Object(Map::new()));
        self.of_type(id, of, properties, (place, &format!("{place}.Properties")));
    }

    /// A resource of a type, with the place of the resource and that of its properties.
    fn of_type(&mut self, id: &str, of: &str, properties: Json, (place, at): (&str, &str)) {
        let machine_types = ["AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"];
        if machine_types.contains(&of) {
            let properties = self.values.put_into_machine(&properties);
            return machine(&properties, at, str::to_owned, &mut self.intake);
        }
        if STACKS.contains(&of) {
            return stack(&self.values.put_into(&properties), at, str::to_owned, &mut self.intake);
        }
        if of.ends_with("::MODULE") {
            let why = format!("{place}: the resources of the module `{of}` are not in the file: {PROCESSED}");
            return self.intake.undecided.push(why);
        }
        let Some(of) = of.strip_prefix("AWS::SageMaker::") else {
            self.others += 1;
            return;
        };
        if of == "Pipeline" {
            let properties = self.values.put_into_definition(&properties);
            match pipeline::in_text(&properties, Words::Api) {
                Ok(part) => self.intake.add(part, at),
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
        self.intake.candidates.push(candidate.standing(place, at, Words::Api));
    }
}

/// The resources of a stack, whose template is a text or another file. The properties are named as in CloudFormation; `named` says how the
/// file calls them.
pub(super) fn stack(properties: &Json, at: &str, named: impl Fn(&str) -> String, intake: &mut Intake) {
    let of = |field: &str| properties.get(field).filter(|value| is_present(value));
    let below = |field: &str| below(at, &named(field));
    if let Some(body) = of("TemplateBody") {
        let at = below("TemplateBody");
        let parsed = match body {
            Json::String(text) => parse(text),
            other => Some(other.clone()).filter(|body| !is_later(body)),
        };
        return match (parsed.filter(Json::is_object), body.as_str()) {
            (Some(template), _) => intake.add(resources(&with_parameters(template, of("Parameters"))), &at),
            (None, Some(text)) if !OURS.iter().any(|word| text.contains(word)) => {}
            (None, Some(_)) => {
                intake.undecided.push(format!("{at}: the template is not JSON: check it as a file"))
            }
            (None, None) => {
                intake.undecided.push(format!("{at}: the template of the stack is not known yet"))
            }
        };
    }
    for field in ["TemplateURL", "Location"] {
        match of(field) {
            Some(Json::String(path)) => {
                let note =
                    format!("{}: the template of the stack is `{path}`: check that file", below(field));
                return intake.elsewhere(note, path);
            }
            Some(_) => {
                let why = "the template of the stack is another file: check that file";
                return intake.undecided.push(format!("{}: {why}", below(field)));
            }
            None => {}
        }
    }
    let at = below("TemplateURL");
    intake.undecided.push(format!("{at}: the template of the stack is not known yet"));
}

/// Words of which every template has one that has resources to judge, or may have some.
const OURS: [&str; 6] =
    ["SageMaker", "AWS::CloudFormation::Stack", "AWS::Serverless::", "StateMachine", "Transform", "::MODULE"];

/// A template in which the parameters of its stack take the place of the defaults.
fn with_parameters(mut template: Json, given: Option<&Json>) -> Json {
    let given = given.and_then(Json::as_object).into_iter().flatten();
    for (name, value) in given {
        let parameter = template.pointer_mut("/Parameters").and_then(|all| all.get_mut(name));
        let Some(parameter) = parameter.and_then(Json::as_object_mut) else { continue };
        if is_later(value) {
            parameter.remove("Default");
        } else {
            parameter.insert("Default".to_owned(), value.clone());
        }
    }
    template
}
