//! Compares the distribution of a column with that in the baseline.

use sagewarden_measure::distance::{
    Counts, LargestGap, Steps, categorical_linf, goodness_of_fit, homogeneity, linf, robust, total,
};
use sagewarden_measure::{Categories, ColumnProfile, KllSketch};

use super::baseline::BaselineDistribution;
use super::settings::ColumnSettings;
use super::texts;
use super::types::{Types, is_numeric, scientific};
use super::verdict::{Check, CheckResult, Distance, DistributionGap, GapPlace, Method};
use crate::constraints::{CategoricalMethod, Comparison};
use crate::mode::Mode;

/// So many different texts the container counts (deequ's `DEFAULT_CARDINALITY_THRESHOLD`); of more it keeps no shares.
const COUNTED_BY_THE_CONTAINER: usize = 120;

/// The distance, or why there is none.
pub(crate) fn compare(
    reference: &BaselineDistribution,
    column: &ColumnProfile,
    settings: &ColumnSettings,
    mode: Mode,
) -> Result<Distance, String> {
    let types = Types::of(column, mode);
    if types.present() == 0 {
        return Err("it has no values".to_owned());
    }
    match reference {
        BaselineDistribution::None(why) => Err((*why).to_owned()),
        BaselineDistribution::Foreign(why) => Err(why.clone()),
        // The container keeps a sketch of columns of numbers only, and shares of columns of texts only.
        BaselineDistribution::Numbers { .. } if mode == Mode::Compat && !is_numeric(types.inferred()) => {
            Err("its values are of type String now, of which the container makes no sketch".to_owned())
        }
        BaselineDistribution::Texts(_) if mode == Mode::Compat && is_numeric(types.inferred()) => {
            Err("its values are numbers now, of which the container counts no shares".to_owned())
        }
        BaselineDistribution::Numbers { compat, exact } => {
            let levels = column.sketch().map(KllSketch::levels).ok_or("its numbers were not looked at")?;
            let (baseline, current) = match mode {
                Mode::Compat => (compat, Steps::compat(levels)),
                Mode::Exact => (exact, Steps::exact(levels)),
            };
            let gap = linf(baseline, &current).ok_or("none of its values is a number now")?;
            Ok(numbers(gap, baseline, &current, settings))
        }
        BaselineDistribution::Texts(texts) => {
            shares(&BaselineDistribution::counts(texts), &current_counts(column, mode)?, settings, mode)
        }
    }
}

fn current_counts(column: &ColumnProfile, mode: Mode) -> Result<Counts<'_>, &'static str> {
    match column.categories() {
        Categories::Counted(counts) if mode == Mode::Exact || counts.len() <= COUNTED_BY_THE_CONTAINER => {
            Ok(counts.sorted().into_iter().collect())
        }
        Categories::Counted(_) | Categories::TooMany => {
            Err("it has too many different texts for a comparison of their shares")
        }
        Categories::NotCounted => Err("its texts were not counted"),
    }
}

fn numbers(gap: LargestGap<f64>, baseline: &Steps, current: &Steps, settings: &ColumnSettings) -> Distance {
    let sizes = (baseline.total(), current.total());
    let (value, method) = corrected(gap.size, sizes, settings.comparison);
    Distance {
        value,
        linf: gap.size,
        threshold: settings.threshold,
        method,
        at: place(gap, GapPlace::Number),
        baseline_n: sizes.0,
        current_n: sizes.1,
        baseline_distinct: baseline.different() as u64,
        current_distinct: current.different() as u64,
        p_value: None,
    }
}

fn shares(
    baseline: &Counts<'_>,
    current: &Counts<'_>,
    settings: &ColumnSettings,
    mode: Mode,
) -> Result<Distance, String> {
    let gap = categorical_linf(baseline, current).ok_or("it has no values in the baseline")?;
    let sizes = (total(baseline), total(current));
    let (value, method) = corrected(gap.size, sizes, settings.comparison);
    let distance = Distance {
        value,
        linf: gap.size,
        threshold: settings.categorical_threshold,
        method,
        at: place(gap, GapPlace::Text),
        baseline_n: sizes.0,
        current_n: sizes.1,
        baseline_distinct: baseline.len() as u64,
        current_distinct: current.len() as u64,
        p_value: None,
    };
    match settings.categorical_method {
        CategoricalMethod::LInfinity => Ok(distance),
        CategoricalMethod::ChiSquared => {
            let test = match mode {
                Mode::Compat => goodness_of_fit(baseline, current),
                Mode::Exact => homogeneity(baseline, current),
            };
            let test =
                test.ok_or("fewer than two of its texts are frequent enough for the chi-squared test")?;
            let bare = mode == Mode::Compat && settings.comparison == Comparison::Simple;
            let (value, threshold) = if bare {
                (test.statistic, distance.threshold)
            } else {
                (1.0 - test.p_value, 1.0 - distance.threshold)
            };
            Ok(Distance {
                value,
                threshold,
                method: Method::ChiSquared,
                p_value: Some(test.p_value),
                ..distance
            })
        }
    }
}

fn corrected(linf: f64, (n, m): (u64, u64), comparison: Comparison) -> (f64, Method) {
    match comparison {
        Comparison::Robust => (robust(linf, n, m), Method::Robust),
        Comparison::Simple => (linf, Method::Simple),
    }
}

fn place<T>(gap: LargestGap<T>, of: impl FnOnce(T) -> GapPlace) -> Option<DistributionGap> {
    Some(DistributionGap { place: of(gap.place?), baseline: gap.first, current: gap.second })
}

/// Holds the distance against its threshold.
pub(crate) fn check(distance: &Distance) -> (CheckResult, String) {
    let Distance { value, threshold, .. } = *distance;
    let result = CheckResult {
        check: Check::BaselineDrift,
        observed: Some(value),
        threshold,
        passed: value <= threshold,
    };
    (result, texts::drift(value, threshold))
}

/// What a person should know of how a column was compared.
pub(crate) fn note(
    name: &str,
    column: &ColumnProfile,
    distance: Option<&Distance>,
    mode: Mode,
) -> Option<String> {
    if mode == Mode::Compat && distance.is_some_and(|distance| distance.method == Method::ChiSquared) {
        return Some(format!(
            "`{name}`: how the container holds a chi-squared test against its threshold is not known"
        ));
    }
    let numbers = scientific(column);
    (mode == Mode::Exact && numbers > 0).then(|| {
        let numbers = if numbers == 1 { "1 number is".to_owned() } else { format!("{numbers} numbers are") };
        format!("`{name}`: {numbers} in scientific notation, which the container takes for texts")
    })
}
