//! Judges a window, and writes two things: the files that Model Monitor would have written, and an evaluation that
//! leads to alerts.

use std::collections::BTreeSet;

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{
    Disagreement, Evaluation, Metric, Mode, ModeDifference, Statistics, UnreadableLines, Violations,
    WindowReport, compare_modes, evaluate, metrics,
};
use sagewarden_settings::{DetectedEndpoint, JudgedBy};

#[cfg(feature = "pages")]
use super::page::{JudgedTraffic, write_page};
use super::profiles::{Merged, Profiles};
use super::read_baselines::FoundBaseline;
use super::unjudged::publish_uncompared;
use super::window_rows::{CapturedFile, deadline, files, has_published_metrics, note_metrics};
use super::write::write;
use crate::counted::counted;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Metrics, Monitor, WindowMetrics};
use crate::report_place::{VIOLATIONS, folder_of, reports_below};
use crate::window::Window;
use crate::world::World;

/// Another file may arrive while a window is judged, and the last version that is written must cover all files.
/// Judging starts over this many times; then the record is retried.
const ATTEMPTS: usize = 5;
/// How many files a sentence names; the report lists them all.
const NAMED: usize = 3;

/// The result of judging a window.
struct JudgedWindow {
    done: Done,
    /// The metrics of a window that is over.
    metrics: Vec<Metric>,
    /// Why no check applied, if none did.
    unjudged: Option<String>,
}

/// Judges the window by the files known so far, and writes the result.
pub(super) async fn judge(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    said: &DetectedEndpoint,
    complete: bool,
    moment: &Moment,
) -> Outcome {
    let profiles = Profiles { world, found, said };
    let deadline = deadline(window, &world.settings().drift.detect);
    let mut known = files(world.table(), window, deadline).await?.in_time;
    for _ in 0..ATTEMPTS {
        let merged = profiles.of(&known).await?;
        let JudgedWindow { done, metrics, unjudged } =
            judge_files(world, window, found, &known, &merged, complete).await?;
        let now = files(world.table(), window, deadline).await?.in_time;
        if now == known {
            publish_metrics_once(world, window, found, &metrics).await?;
            let Some(why) = unjudged else { return Ok(done) };
            return Ok(done.and(publish_uncompared(world, window, found, &why, moment).await?));
        }
        known = now;
    }
    Err(Failure::not_yet(format!("judge the traffic of {}", window.endpoint), "files come faster than that"))
}

/// Writes the result of the files.
async fn judge_files(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    files: &[CapturedFile],
    merged: &Merged,
    complete: bool,
) -> Result<JudgedWindow, Failure> {
    let Merged { profile, unreadable, gone } = merged;
    let endpoint = &window.endpoint;
    let mut text = format!("{} of {endpoint}", counted(profile.rows, "row"));
    if !unreadable.is_empty() {
        text.push_str(&format!("; lines left out: {}", UnreadableLines::in_words(unreadable, NAMED)));
    }
    if !gone.is_empty() {
        let some: Vec<&str> = gone.iter().take(NAMED).map(String::as_str).collect();
        text.push_str(&format!("; gone: {}, such as {}", counted(gone.len(), "file"), some.join(", ")));
    }
    let below = reports_below(world.evidence_bucket(), world.settings().drift.detect.reports.as_deref());
    let folder = reports_folder(window, &below)?;
    if profile.rows == 0 || (!complete && profile.rows < world.settings().drift.detect.min_rows) {
        // There is too little to judge, but it is known that traffic cannot be read: silence is not health.
        if !unreadable.is_empty() || !gone.is_empty() {
            let unjudged = report(window, files, merged, None, found, complete);
            write(world, &folder, WindowReport::FILE, pretty(&unjudged)?).await?;
        }
        let needed = if complete { 1 } else { world.settings().drift.detect.min_rows };
        let done = Done::Nothing(format!("{text}: {needed} are needed"));
        return Ok(JudgedWindow { done, metrics: Vec::new(), unjudged: None });
    }
    let [compat, exact] = [Mode::Compat, Mode::Exact].map(|mode| evaluate(&found.baseline, profile, mode));
    let differences = compare_modes(&compat, &exact);
    let by = |mode: JudgedBy| match mode {
        JudgedBy::Compat => &compat,
        JudgedBy::Exact => &exact,
    };
    let (alerting, written) =
        (by(world.settings().drift.detect.alert_mode), by(world.settings().drift.detect.files_mode));
    #[cfg(feature = "pages")]
    {
        let (mode, unreadable) = (alerting.mode, unreadable.as_slice());
        let judged =
            JudgedTraffic { window, found, profile, unreadable, compat: &compat, exact: &exact, mode };
        write_page(world, &folder, &judged).await?;
    }
    let report = report(window, files, merged, Some((alerting, differences)), found, complete);
    write(world, &folder, "statistics.json", Statistics::from_profile(profile).to_java_json()).await?;
    let violations = Violations { violations: written.violations.clone(), ..Violations::default() };
    write(world, &folder, VIOLATIONS, pretty(&violations)?).await?;
    // This file comes last: `alert-drift` reacts to its event, and then finds the other files in place.
    write(world, &folder, WindowReport::FILE, pretty(&report)?).await?;
    let metrics = if complete { metrics(&found.baseline, profile, written) } else { Vec::new() };
    let done = Done::Acted(format!(
        "{text}, compared with {}: {}; report s3://{}/{}",
        found.place.found_by,
        counted(alerting.violations.len(), "violation"),
        folder.bucket,
        folder.key
    ));
    // A baseline that cannot be compared is published whatever else was found: otherwise it would depend on which
    // file arrived first.
    let unjudged = alerting.nothing_known();
    Ok(JudgedWindow { done, metrics, unjudged })
}

