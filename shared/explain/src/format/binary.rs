//! XGBoost's binary format, the default before 1.0 and possible until 2.x: the structures of `src/learner.cc`, `src/gbm/gbtree_model.h` and
//! `include/xgboost/tree_model.h` one after the other, in little endian.

use crate::error::{NoModel, TreeFault};
use crate::limits::{MAX_NODES, MAX_OUTPUTS};
use crate::raw::{RawModel, RawTree};
use crate::rows::Precision;

/// Some versions begin a model with it.
const MAGIC: &[u8] = b"binf";
/// Names of objectives and boosters are a few words.
const LONGEST_NAME: u64 = 64;
/// The reserved bytes after the parameters of a model, of its trees, and of each tree.
const RESERVED: [usize; 3] = [104, 128, 124];
/// `sindex_` has the direction of missing values in it.
const DEFAULT_LEFT: u32 = 1 << 31;

/// Whether this may be a model: a base score, and the name of an objective at its place.
pub(super) fn begins(beginning: &[u8]) -> bool {
    let mut cursor = Cursor::new(beginning);
    cursor.skip_magic();
    let parameters = cursor.parameters();
    let name = parameters.and_then(|_| cursor.u64());
    // The name itself may be cut off here.
    name.is_ok_and(|length| (1..=LONGEST_NAME).contains(&length))
        && cursor.rest().first().is_some_and(u8::is_ascii_lowercase)
}

pub(super) fn read(bytes: &[u8]) -> Result<RawModel, NoModel> {
    let mut cursor = Cursor::new(bytes);
    cursor.skip_magic();
    let parameters = cursor.parameters()?;
    let objective = cursor.name()?;
    let booster = cursor.name()?;
    if booster != "gbtree" && booster != "dart" {
        return Err(NoModel::Booster(booster));
    }
    let count = cursor.tree_count()?;
    // A tree is no smaller than its parameters and one node: no memory is reserved for trees that cannot follow.
    let mut trees = Vec::new();
    for tree in 0..count {
        trees.push(
            cursor.tree()?.unwrap_or_else(|fault| RawTree { fault: Some(fault), ..RawTree::default() }),
        );
        // If a tree cannot be read, the place of the next one is unknown.
        if let Some(fault) = trees.last_mut().and_then(|last| last.fault.take()) {
            return Err(NoModel::Tree { tree, fault });
        }
    }
    let groups = (0..count).map(|_| cursor.i32().map(i64::from)).collect::<Result<_, _>>()?;
    let weights = if booster == "dart" && count > 0 { cursor.weights()? } else { Vec::new() };
    Ok(RawModel {
        version: parameters.version,
        objective,
        base_score: vec![parameters.base_score],
        features: parameters.features,
        outputs: parameters.outputs,
        names: Vec::new(),
        trees,
        groups,
        weights,
        precision: Precision::Single,
    })
}

struct ModelParameters {
    base_score: f32,
    features: usize,
    outputs: usize,
    version: Option<(u32, u32)>,
}

