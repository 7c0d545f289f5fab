//! Verdicts as SARIF 2.1.0, for code scanning and other readers.
//!
//! The words are those of the standard (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>); what GitHub takes
//! from it, `security-severity` among that, is listed in
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sagewarden_events::Untrusted;
use sagewarden_govern::counted;
use sagewarden_policy::intake::Place;
use sagewarden_policy::{Bundle, Control, Finding, FindingStatus, Severity};
use serde_json::{Value, json};
use serde_sarif::sarif;
use serde_sarif::sarif::{ResultKind, ResultLevel};

use crate::check::checked::{CheckedFile, CheckedSubject, Known};
use crate::input::settings::InForce;

pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a log is made of: the controls that something was judged by, and the files in which something was found. Others are not kept.
#[derive(Default)]
pub(crate) struct LogContent {
    judged: BTreeSet<String>,
    files: Vec<CheckedFile>,
    /// The controls that were not judged, by reason, each with the number of resources.
    left: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

impl LogContent {
    pub(crate) fn add(&mut self, mut file: CheckedFile) {
        for id in file.subjects.iter().flat_map(|subject| &subject.verdict.checked) {
            if !self.judged.contains(id) {
                self.judged.insert(id.clone());
            }
        }
        for (why, left) in file.subjects.iter().flat_map(CheckedSubject::left) {
            for id in left {
                let of = self.left.entry(why).or_default();
                match of.get_mut(id) {
                    Some(number) => *number += 1,
                    None => drop(of.insert(id.to_owned(), 1)),
                }
            }
        }
        file.subjects.retain(|subject| !subject.verdict.findings.is_empty());
        let has_notes = !file.undecided.is_empty() || !file.passed_over.is_empty() || file.unusable.is_some();
        if has_notes || !file.subjects.is_empty() {
            self.files.push(file);
        }
    }
}

/// One log with one run. Its rules are the controls that something was judged by; its results the findings.
///
/// `stale` has the entries of the baseline that were not found any more; `None` without a baseline.
pub(crate) fn log(settings: &InForce, content: &LogContent, stale: Option<&[Known]>) -> sarif::Sarif {
    let bundle = &settings.bundle;
    let LogContent { judged, files, left } = content;
    let rules = rules(bundle, judged, files);
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let mut results = Vec::new();
    for file in files {
        for subject in &file.subjects {
            results.extend(subject.findings().map(|(finding, place, is_known)| {
                let mut result = result(file, subject, finding, place, &ids);
                result.baseline_state = stale.map(|_| json!(if is_known { "unchanged" } else { "new" }));
                result
            }));
        }
    }
    results.extend(stale.into_iter().flatten().map(absent));
    let driver = sarif::ToolComponent::builder()
        .name("Sagewarden")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules)
        .build();
    let notes: Vec<_> = files.iter().flat_map(notifications).chain(left.iter().map(not_checked)).collect();
    let are_all_usable = files.iter().all(|file| file.unusable.is_none());
    let invocation = sarif::Invocation::builder()
        .execution_successful(are_all_usable)
        .tool_execution_notifications(notes)
        .build();
    let run = sarif::Run::builder()
        .tool(sarif::Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        .results(results)
        .properties(bag(
            &[],
            [
                ("bundle", json!(bundle.hash())),
                ("profile", json!(bundle.settings().profile)),
                ("settings", json!(settings.path)),
            ],
        ))
        .build();
    sarif::Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build()
}

/// The judged controls, and other findings, such as `ENGINE-ERROR`.
fn rules(
    bundle: &Bundle,
    judged: &BTreeSet<String>,
    files: &[CheckedFile],
) -> Vec<sarif::ReportingDescriptor> {
    let mut rules: Vec<_> = judged.iter().filter_map(|id| bundle.control(id)).map(rule).collect();
    let others = files.iter().flat_map(|file| &file.subjects).flat_map(|subject| &subject.verdict.findings);
    let others: BTreeMap<&str, &Finding> = others
        .filter(|finding| !judged.contains(&finding.control))
        .map(|finding| (finding.control.as_str(), finding))
        .collect();
    rules.extend(others.values().map(|finding| {
        sarif::ReportingDescriptor::builder()
            .id(&finding.control)
            .short_description(text(&finding.title))
            .help(text(&finding.fix))
            .build()
    }));
    rules
}

pub(crate) fn rule(control: &Control) -> sarif::ReportingDescriptor {
    let severity = security_severity(control.severity).map(|number| ("security-severity", json!(number)));
    let configuration =
        sarif::ReportingConfiguration::builder().level(json!(level(control.severity))).build();
    sarif::ReportingDescriptor::builder()
        .id(&control.id)
        .short_description(text(&control.title))
        .help(text(&control.fix))
        .default_configuration(configuration)
        .properties(bag(&["security", control.chapter()], severity))
        .build()
}

fn result(
    file: &CheckedFile,
    subject: &CheckedSubject,
    finding: &Finding,
    place: &Place,
    rules: &[&str],
) -> sarif::Result {
    let named = subject.candidate.named();
    let plain = |words: &str| Untrusted::new(words).sarif();
    let message = format!(
        "{} fails {}: {}. Field: {}. Actual: {}. Wanted: {}. To fix it, {}.",
        plain(&named),
        plain(&finding.control),
        plain(&finding.title),
        plain(&finding.field),
        plain(&finding.actual),
        plain(&finding.wanted),
        plain(&finding.fix)
    );
    // A level says how bad a failure is; an undecided control has none.
    let (kind, level, message) = match finding.status {
        FindingStatus::Violation | FindingStatus::Waived => {
            (ResultKind::Fail, level(finding.severity), message)
        }
        FindingStatus::Unknown => {
            let message = format!(
                "{} could not be judged: {}. To fix it, {}.",
                plain(&named),
                plain(&finding.actual),
                plain(&finding.fix)
            );
            (ResultKind::Open, ResultLevel::None, message)
        }
    };
    let mut result = sarif::Result::builder()
        .rule_id(&finding.control)
        .kind(kind)
        .level(level)
        .message(sarif::Message::builder().text(message).build())
        .locations(vec![location(file, subject, place)])
        .build();
    let index = rules.iter().position(|id| *id == finding.control);
    result.rule_index = index.and_then(|index| i64::try_from(index).ok());
    result.suppressions = finding.waiver.as_ref().map(|waiver| {
        let expires = waiver.expires.to_string();
        let day = expires.split('T').next().unwrap_or_default();
        let justification = format!("{} (approved by {} until {day})", waiver.reason, waiver.approver);
        vec![
            sarif::Suppression::builder()
                .kind("external")
                .status("accepted")
                .justification(justification)
                .build(),
        ]
    });
    result
}

/// A finding that the baseline lists, and that has disappeared.
fn absent(known: &Known) -> sarif::Result {
    let Known { file, resource, path, control } = known;
    let message = format!("{control} of {resource} at {path} is no longer found.");
    let place = sarif::PhysicalLocation::builder().artifact_location(artifact(file)).build();
    let mut result = sarif::Result::builder()
        .rule_id(control)
        .kind(ResultKind::Pass)
        .level(ResultLevel::None)
        .message(sarif::Message::builder().text(Untrusted::new(&message).sarif()).build())
        .locations(vec![sarif::Location::builder().physical_location(place).build()])
        .build();
    result.baseline_state = Some(json!("absent"));
    result
}

/// The file, the line if it is known, and the place in a definition of several resources.
fn location(file: &CheckedFile, subject: &CheckedSubject, at: &Place) -> sarif::Location {
    let mut place = sarif::PhysicalLocation::builder().artifact_location(artifact(&file.path)).build();
    place.region = at.line.map(|line| sarif::Region::builder().start_line(line).build());
    let mut location = sarif::Location::builder().physical_location(place).build();
    location.logical_locations = subject.candidate.place.as_ref().map(|place| {
        vec![sarif::LogicalLocation::builder().fully_qualified_name(place).kind("object").build()]
    });
    location
}

/// The parts of a file that were not judged, or not with certainty.
fn notifications(file: &CheckedFile) -> Vec<sarif::Notification> {
    let notification = |(level, note): (&str, &String)| {
        let place = sarif::PhysicalLocation::builder().artifact_location(artifact(&file.path)).build();
        sarif::Notification::builder()
            .level(level)
            .message(sarif::Message::builder().text(Untrusted::new(note).sarif()).build())
            .locations(vec![sarif::Location::builder().physical_location(place).build()])
            .build()
    };
    let notes = file.undecided.iter().chain(&file.passed_over).map(|note| ("note", note));
    notes.chain(file.unusable.iter().map(|why| ("error", why))).map(notification).collect()
}

/// The controls that were not judged for one reason.
fn not_checked((why, left): (&&str, &BTreeMap<String, usize>)) -> sarif::Notification {
    let each = left.iter().map(|(id, number)| format!("{id} of {}", counted(*number as u64, "resource")));
    let words = format!("not checked here ({why}): {}", each.collect::<Vec<_>>().join(", "));
    sarif::Notification::builder()
        .level("note")
        .message(sarif::Message::builder().text(Untrusted::new(&words).sarif()).build())
        .build()
}

pub(crate) fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// A number in the middle of GitHub's range of that name; an informational finding has none.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

fn text(text: &str) -> sarif::MultiformatMessageString {
    sarif::MultiformatMessageString::builder().text(Untrusted::new(text).sarif()).build()
}

fn bag<'a>(tags: &[&str], properties: impl IntoIterator<Item = (&'a str, Value)>) -> sarif::PropertyBag {
    let properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value));
    let mut bag =
        sarif::PropertyBag::builder().additional_properties(properties.collect::<BTreeMap<_, _>>()).build();
    bag.tags = (!tags.is_empty()).then(|| tags.iter().map(|tag| (*tag).to_owned()).collect());
    bag
}

