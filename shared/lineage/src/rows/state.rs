//! States that an endpoint reached, and approvals of model packages. Both happen again and again, so each one has a row.

use std::collections::BTreeMap;
use std::fmt;

use sagewarden_events::{Status, Timestamp};

use super::kind::{RowKind, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Write};

/// A state, and when it was reached, as text for sets of states, versions of registers and keys of rows: `<time>#<rank>#<state>`. At the
/// same time, the later stage of life is the larger text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachedState {
    /// When it was reached.
    pub at: Timestamp,
    /// Which stage of life it is ([`Status::rank`]).
    pub rank: u8,
    /// The state.
    pub state: String,
}

impl ReachedState {
    /// A state that was reached at a time.
    #[must_use]
    pub fn of(status: &Status, at: Timestamp) -> Self {
        Self { at, rank: status.rank(), state: status.to_string() }
    }

    /// Reads the text; `None` if it is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '#');
        let (at, rank) = (leading_time(parts.next()?)?, parts.next()?.parse().ok()?);
        Some(Self { at, rank, state: parts.next()?.to_owned() })
    }
}

impl fmt::Display for ReachedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", millis(self.at), self.rank, self.state)
    }
}

/// A state that an endpoint reached. A job has few states, and its node lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRow {
    /// The endpoint.
    pub endpoint: NodeId,
    /// The state, and when it was reached.
    pub reached: ReachedState,
    /// The reason, if it failed.
    pub reason: Option<String>,
}

impl StateRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "StateRow",
        says: "a state that an endpoint reached",
        pk: "<endpoint>",
        sk: "S#<time>#<rank>#<state>",
    };
    const PREFIX: &str = "S#";
    const REASON: &str = "reason";

    /// The states of an endpoint, the oldest first.
    #[must_use]
    pub fn of(endpoint: &NodeId) -> Query {
        Query::prefix(endpoint.as_str(), Self::PREFIX)
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.endpoint.as_str(), format!("{}{}", Self::PREFIX, self.reached))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let reason = self.reason.iter().map(|text| (Self::REASON.to_owned(), text.clone().into()));
        Item { key: self.key(), attributes: reason.collect() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let reached = ReachedState::parse(item.key.sk.strip_prefix(Self::PREFIX)?)?;
        let reason = item.text(Self::REASON).map(str::to_owned);
        Some(Self { endpoint: NodeId::parse(&item.key.pk)?, reached, reason })
    }
}

/// Whether a model package may be used, or which stage of its life it reached, from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRow {
    /// The model package.
    pub package: NodeId,
    /// Since when.
    pub at: Timestamp,
    /// `Approved`, `Rejected` or `PendingManualApproval`; of a stage, `stage:Production/Approved`.
    pub state: String,
    /// Who decided it, if that is known.
    pub by: Option<String>,
    /// The comment of the approver.
    pub description: Option<String>,
}

impl ApprovalRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ApprovalRow",
        says: "an approval or rejection of a model package, or a stage that it reached",
        pk: "<model package>",
        sk: "Y#<time>#<state>",
    };
    const PREFIX: &str = "Y#";
    const BY: &str = "by";
    const DESCRIPTION: &str = "description";

    const STAGE: &str = "stage:";

    /// The stage that a package reached, with its status there.
    #[must_use]
    pub fn of_stage(
        package: &NodeId,
        at: Timestamp,
        stage: &str,
        by: Option<String>,
        description: Option<String>,
    ) -> Self {
        Self { package: package.clone(), at, state: format!("{}{stage}", Self::STAGE), by, description }
    }

    /// What happened, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.state.strip_prefix(Self::STAGE) {
            Some(stage) => format!("reached the stage {stage}"),
            None => format!("became {}", self.state),
        }
    }

    /// The name of the stage that the package reached; `None` for an approval.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        let stage = self.state.strip_prefix(Self::STAGE)?;
        Some(stage.rsplit_once('/').map_or(stage, |(name, _)| name))
    }

    /// The approvals and stages of a package, the oldest first.
    #[must_use]
    pub fn of(package: &NodeId) -> Query {
        Query::prefix(package.as_str(), Self::PREFIX)
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.package.as_str(), format!("{}{}#{}", Self::PREFIX, millis(self.at), self.state))
    }

    /// The version of the node's register. Descriptions know who changed the package, and events do not. So at the same time, the
    /// description wins.
    #[must_use]
    pub fn register_version(&self) -> String {
        format!("{}#{}#{}", millis(self.at), self.state, u8::from(self.by.is_some()))
    }

    /// The write. An event may report the same approval without its approver.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, attributes: once } = self.item();
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::new();
        attributes.extend(self.by.iter().map(|by| (Self::BY.to_owned(), by.clone().into())));
        let description = self.description.iter();
        attributes.extend(description.map(|text| (Self::DESCRIPTION.to_owned(), text.clone().into())));
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (at, state) = item.key.sk.strip_prefix(Self::PREFIX)?.split_once('#')?;
        let text = |name: &str| item.text(name).map(str::to_owned);
        Some(Self {
            package: NodeId::parse(&item.key.pk)?,
            at: leading_time(at)?,
            state: state.to_owned(),
            by: text(Self::BY),
            description: text(Self::DESCRIPTION),
        })
    }
}
