use proptest::prelude::*;

use super::*;

/// A sketch that has not been compacted.
fn sketch(values: &[f64]) -> Vec<Vec<f64>> {
    vec![values.to_vec()]
}

/// The statistic by its definition: for each value, count.
fn brute_force(first: &[f64], second: &[f64]) -> f64 {
    let share = |sample: &[f64], value: f64| {
        sample.iter().filter(|other| **other <= value).count() as f64 / sample.len() as f64
    };
    let each = first.iter().chain(second);
    each.map(|value| (share(first, *value) - share(second, *value)).abs()).fold(0.0, f64::max)
}

fn samples() -> impl Strategy<Value = Vec<f64>> {
    // Few different values, so that there are ties.
    proptest::collection::vec((-20_i32..20).prop_map(|number| f64::from(number) / 4.0), 1..60)
}

fn counts() -> impl Strategy<Value = BTreeMap<&'static str, u64>> {
    proptest::collection::btree_map(prop::sample::select(vec!["a", "b", "c", "d", "e"]), 1_u64..200, 1..5)
}

proptest! {
    #[test]
    fn the_distance_of_numbers_is_that_of_kolmogorov_and_smirnov(first in samples(), second in samples()) {
        let gap = linf(&Steps::exact(&sketch(&first)), &Steps::exact(&sketch(&second))).unwrap();
        prop_assert_eq!(gap.size, brute_force(&first, &second));
        prop_assert!((0.0..=1.0).contains(&gap.size));
        // The gap is where the result says it is.
        if let Some(place) = gap.place {
            let share = |sample: &[f64]| sample.iter().filter(|value| **value <= place).count() as f64 / sample.len() as f64;
            prop_assert_eq!((gap.first, gap.second), (share(&first), share(&second)));
            prop_assert!(((gap.first - gap.second).abs() - gap.size).abs() <= 1e-12);
        }
    }

    #[test]
    fn the_distance_is_symmetric_in_both_modes(first in samples(), second in samples()) {
        for steps in [Steps::exact, Steps::compat] {
            let (one, other) = (steps(&sketch(&first)), steps(&sketch(&second)));
            let (there, back) = (linf(&one, &other).unwrap(), linf(&other, &one).unwrap());
            prop_assert_eq!(there.size, back.size);
            prop_assert_eq!(
                robust(there.size, one.total(), other.total()),
                robust(back.size, other.total(), one.total())
            );
        }
    }

    #[test]
    fn what_is_identical_has_no_distance_in_whatever_order(mut values in samples(), seed in any::<u64>()) {
        let before = sketch(&values);
        let by = usize::try_from(seed % 7).unwrap() % values.len();
        values.rotate_left(by);
        values.reverse();
        for steps in [Steps::exact, Steps::compat] {
            prop_assert_eq!(steps(&before), steps(&sketch(&values)));
            prop_assert_eq!(linf(&steps(&before), &steps(&sketch(&values))).unwrap().size, 0.0);
        }
    }

    #[test]
    fn levels_stand_for_powers_of_two(values in samples()) {
        let both = [vec![], values.clone()];
        let twice: Vec<f64> = values.iter().chain(&values).copied().collect();
        prop_assert_eq!(Steps::exact(&both), Steps::exact(&sketch(&twice)));
    }

    #[test]
    fn the_distance_of_texts_is_symmetric_and_a_share(first in counts(), second in counts()) {
        let gap = categorical_linf(&first, &second).unwrap();
        prop_assert_eq!(gap.size, categorical_linf(&second, &first).unwrap().size);
        prop_assert!((0.0..=1.0).contains(&gap.size));
        prop_assert_eq!(categorical_linf(&first, &first).unwrap().size, 0.0);
        if let Some(pearson) = homogeneity(&first, &second) {
            let back = homogeneity(&second, &first).unwrap();
            prop_assert!((pearson.statistic - back.statistic).abs() <= 1e-9 * pearson.statistic.max(1.0));
            prop_assert!((0.0..=1.0).contains(&pearson.p_value));
        }
    }
}

#[test]
fn the_container_gives_a_value_one_weight_that_of_its_highest_level() {
    let levels = vec![vec![1.0, 1.0, 2.0], vec![2.0, 3.0], vec![3.0]];
    assert_eq!(Steps::compat(&levels).steps, [(1.0, 1), (2.0, 2), (3.0, 4)]);
    assert_eq!(Steps::exact(&levels).steps, [(1.0, 2), (2.0, 3), (3.0, 6)]);
    assert_eq!((Steps::compat(&levels).total(), Steps::exact(&levels).total()), (7, 11));
    assert_eq!(Steps::of_both_modes(&levels), (Steps::compat(&levels), Steps::exact(&levels)));
}

#[test]
fn no_values_have_no_distance() {
    assert_eq!(linf(&Steps::default(), &Steps::exact(&sketch(&[1.0]))), None);
    assert_eq!(categorical_linf(&Counts::new(), &Counts::from([("a", 1)])), None);
}

