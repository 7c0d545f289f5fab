//! Where a reader of rows puts them.

use super::record::RecordSink;
use crate::issues::IssueKind;

/// Where the rows of an event go, and what is wrong with them.
pub(super) struct Out<'s> {
    pub(super) sink: &'s mut dyn RecordSink,
    /// Takes a kind, and what to ask for a hint.
    pub(super) issue: &'s mut dyn FnMut(IssueKind, Hint<'_>),
}

/// What would read the event, where that is known.
pub(super) type Hint<'h> = &'h dyn Fn() -> Option<String>;
