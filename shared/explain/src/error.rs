//! Why a model cannot be read, and where.

use std::io;

use thiserror::Error;

use crate::limits::{MAX_DEPTH, MAX_FEATURES, MAX_NODES, MAX_OUTPUTS, MAX_PATH, MAX_TREES, MAX_UNPACKED};

/// The file name of a model of the built-in algorithm. With cross-validation there are several: `xgboost-model-0` and so on.
pub(crate) const BUILT_IN: &str = "xgboost-model";

/// A file that has no model which can be explained.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The input ended with an error, or is not an archive although it begins like one.
    #[error("it cannot be read to its end: {0}")]
    Input(#[source] io::Error),
    /// The archive unpacks to more than the limit, perhaps without end.
    #[error("it unpacks to more than {} MB, the limit for an archive of a model", MAX_UNPACKED >> 20)]
    Unpacked,
    /// No member that could be one.
    #[error("it has no model: {}", members(.0))]
    NoMember(Vec<String>),
    /// Several members could be it.
    #[error("it has several members that may be a model, `{}`: name one with --member", .0.join("`, `"))]
    Ambiguous(Vec<String>),
    /// The member that was asked for.
    #[error("it has no member `{asked}`: {}", members(.found))]
    NoSuchMember {
        /// Its name.
        asked: String,
        /// The members that the archive has.
        found: Vec<String>,
    },
    /// A member was asked for, and the file is not an archive.
    #[error("it is not an archive, so it has no member `{0}`")]
    NoArchive(String),
    /// The file is not a model, or not one that can be explained.
    #[error("member `{member}`: {source}")]
    Member {
        /// Its name.
        member: String,
        /// Why.
        source: NoModel,
    },
    /// The same where the file is the model itself.
    #[error(transparent)]
    Bare(NoModel),
}

impl ModelError {
    /// Whether a file must be a model of trees, and is damaged: it has the name of the built-in algorithm's models, or begins as
    /// LightGBM's do. Other files may be models of any kind: that they cannot be read says nothing about them.
    #[must_use]
    pub fn is_of_damaged_model(&self) -> bool {
        match self {
            Self::Bare(NoModel::LightGbm(source)) => source.is_fault(),
            Self::Member { source: NoModel::LightGbm(source), .. } => source.is_fault(),
            Self::Member { member, source } => {
                let name = member.rsplit('/').next().unwrap_or_default();
                name.starts_with(BUILT_IN) && source.is_fault()
            }
            _ => false,
        }
    }
}

fn members(found: &[String]) -> String {
    const SHOWN: usize = 10;
    let more = if found.len() > SHOWN { ", ..." } else { "" };
    match found {
        [] => "the archive is empty".to_owned(),
        some => {
            let shown: Vec<&str> = some.iter().take(SHOWN).map(String::as_str).collect();
            format!("its members are `{}`{more}", shown.join("`, `"))
        }
    }
}

/// Bytes that are not an explainable model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoModel {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// More bytes than are read.
    #[error("it is larger than {} MB", .0 >> 20)]
    TooLarge(u64),
    /// Whatever it is.
    #[error(
        "not a model of XGBoost or LightGBM: it begins neither as JSON, UBJSON, XGBoost's binary format, a pickle nor LightGBM's text"
    )]
    Unknown,
    /// A text of LightGBM that is not a model, or a model that cannot be explained.
    #[error("LightGBM's text: {0}")]
    LightGbm(Box<NoModel>),
    /// A line of it.
    #[error("line {line}: {problem}")]
    Line {
        /// From 1.
        line: usize,
        /// The fault.
        problem: String,
    },
    /// The text is not valid JSON, or the JSON does not describe a model.
    #[error("JSON, at `{path}`: {problem}")]
    Json {
        /// Which key.
        path: String,
        /// The fault.
        problem: String,
    },
    /// The same of UBJSON.
    #[error("UBJSON, at `{path}`: {problem}")]
    Ubjson {
        /// Which key.
        path: String,
        /// The fault.
        problem: String,
    },
    /// The older format.
    #[error("binary format, byte {at}: {problem}")]
    Binary {
        /// Where.
        at: usize,
        /// The fault.
        problem: &'static str,
    },
    /// A pickle that cannot be read; none is ever executed.
    #[error("pickle, byte {at}: {problem}")]
    Pickle {
        /// Where.
        at: usize,
        /// The fault.
        problem: String,
    },
    /// A pickle of something else.
    #[error(
        "it is a pickle, but not of a booster of XGBoost or LightGBM: no object in it has a `handle` of bytes or text"
    )]
    NoBooster,
    /// A model of another kind.
    #[error("its booster is `{0}`: only models of trees (gbtree, dart) can be explained")]
    Booster(String),
    /// A part of the base value is unknown.
    #[error("its objective is `{0}`, whose margin is not known")]
    Objective(String),
    /// A base score that the objective cannot have.
    #[error("its base_score is `{0}`, which does not fit its objective")]
    BaseScore(String),
    /// Counts that no model has.
    #[error("it has {count} {what}, more than the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many may be.
        limit: usize,
    },
    /// Lists that belong together and differ in length.
    #[error("it has {count} {what}; expected: {expected}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many should be.
        expected: usize,
    },
    /// The nodes do not form a tree.
    #[error("tree {tree}: {fault}")]
    Tree {
        /// Its place, from 0.
        tree: usize,
        /// The fault.
        fault: TreeFault,
    },
}

