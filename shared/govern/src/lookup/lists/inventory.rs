//! The inventory: each model that a live endpoint runs, with the facts in the store. It works for any time, because deployments are kept.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::LiveEndpoint;
use sagewarden_lineage::chain::{Chain, DataVersion};
use sagewarden_lineage::edge::OBSERVED_ON;
use sagewarden_lineage::graph::{Graph, Node, StoppedBy};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::listing::{InventoryItem, Items, SeverityCounts};
use sagewarden_lineage::rows::node::{
    APPROVAL, APPROVAL_AT, APPROVAL_BY, ARN, CREATED_BY, EXPLANATION, GROUP, MONITORING_TYPE, NAME,
    NEXT_VALIDATION, OWNER, PURPOSE, REGISTERED_BY, RISK_TIER, SEVERITY, STAGE, VERSION, VIOLATIONS,
};
use sagewarden_lineage::rows::{
    EndpointRow, LastCaptureRow, NodeRow, ObservationRow, OpenFindingRow, severity_rank,
};
use sagewarden_lineage::table::{Item, Key};
use sagewarden_lineage::walk::Limits;

use super::endpoints::{in_force, of_the_last_window, worst};
use super::filter::Filter;
use super::findings::open_keys;
use super::walker::{Size, Walker};
use crate::lookup::endpoint::{self, Runs};
use crate::lookup::follow::{Followed, as_of};
use crate::lookup::question::{NoAnswer, Question};
use crate::lookup::reading::{Interrupted, Reading};
use crate::ports::Table;

/// Endpoints whose rows are read together.
const AT_ONCE: usize = 20;
/// Requests that one endpoint may take.
const OF_AN_ENDPOINT: usize = 10;
/// Observations that are looked at for the kinds of monitoring.
const OBSERVATIONS: usize = 50;

/// Answers `inventory`.
pub(super) async fn inventory<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
) -> Result<(Items, Walker), NoAnswer> {
    let (filter, at) = (Filter::of(question)?, question.time()?);
    let mut walker = Walker::new(question, vec![EndpointRow::of(filter.account(), filter.region())])?;
    // A question that allows few requests gets its endpoints one by one.
    let at_once = (question.bounds()?.requests / OF_AN_ENDPOINT).clamp(1, AT_ONCE);
    let size = Size { entries: question.page_size()?, at_once, beside: 0, is_filtered: false };
    let items = walker
        .collect(reading, size, async |rows| {
            let mut found = Vec::new();
            for mut items in models_of(reading, rows, at).await? {
                let place = |item: &InventoryItem| {
                    item.endpoint_arn.split(':').skip(3).map(str::to_owned).collect::<Vec<_>>()
                };
                items.retain(|item| {
                    let place = place(item);
                    let [region, account] = [0, 1].map(|part| place.get(part).map_or("", String::as_str));
                    filter.wants_place(account, region)
                        && filter.wants_owner(item.owner.as_deref())
                        && filter.since.is_none_or(|since| item.since >= since)
                });
                found.push(items);
            }
            Ok(found)
        })
        .await?;
    Ok((Items::Inventory(items), walker))
}

/// The models behind an endpoint; `None` if nothing is known about it. A graph that a limit of requests or of time cut short may lack
/// the models.
pub(super) async fn behind<T: Table>(
    reading: &Reading<'_, T>,
    endpoint: &NodeId,
) -> Result<Option<Graph>, Interrupted> {
    whole(endpoint::endpoint(reading, endpoint, None, Limits::default()).await)
}

fn whole(built: Result<Followed, NoAnswer>) -> Result<Option<Graph>, Interrupted> {
    match built {
        Ok((Graph { stopped_by: Some(why @ (StoppedBy::MaxRequests | StoppedBy::Deadline)), .. }, _)) => {
            Err(Interrupted::Stopped(why))
        }
        Ok((graph, _)) => Ok(Some(graph)),
        Err(NoAnswer::Stopped(why)) => Err(Interrupted::Stopped(why)),
        Err(NoAnswer::Port(error)) => Err(Interrupted::Port(error)),
        Err(_) => Ok(None),
    }
}

