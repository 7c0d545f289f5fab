//! Questions, their bounds, and the reasons for refusing one.

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Format, NotReproducible};
use sagewarden_lineage::graph::StoppedBy;
use sagewarden_lineage::walk::{Direction, Limits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ports::PortError;

/// The kind of question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// What an entity was made from, or what was made from it.
    #[default]
    Lineage,
    /// Which endpoints run something built from the entity.
    Impact,
    /// What differs between two models or deployments.
    Diff,
    /// The request that trains a model again.
    Reproduce,
    /// What happened to an endpoint.
    History,
    /// Why a resource was stopped, changed, marked or reported.
    Why,
}

/// A question.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question; `lineage` if absent.
    #[serde(default)]
    pub ask: Ask,
    /// The entity: `<kind>/<name>`, an ARN, `commit/<prefix>`, `s3://<bucket>/<key>` with or without
    /// `?versionId=<id>`, an image's `sha256:<digest>`, or an identity from another answer. An endpoint can be followed by
    /// `@<time>`: the deployment that was in force then.
    pub entity: String,
    /// For `diff`: the other entity.
    #[serde(default)]
    pub with: Option<String>,
    /// For `lineage`: which way; `both` is not one request but two.
    #[serde(default)]
    pub direction: Way,
    /// For the `lineage` of an endpoint: add its earlier deployments, the newest ten.
    #[serde(default)]
    pub past: bool,
    /// As of this time, in ISO 8601, or of the end of this day (`2026-03-02`, UTC); absent for now.
    #[serde(default)]
    pub at: Option<String>,
    /// The most steps to follow (default 16, at most 64).
    #[serde(default)]
    pub max_depth: Option<usize>,
    /// The most nodes in an answer (default and maximum 2,000).
    #[serde(default)]
    pub max_nodes: Option<usize>,
    /// The most requests to the table (default 200, at most 1,000).
    #[serde(default)]
    pub max_requests: Option<usize>,
    /// Continues an answer that was cut: its `cursor`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How the answer is to be shown.
    #[serde(default)]
    pub format: Format,
}

/// The direction of a lineage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// What the entity was made from.
    #[default]
    Upstream,
    /// What was made from the entity.
    Downstream,
    /// Both.
    Both,
}

impl Way {
    pub(super) fn directions(self) -> &'static [Direction] {
        match self {
            Self::Upstream => &[Direction::Upstream],
            Self::Downstream => &[Direction::Downstream],
            Self::Both => &[Direction::Upstream, Direction::Downstream],
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    /// The address is not of a known form.
    #[error(
        "`{0}` is an unknown entity: write `<kind>/<name>` (such as training-job, processing-job, model, \
         model-package, endpoint-config or endpoint), an ARN, `commit/<first 7 or more digits>`, \
         `s3://<bucket>/<key>`, optionally with `?versionId=<id>`, or `sha256:<digest>`"
    )]
    Unaddressable(String),
    /// Nothing is recorded under this address.
    #[error("nothing is recorded about `{0}`")]
    Unknown(String),
    /// The entity is outside the scope; it may or may not be recorded.
    #[error("`{0}` is not in the scope of this function")]
    OutOfScope(String),
    /// Several nodes have this address.
    #[error("`{entity}` names {} nodes: ask for one of them: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What was asked.
        entity: String,
        /// The identities; each is a valid entity of a question.
        candidates: Vec<String>,
    },
    /// A field of the question is out of bounds.
    #[error("`{field}` {reason}")]
    BadField {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing can be repeated.
    #[error(transparent)]
    NotReproducible(#[from] NotReproducible),
    /// The limits were reached before there was anything to answer.
    #[error("there is no answer within the limits: {}; raise them", .0.explain())]
    Stopped(StoppedBy),
    /// The table did not answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The bounds of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) limits: Limits,
    pub(super) requests: usize,
}

impl Question {
    /// What something was made of.
    #[must_use]
    pub fn about(entity: impl Into<String>) -> Self {
        Self { entity: entity.into(), ..Self::default() }
    }

    pub(super) fn bounds(&self) -> Result<Bounds, NoAnswer> {
        let default = Limits::default();
        let max_depth = within("max_depth", self.max_depth, default.max_depth, 64)?;
        let max_nodes = within("max_nodes", self.max_nodes, default.max_nodes, default.max_nodes)?;
        let requests = within("max_requests", self.max_requests, 200, 1_000)?;
        Ok(Bounds { limits: Limits { max_depth, max_nodes }, requests })
    }

    /// Refuses fields that do not fit together.
    pub(super) fn check(&self) -> Result<(), NoAnswer> {
        let refuse =
            |field: &'static str, reason: &str| Err(NoAnswer::BadField { field, reason: reason.to_owned() });
        let asks_lineage = self.ask == Ask::Lineage;
        match self.ask {
            Ask::Diff if self.with.is_none() => {
                return refuse("with", "is missing: say what it is compared with");
            }
            Ask::Diff => {}
            _ if self.with.is_some() => return refuse("with", "is only for `diff`"),
            _ => {}
        }
        if self.at.is_some() && self.ask == Ask::Why {
            return refuse("at", "is not for `why`: the answer lists earlier verdicts with their times");
        }
        if self.direction != Way::Upstream && !asks_lineage {
            return refuse("direction", "is only for `lineage`");
        }
        if self.past && (!asks_lineage || self.at.is_some() || self.cursor.is_some()) {
            return refuse("past", "is only for `lineage`, without `at` and `cursor`");
        }
        if self.direction == Way::Both && self.cursor.is_some() {
            return refuse("cursor", "goes one way: continue with `direction` as `upstream` or `downstream`");
        }
        if self.cursor.is_some() && matches!(self.ask, Ask::Diff | Ask::Reproduce | Ask::Why) {
            return refuse("cursor", "is for `lineage`, `impact` and `history`");
        }
        if !asks_lineage && !matches!(self.format, Format::Json | Format::Tree | Format::Table) {
            return refuse("format", "is only for `lineage`: ask for `json` or `tree`");
        }
        Ok(())
    }

    pub(super) fn time(&self) -> Result<Option<Timestamp>, NoAnswer> {
        self.at.as_deref().map(|text| time("at", text)).transpose()
    }
}

/// Reads a time of a question; a day stands for its end.
pub(super) fn time(field: &'static str, text: &str) -> Result<Timestamp, NoAnswer> {
    Timestamp::end_of_day(text).or_else(|| Timestamp::from_text(text)).ok_or_else(|| NoAnswer::BadField {
        field,
        reason: format!(
            "is `{text}`: write a day such as 2026-03-02, or a time such as 2026-03-02T10:00:00Z"
        ),
    })
}

fn within(field: &'static str, asked: Option<usize>, default: usize, most: usize) -> Result<usize, NoAnswer> {
    match asked {
        None => Ok(default),
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(number) => {
            Err(NoAnswer::BadField { field, reason: format!("is {number}: it must be from 1 to {most}") })
        }
    }
}
