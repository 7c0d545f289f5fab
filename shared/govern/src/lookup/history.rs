//! The history of an entity. The history of an endpoint includes its deployments.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Entry, EntryKind, History, LiveEndpoint, TakenRemedy, verdict_in_words};
use sagewarden_lineage::audit::{VerdictChain, VerdictDigest, VerdictLink};
use sagewarden_lineage::chain::{Chain, Named, title};
use sagewarden_lineage::edge::{MONITORED, OBSERVED_ON};
use sagewarden_lineage::graph::{Graph, Node};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::{CREATED_BY, TRAFFIC, VERDICTS};
use sagewarden_lineage::rows::{ApprovalRow, JudgementRow, NodeRow, ObservationRow, TrafficRow, VerdictRow};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::{Direction, Walk};

use super::address::{Addressed, resolve};
use super::endpoint::components;
use super::entries::{entry, observation, own_entries};
use super::follow::follow;
use super::periods::{DeploymentPeriod, LOOKED_INTO, periods};
use super::question::{Bounds, NoAnswer, Question};
use super::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Entries of one kind in one answer: four days of an hourly schedule.
const ENTRIES: usize = 100;
/// Rows of an entity that are read: an image that ten thousand jobs ran has as many edges.
const ROWS: usize = 500;

/// Answers `history`.
pub(super) async fn history<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<History, NoAnswer> {
    let Addressed { id: root, at } = resolve(reading, &question.entity).await?;
    let item = reading.node(&root).await?;
    let mut history = History {
        name: title(&Node { id: root.clone(), item: item.clone() }),
        root: root.to_string(),
        entries: Vec::new(),
        complete: true,
        missing: Vec::new(),
        cursor: None,
        requests: 0,
    };
    let before = before(question, at)?;
    let node = Node { id: root, item };
    let collected = match node.id.kind() {
        NodeKind::Endpoint => collect(reading, &node, bounds, before, &mut history).await,
        _ => collect_own(reading, &node, &mut history).await,
    };
    match collected {
        Ok(()) => {}
        Err(Interrupted::Stopped(why)) => history.missing.push(format!("it is cut: {}", why.explain())),
        Err(Interrupted::Port(error)) => return Err(error.into()),
    }
    history.entries.retain(|entry| before.is_none_or(|before| entry.time < before));
    history.entries.sort_by(|one, other| other.cmp(one));
    history.entries.dedup();
    cut(&mut history);
    history.complete = history.missing.is_empty();
    history.requests = reading.requests();
    Ok(history)
}

/// The time before which entries count: the last entry of an earlier answer, or the time in the question or behind the entity.
fn before(question: &Question, at: Option<Timestamp>) -> Result<Option<Timestamp>, NoAnswer> {
    match &question.cursor {
        None => Ok(question.time()?.or(at).map(|at| Timestamp::from_millis(at.millis() + 1))),
        Some(text) => {
            let millis = text.parse().map_err(|_| NoAnswer::BadField {
                field: "cursor",
                reason: "is not the `cursor` of a history: pass it on as it came".to_owned(),
            })?;
            Ok(Some(Timestamp::from_millis(millis)))
        }
    }
}

/// No more than fits; entries of one moment stay together.
fn cut(history: &mut History) {
    let Some(last) = history.entries.get(ENTRIES - 1).map(|entry| entry.time) else { return };
    let kept = history.entries.iter().take_while(|entry| entry.time >= last).count();
    if kept < history.entries.len() {
        history.entries.truncate(kept);
        history.cursor = Some(last.millis().to_string());
        history.missing.push("there is more before that: continue with the cursor".to_owned());
    }
}

