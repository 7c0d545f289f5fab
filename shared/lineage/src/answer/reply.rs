//! The answer to a question of any kind, and the formats of answers.

use serde::{Deserialize, Serialize};

use super::difference::Difference;
use super::found::Answer;
use super::history::History;
use super::impact::Impact;
use super::reproduction::Reproduction;
use super::why::Why;
use crate::graph::left_out;
use crate::listing::{GapExplanation, Listing};

/// How an answer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON document with nodes and edges.
    #[default]
    Json,
    /// The four stages as a tree of text.
    Tree,
    /// The flat table, one row for each component.
    Table,
    /// A self-contained page.
    Html,
    /// The flat table as a file for pandas.
    Csv,
    /// A drawing for Graphviz.
    Dot,
    /// A drawing for Mermaid.
    Mermaid,
    /// OpenLineage run events, one JSON document for each line.
    OpenLineage,
    /// A CycloneDX 1.6 bill of materials.
    CycloneDx,
    /// in-toto statements with SLSA provenance, one JSON document for each line.
    Slsa,
    /// W3C PROV-JSON.
    Prov,
}

/// An answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The answer to `lineage`.
    Lineage(Box<Answer>),
    /// The answer to `impact`.
    Impact(Impact),
    /// The answer to `diff`.
    Difference(Difference),
    /// The answer to `reproduce`.
    Reproduction(Box<Reproduction>),
    /// The answer to `history`.
    History(History),
    /// The answer to `why`.
    Why(Box<Why>),
    /// The answer to a list.
    Listing(Listing),
    /// The answer to `gap`.
    Gap(GapExplanation),
}

impl Reply {
    /// Adds the number of nodes that the reader may not see, and that the answer therefore leaves out.
    pub fn leave_out(&mut self, nodes: usize) {
        let Some(words) = left_out(nodes) else { return };
        let (missing, complete) = match self {
            Self::Lineage(answer) => {
                answer.graph.outside = nodes;
                return;
            }
            Self::Impact(impact) => (&mut impact.missing, &mut impact.complete),
            Self::Difference(difference) => (&mut difference.missing, &mut difference.complete),
            Self::Reproduction(reproduction) => {
                reproduction.exact = false;
                (&mut reproduction.missing, &mut reproduction.complete)
            }
            Self::History(history) => (&mut history.missing, &mut history.complete),
            Self::Why(why) => (&mut why.missing, &mut why.complete),
            Self::Listing(listing) => (&mut listing.missing, &mut listing.complete),
            Self::Gap(gap) => (&mut gap.missing, &mut gap.complete),
        };
        missing.push(words);
        *complete = false;
    }

    /// Whether the answer is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Lineage(answer) => answer.is_complete(),
            Self::Impact(impact) => impact.complete,
            Self::Difference(difference) => difference.complete,
            Self::Reproduction(reproduction) => reproduction.complete,
            Self::History(history) => history.complete,
            Self::Why(why) => why.complete,
            Self::Listing(listing) => listing.complete,
            Self::Gap(gap) => gap.complete,
        }
    }
}
