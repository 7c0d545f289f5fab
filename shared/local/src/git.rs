//! Real git repositories, through the `git` command. They play the part of CodeCommit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sagewarden_events::{CommitId, Repository, Timestamp};
use sagewarden_govern::ports::{
    ChangedFile, Changes, Comment, Commit, PortError, PortErrorKind, SourceControl,
};
use thiserror::Error;

/// Bare repositories under one folder, `<name>.git` each.
#[derive(Clone, Debug)]
pub struct LocalGit {
    root: PathBuf,
}

/// The tree without entries, which every repository has.
pub(crate) const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Git failed.
#[derive(Debug, Error)]
pub enum GitError {
    /// There is no `git` command.
    #[error("the command `git` cannot be run: {0}; install git")]
    NotInstalled(std::io::Error),
    /// Git failed.
    #[error("`git {command}` failed: {reason}")]
    Failed {
        /// Its arguments.
        command: String,
        /// The message of git.
        reason: String,
    },
    /// A file could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Unwritable {
        /// The path of the file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A comment could not be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A commit to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewCommit<'a> {
    /// The branch that moves.
    pub branch: &'a str,
    /// Paths and contents to add or change.
    pub files: &'a [(&'a str, &'a str)],
    /// The message.
    pub message: &'a str,
    /// Name and e-mail address.
    pub author: (&'a str, &'a str),
    /// The time of the commit. It is given, so that the commit id is always the same.
    pub at: Timestamp,
}

impl LocalGit {
    /// Repositories in a folder. Creates the folder if it does not exist.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(root: &Path) -> Result<Self, GitError> {
        let unwritable = |source| GitError::Unwritable { path: root.to_owned(), source };
        fs::create_dir_all(root).map_err(unwritable)?;
        // Git runs inside the folder: a relative path would start there.
        Ok(Self { root: root.canonicalize().map_err(unwritable)? })
    }

    /// Makes an empty repository. If it exists, it stays as it is.
    ///
    /// # Errors
    /// If git fails.
    pub fn create_repository(&self, name: &str) -> Result<PathBuf, GitError> {
        let path = self.path(name);
        if !path.exists() {
            let text = path.to_string_lossy().into_owned();
            run(&self.root, &["init", "--quiet", "--bare", "--initial-branch=main", &text], &[])?;
        }
        Ok(path)
    }

    /// Where a repository is, in the form for `git push`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.git"))
    }

    /// Clones, commits and pushes, as a person would; returns the new commit and the one before.
    ///
    /// # Errors
    /// If git fails or a file cannot be written.
    pub fn push(
        &self,
        repository: &str,
        new: &NewCommit<'_>,
    ) -> Result<(CommitId, Option<CommitId>), GitError> {
        let old = self.head(repository, new.branch)?;
        let work = self.root.join(format!("{repository}.work"));
        if work.exists() {
            fs::remove_dir_all(&work)
                .map_err(|source| GitError::Unwritable { path: work.clone(), source })?;
        }
        let (from, to) = (self.path(repository), work.to_string_lossy().into_owned());
        run(&self.root, &["clone", "--quiet", &from.to_string_lossy(), &to], &[])?;
        if old.is_some() {
            run(&work, &["checkout", "--quiet", new.branch], &[])?;
        } else {
            run(&work, &["checkout", "--quiet", "--orphan", new.branch], &[])?;
        }
        for (name, content) in new.files {
            let path = work.join(name);
            let unwritable = |source| GitError::Unwritable { path: path.clone(), source };
            fs::create_dir_all(path.parent().unwrap_or(&work)).map_err(unwritable)?;
            fs::write(&path, content).map_err(unwritable)?;
        }
        run(&work, &["add", "--all"], &[])?;
        let date = format!("{} +0000", new.at.millis() / 1000);
        let identity = [
            ("GIT_AUTHOR_NAME", new.author.0),
            ("GIT_AUTHOR_EMAIL", new.author.1),
            ("GIT_AUTHOR_DATE", date.as_str()),
            ("GIT_COMMITTER_NAME", new.author.0),
            ("GIT_COMMITTER_EMAIL", new.author.1),
            ("GIT_COMMITTER_DATE", date.as_str()),
        ];
        run(&work, &["commit", "--quiet", "--message", new.message], &identity)?;
        run(&work, &["push", "--quiet", "origin", new.branch], &[])?;
        let commit = self.head(repository, new.branch)?.ok_or_else(|| GitError::Failed {
            command: "push".to_owned(),
            reason: format!("branch `{}` is not there afterwards", new.branch),
        })?;
        fs::remove_dir_all(&work).map_err(|source| GitError::Unwritable { path: work, source })?;
        Ok((commit, old))
    }

    /// The commit that a branch points to.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn head(&self, repository: &str, branch: &str) -> Result<Option<CommitId>, GitError> {
        if !self.path(repository).exists() {
            return Ok(None);
        }
        let name = format!("refs/heads/{branch}");
        let output = git(&self.path(repository), &["rev-parse", "--verify", "--quiet", &name], &[])?;
        Ok(CommitId::parse(String::from_utf8_lossy(&output.stdout).trim()).ok())
    }

    /// A commit of a repository by name.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn find(&self, repository: &str, id: &CommitId) -> Result<Option<Commit>, GitError> {
        // Lines of one field each; the message, which may hold anything, comes last.
        const FORMAT: &str = "--format=%H%n%P%n%an%n%ae%n%at%n%ct%n%B";
        let path = self.path(repository);
        if !path.exists() {
            return Ok(None);
        }
        let object = format!("{id}^{{commit}}");
        let output = git(&path, &["show", "--no-patch", FORMAT, &object], &[])?;
        if !output.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.splitn(7, '\n');
        let mut next = || lines.next().unwrap_or_default().to_owned();
        // The object of an annotated tag is not the commit that the tag leads to.
        if next() != id.as_str() {
            return Ok(None);
        }
        let (parents, author_name, author_email) = (next(), next(), next());
        let (authored_at, committed_at) = (next(), next());
        Ok(Some(Commit {
            id: id.clone(),
            parents: parents.split(' ').filter_map(|parent| CommitId::parse(parent).ok()).collect(),
            author_name,
            author_email,
            authored_at: Timestamp::from_text(&authored_at),
            committed_at: Timestamp::from_text(&committed_at),
            // `git show` ends a message with one newline of its own.
            message: next().strip_suffix('\n').map(str::to_owned).unwrap_or_default(),
        }))
    }

    /// Every regular file that a commit added or changed since an earlier one, or every file if there is no earlier one, in the order of
    /// their paths; `None` when the repository or a commit does not exist.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn changed(
        &self,
        repository: &str,
        before: Option<&CommitId>,
        after: &CommitId,
    ) -> Result<Option<Vec<ChangedFile>>, GitError> {
        for commit in before.into_iter().chain([after]) {
            if self.find(repository, commit)?.is_none() {
                return Ok(None);
            }
        }
        let before = before.map_or(EMPTY_TREE, CommitId::as_str);
        let arguments = ["diff-tree", "-r", "-z", "--no-renames", before, after.as_str()];
        let output = git(&self.path(repository), &arguments, &[])?;
        let text = String::from_utf8_lossy(&output.stdout);
        // `:<mode> <mode> <blob> <blob> <change>`, NUL, path, NUL
        let mut parts = text.split('\0');
        let mut files = Vec::new();
        while let (Some(change), Some(path)) = (parts.next(), parts.next()) {
            let mut fields = change.split(' ').skip(1);
            if let (Some(mode), Some(blob)) = (fields.next(), fields.nth(1)) {
                let file = ChangedFile { path: path.to_owned(), blob: blob.to_owned() };
                files.extend(mode.starts_with("100").then_some(file));
            }
        }
        Ok(Some(files))
    }

    /// The content of a blob; `None` if no blob has this id.
    ///
    /// # Errors
    /// If git cannot be run.
    pub fn blob(&self, repository: &str, id: &str) -> Result<Option<Vec<u8>>, GitError> {
        let path = self.path(repository);
        if !path.exists() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let output = git(&path, &["cat-file", "blob", id], &[])?;
        Ok(output.status.success().then_some(output.stdout))
    }
}