/// The whole history, newest deployments first. It names the parts that it leaves out.
async fn collect<T: Table>(
    reading: &Reading<'_, T>,
    node: &Node,
    bounds: Bounds,
    before: Option<Timestamp>,
    history: &mut History,
) -> Result<(), Interrupted> {
    let endpoint = &node.id;
    let mut periods = periods(reading, endpoint).await?;
    periods.retain(|period| before.is_none_or(|before| period.from < before));
    observed(reading, endpoint, OBSERVED_ON, before, history).await?;
    observed(reading, endpoint, MONITORED, before, history).await?;
    found(reading, endpoint, history).await?;
    moved(reading, node, before, history).await?;
    let mut looked_at = BTreeSet::new();
    for (index, period) in periods.iter().rev().enumerate() {
        let Some(deployment) = &period.deployment else {
            history.entries.push(entry(
                period.from,
                EntryKind::Deployment,
                endpoint,
                "the endpoint was deleted".into(),
            ));
            continue;
        };
        let configuration = LiveEndpoint::of(deployment).configuration;
        if index >= LOOKED_INTO {
            let text = format!("configuration {configuration} came into force");
            history.entries.push(entry(period.from, EntryKind::Deployment, deployment, text));
            continue;
        }
        let mut walk = Walk::new(Direction::Upstream, [deployment.clone()], bounds.limits);
        follow(reading, &mut walk, Direction::Upstream).await?;
        let graph = walk.into_graph();
        note_cut(&graph, history);
        let who = graph.nodes.get(deployment).and_then(|node| node.text(CREATED_BY));
        // This is the first caller. In a later period of the same configuration, it may have been somebody else.
        let by = who.filter(|_| is_first(&periods, period)).map(|who| format!(", deployed by {who}"));
        let by = by.unwrap_or_default();
        let text = format!("configuration {configuration} came into force{}{by}", models(&graph));
        history.entries.push(entry(period.from, EntryKind::Deployment, deployment, text));
        for node in graph.nodes.values().filter(|node| looked_at.insert(node.id.clone())) {
            events_of(reading, node, history).await?;
        }
    }
    components_of(reading, node, bounds, (before, &periods), history).await?;
    if periods.len() > LOOKED_INTO {
        let text =
            "approvals and findings are those of the newest 10 deployments: ask with `at` for older ones";
        history.missing.push(text.to_owned());
    }
    Ok(())
}

/// The events in the rows of an entity, and the verdicts on it.
async fn collect_own<T: Table>(
    reading: &Reading<'_, T>,
    node: &Node,
    history: &mut History,
) -> Result<(), Interrupted> {
    let page = reading.query(&NodeRow::and_all_beside(&node.id).at_most(ROWS)).await?;
    if page.next.is_some() {
        history.missing.push(format!("it has more than {ROWS} rows: some may be missing"));
    }
    history.entries.extend(own_entries(node, &page.items, &Graph::default()));
    let rows = reading.query_all(VerdictRow::and_judgements(node.id.as_str())).await?;
    let created = node.created_at();
    let remedies = rows.iter().filter_map(TakenRemedy::of).filter_map(|remedy| {
        let at = created?.millis() + remedy.after_ms?;
        let text = format!("{}: {}", remedy.action, remedy.result);
        Some(entry(Timestamp::from_millis(at), EntryKind::Finding, &node.id, text))
    });
    history.entries.extend(remedies);
    judged(reading, &node.id, FirstShown::Verdict, history).await
}

/// Changes of the weights of variants. The node of an endpoint says whether there ever was one.
async fn moved<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &Node,
    before: Option<Timestamp>,
    history: &mut History,
) -> Result<(), Interrupted> {
    if endpoint.text(TRAFFIC).is_none() {
        return Ok(());
    }
    let page = reading.query(&TrafficRow::before(&endpoint.id, before).at_most(ENTRIES)).await?;
    let rows = page.items.iter().filter_map(TrafficRow::parse);
    history.entries.extend(rows.map(|TrafficRow { at, asked, by, .. }| {
        let by = by.map(|who| format!(", by {who}")).unwrap_or_default();
        let text = format!("the weights of variants became {asked}{by}");
        entry(at, EntryKind::Deployment, &endpoint.id, text)
    }));
    Ok(())
}

