//! Compares the distribution of a column with the baseline's.

use std::collections::BTreeMap;

use sagewarden_measure::distance::{
    Counts, LargestGap, Steps, TotalVariation, categorical_linf, goodness_of_fit, homogeneity, linf, p_value,
    robust, text_counts, total, total_variation,
};
use sagewarden_measure::{Categories, ColumnProfile, Divergence, KllSketch, TextCounts, tenths};

use super::expected::Expected;
use super::rare::{ClassCounts, by_chance, rare};
use super::reference::{BaselineDistribution, NumbersReference, TOO_MANY_TEXTS, is_numeric};
use super::settings::ColumnSettings;
use super::types::{Types, scientific};
use super::verdict::{Check, CheckResult, Distance, DistributionGap, GapPlace, Method};
use super::{texts, unseen};
use crate::constraints::{CategoricalMethod, Comparison};
use crate::mode::Mode;
use crate::statistics::BetweenPeriods;

/// How many different texts the container counts (deequ's `DEFAULT_CARDINALITY_THRESHOLD`); if there are more, it
/// keeps no shares.
const COUNTED_BY_THE_CONTAINER: usize = 120;

/// A column of numbers with at most this many different ones is a column of classes.
const CLASSES: usize = 16;

/// The distance, or the reason why there is none.
pub(crate) fn compare(
    expected: &Expected<'_>,
    column: &ColumnProfile,
    settings: &ColumnSettings,
) -> Result<Distance, String> {
    let (types, mode) = (Types::of(column, expected), expected.mode);
    if types.present() == 0 {
        return Err("it has no values".to_owned());
    }
    match expected.distribution {
        BaselineDistribution::None(why) => Err(why.clone().into_owned()),
        BaselineDistribution::Foreign(why) => Err(why.clone()),
        BaselineDistribution::Sample(_) if mode == Mode::Compat => Err(TOO_MANY_TEXTS.to_owned()),
        BaselineDistribution::Sample(sample) => unseen::compare(sample, column, settings),
        // The container keeps a sketch only for columns of numbers, and shares only for columns of texts.
        BaselineDistribution::Numbers { .. } if mode == Mode::Compat && !is_numeric(types.inferred()) => {
            Err("its values are text now, and the container makes no sketch of text".to_owned())
        }
        BaselineDistribution::Texts(_) if mode == Mode::Compat && is_numeric(types.inferred()) => {
            Err("its values are numbers now, and the container counts no shares of numbers".to_owned())
        }
        BaselineDistribution::Numbers { compat, exact } => {
            let levels = column.sketch().map(KllSketch::levels).ok_or("its numbers were not looked at")?;
            let current = match mode {
                Mode::Compat => Steps::compat(levels),
                Mode::Exact => Steps::exact(levels),
            };
            let (gap, total, different) = match (mode, exact) {
                (Mode::Compat, _) if compat.total() == 0 => {
                    return Err("its sketch in the baseline is empty".to_owned());
                }
                (Mode::Compat, _) => (linf(compat, &current), compat.total(), compat.different()),
                (Mode::Exact, NumbersReference::Sketch(baseline)) => {
                    (linf(baseline, &current), baseline.total(), baseline.different())
                }
                (Mode::Exact, NumbersReference::Buckets(baseline)) => {
                    (baseline.linf(&current), baseline.total(), baseline.buckets())
                }
                (Mode::Exact, NumbersReference::None(why)) => return Err(why.clone()),
            };
            let gap = gap.ok_or("none of its values is a number now")?;
            let season = expected.season;
            let divergence = match (mode, exact) {
                (Mode::Exact, NumbersReference::Sketch(baseline)) => {
                    Divergence::of(&tenths(baseline, &current))
                }
                (Mode::Exact, NumbersReference::Buckets(baseline)) => {
                    Divergence::of(&baseline.counts(&current))
                }
                _ => None,
            };
            let distance = numbers(gap, (total, different), &current, settings, mode, season);
            let distance = Distance { divergence, ..distance };
            Ok(match (mode, exact) {
                // A class that is rare on working days may be frequent at weekends.
                _ if season.is_some() => distance,
                (Mode::Exact, NumbersReference::Sketch(baseline)) => {
                    closer(distance, |distance| rare(classes(baseline, &current)?, distance))
                }
                (Mode::Exact, NumbersReference::Buckets(baseline)) => {
                    closer(distance, |distance| many(baseline.total_variation(&current)?, distance))
                }
                _ => distance,
            })
        }
        BaselineDistribution::Texts(texts) => {
            let baseline =
                expected.baseline_counts(texts.iter().map(|(text, count)| (text.as_str(), *count)));
            shares(&baseline, &current_counts(column, expected)?, settings, expected)
        }
    }
}

