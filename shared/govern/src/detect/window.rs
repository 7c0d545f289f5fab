//! Windows of captured traffic: which one a file belongs to, and what of it is in the table.
//!
//! A window is a partition `W#<endpoint>/<variant>@<start>+<hours>` with an item for each version of a file: what is in a window is
//! a set, however often and in whatever order its files are told. Windows of another length are others, so that a setting that
//! changes mixes none. Windows that still have to be judged for the last time stand under
//! `K#windows`, in the order of their ends.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::table::{Attributes, Item, Key, Query, Range, Value, Write};
use sagewarden_measure::capture::CaptureHour;
use sagewarden_monitor::CaptureWindow;

use crate::outcome::Failure;
use crate::ports::{ObjectVersion, Table};
use crate::record::closure::query_all;

const HOUR_MS: i64 = 3_600_000;
/// How long after its end a window that cannot be judged is tried again.
const PATIENCE_MS: i64 = 6 * HOUR_MS;
/// The partition of windows that are open.
const OPEN: &str = "K#windows";

/// A window of the traffic of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Whose.
    pub(crate) endpoint: Resource,
    /// Of which variant.
    pub(crate) variant: String,
    /// From.
    pub(crate) start: Timestamp,
    /// Until.
    pub(crate) end: Timestamp,
}

/// A file of a window, as it is in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CapturedFile {
    /// Where.
    pub(crate) bucket: String,
    /// What.
    pub(crate) object: ObjectVersion,
    /// S3's own order of what happened to the key.
    pub(crate) sequencer: Option<String>,
}

/// What became of a file that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// Its window is open.
    Open,
    /// It was known, and its window has been judged for the last time.
    Closed,
}

/// The end of an hour of traffic.
pub(super) fn end_of(hour: CaptureHour) -> Option<Timestamp> {
    Some(Timestamp::from_millis(Timestamp::from_text(&hour.to_string())?.millis() + HOUR_MS))
}

/// The end of the hour that a time lies in.
pub(super) fn end_of_hour(time: Timestamp) -> Timestamp {
    Timestamp::from_millis((time.millis().div_euclid(HOUR_MS) + 1) * HOUR_MS)
}

impl CapturedFile {
    /// What stands for the version: a file is written once, but nothing keeps anybody from writing it again.
    fn version(&self) -> &str {
        self.object.version_id.as_deref().unwrap_or(&self.object.etag)
    }

    /// Orders the versions of a key. Sequencers are compared as if the shorter one had zeros behind it ("Event message structure", S3
    /// user guide): without the zeros at their ends they compare as they are.
    fn written(&self) -> (Timestamp, &str, &str) {
        let sequencer = self.sequencer.as_deref().unwrap_or_default().trim_end_matches('0');
        (self.object.modified_at, sequencer, self.version())
    }

    /// Unique, and in the order in which SageMaker wrote the files: keys begin with the minute.
    pub(crate) fn id(&self) -> String {
        format!("{}@{}", self.object.key, self.version())
    }

    pub(crate) fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.object.key)
    }

    fn of_item(item: &Item) -> Option<Self> {
        let text = |name: &str| item.text(name).map(str::to_owned);
        Some(Self {
            bucket: text("bucket")?,
            object: ObjectVersion {
                key: text("key")?,
                version_id: text("version"),
                etag: text("etag")?,
                size: u64::try_from(item.number("size")?).ok()?,
                modified_at: Timestamp::from_millis(item.number("at")?),
            },
            sequencer: text("sequencer"),
        })
    }
}

impl Window {
    /// The window of `hours` hours that an hour of traffic belongs to.
    pub(crate) fn of(endpoint: Resource, variant: &str, hour: CaptureHour, hours: i64) -> Option<Self> {
        let from = end_of(hour)?.millis() - HOUR_MS;
        let start = from - from.rem_euclid(hours * HOUR_MS);
        let [start, end] = [start, start + hours * HOUR_MS].map(Timestamp::from_millis);
        Some(Self { endpoint, variant: variant.to_owned(), start, end })
    }

    /// As alerts tell it.
    pub(crate) fn told(&self, complete: bool) -> CaptureWindow {
        CaptureWindow { start: self.start, end: self.end, complete }
    }

    fn pk(&self) -> String {
        let (endpoint, start) = (NodeId::endpoint(&self.endpoint), self.start.millis());
        let hours = (self.end.millis() - start) / HOUR_MS;
        format!("W#{}/{}@{start:013}+{hours}", endpoint.tail(), self.variant)
    }

    /// The part of a key that is Model Monitor's: the hour in which the window ends ("Schema for Statistics", developer guide:
    /// `<yyyy>/<mm>/<dd>/<hh>` of the execution).
    pub(crate) fn folder(&self) -> String {
        self.end.hour_path()
    }

    /// Notes a file, and that the window is to be judged once more when it is over. One that was given up is open again.
    pub(crate) async fn add(&self, table: &impl Table, file: &CapturedFile) -> Result<Noted, Failure> {
        let (file, open, given_up) = (self.file_item(file), self.open_item(), self.given_up_item());
        let found = table.get(&[file.key.clone(), open.key.clone(), given_up.key.clone()]).await?;
        let is_there = |item: &Item| found.iter().any(|each| each.key == item.key);
        if is_there(&file) && is_there(&open) {
            return Ok(Noted::Open);
        }
        if is_there(&file) && !is_there(&given_up) {
            return Ok(Noted::Closed);
        }
        // A file is known only in a window that is open: after a crash between the two it is told again, and noted then. Once
        // more behind it, as the clock may have closed the window between the two.
        table.write(&[Write::Put(open.clone())]).await?;
        table.write(&[Write::Put(file)]).await?;
        table.write(&[Write::Put(open)]).await?;
        if is_there(&given_up) {
            table.write(&[Write::Delete(given_up.key)]).await?;
        }
        Ok(Noted::Open)
    }

