//! The unusable parts of a file.

/// Records that were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub count: u64,
    /// The first of them: its line, or its number in a list, from 1, and its fault.
    pub first: Option<(u64, String)>,
}

impl LeftOut {
    pub(super) fn add(&mut self, line: u64, why: impl Into<String>) {
        self.count += 1;
        if self.first.is_none() {
            self.first = Some((line, why.into()));
        }
    }
}
