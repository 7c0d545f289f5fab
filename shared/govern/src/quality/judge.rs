//! Measures the predictions of a window, and writes two things: the files that a model quality job would have
//! written, and an evaluation that leads to alerts.

use sagewarden_lineage::rows::{WindowMark, WindowMarkRow};
use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_lineage::table::Write;
use sagewarden_monitor::{Metric, MetricGroup, MetricValue, Mode, Violations, WindowReport};
use sagewarden_outcomes::quality::{QualityConstraints, QualityStatistics};
use sagewarden_settings::JudgedBy;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::bias;
use super::files::LabelledFiles;
use super::measure::measure;
use super::read::read;
use super::report::Findings;
use super::watch::QualityWatch;
use crate::counted::counted;
use crate::outcome::{Done, Failure};
use crate::ports::{Files as _, Monitor, Objects as _, Table as _};
use crate::report_place::{VIOLATIONS, folder_of, key_in, reports_below};
use crate::window::Window;
use crate::window_metrics::publish;
use crate::world::World;

/// Files may arrive while a window is measured, and the last version that is written must cover all of them.
/// Measuring starts over this many times; then the record is retried.
const ATTEMPTS: usize = 3;
/// Bytes of `constraints.json`: two dozen thresholds.
const MAX_CONSTRAINTS: u64 = 1 << 20;

/// The metrics of a window that is measured for the last time.
#[derive(Default)]
struct OutcomeMetrics {
    quality: MetricGroup,
    bias: Vec<MetricGroup>,
}

/// Measures a window with the labels so far, or for the last time; returns the files that were used.
///
/// # Errors
/// Rejects files that cannot be measured; retries if a service does not answer.
pub(super) async fn judge(
    world: &impl World,
    watch: &QualityWatch,
    window: &Window,
    is_last: bool,
) -> Result<(Done, LabelledFiles), Failure> {
    let (table, detect) = (world.table(), &world.settings().drift.detect);
    let mut files = LabelledFiles::of(table, detect, watch, window).await?;
    for _ in 0..ATTEMPTS {
        let (done, metrics) = judge_files(world, watch, window, &files, is_last).await?;
        let now = LabelledFiles::of(table, detect, watch, window).await?;
        if now == files {
            publish_metrics_once(world, watch, window, &metrics).await?;
            return Ok((done, files));
        }
        files = now;
    }
    Err(Failure::not_yet(
        format!("measure the predictions of {}", window.endpoint),
        "files come faster than that",
    ))
}

/// Writes the results of the files; returns the metrics of a window that is measured for the last time.
async fn judge_files(
    world: &impl World,
    watch: &QualityWatch,
    window: &Window,
    files: &LabelledFiles,
    is_last: bool,
) -> Result<(Done, OutcomeMetrics), Failure> {
    let endpoint = &window.endpoint;
    let nothing = |why: &str| {
        Ok((Done::Nothing(format!("predictions of {endpoint}: {why}")), OutcomeMetrics::default()))
    };
    if files.captured.is_empty() {
        return nothing("there is none");
    }
    if files.labels.is_empty() && !is_last {
        return nothing("no label has arrived yet");
    }
    let pairs = read(world, watch, files).await?;
    let (matched, detect) = (pairs.joined.pairs.len(), &world.settings().drift.detect);
    if !is_last && (matched as u64) < detect.min_rows {
        return nothing(&format!("{matched} have labels, {} are needed", detect.min_rows));
    }
    let baseline = baseline(world, watch).await?;
    let (constraints, digest) = baseline.unzip();
    let mode = mode_of(detect.alert_mode);
    let measured =
        (matched > 0).then(|| measure(&pairs.joined, &watch.measured, constraints.as_ref(), window, mode));
    let findings = Findings {
        watch,
        window,
        files,
        pairs: &pairs,
        measured: measured.as_ref(),
        baseline: digest,
        complete: is_last,
    };
    let report = findings.report(mode);
    let bias = match watch.bias.as_ref().filter(|_| matched > 0) {
        Some(bias) => bias::judge(world, bias, &findings).await?,
        None => Vec::new(),
    };
    let folder = folder(world, window)?;
    let written = measured.as_ref().map(|measured| measured.of_mode(mode_of(detect.files_mode)));
    if let Some(written) = written {
        write(world, &folder, "statistics.json", written.statistics.to_java_json()).await?;
        if let Some(evaluated) = written.evaluated.as_ref().filter(|_| report.unknown.is_none()) {
            let violations =
                Violations { violations: evaluated.violations.violations.clone(), ..Violations::default() };
            write(world, &folder, VIOLATIONS, pretty(&violations)?).await?;
        }
    }
    // This file comes last: `alert-drift` reacts to its event, and then finds the other files in place.
    write(world, &folder, WindowReport::FILE, pretty(&report)?).await?;
    let labelled = report.labelled.as_ref().map(|rows| rows.in_words()).unwrap_or_default();
    let came_to = report.unknown.clone().unwrap_or_else(|| counted(report.violations.len(), "violation"));
    let done = format!(
        "model quality of {endpoint}: {labelled}; {came_to}; report s3://{}/{}",
        folder.bucket, folder.key
    );
    let quality = written.map(|mode| metrics(&mode.statistics, &report)).unwrap_or_default();
    let metrics = if is_last { OutcomeMetrics { quality, bias } } else { OutcomeMetrics::default() };
    Ok((Done::Acted(done), metrics))
}

