//! `sagewarden drift`: captured traffic against a baseline.

mod batch;
mod events;
mod hour;
mod pieces;
mod read;
mod rows;
mod summary;
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use sagewarden_events::Timestamp;
use sagewarden_measure::capture::{CaptureFormat, CaptureKey, ColumnOrder};
use sagewarden_measure::csv::Header;
use sagewarden_measure::{Detail, MissingTexts, Profile, Refusals};
use sagewarden_monitor::{
    Baseline, CompiledBaseline, Constraints, Evaluation, Mode, Statistics, Violations, compare_modes,
    evaluate, explained_with_answer_last, may_have_answer_last,
};
use sagewarden_outcomes::clarify::Analysis;
use sagewarden_view::drift::{AttributionChange, DriftReport, TrendWindow};

use crate::command::data::DriftOptions;
use crate::command::format::OutputFormat;
use crate::drift::summary::DriftSummary;
use crate::drift::windows::Windows;
use crate::error::CommandError;
use crate::input::source::Source;
use crate::input::trouble::{Trouble, is_too_little};
use crate::input::{self, Inputs, Wanted};
use crate::output::{self, verdict};

pub(crate) fn run(options: &DriftOptions) -> Result<ExitCode, CommandError> {
    let (has_statistics, baseline) = baseline(&options.baseline)?;
    let baseline = baseline
        .with_missing(MissingTexts::named(options.missing.as_deref()))
        .with_refusals(Refusals::named(options.refusal.as_deref()));
    let (baseline, unknown) = baseline.ignoring(&options.ignore);
    let thresholds = options.drift_threshold.iter().map(|(name, threshold)| (name.as_str(), *threshold));
    let (baseline, without) = baseline.with_thresholds(thresholds);
    if let Some(name) = unknown.into_iter().chain(without).next() {
        return Err(CommandError::NoSuchColumn(name.to_owned()));
    }
    let analyses = analyses(options)?;
    let inputs = Inputs::find(&options.captures, Wanted::EventsAndTables)?;
    let judged = judge(options, &baseline, &inputs)?;
    for warning in &judged.warnings {
        output::warn(format_args!("warning: {warning}"));
    }
    let differences = compare_modes(&judged.compat, &judged.exact);
    let summary = DriftSummary {
        evaluation: judged.counted(),
        differences: &differences,
        troubles: &judged.troubles,
        files: inputs.sources.len(),
        windows: &judged.windows,
        has_statistics,
    };
    match options.format {
        OutputFormat::Text => output::print_text(&summary.text())?,
        OutputFormat::Json => output::print_json(&summary.json())?,
    }
    if let Some(out) = &options.out {
        let title = title(&inputs);
        let identity = identity(&options.baseline);
        let report = judged.report(&title, (&baseline, &identity), analyses.as_ref());
        write(out, &judged, &report, options.format)?;
    }
    inputs.notes(".jsonl, .json, .csv or .parquet").iter().for_each(output::warn);
    judged.exit_code()
}

/// All that was found.
struct Judged {
    profile: Profile,
    windows: Vec<TrendWindow>,
    compat: Evaluation,
    exact: Evaluation,
    mode: Mode,
    troubles: Vec<Trouble>,
    warnings: Vec<String>,
}

/// Judges the traffic. If the answer's columns may be the first or the last ones of the baseline, and only the second order explains the
/// traffic, that order counts. The traffic is read again only if that can change the verdict.
fn judge(options: &DriftOptions, baseline: &Baseline, inputs: &Inputs) -> Result<Judged, CommandError> {
    let format = format(options, baseline);
    let mut judged = judge_in_order(options, baseline, inputs, &format)?;
    let is_ordered =
        options.columns.is_some() || inputs.sources.iter().all(|source| matches!(source, Source::Table(_)));
    if is_ordered || !may_have_answer_last(baseline, &judged.profile, &judged.exact) {
        return Ok(judged);
    }
    if may_be_read_again(baseline, inputs, &judged) {
        let format = CaptureFormat { order: ColumnOrder::InputFirst, ..format };
        let mut turned = judge_in_order(options, baseline, inputs, &format)?;
        if turned.exact.is_explained() {
            turned.exact.notes.push(Evaluation::ANSWER_LAST.to_owned());
            return Ok(turned);
        }
    }
    judged.exact.notes.push(Evaluation::OTHER_ORDER.to_owned());
    Ok(judged)
}

/// Whether to read the traffic again, with the answer's columns last. Standard input cannot be read again. The container's order is known. If
/// the columns have all details, they show the result of the other order without being read.
fn may_be_read_again(baseline: &Baseline, inputs: &Inputs, judged: &Judged) -> bool {
    let is_possible = !inputs.sources.iter().any(|source| matches!(source, Source::Stdin));
    let is_known = judged.profile.with_answer_last().is_some();
    let is_explained = || explained_with_answer_last(baseline, &judged.profile, &judged.exact).is_some();
    is_possible && judged.mode == Mode::Exact && (!is_known || is_explained())
}

/// Reads the traffic, and judges it in both modes.
fn judge_in_order(
    options: &DriftOptions,
    baseline: &Baseline,
    inputs: &Inputs,
    format: &CaptureFormat,
) -> Result<Judged, CommandError> {
    let mode = Mode::from(options.mode);
    let detail = if options.out.is_some() { Detail::Statistics } else { Detail::Verdict };
    let trend = (options.out.is_some() || options.format == OutputFormat::Json).then_some(mode);
    let mut windows = Windows::new(baseline, detail, trend);
    let header = if options.no_header { Header::None } else { Header::FirstRow };
    let troubles = read::read(inputs, format, header, &mut windows);
    let warnings = verdict::warnings(&troubles);
    if windows.rows() == 0 {
        warnings.iter().for_each(|warning| output::warn(format_args!("warning: {warning}")));
        return Err(CommandError::NoRows(inputs.named()));
    }
    let (profile, windows) = windows.finish();
    let compat = evaluate(baseline, &profile, Mode::Compat);
    let exact = evaluate(baseline, &profile, Mode::Exact);
    Ok(Judged { profile, windows, compat, exact, mode, troubles, warnings })
}

