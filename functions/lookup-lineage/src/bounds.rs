//! The limits of an answer that lie outside the question: Lambda's, and whose lineage it may be about.

use sagewarden_lineage::scope::Scope;

/// Bytes of a synchronous invocation's response: 6 MB ("Lambda quotas", developer guide). A response to a function URL is one too:
/// the document with its status and headers counts, with the body as an escaped string.
pub const RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// The limits of an answer that lie outside the question.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether time is up.
    pub is_over: &'a dyn Fn() -> bool,
    /// Bytes that the response may have.
    pub bytes: usize,
    /// The scope of its answers; everything by default.
    pub scope: Option<&'a Scope>,
}

impl<'a> Bounds<'a> {
    /// Those of Lambda.
    #[must_use]
    pub fn new(is_over: &'a dyn Fn() -> bool) -> Self {
        Self { is_over, bytes: RESPONSE_BYTES, scope: None }
    }

    /// The same within a scope.
    #[must_use]
    pub fn within(self, scope: Option<&'a Scope>) -> Self {
        Self { scope, ..self }
    }
}