fn mode_of(mode: JudgedBy) -> Mode {
    match mode {
        JudgedBy::Compat => Mode::Compat,
        JudgedBy::Exact => Mode::Exact,
    }
}

/// The thresholds, with a digest of their file; `None` if the settings name no file, or it does not exist.
async fn baseline(
    world: &impl World,
    watch: &QualityWatch,
) -> Result<Option<(QualityConstraints, String)>, Failure> {
    let Some(place) = &watch.constraints else { return Ok(None) };
    let bytes = world.objects().read(&place.bucket, &place.key, MAX_CONSTRAINTS).await?;
    let Some(bytes) = bytes else { return Ok(None) };
    let digest: String = hex(&Sha256::digest(&bytes)).chars().take(16).collect();
    let constraints = QualityConstraints::parse(&bytes)
        .map_err(|error| Failure::Reject(format!("the baseline `{place}` cannot be used: {error}")))?;
    Ok(Some((constraints, digest)))
}

/// The container's metrics: every metric that is defined, and the number of violations.
fn metrics(statistics: &QualityStatistics, report: &WindowReport) -> MetricGroup {
    let violations = report.violations.len() as f64;
    let metrics = statistics.published().chain([("total_number_of_violations", violations)]);
    let metrics =
        metrics.map(|(name, value)| Metric { name: name.to_owned(), value: MetricValue::Single(value) });
    MetricGroup { metrics: metrics.collect(), ..MetricGroup::default() }
}

/// Metrics are published once: CloudWatch would add the second values to the first of the same time.
async fn publish_metrics_once(
    world: &impl World,
    watch: &QualityWatch,
    window: &Window,
    metrics: &OutcomeMetrics,
) -> Result<(), Failure> {
    let OutcomeMetrics { quality, bias } = metrics;
    let is_empty = quality.metrics.is_empty() && bias.is_empty();
    let mark = WindowMarkRow { window: window.open_row().partition(), mark: WindowMark::QualityPublished };
    if is_empty || !world.table().get(&[mark.key()]).await?.is_empty() {
        return Ok(());
    }
    publish(world, window, Monitor::ModelQuality, watch.schedule.as_deref(), std::slice::from_ref(quality));
    publish(world, window, Monitor::ModelBias, None, bias);
    // Marked afterwards: a crash in between publishes them twice, which is less harm than never.
    Ok(world.table().write(&[Write::Put(mark.item())]).await?)
}

fn folder(world: &impl World, window: &Window) -> Result<S3Location, Failure> {
    let below = reports_below(world.evidence_bucket(), world.settings().drift.detect.reports.as_deref());
    folder_of(window, Monitor::ModelQuality, &below)
        .ok_or_else(|| Failure::Reject(format!("`{below}` is not a folder in S3")))
}

async fn write(world: &impl World, folder: &S3Location, name: &str, body: String) -> Result<(), Failure> {
    let key = key_in(&folder.key, name);
    Ok(world.files().write(&folder.bucket, &key, "application/json", body.as_bytes()).await?)
}

fn pretty(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| Failure::Reject(error.to_string()))
}
