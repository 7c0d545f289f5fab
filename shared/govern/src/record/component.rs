//! A call put an inference component onto an endpoint, changed its model, or deleted it. No other event reports these changes.
//!
//! A version is the content of one call, and counts from that call on. The call itself has the content. A later call may have changed the
//! description meanwhile, so the description only says which component it is, and on which endpoint.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{CallMade, Effect, Resource, ResourceKind, Timestamp, to_api_case};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::{NEVER_FILLED, Record};
use sagewarden_lineage::rows::node::{COMPONENTS, CONTENT, ENDPOINT, VARIANT};
use sagewarden_lineage::rows::{CallRow, ComponentRow, NodeRow};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Attributes, Write};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Account, Description, PortError, Table};
use crate::record::closure::{query_all, settle_deployment};
use crate::record::created_by::{NOT_DESCRIBED, call_row, is_prompt, is_recent, link_calls};
use crate::record::described::record_described;
use crate::record::incarnations::incarnations;
use crate::record::store::store_record;
use crate::window::HOUR_MS;
use crate::world::World;

/// Records the content of a call about an inference component.
pub(crate) async fn record_component_call(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    component: &Resource,
    call: &CallMade,
) -> Outcome {
    let table = world.table();
    let request = to_api_case(&call.request);
    let puts_something = call.effect == Effect::Deleted || specifications(&request).any(puts_a_model);
    if !puts_something {
        return Ok(Done::Nothing(format!("`{}` does not change the model of {component}", call.name)));
    }
    // Written before versions are looked for: a version that is recorded meanwhile finds the call, or is found.
    let row = call_row(component, call);
    table.write(&[row.write()]).await?;
    if call.effect == Effect::Deleted {
        for (since, version) in incarnations(table, component).await? {
            link_calls(table, moment, component, &version, since).await?;
        }
        return Ok(Done::Acted(format!("recorded who called `{}` for {component}", call.name)));
    }
    let Some(placed) = place(world, component, call, &row, &request).await? else {
        if is_recent(call, moment) {
            return Err(Failure::not_yet(format!("describe {component}"), NOT_DESCRIBED));
        }
        return gone(table, moment, component, &request).await;
    };
    let version = match &placed.recorded {
        Some(version) => {
            link_calls(table, moment, component, version, placed.since).await?;
            version.clone()
        }
        None => {
            let document = placed.document(component, &request);
            let description = Description::new(component, document.clone());
            let version =
                record_described(world, moment, writes_back, &description, Record::default()).await?;
            table.write(&[content_row(&version, &document)]).await?;
            version
        }
    };
    put_on_endpoint(table, component, version, &placed).await
}

/// Records a component that no call led to, as it is described: a sweep found it. If a call, or an earlier sweep, has put the same onto the
/// endpoint, that version stays as it is.
///
/// A description does not say since when the component has run this. If it was changed long after its creation, its content counts from the
/// last change on: before, it may have run something else.
pub(crate) async fn record_found_component(
    world: &impl World,
    moment: &Moment,
    writes_back: bool,
    description: &Description,
) -> Outcome {
    let (table, Description { resource: component, document }) = (world.table(), description);
    let text = |field: &str| document.get(field).and_then(Json::as_str).map(str::to_owned);
    let Some((created, endpoint)) = description.created_at().zip(text("EndpointName")) else {
        return Err(Failure::Reject(format!(
            "the description of {component} names no endpoint or no creation time"
        )));
    };
    let changed = document.get("LastModifiedTime").and_then(Timestamp::from_json).unwrap_or(created);
    let endpoint = component.sibling(ResourceKind::Endpoint, endpoint);
    let placed = |since| Placed {
        endpoint: endpoint.clone(),
        variant: text("VariantName"),
        since,
        described: Some(document.clone()),
        recorded: None,
    };
    let known =
        incarnations(table, component).await?.into_iter().filter(|(since, _)| *since >= created).max();
    let mut record = Record::default();
    let placed = match known {
        Some((since, version)) => {
            let node = table.get(&[NodeRow::key(&version)]).await?.pop();
            let mut contents = node.iter().flat_map(|node| node.set(CONTENT)).peekable();
            let is_same =
                contents.peek().is_none() || contents.any(|content| content == content_of(document));
            if is_same || changed <= since {
                let row = ComponentRow { endpoint: NodeId::endpoint(&endpoint), version: version.clone() };
                return match table.get(&[row.key()]).await?.is_empty() {
                    true => put_on_endpoint(table, component, version, &placed(since)).await,
                    false => Ok(Done::Nothing(format!("{component} runs what was recorded"))),
                };
            }
            placed(changed)
        }
        None if changed.millis() - created.millis() <= HOUR_MS => placed(created),
        None => placed(changed),
    };
    let asked = placed.document(component, document);
    if placed.since != created
        && let Some(version) = NodeId::resource(component, placed.since)
    {
        let words =
            format!("{component} may have run something else before {}: no call was recorded", placed.since);
        record.gap(&version, NEVER_FILLED, words);
    }
    let version =
        record_described(world, moment, writes_back, &Description::new(component, asked.clone()), record)
            .await?;
    table.write(&[content_row(&version, &asked)]).await?;
    put_on_endpoint(table, component, version, &placed).await
}