/// Distances that the container printed; of each, the only numbers of different values, and the ranks at the gap, that give it.
#[test]
fn the_distances_that_the_container_printed_come_out_to_the_last_bit() {
    for (printed, (n, rank), (m, other)) in [
        (0.173_546_409_312_737_02, (64, 40), (233, 46)),
        (0.144_402_407_968_495_57, (57, 32), (215, 32)),
        (0.116_304_824_640_654_06, (119, 81), (303, 112)),
        (0.112_385_889_152_227_41, (72, 37), (233, 37)),
    ] {
        // Evenly spread up to 0 and from there on, so that the gap grows up to 0 and shrinks from there on.
        let values = |below: u32, above: u32| -> Vec<f64> {
            let spread = |number: u32| move |at: u32| f64::from(at) / f64::from(number);
            (0..below).map(spread(below)).map(|at| -at).chain((1..=above).map(spread(above))).collect()
        };
        let first = Steps::compat(&sketch(&values(rank, n - rank)));
        let second = Steps::compat(&sketch(&values(other, m - other)));
        let gap = linf(&first, &second).unwrap();
        assert_eq!((first.total(), second.total()), (u64::from(n), u64::from(m)));
        assert_eq!(gap.place, Some(0.0), "{n} against {m}");
        assert_eq!(robust(gap.size, first.total(), second.total()), printed, "{n} against {m}");
    }
}

#[test]
fn chi_squared_agrees_with_tables_and_with_hand_made_regrouping() {
    // Expected 50 : 30 : 20, observed 40 : 35 : 25: 2 + 25/30 + 25/20 on two degrees of freedom.
    let baseline = Counts::from([("a", 500), ("b", 300), ("c", 200)]);
    let fit =
        goodness_of_fit(&baseline, &Counts::from([("a", 40), ("b", 35), ("c", 25), ("new", 1000)])).unwrap();
    assert!((fit.statistic - (2.0 + 25.0 / 30.0 + 1.25)).abs() < 1e-12, "{fit:?}");
    // With two degrees of freedom the tail is exp(-x/2).
    assert!((fit.p_value - (-fit.statistic / 2.0).exp()).abs() < 1e-12, "{fit:?}");

    // Two of five categories expect less than 5: the two smallest are joined, and then one of four is still more than a fifth.
    let many = Counts::from([("a", 500), ("b", 300), ("c", 150), ("d", 30), ("e", 20)]);
    let observed = Counts::from([("a", 50), ("b", 30), ("c", 10), ("d", 6), ("e", 4)]);
    let fit = goodness_of_fit(&many, &observed).unwrap();
    let joined: f64 = 25.0 / 15.0 + 25.0 / 5.0;
    assert!((fit.statistic - joined).abs() < 1e-12, "{fit:?}");

    // Only the test on two samples notices a new text.
    let same = Counts::from([("a", 50), ("b", 50)]);
    let new = Counts::from([("a", 50), ("b", 50), ("c", 50)]);
    assert!(goodness_of_fit(&same, &new).unwrap().p_value > 0.99);
    assert!(homogeneity(&same, &new).unwrap().p_value < 1e-6);

    // One category cannot be tested, nor can two if one is rare.
    assert_eq!(goodness_of_fit(&Counts::from([("a", 5)]), &Counts::from([("a", 7)])), None);
    assert_eq!(
        goodness_of_fit(&Counts::from([("a", 99), ("b", 1)]), &Counts::from([("a", 90), ("b", 10)])),
        None
    );
}

#[test]
fn chance_explains_less_the_more_values_there_are() {
    assert_eq!(chance(1, 1), 1.8 * 2_f64.sqrt());
    assert!((chance(100, 400) - 1.8 * (500.0 / 40_000.0_f64).sqrt()).abs() < 1e-15);
    assert!(chance(1_000, 1_000) < chance(100, 1_000));
    assert_eq!(robust(0.5, 1, 1), 0.0, "never below zero");
    assert_eq!(robust(0.5, 10_000, 10_000), 0.5 - chance(10_000, 10_000));
}

#[test]
fn a_value_of_a_high_level_stands_for_as_many_as_can_be_counted() {
    let levels: Vec<Vec<f64>> = (0..70).map(|height| vec![f64::from(height)]).collect();
    let steps = Steps::exact(&levels);
    assert_eq!((steps.different(), steps.total()), (70, u64::MAX));
    let seen = [10, 63, 64].map(|height: usize| steps.steps[height]);
    assert_eq!(seen, [(10.0, 1 << 10), (63.0, 1 << 63), (64.0, u64::MAX)]);
}

#[test]
fn the_place_of_a_gap_is_the_first_of_those_that_are_as_large() {
    // A half against nothing from 1 on, and again from 3 on.
    let gap = linf(&Steps::exact(&sketch(&[1.0, 3.0])), &Steps::exact(&sketch(&[3.0, 4.0]))).unwrap();
    assert_eq!((gap.place, gap.first, gap.second, gap.size), (Some(1.0), 0.5, 0.0, 0.5));
    let (first, second) = (Counts::from([("a", 1), ("b", 3)]), Counts::from([("b", 2), ("c", 2)]));
    let gap = categorical_linf(&first, &second).unwrap();
    assert_eq!((gap.place.as_deref(), gap.first, gap.second, gap.size), (Some("c"), 0.0, 0.5, 0.5));
}

/// Two samples of texts, by the definition: of each text, its count against its share of all, on both sides.
#[test]
fn the_test_on_two_samples_agrees_with_its_definition() {
    let (first, second) = (Counts::from([("a", 30), ("b", 70)]), Counts::from([("a", 90), ("b", 110)]));
    let found = homogeneity(&first, &second).unwrap();
    let term = |observed: f64, expected: f64| (observed - expected).powi(2) / expected;
    let expect = term(30.0, 40.0) + term(90.0, 80.0) + term(70.0, 60.0) + term(110.0, 120.0);
    assert!((found.statistic - expect).abs() < 1e-12, "{found:?}");
    let (few, fewer) = (Counts::from([("a", 9), ("b", 9)]), Counts::from([("a", 9)]));
    assert_eq!(homogeneity(&few, &fewer), None, "too few are expected");
}
