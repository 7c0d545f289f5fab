//! The digests of a table at one time. Keep an anchor in a place where nobody who may write the table can write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::digest::{VerdictDigest, list};
use super::link::{VerdictChain, VerdictLink};

/// The form of anchors.
const FORM: u32 = 1;

/// The chains of all resources, as digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The form of this document.
    sagewarden_anchor: u32,
    /// The digest of all chains. If it is also written down elsewhere, it identifies this anchor.
    pub digest: VerdictDigest,
    /// The chains by the partitions of their verdicts.
    pub resources: BTreeMap<String, AnchoredChain>,
}

/// The chain of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchoredChain {
    /// How many links it has.
    pub links: usize,
    /// The digest of the last one.
    pub head: VerdictDigest,
    /// The links.
    pub verdicts: Vec<VerdictLink>,
}

/// The field that anchors of every form have.
#[derive(Deserialize)]
struct Form {
    sagewarden_anchor: u32,
}

/// Why an anchor cannot be used.
#[derive(Debug, Error)]
pub enum UnusableAnchor {
    /// It is not an anchor, or only a part of one.
    #[error("it is not an anchor: `sagewarden verify --anchor FILE` makes one ({0})")]
    Foreign(#[from] serde_json::Error),
    /// Another version of this program made it.
    #[error("it is an anchor of form {0}, and this version reads form {FORM}")]
    OtherForm(u32),
    /// Somebody changed it.
    #[error("it was changed after it was made: its digests do not agree with its verdicts ({0:?})")]
    Changed(String),
}

impl Anchor {
    pub(super) fn of<'a>(chains: impl Iterator<Item = (&'a String, &'a VerdictChain)>) -> Self {
        let resources: BTreeMap<String, AnchoredChain> = chains
            .filter_map(|(resource, chain)| {
                let verdicts = chain.links().to_vec();
                let chain = AnchoredChain { links: verdicts.len(), head: chain.head()?, verdicts };
                Some((resource.clone(), chain))
            })
            .collect();
        Self { sagewarden_anchor: FORM, digest: of_all(heads(&resources)), resources }
    }

    /// Reads an anchor, and compares its digests with its links.
    ///
    /// # Errors
    /// If it is not an anchor, or was changed.
    pub fn parse(text: &[u8]) -> Result<Self, UnusableAnchor> {
        // Reads the version of the form first, because the fields depend on it.
        let Form { sagewarden_anchor } = serde_json::from_slice(text)?;
        if sagewarden_anchor != FORM {
            return Err(UnusableAnchor::OtherForm(sagewarden_anchor));
        }
        let anchor: Self = serde_json::from_slice(text)?;
        for (resource, AnchoredChain { links, head, verdicts }) in &anchor.resources {
            let chain = VerdictChain::of(verdicts.iter().cloned());
            if chain.links() != verdicts.as_slice() || *links != verdicts.len() || chain.head() != Some(*head)
            {
                return Err(UnusableAnchor::Changed(resource.clone()));
            }
        }
        if anchor.digest != of_all(heads(&anchor.resources)) {
            return Err(UnusableAnchor::Changed("the digest of all".to_owned()));
        }
        Ok(anchor)
    }
}

/// The digest of the heads of all chains, in the order of their resources.
pub(super) fn of_all<'a>(heads: impl Iterator<Item = (&'a str, VerdictDigest)>) -> VerdictDigest {
    VerdictDigest::of_lines(heads.map(|(resource, head)| list(&[resource, &head.to_string()])))
}

fn heads(resources: &BTreeMap<String, AnchoredChain>) -> impl Iterator<Item = (&str, VerdictDigest)> {
    resources.iter().map(|(resource, chain)| (resource.as_str(), chain.head))
}
