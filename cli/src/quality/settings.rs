//! How a model is measured, from the options of the command.

use sagewarden_measure::MissingTexts;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{PredictionAttributes, Problem, QualitySettings};

use crate::command::data::{PredictionOptions, ProblemKind};
use crate::error::CommandError;

/// How the model is measured. Options that do not apply to the problem are refused.
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

/// Texts that are no label. The label that a binary classifier looks for is one.
pub(crate) fn missing(texts: Option<&[String]>, settings: &QualitySettings) -> MissingTexts {
    let missing = MissingTexts::named(texts);
    match settings.problem {
        Problem::BinaryClassification => missing.without(&settings.positive),
        Problem::MulticlassClassification | Problem::Regression => missing,
    }
}

/// Where a table or an answer has its prediction.
pub(crate) fn attributes(options: &PredictionOptions) -> PredictionAttributes {
    PredictionAttributes { inference: options.inference.clone(), probability: options.probability.clone() }
}

/// The value of --problem.
pub(crate) fn typed(problem: Problem) -> &'static str {
    match problem {
        Problem::BinaryClassification => "binary",
        Problem::MulticlassClassification => "multiclass",
        Problem::Regression => "regression",
    }
}

/// The problem in words.
pub(crate) fn in_words(problem: Problem) -> &'static str {
    match problem {
        Problem::BinaryClassification => "binary classification",
        Problem::MulticlassClassification => "multiclass classification",
        Problem::Regression => "regression",
    }
}
