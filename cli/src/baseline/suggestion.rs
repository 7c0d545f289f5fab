//! A baseline that was made.

/// Its files, and the table that is printed.
pub(crate) struct Suggestion {
    /// `statistics.json` and `constraints.json`.
    pub(crate) files: [(&'static str, String); 2],
    /// For people.
    pub(crate) table: String,
}
