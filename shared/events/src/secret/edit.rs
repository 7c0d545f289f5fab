use std::ops::Range;

/// A text without the secrets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedText {
    /// The text, byte for byte except for the replaced parts.
    pub text: String,
    /// How many places were replaced.
    pub count: usize,
}

/// A place in a text with what replaces it.
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) by: String,
    pub(super) count: usize,
}
