//! How far a sweep through an account came.

use sagewarden_events::{ResourceKind, Timestamp};

use super::kind::{RowKind, millis};
use crate::table::{Attributes, Item, Key, Value, Write};

const SWEEP: &str = "K#sweep";

/// How far the newest sweep through a kind came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// The kind.
    pub kind: ResourceKind,
    /// The region.
    pub region: String,
    /// When the sweep began.
    pub began: Timestamp,
    /// Only resources that were created since then, if it has such a limit.
    pub since: Option<Timestamp>,
    /// How many pages it has done.
    pub pages: u64,
    /// How many resources they listed.
    pub listed: u64,
    /// How many of the last pages were empty.
    pub empty: u64,
    /// How many resources it found gone.
    pub gone: u64,
    /// When the oldest resource that it listed was created, if it lists the newest first.
    pub down_to: Option<Timestamp>,
    /// Whether the bulk call listed them.
    pub by_search: bool,
    /// Where the next page begins; `None` once the sweep has come to its end.
    pub cursor: Option<String>,
    /// What a sweep that is repeated again and again counts.
    pub tally: SweepTally,
}

/// What a sweep that is repeated again and again counts, and what the next one begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepTally {
    /// When the first sweep through the kind began.
    pub first: Option<Timestamp>,
    /// Resources that were created from then on ...
    pub from: Option<Timestamp>,
    /// ... and before then should have been announced by an event: they are counted. Younger ones are left to the next sweep.
    pub until: Option<Timestamp>,
    /// Known resources that changed since then are looked at once more.
    pub again_since: Option<Timestamp>,
    /// How many resources were created between these times.
    pub arrived: u64,
    /// When the oldest job that had not ended was created.
    pub oldest_open: Option<Timestamp>,
    /// How many pages were done when the record began that moves the mark.
    pub hop: u64,
    /// When the mark was moved.
    pub moved_at: Option<Timestamp>,
    /// Whether the end of the sweep was reported.
    pub is_reported: bool,
    /// The month of the two counts below, such as `2026-03`.
    pub month: String,
    /// How many resources were created in the month, as far as sweeps have counted.
    pub month_arrived: u64,
    /// How many of these no event had announced.
    pub month_missed: u64,
}

impl SweepRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "SweepRow",
        says: "how far the newest sweep through a kind of resource came",
        pk: SWEEP,
        sk: "<kind>#<region>",
    };
    const AS_OF: &str = "as_of";
    const SINCE: &str = "since";
    const LISTED: &str = "listed";
    const EMPTY: &str = "empty";
    const GONE: &str = "gone";
    const DOWN_TO: &str = "down_to";
    const BY_SEARCH: &str = "by_search";
    const CURSOR: &str = "cursor";
    /// Behind the number of pages: the end was reported.
    const REPORTED: &str = "reported";

    /// The row's key.
    #[must_use]
    pub fn key(kind: ResourceKind, region: &str) -> Key {
        // Pipelines and their executions share a segment.
        Key::new(SWEEP, format!("{}#{region}", kind.operation()))
    }

    /// The write: of two sweeps the later one counts, and of one sweep the later page.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, mut attributes } = self.item();
        attributes.remove(Self::AS_OF);
        Write::Newest { key, version_attribute: Self::AS_OF.into(), version: self.version(), attributes }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        // A register keeps attributes that a write does not name, so each write names all of them.
        let mut attributes = Attributes::from([
            (Self::AS_OF.into(), self.version().into()),
            (Self::LISTED.into(), number(self.listed)),
            (Self::EMPTY.into(), number(self.empty)),
            (Self::GONE.into(), number(self.gone)),
            (Self::DOWN_TO.into(), time(self.down_to)),
            (Self::BY_SEARCH.into(), i64::from(self.by_search).into()),
            (Self::SINCE.into(), time(self.since)),
            (Self::CURSOR.into(), self.cursor.clone().unwrap_or_default().into()),
        ]);
        self.tally.add_to(&mut attributes);
        Item { key: Self::key(self.kind, &self.region), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let (operation, region) = item.key.sk.split_once('#').filter(|_| item.key.pk == SWEEP)?;
        let kind = ResourceKind::ALL.into_iter().find(|kind| kind.operation() == operation)?;
        let mut version = item.text(Self::AS_OF)?.split('#');
        let (began, pages) = (version.next()?, version.next()?);
        let is_reported = version.next() == Some(Self::REPORTED);
        Some(Self {
            kind,
            region: region.to_owned(),
            began: Timestamp::from_millis(began.parse().ok()?),
            since: time_in(item, Self::SINCE),
            pages: pages.parse().ok()?,
            listed: number_in(item, Self::LISTED),
            empty: number_in(item, Self::EMPTY),
            gone: number_in(item, Self::GONE),
            down_to: time_in(item, Self::DOWN_TO),
            by_search: item.number(Self::BY_SEARCH) == Some(1),
            cursor: item.text(Self::CURSOR).filter(|cursor| !cursor.is_empty()).map(str::to_owned),
            tally: SweepTally::of(item, is_reported),
        })
    }

    fn version(&self) -> String {
        let reported = if self.tally.is_reported { format!("#{}", Self::REPORTED) } else { String::new() };
        format!("{}#{:08}{reported}", millis(self.began), self.pages)
    }
}

