//! Everything that people and other programs see: the lineage in eleven formats ([`lineage`]), the page of a drift
//! verdict ([`drift`]), the page that explains answers of a model ([`explanation`]), lists ([`listing`]), and the
//! page of a scan ([`posture`]). This crate is pure. Functions that only record do not link it. A function that only
//! judges drift links the page of its verdict alone; the rest needs the feature `answers`.

pub mod drift;
#[cfg(feature = "answers")]
pub mod explanation;
#[cfg(feature = "answers")]
pub mod explorer;
#[cfg(feature = "answers")]
pub mod lineage;
#[cfg(feature = "answers")]
pub mod listing;
mod numbers;
mod page;
#[cfg(feature = "answers")]
pub mod posture;
#[cfg(feature = "answers")]
pub mod reply;
