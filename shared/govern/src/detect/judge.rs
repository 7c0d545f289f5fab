//! A window is judged: its files become the ones that Model Monitor would have written, and an evaluation that alerts are made of.

use std::collections::BTreeSet;

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{
    Disagreement, Evaluation, Metric, Mode, ModeDifference, Statistics, UnreadableLines, Violations,
    WindowReport, compare_modes, evaluate, metrics,
};
use sagewarden_settings::{DetectedEndpoint, JudgedBy};

use super::DetectDrift;
use super::find_baseline::FoundBaseline;
use super::profiles::{Merged, Profiles};
use super::window::{CapturedFile, Window};
use crate::counted::counted;
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::Files;
use crate::ports::{Metrics, WindowMetrics};
use crate::world::World;

/// Another file may come while a window is judged, and what is written last must be the judgement of all. So often it is
/// begun anew; then the record comes again.
const ATTEMPTS: usize = 5;
/// Files that a sentence names; the report lists them.
const NAMED: usize = 3;

/// What came of judging a window.
struct Judged {
    done: Done,
    /// Those of a window that is over.
    metrics: Vec<Metric>,
    /// Why not one check applied, where none did.
    unjudged: Option<String>,
}

impl<W: World> DetectDrift<'_, W> {
    /// Judges the window as far as it is known; writes what comes of it.
    pub(super) async fn judge(
        &self,
        window: &Window,
        found: &FoundBaseline,
        said: &DetectedEndpoint,
        complete: bool,
        moment: &Moment,
    ) -> Outcome {
        let profiles = Profiles { world: self.world, found, said };
        let mut files = window.files(self.world.table()).await?;
        for _ in 0..ATTEMPTS {
            let merged = profiles.of(&files).await?;
            let Judged { done, metrics, unjudged } =
                self.judge_files(window, found, &files, &merged, complete).await?;
            let now = window.files(self.world.table()).await?;
            if now == files {
                self.tell_once(window, found, &metrics).await?;
                let Some(why) = unjudged else { return Ok(done) };
                return Ok(done.and(self.tell_uncompared(window, found, &why, moment).await?));
            }
            files = now;
        }
        Err(Failure::not_yet(
            format!("judge the traffic of {}", window.endpoint),
            "files come faster than that",
        ))
    }

    /// Writes what the files come to.
    async fn judge_files(
        &self,
        window: &Window,
        found: &FoundBaseline,
        files: &[CapturedFile],
        merged: &Merged,
        complete: bool,
    ) -> Result<Judged, Failure> {
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
        let folder = self.reports(window)?;
        if profile.rows == 0 || (!complete && profile.rows < self.settings().min_rows) {
            // Too little to be judged, but that traffic cannot be read is known: silence is not health.
            if !unreadable.is_empty() || !gone.is_empty() {
                let unjudged = report(window, files, merged, None, found, complete);
                self.write(&folder, WindowReport::FILE, pretty(&unjudged)?).await?;
            }
            let needed = if complete { 1 } else { self.settings().min_rows };
            let done = Done::Nothing(format!("{text}: {needed} are needed"));
            return Ok(Judged { done, metrics: Vec::new(), unjudged: None });
        }
        let [compat, exact] =
            [Mode::Compat, Mode::Exact].map(|mode| evaluate(&found.baseline, profile, mode));
        let differences = compare_modes(&compat, &exact);
        let by = |mode: JudgedBy| match mode {
            JudgedBy::Compat => &compat,
            JudgedBy::Exact => &exact,
        };
        let (alerting, written) = (by(self.settings().alert_mode), by(self.settings().files_mode));
        let report = report(window, files, merged, Some((alerting, differences)), found, complete);
        self.write(&folder, "statistics.json", Statistics::from_profile(profile).to_java_json()).await?;
        self.write(&folder, WindowReport::FILE, pretty(&report)?).await?;
        // The last one: its event brings the alert, which reads the evaluation.
        let violations = Violations { violations: written.violations.clone(), ..Violations::default() };
        self.write(&folder, "constraint_violations.json", pretty(&violations)?).await?;
        let metrics = if complete { metrics(&found.baseline, profile, written) } else { Vec::new() };
        let done = Done::Acted(format!(
            "{text}, compared with {}: {}; report s3://{}/{}",
            found.place.found_by,
            counted(alerting.violations.len(), "violation"),
            folder.bucket,
            folder.key
        ));
        Ok(Judged { done, metrics, unjudged: alerting.nothing_judged() })
    }

    /// Metrics leave when the window is judged for the last time, and not again when a late file opens it once more: Model Monitor
    /// tells a window once, and CloudWatch would add the second values to the first of the same time, so that sums and counts
    /// of the window double. What the late file changes is in the reports.
    async fn tell_once(
        &self,
        window: &Window,
        found: &FoundBaseline,
        metrics: &[Metric],
    ) -> Result<(), Failure> {
        if metrics.is_empty() || window.has_told_metrics(self.world.table()).await? {
            return Ok(());
        }
        self.world.metrics().tell(&WindowMetrics {
            endpoint: &window.endpoint.name,
            schedule: found.place.schedule.as_deref().unwrap_or(WindowReport::SCHEDULE),
            time: window.end,
            metrics,
        });
        // Behind them: a crash between the two tells them twice, which is less than not at all.
        window.metrics_told(self.world.table()).await
    }

    async fn write(&self, folder: &S3Location, name: &str, body: String) -> Result<(), Failure> {
        let key = format!("{}/{name}", folder.key);
        Ok(self.world.files().write(&folder.bucket, &key, "application/json", body.as_bytes()).await?)
    }
}

fn report(
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
    // One entry of each kind before all others: no kind goes unseen where there are too many.
    let mut kinds = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) =
        merged.unreadable.iter().cloned().partition(|lines| kinds.insert(lines.kind.clone()));
    WindowReport {
        version: 1,
        endpoint: window.endpoint.name.clone(),
        variant: window.variant.clone(),
        window: window.told(complete),
        alert_mode: alerting.map(|evaluation| evaluation.mode.name().to_owned()).unwrap_or_default(),
        rows: merged.profile.rows,
        files: files.iter().map(CapturedFile::uri).collect(),
        unreadable: first.into_iter().chain(others).take(WindowReport::MAX_UNREADABLE).collect(),
        unreadable_lines: unreadable.map(|lines| lines.count).sum(),
        gone: merged.gone.clone(),
        violations: alerting.map(|evaluation| evaluation.violations.clone()).unwrap_or_default(),
        differences: differences.unwrap_or_default().into_iter().map(difference).collect(),
        baseline: Some(found.place.constraints.to_string()),
    }
}

fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| Failure::Reject(error.to_string()))
}
