//! Captured traffic: the files of a window, the open windows, and the time of the last traffic.

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::kind::{RowKind, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Write};

const HOUR_MS: i64 = 3_600_000;
const WINDOW_PK: &str = "W#<endpoint>/<variant>@<start>+<hours>";

/// A window of the traffic of a variant that still has to be judged for the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWindowRow {
    /// The endpoint.
    pub endpoint: Resource,
    /// The variant of the endpoint.
    pub variant: String,
    /// From.
    pub start: Timestamp,
    /// Until.
    pub end: Timestamp,
}

impl OpenWindowRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "OpenWindowRow",
        says: "a window that still has to be judged for the last time",
        pk: "K#windows",
        sk: "<end>#<partition of the window>",
    };
    const PK: &str = "K#windows";
    const ENDPOINT: &str = "endpoint";
    const VARIANT: &str = "variant";
    const START: &str = "start";
    const END: &str = "end";

    /// The partition of a window's content, open or not. Windows of another length have other partitions, so that a change of the setting
    /// does not mix them.
    #[must_use]
    pub fn partition(&self) -> String {
        let (endpoint, start) = (NodeId::endpoint(&self.endpoint), self.start.millis());
        let hours = (self.end.millis() - start) / HOUR_MS;
        format!("W#{}/{}@{start:013}+{hours}", endpoint.tail(), self.variant)
    }

    /// The windows that ended before a time, the newest first.
    #[must_use]
    pub fn ended(before: Timestamp) -> Query {
        // A key continues after the end, so windows that end at exactly that time are not among them.
        Query::between(Self::PK, "0", format!("{:013}", before.millis())).newest_first()
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Self::key_of(&format!("{:013}#{}", self.end.millis(), self.partition()))
    }

    /// The key of the row with this sort key.
    #[must_use]
    pub fn key_of(sort_key: &str) -> Key {
        Key::new(Self::PK, sort_key)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([
            (Self::ENDPOINT.into(), self.endpoint.arn().into()),
            (Self::VARIANT.into(), self.variant.clone().into()),
            (Self::START.into(), self.start.millis().into()),
            (Self::END.into(), self.end.millis().into()),
        ]);
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let endpoint = Resource::parse_arn(item.text(Self::ENDPOINT)?).ok()?;
        let is_open = item.key.pk == Self::PK && endpoint.kind == ResourceKind::Endpoint;
        let window = Self {
            endpoint,
            variant: item.text(Self::VARIANT)?.to_owned(),
            start: Timestamp::from_millis(item.number(Self::START)?),
            end: Timestamp::from_millis(item.number(Self::END)?),
        };
        is_open.then_some(window)
    }
}

/// A version of a file of captured traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedFileRow {
    /// The partition of its window ([`OpenWindowRow::partition`]).
    pub window: String,
    /// Where.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its version, if the bucket keeps versions.
    pub version_id: Option<String>,
    /// Its entity tag.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified_at: Timestamp,
    /// S3's sequencer, which orders the events of the key.
    pub sequencer: Option<String>,
}

impl CapturedFileRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "CapturedFileRow",
        says: "a version of a file in a window of captured traffic",
        pk: WINDOW_PK,
        sk: "F#<key>@<version>",
    };
    const PREFIX: &str = "F#";
    const BUCKET: &str = "bucket";
    const KEY: &str = "key";
    const VERSION: &str = "version";
    const ETAG: &str = "etag";
    const SIZE: &str = "size";
    const AT: &str = "at";
    const SEQUENCER: &str = "sequencer";

    /// The files of a window, in the order of their keys.
    #[must_use]
    pub fn of(window: &str) -> Query {
        Query::prefix(window, Self::PREFIX)
    }

    /// The version id, or else the entity tag. Capture writes a file once, but somebody may write it again.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version_id.as_deref().unwrap_or(&self.etag)
    }

    /// The row's key.
    #[must_use]
    pub fn row_key(&self) -> Key {
        Key::new(self.window.as_str(), format!("{}{}@{}", Self::PREFIX, self.key, self.version()))
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([
            (Self::BUCKET.into(), self.bucket.clone().into()),
            (Self::KEY.into(), self.key.clone().into()),
            (Self::ETAG.into(), self.etag.clone().into()),
            (Self::SIZE.into(), i64::try_from(self.size).unwrap_or(i64::MAX).into()),
            (Self::AT.into(), self.modified_at.millis().into()),
        ]);
        for (name, text) in [(Self::VERSION, &self.version_id), (Self::SEQUENCER, &self.sequencer)] {
            attributes.extend(text.iter().map(|text| (name.to_owned(), text.clone().into())));
        }
        Item { key: self.row_key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.sk.strip_prefix(Self::PREFIX)?;
        Self::described(item)
    }

    /// The file that a row's attributes describe, whatever its key is.
    pub(super) fn described(item: &Item) -> Option<Self> {
        let text = |name: &str| item.text(name).map(str::to_owned);
        Some(Self {
            window: item.key.pk.clone(),
            bucket: text(Self::BUCKET)?,
            key: text(Self::KEY)?,
            version_id: text(Self::VERSION),
            etag: text(Self::ETAG)?,
            size: u64::try_from(item.number(Self::SIZE)?).ok()?,
            modified_at: Timestamp::from_millis(item.number(Self::AT)?),
            sequencer: text(Self::SEQUENCER),
        })
    }
}

/// A fact about a window besides its files. Its row has no attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowMark {
    /// Its metrics were published.
    MetricsPublished,
    /// The metrics of its model quality were published.
    QualityPublished,
    /// It could not be judged, and `detect-drift` has given up on it.
    GivenUp,
}