/// A live endpoint with everything behind it.
struct Live {
    row: EndpointRow,
    deployment: NodeId,
    graph: Graph,
}

/// The models of some endpoints; what can be read together is read together.
async fn models_of<T: Table>(
    reading: &Reading<'_, T>,
    rows: &[Item],
    at: Option<Timestamp>,
) -> Result<Vec<Vec<InventoryItem>>, Interrupted> {
    let then = in_force(reading, rows, at).await?;
    let beside = beside(reading, then.iter().flatten(), at).await?;
    let mut places = Vec::new();
    let mut live = Vec::new();
    for (now, row) in rows.iter().map(EndpointRow::parse).zip(then) {
        let deployed = row.and_then(|row| Some((row.deployment.clone()?, row)));
        places.push(deployed.is_some());
        let Some((deployment, row)) = deployed else { continue };
        let node = beside.iter().find(|item| item.key == NodeRow::key(&row.endpoint)).cloned();
        let is_live = now.and_then(|now| now.deployment).as_ref() == Some(&deployment);
        let runs = Runs { node, deployment: Some(deployment.clone()), is_live };
        let built = endpoint::built(reading, &row.endpoint, runs, at, Limits::default()).await;
        let mut graph = whole(built)?.unwrap_or_default();
        if let Some(at) = at {
            as_of(&mut graph, at);
        }
        live.push(Live { row, deployment, graph });
    }
    let open = match at {
        None => Some(open_findings(reading, &live).await?),
        Some(_) => None,
    };
    let mut found = Vec::new();
    for (place, live) in live.iter().enumerate() {
        let findings = open.as_ref().and_then(|open| open.get(place).cloned());
        found.push(models(live, findings, &Watched::of(reading, &live.row, &beside, at).await?));
    }
    let mut found = found.into_iter();
    // Rows without a deployment have a place, and no models.
    let of = |is_live: bool| is_live.then(|| found.next()).flatten().unwrap_or_default();
    Ok(places.into_iter().map(of).collect())
}

/// The nodes of endpoints and, for the present, of the newest results on them, and when traffic was last captured.
async fn beside<'r, T: Table>(
    reading: &Reading<'_, T>,
    rows: impl Iterator<Item = &'r EndpointRow>,
    at: Option<Timestamp>,
) -> Result<Vec<Item>, Interrupted> {
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    for row in rows.filter(|row| row.deployment.is_some()) {
        keys.insert(NodeRow::key(&row.endpoint));
        keys.extend(row.results.iter().map(|result| NodeRow::key(&result.node)));
        keys.extend(row.endpoint.as_resource().filter(|_| at.is_none()).map(|it| LastCaptureRow::key(&it)));
    }
    reading.get(&keys.into_iter().collect::<Vec<_>>()).await
}

