//! `sagewarden check`: the verdict before anything is created.

use std::fs;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{self, Candidate, Intake};
use sagewarden_policy::{Bundle, Outcome, Subject, Verdict, judge};
use serde_json::{Value, json};

use crate::command::{CheckOptions, Telling};
use crate::error::CommandError;
use crate::output::{self, STRONG};

/// A file with the verdicts on what it holds.
struct Checked {
    path: String,
    verdicts: Vec<(Candidate, Verdict)>,
    passed_over: Vec<String>,
}

pub(crate) fn run(options: &CheckOptions) -> Result<ExitCode, CommandError> {
    let bundle = output::bundle(options.settings.as_deref())?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let mut checked = Vec::new();
    for path in &options.files {
        let text = fs::read_to_string(path)
            .map_err(|source| CommandError::Unreadable { path: path.clone(), source })?;
        let intake =
            intake::read(&text).map_err(|source| CommandError::Unusable { path: path.clone(), source })?;
        checked.push(check(&bundle, path.display().to_string(), intake, options.account.as_deref(), now));
    }
    match options.format {
        Telling::Text => checked.iter().try_for_each(|each| output::say(&tell(each)))?,
        Telling::Json => output::say(&format!("{:#}\n", document(&bundle, &checked)))?,
    }
    let is_clean =
        |checked: &Checked| checked.verdicts.iter().all(|(_, verdict)| verdict.outcome == Outcome::Compliant);
    Ok(if checked.iter().all(is_clean) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn check(bundle: &Bundle, path: String, intake: Intake, account: Option<&str>, now: Timestamp) -> Checked {
    let verdict = |mut candidate: Candidate| {
        if let Some(account) = account {
            candidate.resource.account = account.to_owned();
        }
        // What exists has its time, what is to be created is judged as of now.
        let created_at = candidate.document.get("CreationTime").and_then(Timestamp::from_json).unwrap_or(now);
        let subject = Subject { resource: &candidate.resource, document: &candidate.document, created_at };
        let verdict = judge(bundle, &subject);
        (candidate, verdict)
    };
    let verdicts = intake.candidates.into_iter().map(verdict).collect();
    Checked { path, verdicts, passed_over: intake.passed_over }
}

fn tell(checked: &Checked) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", checked.path);
    for (candidate, verdict) in &checked.verdicts {
        let place = candidate.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let number = verdict.checked.len();
        let state = match verdict.outcome {
            Outcome::Compliant => format!("compliant ({number} controls)"),
            Outcome::Violating => format!("breaks {} of {number} controls", verdict.findings.len()),
            Outcome::Waived => format!("breaks {} of {number} controls, waived", verdict.findings.len()),
            Outcome::Unknown => "could not be judged".to_owned(),
        };
        text += &format!("  {place}{} {state}\n", candidate.resource);
        text.extend(verdict.findings.iter().map(|finding| output::broken(&json!(finding))));
    }
    text.extend(checked.passed_over.iter().map(|note| format!("  note: {note}\n")));
    text
}

fn document(bundle: &Bundle, checked: &[Checked]) -> Value {
    let subject = |(candidate, verdict): &(Candidate, Verdict)| {
        json!({
            "kind": candidate.resource.kind.segment(),
            "name": candidate.resource.name,
            "place": candidate.place,
            "outcome": verdict.outcome,
            "checked": verdict.checked,
            "findings": verdict.findings,
        })
    };
    let file = |checked: &Checked| {
        json!({
            "file": checked.path,
            "subjects": checked.verdicts.iter().map(subject).collect::<Vec<_>>(),
            "notes": checked.passed_over,
        })
    };
    json!({ "bundle": bundle.hash(), "files": checked.iter().map(file).collect::<Vec<_>>() })
}
