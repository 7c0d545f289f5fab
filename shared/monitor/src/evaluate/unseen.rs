//! Columns with too many texts to count, such as names of merchants: how many values have a text that the baseline
//! does not have.

use sagewarden_measure::{ColumnProfile, Occurrences, TextSample};

use super::settings::ColumnSettings;
use super::verdict::{Distance, Method};

/// How many sampled values a comparison needs.
const ENOUGH: u64 = 50;

/// The share of values with texts that the baseline's sample does not have, minus the expected share. The expected share is the share of
/// the baseline's values whose text occurred only once (Good and Turing's estimate).
pub(crate) fn compare(
    baseline: &TextSample,
    column: &ColumnProfile,
    settings: &ColumnSettings,
) -> Result<Distance, String> {
    let mut current = column.sampled().ok_or("its texts were not counted")?;
    let mut baseline = baseline.clone();
    current.lower(baseline.below());
    baseline.lower(current.below());
    let ((n, once), (m, _)) = (baseline.values(), current.values());
    if n.min(m) < ENOUGH {
        return Err("too few of its many different texts are in the samples that are compared".to_owned());
    }
    let unseen = || current.each().filter(|(hash, _)| baseline.get(*hash) == 0);
    let (texts, values) = (unseen().count() as u64, unseen().map(|(_, count)| count).sum::<u64>());
    let share = values as f64 / m as f64;
    // Each new text counts once, or few texts with many values would decide. But if most of a window has new texts, they may be few:
    // then their values count. Good and Turing's estimate of their share scatters as if only one value in `spread` was a draw of its own
    // (its variance is the number of texts with one value and twice that of texts with two, over n squared).
    let twice = baseline.each().filter(|(_, count)| *count == 2).count() as u64;
    let spread = 1.0 + 2.0 * twice as f64 / once.max(1) as f64;
    let draws = |count: u64| (count as f64 / spread).round() as u64;
    let by_texts = Occurrences { count: texts, of: m }.by_chance(Occurrences { count: once, of: n });
    let by_values = Occurrences { count: draws(values), of: draws(m) }
        .by_chance(Occurrences { count: draws(once), of: draws(n) });
    let p_value = (2.0 * by_texts.min(by_values)).min(1.0);
    Ok(Distance {
        value: (share - once as f64 / n as f64).max(0.0),
        linf: share,
        threshold: settings.categorical_threshold,
        method: Method::Unseen,
        at: None,
        baseline_n: n,
        current_n: m,
        baseline_distinct: baseline.each().count() as u64,
        current_distinct: current.each().count() as u64,
        p_value: Some(p_value),
        divergence: None,
    })
}

#[cfg(test)]
mod tests {
    use sagewarden_measure::{Cell, Chance, Detail, Profile, RowSink};

    use super::super::{Baseline, Check, Evaluation, evaluate};
    use super::*;
    use crate::constraints::Constraints;
    use crate::mode::Mode;
    use crate::statistics::Statistics;

    fn merchants(seed: u64, rows: usize, from: u64, of: u64) -> Vec<String> {
        let mut chance = Chance::new(seed);
        (0..rows).map(|_| format!("merchant {}", from + chance.below(of))).collect()
    }

    fn fill(mut profile: Profile, texts: &[String]) -> Profile {
        texts.iter().for_each(|text| profile.positional(&[Cell::Text(text.as_bytes())]));
        profile
    }

    /// Both modes' answers on a window of a column of texts, against a baseline that was written and read back.
    fn judged(before: &[String], now: &[String]) -> [Evaluation; 2] {
        let statistics = Statistics::from_profile(&fill(Profile::for_header(["merchant"]), before));
        let read = Statistics::parse(statistics.to_java_json().as_bytes()).unwrap();
        assert_eq!(read, statistics);
        let baseline = Baseline::new(Some(&read), Constraints::suggest(&read));
        let profile = fill(baseline.empty_profile(Detail::Verdict), now);
        let stored = Profile::from_bytes(&profile.to_bytes()).unwrap();
        assert_eq!(stored, profile);
        [Mode::Compat, Mode::Exact].map(|mode| evaluate(&baseline, &stored, mode))
    }

    #[test]
    fn new_texts_are_found_beyond_what_the_baseline_lets_expect() {
        let before = merchants(1, 10_000, 0, 3_000);
        let some_new = [merchants(2, 1_800, 0, 3_000), merchants(3, 200, 5_000, 3_000)].concat();
        let unique =
            |from: u64, rows: u64| (from..from + rows).map(|at| format!("order {at}")).collect::<Vec<_>>();
        for (what, before, now, drifts) in [
            ("the same merchants", &before, merchants(2, 2_000, 0, 3_000), false),
            ("three thousand new ones", &before, merchants(2, 2_000, 5_000, 3_000), true),
            ("one in ten is new", &before, some_new, true),
            ("only thirty, all of them new", &before, merchants(2, 1_000, 5_000, 30), true),
            ("few of the same", &before, merchants(2, 2_000, 0, 300), false),
            ("ids are always new", &unique(0, 10_000), unique(20_000, 2_000), false),
            ("ids that come again", &unique(0, 10_000), unique(0, 2_000), false),
        ] {
            let [compat, exact] = judged(before, &now);
            let drifted = exact
                .violations
                .iter()
                .any(|each| each.constraint_check_type.as_deref() == Some(Check::BaselineDrift.name()));
            assert_eq!(drifted, drifts, "{what}: {exact:#?}");
            assert!(exact.nothing_judged().is_none(), "{what}");
            assert_eq!(exact.features[0].distance.as_ref().unwrap().method, Method::Unseen);
            assert!(compat.violations.is_empty() && compat.nothing_judged().is_some(), "{what}");
        }
    }

    #[test]
    fn samples_of_one_kind_of_texts_are_no_drift() {
        // Every merchant has as many customers as another, or few have most of them; windows are smaller or larger than the baseline.
        let few_have_most = |seed: u64, rows: usize, of: u64| {
            let mut chance = Chance::new(seed);
            let mut below = |of: u64| 1 + chance.below(of);
            (0..rows)
                .map(|_| {
                    let most = below(of);
                    let most = below(most);
                    format!("merchant {}", below(most))
                })
                .collect::<Vec<_>>()
        };
        let loud = (0..100).flat_map(|seed| [(seed, 2_000), (seed, 9_000)]).filter(|(seed, rows)| {
            let of = 600 + 100 * seed;
            let alike = [1_000, 2_000]
                .map(|first| merchants(first + seed, if first == 1_000 { 3_000 } else { *rows }, 0, of));
            let unlike = [3_000, 4_000]
                .map(|first| few_have_most(first + seed, if first == 3_000 { 3_000 } else { *rows }, 4 * of));
            [alike, unlike].iter().any(|[before, now]| !judged(before, now)[1].violations.is_empty())
        });
        assert_eq!(loud.count(), 0, "of 400 windows");
    }

    #[test]
    fn of_too_few_values_nothing_is_said() {
        let before = merchants(1, 10_000, 0, 3_000);
        let [_, exact] = judged(&before, &merchants(2, 30, 0, 3_000));
        let why = exact.nothing_judged().unwrap();
        assert!(why.contains("too few of its many different texts"), "{why}");
    }
}
