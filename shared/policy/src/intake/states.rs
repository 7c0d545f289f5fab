//! Definitions in Amazon States Language: each task that has SageMaker create something ("Create and manage Amazon SageMaker AI jobs
//! with Step Functions", Step Functions developer guide).

use serde_json::{Map, Value as Json};

use super::candidate::Words;
use super::pipeline;
use super::request::{CREATIONS, of_kind};
use super::taken::{Intake, Unusable};
use crate::later::later;

/// The states of a machine, including those in branches and maps.
pub(super) fn definition(json: &Json) -> Intake {
    let mut intake = Intake::default();
    states(json, "", &mut intake);
    intake
}

fn states(machine: &Json, at: &str, intake: &mut Intake) {
    let states = machine.get("States").and_then(Json::as_object);
    for (name, state) in states.into_iter().flatten() {
        let place = if at.is_empty() { format!("States.{name}") } else { format!("{at}.States.{name}") };
        task(name, state, &place, intake);
        for processor in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = state.get(processor) {
                self::states(inner, &format!("{place}.{processor}"), intake);
            }
        }
        for (index, branch) in
            state.get("Branches").and_then(Json::as_array).into_iter().flatten().enumerate()
        {
            self::states(branch, &format!("{place}.Branches[{index}]"), intake);
        }
    }
}

fn task(name: &str, state: &Json, place: &str, intake: &mut Intake) {
    let Some(call) = state.get("Resource").and_then(Json::as_str).and_then(call) else { return };
    let (field, request) = match (state.get("Parameters"), state.get("Arguments")) {
        (Some(parameters), _) => ("Parameters", parameters),
        (None, Some(arguments)) => ("Arguments", arguments),
        (None, None) => return intake.undecided.push(format!("{place}: the task has no `Parameters`")),
    };
    let request = known(request);
    let at = format!("{place}.{field}");
    if call == "CreatePipeline" {
        match pipeline::in_text(&request) {
            Ok(part) => intake.add(part, &at),
            Err(Unusable::UnknownForm) => {
                intake.undecided.push(format!("{place}: no definition of a pipeline"))
            }
            Err(unusable) => intake.note(format!("{place}: {unusable}")),
        }
        return;
    }
    let operation = if call == "CreateAutoMLJob" { "CreateAutoMLJobV2" } else { &call };
    match CREATIONS.iter().find(|creation| creation.operation == operation) {
        Some(creation) => {
            let mut candidate = of_kind(creation.kind, request, None);
            if candidate.resource.name == "(not named yet)" {
                candidate.resource.name = name.to_owned();
            }
            candidate.id = Some(name.to_owned());
            intake.candidates.push(candidate.standing(place, &at, Words::Api));
        }
        None => intake.note(format!("{place}: no controls for `{call}`")),
    }
}

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

/// A request with the values that are known before the machine runs. Paths (`"Name.$": "$.name"`), expressions (`{% … %}`) and
/// substitutions (`${…}`) are not known.
pub(super) fn known(value: &Json) -> Json {
    match value {
        Json::Object(fields) => {
            let known = fields.iter().map(|(key, value)| match key.strip_suffix(".$") {
                Some(key) => (key.to_owned(), later(None)),
                None => (key.clone(), known(value)),
            });
            Json::Object(known.collect::<Map<_, _>>())
        }
        Json::Array(list) => list.iter().map(known).collect(),
        Json::String(text) if text.trim_start().starts_with("{%") || text.contains("${") => later(None),
        other => other.clone(),
    }
}
