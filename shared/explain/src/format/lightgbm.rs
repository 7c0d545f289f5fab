//! LightGBM's text format (`src/boosting/gbdt_model_text.cpp` and `src/io/tree.cpp` of LightGBM): lines of `key=value`, first of the
//! model, then of each tree. Keys that explain nothing are passed over.

use crate::error::{NoModel, TreeFault};
use crate::format::section::{Lines, Section};
use crate::limits::{MAX_FEATURES, MAX_NODES};
use crate::raw::{RawModel, RawTree};
use crate::rows::Precision;

/// How every model begins.
const BEGINNINGS: [&[u8]; 2] = [b"tree\nversion=", b"tree\r\nversion="];
/// After the last tree; what follows is for people.
const END: &str = "end of trees";

/// `decision_type` of a split is made of bits.
const BY_CATEGORY: u8 = 1;
const DEFAULT_LEFT: u8 = 2;

/// Which values are missing, by two more bits.
const MISSING_SHIFT: u8 = 2;
const ZERO_IS_MISSING: u8 = 1;
const NAN_IS_MISSING: u8 = 2;

/// Whether this may be a model.
pub(super) fn begins(beginning: &[u8]) -> bool {
    BEGINNINGS.iter().any(|known| beginning.starts_with(known))
}

/// # Errors
/// If it is not a model; the error names the line, or tree and node.
pub(super) fn read(bytes: &[u8]) -> Result<RawModel, NoModel> {
    let mut lines = Lines::new(bytes);
    let head = Section::read(&mut lines, |line| line.starts_with("Tree=") || line == END)?;
    let features = head.number::<usize>("max_feature_idx")?.saturating_add(1);
    NoModel::refuse_more_features(features)?;
    let outputs = head.number::<usize>("num_tree_per_iteration")?;
    NoModel::refuse_more_outputs(outputs)?;
    let names = names(head.words("feature_names").take(MAX_FEATURES + 1).map(str::to_owned).collect());
    let said = head.words("tree_sizes").count();
    NoModel::refuse_more_trees(said)?;
    let mut trees = Vec::new();
    while lines.next_is(|line| line.starts_with("Tree=")) {
        if trees.len() == said {
            return lines
                .fault(format!("`tree_sizes` says that there are {said} trees, but here is one more"));
        }
        let section = Section::read(&mut lines, |line| line.starts_with("Tree=") || line == END)?;
        trees.push(tree(&section, trees.len())?);
    }
    if !lines.next_is(|line| line == END) {
        return lines.fault(format!("the file ends without `{END}`: it is cut off"));
    }
    if trees.len() < said {
        let read = trees.len();
        return lines.fault(format!("`tree_sizes` says that there are {said} trees, but there are {read}"));
    }
    let groups = (0..trees.len()).map(|tree| (tree % outputs.max(1)) as i64).collect();
    Ok(RawModel {
        version: None,
        objective: head.words("objective").next().unwrap_or("custom").to_owned(),
        base_score: vec![0.0],
        features,
        outputs,
        names,
        groups,
        // This holds for random forests, too: their raw scores and contributions are sums, and only their answers are means.
        weights: Vec::new(),
        precision: Precision::Double,
        trees,
    })
}

/// LightGBM makes up names if the caller gives none.
fn names(written: Vec<String>) -> Vec<String> {
    let is_made_up = written.iter().enumerate().all(|(place, name)| *name == format!("Column_{place}"));
    if is_made_up { Vec::new() } else { written }
}

fn tree(section: &Section<'_>, place: usize) -> Result<RawTree, NoModel> {
    let faulty = |fault| NoModel::Tree { tree: place, fault };
    let leaves = section.number::<usize>("num_leaves")?;
    let nodes = leaves.saturating_mul(2).saturating_sub(1);
    if leaves == 0 {
        return Err(faulty(TreeFault::Empty));
    }
    if nodes > MAX_NODES {
        return Err(faulty(TreeFault::TooManyNodes(nodes)));
    }
    if section.words("is_linear").next().is_some_and(|flag| flag != "0") {
        return Err(faulty(TreeFault::Linear));
    }
    let mut raw = Numbers { leaves, nodes: RawTree::default() };
    raw.add_splits(section)?;
    let values = section.list::<f64>("leaf_value", leaves)?;
    // A tree that is one leaf counts nothing.
    let counts = if leaves > 1 { section.list("leaf_count", leaves)? } else { vec![0.0] };
    for (value, count) in values.into_iter().zip(counts) {
        raw.add_leaf(value, count);
    }
    Ok(raw.nodes)
}

/// A tree whose splits and leaves get one row of numbers: splits first, as they are numbered, then leaves.
struct Numbers {
    leaves: usize,
    nodes: RawTree,
}

/// A split as it was written.
struct WrittenSplit {
    feature: u32,
    threshold: f64,
    decision: u8,
    children: [i32; 2],
}

