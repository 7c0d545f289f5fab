//! Predictions without spread. If nearly all answers of an endpoint are the same, and the baseline's were not, the model may have failed, or
//! somebody may have poisoned it.
//!
//! The rule has two parts. First, at most a tenth of the baseline's spread is left: the share of predictions that differ from the most
//! frequent one. Second, chance explains so little spread less than once in ten thousand windows.

use std::collections::VecDeque;

use sagewarden_measure::distance::{Counts, Steps, total};
use sagewarden_measure::{Categories, ColumnProfile, KllSketch, Occurrences};

use super::expected::Expected;
use super::odds::FALSE_ALARMS;
use super::reference::{BaselineDistribution, NumbersReference};
use super::settings::ColumnSettings;
use super::texts;
use super::verdict::{Check, CheckResult};
use crate::mode::Mode;

/// The part of the baseline's spread that must be left.
const LEFT: f64 = 0.1;
/// Numbers are nearly the same if they differ by less than this part of the range that the middle of the baseline's numbers has.
const NEARLY: f64 = 0.01;
/// The part of the numbers that is below their middle, and above it.
const BESIDE: f64 = 0.1;
/// Fewer predictions may be the answers to one request that was sent again.
const ENOUGH: u64 = 20;

/// Whether the predictions of a column have nearly no spread; exact mode only. `None` if the baseline has none either, or does not keep
/// enough to know.
pub(crate) fn check(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    settings: &ColumnSettings,
) -> Option<(CheckResult, String)> {
    if expected.mode == Mode::Compat || !column.is_prediction || !settings.compare {
        return None;
    }
    let apart = expected.season.map_or(0.0, |season| season.linf);
    let (likeness, p_value) = match (expected.distribution, column.categories()) {
        (BaselineDistribution::Numbers { exact: NumbersReference::Sketch(baseline), .. }, _) => {
            let current = Steps::exact(column.sketch().map(KllSketch::levels)?);
            // One number, or several that are nearly the same: two tests.
            let width = NEARLY * middle(baseline);
            let of = |width: f64| Likeness { baseline: most(baseline, width), now: most(&current, width) };
            let (one, nearly) = (of(0.0).beside(apart), of(width).beside(2.0 * apart));
            let (p_one, p_nearly) = (2.0 * one.p_value(), 2.0 * nearly.p_value_of_any());
            if one.is_small() && p_one <= p_nearly { (one, p_one) } else { (nearly, p_nearly) }
        }
        (BaselineDistribution::Texts(texts), Categories::Counted(counts)) => {
            let baseline =
                expected.baseline_counts(texts.iter().map(|(text, count)| (text.as_str(), *count)));
            let likeness =
                Likeness { baseline: most_frequent(&baseline), now: most_frequent(&expected.counts(counts)) };
            let likeness = likeness.beside(apart);
            let p_value = likeness.p_value();
            (likeness, p_value)
        }
        _ => return None,
    };
    let (before, now) = (likeness.baseline.others()?, likeness.now.others()?);
    let threshold = LEFT * before;
    let is_found = likeness.is_small() && p_value < FALSE_ALARMS;
    let result = CheckResult {
        check: Check::PredictionSpread,
        observed: Some(now),
        threshold,
        passed: !is_found,
        p_value: is_found.then_some(p_value),
    };
    let is_judged = before > 0.0 && likeness.now.found.of >= ENOUGH;
    is_judged.then(|| (result, texts::spread(before, threshold, now, &likeness.now.place)))
}

/// The most frequent value, or the values that are nearly the same and together are the most frequent.
#[derive(Clone, Debug)]
struct Most {
    place: String,
    /// How many of all values these are.
    found: Occurrences,
}

impl Most {
    /// The share of all other values.
    fn others(&self) -> Option<f64> {
        let Occurrences { count, of } = self.found;
        (of > 0).then(|| (of - count.min(of)) as f64 / of as f64)
    }
}

/// The same in the baseline and now.
#[derive(Clone, Debug)]
struct Likeness {
    baseline: Most,
    now: Most,
}

impl Likeness {
    /// In a period of the baseline's own, the most frequent value may be more frequent by this share.
    fn beside(mut self, apart: f64) -> Self {
        let Occurrences { count, of } = self.baseline.found;
        self.baseline.found.count = (count + (apart * of as f64).ceil() as u64).min(of);
        self
    }

    /// Whether so little of the baseline's spread is left.
    fn is_small(&self) -> bool {
        let both = self.now.others().zip(self.baseline.others());
        both.is_some_and(|(now, before)| before > 0.0 && now <= LEFT * before)
    }

    /// How probable it is that one value is so frequent. Each value could have been that one: the sum of their probabilities is at most the
    /// probability of the baseline's most frequent value, divided by the share of the value now.
    fn p_value(&self) -> f64 {
        let now = self.now.found;
        (now.by_chance(self.baseline.found) * now.of as f64 / now.count.max(1) as f64).min(1.0)
    }

    /// The same for any range of this width: each value could have been where it begins.
    fn p_value_of_any(&self) -> f64 {
        let now = self.now.found;
        (now.by_chance(self.baseline.found) * now.of as f64).min(1.0)
    }
}

/// The range of the numbers in the middle: all but the smallest tenth and the largest tenth.
fn middle(numbers: &Steps) -> f64 {
    let at = |share: f64| {
        let rank = (share * numbers.total() as f64) as u64;
        let mut below = 0;
        numbers.each().find_map(|(number, count)| {
            below += count;
            (below > rank).then_some(number)
        })
    };
    at(1.0 - BESIDE).zip(at(BESIDE)).map_or(0.0, |(most, least)| (most - least).max(0.0))
}

/// The range of this width with the most numbers.
fn most(numbers: &Steps, width: f64) -> Most {
    let (mut within, mut count) = (VecDeque::new(), 0);
    let mut found = (0, 0.0, 0.0);
    for (number, times) in numbers.each() {
        within.push_back((number, times));
        count += times;
        while let Some((_, gone)) = within.pop_front_if(|(least, _)| number - *least > width) {
            count -= gone;
        }
        if count > found.0 {
            found = (count, within.front().map_or(number, |(least, _)| *least), number);
        }
    }
    let (count, least, most) = found;
    let place = if least == most { most.to_string() } else { format!("{least} to {most}") };
    Most { place, found: Occurrences { count, of: numbers.total() } }
}

fn most_frequent(counts: &Counts<'_>) -> Most {
    let most = counts.iter().max_by_key(|(_, count)| **count);
    let (place, count) = most.map_or_else(Default::default, |(text, count)| ((*text).to_owned(), *count));
    Most { place, found: Occurrences { count, of: total(counts) } }
}
