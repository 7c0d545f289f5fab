//! The words of an alert: a sentence that can stand alone in a mail, and the fields that a program may need.

use std::collections::BTreeSet;

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{AttributedFeature, AttributedRows, Violation, WindowReport};
use serde_json::{Value as Json, json};

use super::behind::Behind;
use super::cause::SetClaim;
use super::chain_words::chain_in_words;
use super::evaluated::EvaluatedWindow;
use super::found::{Found, Observed};
use super::since::Since;
use crate::counted::counted;
use crate::ports::Notice;

/// The `detail-type` of drift alerts.
pub const DRIFT_ALERT: &str = "Sagewarden Drift Alert";

/// How many subjects and names the sentence lists.
const NAMED: usize = 3;
/// How many disagreements of the two modes it lists.
const MAX_DIFFERENCES: usize = 20;
const MAX_TEXT: usize = 500;
/// What so many equal answers mean.
const NO_SPREAD: &str = "nearly all predictions are the same: the model may have failed, or been poisoned";

/// How many features it lists.
const MAX_FEATURES: usize = 20;

/// Earlier findings.
pub(super) struct Before {
    /// The number of findings shortly before.
    pub(super) earlier: usize,
    /// Since when each violation has been there.
    pub(super) since: Since,
}

/// The alert.
pub(super) fn drift_notice(
    observed: &Observed<'_>,
    commands: &[String; 2],
    found: &Found,
    claim: &SetClaim,
    deployment: Option<&NodeId>,
    behind: &Behind,
    before: &Before,
) -> Notice {
    let endpoint = observed.endpoint();
    let severity = behind.severity_of(&found.violations);
    let fresh: BTreeSet<Pair> =
        claim.fresh.iter().filter_map(|index| found.violations.get(*index)).map(pair).collect();
    let entry = |violation: &Violation| {
        let entry = rated(violation, behind, &before.since, fresh.contains(&pair(violation)));
        named(entry, violation, observed)
    };
    let mut detail = json!({
        "text": summary(observed, found, behind, before),
        "about": endpoint.arn(),
        "advice": advice(observed, commands, found),
        "severity": severity,
        "endpoint": { "name": endpoint.name, "arn": endpoint.arn() },
        "monitoring_type": observed.monitoring_type(),
        "report": found.report,
        "page": page(observed),
        "violation_count": found.violations.len(),
        "new_violations": claim.fresh.len(),
        "violations": found.listed().iter().map(entry).collect::<Vec<_>>(),
        "earlier_findings": before.earlier,
        "deployment": deployment.map(ToString::to_string),
        "changed_by_deployment": behind.changes,
        "chain": behind.chain,
        "look_at": commands,
    });
    if let Some(fields) = detail.as_object_mut() {
        fields.extend(looked_at(observed));
    }
    let mut resources = vec![endpoint.arn()];
    if let Observed::Execution(execution) = observed {
        resources.push(execution.job.arn());
    }
    Notice::new(DRIFT_ALERT, resources, behind.concerned.named_in(detail))
}

