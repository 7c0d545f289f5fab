//! Repositories, references and commits as CodeCommit names them.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A commit id: forty hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

/// Why a text is not a commit id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a commit id of 40 hexadecimal digits")]
pub struct InvalidCommitId(String);

impl CommitId {
    /// Reads forty hexadecimal digits of either case.
    ///
    /// # Errors
    /// For anything else, abbreviated ids included: an abbreviation is a question, not a name.
    pub fn parse(text: &str) -> Result<Self, InvalidCommitId> {
        if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidCommitId(text.chars().take(80).collect()))
        }
    }

    /// The forty digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CommitId {
    type Error = InvalidCommitId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

/// A CodeCommit repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-west-1`.
    pub region: String,
    /// The repository's name.
    pub name: String,
}

/// What happened to a branch or tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefChange {
    /// It is new.
    Created,
    /// It points elsewhere now.
    Updated,
    /// It is gone.
    Deleted,
}

/// Branch or tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// `refs/heads/…`
    Branch,
    /// `refs/tags/…`
    Tag,
}

impl RefKind {
    /// The word in events and addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }

    /// A name with its folder, such as `refs/heads/main`.
    #[must_use]
    pub fn full_name(self, name: &str) -> String {
        match self {
            Self::Branch => format!("refs/heads/{name}"),
            Self::Tag => format!("refs/tags/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_word_and_a_folder() {
        let said = |kind: RefKind| (kind.word(), kind.full_name("v1/main"));
        assert_eq!(said(RefKind::Branch), ("branch", "refs/heads/v1/main".to_owned()));
        assert_eq!(said(RefKind::Tag), ("tag", "refs/tags/v1/main".to_owned()));
    }
}