/// Inference components that came onto the endpoint and went. The deletion of the endpoint is an entry of its own.
async fn components_of<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &Node,
    bounds: Bounds,
    (before, deployments): (Option<Timestamp>, &[DeploymentPeriod]),
    history: &mut History,
) -> Result<(), Interrupted> {
    let mut served = components(reading, &endpoint.id, endpoint.item.as_ref()).await?;
    served.retain(|period| before.is_none_or(|before| period.from < before));
    for (index, period) in served.iter().rev().enumerate() {
        let name = period.component.last_name();
        let mut text = format!("inference component {name} was put onto the endpoint");
        if index < LOOKED_INTO {
            let mut walk = Walk::new(Direction::Upstream, [period.component.clone()], bounds.limits);
            follow(reading, &mut walk, Direction::Upstream).await?;
            let graph = walk.into_graph();
            note_cut(&graph, history);
            text.push_str(&models(&graph));
            let who = graph.nodes.get(&period.component).and_then(|node| node.text(CREATED_BY));
            text.extend(who.map(|who| format!(", by {who}")));
            found(reading, &period.component, history).await?;
        }
        history.entries.push(entry(period.from, EntryKind::Deployment, &period.component, text));
        let Some(until) = period.until else { continue };
        let is_replaced =
            served.iter().any(|other| other.from == until && other.component.last_name() == name);
        let with_endpoint = deployments.iter().any(|held| held.deployment.is_none() && held.from == until);
        if !is_replaced && !with_endpoint {
            let text = format!("inference component {name} no longer runs");
            history.entries.push(entry(until, EntryKind::Deployment, &period.component, text));
        }
    }
    Ok(())
}

/// Says once that the limits of the question cut what is behind a deployment.
fn note_cut(graph: &Graph, history: &mut History) {
    const WORDS: &str = "what is behind a deployment was cut: ask with larger `max_nodes` and `max_depth`";
    if graph.stopped_by.is_some() && !history.missing.iter().any(|one| one == WORDS) {
        history.missing.push(WORDS.to_owned());
    }
}

/// Whether the deployment of a period was in force in none before it.
fn is_first(periods: &[DeploymentPeriod], period: &DeploymentPeriod) -> bool {
    let same = periods.iter().find(|other| other.deployment == period.deployment);
    same.is_some_and(|other| other.from == period.from)
}

fn models(graph: &Graph) -> String {
    let chain = Chain::of(graph);
    let named = |models: &[Named]| models.iter().map(|model| model.name.clone()).collect::<Vec<_>>();
    let (names, shadows) = (named(&chain.models), named(&chain.shadow_models));
    let jobs: Vec<String> = chain.training_jobs.iter().map(|job| job.name.clone()).collect();
    let mut text = String::new();
    if !names.is_empty() {
        text.push_str(&format!(", with model {}", names.join(", ")));
    }
    if !shadows.is_empty() {
        text.push_str(&format!(", in shadow {}", shadows.join(", ")));
    }
    if !jobs.is_empty() {
        text.push_str(&format!(", trained by {}", jobs.join(", ")));
    }
    text
}

