//! Ground truth: its files, the windows whose predictions they may label, and the times when such a window must be measured.

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::kind::RowKind;
use super::window::{CapturedFileRow, OpenWindowRow};
use crate::table::{Attributes, Item, Key, Query};

const LABELS_PK: &str = "G#<bucket>/<prefix>";
const ENDPOINT: &str = "endpoint";
const VARIANT: &str = "variant";
const START: &str = "start";
const END: &str = "end";
const UNTIL: &str = "until";

fn partition(place: &str) -> String {
    format!("G#{place}")
}

fn digits(time: Timestamp) -> String {
    format!("{:013}", time.millis())
}

/// A version of a file of ground truth. It has the same facts as a captured file, under the hour in its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFileRow {
    /// Where labels are expected: `<bucket>/<prefix>`.
    pub place: String,
    /// The hour that the key names: when the labels were collected.
    pub hour: Timestamp,
    /// The file; its `window` is the partition of this row.
    pub file: CapturedFileRow,
}

impl LabelFileRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "LabelFileRow",
        says: "a version of a file of ground truth, by the hour in its key",
        pk: LABELS_PK,
        sk: "T#<hour>#<key>@<version>",
    };
    const PREFIX: &str = "T#";

    /// The row of this file in the table.
    #[must_use]
    pub fn new(place: &str, hour: Timestamp, file: CapturedFileRow) -> Self {
        let file = CapturedFileRow { window: partition(place), ..file };
        Self { place: place.to_owned(), hour, file }
    }

    /// The files of the hours between two times: the first is included, the second is not.
    #[must_use]
    pub fn between(place: &str, from: Timestamp, before: Timestamp) -> Query {
        let bound = |time: Timestamp| format!("{}{}", Self::PREFIX, digits(time));
        Query::between(partition(place), bound(from), bound(before))
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let CapturedFileRow { key, .. } = &self.file;
        let sk = format!("{}{}#{key}@{}", Self::PREFIX, digits(self.hour), self.file.version());
        Key::new(partition(&self.place), sk)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: self.file.item().attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let place = item.key.pk.strip_prefix("G#")?;
        let (hour, _) = item.key.sk.strip_prefix(Self::PREFIX)?.split_once('#')?;
        let file = CapturedFileRow::described(item)?;
        Some(Self { place: place.to_owned(), hour: Timestamp::from_millis(hour.parse().ok()?), file })
    }
}

/// A window whose predictions get their labels from a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledWindowRow {
    /// Where labels are expected: `<bucket>/<prefix>`.
    pub place: String,
    /// The window.
    pub window: OpenWindowRow,
    /// Until when labels may arrive.
    pub until: Timestamp,
}

impl LabelledWindowRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "LabelledWindowRow",
        says: "a window whose predictions get labels from a place, and until when",
        pk: LABELS_PK,
        sk: "W#<end>#<partition of the window>",
    };
    const PREFIX: &str = "W#";

    /// The windows that end between two times: the first is included, the second is not.
    #[must_use]
    pub fn between(place: &str, from: Timestamp, before: Timestamp) -> Query {
        let bound = |time: Timestamp| format!("{}{}", Self::PREFIX, digits(time));
        Query::between(partition(place), bound(from), bound(before))
    }

    /// Any window of a place.
    #[must_use]
    pub fn any(place: &str) -> Query {
        Query::prefix(partition(place), Self::PREFIX).at_most(1)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let sk = format!("{}{}#{}", Self::PREFIX, digits(self.window.end), self.window.partition());
        let mut attributes = attributes(&self.window);
        attributes.insert(UNTIL.into(), self.until.millis().into());
        Item { key: Key::new(partition(&self.place), sk), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let place = item.key.pk.strip_prefix("G#")?;
        item.key.sk.strip_prefix(Self::PREFIX)?;
        let until = Timestamp::from_millis(item.number(UNTIL)?);
        Some(Self { place: place.to_owned(), window: window(item)?, until })
    }
}

/// A window whose predictions are due to be measured from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueWindowRow {
    /// From when on.
    pub due: Timestamp,
    /// The window.
    pub window: OpenWindowRow,
}

impl DueWindowRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "DueWindowRow",
        says: "a window whose predictions are to be measured from a time on",
        pk: "K#quality",
        sk: "<due>#<partition of the window>",
    };
    const PK: &str = "K#quality";

    /// The windows that were due before a time, the newest first. So a window that always fails does not keep the clock from the others.
    #[must_use]
    pub fn due_before(before: Timestamp) -> Query {
        Query::between(Self::PK, "0", digits(before)).newest_first()
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        Self::key_of(&format!("{}#{}", digits(self.due), self.window.partition()))
    }

    /// The key of the row with this sort key.
    #[must_use]
    pub fn key_of(sort_key: &str) -> Key {
        Key::new(Self::PK, sort_key)
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        Item { key: self.key(), attributes: attributes(&self.window) }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (due, _) = item.key.sk.split_once('#').filter(|_| item.key.pk == Self::PK)?;
        Some(Self { due: Timestamp::from_millis(due.parse().ok()?), window: window(item)? })
    }
}

fn attributes(window: &OpenWindowRow) -> Attributes {
    Attributes::from([
        (ENDPOINT.into(), window.endpoint.arn().into()),
        (VARIANT.into(), window.variant.clone().into()),
        (START.into(), window.start.millis().into()),
        (END.into(), window.end.millis().into()),
    ])
}

fn window(item: &Item) -> Option<OpenWindowRow> {
    let endpoint = Resource::parse_arn(item.text(ENDPOINT)?).ok();
    Some(OpenWindowRow {
        endpoint: endpoint.filter(|it| it.kind == ResourceKind::Endpoint)?,
        variant: item.text(VARIANT)?.to_owned(),
        start: Timestamp::from_millis(item.number(START)?),
        end: Timestamp::from_millis(item.number(END)?),
    })
}
