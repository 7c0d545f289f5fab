//! Judges a window, and writes two things: the files that Model Monitor would have written, and an evaluation that
//! leads to alerts.

use std::collections::BTreeSet;

use sagewarden_events::Resource;
use sagewarden_lineage::s3::S3Location;
use sagewarden_measure::Profile;
use sagewarden_monitor::{
    Disagreement, Evaluation, FeatureDistance, Metric, MetricGroup, Mode, ModeDifference, Statistics,
    UnreadableLines, Violations, WindowReport, compare_modes, evaluate, explained_with_answer_last,
    metrics as published,
};
#[cfg(feature = "explaining")]
use sagewarden_outcomes::clarify::attribution_metrics;
use sagewarden_settings::{DetectedEndpoint, JudgedBy};

use super::known_baselines::KnownBaselines;
#[cfg(feature = "pages")]
use super::page::{JudgedTraffic, write_page};
use super::profiles::{Merged, Profiles};
use super::read_baselines::FoundBaseline;
use super::unjudged::publish_uncompared;
use super::window_rows::{CapturedFile, deadline, files, has_published_metrics, note_metrics};
use super::write::write;
use crate::counted::counted;
#[cfg(feature = "explaining")]
use crate::explain::{self, ExplainedTraffic, Reasons, window_reasons};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Monitor;
use crate::report_place::{VIOLATIONS, folder_of, reports_below};
use crate::window::Window;
use crate::window_metrics::publish;
use crate::world::World;

/// Another file may arrive while a window is judged, and the last version that is written must cover all files. Judging starts over this
/// many times; then the record is retried.
const ATTEMPTS: usize = 5;
/// How many files a sentence names; the report lists them all.
const NAMED: usize = 3;

/// The result of judging a window.
struct JudgedWindow {
    done: Done,
    /// The metrics of a window that is over.
    metrics: WindowedMetrics,
    /// Why no check applied, if none did.
    unjudged: Option<String>,
}

/// The metrics of the data, and of the reasons of the model.
#[derive(Default)]
struct WindowedMetrics {
    data: Vec<Metric>,
    reasons: Vec<MetricGroup>,
}

/// The window, and its baseline.
pub(super) struct TrafficJudging<'a, W> {
    pub(super) world: &'a W,
    pub(super) window: &'a Window,
    pub(super) found: &'a FoundBaseline,
    pub(super) said: &'a DetectedEndpoint,
    /// The data that the process read recently.
    #[cfg_attr(
        not(feature = "explaining"),
        expect(dead_code, reason = "only what explains models reads it")
    )]
    pub(super) known: &'a KnownBaselines,
    pub(super) moment: &'a Moment,
}

