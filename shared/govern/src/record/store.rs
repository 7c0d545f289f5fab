//! Writes a record with no more than it changes, and refreshes the closures that it may concern.
//!
//! Most of what a job's event says is known: the image, the commit and the data were recorded before, and the job itself is told
//! of several times. What is stored only grows, so a write that would change nothing now never will, and is left out. Without
//! that, each job on a popular image would look at the closures of all live deployments that run it.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::{DETAIL, NODE, Record};
use sagewarden_lineage::rows::node::STATE_VERSION;
use sagewarden_lineage::table::{Attributes, Item, Key, Value, Write};

use crate::ports::{PortError, Table};
use crate::record::closure::refresh;

/// The sort key of what a record still has to refresh: the nodes of others that it changes.
const PENDING: &str = "P";
const NODES: &str = "nodes";
/// Nodes that are written down there at most: an item holds 400 KB, and an S3 key may have 1 KB. What is beyond, a record that is
/// cut short leaves to the next change.
const MAX_PENDING: usize = 200;

/// Writes a record and refreshes the closures of live deployments that hold a node that it changes.
///
/// INVARIANT: whoever changes a node refreshes, also when it is cut short in between. The retry always refreshes the record's own
/// node, which is in every closure that holds what only this record names. A node of others that it changes is written down
/// beforehand: on the retry nothing shows any more that it was changed.
///
/// `last` is the node that the record is about, where others may take it for whole once it is there.
///
/// # Errors
/// When the table fails. The retry of the event goes on where it ended.
pub(crate) async fn store_record(
    table: &impl Table,
    record: Record,
    last: Option<&NodeId>,
) -> Result<(), PortError> {
    let Record { writes, touched, .. } = record;
    let own: BTreeSet<NodeId> = touched.iter().filter(|id| !is_shared(id)).cloned().collect();
    // A push has nothing but nodes of its own.
    let Some(subject) = own.first() else {
        write(table, writes).await?;
        return refresh(table, &touched).await;
    };
    let pending_key = Key::new(subject.as_str(), PENDING);
    let mut due = Due::of(table, writes, Some(&pending_key)).await?;
    let pending: BTreeSet<NodeId> = due.pending.iter().filter_map(|id| NodeId::parse(id)).collect();
    let others: BTreeSet<String> = due.changed_of_others().map(ToString::to_string).collect();
    if !others.is_empty() {
        let nodes = due.pending.union(&others).take(MAX_PENDING).cloned().collect();
        let attributes = Attributes::from([(NODES.into(), Value::Set(nodes))]);
        table.write(&[Write::Put(Item { key: pending_key.clone(), attributes })]).await?;
    }
    let to_refresh = own.iter().chain(&due.changed).chain(&pending).cloned().collect();
    due.write(table, last).await?;
    refresh(table, &to_refresh).await?;
    if !others.is_empty() || !pending.is_empty() {
        table.write(&[Write::Delete(pending_key)]).await?;
    }
    Ok(())
}

/// Writes what is new of some writes, without a refresh.
///
/// # Errors
/// When the table fails.
pub(crate) async fn write(table: &impl Table, writes: Vec<Write>) -> Result<(), PortError> {
    Due::of(table, writes, None).await?.write(table, None).await
}

/// Whether many records write the same of a node: what it says is a function of its identity.
fn is_shared(id: &NodeId) -> bool {
    matches!(id.kind(), NodeKind::Image | NodeKind::Commit | NodeKind::Dataset | NodeKind::Artifact)
}

/// What is left to be written.
struct Due {
    first: Vec<Write>,
    nodes: Vec<Write>,
    changed: BTreeSet<NodeId>,
    existing: BTreeSet<NodeId>,
    pending: BTreeSet<String>,
}

impl Due {
    async fn of(table: &impl Table, writes: Vec<Write>, pending: Option<&Key>) -> Result<Self, PortError> {
        let writes = combined(writes);
        let read = |key: &Key| key.sk == NODE || key.sk == DETAIL;
        let mut keys: Vec<Key> = writes.iter().map(key_of).filter(|key| read(key)).cloned().collect();
        keys.extend(pending.cloned());
        let stored: BTreeMap<Key, Item> =
            table.get(&keys).await?.into_iter().map(|item| (item.key.clone(), item)).collect();
        let mut due = Self {
            first: Vec::new(),
            nodes: Vec::new(),
            changed: BTreeSet::new(),
            existing: BTreeSet::new(),
            pending: pending
                .and_then(|key| stored.get(key))
                .map(|item| item.set(NODES).map(str::to_owned).collect())
                .unwrap_or_default(),
        };
        for write in writes {
            if is_told(&write, &stored) {
                continue;
            }
            match &write {
                Write::Merge { key, .. } | Write::Newest { key, .. } => {
                    let id = NodeId::parse(&key.pk).filter(|_| key.sk == NODE);
                    due.existing.extend(id.clone().filter(|_| stored.contains_key(key)));
                    due.changed.extend(id);
                    due.nodes.push(write);
                }
                Write::Put(_) | Write::Delete(_) => due.first.push(write),
            }
        }
        Ok(due)
    }

    /// Nodes of others that a live closure may hold as they were. A commit may be named before it is recorded.
    fn changed_of_others(&self) -> impl Iterator<Item = &NodeId> {
        self.changed
            .iter()
            .filter(|id| is_shared(id) && (self.existing.contains(*id) || id.kind() == NodeKind::Commit))
    }

