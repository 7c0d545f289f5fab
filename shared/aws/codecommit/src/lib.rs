//! Commits through `aws-sdk-codecommit`.

use aws_config::SdkConfig;
use aws_sdk_codecommit::Client;
use aws_sdk_codecommit::error::ProvideErrorMetadata;
use sagewarden_aws::port_error;
use sagewarden_events::{CommitId, Repository, Timestamp};
use sagewarden_govern::ports::{Commit, PortError, SourceControl};

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
                message: text(found.message()),
            }
        }))
    }
}

/// Git's own form, which CodeCommit passes on: seconds since 1970, a space, the author's offset from UTC.
fn git_date(text: &str) -> Option<Timestamp> {
    Timestamp::from_text(text.split(' ').next()?)
}

/// A name that cannot be one names nothing: a tag may hold anything.
fn is_not_found(error: &impl ProvideErrorMetadata) -> bool {
    matches!(
        error.code(),
        Some(
            "CommitIdDoesNotExistException"
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
