//! `sagewarden check`: the verdict before anything is created.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{self, Candidate, Intake};
use sagewarden_policy::join::offline;
use sagewarden_policy::{Bundle, Judgement, Subject, Verdict, judge};
use serde_json::{Value, json};

use crate::command::{CheckFormat, CheckOptions};
use crate::error::CommandError;
use crate::output::{self, STRONG};
use crate::sarif;

/// A file with the verdicts on what it holds.
pub(crate) struct Checked {
    /// As it was given.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) verdicts: Vec<(Candidate, Verdict)>,
    pub(crate) passed_over: Vec<String>,
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
        let (verdicts, passed_over) = check(&bundle, intake, options.account.as_deref(), now);
        checked.push(Checked { path: path.display().to_string(), text, verdicts, passed_over });
    }
    match options.format {
        CheckFormat::Text => checked.iter().try_for_each(|each| output::say(&tell(each)))?,
        CheckFormat::Json => output::hand_over(&format!("{:#}\n", document(&bundle, &checked)))?,
        CheckFormat::Sarif => {
            let log =
                serde_json::to_string_pretty(&sarif::log(&bundle, &checked)).map_err(io::Error::from)?;
            output::hand_over(&format!("{log}\n"))?;
        }
    }
    let is_clean = |checked: &Checked| {
        checked
            .verdicts
            .iter()
            .all(|(_, verdict)| matches!(verdict.outcome, Judgement::Compliant | Judgement::Waived))
    };
    Ok(if checked.iter().all(is_clean) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The verdicts on what a file holds, and what there are no controls for.
fn check(
    bundle: &Bundle,
    intake: Intake,
    account: Option<&str>,
    now: Timestamp,
) -> (Vec<(Candidate, Verdict)>, Vec<String>) {
    let verdict = |mut candidate: Candidate| {
        if let Some(account) = account {
            candidate.resource.account = account.to_owned();
        }
        // What exists has its time, what is to be created is judged as of now.
        let created_at = candidate.document.get("CreationTime").and_then(Timestamp::from_json).unwrap_or(now);
        let joined = offline(&candidate.resource, &candidate.document);
        let subject = Subject {
            resource: &candidate.resource,
            document: &candidate.document,
            created_at,
            joined: &joined,
        };
        let verdict = judge(bundle, &subject);
        (candidate, verdict)
    };
    (intake.candidates.into_iter().map(verdict).collect(), intake.passed_over)
}

fn tell(checked: &Checked) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", checked.path);
    for (candidate, verdict) in &checked.verdicts {
        let place = candidate.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let number = verdict.checked.len();
        let state = match verdict.outcome {
            Judgement::Compliant => format!("compliant ({number} controls)"),
            Judgement::Violating => format!("breaks {} of {number} controls", verdict.findings.len()),
            Judgement::Waived => format!("breaks {} of {number} controls, waived", verdict.findings.len()),
            Judgement::Unknown => "could not be judged".to_owned(),
        };
        text += &format!("  {place}{} {state}\n", candidate.resource);
        text.extend(verdict.findings.iter().map(|finding| output::broken(&json!(finding))));
        if !verdict.skipped.is_empty() {
            // What only the account knows: tags of what exists, other resources, buckets, commits.
            text += &format!("  note: judged in the account only: {}\n", verdict.skipped.join(", "));
        }
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
            "skipped": verdict.skipped,
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
