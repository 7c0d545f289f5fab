//! `sagewarden quality`: what a model said, beside what turned out to be true.

pub(crate) mod predictions;
pub(crate) mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{
    Evaluated, Join, JoinedPairs, Period, PredictionAttributes, Problem, Quality, QualityConstraint,
    QualityConstraints, QualitySettings, QualityStatistics, UnusablePair, evaluate,
};

use crate::command::data::{PredictionOptions, ProblemKind};
use crate::command::{QualityOptions, Telling};
use crate::drift;
use crate::drift::summary as drift_told;
use crate::error::CommandError;
use crate::input::{Inputs, Trouble, Wanted};
use crate::output;
use crate::quality::predictions::{self as quality_input, Answer, Unjoined};
use crate::quality::summary::{self as quality_told, Told};

pub(crate) fn run(options: &QualityOptions) -> Result<ExitCode, CommandError> {
    let mode = Mode::from(options.mode);
    let settings = settings(options.problem, mode, &options.prediction)?;
    let answer = answer(options)?;
    let constraints =
        options.baseline.as_deref().map(|folder| constraints(folder, settings.problem)).transpose()?;
    let (captures, ground_truth) = inputs(options)?;
    let mut join = Join::new(options.max_ids);
    let (labels, mut troubles) = quality_input::truths(&ground_truth, options.label.as_deref(), &mut join);
    let (predictions, more) =
        quality_input::predictions(&captures, options.output_path.as_ref(), &answer, &mut join);
    troubles.extend(more);
    for warning in drift_told::warnings(&troubles) {
        output::warn(format_args!("warning: {warning}"));
    }
    if let Some(file) = &predictions.has_csv {
        output::warn(format_args!(
            "warning: `{file}`: its first answer is CSV: --output-path is for JSON and says nothing of it"
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
        return Err(Unjoined::of(&joined, &predictions, &labels).into());
    }
    let measured = measure(&joined, &settings, constraints.as_ref())?;
    let told = Told {
        mode,
        measured: &measured,
        constraints: of(constraints.as_ref(), settings.problem),
        joined: &joined,
        files: (captures.sources.len(), ground_truth.sources.len()),
        troubles: &troubles,
    };
    match options.format {
        Telling::Text => output::say(&told.text())?,
        Telling::Json => output::hand_over(&format!("{:#}\n", told.json()))?,
    }
    if let Some(out) = &options.out {
        write(out, &measured.counted, options.format)?;
    }
    for inputs in [&captures, &ground_truth] {
        inputs.notes(".jsonl").iter().for_each(output::warn);
    }
    Trouble::fail(&troubles)?;
    if let Some(why) = told.no_verdict() {
        return Err(why);
    }
    let evaluated = measured.counted.evaluated.as_ref();
    let is_violated = evaluated.is_some_and(|evaluated| !evaluated.violations.violations.is_empty());
    Ok(if is_violated { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// What a model is measured by; options that mean nothing for the problem are refused.
pub(crate) fn settings(
    kind: ProblemKind,
    mode: Mode,
    options: &PredictionOptions,
) -> Result<QualitySettings, CommandError> {
    let mut settings = QualitySettings::new(Problem::from(kind), mode);
    if kind != ProblemKind::Binary {
        // A threshold comes with a probability only.
        if options.probability.is_some() {
            return Err(CommandError::Option(
                "--probability is for --problem binary: name what holds the prediction with --inference",
            ));
        }
        if options.positive.is_some() {
            return Err(CommandError::Option(
                "--positive is for --problem binary: others have no positive label",
            ));
        }
    } else if options.inference.is_none() && options.probability.is_none() {
        return Err(CommandError::Option(
            "say what holds the prediction: --inference COLUMN for a label, --probability COLUMN for the probability of the \
             positive label, or both",
        ));
    }
    if options.threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        return Err(CommandError::Option("--threshold is compared with a probability: name one from 0 to 1"));
    }
    settings.threshold = options.threshold.unwrap_or(settings.threshold);
    if let Some(positive) = &options.positive {
        settings.positive.clone_from(positive);
    }
    Ok(settings)
}

/// Where a table or an answer has its prediction.
pub(crate) fn attributes(options: &PredictionOptions) -> PredictionAttributes {
    PredictionAttributes { inference: options.inference.clone(), probability: options.probability.clone() }
}

/// Without a word, an answer of one column is the prediction.
fn answer(options: &QualityOptions) -> Result<Answer, CommandError> {
    let attributes = attributes(&options.prediction);
    Ok(if attributes == PredictionAttributes::default() { Answer::Only } else { Answer::At(attributes) })
}

fn inputs(options: &QualityOptions) -> Result<(Inputs, Inputs), CommandError> {
    let is_input = |path: &&std::path::PathBuf| path.as_path() == Path::new("-");
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
    let bytes = drift::read(&path)?;
    match QualityConstraints::parse(&bytes) {
        Err(source) => Err(CommandError::Constraints { path, source }),
        Ok(constraints) if constraints.of(problem).is_none() => {
            Err(CommandError::OtherBaseline { path, problem: quality_told::named(problem) })
        }
        Ok(constraints) => Ok(constraints),
    }
}

/// The value of --problem.
fn typed(problem: Problem) -> &'static str {
    match problem {
        Problem::BinaryClassification => "binary",
        Problem::MulticlassClassification => "multiclass",
        Problem::Regression => "regression",
    }
}

fn of(
    constraints: Option<&QualityConstraints>,
    problem: Problem,
) -> Option<&BTreeMap<String, QualityConstraint>> {
    constraints.and_then(|constraints| constraints.of(problem))
}

/// The answers of one mode.
pub(crate) struct Answers {
    pub(crate) statistics: QualityStatistics,
    /// None without a baseline.
    pub(crate) evaluated: Option<Evaluated>,
}

/// Of so many pairs one may be left out. What is left out is seldom left out at random (a model that fails says `unknown`), and a
/// share of it moves an accuracy by as much: a tenth is more than most thresholds leave.
const MOST_UNUSABLE: u64 = 10;

/// What came out of both modes.
pub(crate) struct Measured {
    /// Of the mode that counts.
    pub(crate) counted: Answers,
    pub(crate) other: Answers,
    /// Pairs that could not be measured, and the first of them.
    pub(crate) unusable: u64,
    pub(crate) first_unusable: Option<(Box<str>, UnusablePair)>,
}

impl Measured {
    /// Whether so much is left out that no verdict is one of the model.
    pub(crate) fn is_too_little(&self, pairs: usize) -> bool {
        self.unusable.saturating_mul(MOST_UNUSABLE) > pairs as u64
    }
}

fn measure(
    joined: &JoinedPairs,
    settings: &QualitySettings,
    constraints: Option<&QualityConstraints>,
) -> Result<Measured, CommandError> {
    let mut left_out = (0, None);
    let mut answers = |mode: Mode| {
        let mut quality = Quality::new(QualitySettings { mode, ..settings.clone() });
        left_out = quality.add_all(joined);
        let statistics = quality.finish(Period::default());
        let evaluated = constraints.map(|constraints| evaluate(&statistics, constraints, mode));
        Answers { statistics, evaluated }
    };
    let other = answers(if settings.mode == Mode::Exact { Mode::Compat } else { Mode::Exact });
    let counted = answers(settings.mode);
    let (unusable, first_unusable) = left_out;
    match first_unusable {
        Some((_, why)) if counted.statistics.item_count == 0 => {
            Err(CommandError::NothingMeasured { pairs: joined.pairs.len(), why })
        }
        first_unusable => Ok(Measured { counted, other, unusable, first_unusable }),
    }
}

fn write(out: &Path, answers: &Answers, format: Telling) -> Result<(), CommandError> {
    let mut files = vec![("statistics.json", answers.statistics.to_java_json())];
    if let Some(evaluated) = &answers.evaluated {
        files.push(("constraint_violations.json", output::violations(&evaluated.violations)?));
    }
    let written = output::write(out, &files)?;
    if format == Telling::Text {
        output::say(&written)?;
    }
    Ok(())
}