/// What a version puts onto its endpoint, as a digest.
fn content_of(document: &Json) -> String {
    let mut all: Vec<Json> = specifications(document).map(|one| json!(parts(one))).collect();
    all.sort_by_key(Json::to_string);
    let digest = hex(&Sha256::digest(json!(all).to_string()));
    digest.chars().take(16).collect()
}

/// A call may say less than the description that follows it: both are what the version runs.
fn content_row(version: &NodeId, document: &Json) -> Write {
    let contents = BTreeSet::from([content_of(document)]);
    NodeRow::merge(version, Attributes::new(), BTreeMap::from([(CONTENT.to_owned(), contents)]))
}

/// Where a version is, and since when.
struct Placed {
    endpoint: Resource,
    variant: Option<String>,
    since: Timestamp,
    described: Option<Json>,
    /// The version, if an earlier delivery of the call that created it has recorded it.
    recorded: Option<NodeId>,
}

/// Finds the component that a call is about: the one that is described, unless it is younger or older, else one that was recorded.
async fn place(
    world: &impl World,
    component: &Resource,
    call: &CallMade,
    row: &CallRow,
    request: &Json,
) -> Result<Option<Placed>, PortError> {
    let is_meant = |created: Timestamp| match call.effect {
        Effect::Created => is_prompt(row, created),
        _ => created <= call.time,
    };
    // A version has the time of the call that asked for it; the first one has the creation time of the component.
    let since = |created| if call.effect == Effect::Created { created } else { call.time };
    let text = |from: &Json, field: &str| from.get(field).and_then(Json::as_str).map(str::to_owned);
    let sibling = |name: String| component.sibling(ResourceKind::Endpoint, name);
    let described = world.account().describe(component).await?;
    let created = described.as_ref().and_then(Description::created_at).filter(|created| is_meant(*created));
    if let Some((Description { document, .. }, created)) = described.zip(created)
        && let Some(endpoint) = text(&document, "EndpointName")
    {
        let variant = text(&document, "VariantName");
        let (endpoint, since) = (sibling(endpoint), since(created));
        return Ok(Some(Placed { endpoint, variant, since, described: Some(document), recorded: None }));
    }
    let recorded = incarnations(world.table(), component).await?;
    let recorded = recorded.into_iter().filter(|(created, _)| is_meant(*created));
    let first = call.effect == Effect::Created;
    let Some((created, version)) = (if first { recorded.min() } else { recorded.max() }) else {
        return Ok(None);
    };
    let node = world.table().get(&[NodeRow::key(&version)]).await?.pop();
    let endpoint = node.as_ref().and_then(|node| NodeId::parse(node.text(ENDPOINT)?));
    Ok(endpoint.map(|endpoint| Placed {
        endpoint: sibling(endpoint.last_name().to_owned()),
        variant: node.and_then(|node| node.text(VARIANT).map(str::to_owned)).or(text(request, "VariantName")),
        since: since(created),
        described: None,
        recorded: first.then_some(version),
    }))
}