/// Metrics are published when the window is judged for the last time, and not again when a late file opens it once
/// more. Model Monitor publishes a window once, and CloudWatch would add the second values to the first of the same
/// time, so that sums and counts of the window double. The reports show what the late file changed.
async fn publish_metrics_once(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    metrics: &[Metric],
) -> Result<(), Failure> {
    if metrics.is_empty() || has_published_metrics(world.table(), window).await? {
        return Ok(());
    }
    world.metrics().publish(&WindowMetrics {
        monitor: Monitor::DataQuality,
        endpoint: &window.endpoint.name,
        schedule: found.place.schedule.as_deref().unwrap_or(WindowReport::SCHEDULE),
        time: window.end,
        metrics,
    });
    // Marked afterwards: a crash in between publishes them twice, which is less harm than never.
    note_metrics(world.table(), window).await
}

/// Where the reports about a window lie, below a place.
pub(super) fn reports_folder(window: &Window, below: &str) -> Result<S3Location, Failure> {
    folder_of(window, Monitor::DataQuality, below)
        .ok_or_else(|| Failure::Reject(format!("`{below}` is not a folder in S3")))
}

pub(super) fn report(
    window: &Window,
    files: &[CapturedFile],
    merged: &Merged,
    judged: Option<(&Evaluation, Vec<Disagreement>)>,
    found: &FoundBaseline,
    complete: bool,
) -> WindowReport {
    let (alerting, differences) = judged.unzip();
    let difference = |each: Disagreement| ModeDifference { feature: each.feature, text: each.why };
    let unreadable = merged.unreadable.iter();
    // One entry of each kind before all others: if there are too many, each kind is still listed.
    let mut kinds = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) =
        merged.unreadable.iter().cloned().partition(|lines| kinds.insert(lines.kind.clone()));
    WindowReport {
        version: 1,
        endpoint: window.endpoint.name.clone(),
        variant: window.variant.clone(),
        window: window.span(complete),
        alert_mode: alerting.map(|evaluation| evaluation.mode.name().to_owned()).unwrap_or_default(),
        rows: merged.profile.rows,
        files: files.iter().map(CapturedFile::uri).collect(),
        unreadable: first.into_iter().chain(others).take(WindowReport::MAX_UNREADABLE).collect(),
        unreadable_lines: unreadable.map(|lines| lines.count).sum(),
        gone: merged.gone.clone(),
        coverage: alerting.map(Evaluation::coverage),
        unknown: alerting.and_then(Evaluation::nothing_judged),
        violations: alerting.map(|evaluation| evaluation.violations.clone()).unwrap_or_default(),
        differences: differences.unwrap_or_default().into_iter().map(difference).collect(),
        baseline: Some(found.place.constraints.to_string()),
        baseline_digest: Some(found.digest.clone()),
        rewritten: None,
        labelled: None,
    }
}

pub(super) fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| Failure::Reject(error.to_string()))
}
