//! All rows of a block walk a tree together: at each split, those that pass to the left and those that pass to the right.

use crate::rows::RowBlock;
use crate::shap::leaf::{LeafSums, Pattern, Step};
use crate::tree::{Node, Split, Test, Tree};

/// A walk through trees, with its room.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    block: &'a RowBlock,
    sums: LeafSums,
    /// The features above the node.
    path: Vec<Step>,
    /// Columns of patterns that are not used at the moment: there are as many as the deepest tree is deep.
    spare: Vec<Vec<Pattern>>,
    /// A feature that no split has used yet lets every row pass.
    passed: Vec<Pattern>,
}

/// The sums that the walk adds to.
struct Target<'a> {
    tree: &'a Tree,
    weight: f64,
    columns: &'a mut [Vec<f64>],
}

impl<'a> Walk<'a> {
    pub(crate) fn new(block: &'a RowBlock, longest_path: usize) -> Self {
        let passed = vec![Pattern::MAX; block.rows()];
        Self { block, sums: LeafSums::new(longest_path), path: Vec::new(), spare: Vec::new(), passed }
    }

    /// Adds the contributions of the features in one tree.
    pub(crate) fn add(&mut self, tree: &Tree, weight: f64, columns: &mut [Vec<f64>]) {
        let passed = std::mem::take(&mut self.passed);
        self.visit(&mut Target { tree, weight, columns }, 0, &passed);
        self.passed = passed;
    }

    /// Recursion ends at the depth that a tree may have.
    fn visit(&mut self, target: &mut Target<'_>, place: usize, rows: &[Pattern]) {
        let tree = target.tree;
        match tree.node(place) {
            Some(Node::Leaf(value)) => {
                self.sums.add(&self.path, value * target.weight, rows, target.columns);
            }
            Some(Node::Split(split)) => self.visit_children(target, place, split, rows),
            None => {}
        }
    }

    fn visit_children(&mut self, target: &mut Target<'_>, place: usize, split: &Split, rows: &[Pattern]) {
        let [left, right] = split.shares;
        let feature = split.feature as usize;
        let known = self.path.iter().position(|step| step.feature == feature);
        let step = known.unwrap_or(self.path.len());
        if known.is_none() {
            self.path.push(Step { feature, share: 1.0 });
        }
        let before = self.path.get(step).map_or(1.0, |step| step.share);
        let mut next = self.spare.pop().unwrap_or_default();
        next.resize(rows.len(), 0);
        for (child, is_left, share) in [(place + 1, true, left), (split.right as usize, false, right)] {
            pass(&mut next, rows, self.block.column(feature), split, step, is_left);
            self.set_share(step, before * share);
            self.visit(target, child, &next);
        }
        self.spare.push(next);
        if known.is_none() {
            self.path.pop();
        } else {
            self.set_share(step, before);
        }
    }

    fn set_share(&mut self, step: usize, share: f64) {
        if let Some(step) = self.path.get_mut(step) {
            step.share = share;
        }
    }
}

/// Which rows pass to one side of a split: those that do not lose the bit of its feature.
fn pass(next: &mut [Pattern], rows: &[Pattern], values: &[f64], split: &Split, step: usize, is_left: bool) {
    let each = next.iter_mut().zip(rows).zip(values);
    // The two usual cases are loops without branches: a comparison with a missing value is false.
    match (&split.test, split.default_left) {
        (Test::Below(threshold), true) => {
            for ((next, row), value) in each {
                *next = without(*row, step, (*value >= *threshold) == is_left);
            }
        }
        (Test::Below(threshold), false) => {
            for ((next, row), value) in each {
                *next = without(*row, step, (*value < *threshold) != is_left);
            }
        }
        (test, default_left) => {
            for ((next, row), value) in each {
                let goes_left = test.goes_left(*value).unwrap_or(default_left);
                *next = without(*row, step, goes_left != is_left);
            }
        }
    }
}

fn without(row: Pattern, step: usize, is_lost: bool) -> Pattern {
    row & !(Pattern::from(is_lost) << step)
}