    fn file_item(&self, file: &CapturedFile) -> Item {
        let CapturedFile { bucket, object, sequencer } = file;
        let mut attributes = Attributes::from([
            ("bucket".to_owned(), Value::Text(bucket.clone())),
            ("key".to_owned(), Value::Text(object.key.clone())),
            ("etag".to_owned(), Value::Text(object.etag.clone())),
            ("size".to_owned(), Value::Number(i64::try_from(object.size).unwrap_or(i64::MAX))),
            ("at".to_owned(), Value::Number(object.modified_at.millis())),
        ]);
        for (name, text) in [("version", &object.version_id), ("sequencer", sequencer)] {
            if let Some(text) = text {
                attributes.insert(name.to_owned(), Value::Text(text.clone()));
            }
        }
        Item { key: Key::new(self.pk(), format!("F#{}", file.id())), attributes }
    }

    /// The files that are known, in the order of their keys; of a key that was written again the newest version alone, or its
    /// rows would count twice. The newest is the one whose event has the latest time, which is told in seconds, and of one second the
    /// latest sequencer.
    pub(crate) async fn files(&self, table: &impl Table) -> Result<Vec<CapturedFile>, Failure> {
        let items = query_all(table, Query::prefix(self.pk(), "F#")).await?;
        let mut newest: BTreeMap<(String, String), CapturedFile> = BTreeMap::new();
        for file in items.iter().filter_map(CapturedFile::of_item) {
            let key = (file.object.key.clone(), file.bucket.clone());
            let before = newest.get(&key);
            if before.is_none_or(|before| before.written() < file.written()) {
                newest.insert(key, file);
            }
        }
        Ok(newest.into_values().collect())
    }

    /// Whether its metrics have been told.
    pub(crate) async fn has_told_metrics(&self, table: &impl Table) -> Result<bool, Failure> {
        Ok(!table.get(&[self.metrics_item().key]).await?.is_empty())
    }

    /// Its metrics have been told.
    pub(crate) async fn metrics_told(&self, table: &impl Table) -> Result<(), Failure> {
        Ok(table.write(&[Write::Put(self.metrics_item())]).await?)
    }

    fn metrics_item(&self) -> Item {
        Item { key: Key::new(self.pk(), "M"), attributes: Attributes::new() }
    }

    /// It has been judged for the last time, unless other files than these have come meanwhile.
    pub(crate) async fn close(&self, table: &impl Table, judged: &[CapturedFile]) -> Result<(), Failure> {
        table.write(&[Write::Delete(self.open_item().key)]).await?;
        if self.files(table).await? != judged {
            // Its own delivery may have opened the window before it was closed.
            table.write(&[Write::Put(self.open_item())]).await?;
        }
        Ok(())
    }

    /// Opens it again where it has been closed.
    pub(crate) async fn keep_open(&self, table: &impl Table) -> Result<(), Failure> {
        let open = self.open_item();
        if table.get(std::slice::from_ref(&open.key)).await?.is_empty() {
            table.write(&[Write::Put(open)]).await?;
        }
        Ok(())
    }

    /// Whether nobody has to wait for it any longer: windows that fail must not keep the clock from others.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        now.millis() - self.end.millis() > PATIENCE_MS
    }

    /// It cannot be judged. A file of it that is told again, once somebody has mended what was wrong, opens it.
    pub(crate) async fn give_up(&self, table: &impl Table) -> Result<(), Failure> {
        table.write(&[Write::Put(self.given_up_item())]).await?;
        Ok(table.write(&[Write::Delete(self.open_item().key)]).await?)
    }

    fn given_up_item(&self) -> Item {
        Item { key: Key::new(self.pk(), "U"), attributes: Attributes::new() }
    }

    /// A page of windows that are open and whose end is before a time, behind a sort key, and where the next page begins.
    pub(crate) async fn ended(
        table: &impl Table,
        before: Timestamp,
        after: Option<String>,
        at_most: usize,
    ) -> Result<(Vec<Self>, Option<String>), Failure> {
        // In the order of their ends: none behind this key is over.
        let until = format!("{:013}", before.millis());
        let mut query = Query::prefix(OPEN, "");
        query.range = Range::Between("0".to_owned(), until);
        (query.limit, query.after) = (Some(at_most), after);
        let page = table.query(&query).await?;
        let windows = page.items.iter().filter_map(Self::of_item);
        Ok((windows.filter(|window| window.end < before).collect(), page.next))
    }

    fn open_item(&self) -> Item {
        Item {
            key: Key::new(OPEN, format!("{:013}#{}", self.end.millis(), self.pk())),
            attributes: Attributes::from([
                ("endpoint".to_owned(), Value::Text(self.endpoint.arn())),
                ("variant".to_owned(), Value::Text(self.variant.clone())),
                ("start".to_owned(), Value::Number(self.start.millis())),
                ("end".to_owned(), Value::Number(self.end.millis())),
            ]),
        }
    }

    fn of_item(item: &Item) -> Option<Self> {
        let endpoint = Resource::parse_arn(item.text("endpoint")?).ok()?;
        Some(Self {
            endpoint: (endpoint.kind == ResourceKind::Endpoint).then_some(endpoint)?,
            variant: item.text("variant")?.to_owned(),
            start: Timestamp::from_millis(item.number("start")?),
            end: Timestamp::from_millis(item.number("end")?),
        })
    }
}
