//! What `sagewarden check` prints: the verdicts, as text or as JSON.

use sagewarden_policy::intake::Candidate;
use sagewarden_policy::{Bundle, Judgement, Verdict};
use serde_json::{Value, json};

use crate::check::checked::CheckedFile;
use crate::output::terminal::STRONG;
use crate::output::{line, notice};

/// The verdicts on a file, for people.
pub(crate) fn text(checked: &CheckedFile) -> String {
    let mut text = format!("{STRONG}{}{STRONG:#}\n", line(&checked.path));
    for (candidate, verdict) in &checked.verdicts {
        let place = candidate.place.as_ref().map(|place| format!("{}: ", line(place))).unwrap_or_default();
        let number = verdict.checked.len();
        let state = match verdict.outcome {
            Judgement::Compliant => format!("compliant ({number} controls)"),
            Judgement::Violating => format!("breaks {} of {number} controls", verdict.findings.len()),
            Judgement::Waived => format!("breaks {} of {number} controls, waived", verdict.findings.len()),
            Judgement::Unknown => "could not be judged".to_owned(),
        };
        text += &format!("  {place}{} {state}\n", line(&candidate.resource.to_string()));
        text.extend(verdict.findings.iter().map(|finding| notice::finding(&json!(finding))));
        if !verdict.skipped.is_empty() {
            // What only the account knows: tags of what exists, other resources, buckets, commits.
            text += &format!("  note: judged in the account only: {}\n", line(&verdict.skipped.join(", ")));
        }
    }
    text.extend(checked.passed_over.iter().map(|note| format!("  note: {}\n", line(note))));
    text
}

/// The verdicts on all files, for programs.
pub(crate) fn document(bundle: &Bundle, checked: &[CheckedFile]) -> Value {
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
    let file = |checked: &CheckedFile| {
        json!({
            "file": checked.path,
            "subjects": checked.verdicts.iter().map(subject).collect::<Vec<_>>(),
            "notes": checked.passed_over,
        })
    };
    json!({ "bundle": bundle.hash(), "files": checked.iter().map(file).collect::<Vec<_>>() })
}
