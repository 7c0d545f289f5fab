//! What `sagewarden check` prints: the verdicts, as text or as JSON.

use sagewarden_govern::counted;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::check::checked::{CheckedFile, CheckedSubject, Known, Tally};
use crate::input::settings::InForce;
use crate::output::terminal::STRONG;
use crate::output::{line, notice};

/// The settings in force, for people.
pub(crate) fn settings(settings: &InForce) -> String {
    let by = match &settings.path {
        Some(path) => line(&path.display().to_string()),
        None => "the built-in settings, which allow any VPC and any role".into(),
    };
    let profile = settings.bundle.settings().profile.name();
    let bundle = settings.bundle.hash().get(..12).unwrap_or_default();
    format!("judged with {by} (profile {profile}, bundle {bundle})\n")
}

/// The verdicts on a file, for people.
pub(crate) fn text(checked: &CheckedFile) -> String {
    if checked.is_foreign || checked.unusable.is_some() && checked.subjects.is_empty() && !has_notes(checked)
    {
        return String::new();
    }
    let mut text = format!("{STRONG}{}{STRONG:#}\n", line(&checked.path));
    text.extend(checked.subjects.iter().map(|subject| of_subject(&checked.path, subject)));
    text.extend(checked.undecided.iter().map(|note| format!("  undecided: {}\n", line(note))));
    text.extend(checked.passed_over.iter().map(|note| format!("  note: {}\n", line(note))));
    text
}

fn has_notes(checked: &CheckedFile) -> bool {
    !checked.undecided.is_empty() || !checked.passed_over.is_empty()
}

fn of_subject(file: &str, subject: &CheckedSubject) -> String {
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
    if !verdict.skipped.is_empty() {
        // Facts that only the account has: tags of existing resources, other resources, buckets, commits; or values known at run time.
        let account = match candidate.resource.account.as_str() {
            "" => " (it is not known: name it with --account)",
            _ => "",
        };
        let skipped = line(&verdict.skipped.join(", "));
        text += &format!("  not checked here (needs access to the account){account}: {skipped}\n");
    }
    text
}

/// What the baseline lists and nobody found, for people.
pub(crate) fn stale(known: &Known) -> String {
    let Known { file, resource, path, control } = known;
    let of = [control, resource, path]
        .into_iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "note: the baseline lists {} of `{}`, which is no longer found: --update-baseline takes it out",
        line(&of),
        line(file)
    )
}

/// The number of files that were passed over, if there are any.
pub(crate) fn summary(tally: &Tally, passed_over: usize) -> String {
    let known = match tally.known {
        0 => String::new(),
        known => format!("{} known, and no failure\n", counted(known as u64, "finding")),
    };
    match passed_over + tally.foreign {
        0 => known,
        others => format!("{known}{} passed over: nothing that is judged\n", counted(others as u64, "file")),
    }
}

/// The verdicts on a file, for programs.
#[derive(Serialize)]
pub(crate) struct FileDocument<'a> {
    file: &'a str,
    subjects: Subjects<'a>,
    undecided: &'a [String],
    notes: &'a [String],
    unusable: &'a Option<String>,
}

/// One is written after the other: there may be many of them.
struct Subjects<'a>(&'a [CheckedSubject]);

impl Serialize for Subjects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(subject))
    }
}

/// The verdicts on a file, for programs; `None` for a file of another kind.
pub(crate) fn document(checked: &CheckedFile) -> Option<FileDocument<'_>> {
    (!checked.is_foreign).then(|| FileDocument {
        file: &checked.path,
        subjects: Subjects(&checked.subjects),
        undecided: &checked.undecided,
        notes: &checked.passed_over,
        unusable: &checked.unusable,
    })
}

fn subject(subject: &CheckedSubject) -> Value {
    let CheckedSubject { candidate, verdict, .. } = subject;
    let findings = subject.findings().map(|(finding, place, is_known)| {
        let mut finding = json!(finding);
        if let Some(fields) = finding.as_object_mut() {
            fields.insert("line".to_owned(), json!(place.line));
            fields.insert("path".to_owned(), json!(place.path));
            if is_known {
                fields.insert("known".to_owned(), json!(true));
            }
        }
        finding
    });
    json!({
        "kind": candidate.kind().segment(),
        "name": candidate.resource.name,
        "place": candidate.place,
        "outcome": verdict.outcome,
        "checked": verdict.checked,
        "skipped": verdict.skipped,
        "findings": findings.collect::<Vec<_>>(),
    })
}
