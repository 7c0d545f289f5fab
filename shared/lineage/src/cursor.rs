//! Where a traversal was left, as a text that continues it: nothing is kept on the side of whoever answers.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::NodeId;
use crate::walk::Direction;

/// Names a node in few bytes: a cursor names every node that was seen. Two of a million nodes share a mark with a chance of
/// one in ten millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark([u8; 8]);

impl Mark {
    pub(crate) fn of(id: &NodeId) -> Self {
        let digest = Sha256::digest(id.as_str());
        let mut mark = [0; 8];
        mark.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(mark)
    }
}

/// Where a traversal was left: what it began with, what comes next, and what it has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) root: NodeId,
    pub(crate) direction: Direction,
    pub(crate) pending: BTreeSet<(usize, NodeId)>,
    pub(crate) rest: BTreeSet<(usize, NodeId, String)>,
    pub(crate) seen: BTreeSet<Mark>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    root: String,
    direction: Direction,
    pending: Vec<(usize, String)>,
    rest: Vec<(usize, String, String)>,
    seen: String,
}

impl Cursor {
    /// What the traversal is about.
    #[must_use]
    pub fn root(&self) -> &NodeId {
        &self.root
    }

    /// Which way it goes.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The text, for URLs and shells alike.
    #[must_use]
    pub fn write(&self) -> String {
        let seen: Vec<u8> = self.seen.iter().flat_map(|mark| mark.0).collect();
        let written = Written {
            root: self.root.to_string(),
            direction: self.direction,
            pending: self.pending.iter().map(|(depth, id)| (*depth, id.to_string())).collect(),
            rest: self
                .rest
                .iter()
                .map(|(depth, id, after)| (*depth, id.to_string(), after.clone()))
                .collect(),
            seen: URL_SAFE_NO_PAD.encode(seen),
        };
        // INVARIANT: texts and numbers are always JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Reads what [`Self::write`] wrote; `None` when it is something else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let written: Written = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim()).ok()?).ok()?;
        let seen = URL_SAFE_NO_PAD.decode(written.seen).ok()?;
        let pending = written.pending.into_iter().map(|(depth, id)| Some((depth, NodeId::parse(&id)?)));
        let rest = written.rest.into_iter();
        let rest = rest.map(|(depth, id, after)| Some((depth, NodeId::parse(&id)?, after)));
        Some(Self {
            root: NodeId::parse(&written.root)?,
            direction: written.direction,
            pending: pending.collect::<Option<_>>()?,
            rest: rest.collect::<Option<_>>()?,
            seen: seen.chunks_exact(8).filter_map(|mark| mark.try_into().ok().map(Mark)).collect(),
        })
    }
}
