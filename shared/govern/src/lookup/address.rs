//! Resolves an address, as people write it, to a node.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::rows::node::CREATED;
use sagewarden_lineage::rows::{AliasRow, NodeRow};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Key, Query};

use super::question::{NoAnswer, time};
use super::reading::Reading;
use crate::ports::Table;

/// The subject of a question.
#[derive(Clone, Debug)]
pub(super) struct Addressed {
    /// The node.
    pub(super) id: NodeId,
    /// The time behind the `@` of an endpoint.
    pub(super) at: Option<Timestamp>,
}

/// Finds the node that an address names; if several incarnations have the name, or the object has several versions, the newest.
pub(super) async fn resolve<T: Table>(reading: &Reading<'_, T>, entity: &str) -> Result<Addressed, NoAnswer> {
    if let Some(id) = identity(entity) {
        let found = reading.get(&[NodeRow::key(&id)]).await?;
        let unknown = found.is_empty();
        return if unknown { Err(NoAnswer::Unknown(entity.into())) } else { Ok(Addressed { id, at: None }) };
    }
    let (address, at) = timed(entity)?;
    let (query, narrowing) = alias(address)?;
    let found = reading.query_all(query).await?;
    let named = found.iter().filter_map(AliasRow::parse).map(|row| row.id);
    let mut ids: Vec<NodeId> = named.filter(|id| narrowing.matches(id)).collect();
    ids.sort();
    ids.dedup();
    if ids.len() > 1 && matches!(narrowing, Narrowing::Incarnations | Narrowing::At(_)) {
        // The nodes differ in time: the name now means the newest one.
        let keys: Vec<Key> = ids.iter().map(NodeRow::key).collect();
        let items = reading.get(&keys).await?;
        let newest = items.iter().max_by_key(|item| (item.number(CREATED), item.key.clone()));
        ids = newest.and_then(|item| NodeRow::id_of(&item.key)).or(ids.pop()).into_iter().collect();
    }
    match ids.as_slice() {
        [] => Err(NoAnswer::Unknown(entity.into())),
        [id] => Ok(Addressed { id: id.clone(), at }),
        several => Err(NoAnswer::Ambiguous {
            entity: entity.into(),
            candidates: several.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// As [`resolve`], for a question about the present.
pub(super) async fn resolve_now<T: Table>(
    reading: &Reading<'_, T>,
    entity: &str,
) -> Result<NodeId, NoAnswer> {
    let Addressed { id, at } = resolve(reading, entity).await?;
    if at.is_some() {
        let reason = format!(
            "is `{entity}`: a time behind `@` is for `lineage`, `diff`, `reproduce`, `history` and `impact`"
        );
        return Err(NoAnswer::BadField { field: "entity", reason });
    }
    Ok(id)
}

/// An identity as it stands in answers; an image's digest is one.
pub(super) fn identity(entity: &str) -> Option<NodeId> {
    let is_digest = entity.starts_with("sha256:");
    if is_digest { Some(NodeId::image_of_digest(entity)) } else { NodeId::parse(entity) }
}

/// `endpoint/<name>@<time>`: names of endpoints hold no `@`.
fn timed(entity: &str) -> Result<(&str, Option<Timestamp>), NoAnswer> {
    match entity.split_once('@') {
        Some((address, text)) if address.starts_with("endpoint/") || address.contains(":endpoint/") => {
            Ok((address, Some(time("entity", text)?)))
        }
        _ => Ok((entity, None)),
    }
}

/// How the nodes under an alias are narrowed down to one.
enum Narrowing {
    /// They are incarnations or versions of one thing.
    Incarnations,
    /// They are incarnations of this resource: other accounts and regions have things of the same name.
    At(Resource),
    /// They are different commits; the wanted one begins with these digits.
    CommitPrefix(String),
    /// They are one, or the question is ambiguous.
    None,
}

impl Narrowing {
    fn matches(&self, id: &NodeId) -> bool {
        match self {
            Self::CommitPrefix(prefix) => {
                id.commit_id().is_some_and(|commit| commit.starts_with(prefix.as_str()))
            }
            Self::At(resource) => id.is_at(resource),
            Self::Incarnations | Self::None => true,
        }
    }
}

fn alias(entity: &str) -> Result<(Query, Narrowing), NoAnswer> {
    let unaddressable = || NoAnswer::Unaddressable(entity.to_owned());
    if let Some(location) = S3Location::parse(entity) {
        return Ok(object(&location));
    }
    if entity.starts_with("arn:") {
        let resource = Resource::parse_arn(entity).map_err(|_| unaddressable())?;
        let named = AliasRow::named(resource.kind.segment(), &resource.name);
        return Ok((named, Narrowing::At(resource)));
    }
    let (kind, name) =
        entity.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(unaddressable)?;
    if kind == "commit" {
        let digits = name.to_ascii_lowercase();
        let commits = AliasRow::commits(&digits).ok_or_else(unaddressable)?;
        return Ok((commits, Narrowing::CommitPrefix(digits)));
    }
    if let "branch" | "tag" = kind {
        return Ok((AliasRow::named(kind, name), Narrowing::None));
    }
    let segment = segment(kind).ok_or_else(unaddressable)?;
    Ok((AliasRow::named(segment, name), Narrowing::Incarnations))
}

/// A key may hold a question mark: only `?versionId=` at the end is not part of it.
fn object(location: &S3Location) -> (Query, Narrowing) {
    let S3Location { bucket, key } = location;
    match key.rsplit_once("?versionId=") {
        Some((key, version)) => (AliasRow::version(bucket, key, version), Narrowing::None),
        None => (AliasRow::versions(bucket, key), Narrowing::Incarnations),
    }
}

/// The word of an alias: the type in ARNs, or one of the words that people use for nodes.
fn segment(kind: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &str); 7] = [
        ("tuning-job", "hyper-parameter-tuning-job"),
        ("experiment", "experiment"),
        ("trial-component", "experiment-trial-component"),
        ("mlflow-run", "mlflow-run"),
        ("pipeline-execution", "pipeline"),
        ("monitoring-execution", "processing-job"),
        ("deployment", "deployment"),
    ];
    let other = OTHERS.into_iter().find(|(word, _)| *word == kind).map(|(_, segment)| segment);
    other.or_else(|| ResourceKind::from_segment(kind).map(ResourceKind::segment))
}

/// Whether a node runs: an endpoint or a deployment.
pub(super) fn is_deployed(id: &NodeId) -> bool {
    matches!(id.kind(), NodeKind::Endpoint | NodeKind::Deployment)
}
