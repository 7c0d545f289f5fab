//! Digests of verdicts.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::s3::hex;

const BYTES: usize = 32;

/// A SHA-256 digest; as text, 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VerdictDigest([u8; BYTES]);

impl VerdictDigest {
    /// The digest of a text.
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The digest of a list of texts, as JSON.
    pub(super) fn of_list(texts: &[&str]) -> Self {
        Self::of(&list(texts))
    }

    /// The digest of texts, each with a line feed after it.
    pub(super) fn of_lines(lines: impl Iterator<Item = String>) -> Self {
        let mut hash = Sha256::new();
        lines.for_each(|line| hash.update(line + "\n"));
        Self(hash.finalize().into())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        if text.len() != 2 * BYTES {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Texts as a JSON list, so that the end of each text is certain.
pub(super) fn list(texts: &[&str]) -> String {
    serde_json::Value::from(texts).to_string()
}

impl fmt::Display for VerdictDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl Serialize for VerdictDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerdictDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a digest of 64 digits")))
    }
}
