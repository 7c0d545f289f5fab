//! Pairs and labels that cannot be measured, and what to do about them.

use thiserror::Error;

use super::multiclass::MAX_LABELS;

/// A pair that cannot be measured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusablePair {
    /// Neither a label nor, for a binary classifier, a probability.
    #[error("the prediction has no label: name the inference attribute")]
    NoPrediction,
    /// A score outside 0 to 1, such as a logit.
    #[error("`{0}` is not a probability from 0 to 1")]
    NoProbability(String),
    /// A regression predicts numbers.
    #[error("`{0}` is not a number: a regression has numbers only")]
    NoNumber(String),
    /// A binary classifier has two labels.
    #[error("`{label}` is a third label beside `{negative}` and `{positive}`{}", multiclass_hint(*is_multiclass))]
    ThirdLabel {
        /// The value.
        label: String,
        /// The label that is not looked for.
        negative: String,
        /// The label that is.
        positive: String,
        /// True when three labels or more are frequent, so that the problem is likely another one.
        is_multiclass: bool,
    },
    /// The positive label has another name: every metric would then describe something else.
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
    /// Nobody can read a larger confusion matrix.
    #[error("more than {max} labels, such as `{0}`: is this a regression?", max = MAX_LABELS)]
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