/// The monitored data, and the monitor.
fn looked_at(observed: &Observed<'_>) -> Vec<(String, Json)> {
    let fields = match observed {
        Observed::Execution(execution) => json!({
            "schedule": { "name": execution.schedule.name, "arn": execution.schedule.arn() },
            "execution": {
                "name": execution.job.name,
                "arn": execution.job.arn(),
                "created_at": execution.created_at,
                "ended_at": execution.ended_at,
            },
            "window": null,
        }),
        Observed::Window(evaluated @ EvaluatedWindow { window, report, .. }) => json!({
            "schedule": { "name": observed.schedule(), "arn": null },
            "execution": null,
            "window": {
                "variant": window.variant,
                "start": window.start,
                "end": window.end,
                "complete": report.window.complete,
                "rows": report.rows,
                "unreadable_lines": report.unreadable_lines,
                "files_gone": report.gone.len(),
                "mode": report.alert_mode,
                "baseline": report.baseline,
                "labelled": evaluated.labelled(),
                "attribution": report.attribution.as_ref().map(listed),
                "differences": report.differences.iter().take(MAX_DIFFERENCES).map(|difference| json!({
                    "feature": difference.feature,
                    "text": difference.text.chars().take(MAX_TEXT).collect::<String>(),
                })).collect::<Vec<_>>(),
            },
        }),
    };
    match fields {
        Json::Object(fields) => fields.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The reasons of the model, with no more features than an event lists.
fn listed(reasons: &AttributedRows) -> AttributedRows {
    let features: Vec<AttributedFeature> = reasons.features.iter().take(MAX_FEATURES).cloned().collect();
    let omitted = reasons.omitted + reasons.features.len() - features.len();
    AttributedRows { features, omitted, ..reasons.clone() }
}

/// Subject and check.
type Pair = (String, Option<String>);

fn pair(violation: &Violation) -> Pair {
    (violation.subject(), violation.constraint_check_type.clone())
}

/// An entry of the report with its severity, how much the model relies on the feature, and whether it is new.
fn rated(violation: &Violation, behind: &Behind, since: &Since, is_new: bool) -> Json {
    let importance = behind.importances.of(violation);
    let mut entry = json!(violation);
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("severity".into(), json!(behind.importances.severity(violation)));
        fields.insert("new".into(), json!(is_new));
        if let Some(observed) = violation.observed() {
            fields.insert("observed".into(), json!(observed.value));
            fields.insert("threshold".into(), json!(observed.threshold));
        }
        if let Some(since) = since.when(violation) {
            fields.insert("since".into(), json!(since));
        }
        if let Some(importance) = importance {
            fields.insert("importance".into(), json!(importance));
        }
    }
    entry
}

/// Says if the feature of the entry is a prediction.
fn named(mut entry: Json, violation: &Violation, observed: &Observed<'_>) -> Json {
    let is_prediction = observed.report().is_some_and(|report| report.is_of_prediction(violation));
    if let Some(fields) = entry.as_object_mut().filter(|_| is_prediction) {
        fields.insert("prediction".into(), json!(true));
    }
    entry
}

/// One sentence that can stand alone in an e-mail or a chat.
fn summary(observed: &Observed<'_>, found: &Found, behind: &Behind, before: &Before) -> String {
    let mut subjects: Vec<String> = found.violations.iter().map(Violation::subject).collect();
    subjects.sort();
    subjects.dedup();
    let more = subjects.len().saturating_sub(NAMED);
    subjects.truncate(NAMED);
    let mut text = format!(
        "{} on endpoint {}: {}",
        counted(found.violations.len(), "violation"),
        observed.endpoint().name,
        subjects.join(", ")
    );
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    if let Observed::Window(evaluated @ EvaluatedWindow { window, report, .. }) = observed {
        text.push_str(&format!("; in the traffic from {} to {}", window.start, window.end));
        text.push_str(&of_predictions(report));
        if let Some(labelled) = &report.labelled {
            text.push_str(&format!("; {}", labelled.in_words()));
        }
        if let Some(reasons) = evaluated.reasons() {
            text.push_str(&format!("; {}", reasons.in_words()));
        }
        if let Some(moved) = report.attribution.as_ref().and_then(|reasons| reasons.moved.as_ref()) {
            text.push_str(&format!("; {}", moved.in_words()));
        }
        if let Some(since) = before.since.first_of(&found.violations) {
            text.push_str(&format!(", as in each window since {since}"));
        }
        if let Some(coverage) = report.coverage.as_ref().filter(|seen| seen.compared > 1 && seen.drifted > 0)
        {
            text.push_str(&format!(
                "; {} of {} compared features have drifted",
                coverage.drifted, coverage.compared
            ));
        }
        if report.unreadable_lines > 0 {
            text.push_str(&format!("; {} could not be read", counted(report.unreadable_lines, "line")));
        }
        if !report.gone.is_empty() {
            text.push_str(&format!("; gone: {}", counted(report.gone.len(), "file")));
        }
    }
    text.push_str(&chain_in_words(&behind.chain));
    if let Some(changes) = &behind.changes {
        text.push_str(&match changes.aspects().as_slice() {
            [] => format!("; its deployment of {} changed nothing that was recorded", changes.since),
            aspects => format!("; its deployment of {} changed {}", changes.since, aspects.join(", ")),
        });
    }
    if before.earlier > 0 {
        text.push_str(&format!("; {} shortly before", counted(before.earlier, "more finding")));
    }
    text
}

/// The part of the sentence that is about predictions.
fn of_predictions(report: &WindowReport) -> String {
    let drifted: Vec<&str> = report.drifted_predictions().into_iter().collect();
    let more = drifted.len().saturating_sub(NAMED);
    let mut text = String::new();
    if let Some(names) = drifted.get(..drifted.len() - more).filter(|names| !names.is_empty()) {
        text.push_str(&format!("; prediction drift: {}", names.join(", ")));
    }
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    if report.has_no_spread() {
        text.push_str(&format!("; {NO_SPREAD}"));
    }
    text
}

fn advice(observed: &Observed<'_>, [lineage, history]: &[String; 2], found: &Found) -> String {
    let baseline = match observed {
        Observed::Execution(execution) => format!("the baseline of schedule {}", execution.schedule.name),
        Observed::Window(window) => match &window.report.baseline {
            Some(place) => format!("the baseline {place}"),
            None => "its baseline".to_owned(),
        },
    };
    let page = page(observed).map_or_else(String::new, |page| format!("open {page}; "));
    let first = if observed.report().is_some_and(WindowReport::has_no_spread) {
        "look at the logs of the model's container and at the requests before you retrain: a failed model gives the same answer to all, and so do equal requests; "
    } else {
        ""
    };
    format!(
        "{first}{page}read {} beside {baseline}; `{lineage}` shows what was in force, `{history}` what happened before; \
         then retrain, or set a new baseline",
        found.report
    )
}

/// The page for people, beside the evaluation of a window.
fn page(observed: &Observed<'_>) -> Option<String> {
    let Observed::Window(window) = observed else { return None };
    let folder = window.evaluation.key.strip_suffix(WindowReport::FILE)?;
    let page = S3Location { key: format!("{folder}{}", WindowReport::PAGE), ..window.evaluation.clone() };
    window.is_judged().then(|| page.to_string())
}