/// A mark on a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowMarkRow {
    /// The partition of the window ([`OpenWindowRow::partition`]).
    pub window: String,
    /// Which mark.
    pub mark: WindowMark,
}

impl WindowMarkRow {
    /// The kind of row for metrics, as ARCHITECTURE.md describes it.
    pub const METRICS: RowKind = RowKind {
        row: "WindowMarkRow",
        says: "that the metrics of a window were published",
        pk: WINDOW_PK,
        sk: "M",
    };
    /// The kind of row for metrics of model quality, as ARCHITECTURE.md describes it.
    pub const QUALITY: RowKind = RowKind {
        row: "WindowMarkRow",
        says: "that the metrics of a window's model quality were published",
        pk: WINDOW_PK,
        sk: "MQ",
    };
    /// The kind of row for a window that was given up, as ARCHITECTURE.md describes it.
    pub const GIVEN_UP: RowKind = RowKind {
        row: "WindowMarkRow",
        says: "that a window could not be judged and was given up",
        pk: WINDOW_PK,
        sk: "U",
    };

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let sk = match self.mark {
            WindowMark::MetricsPublished => Self::METRICS.sk,
            WindowMark::QualityPublished => Self::QUALITY.sk,
            WindowMark::GivenUp => Self::GIVEN_UP.sk,
        };
        Key::new(self.window.as_str(), sk)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: Attributes::new() }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let mark = match item.key.sk.as_str() {
            sk if sk == Self::METRICS.sk => WindowMark::MetricsPublished,
            sk if sk == Self::QUALITY.sk => WindowMark::QualityPublished,
            sk if sk == Self::GIVEN_UP.sk => WindowMark::GivenUp,
            _ => return None,
        };
        Some(Self { window: item.key.pk.clone(), mark })
    }
}

/// Records that a window was judged for the last time, and with which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedWindowRow {
    /// The partition of the window ([`OpenWindowRow::partition`]).
    pub window: String,
    /// How many files it had.
    pub count: usize,
    /// The digest of these files.
    pub files: String,
}

impl ClosedWindowRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ClosedWindowRow",
        says: "that a window was judged for the last time, and with which files",
        pk: WINDOW_PK,
        sk: "Z",
    };
    const FILES: &str = "files";
    const AS_OF: &str = "files_of";

    /// The row's key.
    #[must_use]
    pub fn key(window: &str) -> Key {
        Key::new(window, Self::KIND.sk)
    }

    /// The write. If a window was closed again because a file came late, the larger set of files counts.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, mut attributes } = self.item();
        attributes.remove(Self::AS_OF);
        Write::Newest { key, version_attribute: Self::AS_OF.into(), version: self.version(), attributes }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([
            (Self::FILES.into(), self.files.clone().into()),
            (Self::AS_OF.into(), self.version().into()),
        ]);
        Item { key: Self::key(&self.window), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let files = item.text(Self::FILES).filter(|_| item.key.sk == Self::KIND.sk)?;
        let count = item.text(Self::AS_OF)?.split('#').next()?.parse().ok()?;
        Some(Self { window: item.key.pk.clone(), count, files: files.to_owned() })
    }

    fn version(&self) -> String {
        format!("{:010}#{}", self.count, self.files)
    }
}

const CAPTURED: &str = "K#captured";
const UNTIL: &str = "at";
const UNTIL_VERSION: &str = "atv";

/// The time of the last captured traffic of an endpoint, by the files that `detect-drift` has received events about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCaptureRow {
    /// The endpoint: `<account>/<region>/<name>`, the tail of its identity.
    pub endpoint: String,
    /// The end of the last hour with traffic.
    pub until: Timestamp,
}

impl LastCaptureRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "LastCaptureRow",
        says: "the time of the last captured traffic of an endpoint",
        pk: CAPTURED,
        sk: "<account>/<region>/<endpoint>",
    };

    /// The row's key.
    #[must_use]
    pub fn key(endpoint: &Resource) -> Key {
        Key::new(CAPTURED, NodeId::endpoint(endpoint).tail())
    }

    /// The write: the latest time counts.
    #[must_use]
    pub fn write(endpoint: &Resource, until: Timestamp) -> Write {
        Write::Newest {
            key: Self::key(endpoint),
            version_attribute: UNTIL_VERSION.into(),
            version: millis(until),
            attributes: Attributes::from([(UNTIL.into(), until.millis().into())]),
        }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let Key { pk, sk } = &item.key;
        let until = item.number(UNTIL).filter(|_| pk == CAPTURED && sk != ListeningRow::SK)?;
        Some(Self { endpoint: sk.clone(), until: Timestamp::from_millis(until) })
    }
}

/// Since when the stack receives events of captured traffic. Earlier files caused no events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListeningRow {
    /// Since when.
    pub since: Timestamp,
}

impl ListeningRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ListeningRow",
        says: "since when the stack receives events of captured traffic",
        pk: CAPTURED,
        sk: "#",
    };
    const SK: &str = "#";

    /// The row's key.
    #[must_use]
    pub fn key() -> Key {
        Key::new(CAPTURED, Self::SK)
    }

    /// The write: the earliest time counts.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(),
            version_attribute: UNTIL_VERSION.into(),
            version: format!("{:019}", i64::MAX - self.since.millis()),
            attributes: Attributes::from([(UNTIL.into(), self.since.millis().into())]),
        }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let since = item.number(UNTIL).filter(|_| item.key == Self::key())?;
        Some(Self { since: Timestamp::from_millis(since) })
    }
}
