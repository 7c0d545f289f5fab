//! A tree that can be walked: the nodes reached from its root, checked once, parents before their children.

use crate::error::TreeFault;
use crate::limits::{MAX_DEPTH, MAX_NODES, MAX_PATH};
use crate::raw::RawTree;

/// A category that is not below it is in no list (XGBoost's `OutOfRangeCat`).
const CATEGORIES: f64 = 16_777_216.0;

/// The largest number that counts as zero if zero means missing (LightGBM's `kZeroThreshold`, 32 bits).
const ZERO: f64 = 1e-35_f32 as f64;

/// A tree whose every path from the root ends at a leaf.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    /// The root first; the left child of a split comes right after it.
    nodes: Vec<Node>,
    /// The mean answer of the tree over the rows that it was trained with.
    pub(crate) expected: f64,
    /// Features that the splits above a leaf ask for, at most.
    pub(crate) longest_path: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Leaf(f64),
    Split(Split),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: u32,
    pub(crate) test: Test,
    pub(crate) default_left: bool,
    /// The shares of the training rows that went left and right.
    pub(crate) shares: [f64; 2],
    pub(crate) right: u32,
}

/// Which values go left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Those below it.
    Below(f64),
    /// The same where zero is a missing value.
    BelowUnlessZero(f64),
    /// The split passes values that are none of these categories: a bit for each.
    NoneOf(Box<[u32]>),
}

impl Tree {
    pub(crate) fn new(raw: &RawTree, features: usize) -> Result<Self, TreeFault> {
        let count = raw.nodes()?;
        if count > MAX_NODES {
            return Err(TreeFault::TooManyNodes(count));
        }
        if count == 0 {
            return Err(TreeFault::Empty);
        }
        let nodes = Vec::with_capacity(count);
        let mut growing =
            Growing { raw, features, reached: vec![false; count], nodes, expected: 0.0, longest_path: 0 };
        growing.add(0, 1.0, &mut Vec::new())?;
        let Growing { mut nodes, expected, longest_path, .. } = growing;
        nodes.shrink_to_fit();
        Ok(Self { nodes, expected, longest_path })
    }

    pub(crate) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }

    /// Each split has two children, so that every second node is a leaf.
    pub(crate) fn leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }
}

/// A tree while it is copied, along a path that begins at the root.
struct Growing<'a> {
    raw: &'a RawTree,
    features: usize,
    reached: Vec<bool>,
    nodes: Vec<Node>,
    expected: f64,
    longest_path: usize,
}

