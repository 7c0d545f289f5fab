//! The table as a reader with a scope sees it: nodes outside the scope do not exist, and no row names them.
//!
//! Every question reads through it, so a new kind of question is scoped from the start. If the key of a new kind of row leads to another
//! node, add it to `destinations`. The rows know which attributes name nodes (`naming`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Resource;
use sagewarden_lineage::edge::InEdge;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{ARN, GAPS, IN_EDGES, gap, parse_gap};
use sagewarden_lineage::rows::{
    AliasRow, ClosureRow, ComponentRow, EndpointRow, ErasedRow, LiveRow, MadeRow, NodeRow, ObservationRow,
    OutEdgeRow, UnindexedRow, VerdictRow, naming, subject_of_finding,
};
use sagewarden_lineage::scope::Scope;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Value, Write};

use crate::ports::{Claim, Claimed, PortError, PortErrorKind, Table};

/// Rows that are read at once after a page on which nothing may be seen: in a list of everything there may be many such pages.
const PASSED_BY: usize = 1_000;

/// A table within a scope, for one answer.
pub(super) struct Scoped<'a, T> {
    table: &'a T,
    scope: &'a Scope,
    /// Nodes without a name of their own, and whether they belong.
    unnamed: RefCell<BTreeMap<NodeId, bool>>,
    /// Runs and findings of monitoring on endpoints of the scope: SageMaker chose the names of these jobs.
    observed: RefCell<BTreeSet<NodeId>>,
    /// Nodes outside that rows of the scope name.
    outside: RefCell<BTreeSet<NodeId>>,
}

impl<'a, T: Table> Scoped<'a, T> {
    pub(super) fn new(table: &'a T, scope: &'a Scope) -> Self {
        Self {
            table,
            scope,
            unnamed: RefCell::default(),
            observed: RefCell::default(),
            outside: RefCell::default(),
        }
    }

    /// How many nodes were left out.
    pub(super) fn outside(&self) -> usize {
        self.outside.borrow().len()
    }

    /// The rest of the rows. A node that only the question named is not counted, because the answer must not reveal whether it exists.
    async fn seen(&self, items: Vec<Item>) -> Result<Vec<Item>, PortError> {
        self.observe(&items);
        self.look_up(&items).await?;
        Ok(items.into_iter().filter_map(|item| self.visible(item)).collect())
    }

    /// Whether a node belongs to the scope. One without a name has been looked up.
    fn holds(&self, id: &NodeId) -> bool {
        let unnamed = || self.unnamed.borrow().get(id).copied().unwrap_or_default();
        self.scope.holds_id(id).unwrap_or_else(unnamed) || self.observed.borrow().contains(id)
    }

    /// The same, of a node that a row of the scope leads to: one that does not belong is counted.
    fn leads_to(&self, id: &NodeId) -> bool {
        let holds = self.holds(id);
        if !holds {
            self.outside.borrow_mut().insert(id.clone());
        }
        holds
    }

    /// Notes the observations on endpoints of the scope, and the runs that made them.
    fn observe(&self, items: &[Item]) {
        for item in items {
            if let Some(row) = ObservationRow::parse(item).filter(|row| self.holds(&row.endpoint)) {
                self.observed.borrow_mut().insert(row.node);
            }
            let found =
                NodeRow::id_of(&item.key).filter(|id| id.kind() == NodeKind::Violation && self.holds(id));
            let sources = found.into_iter().flat_map(|_| item.set(IN_EDGES).filter_map(InEdge::parse));
            let runs =
                sources.map(|edge| edge.source).filter(|id| id.kind() == NodeKind::MonitoringExecution);
            self.observed.borrow_mut().extend(runs);
        }
    }

