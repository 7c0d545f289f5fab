//! `sagewarden check --lines`: a request a line, and a verdict a line, for programs that ask again and again.

use std::io::{self, BufRead, Read};
use std::process::ExitCode;

use sagewarden_policy::Bundle;
use sagewarden_policy::fixes::fixes;
use sagewarden_policy::intake::{self, Unusable};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::check::checked::CheckedFile;
use crate::check::judging::Judging;
use crate::check::words;
use crate::error::CommandError;
use crate::input::settings::InForce;
use crate::output;

/// Bytes of a line that are read at most: more than the service takes in a request.
const LONGEST: u64 = 16 << 20;

/// Answers each line of standard input, after one that says which controls are judged. Ends with standard input.
pub(super) fn run(judging: &Judging<'_>, in_force: &InForce) -> Result<ExitCode, CommandError> {
    let settings = in_force.bundle.settings();
    answer(&json!({
        "bundle": in_force.bundle.hash(),
        "profile": settings.profile,
        "settings": in_force.path,
        "refuse_uncommitted": settings.traceability.refuse_uncommitted,
        "controls": in_force.bundle.controls().map(|control| &control.id).collect::<Vec<_>>(),
    }))?;
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST {
            input.skip_until(b'\n')?;
            answer(&json!({ "subjects": [], "unusable": "the line is longer than 16 MB" }))?;
        } else if !line.trim_ascii().is_empty() {
            answer(&with_code(judging.bundle, &verdict(judging, &line)))?;
        }
    }
}

/// The verdicts on the resources of a line, in the form that `--format json` has for a file.
fn verdict(judging: &Judging<'_>, line: &[u8]) -> CheckedFile {
    let read = match serde_json::from_slice::<Json>(line) {
        Ok(Json::Object(mut given)) if given.len() == 2 && given.contains_key("operation") => {
            let request = given.remove("request");
            let operation = given.get("operation").and_then(Json::as_str).unwrap_or_default();
            request.map_or(Err(Unusable::UnknownForm), |request| intake::of_call(operation, request))
        }
        Ok(document) => intake::take(document),
        Err(error) => Err(Unusable::NotJson(format!("not valid JSON: {error}"))),
    };
    let mut checked = CheckedFile::of("-".to_owned());
    match read {
        Ok(intake) => judging.request(&mut checked, intake),
        // No control applies to the document, which is not a fault.
        Err(why @ (Unusable::OtherCall(_) | Unusable::NoControls(_) | Unusable::SignIn(_))) => {
            checked.passed_over.push(why.to_string())
        }
        Err(why) => checked.unusable = Some(why.to_string()),
    }
    checked
}

/// The verdicts as `--format json` has them. A finding about a request also has the code that fixes it, for the SDK that made the request.
fn with_code(bundle: &Bundle, checked: &CheckedFile) -> Json {
    let mut document = json!(words::document(checked));
    let subjects = document.get_mut("subjects").and_then(Json::as_array_mut);
    for (told, subject) in subjects.into_iter().flatten().zip(&checked.subjects) {
        let kind = subject.candidate.kind();
        let settings = bundle.settings_of(&subject.candidate.resource.account);
        for finding in told.get_mut("findings").and_then(Json::as_array_mut).into_iter().flatten() {
            let control = finding.get("control").and_then(Json::as_str).and_then(|id| bundle.control(id));
            let ways = control.map(|control| fixes(kind, control, settings)).unwrap_or_default();
            let code: Map<String, Json> =
                ways.into_iter().map(|fix| (fix.with.to_owned(), json!(fix.code))).collect();
            finding.as_object_mut().map(|fields| fields.insert("code".to_owned(), Json::Object(code)));
        }
    }
    document
}

fn answer(document: &impl Serialize) -> io::Result<()> {
    output::print_document(serde_json::to_string(document)? + "\n")
}