impl SweepTally {
    const FIRST: &str = "first";
    const FROM: &str = "from";
    const UNTIL: &str = "until";
    const AGAIN_SINCE: &str = "again_since";
    const ARRIVED: &str = "arrived";
    const OLDEST_OPEN: &str = "oldest_open";
    const HOP: &str = "hop";
    const MOVED_AT: &str = "moved_at";
    const MONTH: &str = "month";
    const MONTH_ARRIVED: &str = "month_arrived";
    const MONTH_MISSED: &str = "month_missed";

    fn add_to(&self, attributes: &mut Attributes) {
        attributes.extend([
            (Self::FIRST.to_owned(), time(self.first)),
            (Self::FROM.to_owned(), time(self.from)),
            (Self::UNTIL.to_owned(), time(self.until)),
            (Self::AGAIN_SINCE.to_owned(), time(self.again_since)),
            (Self::ARRIVED.to_owned(), number(self.arrived)),
            (Self::OLDEST_OPEN.to_owned(), time(self.oldest_open)),
            (Self::HOP.to_owned(), number(self.hop)),
            (Self::MOVED_AT.to_owned(), time(self.moved_at)),
            (Self::MONTH.to_owned(), self.month.clone().into()),
            (Self::MONTH_ARRIVED.to_owned(), number(self.month_arrived)),
            (Self::MONTH_MISSED.to_owned(), number(self.month_missed)),
        ]);
    }

    fn of(item: &Item, is_reported: bool) -> Self {
        Self {
            first: time_in(item, Self::FIRST),
            from: time_in(item, Self::FROM),
            until: time_in(item, Self::UNTIL),
            again_since: time_in(item, Self::AGAIN_SINCE),
            arrived: number_in(item, Self::ARRIVED),
            oldest_open: time_in(item, Self::OLDEST_OPEN),
            hop: number_in(item, Self::HOP),
            moved_at: time_in(item, Self::MOVED_AT),
            is_reported,
            month: item.text(Self::MONTH).unwrap_or_default().to_owned(),
            month_arrived: number_in(item, Self::MONTH_ARRIVED),
            month_missed: number_in(item, Self::MONTH_MISSED),
        }
    }
}

fn number(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

fn number_in(item: &Item, name: &str) -> u64 {
    item.number(name).and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
}

fn time(time: Option<Timestamp>) -> Value {
    time.map(millis).unwrap_or_default().into()
}

fn time_in(item: &Item, name: &str) -> Option<Timestamp> {
    item.text(name)?.parse().ok().map(Timestamp::from_millis)
}
