//! The links of a chain, and their digests.

use sagewarden_events::Timestamp;
use serde::{Deserialize, Serialize};

use super::digest::VerdictDigest;
use crate::rows::{JudgementRow, VerdictRow, millis};

/// One judgement of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictLink {
    /// The name that distinguishes it from other judgements of the resource ([`VerdictRow::id`]).
    pub verdict: String,
    /// When a bundle first reached this verdict.
    #[serde(with = "epoch")]
    pub judged_at: Timestamp,
    /// The time of the resource's last change before it was judged.
    #[serde(with = "epoch")]
    pub modified_at: Timestamp,
    /// The digest of the verdict.
    pub content: VerdictDigest,
}

impl VerdictLink {
    /// The link that a row makes.
    #[must_use]
    pub fn of(JudgementRow(verdict): &JudgementRow) -> Self {
        let VerdictRow { pk, bundle, judged_at, modified_at, outcome, checked, findings, .. } = verdict;
        let id = verdict.id();
        let content = VerdictDigest::of_list(&[pk, &id, bundle, outcome, checked, findings]);
        Self { verdict: id, judged_at: *judged_at, modified_at: *modified_at, content }
    }

    /// The digest of the link, if it follows the link with the digest `before`.
    fn digest(&self, before: Option<VerdictDigest>) -> VerdictDigest {
        let before = before.map(|digest| digest.to_string()).unwrap_or_default();
        let [judged_at, modified_at] = [self.judged_at, self.modified_at].map(millis);
        let content = self.content.to_string();
        VerdictDigest::of_list(&[&before, &self.verdict, &judged_at, &modified_at, &content])
    }
}

/// The judgements of a resource in the order in which they became known; at equal times, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerdictChain(Vec<VerdictLink>);

impl VerdictChain {
    /// The chain of these links, which may be in any order.
    #[must_use]
    pub fn of(links: impl IntoIterator<Item = VerdictLink>) -> Self {
        let mut links: Vec<VerdictLink> = links.into_iter().collect();
        links.sort_by(|one, other| (one.judged_at, &one.verdict).cmp(&(other.judged_at, &other.verdict)));
        Self(links)
    }

    /// The links, the first first.
    #[must_use]
    pub fn links(&self) -> &[VerdictLink] {
        &self.0
    }

    /// Each link with its digest.
    pub fn digests(&self) -> impl Iterator<Item = (&VerdictLink, VerdictDigest)> {
        self.0.iter().scan(None, |before, link| {
            let digest = link.digest(*before);
            *before = Some(digest);
            Some((link, digest))
        })
    }

    /// The digest of the last link, which depends on all of them; `None` if the chain has no links.
    #[must_use]
    pub fn head(&self) -> Option<VerdictDigest> {
        self.digests().last().map(|(_, digest)| digest)
    }
}

/// Times in milliseconds since 1970. Rows may have any number, and no other form of time can hold every number.
mod epoch {
    use sagewarden_events::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it serializes by reference")]
    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.millis())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_millis)
    }
}
