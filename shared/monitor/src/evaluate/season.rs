//! How far the periods of a baseline are apart. If the baseline has weekends, a weekend is not drift: exact mode
//! requires a distance beyond the largest one between a period and all periods together.

use sagewarden_measure::distance::{Steps, categorical_linf, linf, total_variation};
use sagewarden_measure::{Categories, ColumnProfile, KllSketch, Profile};

use super::baseline::Baseline;
use super::expected::Expected;
use super::reference::{BaselineDistribution, NumbersReference};
use crate::mode::Mode;
use crate::statistics::BetweenPeriods;

/// A period with fewer rows is far from the others by chance.
pub(crate) const ENOUGH: u64 = 200;

/// The spread of each column of the baseline, in the order of the columns.
pub(crate) fn spreads(baseline: &Baseline, periods: &[&Profile]) -> Vec<Option<BetweenPeriods>> {
    let features = baseline.constraints().features.iter().zip(baseline.expected(Mode::Exact));
    let spread = |name: &str, expected: &Expected<'_>| {
        let columns = periods.iter().filter_map(|period| period.column(name));
        let each: Vec<_> = columns.filter_map(|column| distances(expected, column)).collect();
        let largest = |of: fn(&(f64, f64)) -> f64| each.iter().map(of).fold(0.0, f64::max);
        (each.len() > 1).then(|| BetweenPeriods {
            periods: each.len() as u64,
            linf: largest(|each| each.0),
            total_variation: largest(|each| each.1),
        })
    };
    features.map(|(feature, expected)| spread(&feature.name, &expected)).collect()
}

/// How far a period is from all periods: by the largest gap, and by all shares together. Chance is not subtracted: it
/// is part of the spread.
fn distances(expected: &Expected<'_>, column: &ColumnProfile) -> Option<(f64, f64)> {
    match (expected.distribution, column.categories()) {
        (BaselineDistribution::Numbers { exact: NumbersReference::Sketch(baseline), .. }, _) => {
            let current = Steps::exact(column.sketch().map(KllSketch::levels)?);
            Some((linf(baseline, &current)?.size, 0.0))
        }
        (BaselineDistribution::Texts(texts), Categories::Counted(counts)) => {
            let baseline =
                expected.baseline_counts(texts.iter().map(|(text, count)| (text.as_str(), *count)));
            let current = expected.counts(counts);
            let all = total_variation(&baseline, &current)?;
            Some((categorical_linf(&baseline, &current)?.size, all.size))
        }
        _ => None,
    }
}
