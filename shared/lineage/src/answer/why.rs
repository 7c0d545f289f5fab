//! The answer to `why`: the verdicts on a resource, the controls that failed, and what Sagewarden did.

use sagewarden_events::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;

use super::verdicts::verdict_in_words;
use super::words::{closing, line};
use crate::rows::VerdictRow;
use crate::table::Item;

/// The answer to `why`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The identity of the resource, as in other answers. If its kind has no lineage, its ARN.
    pub root: String,
    /// Its kind and name.
    pub name: String,
    /// Its newest state, if the lineage has it.
    pub state: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Who created it, by CloudTrail or by the resource's own description.
    pub started_by: Option<String>,
    /// The newest verdict; `None` if the resource was never judged.
    pub verdict: Option<HeldVerdict>,
    /// The first remedy that took effect.
    pub remedy: Option<TakenRemedy>,
    /// Earlier verdicts, the newest first.
    pub earlier: Vec<EarlierVerdict>,
    /// Whether the answer is complete.
    pub complete: bool,
    /// Why the answer is incomplete, in words.
    pub missing: Vec<String>,
    /// Requests to the table.
    pub requests: usize,
}

/// A verdict with all its parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldVerdict {
    /// When the resource was judged.
    pub judged_at: Timestamp,
    /// SHA-256 of the policies and settings that judged it.
    pub bundle: String,
    /// `compliant`, `waived`, `violating` or `unknown`.
    pub outcome: String,
    /// The controls that were checked.
    pub checked: Vec<String>,
    /// The findings as `docs/EVENTS.md` describes them, the failed ones first.
    pub findings: Vec<Json>,
}

/// The remedy for a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TakenRemedy {
    /// The API call.
    pub action: String,
    /// The result of the call.
    pub result: String,
    /// How long after the creation or change, in milliseconds.
    pub after_ms: Option<i64>,
}

/// An earlier verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EarlierVerdict {
    /// When the resource was judged.
    pub judged_at: Timestamp,
    /// The outcome and the controls that did not pass, in words.
    pub text: String,
}

impl HeldVerdict {
    /// The verdict in a row.
    #[must_use]
    pub fn of(row: &VerdictRow) -> Self {
        let findings: Option<Vec<Json>> = serde_json::from_str(&row.findings).ok();
        let mut findings = findings.unwrap_or_default();
        let rank =
            |finding: &Json| STATUSES.iter().position(|(status, _)| text(finding, "status") == *status);
        findings.sort_by_key(|finding| rank(finding).unwrap_or(STATUSES.len()));
        Self {
            judged_at: row.judged_at,
            bundle: row.bundle.clone(),
            outcome: row.outcome.clone(),
            checked: row.checked.split_whitespace().map(str::to_owned).collect(),
            findings,
        }
    }

    /// The controls of findings with this status.
    fn controls(&self, status: &str) -> Vec<&str> {
        let fitting = self.findings.iter().filter(|finding| text(finding, "status") == status);
        fitting.map(|finding| text(finding, "control")).collect()
    }
}

impl TakenRemedy {
    /// The remedy in a row with a verdict; `None` if there was none.
    #[must_use]
    pub fn of(row: &Item) -> Option<Self> {
        Some(Self {
            action: row.text(VerdictRow::REMEDY)?.to_owned(),
            result: row.text(VerdictRow::REMEDY_RESULT).unwrap_or_default().to_owned(),
            after_ms: row.number(VerdictRow::REMEDY_AFTER_MS),
        })
    }

    fn sentence(&self) -> String {
        let after = self.after_ms.map(|ms| format!(", {} s after its creation or change", seconds(ms)));
        format!("{}: {}{}", self.action, self.result, after.unwrap_or_default())
    }
}

impl EarlierVerdict {
    /// The verdict in a row; `None` if it cannot be read.
    #[must_use]
    pub fn of(row: &VerdictRow) -> Option<Self> {
        Some(Self { judged_at: row.judged_at, text: verdict_in_words(row)? })
    }
}

/// The words of a finding's status, those that matter most first.
const STATUSES: [(&str, &str); 3] = [("violation", "FAILED"), ("unknown", "UNDECIDED"), ("waived", "WAIVED")];

