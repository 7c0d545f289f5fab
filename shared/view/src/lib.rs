//! What people and other programs see: the lineage in eleven formats ([`lineage`]), and the page of a drift verdict ([`drift`]).
//! Pure. What only records and judges does not link this crate.

pub mod drift;
pub mod lineage;
mod page;
pub mod reply;
