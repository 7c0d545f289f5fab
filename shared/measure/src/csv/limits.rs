//! The limits of a table.

/// How many columns a table may have.
pub const MAX_COLUMNS: usize = 16_384;
/// How many bytes a row may have.
pub const MAX_ROW: usize = 16 << 20;
