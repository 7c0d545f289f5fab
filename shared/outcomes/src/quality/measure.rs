//! From pairs to `statistics.json`: nothing but counts and sums is kept, and the scores of a binary classifier.

use thiserror::Error;

use super::classes::{Classes, class};
use super::deviation::{ROUNDS, Rounds, Values, hashed, measured};
use super::labels::{canonical, number};
use super::statistics::{Statistics, Window};
use super::{Joined, Mode, Order, Pair, Prediction, Problem, binary, multiclass, regression};

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
    /// A score that is no share, such as a logit.
    #[error("`{0}` is no probability: one is from 0 to 1")]
    NoProbability(String),
    /// A regression predicts numbers.
    #[error("`{0}` is no number: a regression has numbers only")]
    NoNumber(String),
    /// A binary classifier has two labels.
    #[error("`{label}` is a third label beside `{negative}` and `{positive}`{}", multiclass_hint(*is_multiclass))]
    ThirdLabel {
        /// What stands there.
        label: String,
        /// The label that is not looked for.
        negative: String,
        /// The label that is.
        positive: String,
        /// True when three labels or more are frequent, so that the problem is likely another one.
        is_multiclass: bool,
    },
    /// What is looked for is called otherwise: then every metric would be one of something else.
    #[error(
        "no label is `{positive}`: {}; name the one that is looked for with --positive",
        listed(labels, *more)
    )]
    NoPositive {
        /// The label that is looked for.
        positive: String,
        /// The most frequent labels that there are.
        labels: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// A matrix of this size helps nobody.
    #[error("`{0}` is one label more than {max}: is this a regression?", max = multiclass::MAX_LABELS)]
    TooManyLabels(String),
}

fn multiclass_hint(is_multiclass: bool) -> &'static str {
    if is_multiclass { ": is this a multiclass problem?" } else { "" }
}

fn listed(labels: &[String], more: usize) -> String {
    let mut names: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.pop() {
        Some(only) if names.is_empty() => format!("the only one is {only}"),
        Some(last) => format!("the labels are {} and {last}", names.join(", ")),
        None => "there is none".to_owned(),
    }
}

#[derive(Clone, Debug)]
enum Tally {
    Binary { tally: binary::Tally, negative: Option<String>, is_multiclass: bool },
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
                Tally::Binary { tally: binary::Tally::default(), negative: None, is_multiclass: false }
            }
            Problem::MulticlassClassification => Tally::Multiclass(multiclass::Tally::default()),
            Problem::Regression => Tally::Regression(regression::Tally::default()),
        };
        let settings = Settings { positive: canonical(&settings.positive), ..settings };
        Self { settings, tally, items: 0 }
    }

    /// Measures one pair. The id decides which samples it is in when the deviation is estimated. The first label that is not the
    /// positive one is the negative one: [`Self::add_all`] looks at all of them instead.
    ///
    /// # Errors
    /// When the pair does not fit the problem; it is not counted then.
    pub fn add(&mut self, id: &str, prediction: &Prediction, label: &str) -> Result<(), Unusable> {
        let rounds = Rounds::of(hashed(id));
        match &mut self.tally {
            Tally::Regression(tally) => {
                let said = prediction.label.as_deref().ok_or(Unusable::NoPrediction)?;
                let read = |text: &str| number(text).ok_or_else(|| Unusable::NoNumber(text.to_owned()));
                tally.add(rounds, read(said)?, read(label)?);
            }
            Tally::Multiclass(tally) => {
                let said = canonical(prediction.label.as_deref().ok_or(Unusable::NoPrediction)?);
                tally
                    .add(rounds, &said, &canonical(label))
                    .map_err(|label| Unusable::TooManyLabels(label.to_owned()))?;
            }
            Tally::Binary { tally, negative, is_multiclass } => {
                let settings = &self.settings;
                let is_outside = |probability: &f64| !(0.0..=1.0).contains(probability);
                if let Some(probability) = prediction.probability.filter(is_outside) {
                    return Err(Unusable::NoProbability(probability.to_string()));
                }
                let mut is_positive = |label| is_positive(settings, negative, *is_multiclass, label);
                let is_actual = is_positive(label)?;
                let is_said = match (&prediction.label, prediction.probability) {
                    (Some(label), _) => is_positive(label)?,
                    (None, Some(probability)) => probability > settings.threshold,
                    (None, None) => return Err(Unusable::NoPrediction),
                };
                tally.add(rounds, is_said, is_actual, prediction.probability);
            }
        }
        self.items += 1;
        Ok(())
    }

    /// Measures what was joined; answers how many pairs could not be, and the id of the first of them (by the place of its
    /// prediction) with the reason. Of a binary classifier the negative label is the most frequent one besides the positive one,
    /// whatever the order of the pairs; without a positive label no pair is measured.
    pub fn add_all(&mut self, joined: &Joined) -> (u64, Option<(Box<str>, Unusable)>) {
        let no_positive = self.settle(&joined.pairs);
        let mut unusable = 0;
        let mut first: Option<(Order, &Pair, Unusable)> = None;
        for pair in &joined.pairs {
            let measured = match &no_positive {
                Some(why) => Err(why.clone()),
                None => self.add(&pair.id, &pair.prediction, &pair.label),
            };
            let Err(why) = measured else { continue };
            unusable += 1;
            if first.as_ref().is_none_or(|(order, ..)| pair.order < *order) {
                first = Some((pair.order, pair, why));
            }
        }
        (unusable, first.map(|(_, pair, why)| (pair.id.clone(), why)))
    }

    /// Decides which label is the negative one; answers why there can be none.
    fn settle(&mut self, pairs: &[Pair]) -> Option<Unusable> {
        let Tally::Binary { negative, is_multiclass, .. } = &mut self.tally else { return None };
        let positive = &self.settings.positive;
        let classes = Classes::of(positive, pairs);
        if negative.is_none() {
            *negative = classes.negative(positive).map(str::to_owned);
        }
        *is_multiclass = classes.are_several();
        classes.lack_positive(positive)
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
            Tally::Binary { tally, negative, .. } => {
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

/// Whether a label is the positive one; none that is neither the positive nor the negative one.
fn is_positive(
    settings: &Settings,
    negative: &mut Option<String>,
    is_multiclass: bool,
    label: &str,
) -> Result<bool, Unusable> {
    let label = class(&settings.positive, label);
    if label == settings.positive {
        return Ok(true);
    }
    let known = negative.get_or_insert_with(|| label.clone());
    if *known == label {
        return Ok(false);
    }
    let (negative, positive) = (known.clone(), settings.positive.clone());
    Err(Unusable::ThirdLabel { label, negative, positive, is_multiclass })
}
