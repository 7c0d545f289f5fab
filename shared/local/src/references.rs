//! Branches and tags of the local repositories, as a server changes them: it makes commits with any parents, and sets references, moves
//! them by force, and deletes them.

use std::path::Path;

use sagewarden_events::{CommitId, RefKind, Repository, Timestamp};
use serde_json::{Value, json};

use crate::announce::event_id;
use crate::git::{EMPTY_TREE, GitError, LocalGit, git};

/// The change of a branch or tag.
#[derive(Clone, Copy, Debug)]
pub struct MovedReference<'a> {
    /// Branch or tag.
    pub kind: RefKind,
    /// Its name, without `refs/heads/`.
    pub name: &'a str,
    /// The commit that it points to now; `None` if it was deleted.
    pub commit: Option<&'a CommitId>,
    /// The commit that it pointed to before; `None` if it is new.
    pub old: Option<&'a CommitId>,
}

impl MovedReference<'_> {
    /// The name with its folder, such as `refs/heads/main`.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.kind.full_name(self.name)
    }

    /// CodeCommit's event about it, with the fields in the user guide and the published schema.
    #[must_use]
    pub fn event(&self, repository: &Repository, caller: &str, at: Timestamp) -> Value {
        let Repository { account, region, name } = repository;
        let event = match (self.commit, self.old) {
            (None, _) => "referenceDeleted",
            (Some(_), None) => "referenceCreated",
            (Some(_), Some(_)) => "referenceUpdated",
        };
        let mut detail = json!({
            "event": event,
            "repositoryName": name,
            "repositoryId": event_id(name),
            "referenceType": self.kind.word(),
            "referenceName": self.name,
            "referenceFullName": self.full_name(),
            "callerUserArn": caller,
        });
        if let Some(detail) = detail.as_object_mut() {
            for (field, commit) in [("commitId", self.commit), ("oldCommitId", self.old)] {
                detail.extend(commit.map(|id| (field.to_owned(), id.as_str().into())));
            }
        }
        json!({
            "version": "0",
            "id": event_id(&format!("{detail}{at}")),
            "detail-type": "CodeCommit Repository State Change",
            "source": "aws.codecommit",
            "account": account,
            "time": at,
            "region": region,
            "resources": [format!("arn:aws:codecommit:{region}:{account}:{name}")],
            "detail": detail,
        })
    }
}

impl LocalGit {
    /// CodeCommit's event of a push to a branch.
    #[must_use]
    pub fn push_event(
        repository: &Repository,
        branch: &str,
        commit: &CommitId,
        old: Option<&CommitId>,
        caller: &str,
        at: Timestamp,
    ) -> Value {
        let moved = MovedReference { kind: RefKind::Branch, name: branch, commit: Some(commit), old };
        moved.event(repository, caller, at)
    }

    /// Makes a commit with any parents and the files of the first parent. No reference points to it yet. The same arguments make the same
    /// commit.
    ///
    /// # Errors
    /// If git fails.
    pub fn commit_onto(
        &self,
        repository: &str,
        parents: &[&CommitId],
        message: &str,
        author: (&str, &str),
        at: Timestamp,
    ) -> Result<CommitId, GitError> {
        let tree =
            parents.first().map_or_else(|| EMPTY_TREE.to_owned(), |parent| format!("{parent}^{{tree}}"));
        let date = format!("{} +0000", at.millis() / 1000);
        let identity = [
            ("GIT_AUTHOR_NAME", author.0),
            ("GIT_AUTHOR_EMAIL", author.1),
            ("GIT_AUTHOR_DATE", date.as_str()),
            ("GIT_COMMITTER_NAME", author.0),
            ("GIT_COMMITTER_EMAIL", author.1),
            ("GIT_COMMITTER_DATE", date.as_str()),
        ];
        let mut arguments = vec!["commit-tree", tree.as_str(), "-m", message];
        arguments.extend(parents.iter().flat_map(|parent| ["-p", parent.as_str()]));
        let made = said(&self.path(repository), &arguments, &identity)?;
        CommitId::parse(made.trim()).map_err(|error| GitError::Failed {
            command: "commit-tree".to_owned(),
            reason: error.to_string(),
        })
    }

    /// Makes a branch or tag point to a commit, whatever it pointed to before, or deletes it.
    ///
    /// # Errors
    ///
    /// If git fails.
    pub fn set_reference(&self, repository: &str, moved: &MovedReference<'_>) -> Result<(), GitError> {
        let name = moved.full_name();
        let arguments = match moved.commit {
            Some(commit) => vec!["update-ref", &name, commit.as_str()],
            None => vec!["update-ref", "-d", &name],
        };
        said(&self.path(repository), &arguments, &[]).map(drop)
    }
}

fn said(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, GitError> {
    let output = git(folder, arguments, environment)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitError::Failed { command: arguments.join(" "), reason })
}
