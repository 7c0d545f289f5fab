//! Where a reader of rows puts them.

use super::record::RecordSink;
use crate::issues::IssueKind;

/// Where the rows of an event go, and its issues.
pub(super) struct Out<'s> {
    pub(super) sink: &'s mut dyn RecordSink,
    /// Takes the kind of an issue, and a function that gives a hint.
    pub(super) issue: &'s mut dyn FnMut(IssueKind, Hint<'_>),
}

/// The option that would make the event readable, if it is known.
pub(super) type Hint<'h> = &'h dyn Fn() -> Option<String>;