fn models(
    Live { row, deployment, graph }: &Live,
    findings: Option<SeverityCounts>,
    watched: &Watched,
) -> Vec<InventoryItem> {
    let chain = Chain::of(graph);
    let live = LiveEndpoint::of(deployment);
    let endpoint = graph.nodes.get(&row.endpoint);
    let resource = row.endpoint.as_resource();
    let template = InventoryItem {
        model: "unknown".to_owned(),
        model_arn: None,
        group: None,
        version: None,
        owner: None,
        purpose: None,
        risk_tier: None,
        stage: None,
        approval: None,
        approver: None,
        approved_at: None,
        endpoint: endpoint.and_then(|node| node.text(NAME)).map_or(live.endpoint, str::to_owned),
        endpoint_arn: endpoint
            .and_then(|node| node.text(ARN))
            .map(str::to_owned)
            .or_else(|| resource.map(|resource| resource.arn()))
            .unwrap_or_default(),
        configuration: live.configuration,
        since: row.since,
        training_jobs: chain.training_jobs.iter().map(|job| job.name.clone()).collect(),
        data: chain.data.iter().filter(|data| is_trained_on(data)).map(data_version).collect(),
        commits: chain.commits.iter().map(|commit| commit.commit.clone()).collect(),
        images: chain.images.iter().map(|image| image.id.clone()).collect(),
        findings,
        monitored: watched.types.iter().cloned().collect(),
        last_window: watched.last_window,
        last_drift: watched.last_drift.as_ref().map(|(at, _)| *at),
        last_drift_severity: watched.last_drift.as_ref().and_then(|(_, severity)| severity.clone()),
        explained: graph.nodes.values().any(|node| node.text(EXPLANATION).is_some()),
        next_validation: None,
        complete: chain.complete,
        missing: chain.missing,
    };
    let mut items: Vec<InventoryItem> =
        graph.of_kind(NodeKind::Model).map(|model| with_model(&template, graph, model)).collect();
    if items.is_empty() {
        // A component may run an image and an artifact without a model.
        items.extend(graph.of_kind(NodeKind::InferenceComponent).map(|component| InventoryItem {
            model: format!("component {}", component.name()),
            owner: component.text(CREATED_BY).map(str::to_owned),
            since: component.created_at().unwrap_or(template.since),
            ..template.clone()
        }));
    }
    if items.is_empty() {
        // The running model is not recorded, but it is in use.
        items.push(template);
    }
    items
}

fn with_model(template: &InventoryItem, graph: &Graph, model: &Node) -> InventoryItem {
    let text = |name: &str| model.text(name).map(str::to_owned);
    let mut item = InventoryItem {
        model: model.name().to_owned(),
        model_arn: text(ARN),
        owner: text(CREATED_BY),
        ..template.clone()
    };
    let from_package = graph.into_node(&model.id).find(|edge| edge.from.kind() == NodeKind::ModelPackage);
    if let Some(package) = from_package.and_then(|edge| graph.nodes.get(&edge.from)) {
        let text = |name: &str| package.text(name).map(str::to_owned);
        item.group = text(GROUP);
        item.version = package.number(VERSION);
        let said = |name: &str| text(name).filter(|said| !said.is_empty());
        item.owner = said(OWNER).or_else(|| text(REGISTERED_BY)).or(item.owner);
        item.purpose = said(PURPOSE);
        item.risk_tier = said(RISK_TIER);
        item.next_validation = said(NEXT_VALIDATION);
        item.stage = text(STAGE);
        item.approval = text(APPROVAL);
        item.approver = text(APPROVAL_BY);
        item.approved_at = package.number(APPROVAL_AT).map(Timestamp::from_millis);
    }
    item
}

fn is_trained_on(data: &DataVersion) -> bool {
    data.used_as.iter().any(|used| used.contains(" of training job "))
}

fn data_version(data: &DataVersion) -> String {
    match &data.version_id {
        Some(version) => format!("{}?versionId={version}", data.uri),
        None => data.uri.clone(),
    }
}

/// Open findings on everything behind each endpoint that is judged.
async fn open_findings<T: Table>(
    reading: &Reading<'_, T>,
    live: &[Live],
) -> Result<Vec<SeverityCounts>, Interrupted> {
    const JUDGED: [NodeKind; 6] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::Model,
        NodeKind::ModelPackage,
        NodeKind::EndpointConfig,
        NodeKind::Endpoint,
    ];
    let judged = |live: &Live| -> BTreeSet<String> {
        let judged = live.graph.nodes.keys().filter(|id| JUDGED.contains(&id.kind()));
        judged.map(ToString::to_string).collect()
    };
    let judged: Vec<BTreeSet<String>> = live.iter().map(judged).collect();
    let all: BTreeSet<&String> = judged.iter().flatten().collect();
    let keys: Vec<Key> = all.into_iter().flat_map(|subject| open_keys(subject)).collect();
    let open = reading.get(&keys).await?;
    let open: Vec<OpenFindingRow> = open.iter().filter_map(OpenFindingRow::parse).collect();
    let counts = |judged: BTreeSet<String>| {
        let mut counts = SeverityCounts::new();
        let rows = open.iter().filter(|row| judged.contains(&row.subject));
        for found in rows.flat_map(|row| &row.controls) {
            *counts.entry(found.severity.clone()).or_default() += 1;
        }
        counts
    };
    Ok(judged.into_iter().map(counts).collect())
}

