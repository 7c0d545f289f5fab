//! What is printed: words for outcomes, findings and alerts, and tables.

pub(crate) mod terminal;

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};
pub(crate) use sagewarden_govern::counted;
use sagewarden_govern::{DRIFT_ALERT, Done, Failure, MONITORING_FAILED, Outcome, RETRAINING_SUGGESTED};
use sagewarden_local::{PostedComment, SentNotice};
use sagewarden_monitor::Violations;
use sagewarden_policy::Bundle;
use sagewarden_view::lineage::FlatTable;
use serde_json::{Value, json};

use crate::error::CommandError;
pub(crate) use crate::output::terminal::{BAD, DIM, STRONG, words};

/// Prints text for people; colours are left out where they are not wanted.
pub(crate) fn say(text: &str) -> io::Result<()> {
    print(&terminal::for_people(text))
}

/// Prints a document for programs.
pub(crate) fn hand_over(document: &str) -> io::Result<()> {
    print(&terminal::for_programs(document))
}

/// Tells on standard error what is no part of the output.
pub(crate) fn warn(text: impl Display) {
    anstream::eprintln!("{}", terminal::for_people(&text.to_string()));
}

fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes files into a folder, which is made if need be; answers with the line that says so.
pub(crate) fn write(folder: &Path, files: &[(&str, String)]) -> Result<String, CommandError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| CommandError::Unwritable { path, source }
    };
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let mut line = format!("{STRONG}Written{STRONG:#}");
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(unwritable(&path))?;
        line += &format!("  {}", path.display());
    }
    Ok(line + "\n")
}

/// Violations as the container writes them.
pub(crate) fn violations(violations: &Violations) -> Result<String, CommandError> {
    Ok(serde_json::to_string_pretty(violations).map_err(io::Error::from)? + "\n")
}

/// An outcome in a word and a sentence.
pub(crate) fn outcome(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Ok(Done::Acted(text)) => ("done", text.clone()),
        Ok(Done::Nothing(text)) => ("nothing to do", text.clone()),
        Err(Failure::Retry(error)) => ("retry", error.to_string()),
        Err(Failure::Reject(reason)) => ("rejected", reason.clone()),
    }
}

/// The beginning of a comment on a commit.
pub(crate) fn comment(comment: &PostedComment) -> String {
    const SHOWN: usize = 8;
    let lines: Vec<&str> = comment.text.lines().filter(|line| !line.is_empty()).collect();
    let shown: String = lines.iter().take(SHOWN).map(|line| format!("    {line}\n")).collect();
    let more = if lines.len() > SHOWN { "    ...\n" } else { "" };
    format!("  {BAD}Comment on commit {}{BAD:#}\n{shown}{more}", comment.commit.short())
}

/// What left the system, for people.
pub(crate) fn notice(notice: &SentNotice) -> String {
    let words = notice.detail.get("text").and_then(Value::as_str).unwrap_or_default();
    let more = match notice.detail_type.as_str() {
        DRIFT_ALERT => alert(&notice.detail),
        MONITORING_FAILED | RETRAINING_SUGGESTED => String::new(),
        _ => finding(&notice.detail),
    };
    format!("  {BAD}{}{BAD:#}  {words}\n{more}", notice.detail_type)
}

/// What has moved, and the chain behind it.
fn alert(detail: &Value) -> String {
    let chain = detail.get("chain").cloned().unwrap_or_default();
    let listed = |pointer: &str| detail.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let mut lines = Vec::new();
    for found in listed("/violations") {
        let subject = found.get("feature_name").or_else(|| found.get("metric_name"));
        let subject = subject.and_then(Value::as_str).unwrap_or("-");
        lines.push(format!("    violation    {subject}: {}\n", text(found, "description")));
    }
    for other in listed("/window/differences") {
        let (feature, why) = (text(other, "feature"), text(other, "text"));
        lines.push(format!("    difference   Model Monitor judges {feature} otherwise: {why}\n"));
    }
    let mut add = |label: &str, list: &str, key: &str, more: &str| {
        for each in chain.get(list).and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| each.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let more = match each.get(more) {
                Some(Value::String(more)) => format!("  {more}"),
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

/// A control that does not hold: what is wrong, what stands there, what is wanted, what to change.
pub(crate) fn broken(finding: &Value) -> String {
    let (control, title) = (text(finding, "control"), text(finding, "title"));
    let severity = text(finding, "severity");
    let state = match text(finding, "status") {
        "unknown" => "could not be decided",
        "waived" => "is broken and waived",
        _ => "is broken",
    };
    let mut lines = format!("    {BAD}{control}{BAD:#} {state} ({severity}): {title}\n");
    for key in ["field", "actual", "wanted", "fix"] {
        lines += &format!("      {key:<8}{}\n", text(finding, key));
    }
    lines
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

/// The built-in policies with the settings of a file, or the built-in ones.
pub(crate) fn bundle(settings: Option<&Path>) -> Result<Bundle, CommandError> {
    let bundle = Bundle::embedded()?;
    let Some(path) = settings else { return Ok(bundle) };
    let text = fs::read_to_string(path)
        .map_err(|source| CommandError::Unreadable { path: path.to_owned(), source })?;
    bundle.with_settings(&text).map_err(|source| CommandError::Settings { path: path.to_owned(), source })
}

/// A finding for the one who started the job: what is wrong, what stands there, what is wanted, what to change.
fn finding(detail: &Value) -> String {
    let mut lines = String::new();
    for finding in detail.get("findings").and_then(Value::as_array).into_iter().flatten() {
        lines += &broken(finding);
    }
    let done = detail.get("remediation").cloned().unwrap_or_default();
    let action = done.get("action").and_then(Value::as_str).unwrap_or("nothing done");
    lines += &format!("    started by {}\n", text(detail, "started_by"));
    lines + &format!("    {action}: {}\n", text(&done, "result"))
}

/// The flat table turned on its side: a terminal has room for a few components, not for a hundred columns.
pub(crate) fn components(flat: &FlatTable) -> String {
    let mut columns = flat.columns.iter().enumerate();
    let heads: Vec<String> = match columns.next() {
        Some((_, first)) => std::iter::once(first.clone())
            .chain(flat.rows.iter().map(|row| row.first().map(ToString::to_string).unwrap_or_default()))
            .collect(),
        None => return String::new(),
    };
    let mut table = table(heads);
    for (index, column) in columns {
        let cells = flat.rows.iter().map(|row| row.get(index).map(ToString::to_string).unwrap_or_default());
        table.add_row(std::iter::once(column.clone()).chain(cells).collect::<Vec<_>>());
    }
    format!("{table}\n")
}

/// An outcome for machines.
pub(crate) fn outcome_json(function: &str, outcome: &Outcome) -> Value {
    let (word, text) = self::outcome(outcome);
    json!({ "function": function, "outcome": word, "text": text })
}

/// A table for a terminal.
pub(crate) fn table(heads: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        // No terminal to ask: wide enough for an ARN beside a field.
        table.set_width(140);
    }
    table.set_header(heads);
    table
}
