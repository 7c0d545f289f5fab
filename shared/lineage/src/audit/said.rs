//! Whether a verdict agrees with itself.

use serde::Deserialize;

use crate::rows::{VerdictRow, findings_mark};

/// What of a finding decides the mark and the outcome.
#[derive(Debug, Deserialize)]
struct SaidFinding {
    control: String,
    actual: String,
    status: String,
}

/// What is wrong with a verdict in words; `None` when its mark and its outcome are those of its findings.
pub(super) fn contradiction(verdict: &VerdictRow) -> Option<String> {
    let Ok(findings) = serde_json::from_str::<Vec<SaidFinding>>(&verdict.findings) else {
        return Some("its findings cannot be read".to_owned());
    };
    let stated = findings.iter().map(|finding| (finding.control.as_str(), finding.actual.as_str()));
    let mark = findings_mark(stated);
    if mark != verdict.findings_mark {
        return Some(format!("its findings are not those that its key `{}` names", verdict.id()));
    }
    let (outcome, said) = (outcome(&findings), &verdict.outcome);
    if outcome != said {
        return Some(format!("it says `{said}`, and its findings say `{outcome}`"));
    }
    (verdict.is_known == (outcome == "unknown"))
        .then(|| format!("its outcome is `{said}`, and its key says otherwise"))
}

/// The word for findings.
fn outcome(findings: &[SaidFinding]) -> &'static str {
    let any = |status: &str| findings.iter().any(|finding| finding.status == status);
    match () {
        () if any("violation") => "violating",
        () if any("unknown") => "unknown",
        () if any("waived") => "waived",
        () => "compliant",
    }
}
