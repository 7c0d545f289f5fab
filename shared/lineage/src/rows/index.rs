//! Lists: every endpoint, and every job, model and package. These rows hold no facts of their own: they say where the facts are.

use sagewarden_events::Timestamp;

use super::kind::{RowKind, leading_time, millis};
use super::revision::{CurrentRow, RevisionRow};
use crate::id::{NodeId, NodeKind};
use crate::table::{Attributes, Item, Key, Query, Write};

/// An endpoint in the list of all endpoints, with the deployment that is in force on it. A deleted endpoint stays in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    /// The endpoint.
    pub endpoint: NodeId,
    /// Since when the deployment has been in force, or the endpoint has been deleted.
    pub since: Timestamp,
    /// The deployment; `None` if the endpoint was deleted.
    pub deployment: Option<NodeId>,
    /// The newest result of each monitor.
    pub results: Vec<NewestResult>,
}

/// The newest result of a monitor on an endpoint. If several variants have results of one time, the worst of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestResult {
    /// The end of the window.
    pub at: Timestamp,
    /// How bad the result was at its worst: 0 without violations. The node says how bad it is now.
    pub rank: u8,
    /// The result.
    pub node: NodeId,
}

impl NewestResult {
    /// The monitors, as reports name them. Any other name counts as the last one, so that a row has a limit.
    const MONITORS: [(&str, &str); 5] = [
        ("DataQuality", "newest_data"),
        ("ModelQuality", "newest_quality"),
        ("ModelBias", "newest_bias"),
        ("ModelExplainability", "newest_attribution"),
        ("", "newest_other"),
    ];

    fn attribute(monitor: &str) -> &'static str {
        let named = Self::MONITORS.into_iter().find(|(name, _)| *name == monitor);
        named.or(Self::MONITORS.last().copied()).map_or("", |(_, attribute)| attribute)
    }

    /// The write: of all results, the one of the latest time, and of these the worst.
    #[must_use]
    pub fn write(&self, endpoint: &NodeId, monitor: &str) -> Write {
        let Self { at, rank, node } = self;
        Write::Newest {
            key: EndpointRow::key(endpoint),
            version_attribute: Self::attribute(monitor).into(),
            version: format!("{}#{rank}#{node}", millis(*at)),
            attributes: Attributes::new(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let at = leading_time(text)?;
        let (rank, node) = text.split_once('#')?.1.split_once('#')?;
        Some(Self { at, rank: rank.parse().ok()?, node: NodeId::parse(node)? })
    }

    fn all(item: &Item) -> Vec<Self> {
        let texts = Self::MONITORS.into_iter().filter_map(|(_, attribute)| item.text(attribute));
        texts.filter_map(Self::parse).collect()
    }
}

impl EndpointRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "EndpointRow",
        says: "an endpoint in the list of all endpoints, its deployment in force, and the newest result of each monitor",
        pk: "K#endpoints",
        sk: "<account>/<region>/<endpoint>",
    };
    const PK: &str = "K#endpoints";

    /// The endpoints of an account, or of one region of it; all if no account is given.
    #[must_use]
    pub fn of(account: Option<&str>, region: Option<&str>) -> Query {
        Query::prefix(Self::PK, place(account, region))
    }

    /// The row's key.
    #[must_use]
    pub fn key(endpoint: &NodeId) -> Key {
        Key::new(Self::PK, endpoint.tail())
    }

    /// Whether a key belongs to the list.
    #[must_use]
    pub fn is(key: &Key) -> bool {
        key.pk == Self::PK
    }

    /// The write: the newest revision wins, as in the endpoint's own pointer.
    #[must_use]
    pub fn write(revision: &RevisionRow) -> Write {
        Write::Newest {
            key: Self::key(&revision.endpoint),
            version_attribute: CurrentRow::VERSION.into(),
            version: revision.version(),
            attributes: revision.item().attributes,
        }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let tail = Some(&item.key.sk).filter(|_| item.key.pk == Self::PK)?;
        let endpoint = NodeId::parse(&format!("{}#{tail}", NodeKind::Endpoint.prefix()))?;
        let (since, deployment) = CurrentRow::content(item)?;
        Some(Self { endpoint, since, deployment, results: NewestResult::all(item) })
    }
}

/// The beginning of a key that begins with an account and a region.
pub(super) fn place(account: Option<&str>, region: Option<&str>) -> String {
    match (account, region) {
        (Some(account), Some(region)) => format!("{account}/{region}/"),
        (Some(account), None) => format!("{account}/"),
        (None, _) => String::new(),
    }
}

/// A job, model or model package in the list of its kind, by the time when it was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeRow {
    /// When it was created.
    pub at: Timestamp,
    /// The node.
    pub id: NodeId,
}

impl MadeRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "MadeRow",
        says: "a job, model or model package in the list of its kind, by the time of its creation",
        pk: "K#made#<kind>",
        sk: "<time>#<identity>",
    };
    /// The kinds that have a list of all their resources.
    pub const LISTED: [NodeKind; 9] = [
        NodeKind::TrainingJob,
        NodeKind::ProcessingJob,
        NodeKind::TransformJob,
        NodeKind::TuningJob,
        NodeKind::AutoMlJob,
        NodeKind::LabelingJob,
        NodeKind::OptimizationJob,
        NodeKind::Model,
        NodeKind::ModelPackage,
    ];
    const PREFIX: &str = "K#made#";
    pub(super) const NAMING: [&str; 1] = [Self::ID];
    const ID: &str = "id";

    /// The row of a node; `None` if there is no list of its kind.
    #[must_use]
    pub fn of(id: &NodeId, at: Timestamp) -> Option<Self> {
        Self::LISTED.contains(&id.kind()).then(|| Self { at, id: id.clone() })
    }

    /// The resources that were created between two times, both included; the newest first.
    #[must_use]
    pub fn between(kind: NodeKind, from: Option<Timestamp>, until: Option<Timestamp>) -> Query {
        let bound = |time: Option<Timestamp>, end: &str| time.map_or(end.to_owned(), millis);
        let until = format!("{}#~", bound(until, "~"));
        Query::between(format!("{}{}", Self::PREFIX, kind.word()), bound(from, ""), until).newest_first()
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = format!("{}#{}", millis(self.at), self.id);
        Key::new(format!("{}{}", Self::PREFIX, self.id.kind().word()), sk)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(Self::ID.into(), self.id.to_string().into())]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.pk.strip_prefix(Self::PREFIX)?;
        Some(Self { at: leading_time(&item.key.sk)?, id: NodeId::parse(item.text(Self::ID)?)? })
    }
}
