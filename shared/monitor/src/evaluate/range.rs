//! Numbers outside the baseline's range: even a share too small to move the distribution may consist of impossible
//! values.

use sagewarden_measure::{ColumnProfile, KllSketch, Occurrences};

use super::expected::Expected;
use super::odds::FALSE_ALARMS;
use super::reference::is_numeric;
use super::settings::ColumnSettings;
use super::texts;
use super::verdict::{Check, CheckResult};
use crate::mode::Mode;

/// Whether more values than chance explains lie outside the baseline's range, or below zero if the baseline has no
/// negative number. The container has no such check. `None` if all values lie within the range.
pub(crate) fn check(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    settings: &ColumnSettings,
) -> Option<(CheckResult, String)> {
    if expected.mode == Mode::Compat || !is_numeric(expected.inferred_type) {
        return None;
    }
    let (sketch, moments) = (column.sketch()?, column.numbers()?);
    let zero = if expected.is_non_negative { 0.0 } else { f64::NEG_INFINITY };
    let range = expected.size.range.filter(|_| settings.compare);
    let (least, most) = range.unwrap_or((zero, f64::INFINITY));
    let least = least.max(zero);
    if moments.count == 0 || (moments.min >= least && moments.max <= most) {
        return None;
    }
    let outside = Outside::of(sketch, (least, most), moments.count);
    let sample = expected.size.values;
    // A number below zero is impossible, however few of them there are.
    let negative = Occurrences { count: sketch.rank_exclusive(zero), of: moments.count };
    let p_negative = by_chance(negative, sample);
    let is_share = outside.share() >= settings.threshold;
    let p_value = if is_share { p_negative.min(outside.by_chance(sample)) } else { p_negative };
    let observed = 1.0 - outside.share();
    let passed = p_value >= FALSE_ALARMS;
    let result = CheckResult {
        check: Check::Range,
        observed: Some(observed),
        threshold: 1.0,
        passed,
        p_value: Some(p_value),
    };
    Some((result, texts::range(observed, (least, most))))
}

/// How many values lie on either side of the range.
struct Outside {
    below: u64,
    above: u64,
    of: u64,
}

impl Outside {
    fn of(sketch: &KllSketch, (least, most): (f64, f64), of: u64) -> Self {
        Self { below: sketch.rank_exclusive(least), above: of.saturating_sub(sketch.rank(most)), of }
    }

    fn share(&self) -> f64 {
        (self.below + self.above) as f64 / self.of as f64
    }

    /// How probable it is that this many of the largest values are all in one of two samples. Any other property of
    /// as many values is just as probable. Two sides are tested.
    fn by_chance(&self, sample: Option<u64>) -> f64 {
        let side = |count: u64| by_chance(Occurrences { count, of: self.of }, sample);
        (2.0 * side(self.below).min(side(self.above))).min(1.0)
    }
}

fn by_chance(outside: Occurrences, sample: Option<u64>) -> f64 {
    match sample {
        Some(of) if of > 0 => outside.by_chance(Occurrences { count: 0, of }),
        _ => outside.at_rate(0.0),
    }
}