fn current_counts<'c>(
    column: &'c ColumnProfile,
    expected: &Expected<'_>,
) -> Result<Counts<'c>, &'static str> {
    let few = |counts: &TextCounts| expected.mode == Mode::Exact || counts.len() <= COUNTED_BY_THE_CONTAINER;
    match column.categories() {
        Categories::Counted(counts) if few(counts) => Ok(expected.counts(counts)),
        Categories::Counted(_) | Categories::TooMany => {
            Err("it has too many different texts for a comparison of their shares")
        }
        Categories::NotCounted => Err("its texts were not counted"),
    }
}

fn numbers(
    gap: LargestGap<f64>,
    (baseline, different): (u64, usize),
    current: &Steps,
    settings: &ColumnSettings,
    mode: Mode,
    season: Option<BetweenPeriods>,
) -> Distance {
    let sizes = (baseline, current.total());
    let (value, method) = corrected(gap.size, sizes, settings.comparison);
    let spread = season.map_or(0.0, |season| season.linf);
    let p_value = (mode == Mode::Exact).then(|| p_value((gap.size - spread).max(0.0), sizes.0, sizes.1));
    Distance {
        value,
        linf: gap.size,
        threshold: settings.threshold + spread,
        method,
        at: place(gap, GapPlace::Number),
        baseline_n: sizes.0,
        current_n: sizes.1,
        baseline_distinct: different as u64,
        current_distinct: current.different() as u64,
        p_value,
        divergence: None,
    }
}

