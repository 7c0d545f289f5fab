//! Writes a record with as few writes as possible, and refreshes the closures that it may affect.
//!
//! Most facts in a job's event are recorded already: the image, the commit and the data were recorded before, and the job itself has
//! several events. Stored facts only grow. So if a write would change nothing now, it never will, and is left out. Otherwise, each job on a
//! popular image would read the closures of all live deployments that run it.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::Record;
use sagewarden_lineage::rows::node::{IN_EDGES, STATE_VERSION};
use sagewarden_lineage::rows::{AliasRow, DetailRow, EndpointRow, MadeRow, NodeRow, OutEdgeRow, StateRow};
use sagewarden_lineage::table::{Attributes, Item, Key, Write};

use crate::notify::Moment;
use crate::ports::{PortError, Table};
use crate::record::closure::refresh;
use crate::record::pending::Pending;

/// Writes a record and refreshes the closures of live deployments that hold a node that it changes.
///
/// INVARIANT: an attempt that changes a node refreshes its closures, even if it dies in between. A retry always refreshes the record's own
/// node, which is in every closure that holds nodes that only this record names. For other nodes that the record changes, a row lists them
/// first: on the retry nothing else would show that they changed.
///
/// `last` is the node that the record is about, if readers may take it as complete once it exists.
///
/// # Errors
///
/// If the table fails. The retry of the event continues where this attempt ended.
pub(crate) async fn store_record(
    table: &impl Table,
    moment: &Moment,
    record: Record,
    last: Option<&NodeId>,
) -> Result<(), PortError> {
    let Record { writes, touched, .. } = record;
    let (others, own): (BTreeSet<NodeId>, BTreeSet<NodeId>) = touched.into_iter().partition(is_shared);
    // Without a node of its own, a record has no place for a list of its changes: a retry refreshes all that it touches.
    let Some(subject) = last.or(own.first()) else {
        write_new(table, writes).await?;
        return refresh(table, &others).await;
    };
    let mut pending = if others.is_empty() {
        Pending::none(subject, moment)
    } else {
        Pending::of(table, subject, moment).await?
    };
    let mut due = Due::of(table, writes).await?;
    pending.note(table, due.changed_of_others()).await?;
    let to_refresh = own.iter().chain(&due.changed).chain(pending.nodes()).cloned().collect();
    due.write(table, last).await?;
    refresh(table, &to_refresh).await?;
    pending.end(table).await
}

/// Writes the new ones of some writes, for a caller that refreshes all that they may change, and so needs no list of outstanding refreshes.
///
/// # Errors
/// When the table fails.
pub(crate) async fn write_new(table: &impl Table, writes: Vec<Write>) -> Result<(), PortError> {
    Due::of(table, writes).await?.write(table, None).await
}

/// Whether many records write the same content to a node, because it is a function of the node's identity.
fn is_shared(id: &NodeId) -> bool {
    matches!(id.kind(), NodeKind::Image | NodeKind::Commit | NodeKind::Dataset | NodeKind::Artifact)
}

/// The writes that are left.
#[derive(Default)]
struct Due {
    first: Vec<Write>,
    nodes: Vec<Write>,
    changed: BTreeSet<NodeId>,
    existing: BTreeSet<NodeId>,
}

