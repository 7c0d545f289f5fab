//! A model in JSON and UBJSON (`doc/model.schema` of XGBoost, and the fields read in `src/learner.cc`, `src/gbm/gbtree_model.cc` and
//! `src/tree/tree_model.cc`). Keys that explain nothing are passed over.

use serde::Deserialize;

use crate::error::{NoModel, TreeFault};
use crate::format::lists::{Bounded, Flag, Number};
use crate::limits::{MAX_FEATURES, MAX_NODES, MAX_OUTPUTS, MAX_TREES};
use crate::raw::{RawModel, RawTree};
use crate::rows::Precision;

/// A model, or the form in a pickle since 1.6: the model beside a configuration.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Written {
    learner: Option<Learner>,
    version: Option<Bounded<u32, 3>>,
    #[serde(rename = "Model")]
    model: Option<Saved>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Saved {
    learner: Learner,
    version: Option<Bounded<u32, 3>>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Learner {
    learner_model_param: Parameters,
    gradient_booster: Booster,
    objective: Named,
    #[serde(default)]
    feature_names: Bounded<String, MAX_FEATURES>,
}

/// Numbers are texts here.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Parameters {
    base_score: String,
    num_feature: String,
    num_class: String,
    num_target: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Named {
    name: String,
}

/// A booster. A booster of trees has its model here, or one level deeper for dart, except in its newest form.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Booster {
    name: String,
    model: Option<Trees>,
    gbtree: Option<Inner>,
    #[serde(default)]
    weight_drop: Bounded<f32, MAX_TREES>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Inner {
    model: Trees,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct Trees {
    trees: Option<Bounded<WrittenTree, MAX_TREES>>,
    #[serde(default)]
    tree_info: Bounded<i64, MAX_TREES>,
    #[serde(default)]
    weight_drop: Bounded<f32, MAX_TREES>,
}

type NodeList<T> = Bounded<T, MAX_NODES>;

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct WrittenTree {
    tree_param: TreeParameters,
    left_children: NodeList<i32>,
    right_children: NodeList<i32>,
    split_indices: NodeList<u32>,
    split_conditions: NodeList<Number>,
    default_left: NodeList<Flag>,
    sum_hessian: NodeList<Number>,
    #[serde(default)]
    categories: NodeList<i32>,
    #[serde(default)]
    categories_nodes: NodeList<usize>,
    #[serde(default)]
    categories_segments: NodeList<usize>,
    #[serde(default)]
    categories_sizes: NodeList<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct TreeParameters {
    size_leaf_vector: Option<String>,
}

impl Written {
    pub(super) fn into_raw(self) -> Result<RawModel, NoModel> {
        let (learner, version) = match (self.learner, self.model) {
            (Some(learner), _) => (learner, self.version),
            (None, Some(Saved { learner, version })) => (learner, version),
            (None, None) => return Err(missing("learner")),
        };
        let Learner { learner_model_param: parameters, gradient_booster, objective, feature_names } = learner;
        let (trees, weights) = gradient_booster.into_trees()?;
        let count = |key: &'static str, text: &str| {
            text.parse::<usize>().map_err(|_| unreadable(key, text, "is not a count"))
        };
        let classes = count("num_class", &parameters.num_class)?;
        let targets = parameters.num_target.map_or(Ok(1), |text| count("num_target", &text))?;
        let outputs = classes.max(targets);
        NoModel::refuse_more_outputs(outputs)?;
        Ok(RawModel {
            // JSON began with 1.0.
            version: Some(version.map_or((1, 0), |version| of_list(&version.0))),
            objective: objective.name,
            base_score: scores(&parameters.base_score)?,
            features: count("num_feature", &parameters.num_feature)?,
            outputs,
            names: feature_names.0,
            groups: trees.tree_info.0,
            trees: trees.trees.unwrap_or_default().0.into_iter().map(WrittenTree::into_raw).collect(),
            weights,
            precision: Precision::Single,
        })
    }
}

fn of_list(version: &[u32]) -> (u32, u32) {
    let part = |place: usize| version.get(place).copied().unwrap_or_default();
    (part(0), part(1))
}

fn missing(key: &'static str) -> NoModel {
    NoModel::Json { path: ".".to_owned(), problem: format!("it has no `{key}`, which every model has") }
}

fn unreadable(key: &'static str, text: &str, what: &'static str) -> NoModel {
    let path = format!("learner.learner_model_param.{key}");
    NoModel::Json { path, problem: format!("`{text}` {what}") }
}

/// One number, or from 3.1 on a list with one for each output, in brackets.
fn scores(text: &str) -> Result<Vec<f32>, NoModel> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let unreadable = || unreadable("base_score", text, "is neither a number nor a list of numbers");
    let numbers = inner.split(',').take(MAX_OUTPUTS + 1).map(|number| number.trim().parse::<f32>());
    numbers.collect::<Result<_, _>>().map_err(|_| unreadable())
}

impl Booster {
    /// The trees, and what each of them counts.
    fn into_trees(self) -> Result<(Trees, Vec<f32>), NoModel> {
        if self.name != "gbtree" && self.name != "dart" {
            return Err(NoModel::Booster(self.name));
        }
        let trees = self.gbtree.map(|inner| inner.model).or(self.model);
        let mut trees = trees.filter(|trees| trees.trees.is_some()).ok_or(missing("trees"))?;
        let own = std::mem::take(&mut trees.weight_drop.0);
        let weights = if own.is_empty() { self.weight_drop.0 } else { own };
        Ok((trees, weights))
    }
}

impl WrittenTree {
    fn into_raw(self) -> RawTree {
        let (categories, fault) = match self.categories_by_node() {
            Ok(categories) => (categories, None),
            Err(node) => (Vec::new(), Some(TreeFault::Categories(node))),
        };
        let has_vector = self.tree_param.size_leaf_vector.is_some_and(|size| size != "0" && size != "1");
        RawTree {
            left: self.left_children.0,
            right: self.right_children.0,
            feature: self.split_indices.0,
            condition: self.split_conditions.0.into_iter().map(|Number(number)| number.into()).collect(),
            default_left: self.default_left.0.into_iter().map(|flag| flag.0).collect(),
            zero_is_missing: Vec::new(),
            cover: self.sum_hessian.0.into_iter().map(|Number(number)| number).collect(),
            categories,
            fault: if has_vector { Some(TreeFault::Vector) } else { fault },
        }
    }

    /// The categories that go right, of each node that splits by them: a segment of one list. An error is the node without a segment.
    fn categories_by_node(&self) -> Result<Vec<(usize, Vec<i32>)>, usize> {
        let segments = self.categories_segments.0.iter().zip(&self.categories_sizes.0);
        let mut by_node = Vec::with_capacity(self.categories_nodes.0.len());
        let mut segments = segments.map(|(begin, size)| begin.checked_add(*size).map(|end| *begin..end));
        // All segments together are no longer than the whole, so that none is copied twice.
        let mut room = self.categories.0.len();
        for node in &self.categories_nodes.0 {
            let segment = segments.next().flatten().and_then(|range| self.categories.0.get(range));
            let segment = segment.filter(|segment| segment.len() <= room).ok_or(*node)?;
            room -= segment.len();
            by_node.push((*node, segment.to_vec()));
        }
        by_node.sort_by_key(|(node, _)| *node);
        Ok(by_node)
    }
}
