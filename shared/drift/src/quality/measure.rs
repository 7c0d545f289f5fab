//! From pairs to `statistics.json`: nothing but counts and sums is kept, and the scores of a binary classifier.

use thiserror::Error;

use super::deviation::{ROUNDS, Rounds, Values, hashed, measured};
use super::labels::{canonical, number};
use super::statistics::{Statistics, Window};
use super::{Joined, Mode, Prediction, Problem, binary, multiclass, regression};

/// How a model is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What it solves.
    pub problem: Problem,
    /// Whose answers are wanted.
    pub mode: Mode,
    /// The label that a binary classifier looks for.
    pub positive: String,
    /// A probability above it says that the label is the positive one, where no label was captured: the
    /// `ProbabilityThresholdAttribute`. That the threshold itself does not is not evidenced.
    pub threshold: f64,
}

impl Settings {
    /// With the labels `1` and `0`, and a threshold of 0.5.
    #[must_use]
    pub fn new(problem: Problem, mode: Mode) -> Self {
        Self { problem, mode, positive: "1".to_owned(), threshold: 0.5 }
    }
}

/// A pair that cannot be measured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Neither a label nor, for a binary classifier, a probability.
    #[error("the prediction has no label: name the inference attribute")]
    NoPrediction,
    /// A regression predicts numbers.
    #[error("`{0}` is no number: a regression has numbers only")]
    NoNumber(String),
    /// A binary classifier has two labels.
    #[error("`{0}` is a third label beside `{1}` and `{2}`: is this a multiclass problem?")]
    ThirdLabel(String, String, String),
    /// A matrix of this size helps nobody.
    #[error("`{0}` is one label more than {max}: is this a regression?", max = multiclass::MAX_LABELS)]
    TooManyLabels(String),
}

#[derive(Clone, Debug)]
enum Tally {
    Binary { tally: binary::Tally, negative: Option<String> },
    Multiclass(multiclass::Tally),
    Regression(regression::Tally),
}

/// Measures pairs, one at a time.
#[derive(Clone, Debug)]
pub struct Quality {
    settings: Settings,
    tally: Tally,
    items: u64,
}

impl Quality {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let tally = match settings.problem {
            Problem::BinaryClassification => {
                Tally::Binary { tally: binary::Tally::default(), negative: None }
            }
            Problem::MulticlassClassification => Tally::Multiclass(multiclass::Tally::default()),
            Problem::Regression => Tally::Regression(regression::Tally::default()),
        };
        let settings = Settings { positive: canonical(&settings.positive), ..settings };
        Self { settings, tally, items: 0 }
    }

    /// Measures one pair. The id decides which samples it is in when the deviation is estimated.
    ///
    /// # Errors
    /// When the pair does not fit the problem; it is not counted then.
    pub fn add(&mut self, id: &str, prediction: &Prediction, label: &str) -> Result<(), Unusable> {
        let rounds = Rounds::of(hashed(id));
        let actual = canonical(label);
        match &mut self.tally {
            Tally::Regression(tally) => {
                let said = prediction.label.as_deref().ok_or(Unusable::NoPrediction)?;
                let read = |text: &str| number(text).ok_or_else(|| Unusable::NoNumber(text.to_owned()));
                tally.add(rounds, read(said)?, read(label)?);
            }
            Tally::Multiclass(tally) => {
                let said = canonical(prediction.label.as_deref().ok_or(Unusable::NoPrediction)?);
                tally
                    .add(rounds, &said, &actual)
                    .map_err(|label| Unusable::TooManyLabels(label.to_owned()))?;
            }
            Tally::Binary { tally, negative } => {
                let settings = &self.settings;
                let is_actual = is_positive(settings, negative, &actual)?;
                let is_said = match (&prediction.label, prediction.probability) {
                    (Some(label), _) => is_positive(settings, negative, &canonical(label))?,
                    (None, Some(probability)) => probability > settings.threshold,
                    (None, None) => return Err(Unusable::NoPrediction),
                };
                tally.add(rounds, is_said, is_actual, prediction.probability);
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Measures what was joined; answers how many pairs could not be, and why the first of them could not.
    pub fn add_all(&mut self, joined: &Joined) -> (u64, Option<Unusable>) {
        let mut unusable = 0;
        let mut why = None;
        for pair in &joined.pairs {
            if let Err(error) = self.add(&pair.id, &pair.prediction, &pair.label) {
                unusable += 1;
                why.get_or_insert(error);
            }
        }
        (unusable, why)
    }

    /// The file. Without a single pair every metric is undefined.
    #[must_use]
    pub fn finish(self, window: Window) -> Statistics {
        let Self { settings, tally, items } = self;
        let mut statistics = Statistics::new(settings.problem, items, window);
        let rounds: [Values; ROUNDS] = match tally {
            Tally::Regression(tally) => tally.rounds(),
            Tally::Multiclass(tally) => {
                statistics.confusion = tally.confusion();
                tally.rounds(settings.mode)
            }
            Tally::Binary { tally, negative } => {
                let other = if settings.positive == "1" { "0" } else { "other" };
                statistics.confusion =
                    tally.confusion(negative.as_deref().unwrap_or(other), &settings.positive);
                let (rounds, curves, area) = tally.finish();
                if let Some(curves) = curves {
                    statistics.receiver_operating = Some(curves.receiver_operating);
                    statistics.precision_recall = Some(curves.precision_recall);
                }
                statistics.au_prc = area;
                rounds
            }
        };
        statistics.metrics = measured(&rounds, items);
        statistics
    }
}

/// `true` and `false` are the labels `1` and `0`. The first label that is not the positive one is the negative one.
fn is_positive(settings: &Settings, negative: &mut Option<String>, label: &str) -> Result<bool, Unusable> {
    let numeric = settings.positive == "1";
    let label = match label {
        "true" | "True" | "TRUE" if numeric => "1",
        "false" | "False" | "FALSE" if numeric => "0",
        label => label,
    };
    if label == settings.positive {
        return Ok(true);
    }
    let known = negative.get_or_insert_with(|| label.to_owned());
    if known == label {
        return Ok(false);
    }
    Err(Unusable::ThirdLabel(label.to_owned(), known.clone(), settings.positive.clone()))
}
