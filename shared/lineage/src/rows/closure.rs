//! The rows of the closure of a live deployment: copies of everything upstream of it in one partition, and a row from each of these nodes
//! back to the deployment.

use super::kind::RowKind;
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Value, Write};

const ENDPOINT: &str = "ep";

/// Several nodes upstream of a live deployment.
///
/// In the item, the nodes have numbers from zero: the attribute `2` is `<distance>#<identity>` of the third node, and `2.nm` is its `nm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosureRow {
    /// The deployment of the closure.
    pub deployment: NodeId,
    /// The band of distances that share the row.
    pub band: usize,
    /// Distinguishes rows of one band.
    pub number: usize,
    /// The nodes.
    pub nodes: Vec<ClosureNode>,
}

/// A node in a closure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosureNode {
    /// Steps from the deployment.
    pub distance: usize,
    /// Which node.
    pub id: NodeId,
    /// The attributes of its own row; empty if nothing is recorded.
    pub attributes: Attributes,
}

impl ClosureNode {
    /// How many attributes it has in an item.
    #[must_use]
    pub fn names(&self) -> usize {
        self.attributes.len() + 1
    }

    /// Its size in an item, as DynamoDB counts it, if its number there has one digit. Each further digit adds one byte to each of its
    /// names.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let facts = self.attributes.iter().map(|(name, value)| "0.".len() + name.len() + value.bytes());
        "0".len() + self.head().len() + facts.sum::<usize>()
    }

    fn head(&self) -> String {
        format!("{}#{}", self.distance, self.id)
    }

    fn parse_head(value: &Value) -> Option<Self> {
        let Value::Text(text) = value else { return None };
        let (distance, id) = text.split_once('#')?;
        let (distance, id) = (distance.parse().ok()?, NodeId::parse(id)?);
        Some(Self { distance, id, attributes: Attributes::new() })
    }
}

impl ClosureRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ClosureRow",
        says: "copies of nodes upstream of a live deployment, several to a row",
        pk: "<deployment>",
        sk: "A#<band of distances>#<number>",
    };
    const PREFIX: &str = "A#";

    /// The closure of a deployment.
    #[must_use]
    pub fn of(deployment: &NodeId) -> Query {
        Query::prefix(deployment.as_str(), Self::PREFIX)
    }

    /// Whether a query is for closures.
    #[must_use]
    pub fn is_asked_for(query: &Query) -> bool {
        NodeId::parse(&query.pk).is_some_and(|deployment| query.range == Self::of(&deployment).range)
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = format!("{}{:03}#{:04}", Self::PREFIX, self.band, self.number);
        Key::new(self.deployment.as_str(), sk)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::new();
        for (number, node) in self.nodes.iter().enumerate() {
            attributes.insert(number.to_string(), node.head().into());
            let facts = node.attributes.iter();
            attributes.extend(facts.map(|(name, value)| (format!("{number}.{name}"), value.clone())));
        }
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: Item) -> Option<Self> {
        let deployment = NodeId::parse(&item.key.pk)?;
        let (band, number) = item.key.sk.strip_prefix(Self::PREFIX)?.split_once('#')?;
        let (band, number) = (band.parse().ok()?, number.parse().ok()?);
        let mut nodes: Vec<(usize, ClosureNode)> = Vec::new();
        // In byte order `1` comes before `1.nm`, and that before `10`.
        for (name, value) in item.attributes {
            match (name.split_once('.'), nodes.last_mut()) {
                (Some((_, fact)), Some((_, node))) => {
                    node.attributes.insert(fact.to_owned(), value);
                }
                (Some(_), None) => {}
                (None, _) => nodes.extend(name.parse().ok().zip(ClosureNode::parse_head(&value))),
            }
        }
        nodes.sort_by_key(|(number, _)| *number);
        let nodes = nodes.into_iter().map(|(_, node)| node).collect();
        Some(Self { deployment, band, number, nodes })
    }

    /// The nodes that a row holds, without their attributes.
    pub fn members(item: &Item) -> impl Iterator<Item = NodeId> {
        let heads = item.attributes.iter().filter(|(name, _)| !name.contains('.'));
        heads.filter_map(|(_, value)| Some(ClosureNode::parse_head(value)?.id))
    }
}

/// The row from a node to a live deployment that it is upstream of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRow {
    /// The node.
    pub ancestor: NodeId,
    /// The deployment.
    pub deployment: NodeId,
    /// The endpoint on which the deployment is in force.
    pub endpoint: NodeId,
}

impl LiveRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "LiveRow",
        says: "a live deployment, or an inference component that serves, that a node is upstream of",
        pk: "<identity>",
        sk: "L#<deployment>",
    };
    const PREFIX: &str = "L#";
    pub(super) const NAMING: [&str; 1] = [ENDPOINT];

    /// The live deployments that a node is upstream of.
    #[must_use]
    pub fn under(ancestor: &NodeId) -> Query {
        Query::prefix(ancestor.as_str(), Self::PREFIX)
    }

    /// The row's key.
    #[must_use]
    pub fn key(ancestor: &NodeId, deployment: &NodeId) -> Key {
        Key::new(ancestor.as_str(), format!("{}{deployment}", Self::PREFIX))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(ENDPOINT.into(), self.endpoint.to_string().into())]);
        Item { key: Self::key(&self.ancestor, &self.deployment), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            ancestor: NodeId::parse(&item.key.pk)?,
            deployment: NodeId::parse(item.key.sk.strip_prefix(Self::PREFIX)?)?,
            endpoint: NodeId::parse(item.text(ENDPOINT)?)?,
        })
    }
}

/// A live deployment whose closure is incomplete, because it has too much upstream. A question about the live deployments of a node cannot
/// find out whether such a deployment is part of the answer, and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnindexedRow {
    /// The deployment.
    pub deployment: NodeId,
}

impl UnindexedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "UnindexedRow",
        says: "a live deployment whose closure is larger than the limits",
        pk: "K#unindexed",
        sk: "<deployment>",
    };
    const PK: &str = "K#unindexed";

    /// All of them.
    #[must_use]
    pub fn all() -> Query {
        Query::whole(Self::PK)
    }

    /// The row's key.
    #[must_use]
    pub fn key(deployment: &NodeId) -> Key {
        Key::new(Self::PK, deployment.as_str())
    }

    /// The write.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Put(self.item())
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: Self::key(&self.deployment), attributes: Attributes::new() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let deployment = NodeId::parse(&item.key.sk).filter(|_| item.key.pk == Self::PK)?;
        Some(Self { deployment })
    }
}
