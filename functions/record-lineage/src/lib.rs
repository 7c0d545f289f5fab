//! record-lineage
