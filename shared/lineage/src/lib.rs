//! Lineage.
pub mod table;
