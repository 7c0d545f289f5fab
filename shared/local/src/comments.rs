//! Comments on commits. Git has no such comments, so each one is a file in the repository's folder.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use sagewarden_events::CommitId;
use serde::{Deserialize, Serialize};

use crate::git::{GitError, LocalGit};

/// A comment that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedComment {
    /// How many had been posted in the repository before.
    pub number: usize,
    /// The commit's first parent.
    pub parent: Option<CommitId>,
    /// The commit.
    pub commit: CommitId,
    /// The token that prevented a second post.
    pub token: String,
    /// Markdown.
    pub text: String,
}

impl LocalGit {
    /// The comments of a repository, in the order in which they were posted.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn comments(&self, repository: &str) -> Result<Vec<PostedComment>, GitError> {
        let folder = self.comments_folder(repository);
        let Ok(entries) = folder.read_dir() else { return Ok(Vec::new()) };
        let mut comments = Vec::new();
        for entry in entries.flatten() {
            comments.push(read(&entry.path())?);
        }
        comments.sort_by(|a: &PostedComment, b| (a.number, &a.token).cmp(&(b.number, &b.token)));
        Ok(comments)
    }

    /// Posts a comment; returns the one that has this token, which may be an earlier one.
    ///
    /// # Errors
    /// If the repository does not exist, or the file cannot be written.
    pub fn comment(
        &self,
        repository: &str,
        parent: Option<&CommitId>,
        commit: &CommitId,
        token: &str,
        text: &str,
    ) -> Result<PostedComment, GitError> {
        let folder = self.comments_folder(repository);
        let unwritable = |source| GitError::Unwritable { path: folder.clone(), source };
        // The folders above are not created: without a repository, there is nothing to comment on.
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unwritable(error)),
            _ => {}
        }
        let comment = PostedComment {
            number: self.comments(repository)?.len(),
            parent: parent.cloned(),
            commit: commit.clone(),
            token: token.to_owned(),
            text: text.to_owned(),
        };
        // The caller chooses the token. Encoded in hexadecimal, it is a safe name of a file.
        let name: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!("{name}.json"));
        match fs::File::create_new(&path) {
            Ok(mut file) => {
                let text = serde_json::to_vec_pretty(&comment).map_err(|error| unwritable(error.into()))?;
                file.write_all(&text).map_err(unwritable)?;
                Ok(comment)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&path),
            Err(error) => Err(unwritable(error)),
        }
    }

    fn comments_folder(&self, repository: &str) -> PathBuf {
        self.path(repository).join("comments")
    }
}

fn read(path: &Path) -> Result<PostedComment, GitError> {
    let damaged = |source| GitError::Unreadable { path: path.to_owned(), source };
    let text = fs::read(path).map_err(damaged)?;
    serde_json::from_slice(&text).map_err(|error| damaged(error.into()))
}
