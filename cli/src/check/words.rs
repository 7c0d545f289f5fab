//! The output of `sagewarden check`: verdicts as text or as JSON.

use sagewarden_govern::counted;
use sagewarden_policy::{FindingStatus, Judgement, Severity, WaivedBy};
use serde::Serialize;
use serde_json::json;

use crate::check::checked::{CheckedFile, CheckedSubject, Known, NEEDS_ACCOUNT, Tally};
use crate::input::settings::InForce;
use crate::output::terminal::STRONG;
use crate::output::{line, notice};

/// Names the settings that apply if the command finds none.
pub(crate) const BUILT_IN: &str = "the built-in settings, which allow any VPC and any role";

/// The settings in force, for people.
pub(crate) fn settings(settings: &InForce) -> String {
    let by = match &settings.path {
        Some(path) => line(&path.display().to_string()),
        None => BUILT_IN.into(),
    };
    let profile = settings.bundle.settings().profile.name();
    let bundle = settings.bundle.hash().get(..12).unwrap_or_default();
    format!("judged with {by} (profile {profile}, bundle {bundle})\n")
}

/// The verdicts on a file, for people.
pub(crate) fn text(checked: &CheckedFile) -> String {
    if checked.is_foreign
        || !checked.said.is_begun
            && checked.unusable.is_some()
            && checked.subjects.is_empty()
            && !has_notes(checked)
    {
        return String::new();
    }
    let mut text = if checked.said.is_begun { String::new() } else { heading(&checked.path) };
    text.extend(checked.subjects.iter().map(|subject| of_subject(&checked.path, subject)));
    text.extend(checked.undecided.iter().map(|note| format!("  undecided: {}\n", line(note))));
    text.extend(checked.passed_over.iter().map(|note| format!("  note: {}\n", line(note))));
    text
}

/// The heading above the verdicts on a file.
pub(crate) fn heading(path: &str) -> String {
    format!("{STRONG}{}{STRONG:#}\n", line(path))
}

fn has_notes(checked: &CheckedFile) -> bool {
    !checked.undecided.is_empty() || !checked.passed_over.is_empty()
}

/// The verdict on one thing of a file, for people.
pub(crate) fn of_subject(file: &str, subject: &CheckedSubject) -> String {
    let CheckedSubject { candidate, verdict, .. } = subject;
    let place = candidate.place.as_ref().map(|place| format!("{}: ", line(place))).unwrap_or_default();
    let number = verdict.checked.len();
    let said = subject.counted().iter().map(|(number, word)| format!("{number} {word}")).collect::<Vec<_>>();
    let state = match (number, said.is_empty()) {
        (0, true) => ": nothing could be judged".to_owned(),
        (_, true) => format!(" compliant ({})", counted(number as u64, "control")),
        _ => format!(": {} of {}", said.join(", "), counted(number as u64, "control")),
    };
    let mut text = format!("  {place}{}{state}\n", line(&candidate.named()));
    for (finding, at, is_known) in subject.findings() {
        if is_known {
            text += &format!("    known {}: {}\n", line(&finding.control), line(&finding.title));
            continue;
        }
        text += &notice::finding(&json!(finding));
        let at = [at.line.map(|number| format!("{file}:{number}")), at.path.clone()];
        let at: Vec<String> = at.into_iter().flatten().collect();
        if !at.is_empty() {
            text += &format!("      at      {}\n", line(&at.join(" ")));
        }
    }
    for (why, left) in subject.left().iter().filter(|(_, left)| !left.is_empty()) {
        // Some of them need no more than the number of the account.
        let why = match candidate.resource.account.as_str() {
            "" if *why == NEEDS_ACCOUNT => "the account is not known: name it with --account",
            _ => why,
        };
        text += &format!("  not checked here ({why}): {}\n", line(&left.join(", ")));
    }
    text
}

/// An entry of the baseline that this run no longer finds, for people.
pub(crate) fn stale(known: &Known) -> String {
    let Known { file, resource, path, control } = known;
    let of = [control, resource, path]
        .into_iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "note: the baseline lists {} of `{}`, which is no longer found: --update-baseline removes it",
        line(&of),
        line(file)
    )
}

/// The number of files that were passed over, if there are any.
pub(crate) fn summary(tally: &Tally, passed_over: usize) -> String {
    let known = match tally.known {
        0 => String::new(),
        1 => "1 finding known: it does not fail the run\n".to_owned(),
        known => format!("{known} findings known: they do not fail the run\n"),
    };
    match passed_over + tally.foreign {
        0 => known,
        others => format!("{known}{} skipped: nothing to judge\n", counted(others as u64, "file")),
    }
}

/// The verdicts on a file, for programs.
#[derive(Serialize)]
pub(crate) struct FileDocument<'a> {
    file: &'a str,
    subjects: Vec<SubjectDocument<'a>>,
    undecided: &'a [String],
    notes: &'a [String],
    unusable: &'a Option<String>,
}

/// The verdict on one thing of a file.
#[derive(Serialize)]
pub(crate) struct SubjectDocument<'a> {
    kind: &'static str,
    name: &'a str,
    place: Option<&'a str>,
    outcome: Judgement,
    checked: &'a [String],
    skipped: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    at_run_time: &'a [String],
    findings: Vec<FindingDocument<'a>>,
}

/// A finding with the same fields as elsewhere, and its place in the file.
#[derive(Serialize)]
struct FindingDocument<'a> {
    control: &'a str,
    area: &'a str,
    severity: Severity,
    title: &'a str,
    status: FindingStatus,
    field: &'a str,
    actual: &'a str,
    wanted: &'a str,
    fix: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    diff: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<&'a WaivedBy>,
    line: Option<i64>,
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

/// The verdicts on a file, for programs; `None` for a file of another kind.
pub(crate) fn document(checked: &CheckedFile) -> Option<FileDocument<'_>> {
    (!checked.is_foreign).then(|| FileDocument {
        file: &checked.path,
        subjects: checked.subjects.iter().map(SubjectDocument::of).collect(),
        undecided: &checked.undecided,
        notes: &checked.passed_over,
        unusable: &checked.unusable,
    })
}

impl<'a> SubjectDocument<'a> {
    pub(crate) fn of(subject: &'a CheckedSubject) -> Self {
        let CheckedSubject { candidate, verdict, .. } = subject;
        let findings = subject.findings().map(|(finding, at, is_known)| FindingDocument {
            actual: &finding.actual,
            area: &finding.area,
            control: &finding.control,
            diff: &finding.diff,
            field: &finding.field,
            fix: &finding.fix,
            known: is_known.then_some(true),
            line: at.line,
            path: at.path.as_deref(),
            severity: finding.severity,
            status: finding.status,
            title: &finding.title,
            waiver: finding.waiver.as_ref(),
            wanted: &finding.wanted,
        });
        Self {
            checked: &verdict.checked,
            findings: findings.collect(),
            kind: candidate.kind().segment(),
            name: &candidate.resource.name,
            outcome: verdict.outcome,
            place: candidate.place.as_deref(),
            skipped: &verdict.skipped,
            at_run_time: &verdict.at_run_time,
        }
    }
}
