use sagewarden_measure::{Cell, Detail, InferredType, RowSink};

use super::*;

/// A column of these texts; an empty one is missing.
fn column(texts: &[&str]) -> FeatureStatistics {
    let mut profile = Profile::for_header(["f"]);
    for text in texts {
        profile.positional(&[if text.is_empty() { Cell::Missing } else { Cell::Text(text.as_bytes()) }]);
    }
    let mut statistics = Statistics::from_profile(&profile);
    assert_eq!(statistics.dataset.item_count, texts.len() as u64);
    statistics.features.remove(0)
}

fn numbers(texts: &[&str]) -> NumericalStatistics {
    column(texts).numerical_statistics.unwrap()
}

#[test]
fn a_column_of_numbers_has_their_moments_and_how_many_rows_have_one() {
    let feature = column(&["1", "2", "", "6"]);
    assert_eq!((feature.inferred_type, feature.string_statistics), (InferredType::Integral, None));
    let found = feature.numerical_statistics.unwrap();
    assert_eq!((found.common.num_present, found.common.num_missing, found.completeness), (3, 1, Some(0.75)));
    assert_eq!((found.mean, found.sum, found.min, found.max), (Some(3.0), Some(9.0), Some(1.0), Some(6.0)));
    // (4 + 1 + 9) / 3, of the population.
    assert_eq!(found.std_dev, Some((14.0_f64 / 3.0).sqrt()));
    assert_eq!(found.approximate_num_distinct_values, Some(3));
}

#[test]
fn ten_buckets_of_one_width_count_each_number_once() {
    let texts: Vec<String> = (0..=20).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let buckets = numbers(&texts).distribution.unwrap().kll.buckets;
    let counts: Vec<f64> = buckets.iter().map(|bucket| bucket.count).collect();
    assert_eq!(
        counts,
        [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0],
        "the last one has its upper bound"
    );
    let bounds: Vec<(f64, f64)> =
        buckets.iter().map(|bucket| (bucket.lower_bound, bucket.upper_bound)).collect();
    let expect: Vec<(f64, f64)> = (0..10).map(|at| (f64::from(2 * at), f64::from(2 * at + 2))).collect();
    assert_eq!(bounds, expect);
    let shifted = numbers(&["10", "20"]).distribution.unwrap().kll;
    assert_eq!((shifted.buckets[0].lower_bound, shifted.buckets[9].upper_bound), (10.0, 20.0));
    assert_eq!(shifted.sketch.data, [[10.0, 20.0]]);
}

#[test]
fn a_column_of_texts_lists_them_while_they_are_few() {
    let texts = |number: usize| {
        let texts: Vec<String> = (0..number).map(|at| format!("t{at:03}")).collect();
        column(&texts.iter().map(String::as_str).collect::<Vec<_>>()).string_statistics.unwrap()
    };
    let few = column(&["b", "a", "", "b"]).string_statistics.unwrap();
    let listed: Vec<(String, u64)> = few
        .distribution
        .unwrap()
        .categorical
        .buckets
        .into_iter()
        .map(|each| (each.value, each.count))
        .collect();
    assert_eq!(listed, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!((few.distinct_count, few.completeness, few.common.num_missing), (2.0, Some(0.75), 1));
    // By the estimate, which is near the true number.
    let (some, many) = (texts(100), texts(150));
    assert!(some.distinct_count <= 120.0 && some.distribution.is_some(), "{}", some.distinct_count);
    assert!(many.distinct_count > 120.0 && many.distribution.is_none(), "{}", many.distinct_count);
}

#[test]
fn without_an_estimate_the_texts_themselves_are_counted() {
    let of = |number: usize| {
        let mut profile = Profile::for_features([("f", InferredType::String)], Detail::Verdict);
        (0..number).for_each(|at| profile.positional(&[Cell::Text(format!("t{at}").as_bytes())]));
        Statistics::from_profile(&profile).features.remove(0).string_statistics.unwrap()
    };
    let (at, above) = (of(120), of(121));
    assert_eq!((at.distinct_count, at.distribution.is_some()), (120.0, true));
    assert_eq!((above.distinct_count, above.distribution.is_some()), (0.0, false));
}

#[test]
fn a_column_without_values_has_nothing_but_its_name() {
    let feature = column(&["", ""]);
    assert_eq!(feature.inferred_type, InferredType::Unknown);
    assert_eq!((feature.numerical_statistics, feature.string_statistics), (None, None));
}

#[test]
fn what_was_not_asked_of_a_column_is_left_out() {
    let mut profile = Profile::for_features([("f", InferredType::String)], Detail::Verdict);
    profile.positional(&[Cell::Text(b"1")]);
    let found = Statistics::from_profile(&profile).features.remove(0).numerical_statistics.unwrap();
    assert_eq!(
        (found.mean, found.min, found.distribution, found.completeness),
        (None, None, None, Some(1.0))
    );
}
