//! Commits, their changes, and comments on them, through `aws-sdk-codecommit`.

use aws_config::SdkConfig;
use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::error::ProvideErrorMetadata;
use aws_sdk_codecommit::types::Difference;
use sagewarden_aws::port_error;
use sagewarden_events::{CommitId, Repository, Timestamp};
use sagewarden_govern::ports::{ChangedFile, Changes, Comment, Commit, PortError, SourceControl};

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[
    ("SourceControl::commit", &["codecommit:GetCommit"]),
    ("SourceControl::changes", &["codecommit:GetDifferences"]),
    ("SourceControl::content", &["codecommit:GetBlob"]),
    ("SourceControl::post", &["codecommit:PostCommentForComparedCommit"]),
];

/// CodeCommit in the account and region of the configuration.
#[derive(Clone, Debug)]
pub struct CodeCommit {
    client: Client,
}

impl CodeCommit {
    /// A client with this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl SourceControl for CodeCommit {
    async fn commit(&self, repository: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        let call = self.client.get_commit().repository_name(&repository.name).commit_id(id.as_str());
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(is_not_found) => return Ok(None),
            Err(error) => {
                let context = format!("look up commit `{id}` in `{}`", repository.name);
                return Err(port_error(context, error));
            }
        };
        Ok(answer.commit().map(|found| {
            let author = found.author();
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            Commit {
                id: id.clone(),
                parents: found.parents().iter().filter_map(|parent| CommitId::parse(parent).ok()).collect(),
                author_name: text(author.and_then(|author| author.name())),
                author_email: text(author.and_then(|author| author.email())),
                authored_at: author.and_then(|author| author.date()).and_then(git_date),
                committed_at: found.committer().and_then(|person| person.date()).and_then(git_date),
                message: text(found.message()),
            }
        }))
    }

    async fn changes(
        &self,
        repository: &Repository,
        before: Option<&CommitId>,
        after: &CommitId,
        at_most: usize,
    ) -> Result<Option<Changes>, PortError> {
        let call = self
            .client
            .get_differences()
            .repository_name(&repository.name)
            .set_before_commit_specifier(before.map(ToString::to_string))
            .after_commit_specifier(after.as_str());
        // The API model gives no bounds for the size of a page, so this uses the service's default.
        let mut pages = call.into_paginator().send();
        let mut changes = Changes { files: Vec::new(), complete: true };
        let mut left = at_most;
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if error.as_service_error().is_some_and(is_not_found) => return Ok(None),
                Err(error) => {
                    let context = format!("list what commit `{after}` changed in `{}`", repository.name);
                    return Err(port_error(context, error));
                }
            };
            changes.files.extend(page.differences().iter().take(left).filter_map(changed_file));
            if page.differences().len() > left {
                changes.complete = false;
                break;
            }
            left -= page.differences().len();
        }
        Ok(Some(changes))
    }

    async fn content(
        &self,
        repository: &Repository,
        file: &ChangedFile,
        at_most: usize,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let call = self.client.get_blob().repository_name(&repository.name).blob_id(&file.blob);
        match call.send().await {
            Ok(answer) => Ok(Some(answer.content.into_inner()).filter(|content| content.len() <= at_most)),
            // The API answers no file of more than 6 MB ("Quotas in AWS CodeCommit", user guide).
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_file_too_large_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(port_error(format!("read `{}` of `{}`", file.path, repository.name), error)),
        }
    }

    /// The comment belongs to the comparison of a commit with its parent, which the commit's page in the console
    /// shows ("Comment on a commit", CodeCommit user guide).
    async fn post(&self, comment: &Comment<'_>) -> Result<(), PortError> {
        let Comment { repository, parent, commit, token, text } = comment;
        let call = self
            .client
            .post_comment_for_compared_commit()
            .repository_name(&repository.name)
            .set_before_commit_id(parent.map(ToString::to_string))
            .after_commit_id(commit.as_str())
            .content(text.as_str())
            .client_request_token(*token);
        match call.send().await {
            Ok(_) => Ok(()),
            // Another version of this program used the token with another text. That comment stays.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_idempotency_parameter_mismatch_exception()) =>
            {
                Ok(())
            }
            Err(error) => {
                Err(port_error(format!("comment on commit `{commit}` of `{}`", repository.name), error))
            }
        }
    }
}

/// The later side of a difference, if it is a regular file (modes 100644 and 100755).
fn changed_file(difference: &Difference) -> Option<ChangedFile> {
    let after = difference.after_blob()?;
    let file = ChangedFile { path: after.path()?.to_owned(), blob: after.blob_id()?.to_owned() };
    after.mode().is_some_and(|mode| mode.starts_with("100")).then_some(file)
}

/// Git's own form, which CodeCommit passes on: seconds since 1970, a space, the author's offset from UTC.
fn git_date(text: &str) -> Option<Timestamp> {
    Timestamp::from_text(text.split(' ').next()?)
}

/// An invalid name names nothing. It may come from a tag, and tags may hold any text.
fn is_not_found(error: &impl ProvideErrorMetadata) -> bool {
    matches!(
        error.code(),
        Some(
            "CommitIdDoesNotExistException"
                | "CommitDoesNotExistException"
                | "RepositoryDoesNotExistException"
                | "InvalidRepositoryNameException"
                | "InvalidCommitIdException"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_git_writes_them() {
        let check = |text: &str, expect: Option<i64>| {
            assert_eq!(git_date(text).map(Timestamp::millis), expect, "{text}")
        };
        check("1772442000 +0100", Some(1_772_442_000_000));
        check("1772442000 +0000", Some(1_772_442_000_000));
        check("", None);
        check("yesterday", None);
    }
}
