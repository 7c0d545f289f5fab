//! SHAP values held against their definition: an average over all sets of features that could be known before.

use proptest::prelude::*;

use super::*;
use crate::raw::{RawModel, RawTree};
use crate::rows::Precision;
use crate::tree::{Node, Split, Test, Tree};

/// The mean answer of a tree if only some features are known: rows go both ways at unknown splits, by the shares of training rows.
fn known(tree: &Tree, place: usize, row: &[f64], set: usize) -> f64 {
    match tree.node(place) {
        Some(Node::Leaf(value)) => *value,
        Some(Node::Split(split)) if set >> split.feature & 1 == 1 => {
            let child =
                if goes_left(split, row[split.feature as usize]) { place + 1 } else { split.right as usize };
            known(tree, child, row, set)
        }
        Some(Node::Split(split)) => {
            split.shares[0] * known(tree, place + 1, row, set)
                + split.shares[1] * known(tree, split.right as usize, row, set)
        }
        None => f64::NAN,
    }
}

fn goes_left(split: &Split, value: f64) -> bool {
    match &split.test {
        _ if value.is_nan() => split.default_left,
        Test::BelowUnlessZero(_) if value == 0.0 => split.default_left,
        Test::Below(threshold) | Test::BelowUnlessZero(threshold) => value < *threshold,
        Test::NoneOf(bits) => value < 0.0 || bits[0] >> (value as u32) & 1 == 0,
    }
}

fn by_definition(tree: &Tree, features: usize, row: &[f64]) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
    let each = (0..features).map(|feature| {
        let sets = (0..1_usize << features).filter(|set| set >> feature & 1 == 0);
        let added = sets.map(|set| {
            let size = set.count_ones() as usize;
            let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
            weight * (known(tree, 0, row, set | 1 << feature) - known(tree, 0, row, set))
        });
        added.sum()
    });
    each.collect()
}

const FEATURES: usize = 5;

/// A split, or a leaf, of a tree that is drawn.
#[derive(Clone, Debug)]
enum Drawn {
    Leaf(i8),
    Split { feature: u32, threshold: i8, default_left: bool, test: DrawnTest, sides: Box<[Drawn; 2]> },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum DrawnTest {
    Below,
    BelowUnlessZero,
    ByCategory,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let leaf = any::<i8>().prop_map(Drawn::Leaf);
    leaf.prop_recursive(6, 60, 2, |inner| {
        let test = prop_oneof![
            6 => Just(DrawnTest::Below),
            2 => Just(DrawnTest::BelowUnlessZero),
            2 => Just(DrawnTest::ByCategory),
        ];
        (0..FEATURES as u32, -4..5_i8, any::<bool>(), test, inner.clone(), inner).prop_map(
            |(feature, threshold, default_left, test, left, right)| Drawn::Split {
                feature,
                threshold,
                default_left,
                test,
                sides: Box::new([left, right]),
            },
        )
    })
}

/// Writes a node and its subtree; answers with the rows that reached it.
fn write(node: &Drawn, into: &mut RawTree) -> f32 {
    let place = into.left.len();
    into.left.push(-1);
    into.right.push(-1);
    into.feature.push(0);
    into.condition.push(0.0);
    into.default_left.push(false);
    into.zero_is_missing.push(false);
    into.cover.push(0.0);
    let cover = match node {
        Drawn::Leaf(value) => {
            into.condition[place] = f64::from(*value) / 16.0;
            // Leaves to which no row came are among them.
            f32::from(value.unsigned_abs() % 7)
        }
        Drawn::Split { feature, threshold, default_left, test, sides } => {
            into.feature[place] = *feature;
            into.condition[place] = f64::from(*threshold);
            into.default_left[place] = *default_left;
            into.zero_is_missing[place] = *test == DrawnTest::BelowUnlessZero;
            if *test == DrawnTest::ByCategory {
                into.categories.push((place, vec![i32::from(threshold.unsigned_abs()), 1]));
            }
            into.left[place] = into.left.len() as i32;
            let left = write(&sides[0], into);
            into.right[place] = into.left.len() as i32;
            left + write(&sides[1], into)
        }
    };
    into.cover[place] = cover;
    cover
}

fn model(trees: &[Drawn]) -> Model {
    let trees: Vec<RawTree> = trees
        .iter()
        .map(|drawn| {
            let mut tree = RawTree::default();
            write(drawn, &mut tree);
            tree
        })
        .collect();
    let raw = RawModel {
        version: Some((1, 7)),
        objective: "reg:squarederror".to_owned(),
        base_score: vec![0.5],
        features: FEATURES,
        outputs: 1,
        names: Vec::new(),
        groups: vec![0; trees.len()],
        weights: vec![0.5],
        precision: Precision::Single,
        trees,
    };
    Model::new(raw).unwrap()
}

fn row() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![4 => (-5..6_i8).prop_map(f64::from), 1 => Just(f64::NAN)];
    prop::collection::vec(value, FEATURES)
}

