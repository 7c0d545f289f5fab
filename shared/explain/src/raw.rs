//! The common form of all formats: a model as it was written, unchecked.

use crate::error::TreeFault;
use crate::rows::Precision;

/// A model as it was written.
#[derive(Debug)]
pub(crate) struct RawModel {
    /// The version of XGBoost that wrote it; none for those before 1.0, and for other models: they add no margin.
    pub(crate) version: Option<(u32, u32)>,
    pub(crate) objective: String,
    pub(crate) base_score: Vec<f32>,
    pub(crate) features: usize,
    /// Classes or targets.
    pub(crate) outputs: usize,
    /// Empty where the format has none.
    pub(crate) names: Vec<String>,
    pub(crate) trees: Vec<RawTree>,
    /// The output that each tree belongs to.
    pub(crate) groups: Vec<i64>,
    /// For dart: the weight of each tree. Trees beyond the list have weight 1.
    pub(crate) weights: Vec<f32>,
    pub(crate) precision: Precision,
}

/// A tree as it was written: a list for each thing that its nodes have.
#[derive(Debug, Default)]
pub(crate) struct RawTree {
    /// -1 for a leaf.
    pub(crate) left: Vec<i32>,
    pub(crate) right: Vec<i32>,
    pub(crate) feature: Vec<u32>,
    /// The threshold of a split, below which values go left; the value of a leaf.
    pub(crate) condition: Vec<f64>,
    pub(crate) default_left: Vec<bool>,
    /// Nodes where zero counts as missing; empty if it does nowhere.
    pub(crate) zero_is_missing: Vec<bool>,
    /// The training rows that came by: their number, or the sum of their hessians.
    pub(crate) cover: Vec<f32>,
    /// Nodes that split by categories, in ascending order, with the categories that go right.
    pub(crate) categories: Vec<(usize, Vec<i32>)>,
    /// The fault that a format reports.
    pub(crate) fault: Option<TreeFault>,
}

impl RawTree {
    /// How many nodes there are, by all lists.
    pub(crate) fn nodes(&self) -> Result<usize, TreeFault> {
        let nodes = self.left.len();
        let lists = [
            ("right_children", self.right.len()),
            ("split_indices", self.feature.len()),
            ("split_conditions", self.condition.len()),
            ("default_left", self.default_left.len()),
            ("sum_hessian", self.cover.len()),
        ];
        match lists.into_iter().find(|(_, count)| *count != nodes) {
            Some((list, count)) => Err(TreeFault::Lengths { nodes, list, count }),
            None => Ok(nodes),
        }
    }
}
