//! The actions of the system in words: the outcome of an event, the comment on a commit, findings and alerts.

use sagewarden_govern::{
    DRIFT_ALERT, Done, FINDING_REWRITTEN, Failure, MONITORING_FAILED, Outcome, RETRAINING_SUGGESTED,
};
use sagewarden_local::{PostedComment, SentNotice};
use serde_json::{Value, json};

use crate::output::line;
use crate::output::terminal::BAD;

/// An outcome in a word and a sentence.
pub(crate) fn outcome(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Ok(Done::Acted(text)) => ("done", text.clone()),
        Ok(Done::Nothing(text)) => ("nothing to do", text.clone()),
        Err(Failure::Retry(error)) => ("retry", error.to_string()),
        Err(Failure::Reject(reason)) => ("rejected", reason.clone()),
    }
}

/// An outcome for machines.
pub(crate) fn outcome_json(function: &str, outcome: &Outcome) -> Value {
    let (word, text) = self::outcome(outcome);
    json!({ "function": function, "outcome": word, "text": text })
}

/// The beginning of a comment on a commit.
pub(crate) fn comment(comment: &PostedComment) -> String {
    const SHOWN: usize = 8;
    let lines: Vec<&str> = comment.text.lines().filter(|line| !line.is_empty()).collect();
    let shown: String = lines.iter().take(SHOWN).map(|line| format!("    {}\n", self::line(line))).collect();
    let more = if lines.len() > SHOWN { "    ...\n" } else { "" };
    format!("  {BAD}Comment on commit {}{BAD:#}\n{shown}{more}", comment.commit.short())
}

/// Published notices, for people.
pub(crate) fn notice(notice: &SentNotice) -> String {
    let words = notice.detail.get("text").and_then(Value::as_str).unwrap_or_default();
    let more = match notice.detail_type.as_str() {
        DRIFT_ALERT => alert(&notice.detail),
        FINDING_REWRITTEN | MONITORING_FAILED | RETRAINING_SUGGESTED => String::new(),
        _ => policy_violation(&notice.detail),
    };
    format!("  {BAD}{}{BAD:#}  {}\n{more}", notice.detail_type, line(words))
}

/// The drifted features, and the chain behind the endpoint.
fn alert(detail: &Value) -> String {
    let chain = detail.get("chain").cloned().unwrap_or_default();
    let listed = |pointer: &str| detail.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let mut lines = Vec::new();
    for found in listed("/violations") {
        let subject = found.get("feature_name").or_else(|| found.get("metric_name"));
        let subject = subject.and_then(Value::as_str).unwrap_or("-");
        lines.push(format!("    violation    {}: {}\n", line(subject), text(found, "description")));
    }
    for moved in listed("/window/attribution/moved/features") {
        let by = moved.get("by").and_then(Value::as_f64).unwrap_or_default();
        lines.push(format!("    effect       {} moved the answers by {by:+.4}\n", text(moved, "name")));
    }
    for other in listed("/window/differences") {
        let (feature, why) = (text(other, "feature"), text(other, "text"));
        lines.push(format!("    difference   Model Monitor answers differently for {feature}: {why}\n"));
    }
    let mut add = |label: &str, list: &str, key: &str, more: &str| {
        for each in chain.get(list).and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| line(each.get(key).and_then(Value::as_str).unwrap_or_default());
            let more = match each.get(more) {
                Some(Value::String(more)) => format!("  {}", line(more)),
                _ => String::new(),
            };
            lines.push(format!("    {label:<13}{}{more}\n", text(key)));
        }
    };
    add("model", "models", "name", "");
    add("training job", "training_jobs", "name", "");
    add("data", "data", "uri", "version_id");
    add("artifact", "artifacts", "uri", "version_id");
    add("image", "images", "id", "");
    add("commit", "commits", "commit", "title");
    lines.concat()
}

/// The findings, the caller and the remedy.
fn policy_violation(detail: &Value) -> String {
    let mut lines = String::new();
    for finding in detail.get("findings").and_then(Value::as_array).into_iter().flatten() {
        lines += &self::finding(finding);
    }
    let done = detail.get("remediation").cloned().unwrap_or_default();
    let action = line(done.get("action").and_then(Value::as_str).unwrap_or("nothing done"));
    lines += &format!("    started by {}\n", text(detail, "started_by"));
    lines + &format!("    {action}: {}\n", text(&done, "result"))
}

/// A control that failed: its rule, the actual value, the wanted value, and the fix, in words and as a diff of the request.
pub(crate) fn finding(finding: &Value) -> String {
    let (control, title) = (text(finding, "control"), text(finding, "title"));
    let severity = text(finding, "severity");
    let state = match text(finding, "status").as_str() {
        "unknown" => "UNDECIDED",
        "waived" => "WAIVED",
        _ => "FAILED",
    };
    let mut lines = format!("    {BAD}{state}{BAD:#} {control} ({severity}): {title}\n");
    for key in ["field", "actual", "wanted", "fix"] {
        lines += &format!("      {key:<8}{}\n", text(finding, key));
    }
    let diff = finding.get("diff").and_then(Value::as_str).unwrap_or_default();
    for (number, changed) in diff.lines().enumerate() {
        lines += &format!("      {:<8}{}\n", if number == 0 { "diff" } else { "" }, line(changed));
    }
    lines
}

/// The value of a field, on one line.
fn text(value: &Value, key: &str) -> String {
    line(value.get(key).and_then(Value::as_str).unwrap_or("-"))
}