fn shares(
    baseline: &Counts<'_>,
    current: &Counts<'_>,
    settings: &ColumnSettings,
    expected: &Expected<'_>,
) -> Result<Distance, String> {
    let Expected { mode, season, .. } = *expected;
    let gap = categorical_linf(baseline, current).ok_or("it has no values in the baseline")?;
    let sizes = (total(baseline), total(current));
    let (value, method) = corrected(gap.size, sizes, settings.comparison);
    let spread = season.map_or(0.0, |season| season.linf);
    let p_value = (mode == Mode::Exact).then(|| match season {
        None => p_value_of_text(&gap, baseline, current),
        // The largest gap could have been at any text, so the probability counts for each of them (Hoeffding).
        Some(_) => {
            (p_value((gap.size - spread).max(0.0), sizes.0, sizes.1) * texts_of(baseline, current)).min(1.0)
        }
    });
    let distance = Distance {
        value,
        linf: gap.size,
        threshold: settings.categorical_threshold + spread,
        method,
        at: place(gap, GapPlace::Text),
        baseline_n: sizes.0,
        current_n: sizes.1,
        baseline_distinct: baseline.len() as u64,
        current_distinct: current.len() as u64,
        p_value,
        divergence: (mode == Mode::Exact).then(|| Divergence::of(&text_counts(baseline, current))).flatten(),
    };
    match settings.categorical_method {
        CategoricalMethod::LInfinity if mode == Mode::Compat => Ok(distance),
        CategoricalMethod::LInfinity if let Some(season) = season => Ok(closer(distance, |distance| {
            beyond_season(total_variation(baseline, current)?, season, settings, distance)
        })),
        CategoricalMethod::LInfinity => {
            let distance = closer(distance, |distance| many(total_variation(baseline, current)?, distance));
            Ok(closer(distance, |distance| rare(text_classes(baseline, current), distance)))
        }
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

/// If the largest gap is not drift, looks closer; but not if somebody chose the bare gap.
fn closer(distance: Distance, look: impl FnOnce(&Distance) -> Option<Distance>) -> Distance {
    let is_done = distance.value > distance.threshold || distance.method == Method::Simple;
    let found = if is_done { None } else { look(&distance) };
    found.unwrap_or(distance)
}

/// The distance of all shares together, if that is drift.
fn many(all: TotalVariation, distance: &Distance) -> Option<Distance> {
    let value = (all.size - all.chance).max(0.0);
    (value > distance.threshold).then(|| Distance {
        value,
        method: Method::TotalVariation,
        p_value: Some(all.p_value),
        ..distance.clone()
    })
}

/// The same, if the shares differ between the baseline's own periods. The distance depends on many rows, each of which matters little, so
/// it is near its average (McDiarmid).
fn beyond_season(
    all: TotalVariation,
    season: BetweenPeriods,
    settings: &ColumnSettings,
    distance: &Distance,
) -> Option<Distance> {
    let (value, spread) = ((all.size - all.chance).max(0.0), season.total_variation);
    let threshold = settings.categorical_threshold + spread;
    (value > threshold).then(|| Distance {
        value,
        threshold,
        method: Method::TotalVariation,
        p_value: Some(all.p_value_beyond(spread)),
        ..distance.clone()
    })
}

fn texts_of(baseline: &Counts<'_>, current: &Counts<'_>) -> f64 {
    let new = current.keys().filter(|text| !baseline.contains_key(*text)).count();
    (baseline.len() + new) as f64
}

/// The p-value of the text whose share has changed the most. That could have been any text, so it counts for each of
/// them.
fn p_value_of_text(gap: &LargestGap<String>, baseline: &Counts<'_>, current: &Counts<'_>) -> f64 {
    let Some(text) = gap.place.as_deref() else { return 1.0 };
    let count = |counts: &Counts<'_>| (counts.get(text).copied().unwrap_or_default(), total(counts));
    (by_chance(count(baseline), count(current)) * texts_of(baseline, current)).min(1.0)
}

/// The texts of the baseline: another check looks at new ones.
fn text_classes(baseline: &Counts<'_>, current: &Counts<'_>) -> Vec<ClassCounts> {
    let now = |text: &str| current.get(text).copied().unwrap_or_default();
    baseline.iter().map(|(text, count)| (GapPlace::Text((*text).to_owned()), *count, now(text))).collect()
}

/// The numbers of a column with so few different ones that they are classes.
fn classes(baseline: &Steps, current: &Steps) -> Option<Vec<ClassCounts>> {
    if baseline.different() > CLASSES || current.different() > CLASSES {
        return None;
    }
    let mut classes: BTreeMap<u64, (f64, u64, u64)> = BTreeMap::new();
    let class = |number: f64| (number + 0.0).to_bits();
    for (number, count) in baseline.each() {
        classes.entry(class(number)).or_insert((number, 0, 0)).1 += count;
    }
    for (number, count) in current.each() {
        classes.entry(class(number)).or_insert((number, 0, 0)).2 += count;
    }
    Some(
        classes
            .into_values()
            .map(|(number, before, now)| (GapPlace::Text(number.to_string()), before, now))
            .collect(),
    )
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

/// Compares the distance with its threshold.
pub(crate) fn check(distance: &Distance, mode: Mode) -> (CheckResult, String) {
    let Distance { value, threshold, .. } = *distance;
    // Somebody who chose the bare distance, or a level of significance, gets exactly that.
    let is_bare = matches!(distance.method, Method::Simple | Method::ChiSquared);
    let passed = value <= threshold;
    let p_value = distance.p_value.filter(|_| !passed && !is_bare);
    let result =
        CheckResult { check: Check::BaselineDrift, observed: Some(value), threshold, passed, p_value };
    let shown = if mode == Mode::Exact { known_digits(value, threshold) } else { value };
    (result, texts::drift(shown, threshold))
}

/// The digits that are known: distances of numbers come from sketches, which are off by up to a thousandth.
fn known_digits(value: f64, threshold: f64) -> f64 {
    let rounded = (value * 1e4).round() / 1e4;
    if (rounded > threshold) == (value > threshold) { rounded } else { value }
}

/// Facts about the reading and comparison of a column that people should know.
pub(crate) fn notes(
    name: &str,
    column: &ColumnProfile,
    expected: &Expected<'_>,
    distance: Option<&Distance>,
) -> Vec<String> {
    if expected.mode == Mode::Compat {
        let unknown = distance.is_some_and(|distance| distance.method == Method::ChiSquared);
        let note = "nobody knows how the container compares a chi-squared test with its threshold";
        return unknown.then(|| format!("`{name}`: {note}")).into_iter().collect();
    }
    let are = |count: u64, what: &str| match count {
        1 => format!("1 {what} is"),
        _ => format!("{count} {what}s are"),
    };
    let (numbers, missing) = (scientific(column), expected.missing_texts(column));
    let scientific = (numbers > 0).then(|| {
        let are = are(numbers, "number");
        format!("`{name}`: {are} in scientific notation, which the container takes for texts")
    });
    let missing = (missing > 0).then(|| {
        let are = are(missing, "value");
        format!(
            "`{name}`: {are} missing: written as `nan`, `NA` or the like, which the container takes for text"
        )
    });
    let buckets = matches!(
        expected.distribution,
        BaselineDistribution::Numbers { exact: NumbersReference::Buckets(_), .. }
    );
    let buckets = buckets.then(|| {
        format!("`{name}`: the baseline has no sketch of all its values, so its buckets are compared")
    });
    scientific.into_iter().chain(missing).chain(buckets).collect()
}