impl Placed {
    /// The version as a description would have it.
    fn document(&self, component: &Resource, request: &Json) -> Json {
        let asked = if self.is_described(request) { self.described.as_ref() } else { Some(request) };
        let mut document = Map::new();
        for field in ["Specification", "Specifications"] {
            let value = asked.and_then(|asked| asked.get(field)).cloned();
            document.extend(value.map(|value| (field.to_owned(), value)));
        }
        document.insert(component.kind.name_field().into(), component.name.as_str().into());
        document.insert("CreationTime".into(), self.since.millis().into());
        document.insert("EndpointName".into(), self.endpoint.name.as_str().into());
        document.insert("VariantName".into(), json!(self.variant));
        if let Some((status, at)) = self.failed() {
            document.insert("InferenceComponentStatus".into(), status);
            document.insert("LastModifiedTime".into(), at);
        }
        document.into()
    }

    /// Whether the component is described as the call asked for it. Then the description has the parts that the call left as they were.
    fn is_described(&self, request: &Json) -> bool {
        let Some(described) = &self.described else { return false };
        let described: Vec<[Option<&Json>; 4]> = specifications(described).map(parts).collect();
        specifications(request).all(|asked| {
            let asked = parts(asked);
            let agrees = |is: &[Option<&Json>; 4]| {
                asked.iter().zip(is).all(|(asked, is)| asked.is_none() || asked == is)
            };
            described.iter().any(agrees)
        })
    }

    /// A component that failed and has no copies serves nothing.
    fn failed(&self) -> Option<(Json, Json)> {
        let described = self.described.as_ref()?;
        let status = described.get("InferenceComponentStatus").filter(|status| *status == "Failed")?;
        let copies = described.pointer("/RuntimeConfig/CurrentCopyCount").and_then(Json::as_i64);
        copies.is_none_or(|copies| copies == 0).then_some(())?;
        Some((status.clone(), described.get("LastModifiedTime")?.clone()))
    }
}

fn specifications(document: &Json) -> impl Iterator<Item = &Json> {
    let one = document.get("Specification").filter(|one| one.is_object());
    let several = document.get("Specifications").and_then(Json::as_array).into_iter().flatten();
    one.into_iter().chain(several)
}

/// The parts that a specification puts onto an endpoint: model, image, artifact, base. A description names images in other fields than a
/// request.
fn parts(specification: &Json) -> [Option<&Json>; 4] {
    let at = |path: &str| {
        specification.pointer(path).filter(|part| part.as_str().is_some_and(|text| !text.is_empty()))
    };
    let image = at("/Container/Image").or_else(|| at("/Container/DeployedImage/SpecifiedImage"));
    [at("/ModelName"), image, at("/Container/ArtifactUrl"), at("/BaseInferenceComponentName")]
}

fn puts_a_model(specification: &Json) -> bool {
    parts(specification).iter().any(Option::is_some)
}

/// Records the version under its endpoint, and refreshes two closures: its own, and the one of the version that it replaces.
async fn put_on_endpoint(
    table: &impl Table,
    component: &Resource,
    version: NodeId,
    placed: &Placed,
) -> Outcome {
    let endpoint = NodeId::endpoint(&placed.endpoint);
    let row = ComponentRow { endpoint: endpoint.clone(), version };
    table.write(&[NodeRow::fact(&endpoint, COMPONENTS, "true".into()), Write::Put(row.item())]).await?;
    let versions = query_all(table, row.of_same_component()).await?;
    let versions = versions.iter().filter_map(ComponentRow::parse).map(|row| row.version);
    let replaced =
        versions.filter(|other| other.created_at() < row.version.created_at()).max_by_key(NodeId::created_at);
    for each in replaced.iter().chain([&row.version]) {
        settle_deployment(table, &endpoint, each).await?;
    }
    Ok(Done::Acted(format!("recorded {component} on {}", placed.endpoint)))
}

/// The component was deleted before it could be described, and nothing was recorded of it.
async fn gone(table: &impl Table, moment: &Moment, component: &Resource, request: &Json) -> Outcome {
    let words = format!("{component} was deleted before it could be recorded");
    if let Some(endpoint) = request.get("EndpointName").and_then(Json::as_str) {
        let endpoint = NodeId::endpoint(&component.sibling(ResourceKind::Endpoint, endpoint));
        let mut record = Record::default();
        record.gap(&endpoint, NEVER_FILLED, words.clone());
        store_record(table, moment, record, None).await?;
        return Ok(Done::Acted(format!("{words}: recorded as a gap")));
    }
    Err(Failure::Reject(words))
}
