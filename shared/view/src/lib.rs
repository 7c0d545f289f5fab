//! What people and other programs see: the lineage in eleven formats ([`lineage`]), the page of a drift verdict ([`drift`]),
//! and the page that explains answers of a model ([`explanation`]).
//! Pure. What only records and judges does not link this crate.

pub mod drift;
pub mod explanation;
pub mod lineage;
mod numbers;
mod page;
pub mod reply;