fn block(rows: &[Vec<f64>]) -> RowBlock {
    let mut block = RowBlock::new(FEATURES);
    rows.iter().for_each(|row| block.push(row.iter().copied()));
    block
}

fn assert_near(own: f64, expect: f64) {
    assert!((own - expect).abs() < 1e-5 * expect.abs().max(1.0), "{own}, and it should be {expect}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Few rows are computed one by one, many by tables.
    #[test]
    fn values_are_what_the_definition_says(
        trees in prop::collection::vec(drawn(), 1..3),
        rows in prop_oneof![prop::collection::vec(row(), 1..3), prop::collection::vec(row(), 40..50)],
    ) {
        let model = model(&trees);
        let contributions = model.explain(&block(&rows));
        for (place, row) in rows.iter().enumerate() {
            let mut expect = vec![0.0; FEATURES];
            for each in &model.trees {
                let tree = by_definition(&each.tree, FEATURES, row);
                expect.iter_mut().zip(tree).for_each(|(sum, value)| *sum += each.weight * value);
            }
            for (own, expect) in contributions.row(0, place).zip(expect) {
                assert_near(own, expect);
            }
        }
    }

    #[test]
    fn what_the_features_add_to_the_base_value_is_the_margin(
        trees in prop::collection::vec(drawn(), 1..4),
        rows in prop::collection::vec(row(), 1..70),
    ) {
        let model = model(&trees);
        let contributions = model.explain(&block(&rows));
        for (place, row) in rows.iter().enumerate() {
            let all = (1 << FEATURES) - 1;
            let margin: f64 = model.trees.iter().map(|each| each.weight * known(&each.tree, 0, row, all)).sum();
            assert_near(contributions.row(0, place).sum::<f64>() + model.base_values()[0], 0.5 + margin);
        }
    }
}

/// A path of so many splits, each by a feature of its own: leaves lie to the right.
fn chain(length: usize) -> Model {
    let mut tree = RawTree::default();
    for split in 0..length {
        let place = 2 * split as i32;
        tree.left.extend([place + 1, -1].into_iter().rev());
        tree.left.swap(2 * split, 2 * split + 1);
        tree.right.extend([place + 2, -1]);
        tree.feature.extend([split as u32, 0]);
        tree.condition.extend([0.0, split as f64]);
        tree.default_left.extend([true, false]);
        tree.cover.extend([(length - split) as f32 + 1.0, 1.0]);
    }
    tree.left.push(-1);
    tree.right.push(-1);
    tree.feature.push(0);
    tree.condition.push(-1.0);
    tree.default_left.push(false);
    tree.cover.push(1.0);
    let raw = RawModel {
        version: None,
        objective: "custom".to_owned(),
        base_score: vec![0.0],
        features: length,
        outputs: 1,
        names: Vec::new(),
        groups: vec![0],
        weights: Vec::new(),
        precision: Precision::Single,
        trees: vec![tree],
    };
    Model::new(raw).unwrap()
}

#[test]
fn paths_of_many_features_lose_no_digits() {
    for length in [1, 12, 15, 17, 40, 64] {
        let model = chain(length);
        let mut block = RowBlock::new(length);
        for row in 0..600_usize {
            block.push((0..length).map(|feature| if (row >> (feature % 9)) % 2 == 0 { 1.0 } else { -1.0 }));
        }
        let contributions = model.explain(&block);
        for row in [0, 1, 2, 255, 511, 599] {
            let first_left = (0..length).find(|feature| (row >> (feature % 9)) % 2 == 1);
            let margin = first_left.map_or(-1.0, |split| split as f64);
            assert_near(contributions.row(0, row).sum::<f64>() + model.base_values()[0], margin);
        }
    }
}

#[test]
fn importances_are_means_of_absolute_values_over_all_blocks() {
    let split = |value: i8| Drawn::Split {
        feature: 2,
        threshold: 0,
        default_left: true,
        test: DrawnTest::Below,
        sides: Box::new([Drawn::Leaf(-value), Drawn::Leaf(value)]),
    };
    let model = model(&[split(32)]);
    let mut importance = Importance::of(&model);
    for rows in
        [[[1.0; FEATURES].to_vec(), [-1.0; FEATURES].to_vec()], [vec![1.0; FEATURES], vec![2.0; FEATURES]]]
    {
        let block = block(&rows);
        importance.add(&block, &model.explain(&block));
    }
    assert_eq!(importance.rows(), 4);
    assert_eq!(importance.total(), [0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(importance.by_output(0), importance.total());
    assert_eq!(importance.mean_by_output(0), [0.0, 0.0, 0.5, 0.0, 0.0], "three rows say 1, and one says -1");
    assert_eq!(model.leaves(), 2);
}
