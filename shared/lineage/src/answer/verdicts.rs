//! What the controls said of nodes, as it was recorded.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::id::NodeId;
use crate::table::Item;

/// The newest verdict on each node, in words.
pub type Verdicts = BTreeMap<NodeId, String>;

/// The newest of the verdicts in these rows (`V#<bundle>`), in words: the outcome, and which controls are broken; with the
/// time that it speaks of, in milliseconds.
#[must_use]
pub fn newest_verdict(rows: &[Item]) -> Option<(i64, String)> {
    let newest = rows.iter().max_by_key(|row| row.text("as_of").map(str::to_owned))?;
    let outcome = newest.text("outcome")?;
    let time = newest.text("as_of")?.split('#').next()?.parse().ok()?;
    let findings: Json = serde_json::from_str(newest.text("findings")?).ok()?;
    let of_status = |status: &str| -> Vec<String> {
        let listed = findings.as_array().into_iter().flatten();
        let fitting = listed.filter(|finding| finding.get("status").and_then(Json::as_str) == Some(status));
        fitting.filter_map(|finding| Some(finding.get("control")?.as_str()?.to_owned())).collect()
    };
    let mut words = outcome.to_owned();
    for (status, label) in [("violation", "broken"), ("waived", "waived"), ("unknown", "undecided")] {
        let controls = of_status(status);
        if !controls.is_empty() {
            words.push_str(&format!("; {label}: {}", controls.join(", ")));
        }
    }
    Some((time, words))
}
