//! `sagewarden quality`: compares predictions with true labels.

mod estimate;
mod labels;
mod measure;
mod predictions;
mod seen;
pub(crate) mod settings;
mod summary;
pub(crate) mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sagewarden_measure::MissingTexts;
use sagewarden_monitor::{Mode, Violation, Violations};
use sagewarden_outcomes::quality::{Join, JoinedPairs, PredictionAttributes, Problem, QualityConstraints};

use crate::command::data::QualityOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::input::trouble::Trouble;
use crate::input::{self, Inputs, Wanted};
use crate::output::{self, verdict};
use crate::quality::measure::{ModeResult, measure};
use crate::quality::predictions::Answer;
use crate::quality::seen::unjoined;
use crate::quality::settings::{attributes, in_words, missing, settings, typed};
use crate::quality::summary::QualitySummary;

pub(crate) fn run(options: &QualityOptions) -> Result<ExitCode, CommandError> {
    let mode = Mode::from(options.mode);
    let settings = settings(options.problem, mode, &options.prediction)?;
    let missing = missing(options.missing.as_deref(), &settings);
    let answer = answer(options);
    let constraints =
        options.baseline.as_deref().map(|folder| constraints(folder, settings.problem)).transpose()?;
    if options.ground_truth.is_empty() {
        return estimate::run(options, &settings, constraints.as_ref());
    }
    let (captures, ground_truth) = inputs(options)?;
    let (joined, troubles) = join(options, &captures, (&ground_truth, &missing), &answer)?;
    let measured = measure(&joined, &settings, constraints.as_ref())?;
    let summary = QualitySummary {
        mode,
        measured: &measured,
        constraints: constraints.as_ref().and_then(|constraints| constraints.of(settings.problem)),
        joined: &joined,
        files: (captures.sources.len(), ground_truth.sources.len()),
        troubles: &troubles,
    };
    match options.format {
        OutputFormat::Text => output::print_text(&summary.text())?,
        OutputFormat::Json => output::print_json(&summary.json())?,
    }
    if let Some(out) = &options.out {
        write(out, &measured.counted, summary.violations(), options.format)?;
    }
    for inputs in [&captures, &ground_truth] {
        inputs.notes(".jsonl").iter().for_each(output::warn);
    }
    Trouble::fail(&troubles)?;
    if let Some(why) = summary.no_verdict() {
        return Err(why);
    }
    let evaluated = measured.counted.evaluated.as_ref();
    let is_violated = evaluated.is_some_and(|evaluated| !evaluated.violations.violations.is_empty());
    Ok(if is_violated { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Reads labels and predictions, warns of faults in them, and joins them by id.
fn join(
    options: &QualityOptions,
    captures: &Inputs,
    (ground_truth, missing): (&Inputs, &MissingTexts),
    answer: &Answer,
) -> Result<(JoinedPairs, Vec<Trouble>), CommandError> {
    let mut join = Join::new(options.max_ids);
    let (labels, mut troubles) = labels::read(ground_truth, options.label.as_deref(), missing, &mut join);
    let (predictions, more) =
        predictions::read(captures, options.output_path.as_ref(), answer, |id, prediction, order| {
            join.prediction(id, prediction, order);
            Ok(())
        });
    troubles.extend(more);
    for warning in verdict::warnings(&troubles) {
        output::warn(format_args!("warning: {warning}"));
    }
    if let Some(file) = &predictions.has_csv {
        output::warn(format_args!(
            "warning: `{file}`: its first answer is CSV, and --output-path is for JSON"
        ));
    }
    let joined = join.finish();
    if joined.predictions.records == 0 {
        return Err(CommandError::NothingRead("prediction", captures.named()));
    }
    if joined.truths.records == 0 {
        return Err(CommandError::NothingRead("label", ground_truth.named()));
    }
    if joined.pairs.is_empty() {
        return Err(unjoined(&joined, &predictions, &labels).into());
    }
    Ok((joined, troubles))
}

/// If no option names the prediction, an answer with one column is the prediction.
fn answer(options: &QualityOptions) -> Answer {
    let attributes = attributes(&options.prediction);
    if attributes == PredictionAttributes::default() { Answer::Only } else { Answer::At(attributes) }
}

fn inputs(options: &QualityOptions) -> Result<(Inputs, Inputs), CommandError> {
    let is_input = |path: &&PathBuf| path.as_path() == Path::new("-");
    if options.captures.iter().chain(&options.ground_truth).filter(is_input).count() > 1 {
        return Err(CommandError::Option(
            "standard input (-) can be read once: name a file for one of the two",
        ));
    }
    let captures = Inputs::find(&options.captures, Wanted::Lines)?;
    Ok((captures, Inputs::find(&options.ground_truth, Wanted::Lines)?))
}

/// The baseline, which must be one of the same problem.
fn constraints(folder: &Path, problem: Problem) -> Result<QualityConstraints, CommandError> {
    let path = folder.join("constraints.json");
    if !path.exists() {
        return Err(CommandError::NoQualityBaseline { path: folder.to_owned(), problem: typed(problem) });
    }
    let bytes = input::read(&path)?;
    match QualityConstraints::parse(&bytes) {
        Err(source) => Err(CommandError::Constraints { path, source }),
        Ok(constraints) if constraints.of(problem).is_none() => {
            Err(CommandError::OtherBaseline { path, problem: in_words(problem) })
        }
        Ok(constraints) => Ok(constraints),
    }
}

fn write(
    out: &Path,
    result: &ModeResult,
    violations: Option<Vec<&Violation>>,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let mut files = vec![("statistics.json", result.statistics.to_java_json())];
    if let Some(violations) = violations {
        let violations = violations.into_iter().cloned().collect();
        let found = Violations { violations, ..Violations::default() };
        files.push(("constraint_violations.json", verdict::violations(&found)?));
    }
    output::write_beside(out, &files, format)
}
