//! The picture around a node: one step, and one more around each node that was opened.

use std::collections::{BTreeMap, BTreeSet};

use futures::executor::block_on;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::Table as _;
use sagewarden_govern::{DeploymentPeriod, Question, Way, deployment_periods, lookup_lineage, uses};
use sagewarden_lineage::answer::{Answer, Entry, EntryKind, LiveEndpoint};
use sagewarden_lineage::graph::Edge;
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::RevisionRow;
use sagewarden_view::explorer::{Address, Depth, GraphPage};

use crate::serve::answered::{Refused, SentPage};
use crate::serve::explorer::{Explorer, at};

/// At most this many nodes are opened one by one: for more, show the whole picture.
const OPENED: usize = 40;
/// The most boxes whose uses are counted. In a larger picture, uses are not counted.
const COUNTED: usize = 300;
/// The most uses of a node that are counted.
const USES: usize = 100;

pub(super) fn page(explorer: &Explorer, address: &Address, asked: &str) -> Result<SentPage, Refused> {
    let wrong = || Refused::wrong("`depth` is 1 to 16, or `all`".to_owned());
    let depth = Depth::parse(address.get("depth")).ok_or_else(wrong)?;
    let refused = |refusal: Refused| explorer.refused(asked, refusal);
    let mut answer = around(explorer, address, asked, depth).map_err(refused)?;
    let opened: BTreeSet<&str> = address.all("open").take(OPENED).collect();
    for id in opened {
        let more = around(explorer, address, id, Depth::Steps(1))?;
        join(&mut answer, more);
    }
    let requests = answer.requests;
    if let Some(at) = at(address) {
        forget_later(&mut answer, at);
    }
    complete_edges(&mut answer);
    let downstream = counted(explorer, &answer)?;
    let (deployments, looked) = deployments(explorer, &answer.root)?;
    let page = GraphPage { answer: &answer, depth, downstream: downstream.0, deployments };
    explorer.shown(&page, address, requests + downstream.1 + looked)
}

/// When each deployment of an endpoint came into force, and the requests that it took. Nothing else has deployments.
fn deployments(explorer: &Explorer, root: &NodeId) -> Result<(Vec<Entry>, usize), Refused> {
    if root.kind() != NodeKind::Endpoint {
        return Ok((Vec::new(), 0));
    }
    let rows = block_on(explorer.rows.query(&RevisionRow::of(root)))?.items;
    let entry = |DeploymentPeriod { deployment, from: time, .. }| {
        let (subject, text) = match &deployment {
            Some(deployment) => {
                let configuration = LiveEndpoint::of(deployment).configuration;
                (deployment, format!("configuration {configuration} came into force"))
            }
            None => (root, "the endpoint was deleted".to_owned()),
        };
        let (kind, subject) = (EntryKind::Deployment, subject.to_string());
        Entry { time, kind, text, subject, digest: None, previous: None }
    };
    let periods = deployment_periods(rows.iter().filter_map(RevisionRow::parse));
    Ok((periods.into_iter().map(entry).collect(), 1))
}

/// A node with everything within some steps, upstream and downstream.
fn around(explorer: &Explorer, address: &Address, asked: &str, depth: Depth) -> Result<Answer, Refused> {
    let at = address.get("at").map(str::to_owned);
    let past = address.get("past").is_some() && at.is_none();
    let question =
        Question { direction: Way::Both, max_depth: Some(depth.steps()), past, at, ..Question::about(asked) };
    let mut answer = block_on(lookup_lineage(&explorer.rows, &question))?;
    // The closure of a live deployment is read as a whole, even if the address asks for fewer steps.
    let far: Vec<NodeId> = answer
        .graph
        .distance
        .iter()
        .filter(|(_, steps)| **steps > depth.steps())
        .map(|(id, _)| id.clone())
        .collect();
    for id in far {
        answer.graph.nodes.remove(&id);
        answer.graph.distance.remove(&id);
    }
    Ok(answer)
}

fn join(answer: &mut Answer, more: Answer) {
    answer.requests += more.requests;
    answer.details.extend(more.details);
    let far = answer.graph.distance.get(&more.root).copied().unwrap_or_default();
    let mut graph = more.graph;
    for (id, steps) in &mut graph.distance {
        let known = answer.graph.distance.get(id).copied();
        *steps = known.unwrap_or(far + *steps);
    }
    answer.graph.extend(graph);
}

/// Later nodes did not exist at that time.
fn forget_later(answer: &mut Answer, at: Timestamp) {
    let root = answer.root.clone();
    answer
        .graph
        .nodes
        .retain(|id, node| *id == root || node.created_at().is_none_or(|created| created <= at));
}

/// All edges between boxes. A node that was found downstream does not have its own edges yet.
fn complete_edges(answer: &mut Answer) {
    let graph = &mut answer.graph;
    let edges = graph.nodes.values().flat_map(|node| {
        let to = node.id.clone();
        node.in_edges().into_iter().map(move |edge| Edge {
            from: edge.source,
            to: to.clone(),
            relation: edge.relation,
            role: edge.role,
        })
    });
    let edges: Vec<Edge> = edges.filter(|edge| graph.nodes.contains_key(&edge.from)).collect();
    graph.edges.extend(edges);
    let nodes = &graph.nodes;
    graph.edges.retain(|edge| nodes.contains_key(&edge.from) && nodes.contains_key(&edge.to));
    // The deployment that was in force joins an endpoint and a finding, if the picture has it.
    let in_force: BTreeSet<NodeId> = graph
        .edges
        .iter()
        .filter(|edge| edge.from.kind() == NodeKind::Deployment && edge.to.kind() == NodeKind::Violation)
        .map(|edge| edge.to.clone())
        .collect();
    graph.edges.retain(|edge| edge.from.kind() != NodeKind::Endpoint || !in_force.contains(&edge.to));
}

/// How many uses of each node are not in the picture, and the requests that it took.
fn counted(explorer: &Explorer, answer: &Answer) -> Result<(BTreeMap<NodeId, usize>, usize), Refused> {
    let nodes = &answer.graph.nodes;
    if nodes.len() > COUNTED {
        return Ok((BTreeMap::new(), 0));
    }
    let uses = block_on(uses(&explorer.rows, nodes.keys(), USES))?;
    let requests = uses.len();
    let hidden =
        uses.into_iter().map(|(id, ends)| (id, ends.iter().filter(|end| !nodes.contains_key(*end)).count()));
    Ok((hidden.filter(|(_, hidden)| *hidden > 0).collect(), requests))
}