    /// Reads the nodes without a name that these rows are of or lead to.
    async fn look_up(&self, items: &[Item]) -> Result<(), PortError> {
        let named = items.iter().flat_map(named).filter(|id| self.scope.holds_id(id).is_none());
        let known = self.unnamed.borrow().keys().cloned().collect::<BTreeSet<_>>();
        let unknown: BTreeSet<NodeId> = named.filter(|id| !known.contains(id)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = unknown.iter().map(NodeRow::key).collect();
        let rows = self.table.get(&keys).await?;
        let belongs =
            |id: &NodeId| rows.iter().any(|row| row.key == NodeRow::key(id) && self.scope.holds_row(id, row));
        let decided: BTreeMap<NodeId, bool> =
            unknown.into_iter().map(|id| (id.clone(), belongs(&id))).collect();
        self.unnamed.borrow_mut().extend(decided);
        Ok(())
    }

    /// The row as it may be seen; `None` when it may not.
    fn visible(&self, item: Item) -> Option<Item> {
        if let Some(row) = AliasRow::parse(&item) {
            return self.holds(&row.id).then_some(item);
        }
        if let Some(row) = UnindexedRow::parse(&item) {
            return self.holds(&row.deployment).then_some(item);
        }
        if let Some(row) = ErasedRow::parse(&item) {
            let name = Resource::parse_arn(&row.arn).ok()?.name;
            return self.scope.holds_name(&name).then_some(item);
        }
        let id = subject(&item).filter(|id| self.holds(id))?;
        // Each is counted, also where one is enough.
        if destinations(&item).iter().filter(|id| !self.leads_to(id)).count() > 0 {
            return None;
        }
        let naming = naming(&item);
        let Item { key, attributes } = item;
        let attributes =
            if NodeRow::id_of(&key).is_some() { self.node(attributes, naming) } else { attributes };
        let redacted = |(name, value): (String, Value)| {
            let value =
                if naming.contains(&name.as_str()) { value } else { self.redacted(&id, &name, value) };
            (name, value)
        };
        Some(Item { key, attributes: attributes.into_iter().map(redacted).collect() })
    }

    /// A node without its edges to nodes outside the scope.
    fn node(&self, mut attributes: Attributes, naming: &[&str]) -> Attributes {
        let mut gone: BTreeSet<String> = BTreeSet::new();
        if let Some(Value::Set(edges)) = attributes.get_mut(IN_EDGES) {
            edges.retain(|text| match InEdge::parse(text) {
                Some(edge) if self.leads_to(&edge.source) => true,
                Some(edge) => {
                    gone.insert(edge.role);
                    false
                }
                None => false,
            });
        }
        // Registers: the head of a branch, a commit that was inferred.
        attributes.retain(|name, value| match value {
            Value::Text(text) if naming.contains(&name.as_str()) => {
                NodeId::parse(text).is_none_or(|id| self.leads_to(&id))
            }
            _ => true,
        });
        // A node that was taken out may have filled a gap: then it was not a gap, and its words may name the node.
        if let Some(Value::Set(gaps)) = attributes.get_mut(GAPS) {
            let left = gaps.iter().filter_map(|text| parse_gap(text)).filter(|(subject, _)| {
                !gone.contains(*subject) && NodeId::parse(subject).is_none_or(|id| self.holds(&id))
            });
            *gaps = left.map(|(subject, words)| gap(subject, &self.scope.redact_gap(words))).collect();
        }
        attributes.retain(|_, value| !matches!(value, Value::Set(set) if set.is_empty()));
        attributes
    }

    /// Removes addresses outside the scope from an attribute of a node. Edges and attributes that name nodes are handled before.
    fn redacted(&self, id: &NodeId, name: &str, value: Value) -> Value {
        let own = format!("/{}", id.last_name());
        // A node that is in scope only through its endpoint keeps its ARN, whatever its own name.
        let is_own = |text: &str| {
            name == ARN
                && self.scope.holds_id(id) == Some(false)
                && text.starts_with("arn:")
                && text.ends_with(&own)
                && !text.contains(char::is_whitespace)
        };
        match value {
            Value::Text(text) if is_own(&text) => Value::Text(text),
            Value::Text(text) => Value::Text(self.scope.redact(&text)),
            Value::Set(texts) if name != IN_EDGES => {
                Value::Set(texts.iter().map(|text| self.scope.redact(text)).collect())
            }
            other => other,
        }
    }
}

/// The nodes that a row leads to by its key, or by an attribute that names one; a node's own row has edges and registers instead.
/// Whatever else a row says is an author's words: they decide of no row whether it is seen.
fn destinations(item: &Item) -> Vec<NodeId> {
    if NodeRow::id_of(&item.key).is_some() {
        return Vec::new();
    }
    let texts = naming(item).iter().filter_map(|name| NodeId::parse(item.text(name)?));
    let by_key = [
        OutEdgeRow::parse(item).map(|row| row.destination),
        ObservationRow::parse(item).map(|row| row.node),
        LiveRow::parse(item).map(|row| row.deployment),
        ComponentRow::parse(item).map(|row| row.version),
    ];
    by_key.into_iter().flatten().chain(texts).collect()
}

/// The node that a row is of. An entry in a list is of the node that it lists.
fn subject(item: &Item) -> Option<NodeId> {
    let listed = EndpointRow::parse(item).map(|row| row.endpoint);
    if let Some(id) = listed.or_else(|| MadeRow::parse(item).map(|row| row.id)) {
        return Some(id);
    }
    let found = subject_of_finding(item);
    NodeId::parse(found.as_deref().or(VerdictRow::subject(&item.key)).unwrap_or(&item.key.pk))
}

/// The nodes that a row is of, or leads to.
fn named(item: &Item) -> Vec<NodeId> {
    let mut ids = destinations(item);
    ids.extend(naming(item).iter().filter_map(|name| NodeId::parse(item.text(name)?)));
    ids.extend(subject(item));
    ids.extend(item.set(IN_EDGES).filter_map(InEdge::parse).map(|edge| edge.source));
    ids.extend(item.set(GAPS).filter_map(parse_gap).filter_map(|(subject, _)| NodeId::parse(subject)));
    ids
}

impl<T: Table> Table for Scoped<'_, T> {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.seen(self.table.get(keys).await?).await
    }

    /// The place where a page continues is the key of a visible row, because keys name nodes.
    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        if ClosureRow::is_asked_for(query) {
            // Copies of nodes on both sides: the answer walks upstream instead.
            return Ok(Page::default());
        }
        let most = query.limit.unwrap_or(usize::MAX);
        let mut query = query.clone();
        loop {
            let page = self.table.query(&query).await?;
            let mut items = self.seen(page.items).await?;
            let is_cut = items.len() > most;
            items.truncate(most);
            match (page.next, items.last()) {
                (next, Some(last)) if is_cut || next.is_some() => {
                    let next = Some(last.key.sk.clone());
                    return Ok(Page { items, next });
                }
                (Some(next), _) => {
                    query.after = Some(next);
                    query.limit = query.limit.map(|limit| limit.max(PASSED_BY));
                }
                (None, _) => return Ok(Page { items, next: None }),
            }
        }
    }

    async fn write(&self, _: &[Write]) -> Result<(), PortError> {
        Err(read_only())
    }

    async fn claim(&self, _: &Claim) -> Result<Claimed, PortError> {
        Err(read_only())
    }

    async fn settle(&self, _: &Claim, _: Attributes) -> Result<(), PortError> {
        Err(read_only())
    }

    async fn release(&self, _: &Claim) -> Result<(), PortError> {
        Err(read_only())
    }
}

fn read_only() -> PortError {
    PortError::new(PortErrorKind::Invalid, "write to the table", "a question only reads")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sagewarden_lineage::rows::KINDS;

    /// Rows whose sort keys name a node. Either an attribute names the node as well (followers, heads, revisions: `naming`), or this file
    /// handles the row, or no answer shows it.
    #[test]
    fn a_row_whose_key_leads_to_a_node_is_known_here() {
        let names = |sk: &str| ["<identity>", "<deployment", "<commit"].iter().any(|name| sk.contains(name));
        let leading: BTreeSet<&str> =
            KINDS.iter().filter(|kind| names(kind.sk)).map(|kind| kind.row).collect();
        let destinations = ["OutEdgeRow", "ObservationRow", "LiveRow", "ComponentRow"];
        let places = ["AliasRow", "UnindexedRow", "MadeRow"];
        let attributes = ["FollowerRow", "HeadRow", "RevisionRow"];
        let known = destinations.into_iter().chain(places).chain(attributes);
        assert_eq!(leading, known.collect());
    }
}
