//! Out-edges. Each edge is stored on both of its ends: as a member of a set in the destination's row, and here.

use super::kind::RowKind;
use crate::edge::{InEdge, Relation};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query};

/// A role may have any character except a bar. The row also has the role as an attribute, because the key does not separate role and
/// destination.
const ROLE: &str = "role";

/// An edge, under the node that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutEdgeRow {
    /// The source.
    pub source: NodeId,
    /// The relation.
    pub relation: Relation,
    /// The role.
    pub role: String,
    /// The destination.
    pub destination: NodeId,
}

impl OutEdgeRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "OutEdgeRow",
        says: "an edge that leads out of a node",
        pk: "<identity>",
        sk: "O#<relation>:<role>#<identity>",
    };
    const PREFIX: &str = "O#";

    /// The other end of an edge that `destination` has.
    #[must_use]
    pub fn of(edge: &InEdge, destination: &NodeId) -> Self {
        Self {
            source: edge.source.clone(),
            relation: edge.relation,
            role: edge.role.replace('|', "_"),
            destination: destination.clone(),
        }
    }

    /// The edge, in the form of its destination's row.
    #[must_use]
    pub fn in_edge(&self) -> InEdge {
        InEdge::new(self.relation, &self.role, self.source.clone())
    }

    /// All edges out of a node.
    #[must_use]
    pub fn out_of(source: &NodeId) -> Query {
        Query::prefix(source.as_str(), Self::PREFIX)
    }

    /// The edges out of a node in one role.
    #[must_use]
    pub fn in_role(source: &NodeId, relation: Relation, role: &str) -> Query {
        Query::prefix(source.as_str(), Self::before_destination(relation, role))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let before = Self::before_destination(self.relation, &self.role);
        Key::new(self.source.as_str(), format!("{before}{}", self.destination))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(ROLE.into(), self.role.clone().into())]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let source = NodeId::parse(&item.key.pk)?;
        let (relation, rest) = item.key.sk.strip_prefix(Self::PREFIX)?.split_once(':')?;
        let role = item.text(ROLE)?;
        let destination = NodeId::parse(rest.strip_prefix(role)?.strip_prefix('#')?)?;
        Some(Self { source, relation: Relation::parse(relation)?, role: role.to_owned(), destination })
    }

    fn before_destination(relation: Relation, role: &str) -> String {
        format!("{}{relation}:{role}#", Self::PREFIX)
    }
}
