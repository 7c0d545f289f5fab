//! Lineage: nodes, edges and identities, the merge rules of the table that holds them, the traversal, and the answers. Pure: it knows no
//! store, no clock and no service.

pub mod answer;
pub mod audit;
pub mod chain;
pub mod closure;
mod cursor;
pub mod edge;
pub mod explanation;
pub mod fact;
pub mod fold;
pub mod graph;
pub mod id;
pub mod listing;
pub mod manifest;
pub mod mlflow;
pub mod observe;
pub mod record;
pub mod reference;
pub mod rows;
pub mod s3;
#[cfg(test)]
mod sample;
pub mod scope;
pub mod service;
pub mod table;
pub mod walk;
