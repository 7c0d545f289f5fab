//! `sagewarden drift`: captured traffic against a baseline.

pub(crate) mod summary;
pub(crate) mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sagewarden_measure::capture::{CaptureFormat, CaptureKey, CaptureReader};
use sagewarden_measure::csv::Header;
use sagewarden_measure::{Detail, Profile};
use sagewarden_monitor::{
    Baseline, Constraints, Evaluation, Mode, Statistics, Violations, compare_modes, evaluate,
};
use sagewarden_outcomes::clarify::Analysis;
use sagewarden_view::drift::{AttributionChange, DriftReport, TrendWindow};

use crate::command::{DriftOptions, Telling};
use crate::drift::summary::{self as drift_told, Told};
use crate::drift::windows::Windows;
use crate::error::CommandError;
use crate::input::{Inputs, Source, Trouble, Wanted};
use crate::output;

pub(crate) fn run(options: &DriftOptions) -> Result<ExitCode, CommandError> {
    let (statistics, baseline) = baseline(&options.baseline)?;
    let analyses = analyses(options)?;
    let inputs = Inputs::find(&options.captures, Wanted::EventsAndTables)?;
    let mode = Mode::from(options.mode);
    let detail = if options.out.is_some() { Detail::Statistics } else { Detail::Verdict };
    let trend = (options.out.is_some() || options.format == Telling::Json).then_some(mode);
    let mut windows = Windows::new(&baseline, detail, trend);
    let header = if options.no_header { Header::None } else { Header::FirstRow };
    let troubles = inputs.read(&mut reader(options), header, &mut windows);
    let warnings = drift_told::warnings(&troubles);
    for warning in &warnings {
        output::warn(format_args!("warning: {warning}"));
    }
    if windows.rows() == 0 {
        return Err(CommandError::NoRows(inputs.named()));
    }
    let (profile, windows) = windows.finish();
    let judged = Judged {
        compat: evaluate(&baseline, &profile, Mode::Compat),
        exact: evaluate(&baseline, &profile, Mode::Exact),
        profile,
        windows,
        mode,
    };
    let counted = judged.counted();
    let differences = compare_modes(&judged.compat, &judged.exact);
    let told = Told {
        evaluation: counted,
        differences: &differences,
        troubles: &troubles,
        files: inputs.sources.len(),
        windows: &judged.windows,
        has_statistics: statistics.is_some(),
    };
    match options.format {
        Telling::Text => output::say(&told.text())?,
        Telling::Json => output::hand_over(&format!("{:#}\n", told.json()))?,
    }
    if let Some(out) = &options.out {
        let title = title(&inputs);
        let report = judged.report(&title, statistics.as_ref(), analyses.as_ref(), &warnings);
        write(out, &judged, &report, options.format)?;
    }
    inputs.notes(".jsonl or .csv").iter().for_each(output::warn);
    Trouble::fail(&troubles)?;
    if let Some(why) = counted.nothing_compared() {
        return Err(CommandError::NothingCompared(why));
    }
    if let Some(why) = counted.nothing_judged() {
        return Err(CommandError::NothingJudged(why));
    }
    Ok(if counted.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// All that was found.
struct Judged {
    profile: Profile,
    windows: Vec<TrendWindow>,
    compat: Evaluation,
    exact: Evaluation,
    mode: Mode,
}

impl Judged {
    fn counted(&self) -> &Evaluation {
        match self.mode {
            Mode::Compat => &self.compat,
            Mode::Exact => &self.exact,
        }
    }

    fn report<'a>(
        &'a self,
        title: &'a str,
        baseline: Option<&'a Statistics>,
        analyses: Option<&'a (Analysis, Analysis)>,
        issues: &'a [String],
    ) -> DriftReport<'a> {
        DriftReport {
            title,
            baseline,
            profile: &self.profile,
            compat: &self.compat,
            exact: &self.exact,
            mode: self.mode,
            windows: &self.windows,
            attribution: analyses.map(|(baseline, now)| AttributionChange { baseline, now }),
            issues,
        }
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(path).map_err(|source| CommandError::Unreadable { path: path.to_owned(), source })
}

/// The two files, of which one may be missing. Statistics are kept for the pictures only.
fn baseline(folder: &Path) -> Result<(Option<Statistics>, Baseline), CommandError> {
    let path = folder.join("constraints.json");
    if !path.exists() {
        return Err(CommandError::NoBaseline(folder.to_owned()));
    }
    let constraints =
        Constraints::parse(&read(&path)?).map_err(|source| CommandError::Constraints { path, source })?;
    let path = folder.join("statistics.json");
    let statistics = if path.exists() {
        let parsed = Statistics::parse(&read(&path)?);
        Some(parsed.map_err(|source| CommandError::Statistics { path, source })?)
    } else {
        None
    };
    let baseline = Baseline::new(statistics.as_ref(), constraints);
    Ok((statistics, baseline))
}

fn analyses(options: &DriftOptions) -> Result<Option<(Analysis, Analysis)>, CommandError> {
    let parse = |path: &PathBuf| {
        Analysis::parse(&read(path)?).map_err(|source| CommandError::Analysis { path: path.clone(), source })
    };
    match (&options.attribution, &options.attribution_now) {
        (Some(baseline), Some(now)) => Ok(Some((parse(baseline)?, parse(now)?))),
        _ => Ok(None),
    }
}

fn reader(options: &DriftOptions) -> CaptureReader {
    CaptureReader::new(CaptureFormat {
        order: options.columns.into(),
        input_path: options.input_path.clone(),
        output_path: options.output_path.clone(),
        ..CaptureFormat::default()
    })
}

/// The endpoint and its variant, where the first key names them.
fn title(inputs: &Inputs) -> String {
    let path = inputs.sources.iter().find_map(|source| match source {
        Source::Events(path) => Some(path.to_string_lossy().replace('\\', "/")),
        Source::Stdin | Source::Table(_) => None,
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

fn write(out: &Path, judged: &Judged, report: &DriftReport<'_>, format: Telling) -> Result<(), CommandError> {
    let violations = Violations { violations: judged.counted().violations.clone(), ..Violations::default() };
    let files = [
        ("statistics.json", Statistics::from_profile(&judged.profile).to_java_json()),
        ("constraint_violations.json", output::violations(&violations)?),
        ("report.html", report.html()),
    ];
    let written = output::write(out, &files)?;
    if format == Telling::Text {
        output::say(&written)?;
    }
    Ok(())
}
