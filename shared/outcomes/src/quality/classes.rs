//! The two labels of a binary classifier, among all that occur. Data are not clean: there is an `unknown` here and a typing error
//! there, and whichever of them comes first must not become the negative label.

use std::collections::BTreeMap;

use super::join::LabelledPair;
use super::prediction::Prediction;
use super::unusable::UnusablePair;
use crate::labels::canonical;

/// If at least one pair in this many has a label, the label belongs to the problem. A rarer label is a stray.
const FREQUENT: u64 = 10;
/// Labels that are named when none is the positive one.
const NAMED: usize = 4;

/// How often a label occurs, and the line of its first occurrence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    truths: u64,
    said: u64,
    line: u64,
}

/// All labels, true and predicted.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    counts: BTreeMap<String, Count>,
    pairs: u64,
}

/// A label as it is compared: `true` and `false` are the labels `1` and `0`.
pub(super) fn class(positive: &str, label: &str) -> String {
    let label = canonical(label);
    match label.as_str() {
        "true" | "True" | "TRUE" if positive == "1" => "1".to_owned(),
        "false" | "False" | "FALSE" if positive == "1" => "0".to_owned(),
        _ => label,
    }
}

impl Classes {
    pub(super) fn of(positive: &str, pairs: &[LabelledPair]) -> Self {
        let mut classes = Self::default();
        for pair in pairs {
            classes.add(positive, &pair.prediction, &pair.label, 0);
        }
        classes
    }

    pub(super) fn add(&mut self, positive: &str, prediction: &Prediction, label: &str, line: u64) {
        self.pairs += 1;
        self.count(class(positive, label), line).truths += 1;
        if let Some(label) = &prediction.label {
            self.count(class(positive, label), line).said += 1;
        }
    }

    fn count(&mut self, label: String, line: u64) -> &mut Count {
        self.counts.entry(label).or_insert(Count { line, ..Count::default() })
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The most frequent true label besides the positive one, else the most frequent predicted one; among equals, the first by name.
    pub(super) fn negative(&self, positive: &str) -> Option<&str> {
        let others = self.counts.iter().filter(|(label, _)| *label != positive);
        // The last of equals is the greatest.
        let most = others.rev().max_by_key(|(_, count)| (count.truths, count.said));
        most.map(|(label, _)| label.as_str())
    }

    /// True when more labels are frequent than a binary problem has.
    pub(super) fn are_several(&self) -> bool {
        let is_frequent =
            |count: &&Count| count.truths.max(count.said).saturating_mul(FREQUENT) >= self.pairs;
        self.counts.values().filter(is_frequent).count() > 2
    }

    /// No label is the positive one. If only `0` occurs, that is not a mistake: there was no positive case yet.
    pub(super) fn lack_positive(&self, positive: &str) -> Option<UnusablePair> {
        if self.counts.is_empty() || self.counts.contains_key(positive) {
            return None;
        }
        let mut labels: Vec<(&String, &Count)> = self.counts.iter().collect();
        labels.sort_by_key(|(_, count)| std::cmp::Reverse((count.truths, count.said)));
        if let [(only, _)] = labels.as_slice()
            && positive == "1"
            && *only == "0"
        {
            return None;
        }
        let names = labels.iter().map(|(label, _)| (*label).clone()).take(NAMED).collect();
        let more = labels.len().saturating_sub(NAMED);
        Some(UnusablePair::NoPositive { positive: positive.to_owned(), labels: names, more })
    }

    /// The first line with a label that is neither the positive nor the negative one.
    pub(super) fn third(&self, positive: &str) -> Option<(u64, UnusablePair)> {
        let negative = self.negative(positive)?;
        let others = self.counts.iter().filter(|(label, _)| *label != positive && *label != negative);
        let (label, count) = others.min_by_key(|(_, count)| count.line)?;
        Some((
            count.line,
            UnusablePair::ThirdLabel {
                label: label.clone(),
                negative: negative.to_owned(),
                positive: positive.to_owned(),
                is_multiclass: self.are_several(),
            },
        ))
    }
}
