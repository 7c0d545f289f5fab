//! The recorded verdicts on nodes.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use serde_json::Value as Json;

use crate::id::NodeId;
use crate::rows::VerdictRow;
use crate::table::Item;

/// The newest verdict on each node, in words.
pub type Verdicts = BTreeMap<NodeId, String>;

/// The newest of the verdicts in these rows, in words (the outcome and the failed controls), and the time that it is about.
#[must_use]
pub fn newest_verdict(rows: &[Item]) -> Option<(Timestamp, String)> {
    let version =
        |row: &VerdictRow| (row.modified_at, row.judged_at, row.is_known, row.findings_mark.clone());
    let newest = rows.iter().filter_map(VerdictRow::parse).max_by_key(version)?;
    Some((newest.modified_at, verdict_in_words(&newest)?))
}

/// A verdict in words: the outcome, and the failed controls.
#[must_use]
pub fn verdict_in_words(verdict: &VerdictRow) -> Option<String> {
    let findings: Json = serde_json::from_str(&verdict.findings).ok()?;
    let of_status = |status: &str| -> Vec<String> {
        let listed = findings.as_array().into_iter().flatten();
        let fitting = listed.filter(|finding| finding.get("status").and_then(Json::as_str) == Some(status));
        fitting.filter_map(|finding| Some(finding.get("control")?.as_str()?.to_owned())).collect()
    };
    let mut words = verdict.outcome.clone();
    for (status, label) in [("violation", "failed"), ("waived", "waived"), ("unknown", "undecided")] {
        let controls = of_status(status);
        if !controls.is_empty() {
            words.push_str(&format!("; {label}: {}", controls.join(", ")));
        }
    }
    Some(words)
}
