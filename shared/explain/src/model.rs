//! A model that can be explained.

use crate::error::{NoModel, TreeFault};
use crate::limits::MAX_CONTRIBUTIONS;
use crate::objective::margin;
use crate::raw::RawModel;
use crate::rows::{NoValue, Precision};
use crate::tree::Tree;

/// Trees whose answers are added up, for each class or target.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) trees: Vec<WeightedTree>,
    base_values: Vec<f64>,
    features: usize,
    names: Vec<String>,
    objective: String,
    precision: Precision,
}

/// A tree, its weight, and its output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WeightedTree {
    pub(crate) tree: Tree,
    pub(crate) weight: f64,
    pub(crate) output: usize,
}

impl Model {
    /// Checks the raw model. The raw form of a tree is dropped once the tree is built.
    pub(crate) fn new(mut raw: RawModel) -> Result<Self, NoModel> {
        let outputs = raw.outputs.max(1);
        NoModel::refuse_more_outputs(outputs)?;
        NoModel::refuse_more_trees(raw.trees.len())?;
        let features = feature_count(&raw);
        NoModel::refuse_more_features(features)?;
        NoModel::refuse_more("contributions for each row", features * outputs, MAX_CONTRIBUTIONS)?;
        refuse_other("entries of tree_info", raw.groups.len(), raw.trees.len())?;
        if !raw.names.is_empty() {
            refuse_other("feature_names", raw.names.len(), features)?;
        }
        let mut base_values = base_margins(&raw, outputs)?;
        let mut trees = Vec::with_capacity(raw.trees.len());
        let weights = raw.weights.iter().copied().chain(std::iter::repeat(1.0));
        let written = std::mem::take(&mut raw.trees);
        for (tree, ((raw, group), weight)) in written.into_iter().zip(&raw.groups).zip(weights).enumerate() {
            let faulty = |fault| NoModel::Tree { tree, fault };
            let output = usize::try_from(*group).ok().filter(|output| *output < outputs);
            let output = output.ok_or(faulty(TreeFault::NoOutput { output: *group, outputs }))?;
            if let Some(fault) = &raw.fault {
                return Err(faulty(fault.clone()));
            }
            let (tree, weight) = (Tree::new(&raw, features).map_err(faulty)?, f64::from(weight));
            if let Some(base) = base_values.get_mut(output) {
                *base += weight * tree.expected;
            }
            trees.push(WeightedTree { tree, weight, output });
        }
        let RawModel { names, objective, precision, .. } = raw;
        Ok(Self { trees, base_values, features, names, objective, precision })
    }

    /// The base value for each class or target: the prediction for a row with no known feature, and the last contribution of each row.
    #[must_use]
    pub fn base_values(&self) -> &[f64] {
        &self.base_values
    }

    /// How many values a row has.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// Rows that are explained together: enough to share the computation for a tree, few enough for the cache of a processor, and
    /// for memory where a row has many contributions.
    #[must_use]
    pub fn rows_per_block(&self) -> usize {
        const NUMBERS: usize = 4 << 20;
        (NUMBERS / (self.features * self.base_values.len()).max(1)).clamp(4, 1024)
    }

    /// The names of the features, where the model has them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The value of a feature that a text says, as the model compares it. An empty text is a missing value.
    ///
    /// # Errors
    /// If the text is no finite number.
    pub fn value_of(&self, text: &[u8]) -> Result<f64, NoValue> {
        self.precision.value_of(text)
    }

    /// The objective of its training, such as `binary:logistic`.
    #[must_use]
    pub fn objective(&self) -> &str {
        &self.objective
    }

    /// How many trees it has.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// How many leaves its trees have: the time to explain a row grows with them.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.trees.iter().map(|each| each.tree.leaves()).sum()
    }
}

/// Models of early versions may not say it.
fn feature_count(raw: &RawModel) -> usize {
    let used = || raw.trees.iter().flat_map(|tree| &tree.feature).max().map_or(0, |last| *last as usize + 1);
    if raw.features > 0 { raw.features } else { used() }
}

fn base_margins(raw: &RawModel, outputs: usize) -> Result<Vec<f64>, NoModel> {
    let mut scores = raw.base_score.clone();
    if let [only] = *scores.as_slice() {
        scores = vec![only; outputs];
    }
    refuse_other("base scores", scores.len(), outputs)?;
    scores.into_iter().map(|score| margin(&raw.objective, raw.version, score)).collect()
}

fn refuse_other(what: &'static str, count: usize, expected: usize) -> Result<(), NoModel> {
    if count == expected { Ok(()) } else { Err(NoModel::Count { what, count, expected }) }
}