    /// INVARIANT: aliases, out-edges and states come before the nodes. A node that is told has them; and the node that the record
    /// is about comes last of all: whoever names it takes one that is there for one that is written whole.
    async fn write(&mut self, table: &impl Table, last: Option<&NodeId>) -> Result<(), PortError> {
        let is_last = |write: &Write| {
            let key = key_of(write);
            last.is_some_and(|id| key.pk == id.as_str() && key.sk == NODE)
        };
        let (own, nodes) = std::mem::take(&mut self.nodes).into_iter().partition(is_last);
        for writes in [std::mem::take(&mut self.first), nodes, own] {
            if !writes.is_empty() {
                table.write(&writes).await?;
            }
        }
        Ok(())
    }
}

fn key_of(write: &Write) -> &Key {
    match write {
        Write::Merge { key, .. } | Write::Newest { key, .. } | Write::Delete(key) => key,
        Write::Put(item) => &item.key,
    }
}

/// One merge a node, and each item put once: the last one counts, as the table has it.
fn combined(writes: Vec<Write>) -> Vec<Write> {
    let mut merges: BTreeMap<Key, (Attributes, BTreeMap<String, BTreeSet<String>>)> = BTreeMap::new();
    let mut whole: BTreeMap<Key, Write> = BTreeMap::new();
    let mut registers = Vec::new();
    for write in writes {
        match write {
            Write::Merge { key, once, union } => {
                let (all, sets) = merges.entry(key).or_default();
                for (name, value) in once {
                    all.entry(name).or_insert(value);
                }
                for (name, members) in union {
                    sets.entry(name).or_default().extend(members);
                }
            }
            Write::Newest { .. } => registers.push(write),
            Write::Put(_) | Write::Delete(_) => {
                whole.insert(key_of(&write).clone(), write);
            }
        }
    }
    let merges = merges.into_iter().map(|(key, (once, union))| Write::Merge { key, once, union });
    whole.into_values().chain(merges).chain(registers).collect()
}

/// Whether the stored items say it already.
fn is_told(write: &Write, stored: &BTreeMap<Key, Item>) -> bool {
    match write {
        Write::Merge { key, once, union } => stored.get(key).is_some_and(|item| {
            once.keys().all(|name| item.attributes.contains_key(name))
                && union.iter().all(|(name, members)| {
                    members.iter().all(|member| item.set(name).any(|stored| stored == member))
                })
        }),
        Write::Newest { key, version_attribute, version, .. } => stored
            .get(key)
            .and_then(|item| item.text(version_attribute))
            .is_some_and(|stored| stored >= version.as_str()),
        Write::Put(item) => is_put(item, stored),
        Write::Delete(_) => false,
    }
}

fn is_put(item: &Item, stored: &BTreeMap<Key, Item>) -> bool {
    let Key { pk, sk } = &item.key;
    let node = |id: &str| stored.get(&Key::new(id, NODE));
    if sk == DETAIL {
        return stored.get(&item.key).is_some_and(|detail| detail.attributes == item.attributes);
    }
    if pk.starts_with("K#") {
        return item.text("id").and_then(node).is_some_and(|node| node.text("ty").is_some());
    }
    if let Some(state) = sk.strip_prefix("S#") {
        return node(pk).and_then(|node| node.text(STATE_VERSION)) == Some(state);
    }
    let edge = sk.strip_prefix("O#").and_then(|edge| edge.split_once('#'));
    edge.is_some_and(|(label, destination)| {
        let member = format!("{label}|{pk}");
        node(destination).is_some_and(|node| node.set("ins").any(|stored| stored == member))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(value.into())
    }

    fn stored(items: Vec<Item>) -> BTreeMap<Key, Item> {
        items.into_iter().map(|item| (item.key.clone(), item)).collect()
    }

    #[test]
    fn merges_of_a_node_are_one_and_the_first_fact_counts() {
        let key = Key::new("tjob#a", NODE);
        let merge = |value: &str, edge: &str| Write::Merge {
            key: key.clone(),
            once: Attributes::from([("nm".into(), text(value))]),
            union: BTreeMap::from([("ins".into(), BTreeSet::from([edge.into()]))]),
        };
        let one = Write::Merge {
            key: key.clone(),
            once: Attributes::from([("nm".into(), text("a"))]),
            union: BTreeMap::from([("ins".into(), BTreeSet::from(["x".into(), "y".into()]))]),
        };
        assert_eq!(combined(vec![merge("a", "x"), merge("b", "y")]), [one]);
    }

    #[test]
    fn what_a_node_says_already_is_not_written_again() {
        let endpoint = Item {
            key: Key::new("ep#a", NODE),
            attributes: Attributes::from([("stv".into(), text("2#InService"))]),
        };
        let node = Item {
            key: Key::new("tjob#a", NODE),
            attributes: Attributes::from([
                ("ty".into(), text("training-job")),
                ("stv".into(), text("2#Completed")),
                ("ins".into(), Value::Set(BTreeSet::from(["ContributedTo:image|img#x".into()]))),
            ]),
        };
        let stored = stored(vec![node, endpoint]);
        let put = |pk: &str, sk: &str, attributes| {
            is_told(&Write::Put(Item { key: Key::new(pk, sk), attributes }), &stored)
        };
        let id = Attributes::from([("id".into(), text("tjob#a"))]);
        assert!(put("K#name#training-job/a", "tjob#a", id));
        assert!(put("img#x", "O#ContributedTo:image#tjob#a", Attributes::new()));
        assert!(!put("img#y", "O#ContributedTo:image#tjob#a", Attributes::new()));
        assert!(put("ep#a", "S#2#InService", Attributes::new()));
        assert!(!put("ep#a", "S#1#Creating", Attributes::new()));
        assert!(!put("tjob#a", "V#bundle", Attributes::new()));
    }
}