/// The bytes, and how far they are read.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, problem: &'static str) -> Result<T, NoModel> {
        Err(NoModel::Binary { at: self.at, problem })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], NoModel> {
        let Some(taken) = self.rest().get(..count) else { return self.fault("the file ends within a value") };
        self.at += count;
        Ok(taken)
    }

    fn fixed<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], NoModel> {
        let taken = self.take(COUNT)?.first_chunk().copied();
        taken.map_or_else(|| self.fault("the file ends within a value"), Ok)
    }

    fn u32(&mut self) -> Result<u32, NoModel> {
        self.fixed().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Result<i32, NoModel> {
        self.fixed().map(i32::from_le_bytes)
    }

    fn f32(&mut self) -> Result<f32, NoModel> {
        self.fixed().map(f32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, NoModel> {
        self.fixed().map(u64::from_le_bytes)
    }

    fn skip_magic(&mut self) {
        self.at += if self.rest().starts_with(MAGIC) { MAGIC.len() } else { 0 };
    }

    /// `LearnerModelParam`, of 136 bytes.
    fn parameters(&mut self) -> Result<ModelParameters, NoModel> {
        let base_score = self.f32()?;
        let features = self.u32()? as usize;
        let classes = self.i32()?;
        let _has_attributes_and_metrics = self.take(8)?;
        let (major, minor, targets) = (self.u32()?, self.u32()?, self.u32()?);
        self.take(RESERVED[0])?;
        let classes = usize::try_from(classes).unwrap_or_default();
        let version = (major > 0).then_some((major, minor));
        // Reserved until 1.6, and 0.
        let targets = if version.is_some() { targets as usize } else { 0 };
        if !base_score.is_finite() || classes.max(targets) > MAX_OUTPUTS {
            return self.fault("these are not the parameters of a model");
        }
        Ok(ModelParameters { base_score, features, outputs: classes.max(targets), version })
    }

    fn name(&mut self) -> Result<String, NoModel> {
        let length = self.u64()?;
        if length > LONGEST_NAME {
            return self.fault("expected the name of an objective or a booster");
        }
        let name = self.take(usize::try_from(length).unwrap_or_default())?;
        std::str::from_utf8(name).map(str::to_owned).or_else(|_| self.fault("the name is not text"))
    }

    /// `GBTreeModelParam`, of 160 bytes.
    fn tree_count(&mut self) -> Result<usize, NoModel> {
        let count = self.i32()?;
        let _roots_features_and_padding = self.take(24)?;
        let size_of_leaf_vector = self.i32()?;
        self.take(RESERVED[1])?;
        if !(0..=1).contains(&size_of_leaf_vector) {
            return Err(NoModel::Tree { tree: 0, fault: TreeFault::Vector });
        }
        let Ok(count) = usize::try_from(count) else { return self.fault("the number of trees is below 0") };
        NoModel::refuse_more_trees(count)?;
        Ok(count)
    }

    /// `TreeParam`, of 148 bytes, then 20 bytes for each node, then 16 for its statistics.
    fn tree(&mut self) -> Result<Result<RawTree, TreeFault>, NoModel> {
        let (roots, nodes) = (self.i32()?, self.i32()?);
        let _deleted_depth_and_features = self.take(12)?;
        let size_of_leaf_vector = self.i32()?;
        self.take(RESERVED[2])?;
        let count = usize::try_from(nodes).unwrap_or_default();
        if roots > 1 {
            return Ok(Err(TreeFault::Roots(roots)));
        }
        if !(0..=1).contains(&size_of_leaf_vector) {
            return Ok(Err(TreeFault::Vector));
        }
        if count > MAX_NODES {
            return Ok(Err(TreeFault::TooManyNodes(count)));
        }
        let mut tree = RawTree::default();
        // Both are there as a whole before anything is kept free for them.
        let (nodes, known) = (self.take(20 * count)?, self.take(16 * count)?);
        let mut nodes = Cursor::new(nodes);
        for _ in 0..count {
            let _parent = nodes.i32()?;
            tree.left.push(nodes.i32()?);
            tree.right.push(nodes.i32()?);
            let split = nodes.u32()?;
            tree.feature.push(split & !DEFAULT_LEFT);
            tree.default_left.push(split & DEFAULT_LEFT != 0);
            tree.condition.push(nodes.f32()?.into());
        }
        let mut known = Cursor::new(known);
        for _ in 0..count {
            let _gain = known.f32()?;
            tree.cover.push(known.f32()?);
            let _weight_and_leaves = known.take(8)?;
        }
        Ok(Ok(tree))
    }

    fn weights(&mut self) -> Result<Vec<f32>, NoModel> {
        let length = self.u64()?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        NoModel::refuse_more_trees(length)?;
        (0..length).map(|_| self.f32()).collect()
    }
}