impl Growing<'_> {
    /// Adds a node and its subtree; `path` are the features of the splits above. Recursion ends at [`MAX_DEPTH`].
    fn add(&mut self, number: usize, share: f64, path: &mut Vec<u32>) -> Result<(), TreeFault> {
        if let Some(reached) = self.reached.get_mut(number) {
            *reached = true;
        }
        if path.len() > MAX_DEPTH {
            return Err(TreeFault::TooDeep(number));
        }
        let condition = at(&self.raw.condition, number);
        if at(&self.raw.left, number) == -1 {
            let value = finite(condition, number, "value")?;
            self.expected += share * value;
            let unique = unique(path);
            if unique > MAX_PATH {
                return Err(TreeFault::TooManyFeatures(number));
            }
            self.longest_path = self.longest_path.max(unique);
            self.nodes.push(Node::Leaf(value));
            return Ok(());
        }
        let children = [self.child(number, &self.raw.left)?, self.child(number, &self.raw.right)?];
        let split = self.split(number, children)?;
        let (feature, shares) = (split.feature, split.shares);
        let place = self.nodes.len();
        self.nodes.push(Node::Split(split));
        path.push(feature);
        for (child, part) in children.into_iter().zip(shares) {
            if self.reached.get(child).copied().unwrap_or(true) {
                return Err(TreeFault::Circle { node: number, child });
            }
            let own = self.nodes.len() as u32;
            self.add(child, share * part, path)?;
            if let Some(Node::Split(split)) = self.nodes.get_mut(place) {
                split.right = own;
            }
        }
        path.pop();
        Ok(())
    }

    fn child(&self, node: usize, of: &[i32]) -> Result<usize, TreeFault> {
        let child = at(of, node);
        let place = usize::try_from(child).ok().filter(|place| *place < self.reached.len());
        place.ok_or(TreeFault::NoChild { node, child })
    }

    fn split(&self, number: usize, children: [usize; 2]) -> Result<Split, TreeFault> {
        let feature = at(&self.raw.feature, number);
        if feature as usize >= self.features {
            let (feature, features) = (feature as usize, self.features);
            return Err(TreeFault::NoFeature { node: number, feature, features });
        }
        let test = match self.raw.categories.binary_search_by_key(&number, |(node, _)| *node) {
            Ok(found) => {
                let listed = self.raw.categories.get(found).map(|(_, listed)| listed.as_slice());
                Test::NoneOf(bits(listed.unwrap_or_default()).ok_or(TreeFault::Categories(number))?)
            }
            Err(_) => {
                let threshold = at(&self.raw.condition, number);
                if threshold.is_nan() {
                    return Err(TreeFault::NotANumber { node: number, what: "threshold" });
                }
                if at(&self.raw.zero_is_missing, number) {
                    Test::BelowUnlessZero(threshold)
                } else {
                    Test::Below(threshold)
                }
            }
        };
        let [left, right] = children;
        let (left, right) = (self.cover(left)?, self.cover(right)?);
        let whole = self.cover(number)?;
        // A tree that was refreshed with other rows may have splits where none came by.
        let shares = if whole > 0.0 { [left / whole, right / whole] } else { [0.5, 0.5] };
        for share in shares {
            finite(share, number, "cover")?;
        }
        let default_left = self.raw.default_left.get(number).copied().unwrap_or_default();
        Ok(Split { feature, test, default_left, shares, right: 0 })
    }

    fn cover(&self, node: usize) -> Result<f64, TreeFault> {
        let cover = f64::from(at(&self.raw.cover, node));
        if cover < 0.0 {
            return Err(TreeFault::NotANumber { node, what: "cover" });
        }
        finite(cover, node, "cover")
    }
}

fn at<T: Copy + Default>(list: &[T], place: usize) -> T {
    list.get(place).copied().unwrap_or_default()
}

fn finite(number: f64, node: usize, what: &'static str) -> Result<f64, TreeFault> {
    if number.is_finite() { Ok(number) } else { Err(TreeFault::NotANumber { node, what }) }
}

fn unique(path: &[u32]) -> usize {
    let mut sorted = path.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// The categories as bits. None where one could be no category.
fn bits(categories: &[i32]) -> Option<Box<[u32]>> {
    let mut bits = Vec::new();
    for category in categories {
        let category = usize::try_from(*category).ok().filter(|category| *category < CATEGORIES as usize)?;
        if bits.len() <= category / 32 {
            bits.resize(category / 32 + 1, 0);
        }
        *bits.get_mut(category / 32)? |= 1_u32 << (category % 32);
    }
    Some(bits.into_boxed_slice())
}

impl Test {
    /// Whether a value goes left; `None` if it is missing.
    pub(crate) fn goes_left(&self, value: f64) -> Option<bool> {
        match self {
            _ if value.is_nan() => None,
            Self::BelowUnlessZero(_) if value.abs() <= ZERO => None,
            Self::Below(threshold) | Self::BelowUnlessZero(threshold) => Some(value < *threshold),
            Self::NoneOf(bits) => Some(!is_listed(bits, value)),
        }
    }
}

/// Fractions count as the whole number below them, as XGBoost casts them.
fn is_listed(bits: &[u32], value: f64) -> bool {
    if !(0.0..CATEGORIES).contains(&value) {
        return false;
    }
    let category = value as usize;
    bits.get(category / 32).is_some_and(|word| word >> (category % 32) & 1 == 1)
}
