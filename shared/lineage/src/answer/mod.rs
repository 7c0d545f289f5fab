//! Answers to questions beyond "where does it come from": who is affected, what differs, how to repeat, what happened, why.

mod difference;
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
pub use found::Answer;
pub use history::{Entry, EntryKind, History};
pub use impact::{Impact, LiveEndpoint};
pub use reply::{Format, Reply};
pub use reproduction::{NotReproducible, Pinned, PinnedData, Reproduction, reproduction};
pub use verdicts::{Verdicts, newest_verdict, verdict_in_words};
pub use why::{EarlierVerdict, HeldVerdict, TakenRemedy, Why};
