//! Predictions and ground truth are joined to the same result in every order.

use proptest::prelude::*;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::*;

fn said(label: &str, probability: Option<f64>) -> Prediction {
    Prediction { label: (!label.is_empty()).then(|| label.to_owned()), probability, ..Prediction::default() }
}

proptest! {
    /// The order of the records changes nothing: neither the joined pairs, nor the dropped ids, nor the deviation.
    #[test]
    fn a_join_is_a_function_of_what_came(
        records in prop::collection::vec((0..30_u8, any::<bool>(), 0..3_u8, 0..3_i64, 0..3_u64), 0..120).prop_shuffle(),
        limit in 0..40_usize,
        seed in any::<u64>(),
    ) {
        let joined = |order: &[usize]| {
            let mut join = Join::new(limit);
            for at in order {
                let (id, is_truth, value, written_at, line) = records[*at];
                let (id, order) = (format!("id-{id}"), Order { written_at, line });
                if is_truth {
                    join.truth(&id, value.to_string(), order);
                } else {
                    join.prediction(&id, said(&value.to_string(), Some(f64::from(value) - 1.0)), order);
                }
            }
            join.finish()
        };
        let straight: Vec<usize> = (0..records.len()).collect();
        let mut shuffled = straight.clone();
        shuffled.sort_by_key(|at| (*at as u64).wrapping_mul(seed | 1).rotate_left(29));
        let one = joined(&straight);
        prop_assert_eq!(&one, &joined(&shuffled));
        for (side, is_truth) in [(one.predictions, false), (one.truths, true)] {
            let all = records.iter().filter(|record| record.1 == is_truth).count() as u64;
            prop_assert_eq!(side.records, all);
            prop_assert_eq!(side.records, side.repeated + side.unmatched + side.dropped + one.pairs.len() as u64);
        }
        prop_assert!(one.pairs.len() <= limit);
        // The oracle: a plain map of the greatest record of each id.
        if limit >= 30 {
            prop_assert!(!one.is_sample());
            let last = |id: u8, is_truth: bool| records.iter()
                .filter(|record| record.0 == id && record.1 == is_truth)
                .map(|record| (record.3, record.4, record.2)).max().map(|(_, _, value)| value.to_string());
            let mut expect: Vec<_> = (0..30)
                .filter_map(|id| Some((format!("id-{id}"), last(id, false)?, last(id, true)?))).collect();
            let mut found: Vec<_> = one.pairs.iter()
                .map(|pair| (pair.id.to_string(), pair.prediction.label.clone().unwrap(), pair.label.clone())).collect();
            expect.sort();
            found.sort();
            prop_assert_eq!(found, expect);
        }
    }
}

#[test]
fn what_a_join_lets_go_leaves_an_even_sample() {
    let mut join = Join::new(1_000);
    for id in 0..20_000 {
        let label = u8::from(id % 4 == 0).to_string();
        join.truth(&format!("event-{id}"), label, Order::default());
        join.prediction(&format!("event-{id}"), said("1", None), Order::default());
    }
    let joined = join.finish();
    assert_eq!(
        (joined.pairs.len(), joined.predictions.dropped, joined.truths.dropped),
        (1_000, 19_000, 19_000)
    );
    let mut quality = Quality::new(QualitySettings::new(Problem::BinaryClassification, Mode::Exact));
    assert_eq!(quality.add_all(&joined), (0, None));
    let accuracy = quality.finish(Period::default()).metric("accuracy").unwrap().value;
    assert!((accuracy - 0.25).abs() < 0.05, "{accuracy}");
}

fn joined(pairs: &[(&str, &str)]) -> JoinedPairs {
    let order = |line: usize| Order { written_at: 0, line: line as u64 };
    let ids: Vec<String> = (0..pairs.len()).map(|id| format!("id-{id}")).collect();
    let both = || ids.iter().zip(pairs).enumerate();
    Join::of(
        both().map(|(line, (id, (predicted, _)))| (id.as_str(), said(predicted, None), order(line))),
        both().map(|(line, (id, (_, label)))| (id.as_str(), (*label).to_owned(), order(line))),
    )
}

