//! Whether a verdict agrees with itself.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::rows::{VerdictRow, findings_mark};

/// The fields of a finding that decide the mark and the outcome.
#[derive(Debug, Deserialize)]
struct SaidFinding {
    control: String,
    actual: String,
    status: SaidStatus,
    #[serde(default)]
    waiver: Option<IgnoredAny>,
}

/// The statuses that findings have. Sagewarden did not write a finding with any other status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SaidStatus {
    Violation,
    Unknown,
    Waived,
}

/// The fault of a verdict in words; `None` if its mark and outcome agree with its findings.
pub(super) fn contradiction(verdict: &VerdictRow) -> Option<String> {
    let Ok(findings) = serde_json::from_str::<Vec<SaidFinding>>(&verdict.findings) else {
        return Some("its findings cannot be read".to_owned());
    };
    let stated = findings.iter().map(|finding| (finding.control.as_str(), finding.actual.as_str()));
    let mark = findings_mark(stated);
    if mark != verdict.findings_mark {
        return Some(format!("its findings are not those that its key `{}` names", verdict.id()));
    }
    if let Some(finding) =
        findings.iter().find(|finding| finding.status == SaidStatus::Waived && finding.waiver.is_none())
    {
        return Some(format!("`{}` is marked as waived, but names no waiver", finding.control));
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
    let any = |status: SaidStatus| findings.iter().any(|finding| finding.status == status);
    match () {
        () if any(SaidStatus::Violation) => "violating",
        () if any(SaidStatus::Unknown) => "unknown",
        () if any(SaidStatus::Waived) => "waived",
        () => "compliant",
    }
}
