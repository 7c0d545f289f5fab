//! Definitions in Amazon States Language: each task that has SageMaker create something ("Create and manage Amazon SageMaker AI jobs
//! with Step Functions", Step Functions developer guide).

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::pipeline;
use super::request::{CREATIONS, has_fields_of_request, of_kind};
use super::taken::{Intake, Unusable};
use crate::later::{SUBSTITUTION, begun, incomplete, is_later, with_holes};

/// The states of a machine, including those in branches and maps.
pub(super) fn definition(json: &Json) -> Intake {
    let mut intake = Intake::default();
    states(json, "", &mut intake);
    intake
}

fn states(machine: &Json, at: &str, intake: &mut Intake) {
    let own = if at.is_empty() { "States".to_owned() } else { format!("{at}.States") };
    let Some(states) = machine.get("States").and_then(Json::as_object) else {
        let found = machine.get("States").filter(|states| is_open(states));
        let why = found.map_or("there is no such object", |_| "the states are not known yet");
        return intake.undecided.push(format!("{own}: {why}"));
    };
    for (name, state) in states {
        let place = format!("{own}.{name}");
        if !state.is_object() {
            intake.undecided.push(format!("{place}: it is not a state"));
            continue;
        }
        task(name, state, &place, intake);
        for processor in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = state.get(processor) {
                self::states(inner, &format!("{place}.{processor}"), intake);
            }
        }
        match state.get("Branches") {
            Some(Json::Array(branches)) => {
                for (index, branch) in branches.iter().enumerate() {
                    self::states(branch, &format!("{place}.Branches[{index}]"), intake);
                }
            }
            Some(_) => intake.undecided.push(format!("{place}.Branches: the branches are not known yet")),
            None => {}
        }
    }
}

fn task(name: &str, state: &Json, place: &str, intake: &mut Intake) {
    let resource = state.get("Resource").and_then(Json::as_str).unwrap_or_default();
    let given = ["Parameters", "Arguments"].into_iter().find_map(|field| Some((field, state.get(field)?)));
    let Some(call) = call(resource) else {
        // A function or an activity, unless its arguments are those of SageMaker.
        let is_near = given.is_some_and(|(_, request)| has_fields_of_request(&known(request)));
        if resource.contains(SUBSTITUTION) && is_near {
            intake.undecided.push(format!("{place}.Resource: `{resource}` is not known yet"));
        }
        return;
    };
    if call.contains(SUBSTITUTION) {
        return intake.undecided.push(format!("{place}.Resource: `{resource}` is not known yet"));
    }
    let operation = if call == "CreateAutoMLJob" { "CreateAutoMLJobV2" } else { &call };
    let creation = CREATIONS.iter().find(|creation| creation.operation == operation);
    if creation.is_none() && call != "CreatePipeline" {
        return intake.note(format!("{place}: no controls for `{call}`"));
    }
    let Some((field, request)) = given else {
        let why = "the request is the input of the state, which is known only when it runs";
        return intake.undecided.push(format!("{place}: {why}: write it into `Parameters` or `Arguments`"));
    };
    let at = format!("{place}.{field}");
    if is_open(request) {
        return intake.undecided.push(format!("{at}: the request is known only when the state runs"));
    }
    if !request.is_object() {
        return intake.undecided.push(format!("{at}: it is not an object"));
    }
    let request = known(request);
    match creation {
        Some(creation) => {
            let mut candidate = of_kind(creation.kind, request, None);
            if candidate.resource.name == "(not named yet)" {
                candidate.resource.name = name.to_owned();
            }
            candidate.id = Some(name.to_owned());
            intake.candidates.push(candidate.standing(place, &at, Words::Api));
        }
        None => match pipeline::in_text(&request, Words::Api) {
            Ok(part) => intake.add(part, &at),
            Err(Unusable::UnknownForm) => {
                intake.undecided.push(format!("{place}: no definition of a pipeline"))
            }
            Err(unusable) => intake.note(format!("{place}: {unusable}")),
        },
    }
}

/// Fields that hold a document as a JSON text, of which each known value is judged.
const TEXTS: [&str; 2] = ["JobConfigDocument", "ResourcePolicy"];

/// The call in `arn:aws:states:::sagemaker:createTrainingJob.sync` or `arn:aws:states:::aws-sdk:sagemaker:createModel`.
fn call(resource: &str) -> Option<String> {
    let (_, service) = resource.split_once(":states:::")?;
    let service = service.strip_prefix("aws-sdk:").unwrap_or(service);
    let call = service.strip_prefix("sagemaker:")?.split(['.', ':']).next()?;
    let mut letters = call.chars();
    let first = letters.next()?;
    // The SDK of Java, after which Step Functions names calls, has `AutoMl` where the API has `AutoML`.
    let call: String = first.to_uppercase().chain(letters).collect();
    Some(call.replace("AutoMl", "AutoML"))
}

/// Whether a value is not known before the machine runs, or is deployed.
fn is_open(value: &Json) -> bool {
    let is_written = |text: &str| text.trim_start().starts_with("{%") || text.contains(SUBSTITUTION);
    is_later(value) || value.as_str().is_some_and(is_written)
}

/// The part of a text before the first value that is put in. Nothing of an expression is known.
fn beginning_of(text: &str) -> &str {
    if text.trim_start().starts_with("{%") { "" } else { text.split(SUBSTITUTION).next().unwrap_or_default() }
}

/// The beginning of a text that the state puts together: `States.Format('s3://bucket/{}', $.run)`.
fn formatted(value: &Json) -> Option<&str> {
    let (text, _) = value.as_str()?.trim_start().strip_prefix("States.Format('")?.split_once('\'')?;
    text.split(['{', '\\']).next()
}

/// A request with the values that are known before the machine runs. Paths (`"Name.$": "$.name"`), expressions (`{% … %}`) and
/// substitutions (`${…}`) are not known.
pub(super) fn known(value: &Json) -> Json {
    match value {
        Json::String(text) if is_open(value) => begun(beginning_of(text)),
        open if is_open(open) => open.clone(),
        Json::Object(fields) => {
            let known = fields.iter().map(|(key, value)| match key.strip_suffix(".$") {
                Some(key) => (key.to_owned(), begun(formatted(value).unwrap_or_default())),
                None if key.contains(SUBSTITUTION) => incomplete(),
                None => match value {
                    Json::String(text) if TEXTS.contains(&key.as_str()) && text.contains(SUBSTITUTION) => {
                        (key.clone(), with_holes(text))
                    }
                    value => (key.clone(), known(value)),
                },
            });
            Json::Object(known.collect::<Map<_, _>>())
        }
        Json::Array(list) => list.iter().map(known).collect(),
        other => other.clone(),
    }
}
