//! Lineage: nodes, edges and identities, the merge rules of the table that holds them, the traversal, and the views.
//! Pure: it knows no store, no clock and no service.

pub mod chain;
pub mod edge;
pub mod fold;
pub mod graph;
pub mod id;
pub mod observe;
pub mod record;
pub mod s3;
pub mod table;
pub mod view;