impl Numbers {
    fn add_splits(&mut self, section: &Section<'_>) -> Result<(), NoModel> {
        let splits = self.leaves - 1;
        if splits == 0 {
            return Ok(());
        }
        let features = section.list::<u32>("split_feature", splits)?;
        let thresholds = section.list::<f64>("threshold", splits)?;
        let decisions = section.list::<u8>("decision_type", splits)?;
        let [left, right] = ["left_child", "right_child"].map(|key| section.list::<i32>(key, splits));
        let (left, right) = (left?, right?);
        let counts = section.list::<f32>("internal_count", splits)?;
        let mut sets = CategorySets::of(section)?;
        let written = features.into_iter().zip(thresholds).zip(decisions).zip(left.into_iter().zip(right));
        for (node, ((((feature, threshold), decision), (left, right)), cover)) in
            written.zip(counts).enumerate()
        {
            let split = WrittenSplit { feature, threshold, decision, children: [left, right] };
            self.add_split(node, &split, cover, &mut sets);
        }
        Ok(())
    }

    fn add_split(&mut self, node: usize, split: &WrittenSplit, cover: f32, sets: &mut CategorySets) {
        let WrittenSplit { feature, threshold, decision, children } = split;
        let missing = decision >> MISSING_SHIFT & 3;
        let is_by_category = decision & BY_CATEGORY != 0;
        // Here the listed categories go left, and in raw trees they go right: the sides change.
        let [left, right] = children.map(|child| self.number(node, child));
        let [left, right] = if is_by_category { [right, left] } else { [left, right] };
        let default_left = match missing {
            // A missing value is in no list.
            _ if is_by_category => true,
            ZERO_IS_MISSING | NAN_IS_MISSING => decision & DEFAULT_LEFT != 0,
            // Where nothing was missing in training, a missing value counts as zero.
            _ => *threshold >= 0.0,
        };
        if is_by_category {
            match sets.take(*threshold) {
                Some(categories) => self.nodes.categories.push((node, categories)),
                None => self.nodes.fault = Some(TreeFault::Categories(node)),
            }
        }
        let nodes = &mut self.nodes;
        nodes.left.push(left);
        nodes.right.push(right);
        nodes.feature.push(*feature);
        // The threshold itself goes left.
        nodes.condition.push(threshold.next_up());
        nodes.default_left.push(default_left);
        nodes.zero_is_missing.push(missing == ZERO_IS_MISSING && !is_by_category);
        nodes.cover.push(cover);
    }

    fn add_leaf(&mut self, value: f64, cover: f32) {
        let nodes = &mut self.nodes;
        nodes.left.push(-1);
        nodes.right.push(-1);
        nodes.feature.push(0);
        nodes.condition.push(value);
        nodes.default_left.push(false);
        nodes.zero_is_missing.push(false);
        nodes.cover.push(cover);
    }

    /// A child that is a leaf is written as a negative number, from -1 on.
    fn number(&mut self, node: usize, child: i32) -> i32 {
        let splits = i32::try_from(self.leaves).unwrap_or(i32::MAX) - 1;
        if (!splits..splits).contains(&child) {
            return if child >= 0 { child } else { splits + !child };
        }
        self.nodes.fault = Some(TreeFault::NoChild { node, child });
        -1
    }
}

/// The sets of categories of a tree, as bits.
struct CategorySets {
    boundaries: Vec<usize>,
    bits: Vec<u32>,
    is_taken: Vec<bool>,
}

impl CategorySets {
    fn of(section: &Section<'_>) -> Result<Self, NoModel> {
        let sets = section.words("num_cat").next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        if sets == 0 {
            return Ok(Self { boundaries: Vec::new(), bits: Vec::new(), is_taken: Vec::new() });
        }
        if sets > MAX_NODES {
            return section
                .fault("num_cat", format!("`num_cat` is {sets}, more than the limit of {MAX_NODES}"));
        }
        let boundaries = section.list::<usize>("cat_boundaries", sets + 1)?;
        let words = boundaries.last().copied().unwrap_or_default();
        let bits = section.list::<u32>("cat_threshold", words)?;
        Ok(Self { is_taken: vec![false; sets], boundaries, bits })
    }

    /// The set that a split names in place of its threshold. Each split has its own: no set is copied twice.
    fn take(&mut self, threshold: f64) -> Option<Vec<i32>> {
        let set = threshold as usize;
        let is_taken = self.is_taken.get_mut(set).filter(|is_taken| !**is_taken && threshold >= 0.0)?;
        *is_taken = true;
        let range = *self.boundaries.get(set)?..*self.boundaries.get(set + 1)?;
        let words = self.bits.get(range)?.iter().enumerate();
        let listed = words.flat_map(|(place, word)| {
            let bits = (0..32_usize).filter(move |bit| word >> bit & 1 == 1);
            bits.filter_map(move |bit| i32::try_from(place * 32 + bit).ok())
        });
        Some(listed.collect())
    }
}
