//! What people and other programs see: the lineage in eleven formats ([`lineage`]), the page of a drift verdict ([`drift`]),
//! and the page that explains answers of a model ([`explanation`]).
//! Pure. What only records does not link this crate, and what only judges drift links the page of its verdict alone: the rest is there with
//! the feature `answers`.

pub mod drift;
#[cfg(feature = "answers")]
pub mod explanation;
#[cfg(feature = "answers")]
pub mod lineage;
mod numbers;
mod page;
#[cfg(feature = "answers")]
pub mod reply;
