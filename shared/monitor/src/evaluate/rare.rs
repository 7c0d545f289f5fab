//! Rare classes. If one value in a hundred becomes one in twenty, no difference of shares comes near a threshold, and
//! still the class is five times as frequent: a test on its counts notices.

use sagewarden_measure::Occurrences;

use super::odds::FALSE_ALARMS;
use super::verdict::{Distance, DistributionGap, GapPlace, Method};

/// A class with a smaller share than this is rare.
const RARE: f64 = 0.1;
/// A rare class has drifted if it is this many times as frequent as before, or this many times as rare.
const TIMES: f64 = 2.0;
/// The shares of a rare class must differ by this part of the threshold for distances.
const SHARE: f64 = 0.1;

/// A class, and how often it occurs in the baseline and now.
pub(crate) type ClassCounts = (GapPlace, u64, u64);

/// The distance by the rare class that has changed the most beyond chance; `None` if there is no such class. Its
/// value is the difference between the shares of the class.
pub(crate) fn rare(classes: Vec<ClassCounts>, distance: &Distance) -> Option<Distance> {
    let (n, m) = (distance.baseline_n, distance.current_n);
    let many = classes.len() as f64;
    let changed = classes.into_iter().filter_map(|(place, baseline, current)| {
        let at = DistributionGap {
            place,
            baseline: baseline as f64 / n as f64,
            current: current as f64 / m as f64,
        };
        let p_value = by_chance((baseline, n), (current, m)) * many;
        (is_large(&at, distance.threshold) && p_value < FALSE_ALARMS).then_some((at, p_value))
    });
    let (at, p_value) = changed.min_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(Distance {
        value: (at.baseline - at.current).abs(),
        threshold: SHARE * distance.threshold,
        method: Method::RareClass,
        at: Some(at),
        p_value: Some(p_value),
        ..distance.clone()
    })
}

fn is_large(gap: &DistributionGap, threshold: f64) -> bool {
    let (less, more) = (gap.baseline.min(gap.current), gap.baseline.max(gap.current));
    less < RARE && more >= TIMES * less && more - less > SHARE * threshold
}

/// How probable it is that one of two samples has this many more of the class, on the side where it has more;
/// doubled, since there are two sides.
pub(crate) fn by_chance((baseline, n): (u64, u64), (current, m): (u64, u64)) -> f64 {
    let (before, now) = (Occurrences { count: baseline, of: n }, Occurrences { count: current, of: m });
    if before.count > before.of || now.count > now.of {
        return 1.0;
    }
    let has_more = current as f64 * n as f64 > baseline as f64 * m as f64;
    2.0 * if has_more { now.by_chance(before) } else { before.by_chance(now) }
}
