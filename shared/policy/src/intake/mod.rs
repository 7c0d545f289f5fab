//! Forms of files that can be judged before a resource exists, or without an account: requests, descriptions, events, log files of
//! CloudTrail, definitions of pipelines and of state machines, templates, plans, manifests and code.

mod account;
mod calls;
mod candidate;
mod cloud_control;
mod code;
mod conditions;
mod form;
mod holes;
mod large;
mod large_plan;
mod links;
mod locate;
mod machine;
mod manifest;
mod names;
mod nothing;
mod opening;
mod parameters;
mod pipeline;
mod plan;
mod plan_references;
mod plan_state;
mod plan_texts;
mod request;
mod short;
mod states;
mod taken;
mod template;
mod template_values;
mod typed;

use serde_json::Value as Json;

pub use calls::{mark_unsaid, of_call};
pub use candidate::{Candidate, Words};
pub use code::of_code;
pub use large::LargeDocument;
pub use locate::{Lines, Node, Place, without_mark};
pub(crate) use names::plan_name;
pub use names::{attribute_of, property_of};
pub use nothing::without_controls;
pub use request::{Creation, creations};
pub use short::short_forms;
pub use taken::{Intake, Unusable};
pub use template::TEMPLATED;

use crate::later::is_forged;

/// Reads the text of a file of JSON.
///
/// # Errors
/// When it holds nothing that could be judged.
pub fn read(text: &str) -> Result<Intake, Unusable> {
    let text = without_mark(text);
    take(serde_json::from_str(text).map_err(|error| Unusable::NotJson(format!("not valid JSON: {error}")))?)
}

/// Takes the resources in a file of any form.
///
/// # Errors
/// When it holds nothing that could be judged.
pub fn take(json: Json) -> Result<Intake, Unusable> {
    let is_near = request::has_fields_of_request(&json);
    of_known_form(json).map_err(|unusable| match unusable {
        Unusable::UnknownForm if is_near => Unusable::NearlyKnown,
        other => other,
    })
}

fn of_known_form(json: Json) -> Result<Intake, Unusable> {
    if is_forged(&json) {
        return Err(Unusable::UnknownForm);
    }
    let mut intake = match form::Form::of(&json) {
        form::Form::Definition => pipeline::definition(&json),
        form::Form::Pipeline => pipeline::in_text(&json, Words::Api)?,
        form::Form::Log(list) => calls::log(&json, list)?,
        form::Form::Record => {
            return match json.get("detail") {
                Some(detail) => calls::record(detail).map(|intake| intake.below("detail")),
                None => calls::record(&json),
            };
        }
        form::Form::StateChange => return calls::state_change(&json),
        form::Form::Template => template::resources(&json),
        form::Form::States => states::definition(&json),
        form::Form::Plan => plan::changes(&json),
        form::Form::State => plan_state::resources(&json),
        form::Form::Terraform => return Err(Unusable::Language),
        form::Form::Manifest => manifest::resource(&json)?,
        form::Form::Manifests => manifest::list(&json),
        form::Form::List => list(json)?,
        form::Form::Request => return request::request(json),
    };
    if intake.is_empty() {
        return Err(Unusable::UnknownForm);
    }
    links::link(&mut intake.candidates);
    Ok(intake)
}

/// Documents of any form in a list, but no lists within it. Documents of other programs are passed over.
fn list(json: Json) -> Result<Intake, Unusable> {
    let Json::Array(list) = json else { return Err(Unusable::UnknownForm) };
    let mut intake = Intake::default();
    let mut other = None;
    for (index, one) in list.into_iter().enumerate() {
        match take(one) {
            Ok(part) => intake.add(part, &format!("[{index}]")),
            Err(Unusable::UnknownForm | Unusable::OtherOperation { .. }) => {}
            Err(call @ Unusable::OtherCall(_)) => other = Some(call),
            Err(unusable) => intake.note(format!("[{index}]: {unusable}")),
        }
    }
    // If the file is a list of calls or answers and none of them creates anything, the error names the call.
    match other {
        Some(call) if intake.is_empty() => Err(call),
        _ => Ok(intake),
    }
}

#[cfg(test)]
mod tests;
