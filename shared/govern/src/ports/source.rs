//! The hosting of the source code.

use sagewarden_events::{CommitId, Markdown, Repository, Timestamp};

use super::error::PortError;

/// A commit as the repository holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its parents, first parent first.
    pub parents: Vec<CommitId>,
    /// Who wrote it.
    pub author_name: String,
    /// The writer's e-mail address.
    pub author_email: String,
    /// When it was written.
    pub authored_at: Option<Timestamp>,
    /// When it was committed: what git orders commits by. Later than `authored_at` where a commit was rebased or amended.
    pub committed_at: Option<Timestamp>,
    /// The message, whole and unchanged.
    pub message: String,
}

/// A file that a later commit added or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// From the root of the repository, with slashes.
    pub path: String,
    /// The id of its content in the later commit.
    pub blob: String,
}

/// The differences between two commits. Only regular files count: no deletions, symbolic links or submodules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// In the service's order.
    pub files: Vec<ChangedFile>,
    /// False when there were more differences than were looked at.
    pub complete: bool,
}

/// Something to say on the page of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Where.
    pub repository: &'a Repository,
    /// The commit's first parent; absent for the first commit of a repository.
    pub parent: Option<&'a CommitId>,
    /// The commit.
    pub commit: &'a CommitId,
    /// A function of the comment's content, in the form of a UUID.
    pub token: &'a str,
    /// No longer than [`Comment::MAX_CHARACTERS`].
    pub text: &'a Markdown,
}

impl Comment<'_> {
    /// CodeCommit takes no more ("Quotas in AWS CodeCommit", user guide).
    pub const MAX_CHARACTERS: usize = 10_240;
}

/// The hosting of the source code.
pub trait SourceControl {
    /// A commit of a repository; `None` when the repository or the commit does not exist.
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError>;

    /// The files that `after` added or changed since `before`; all of its files if there is no earlier commit. `None` if the
    /// repository or one of the commits does not exist. Looks at no more than `at_most` differences.
    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError>;

    /// The content of a changed file; `None` when it is larger than `at_most` bytes.
    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError>;

    /// Posts a comment. If a comment with this token exists already, it stays unchanged, and no other comment is posted.
    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError>;
}
