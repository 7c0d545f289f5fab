//! The verdicts on the requests in a push.

use sagewarden_events::{ConsolePage, Resource};
use sagewarden_policy::Verdict;

/// Files that are read: a call each, within the time that a function has.
pub(crate) const MAX_FILES: usize = 300;
/// The most bytes of a file that is read. The longest pipelines have a tenth of that.
pub(crate) const MAX_BYTES: usize = 256 * 1024;

/// Requests that are judged: a pipeline has fifty steps at most, and a verdict of each is held until the comment is written.
pub(crate) const MAX_REQUESTS: usize = 1_000;
/// Notes and names of files that are shown of each sort; those beyond are counted, not held.
pub(crate) const SHOWN: usize = 5;

/// The verdicts on the requests in a push.
#[derive(Debug, Default)]
pub(crate) struct Review {
    /// In the order of the files.
    pub(crate) requests: Vec<ReviewedRequest>,
    /// Files that could be judged only in part, or not at all, with a note.
    pub(crate) notes: Vec<(String, String)>,
    /// Notes beyond those.
    pub(crate) more_notes: usize,
    /// Requests beyond those that are judged.
    pub(crate) more_requests: usize,
    /// Files that this program cannot read as JSON. Others may: Python reads `NaN`, half a surrogate and any depth.
    pub(crate) unreadable: Vec<String>,
    /// Files that are too large to be read.
    pub(crate) too_large: Vec<String>,
    /// JSON files beyond those that are read.
    pub(crate) unread: usize,
    /// False when the push changed more files than are listed.
    pub(crate) complete: bool,
}

impl Review {
    /// Whether everything was looked at.
    pub(crate) fn is_of_all(&self) -> bool {
        let files = self.unread == 0 && self.too_large.is_empty() && self.unreadable.is_empty();
        files && self.more_requests == 0 && self.complete
    }

    /// Whether there is anything to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.notes.is_empty() && self.is_of_all()
    }

    /// Adds a note. A push with thousands of files must not fill the memory with notes.
    pub(crate) fn note(&mut self, path: &str, note: String) {
        if self.notes.len() < SHOWN {
            self.notes.push((path.to_owned(), note));
        } else {
            self.more_notes += 1;
        }
    }
}

/// One request of a file with its verdict.
#[derive(Debug)]
pub(crate) struct ReviewedRequest {
    pub(crate) path: String,
    pub(crate) place: Option<String>,
    pub(crate) resource: Resource,
    pub(crate) verdict: Verdict,
    /// Where each finding of the verdict stands, as far as that is known.
    pub(crate) lines: Vec<Option<FileLine>>,
}

/// A line of a pushed file.
#[derive(Clone, Debug)]
pub(crate) struct FileLine {
    /// From 1.
    pub(crate) number: usize,
    /// Where CodeCommit's console shows it.
    pub(crate) page: Option<ConsolePage>,
}
