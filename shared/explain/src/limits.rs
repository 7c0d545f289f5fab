//! The limits of files. A stranger's file must not decide how much memory or time a function uses.

/// Bytes of a model, at most: a thousand trees of a thousand leaves are half of it in JSON.
pub const MAX_MODEL: u64 = 256 << 20;
/// Bytes that an archive may unpack to, at most.
pub const MAX_UNPACKED: u64 = 1 << 30;
/// Nodes of a tree, at most.
pub const MAX_NODES: usize = 500_000;
/// Trees of a model, at most.
pub const MAX_TREES: usize = 100_000;
/// Features of a model, at most: as many columns as a table may have.
pub const MAX_FEATURES: usize = 16_384;
/// Classes or targets of a model, at most.
pub const MAX_OUTPUTS: usize = 1_000;
/// Contributions of a row, at most: one for each feature and output.
pub const MAX_CONTRIBUTIONS: usize = 1 << 20;
/// Splits between the root of a tree and a leaf, at most.
pub const MAX_DEPTH: usize = 512;
/// Features that the splits between the root and a leaf ask for, at most.
pub const MAX_PATH: usize = 64;