fn add_all(pairs: &[(&str, &str)]) -> (QualityStatistics, u64, Option<String>) {
    let mut quality = Quality::new(QualitySettings::new(Problem::BinaryClassification, Mode::Exact));
    let (unusable, first) = quality.add_all(&joined(pairs));
    (quality.finish(Period::default()), unusable, first.map(|(id, why)| format!("{id}: {why}")))
}

#[test]
fn a_stray_label_is_never_the_negative_one_wherever_it_stands() {
    for place in 0..20 {
        let mut pairs: Vec<_> = (0..20).map(|n| ("1", if n % 2 == 0 { "1" } else { "0" })).collect();
        pairs[place].1 = "unknown";
        let (statistics, unusable, first) = add_all(&pairs);
        assert_eq!((statistics.item_count, unusable), (19, 1));
        assert_eq!(first, Some(format!("id-{place}: `unknown` is a third label beside `0` and `1`")));
        let zeros = if place % 2 == 0 { 10 } else { 9 };
        assert_eq!(statistics.confusion["0"]["1"], zeros);
    }
    // Predictions say less about the labels than true outcomes do.
    let (statistics, ..) = add_all(&[("none", "1"), ("none", "1"), ("none", "1"), ("1", "0")]);
    assert!(statistics.confusion.contains_key("0"));
    // Equals: the first by name.
    assert!(add_all(&[("1", "b"), ("1", "a")]).0.confusion.contains_key("a"));
}

#[test]
fn of_pairs_that_cannot_be_measured_the_first_is_that_of_the_files() {
    for far in 1..20 {
        let mut pairs = vec![("1", "1"); 30];
        pairs[0].1 = "0";
        pairs[far].1 = "no";
        pairs[far + 5].1 = "no";
        pairs[29].1 = "0";
        pairs[28].1 = "0";
        assert_eq!(add_all(&pairs).2, Some(format!("id-{far}: `no` is a third label beside `0` and `1`")));
    }
}

#[test]
fn labels_of_other_names_are_no_binary_problem_of_one_and_zero() {
    let (statistics, unusable, first) = add_all(&[("no", "yes"), ("yes", "yes"), ("no", "no")]);
    assert_eq!((statistics.item_count, unusable), (0, 3));
    let why =
        "no label is `1`: the labels are `yes` and `no`; name the one that is looked for with --positive";
    assert_eq!(first, Some(format!("id-0: {why}")));
    // An hour in which nothing was true is one of the usual labels.
    assert_eq!(add_all(&[("0", "0"), ("false", "0")]).1, 0);
    assert!(add_all(&[("yes", "yes")]).2.unwrap().contains("`1`: the only one is `yes`;"));
    let (.., first) = add_all(&[("1", "1"), ("0", "0"), ("2", "2")]);
    assert_eq!(
        first.unwrap(),
        "id-2: `2` is a third label beside `0` and `1`: is this a multiclass problem?"
    );
}

#[test]
fn the_callers_id_goes_before_the_endpoints() {
    assert_eq!(prediction_id(Some("57"), "f04a8538"), "57");
    assert_eq!(prediction_id(Some(""), "f04a8538"), "f04a8538");
    assert_eq!(prediction_id(None, "f04a8538"), "f04a8538");
    let attributes = PredictionAttributes { inference: Some("0".into()), probability: Some("1".into()) };
    let row = ["1", " 0.75 "];
    let lookup = |at: &str| row.get(at.parse::<usize>().unwrap()).copied();
    assert_eq!(attributes.read(lookup).unwrap(), said("1", Some(0.75)));
    let error = attributes.read(|_: &str| None::<&str>).unwrap_err().to_string();
    assert_eq!(error, "the record has no `0`: name the column or path that holds the prediction");
    assert!(PredictionAttributes::default().read(lookup).is_err());
}
