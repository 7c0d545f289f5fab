//! The metrics of a score as its threshold moves: the two curves and the areas under them.

use sagewarden_monitor::Mode;
use serde::Serialize;

use super::deviation::Rounds;

/// Points that are written of a curve. The areas are computed from all of them.
const MAX_POINTS: usize = 1_000;

/// An item with its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    pub(super) score: f64,
    pub(super) actual: bool,
    pub(super) rounds: Rounds,
}

/// `receiver_operating_characteristic_curve`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReceiverOperating {
    /// The false positive rate, rising.
    pub false_positive_rates: Vec<f64>,
    /// The true positive rate, at the same thresholds.
    pub true_positive_rates: Vec<f64>,
}

/// `precision_recall_curve`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PrecisionRecall {
    /// The precision.
    pub precisions: Vec<f64>,
    /// The recall, at the same thresholds, rising.
    pub recalls: Vec<f64>,
}

/// Both.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curves {
    pub(super) receiver_operating: ReceiverOperating,
    pub(super) precision_recall: PrecisionRecall,
}

/// Areas under them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Areas {
    pub(super) receiver_operating: f64,
    pub(super) precision_recall: f64,
}

/// The numbers at one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Point {
    positives: u64,
    negatives: u64,
}

/// One point for each different score of a round, from the highest down. INVARIANT: the scores are sorted.
fn points(scores: &[Score], round: usize) -> impl Iterator<Item = Point> {
    let mut at = Point::default();
    scores.chunk_by(|one, other| one.score.total_cmp(&other.score).is_eq()).filter_map(move |same| {
        let before = at;
        for score in same.iter().filter(|score| score.rounds.holds(round)) {
            if score.actual {
                at.positives += 1;
            } else {
                at.negatives += 1;
            }
        }
        (at != before).then_some(at)
    })
}

/// The area under the curve of true over false positives is the chance that a true item has a higher score than a false one; equal scores
/// count half (Mann and Whitney). It is undefined if either is missing. The container takes a rate with a denominator of 0 for 0. So its
/// area is 0 without true items, and 1 without false items. The area under precision over recall is the sum of trapezoids from recall 0,
/// which has the first precision.
pub(super) fn areas(scores: &[Score], round: usize, mode: Mode) -> Areas {
    let mut last = Point::default();
    let mut twice_won: u128 = 0;
    let mut under_precision = 0.0;
    let mut precision_before = None;
    for point in points(scores, round) {
        let negatives = u128::from(point.negatives - last.negatives);
        twice_won += negatives * u128::from(point.positives + last.positives);
        let precision = point.positives as f64 / (point.positives + point.negatives) as f64;
        let found = (point.positives - last.positives) as f64;
        under_precision += found * f64::midpoint(precision, precision_before.unwrap_or(precision));
        precision_before = Some(precision);
        last = point;
    }
    let pairs = u128::from(last.positives) * u128::from(last.negatives) * 2;
    let receiver_operating = match (pairs, mode) {
        (0, Mode::Exact) => f64::NAN,
        (0, Mode::Compat) => f64::from(u8::from(last.positives > 0)),
        _ => twice_won as f64 / pairs as f64,
    };
    Areas { receiver_operating, precision_recall: under_precision / last.positives as f64 }
}

/// The curves as the container writes them: from (0, 0), or recall 0 with the first precision, over each different score, to
/// (1, 1).
pub(super) fn curves(scores: &[Score]) -> Curves {
    let all: Vec<Point> = points(scores, 0).collect();
    let last = all.last().copied().unwrap_or_default();
    // The container's rate of nothing is 0.
    let rate = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let mut curves = Curves::default();
    let kept: Vec<Point> = thinned(&all).collect();
    let roc = &mut curves.receiver_operating;
    let ends = |rates: &mut Vec<f64>, of: &dyn Fn(&Point) -> f64| {
        rates.push(0.0);
        rates.extend(kept.iter().map(of));
        rates.push(1.0);
    };
    ends(&mut roc.false_positive_rates, &|point| rate(point.negatives, last.negatives));
    ends(&mut roc.true_positive_rates, &|point| rate(point.positives, last.positives));
    let precision = |point: &Point| rate(point.positives, point.positives + point.negatives);
    let pr = &mut curves.precision_recall;
    pr.precisions.extend(kept.first().into_iter().chain(&kept).map(precision));
    pr.recalls.push(0.0);
    pr.recalls.extend(kept.iter().map(|point| rate(point.positives, last.positives)));
    curves
}

/// A selection of points at equal steps, with the first and the last one in any case.
fn thinned(points: &[Point]) -> impl Iterator<Item = Point> {
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    points.iter().enumerate().filter(move |(at, _)| at % step == 0 || *at == last).map(|(_, point)| *point)
}
