//! The limits of an answer that do not come from the question: Lambda's limits, and the scope of the function.

use sagewarden_events::Timestamp;
use sagewarden_lineage::scope::Scope;

/// Bytes of a synchronous invocation's response: 6 MB ("Lambda quotas", developer guide). A response to a function URL is such a response,
/// too: its document counts, with status, headers, and the body as an escaped string.
pub const RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// The limits of an answer that do not come from the question.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether time is up.
    pub is_over: &'a dyn Fn() -> bool,
    /// How many bytes the response may have.
    pub bytes: usize,
    /// The scope of its answers; everything by default.
    pub scope: Option<&'a Scope>,
    /// The time of the question, for spans such as `7d`.
    pub now: Option<Timestamp>,
}

impl<'a> Bounds<'a> {
    /// Lambda's limits, without a scope.
    #[must_use]
    pub fn new(is_over: &'a dyn Fn() -> bool) -> Self {
        Self { is_over, bytes: RESPONSE_BYTES, scope: None, now: None }
    }

    /// The same limits, with a scope.
    #[must_use]
    pub fn within(self, scope: Option<&'a Scope>) -> Self {
        Self { scope, ..self }
    }

    /// The same limits, at a time.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }
}