/// How an endpoint is monitored.
#[derive(Default)]
struct Watched {
    types: BTreeSet<String>,
    last_window: Option<Timestamp>,
    last_drift: Option<(Timestamp, Option<String>)>,
}

impl Watched {
    async fn of<T: Table>(
        reading: &Reading<'_, T>,
        row: &EndpointRow,
        beside: &[Item],
        at: Option<Timestamp>,
    ) -> Result<Self, Interrupted> {
        if at.is_none()
            && let Some(watched) = Self::of_newest(row, beside)
        {
            return Ok(watched);
        }
        let EndpointRow { endpoint, since, .. } = row;
        let before = at.map(|at| Timestamp::from_millis(at.millis() + 1));
        let newest = ObservationRow::before(endpoint, OBSERVED_ON, before).at_most(OBSERVATIONS);
        let rows = reading.query(&newest).await?;
        let rows: Vec<ObservationRow> = rows.items.iter().filter_map(ObservationRow::parse).collect();
        let keys: BTreeSet<Key> = rows.iter().map(|row| NodeRow::key(&row.node)).collect();
        let items = reading.get(&keys.into_iter().collect::<Vec<_>>()).await?;
        let node = |id: &NodeId| items.iter().find(|item| item.key == NodeRow::key(id));
        // What was found in an earlier window is about the deployment before.
        let is_of_this = |row: &&ObservationRow| {
            row.node.kind() == NodeKind::Violation
                && row.node.created_at().is_none_or(|began| began >= *since)
        };
        let has_violations =
            |row: &&ObservationRow| node(&row.node).and_then(|node| node.number(VIOLATIONS)) != Some(0);
        let mut found = rows.iter().filter(is_of_this).filter(has_violations).peekable();
        let drifted = found.peek().map(|row| row.at);
        // Several monitors may have found something about one window.
        let last = found.take_while(|row| Some(row.at) == drifted);
        let severities = last.filter_map(|row| node(&row.node)?.text(SEVERITY));
        let worst = severities.min_by_key(|severity| severity_rank(severity)).map(str::to_owned);
        Ok(Self {
            types: items.iter().filter_map(monitoring_type).collect(),
            last_window: last_window(row, beside),
            last_drift: drifted.map(|at| (at, worst)),
        })
    }

    /// From the newest results, which the list names. `None` if none of them has violations: an earlier window may have some.
    fn of_newest(row: &EndpointRow, beside: &[Item]) -> Option<Self> {
        let last = of_the_last_window(row);
        let last_drift = match worst(&last, beside) {
            Some(worst) => Some((last.first()?.at, worst.text(SEVERITY).map(str::to_owned))),
            None if last.is_empty() => None,
            None => return None,
        };
        let results = row.results.iter().map(|result| NodeRow::key(&result.node));
        let nodes = results.filter_map(|key| beside.iter().find(|item| item.key == key));
        let types = nodes.filter_map(monitoring_type).collect();
        Some(Self { types, last_window: last_window(row, beside), last_drift })
    }
}

fn monitoring_type(item: &Item) -> Option<String> {
    item.text(MONITORING_TYPE).map(str::to_owned)
}

/// The time of the last captured traffic of an endpoint.
fn last_window(row: &EndpointRow, beside: &[Item]) -> Option<Timestamp> {
    let key = LastCaptureRow::key(&row.endpoint.as_resource()?);
    beside.iter().find(|item| item.key == key).and_then(LastCaptureRow::parse).map(|row| row.until)
}