/// The runs and findings of monitoring, the newest first.
async fn observed<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
    role: &str,
    before: Option<Timestamp>,
    history: &mut History,
) -> Result<(), Interrupted> {
    let mut query = ObservationRow::before(endpoint, role, before).at_most(ENTRIES);
    let mut times = Vec::new();
    loop {
        let page = reading.query(&query).await?;
        let rows: Vec<ObservationRow> = page.items.iter().filter_map(ObservationRow::parse).collect();
        let keys: BTreeSet<Key> = rows.iter().map(|row| NodeRow::key(&row.node)).collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let found = reading.get(&keys).await?;
        let found: BTreeMap<NodeId, Item> =
            found.into_iter().filter_map(|item| Some((NodeRow::id_of(&item.key)?, item))).collect();
        for row in rows {
            let Some(item) = found.get(&row.node) else { continue };
            times.push(row.at);
            let node = Node { id: row.node, item: Some(item.clone()) };
            history.entries.extend(verdicts(row.at, &node));
            history.entries.push(observation(row.at, &node));
        }
        // Entries of one moment stay together: of the last one, all are read.
        let is_enough = times.get(ENTRIES - 1).is_some_and(|enough| times.last() < Some(enough));
        match page.next.filter(|_| !is_enough) {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Other results of a finding: when its window was closed, and with files that somebody wrote later.
fn verdicts(time: Timestamp, node: &Node) -> Vec<Entry> {
    let verdicts: Vec<&str> = node.item.iter().flat_map(|item| item.set(VERDICTS)).collect();
    let is_news = verdicts.len() > 1 || verdicts.iter().any(|verdict| verdict.starts_with("rewritten"));
    let shown = verdicts.into_iter().filter(|_| is_news);
    shown
        .map(|verdict| entry(time, EntryKind::Drift, &node.id, format!("{} {verdict}", node.name())))
        .collect()
}

/// Approvals of a package, and verdicts on any judged resource.
async fn events_of<T: Table>(
    reading: &Reading<'_, T>,
    node: &Node,
    history: &mut History,
) -> Result<(), Interrupted> {
    match node.id.kind() {
        NodeKind::ModelPackage => {
            let rows = reading.query_all(ApprovalRow::of(&node.id)).await?;
            for row in rows.iter().filter_map(ApprovalRow::parse) {
                let mut text = format!("{} {}", title(node), row.words());
                let ApprovalRow { at, by, description, .. } = row;
                text.extend(by.map(|by| format!(", by {by}")));
                text.extend(description.map(|words| format!(": {words}")));
                history.entries.push(entry(at, EntryKind::Approval, &node.id, text));
            }
            found(reading, &node.id, history).await
        }
        NodeKind::TrainingJob | NodeKind::ProcessingJob | NodeKind::Model | NodeKind::EndpointConfig => {
            found(reading, &node.id, history).await
        }
        _ => Ok(()),
    }
}

/// The verdicts on something that an endpoint ran, from the first one with a failed, waived or undecided control on.
async fn found<T: Table>(
    reading: &Reading<'_, T>,
    id: &NodeId,
    history: &mut History,
) -> Result<(), Interrupted> {
    judged(reading, id, FirstShown::Finding, history).await
}

/// The first verdict in a history.
#[derive(Clone, Copy, PartialEq)]
enum FirstShown {
    Verdict,
    /// The first that has a failed, waived or undecided control.
    Finding,
}

/// Each verdict on a node at the time when a bundle first came to it, and the present verdict if a bundle came back to it. The digests form
/// a chain, so that a missing verdict is noticed.
async fn judged<T: Table>(
    reading: &Reading<'_, T>,
    id: &NodeId,
    since: FirstShown,
    history: &mut History,
) -> Result<(), Interrupted> {
    let rows = reading.query_all(JudgementRow::of(id.as_str())).await?;
    let rows: Vec<JudgementRow> = rows.iter().filter_map(JudgementRow::parse).collect();
    let digests = digests(&rows);
    let mut judgements: Vec<VerdictRow> = rows.into_iter().map(|JudgementRow(verdict)| verdict).collect();
    judgements.sort_by_key(|verdict| (verdict.judged_at, verdict.findings_mark.clone()));
    let rows = reading.query_all(VerdictRow::of(id.as_str())).await?;
    let newest = rows.iter().filter_map(VerdictRow::parse).max_by_key(|verdict| verdict.judged_at);
    let is_last = |newest: &VerdictRow| {
        judgements
            .last()
            .is_some_and(|last| last.findings_mark == newest.findings_mark && last.bundle == newest.bundle)
    };
    judgements.extend(newest.filter(|newest| !is_last(newest)));
    let words = judgements.iter().filter_map(|verdict| Some((verdict, verdict_in_words(verdict)?)));
    let is_early = |words: &str| since == FirstShown::Finding && !words.contains(';');
    for (verdict, words) in words.skip_while(|(_, words)| is_early(words)) {
        let text = format!("{} {} was judged {words}", id.kind(), id.last_name());
        let (digest, previous) = digests.get(&verdict.id()).copied().unzip();
        let entry = entry(verdict.judged_at, EntryKind::Finding, id, text);
        history.entries.push(Entry { digest, previous: previous.flatten(), ..entry });
    }
    Ok(())
}

/// The digest of each judgement, and the digest of the judgement before it.
fn digests(rows: &[JudgementRow]) -> BTreeMap<String, (VerdictDigest, Option<VerdictDigest>)> {
    let chain = VerdictChain::of(rows.iter().map(VerdictLink::of));
    let mut before = None;
    let digests =
        chain.digests().map(|(link, digest)| (link.verdict.clone(), (digest, before.replace(digest))));
    digests.collect()
}
