//! Answers to questions beyond "where does it come from": who is affected, what differs, how to repeat, what happened.

mod difference;
mod history;
mod impact;
mod reproduction;
mod verdicts;

pub use difference::{Aspect, Change, Difference, Side, difference};
pub use history::{Entry, EntryKind, History};
pub use impact::{Impact, LiveEndpoint};
pub use reproduction::{NotReproducible, Pinned, PinnedData, Reproduction, reproduction};
pub use verdicts::{Verdicts, newest_verdict};
