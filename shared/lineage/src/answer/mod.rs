//! Answers to the other questions than lineage: which endpoints are affected, what differs, how to repeat a training, what happened, and
//! why.

mod difference;
mod entity;
mod found;
mod history;
mod impact;
mod reply;
mod reproduction;
#[cfg(test)]
mod tests;
mod verdicts;
mod why;
mod words;

pub use difference::{Aspect, AspectChange, Difference, Side, difference};
pub use entity::Entity;
pub use found::Answer;
pub use history::{Entry, EntryKind, History};
pub use impact::{Impact, LiveEndpoint};
pub use reply::{Format, Reply};
pub use reproduction::{NotReproducible, Pinned, PinnedData, Reproduction, reproduction};
pub use verdicts::{Verdicts, newest_verdict, verdict_in_words};
pub use why::{EarlierVerdict, HeldVerdict, TakenRemedy, Why};
