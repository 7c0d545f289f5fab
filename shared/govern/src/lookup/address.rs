//! From what people write to a node.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::record::{NODE, name_alias};
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::{Key, Query, Range};

use super::question::{NoAnswer, time};
use super::reading::Reading;
use crate::ports::Table;

/// What a question is about.
#[derive(Clone, Debug)]
pub(super) struct Addressed {
    /// The node.
    pub(super) id: NodeId,
    /// The time behind the `@` of an endpoint.
    pub(super) at: Option<Timestamp>,
}

/// Finds the node that an address names; of several incarnations of one name, and versions of one object, the newest.
pub(super) async fn resolve<T: Table>(reading: &Reading<'_, T>, entity: &str) -> Result<Addressed, NoAnswer> {
    if let Some(id) = identity(entity) {
        let found = reading.get(&[Key::new(id.as_str(), NODE)]).await?;
        let unknown = found.is_empty();
        return if unknown { Err(NoAnswer::Unknown(entity.into())) } else { Ok(Addressed { id, at: None }) };
    }
    let (address, at) = timed(entity)?;
    let (query, narrowing) = alias(address)?;
    let found = reading.query_all(query).await?;
    let matching = found.iter().filter_map(|item| item.text("id").and_then(NodeId::parse));
    let mut ids: Vec<NodeId> = matching.filter(|id| narrowing.matches(id)).collect();
    ids.sort();
    ids.dedup();
    if ids.len() > 1 && matches!(narrowing, Narrowing::Incarnations | Narrowing::At(_)) {
        // They differ in time: the newest is what the name means now.
        let keys: Vec<Key> = ids.iter().map(|id| Key::new(id.as_str(), NODE)).collect();
        let items = reading.get(&keys).await?;
        let newest = items.iter().max_by_key(|item| (item.number("ct"), item.key.clone()));
        ids = newest.and_then(|item| NodeId::parse(&item.key.pk)).or(ids.pop()).into_iter().collect();
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

/// An identity as it stands in answers; an image's digest is one.
fn identity(entity: &str) -> Option<NodeId> {
    let image = entity.starts_with("sha256:").then(|| NodeId::parse(&format!("img#{entity}")));
    image.unwrap_or_else(|| NodeId::parse(entity))
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
    /// They are incarnations of one thing, which is at this place (`<account>/<region>/<name>` in lower case): other accounts and
    /// regions have things of the same name.
    At(String),
    /// They are different commits, of which the wanted one begins with these digits.
    CommitPrefix(String),
    /// They are one, or the question is ambiguous.
    None,
}

impl Narrowing {
    fn matches(&self, id: &NodeId) -> bool {
        match self {
            Self::CommitPrefix(prefix) => {
                id.tail().rsplit('@').next().is_some_and(|commit| commit.starts_with(prefix.as_str()))
            }
            Self::At(place) => {
                let tail = id.tail().to_lowercase();
                tail.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
            }
            Self::Incarnations | Self::None => true,
        }
    }
}

fn alias(entity: &str) -> Result<(Query, Narrowing), NoAnswer> {
    let unaddressable = || NoAnswer::Unaddressable(entity.to_owned());
    let whole = |partition: String| Query::prefix(partition, "");
    if let Some(location) = S3Location::parse(entity) {
        return Ok(object(&location));
    }
    if entity.starts_with("arn:") {
        let resource = Resource::parse_arn(entity).map_err(|_| unaddressable())?;
        let Resource { kind, account, region, name, .. } = &resource;
        let place = format!("{account}/{region}/{name}").to_lowercase();
        return Ok((whole(name_alias(kind.segment(), name)), Narrowing::At(place)));
    }
    let (kind, name) =
        entity.split_once('/').filter(|(_, name)| !name.is_empty()).ok_or_else(unaddressable)?;
    if kind == "commit" {
        let digits = name.to_ascii_lowercase();
        let short = digits.get(..7).ok_or_else(unaddressable)?;
        return Ok((whole(format!("K#git#{short}")), Narrowing::CommitPrefix(digits)));
    }
    if let "branch" | "tag" = kind {
        return Ok((whole(name_alias(kind, name)), Narrowing::None));
    }
    let segment = segment(kind).ok_or_else(unaddressable)?;
    Ok((whole(name_alias(segment, name)), Narrowing::Incarnations))
}

/// A key may hold a question mark: only `?versionId=` at the end is none of it.
fn object(location: &S3Location) -> (Query, Narrowing) {
    let partition = |key: &str| format!("K#s3#{}/{key}", location.bucket);
    match location.key.rsplit_once("?versionId=") {
        Some((key, version)) => {
            let range = Range::Prefix(format!("{version}#"));
            (Query { range, ..Query::prefix(partition(key), "") }, Narrowing::None)
        }
        None => (Query::prefix(partition(&location.key), ""), Narrowing::Incarnations),
    }
}

/// The word of an alias: the type in ARNs, or one of the words that people use for nodes.
fn segment(kind: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &str); 6] = [
        ("tuning-job", "hyper-parameter-tuning-job"),
        ("experiment", "experiment"),
        ("trial-component", "experiment-trial-component"),
        ("pipeline-execution", "pipeline"),
        ("monitoring-execution", "processing-job"),
        ("deployment", "deployment"),
    ];
    let other = OTHERS.into_iter().find(|(word, _)| *word == kind).map(|(_, segment)| segment);
    other.or_else(|| ResourceKind::from_segment(kind).map(ResourceKind::segment))
}

/// Whether a node is something that runs: an endpoint or what was deployed on one.
pub(super) fn is_deployed(id: &NodeId) -> bool {
    matches!(id.kind(), NodeKind::Endpoint | NodeKind::Deployment)
}