impl Judged {
    /// The evaluation in the mode that counts.
    fn counted(&self) -> &Evaluation {
        match self.mode {
            Mode::Compat => &self.compat,
            Mode::Exact => &self.exact,
        }
    }

    /// If some of the input has no verdict, the command ends with an error instead of status 0.
    fn exit_code(&self) -> Result<ExitCode, CommandError> {
        Trouble::fail(&self.troubles)?;
        let counted = self.counted();
        if let Some(why) = counted.nothing_judged() {
            return Err(match counted.nothing_compared() {
                Some(why) => CommandError::NothingCompared(why),
                None => CommandError::NothingJudged(why),
            });
        }
        if !counted.violations.is_empty() {
            return Ok(ExitCode::from(1));
        }
        let lost = Trouble::lost(&self.troubles);
        if is_too_little(lost, counted.rows) {
            return Err(CommandError::TooLittleRead { lost, used: counted.rows });
        }
        Ok(ExitCode::SUCCESS)
    }

    fn report<'a>(
        &'a self,
        title: &'a str,
        (baseline, identity): (&'a Baseline, &'a [(&'static str, String)]),
        analyses: Option<&'a (Analysis, Analysis)>,
    ) -> DriftReport<'a> {
        DriftReport {
            title,
            baseline,
            identity,
            profile: &self.profile,
            compat: &self.compat,
            exact: &self.exact,
            mode: self.mode,
            windows: &self.windows,
            attribution: analyses.map(|(baseline, now)| AttributionChange { baseline, now }),
            issues: &self.warnings,
        }
    }
}

/// Where the baseline lies, and since when.
fn identity(folder: &Path) -> Vec<(&'static str, String)> {
    let path = folder.join("constraints.json");
    let written = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let since = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let time = since.and_then(|since| i64::try_from(since.as_secs()).ok());
    let written = time.map(|seconds| ("Written", Timestamp::from_millis(seconds * 1_000).to_string()));
    [("Where", path.display().to_string())].into_iter().chain(written).collect()
}

/// The two files, of which one may be missing, and whether there are statistics.
fn baseline(folder: &Path) -> Result<(bool, Baseline), CommandError> {
    let path = folder.join("constraints.json");
    if !path.exists() {
        return Err(CommandError::NoBaseline(folder.to_owned()));
    }
    let said = input::read(&path)?;
    let constraints =
        Constraints::parse(&said).map_err(|source| CommandError::Constraints { path, source })?;
    let path = folder.join("statistics.json");
    if !path.exists() {
        return Ok((false, Baseline::new(None, constraints)));
    }
    let statistics = input::read(&path)?;
    let compiled = CompiledBaseline { constraints: &said, statistics: &statistics };
    if let Ok(bytes) = input::read(&folder.join(CompiledBaseline::FILE))
        && let Some(baseline) = compiled.read(&bytes, constraints.clone())
    {
        return Ok((true, baseline));
    }
    let statistics =
        Statistics::parse(&statistics).map_err(|source| CommandError::Statistics { path, source })?;
    Ok((true, Baseline::new(Some(&statistics), constraints)))
}

fn analyses(options: &DriftOptions) -> Result<Option<(Analysis, Analysis)>, CommandError> {
    let parse = |path: &PathBuf| {
        Analysis::parse(&input::read(path)?)
            .map_err(|source| CommandError::Analysis { path: path.clone(), source })
    };
    match (&options.attribution, &options.attribution_now) {
        (Some(baseline), Some(now)) => Ok(Some((parse(baseline)?, parse(now)?))),
        _ => Ok(None),
    }
}

/// Only the container joins rows that do not fit together.
fn format(options: &DriftOptions, baseline: &Baseline) -> CaptureFormat {
    let is_free = options.columns.is_none() && Mode::from(options.mode) == Mode::Exact;
    CaptureFormat {
        order: options.columns.map(Into::into).unwrap_or_default(),
        fit: is_free.then(|| baseline.expected_columns()),
        input_path: options.input_path.clone(),
        output_path: options.output_path.clone(),
        plain_texts: !baseline.texts().is_empty(),
        ..CaptureFormat::default()
    }
}

/// The endpoint and its variant, where the first key names them.
fn title(inputs: &Inputs) -> String {
    let path = inputs.sources.iter().find_map(|source| match source {
        Source::Events(path) => Some(path.to_string_lossy().replace('\\', "/")),
        Source::Stdin | Source::Table(_) | Source::Batch(_) => None,
    });
    let key = path.as_deref().and_then(CaptureKey::parse);
    match key {
        Some(key) => format!("{}, {}", key.endpoint, key.variant),
        None => match inputs.sources.as_slice() {
            [only] => only.name(),
            all => format!("{} files", all.len()),
        },
    }
}

fn write(
    out: &Path,
    judged: &Judged,
    report: &DriftReport<'_>,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let violations = Violations { violations: judged.counted().violations.clone(), ..Violations::default() };
    let files = [
        ("statistics.json", Statistics::from_profile(&judged.profile).to_java_json()),
        ("constraint_violations.json", verdict::violations(&violations)?),
        ("report.html", report.html()),
    ];
    output::write_beside(out, &files, format)
}