impl Why {
    /// Lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let state = self.state.as_deref().map(|state| format!("  [{state}]")).unwrap_or_default();
        let mut lines = vec![line(&format!("{}{state}", self.name)), format!("  {}", line(&self.reason()))];
        let mut fact = |label: &str, value: Option<String>| {
            lines.extend(value.map(|value| format!("  {label:<11}{}", line(&value))));
        };
        fact("created", self.created_at.map(|time| time.to_string()));
        fact("started by", self.started_by.clone());
        fact("judged", self.verdict.as_ref().map(judged));
        fact("remedy", self.remedy.as_ref().map(TakenRemedy::sentence));
        let findings = self.verdict.iter().flat_map(|verdict| &verdict.findings);
        lines.extend(findings.flat_map(finding));
        if let Some(control) = self.verdict.iter().flat_map(|verdict| verdict.controls("violation")).next() {
            lines.push(format!("  code for a fix: sagewarden policy explain {}", line(control)));
        }
        let earlier =
            |verdict: &EarlierVerdict| format!("  earlier    {}: {}", verdict.judged_at, line(&verdict.text));
        lines.extend(self.earlier.iter().map(earlier));
        format!("{}\n{}", lines.join("\n"), closing(self.complete, &self.missing))
    }

    /// The answer in one sentence.
    fn reason(&self) -> String {
        let Some(verdict) = &self.verdict else {
            return "Sagewarden never judged it: it was created before the stack, or no control is about it"
                .to_owned();
        };
        let failed = verdict.controls("violation");
        let undecided = verdict.controls("unknown");
        match (&self.remedy, failed.is_empty(), undecided.is_empty()) {
            (Some(remedy), false, _) => {
                format!("Sagewarden called {} because it fails {}", remedy.action, failed.join(", "))
            }
            (Some(remedy), true, _) => {
                format!("Sagewarden called {} because of an earlier verdict", remedy.action)
            }
            (None, false, _) => {
                format!("It fails {}. Sagewarden reported that, and changed nothing", failed.join(", "))
            }
            (None, true, false) => {
                format!("Nothing failed. Undecided: {}. Sagewarden changed nothing", undecided.join(", "))
            }
            (None, true, true) => "Nothing failed. Sagewarden changed nothing".to_owned(),
        }
    }
}

fn judged(verdict: &HeldVerdict) -> String {
    let HeldVerdict { judged_at, outcome, checked, bundle, .. } = verdict;
    let failed = verdict.controls("violation").len();
    let bundle: String = bundle.chars().take(12).collect();
    format!("{judged_at}: {outcome}, {failed} of {} controls failed (bundle {bundle})", checked.len())
}

/// A finding in lines, in the same form as other findings of the command.
fn finding(finding: &Json) -> Vec<String> {
    let status = STATUSES.iter().find(|(status, _)| text(finding, "status") == *status);
    let word = status.map_or("UNDECIDED", |(_, word)| *word);
    let [control, severity, title] = ["control", "severity", "title"].map(|key| line(text(finding, key)));
    let mut lines = vec![format!("  {word} {control} ({severity}): {title}")];
    let shown = ["field", "actual", "wanted", "fix"].map(|key| (key, text(finding, key)));
    let shown = shown.into_iter().filter(|(_, value)| !value.is_empty());
    lines.extend(shown.map(|(key, value)| format!("    {key:<7} {}", line(value))));
    let diff = text(finding, "diff").lines().enumerate();
    lines.extend(diff.map(|(number, changed)| {
        format!("    {:<7} {}", if number == 0 { "diff" } else { "" }, line(changed))
    }));
    if let Some(waiver) = finding.get("waiver") {
        let [approver, reason, expires] =
            ["approver", "reason", "expires"].map(|key| line(text(waiver, key)));
        lines.push(format!("    waiver  by {approver} until {expires}: {reason}"));
    }
    lines
}

fn text<'a>(value: &'a Json, key: &str) -> &'a str {
    value.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Seconds, with one decimal digit if it matters.
fn seconds(ms: i64) -> String {
    if ms.rem_euclid(1_000) == 0 {
        (ms / 1_000).to_string()
    } else {
        format!("{}.{}", ms / 1_000, ms % 1_000 / 100)
    }
}