fn artifact(path: &str) -> sarif::ArtifactLocation {
    sarif::ArtifactLocation::builder().uri(uri(path)).build()
}

/// A path as a reference: relative as it was given, or a `file` URI.
fn uri(path: &str) -> String {
    let slashes = path.replace(std::path::MAIN_SEPARATOR, "/");
    let mut uri = if Path::new(path).is_absolute() { "file://".to_owned() } else { String::new() };
    for byte in slashes.trim_start_matches("./").bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            letter if letter.is_ascii_alphanumeric() => uri.push(char::from(letter)),
            other => uri += &format!("%{other:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use sagewarden_policy::intake;
    use sagewarden_policy::{Judgement, Plan, Verdict};
    use sagewarden_settings::Mode;

    use super::*;

    #[test]
    fn what_could_not_be_judged_is_open() {
        let bundle = Bundle::embedded().unwrap();
        let text = "{ \"ModelName\": \"m\", \"Containers\": [] }".to_owned();
        let candidate = intake::read(&text).unwrap().candidates.pop().unwrap();
        let finding = Finding {
            control: "ENGINE-ERROR".to_owned(),
            area: "TRC".to_owned(),
            severity: Severity::High,
            title: "every policy can be evaluated".to_owned(),
            status: FindingStatus::Unknown,
            field: String::new(),
            actual: "overflow".to_owned(),
            wanted: "an evaluation without errors".to_owned(),
            fix: "correct the policy that the message names".to_owned(),
            diff: String::new(),
            waiver: None,
        };
        let verdict = Verdict {
            outcome: Judgement::Unknown,
            findings: vec![finding],
            checked: vec!["MDL-NET-01".to_owned()],
            skipped: Vec::new(),
            at_run_time: Vec::new(),
            parent: None,
            environment: None,
            mode: Mode::Observe,
            bundle: bundle.hash().to_owned(),
            plan: Plan::Nothing("no control certainly fails".to_owned()),
            would: None,
        };
        let subjects =
            vec![CheckedSubject { candidate, verdict, places: vec![Place::default()], known: Vec::new() }];
        let file = CheckedFile { path: "m.json".to_owned(), subjects, ..CheckedFile::default() };
        let in_force = InForce { path: None, bundle };
        let mut content = LogContent::default();
        content.add(file);
        let log = json!(log(&in_force, &content, None));
        let run = &log["runs"][0];
        let result = &run["results"][0];
        assert_eq!((&result["kind"], &result["level"]), (&json!("open"), &json!("none")));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules[1]["id"], "ENGINE-ERROR");
        assert_eq!(result["ruleIndex"], 1);
        assert_eq!(
            result["message"]["text"],
            "model `m` could not be judged: overflow. To fix it, correct the policy that the message names."
        );
    }

    #[test]
    fn a_path_is_given_as_a_reference() {
        assert_eq!(uri("./pipelines/a b.json"), "pipelines/a%20b.json");
        assert_eq!(uri("/tmp/ö.json"), "file:///tmp/%C3%B6.json");
        assert_eq!(uri("a:b.json"), "a%3Ab.json");
    }
}
