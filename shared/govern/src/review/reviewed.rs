//! What a push would create, judged.

use sagewarden_events::Resource;
use sagewarden_policy::Verdict;

/// Files that are read: a call each, within the time that a function has.
pub(crate) const MAX_FILES: usize = 300;
/// Bytes of a file that is read. The requests of the longest pipelines have a tenth of it.
pub(crate) const MAX_BYTES: usize = 256 * 1024;

/// What a push would create, judged.
#[derive(Debug, Default)]
pub(crate) struct Review {
    /// In the order of the files.
    pub(crate) requests: Vec<ReviewedRequest>,
    /// What could only be judged in part, or not at all, as file and note.
    pub(crate) notes: Vec<(String, String)>,
    /// Files that are too large to be read.
    pub(crate) too_large: Vec<String>,
    /// JSON files beyond those that are read.
    pub(crate) unread: usize,
    /// False when the push changed more files than are listed.
    pub(crate) complete: bool,
}

impl Review {
    /// Whether every file was looked at.
    pub(crate) fn is_of_all(&self) -> bool {
        self.unread == 0 && self.too_large.is_empty() && self.complete
    }
}

/// One request of a file with its verdict.
#[derive(Debug)]
pub(crate) struct ReviewedRequest {
    pub(crate) path: String,
    pub(crate) place: Option<String>,
    pub(crate) resource: Resource,
    pub(crate) verdict: Verdict,
}
