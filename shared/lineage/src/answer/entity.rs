//! The known facts about one entity: its own, its neighbours, its verdicts, and its history.

use super::found::Answer;
use super::history::Entry;
use super::why::Why;

/// One entity with everything that is one step away.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The entity and its neighbours, with its details; `None` if its kind has no lineage, but verdicts are on it.
    pub lineage: Option<Answer>,
    /// How many known neighbours are not among the nodes.
    pub unread: usize,
    /// The verdict that holds, and those before it.
    pub why: Why,
    /// Its history, the newest first.
    pub entries: Vec<Entry>,
    /// Requests to the table.
    pub requests: usize,
}
