//! The place where a sweep continues, in the form that travels on the bus.

use std::fmt;

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::rows::SweepRow;

use crate::sweep::swept_kind;

/// `<kind>#<begin in milliseconds>#<pages>`: the list's own cursor stays in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: ResourceKind,
    began: Timestamp,
    pages: u64,
}

impl Token {
    pub(super) fn of(at: &SweepRow) -> Self {
        Self { kind: at.kind, began: at.began, pages: at.pages }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('#');
        let (operation, began, pages) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            kind: swept_kind(operation)?,
            began: Timestamp::from_millis(began.parse().ok()?),
            pages: pages.parse().ok()?,
        })
    }

    /// Whether the sweep is at the place of this token, or an earlier attempt at this record moved it from there and did not finish.
    pub(super) fn is_for(self, mark: &SweepRow) -> bool {
        mark.began == self.began && [mark.pages, mark.tally.hop].contains(&self.pages)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}#{}", self.kind.operation(), self.began.millis(), self.pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_and_nothing_else_is() {
        let token =
            Token { kind: ResourceKind::PipelineExecution, began: Timestamp::from_millis(7), pages: 3 };
        assert_eq!(token.to_string(), "PipelineExecution#7#3");
        assert_eq!(Token::parse("PipelineExecution#7#3"), Some(token));
        for wrong in ["", "Model", "Model#7", "Model#7#x", "Trial#7#3", "Model#x#3"] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }
}
