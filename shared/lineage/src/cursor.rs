//! A cursor as text. It continues a traversal, so that the answering side need not remember anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::id::NodeId;
use crate::walk::{Cursor, Direction, Mark};

#[derive(Serialize, Deserialize)]
struct Written {
    root: String,
    direction: Direction,
    pending: Vec<(usize, String)>,
    rest: Vec<(usize, String, String)>,
    seen: String,
}

impl Cursor {
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

    /// Reads what [`Self::write`] wrote; `None` if it is something else.
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