impl SourceControl for LocalGit {
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        let context = || format!("look up commit `{id}` in `{}`", repository.name);
        self.find(&repository.name, id).map_err(|error| port_error(context(), error))
    }

    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError> {
        let context = || format!("list what commit `{after}` changed in `{}`", repository.name);
        let changed =
            self.changed(&repository.name, before, after).map_err(|error| port_error(context(), error))?;
        Ok(changed.map(|mut files| {
            let complete = files.len() <= at_most;
            files.truncate(at_most);
            Changes { files, complete }
        }))
    }

    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let context = || format!("read `{}` of `{}`", file.path, repository.name);
        let found = self.blob(&repository.name, &file.blob).map_err(|error| port_error(context(), error))?;
        let missing = || PortError::new(PortErrorKind::Invalid, context(), "there is no such blob");
        Ok(Some(found.ok_or_else(missing)?).filter(|content| content.len() <= at_most))
    }

    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError> {
        let Comment { repository, parent, commit, token, text } = *comment;
        let posted = self.comment(&repository.name, parent, commit, token, text.as_str());
        let context = || format!("comment on commit `{commit}` of `{}`", repository.name);
        posted.map(drop).map_err(|error| port_error(context(), error))
    }
}

fn port_error(context: String, error: GitError) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context, error.to_string()).with_source(error)
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), GitError> {
    let output = git(folder, arguments, environment)?;
    if output.status.success() {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitError::Failed { command: arguments.join(" "), reason })
}

/// Runs git without the configuration of the user and of the machine, so that their hooks, signing and templates have no effect.
pub(crate) fn git(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<Output, GitError> {
    Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_TERMINAL_PROMPT", "0")
        .envs(environment.iter().copied())
        .output()
        .map_err(GitError::NotInstalled)
}