impl Due {
    async fn of(table: &impl Table, writes: Vec<Write>) -> Result<Self, PortError> {
        let writes = combined(writes);
        let read = |key: &Key| NodeRow::id_of(key).is_some() || DetailRow::is(key) || EndpointRow::is(key);
        let keys: Vec<Key> = writes.iter().map(key_of).filter(|key| read(key)).cloned().collect();
        let stored: BTreeMap<Key, Item> =
            table.get(&keys).await?.into_iter().map(|item| (item.key.clone(), item)).collect();
        let mut due = Self::default();
        for write in writes {
            if is_stored(&write, &stored) {
                continue;
            }
            match &write {
                // The list of endpoints is no part of the graph.
                Write::Newest { key, .. } if EndpointRow::is(key) => due.first.push(write),
                Write::Merge { key, .. } | Write::Newest { key, .. } => {
                    let id = NodeRow::id_of(key);
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

    /// INVARIANT: aliases, out-edges and states come before the nodes. A node that is stored has them; and the node that the record
    /// is about comes last of all: readers take a node that exists for one that is written completely.
    async fn write(&mut self, table: &impl Table, last: Option<&NodeId>) -> Result<(), PortError> {
        let last = last.map(NodeRow::key);
        let is_last = |write: &Write| last.as_ref() == Some(key_of(write));
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
fn is_stored(write: &Write, stored: &BTreeMap<Key, Item>) -> bool {
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
    let node = |id: &NodeId| stored.get(&NodeRow::key(id));
    if DetailRow::is(&item.key) {
        return stored.get(&item.key).is_some_and(|detail| detail.attributes == item.attributes);
    }
    let alias = AliasRow::parse(item).map(|alias| alias.id);
    if let Some(id) = alias.or_else(|| MadeRow::parse(item).map(|row| row.id)) {
        return node(&id).is_some_and(NodeRow::is_recorded);
    }
    if let Some(state) = StateRow::parse(item) {
        let newest = node(&state.endpoint).and_then(|node| node.text(STATE_VERSION));
        return newest == Some(state.reached.to_string().as_str());
    }
    OutEdgeRow::parse(item).is_some_and(|row| {
        let edge = row.in_edge().to_string();
        node(&row.destination).is_some_and(|node| node.set(IN_EDGES).any(|stored| stored == edge))
    })
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{Status, Timestamp};
    use sagewarden_lineage::edge::{InEdge, Relation};
    use sagewarden_lineage::rows::node::{NAME, TYPE};
    use sagewarden_lineage::rows::{Alias, ReachedState};
    use sagewarden_lineage::table::Value;

    use super::*;

    fn stored(items: Vec<Item>) -> BTreeMap<Key, Item> {
        items.into_iter().map(|item| (item.key.clone(), item)).collect()
    }

    #[test]
    fn merges_of_a_node_are_one_and_the_first_fact_counts() {
        let id = NodeId::parse("tjob#a").unwrap();
        let merge = |name: &str, edges: &[&str]| {
            let edges = edges.iter().map(ToString::to_string).collect();
            let once = Attributes::from([(NAME.into(), name.into())]);
            NodeRow::merge(&id, once, BTreeMap::from([(IN_EDGES.into(), edges)]))
        };
        let one = merge("a", &["x", "y"]);
        assert_eq!(combined(vec![merge("a", &["x"]), merge("b", &["y"])]), [one]);
    }

    #[test]
    fn what_a_node_says_already_is_not_written_again() {
        let id = |text: &str| NodeId::parse(text).unwrap();
        let reached = |at, state| ReachedState::of(&Status::parse(state), Timestamp::from_millis(at));
        let edge = |image: &str| InEdge::new(Relation::ContributedTo, "image", id(image));
        let endpoint = NodeRow {
            id: id("ep#a"),
            attributes: Attributes::from([(
                STATE_VERSION.into(),
                reached(2, "InService").to_string().into(),
            )]),
        };
        let job = NodeRow {
            id: id("tjob#a"),
            attributes: Attributes::from([
                (TYPE.into(), "training-job".into()),
                (STATE_VERSION.into(), reached(2, "Completed").to_string().into()),
                (IN_EDGES.into(), Value::Set(BTreeSet::from([edge("img#x").to_string()]))),
            ]),
        };
        let stored = stored(vec![endpoint.item(), job.item()]);
        let put = |item: Item| is_stored(&Write::Put(item), &stored);
        assert!(put(AliasRow { alias: Alias::name("training-job", "a"), id: id("tjob#a") }.item()));
        assert!(!put(AliasRow { alias: Alias::name("training-job", "b"), id: id("tjob#b") }.item()));
        assert!(put(OutEdgeRow::of(&edge("img#x"), &id("tjob#a")).item()));
        assert!(!put(OutEdgeRow::of(&edge("img#y"), &id("tjob#a")).item()));
        let state = |reached| StateRow { endpoint: id("ep#a"), reached, reason: None }.item();
        assert!(put(state(reached(2, "InService"))));
        assert!(!put(state(reached(1, "Creating"))));
    }
}