impl<W: World> TrafficJudging<'_, W> {
    /// Judges the window by the files known so far, and writes the result.
    pub(super) async fn judge(&self, complete: bool) -> Outcome {
        let Self { world, window, found, said, .. } = *self;
        let profiles = Profiles { world, found, said };
        let deadline = deadline(window, &world.settings().drift.detect);
        let mut known = files(world.table(), window, deadline).await?.in_time;
        for _ in 0..ATTEMPTS {
            let merged = profiles.of(&known).await?;
            let JudgedWindow { done, metrics, unjudged } =
                self.judge_files(&known, &merged, complete).await?;
            let now = files(world.table(), window, deadline).await?.in_time;
            if now == known {
                publish_metrics_once(world, window, found, &metrics).await?;
                let Some(why) = unjudged else { return Ok(done) };
                return Ok(done.and(publish_uncompared(world, window, found, &why, self.moment).await?));
            }
            known = now;
        }
        Err(Failure::not_yet(
            format!("judge the traffic of {}", window.endpoint),
            "files come faster than that",
        ))
    }

    /// Writes the result of the files.
    async fn judge_files(
        &self,
        files: &[CapturedFile],
        merged: &Merged,
        complete: bool,
    ) -> Result<JudgedWindow, Failure> {
        let Self { world, window, found, .. } = *self;
        let Merged { profile, unreadable, gone } = merged;
        let text = read_in_words(&window.endpoint, merged);
        let below = reports_below(world.evidence_bucket(), world.settings().drift.detect.reports.as_deref());
        let folder = reports_folder(window, &below)?;
        if profile.rows == 0 || (!complete && profile.rows < world.settings().drift.detect.min_rows) {
            // There are too few rows to judge, but some traffic cannot be read, and that is published: silence is not health.
            if !unreadable.is_empty() || !gone.is_empty() {
                let unjudged = report(window, files, merged, None, found, complete);
                write(world, &folder, WindowReport::FILE, pretty(&unjudged)?).await?;
            }
            let needed = if complete { 1 } else { world.settings().drift.detect.min_rows };
            let done = Done::Nothing(format!("{text}: {needed} are needed"));
            return Ok(JudgedWindow { done, metrics: WindowedMetrics::default(), unjudged: None });
        }
        let exact = evaluate(&found.baseline, profile, Mode::Exact);
        let turned = self.with_answer_last(profile, &exact);
        let input_first = turned.is_some();
        let (turned, exact) = turned.map_or((None, exact), |(profile, exact)| (Some(profile), exact));
        let profile = turned.as_ref().unwrap_or(profile);
        let compat = evaluate(&found.baseline, profile, Mode::Compat);
        let differences = compare_modes(&compat, &exact);
        let by = |mode: JudgedBy| match mode {
            JudgedBy::Compat => &compat,
            JudgedBy::Exact => &exact,
        };
        let (alerting, written) =
            (by(world.settings().drift.detect.alert_mode), by(world.settings().drift.detect.files_mode));
        #[cfg(feature = "explaining")]
        let reasons = self.reasons(files, complete, !alerting.violations.is_empty()).await?;
        #[cfg(feature = "pages")]
        {
            let (mode, unreadable) = (alerting.mode, unreadable.as_slice());
            #[cfg(feature = "explaining")]
            let attribution = reasons.as_ref().and_then(Reasons::both);
            #[cfg(not(feature = "explaining"))]
            let attribution = None;
            let judged = JudgedTraffic {
                window,
                found,
                profile,
                unreadable,
                compat: &compat,
                exact: &exact,
                mode,
                attribution,
            };
            write_page(world, &folder, &judged).await?;
        }
        let report = report(window, files, merged, Some((alerting, differences)), found, complete);
        let report = WindowReport { input_first, ..report };
        let mut metrics = WindowedMetrics::default();
        if complete {
            metrics.data = published(&found.baseline, profile, written);
            #[cfg(feature = "explaining")]
            metrics.reasons.extend(reasons.iter().flat_map(|reasons| attribution_metrics(&reasons.now)));
        }
        #[cfg(feature = "explaining")]
        let report = WindowReport { attribution: reasons.map(|reasons| reasons.rows), ..report };
        write(world, &folder, "statistics.json", Statistics::from_profile(profile).to_java_json()).await?;
        let violations = Violations { violations: written.violations.clone(), ..Violations::default() };
        write(world, &folder, VIOLATIONS, pretty(&violations)?).await?;
        // This file comes last: `alert-drift` reacts to its event, and then finds the other files in place.
        write(world, &folder, WindowReport::FILE, pretty(&report)?).await?;
        let done = Done::Acted(format!(
            "{text}, compared with {}: {}; report s3://{}/{}",
            found.place.found_by,
            counted(alerting.violations.len(), "violation"),
            folder.bucket,
            folder.key
        ));
        // A baseline that cannot be compared is always published. Otherwise, the notice would depend on which file arrived first.
        let unjudged = alerting.nothing_known();
        Ok(JudgedWindow { done, metrics, unjudged })
    }

    /// The rows with the answers' cells last, if nobody has said where they are and only this order explains the traffic. The rows are not
    /// read again: the profile has all details.
    fn with_answer_last(&self, profile: &Profile, exact: &Evaluation) -> Option<(Profile, Evaluation)> {
        let Self { world, found, said, .. } = *self;
        let is_free = said.columns.is_none() && world.settings().drift.detect.alert_mode == JudgedBy::Exact;
        is_free.then(|| explained_with_answer_last(&found.baseline, profile, exact)).flatten()
    }

    /// The attribution of the model, for a window that has drifted or is closed: explaining each captured file would take longer than
    /// judging it. For a closed window, the attribution is judged and written beside it.
    #[cfg(feature = "explaining")]
    async fn reasons(
        &self,
        files: &[CapturedFile],
        complete: bool,
        has_drifted: bool,
    ) -> Result<Option<Reasons>, Failure> {
        let Self { world, window, found, said, known, moment } = *self;
        if !said.attribution.watch || !(complete || has_drifted) {
            return Ok(None);
        }
        let features = &found.baseline.constraints().features;
        let columns: Vec<String> = features.iter().map(|feature| feature.name.clone()).collect();
        let traffic = ExplainedTraffic { window, said, columns: &columns, files };
        let reasons = window_reasons(world, &known.models, &traffic, moment).await?;
        if complete {
            explain::write::write(world, window, &reasons, said.attribution.threshold.value()).await?;
        }
        Ok(reasons.ok())
    }
}

/// The rows of a window, and the lines that could not be read.
fn read_in_words(endpoint: &Resource, merged: &Merged) -> String {
    let Merged { profile, unreadable, gone } = merged;
    let mut text = format!("{} of {endpoint}", counted(profile.rows, "row"));
    if !unreadable.is_empty() {
        text.push_str(&format!("; lines left out: {}", UnreadableLines::in_words(unreadable, NAMED)));
    }
    if !gone.is_empty() {
        let some: Vec<&str> = gone.iter().take(NAMED).map(String::as_str).collect();
        text.push_str(&format!("; gone: {}, such as {}", counted(gone.len(), "file"), some.join(", ")));
    }
    text
}

/// Metrics are published when the window is judged for the last time, and not again if a late file opens it once more. Model Monitor
/// publishes a window once. CloudWatch would add second values to the first of the same time, so that sums and counts of the window double.
/// The reports show the effect of the late file.
async fn publish_metrics_once(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    metrics: &WindowedMetrics,
) -> Result<(), Failure> {
    let WindowedMetrics { data, reasons } = metrics;
    if (data.is_empty() && reasons.is_empty()) || has_published_metrics(world.table(), window).await? {
        return Ok(());
    }
    let data = MetricGroup { metrics: data.clone(), ..MetricGroup::default() };
    publish(world, window, Monitor::DataQuality, found.place.schedule.as_deref(), &[data]);
    publish(world, window, Monitor::ModelExplainability, None, reasons);
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
        distances: alerting.map(FeatureDistance::of).unwrap_or_default(),
        answers: Some(merged.profile.answers).filter(|answers| answers.expected() > 0),
        input_first: false,
        predictions: alerting.map(names_of_predictions).unwrap_or_default(),
        differences: differences.unwrap_or_default().into_iter().map(difference).collect(),
        baseline: Some(found.place.constraints.to_string()),
        baseline_digest: Some(found.digest.clone()),
        rewritten: None,
        labelled: None,
        attribution: None,
    }
}

fn names_of_predictions(evaluation: &Evaluation) -> Vec<String> {
    let names = evaluation.predictions().map(|feature| feature.name.clone());
    names.take(WindowReport::MAX_DISTANCES).collect()
}

pub(super) fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| Failure::Reject(error.to_string()))
}