impl NoModel {
    /// Whether the bytes are damaged; false for a model that is whole, but of a kind that cannot be explained.
    fn is_fault(&self) -> bool {
        !matches!(
            self,
            Self::Booster(_)
                | Self::Objective(_)
                | Self::Tree { fault: TreeFault::Vector | TreeFault::Linear | TreeFault::Roots(_), .. }
        )
    }

    pub(crate) fn refuse_more(what: &'static str, count: usize, limit: usize) -> Result<(), Self> {
        if count > limit { Err(Self::TooMany { what, count, limit }) } else { Ok(()) }
    }

    pub(crate) fn refuse_more_features(count: usize) -> Result<(), Self> {
        Self::refuse_more("features", count, MAX_FEATURES)
    }

    pub(crate) fn refuse_more_trees(count: usize) -> Result<(), Self> {
        Self::refuse_more("trees", count, MAX_TREES)
    }

    pub(crate) fn refuse_more_outputs(count: usize) -> Result<(), Self> {
        Self::refuse_more("classes or targets", count, MAX_OUTPUTS)
    }
}

/// The fault of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreeFault {
    /// Not even a root.
    #[error("it has no node")]
    Empty,
    /// More than are read.
    #[error("it has {0} nodes, more than the limit of {MAX_NODES}")]
    TooManyNodes(usize),
    /// A list of the nodes is shorter or longer than another one.
    #[error("it has {nodes} nodes, but `{list}` has {count}")]
    Lengths {
        /// How many nodes there are.
        nodes: usize,
        /// Which list.
        list: &'static str,
        /// How many it has.
        count: usize,
    },
    /// A child that is not one of the nodes.
    #[error("node {node}: its child is node {child}, which it does not have")]
    NoChild {
        /// The parent.
        node: usize,
        /// The feature or child that a node names.
        child: i32,
    },
    /// A node that is reached twice.
    #[error("node {node} leads to node {child}, which was reached before: this is not a tree")]
    Circle {
        /// The parent.
        node: usize,
        /// Its child.
        child: usize,
    },
    /// A split by a feature that the model does not have.
    #[error("node {node} splits by feature {feature}, and the model has {features}")]
    NoFeature {
        /// Which.
        node: usize,
        /// Its feature, from 0.
        feature: usize,
        /// How many there are.
        features: usize,
    },
    /// A value that is not a number.
    #[error("node {node}: its {what} is not a number that can be computed with")]
    NotANumber {
        /// Which.
        node: usize,
        /// Which number.
        what: &'static str,
    },
    /// Categories of a split that cannot be.
    #[error("node {0}: the categories of its split cannot be read")]
    Categories(usize),
    /// A path that is too long.
    #[error("node {0} is more than {MAX_DEPTH} splits below the root")]
    TooDeep(usize),
    /// A path with too many features.
    #[error("node {0}: the splits above it use more than {MAX_PATH} features")]
    TooManyFeatures(usize),
    /// A vector in each leaf.
    #[error("its leaves have a value for each target (multi_output_tree), which cannot be explained")]
    Vector,
    /// A linear function in each leaf.
    #[error("its leaves are linear functions (linear_tree), which cannot be explained")]
    Linear,
    /// Several roots, which XGBoost took back with version 1.0.
    #[error("it has {0} roots")]
    Roots(i32),
    /// A group of outputs that the model does not have.
    #[error("it belongs to output {output}, and the model has {outputs}")]
    NoOutput {
        /// Which, from 0.
        output: i64,
        /// How many there are.
        outputs: usize,
    },
}
