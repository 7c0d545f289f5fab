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

impl Repository {
    /// The page of CodeCommit's console that shows a line of a file as it was in a commit. `None` outside of the partition `aws`: the
    /// consoles of the others have addresses of their own.
    #[must_use]
    pub fn line_page(&self, commit: &CommitId, path: &str, line: usize) -> Option<ConsolePage> {
        let Self { region, name, .. } = self;
        let is_region =
            region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let is_elsewhere =
            ["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"].iter().any(|other| region.starts_with(other));
        let path = path.split('/').map(encoded).collect::<Vec<_>>().join("/");
        (is_region && !region.is_empty() && !is_elsewhere).then(|| {
            ConsolePage(format!(
                "https://{region}.console.aws.amazon.com/codesuite/codecommit/repositories/{}/browse/{commit}/--/{path}\
                 ?region={region}&lines={line}-{line}",
                encoded(name)
            ))
        })
    }
}

/// The address of a page of the console. No text format interprets a character of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsolePage(String);

impl ConsolePage {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a path as an address has it (RFC 3986, section 2.3: only unreserved characters stay).
fn encoded(part: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    part.bytes().map(byte).collect()
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
    fn the_page_of_a_line_names_nothing_but_the_file_whatever_its_name() {
        let commit = CommitId::parse(&"a1".repeat(20)).unwrap();
        let page = |region: &str, path: &str| {
            let repository =
                Repository { account: "1".into(), region: region.into(), name: "ds-source".into() };
            repository.line_page(&commit, path, 7).map(|page| page.as_str().to_owned())
        };
        let expect = |path: &str| {
            Some(format!(
                "https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/ds-source/browse/{commit}/--/{path}\
                 ?region=eu-west-1&lines=7-7"
            ))
        };
        assert_eq!(page("eu-west-1", "jobs/train.json"), expect("jobs/train.json"));
        assert_eq!(page("eu-west-1", "a b)](x?#&\u{e9}.json"), expect("a%20b%29%5D%28x%3F%23%26%C3%A9.json"));
        assert_eq!(page("cn-north-1", "a.json"), None);
        assert_eq!(page("eu-west-1.evil.example/", "a.json"), None);
        assert_eq!(page("", "a.json"), None);
    }

    #[test]
    fn a_reference_has_a_word_and_a_folder() {
        let said = |kind: RefKind| (kind.word(), kind.full_name("v1/main"));
        assert_eq!(said(RefKind::Branch), ("branch", "refs/heads/v1/main".to_owned()));
        assert_eq!(said(RefKind::Tag), ("tag", "refs/tags/v1/main".to_owned()));
    }
}
