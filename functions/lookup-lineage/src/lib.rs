//! lookup-lineage
