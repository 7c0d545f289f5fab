//! A baseline that was made.

/// Its files, and the table that is printed.
pub(crate) struct Suggestion {
    /// The files by their names.
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    /// For people.
    pub(crate) table: String,
}
