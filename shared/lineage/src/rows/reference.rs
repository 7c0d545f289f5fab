//! Under the node of a branch or tag: its heads over time, and the resources that were built from each head.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Timestamp;

use super::kind::{GONE, RowKind, leading_time, millis};
use super::node::PUSHERS;
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Value, Write};

/// Where a branch or tag pointed from a time on. One push can arrive in two forms, and only one of them names the previous head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The node of the branch or tag.
    pub reference: NodeId,
    /// Since when.
    pub at: Timestamp,
    /// The commit that it points to; `None` if it was deleted.
    pub commit: Option<NodeId>,
    /// The commit that it pointed to before, if that is known.
    pub before: Option<String>,
    /// Whether the push was forced: the previous head is not an ancestor of this one. `None` if unknown.
    pub forced: Option<bool>,
    /// The ARNs of those who pushed.
    pub pushers: BTreeSet<String>,
    /// The part of the history that was not read, in words.
    pub cut: BTreeSet<String>,
}

impl HeadRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "HeadRow",
        says: "the head of a branch or tag from a time on, and who pushed it",
        pk: "<reference>",
        sk: "H#<time>#<commit or deleted>",
    };
    const PREFIX: &str = "H#";
    pub(super) const NAMING: [&str; 1] = [Self::COMMIT];
    const AT: &str = "at";
    const COMMIT: &str = "commit";
    const BEFORE: &str = "before";
    const FORCED: &str = "forced";
    const CUT: &str = "cut";

    /// The heads of a reference, the oldest first.
    #[must_use]
    pub fn of(reference: &NodeId) -> Query {
        Query::prefix(reference.as_str(), Self::PREFIX)
    }

    /// Heads up to and including a time, the newest first. The first one is where the reference pointed at that time.
    #[must_use]
    pub fn until(reference: &NodeId, at: Timestamp) -> Query {
        Query::between(reference.as_str(), Self::PREFIX, Self::end_of(at)).newest_first()
    }

    /// Heads after a time (excluded), the oldest first.
    #[must_use]
    pub fn after(reference: &NodeId, at: Timestamp) -> Query {
        Query::between(reference.as_str(), Self::end_of(at), format!("{}~", Self::PREFIX))
    }

    /// The version of a register that names this head: `<time>#<40 hex or "deleted">`.
    #[must_use]
    pub fn version_of(at: Timestamp, commit: Option<&NodeId>) -> String {
        format!("{}#{}", millis(at), commit.map_or(GONE, |id| id.version()))
    }

    /// As [`Self::version_of`].
    #[must_use]
    pub fn version(&self) -> String {
        Self::version_of(self.at, self.commit.as_ref())
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.reference.as_str(), Self::sk(self.at, self.commit.as_ref()))
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        let sets = [(PUSHERS, &self.pushers), (Self::CUT, &self.cut)];
        let sets = sets.into_iter().filter(|(_, members)| !members.is_empty());
        let union: BTreeMap<_, _> = sets.map(|(name, set)| (name.to_owned(), set.clone())).collect();
        Write::Merge { key: self.key(), once: self.once(), union }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = self.once();
        let sets = [(PUSHERS, &self.pushers), (Self::CUT, &self.cut)];
        let sets = sets.into_iter().filter(|(_, members)| !members.is_empty());
        attributes.extend(sets.map(|(name, set)| (name.to_owned(), Value::Set(set.clone()))));
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            reference: NodeId::parse(&item.key.pk)?,
            at: leading_time(item.key.sk.strip_prefix(Self::PREFIX)?)?,
            commit: item.text(Self::COMMIT).and_then(NodeId::parse),
            before: item.text(Self::BEFORE).map(str::to_owned),
            forced: item.number(Self::FORCED).map(|forced| forced != 0),
            pushers: item.set(PUSHERS).map(str::to_owned).collect(),
            cut: item.set(Self::CUT).map(str::to_owned).collect(),
        })
    }

    fn sk(at: Timestamp, commit: Option<&NodeId>) -> String {
        format!("{}{}", Self::PREFIX, Self::version_of(at, commit))
    }

    fn once(&self) -> Attributes {
        let mut once = Attributes::from([(Self::AT.into(), self.at.millis().into())]);
        once.extend(self.commit.iter().map(|id| (Self::COMMIT.into(), id.to_string().into())));
        once.extend(self.before.iter().map(|id| (Self::BEFORE.into(), id.clone().into())));
        once.extend(self.forced.iter().map(|forced| (Self::FORCED.into(), i64::from(*forced).into())));
        once
    }

    /// A text that is not smaller than any key of this time.
    fn end_of(at: Timestamp) -> String {
        format!("{}{}#~", Self::PREFIX, millis(at))
    }
}

/// A resource that was built from the commit at the head of a branch at its creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowerRow {
    /// The node of the branch.
    pub reference: NodeId,
    /// When it was created.
    pub created_at: Timestamp,
    /// The identity of the node.
    pub id: NodeId,
}

impl FollowerRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "FollowerRow",
        says: "a resource that was built from the head of a branch at a time",
        pk: "<reference>",
        sk: "J#<time>#<identity>",
    };
    const PREFIX: &str = "J#";
    pub(super) const NAMING: [&str; 1] = [Self::ID];
    const ID: &str = "id";

    /// Resources that were created from a time on (included) and before another time: while the branch pointed to one head.
    #[must_use]
    pub fn between(reference: &NodeId, from: Timestamp, until: Option<Timestamp>) -> Query {
        // Every key of the time `until` is greater than this one, because an identity follows.
        let until = until.map_or_else(|| format!("{}~", Self::PREFIX), Self::begin_of);
        Query::between(reference.as_str(), Self::begin_of(from), until)
    }

    /// The heads of a branch, and behind them the resources that were built from it.
    #[must_use]
    pub fn and_heads(reference: &NodeId) -> Query {
        Query::between(reference.as_str(), HeadRow::PREFIX, format!("{}~", Self::PREFIX))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.reference.as_str(), format!("{}{}", Self::begin_of(self.created_at), self.id))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(Self::ID.into(), self.id.to_string().into())]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            reference: NodeId::parse(&item.key.pk)?,
            created_at: leading_time(item.key.sk.strip_prefix(Self::PREFIX)?)?,
            id: item.text(Self::ID).and_then(NodeId::parse)?,
        })
    }

    fn begin_of(at: Timestamp) -> String {
        format!("{}{}#", Self::PREFIX, millis(at))
    }
}
