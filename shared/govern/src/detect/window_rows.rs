//! The rows about a window in the table: its files, whether it still has to be judged for the last time, and how it
//! ended.
//!
//! A window has a row for each version of a file. So its contents are a set, however often and in whatever order the
//! events of its files arrive. The windows that still have to be judged for the last time are listed by their ends,
//! the newest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sagewarden_events::Timestamp;
use sagewarden_lineage::rows::{CapturedFileRow, ClosedWindowRow, OpenWindowRow, WindowMark, WindowMarkRow};
use sagewarden_lineage::s3::hex;
use sagewarden_lineage::table::{Key, Write};
use sagewarden_settings::DetectSettings;
use sha2::{Digest as _, Sha256};

use crate::outcome::Failure;
use crate::ports::{ObjectVersion, Table};
use crate::record::closure::query_all;
use crate::window::{HOUR_MS, Window};

/// How long after its end a window that cannot be judged is still tried again.
const PATIENCE_MS: i64 = 6 * HOUR_MS;
const MINUTE_MS: i64 = 60_000;

/// A file of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CapturedFile {
    /// Where.
    pub(crate) bucket: String,
    /// What.
    pub(crate) object: ObjectVersion,
    /// S3's own order of the changes to one key.
    pub(crate) sequencer: Option<String>,
}

/// The result of noting a file whose event arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// Its window is open.
    Open,
    /// It was known already, and its window has been judged for the last time.
    Closed,
    /// The file was written too late to be captured traffic, and its window has been judged. The clock computes how the result would
    /// change.
    Late,
    /// It was written too late as well, and its window was never judged.
    OfNoWindow,
}

/// The known files of a window: the newest version of each key, in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WindowFiles {
    /// The files that were written in time: the window is judged by these.
    pub(crate) in_time: Vec<CapturedFile>,
    /// The same with the files that were written later, which replace earlier versions of their keys.
    pub(crate) all: Vec<CapturedFile>,
    /// The files that were written later.
    pub(crate) late: Vec<CapturedFile>,
}

impl CapturedFile {
    /// Identifies the version: SageMaker writes a file once, but somebody may write it again.
    fn version(&self) -> &str {
        self.object.version_id.as_deref().unwrap_or(&self.object.etag)
    }

    /// Orders the versions of a key. S3 compares sequencers as if the shorter one were padded with zeros ("Event message structure", S3
    /// user guide). If the zeros at their ends are removed, they can be compared as texts.
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

    fn row(&self, window: &Window) -> CapturedFileRow {
        let ObjectVersion { key, version_id, etag, size, modified_at } = self.object.clone();
        let (bucket, sequencer) = (self.bucket.clone(), self.sequencer.clone());
        let window = window.open_row().partition();
        CapturedFileRow { window, bucket, key, version_id, etag, size, modified_at, sequencer }
    }
}

impl From<CapturedFileRow> for CapturedFile {
    fn from(row: CapturedFileRow) -> Self {
        let CapturedFileRow { bucket, key, version_id, etag, size, modified_at, sequencer, .. } = row;
        Self { bucket, object: ObjectVersion { key, version_id, etag, size, modified_at }, sequencer }
    }
}

/// When a window is over. That is some time after its end, because files arrive late.
pub(crate) fn due(window: &Window, settings: &DetectSettings) -> Timestamp {
    Timestamp::from_millis(window.end.millis() + settings.close_after_minutes * MINUTE_MS)
}

/// Until when files of a window may be written. SageMaker writes them within minutes. A later file would change a
/// finding, and is not captured traffic.
pub(crate) fn deadline(window: &Window, settings: &DetectSettings) -> Timestamp {
    Timestamp::from_millis(due(window, settings).millis() + PATIENCE_MS)
}

/// Notes a file, and that the window must be judged once more when it is over. If the window was given up, it is open again.
pub(crate) async fn add(
    table: &impl Table,
    window: &Window,
    file: &CapturedFile,
    deadline: Timestamp,
) -> Result<Noted, Failure> {
    let is_late = file.object.modified_at > deadline;
    if is_late && closed_with(table, window).await?.is_none() {
        return Ok(Noted::OfNoWindow);
    }
    let given_up = mark(window, WindowMark::GivenUp).key();
    let (file, open) = (file.row(window).item(), window.open_row().item());
    let found = table.get(&[file.key.clone(), open.key.clone(), given_up.clone()]).await?;
    let is_there = |key: &Key| found.iter().any(|each| each.key == *key);
    let noted = if is_late { Noted::Late } else { Noted::Open };
    if is_there(&file.key) && is_there(&open.key) {
        return Ok(noted);
    }
    if is_there(&file.key) && !is_there(&given_up) {
        return Ok(Noted::Closed);
    }
    // A file counts as known only in an open window: after a crash between the two writes its event comes again, and
    // the file is noted then. Afterwards the window is opened once more, as the clock may have closed it in between.
    table.write(&[Write::Put(open.clone())]).await?;
    table.write(&[Write::Put(file)]).await?;
    table.write(&[Write::Put(open)]).await?;
    if is_there(&given_up) {
        table.write(&[Write::Delete(given_up)]).await?;
    }
    Ok(noted)
}

/// The known files. If a key was written again, only the newest version counts, or its rows would count twice. The
/// newest version has the latest event time, which is in seconds; within one second, the latest sequencer.
pub(crate) async fn files(
    table: &impl Table,
    window: &Window,
    deadline: Timestamp,
) -> Result<WindowFiles, Failure> {
    let items = query_all(table, CapturedFileRow::of(&window.open_row().partition())).await?;
    let all: Vec<CapturedFile> =
        items.iter().filter_map(CapturedFileRow::parse).map(CapturedFile::from).collect();
    let (late, in_time): (Vec<CapturedFile>, Vec<CapturedFile>) =
        all.iter().cloned().partition(|file| file.object.modified_at > deadline);
    Ok(WindowFiles { in_time: newest(in_time), all: newest(all), late: newest(late) })
}

pub(crate) fn newest(files: impl IntoIterator<Item = CapturedFile>) -> Vec<CapturedFile> {
    let mut newest: BTreeMap<(String, String), CapturedFile> = BTreeMap::new();
    for file in files {
        let key = (file.object.key.clone(), file.bucket.clone());
        if newest.get(&key).is_none_or(|before| before.written() < file.written()) {
            newest.insert(key, file);
        }
    }
    newest.into_values().collect()
}

/// The same files in the order in which they were written.
pub(crate) fn as_written(mut files: Vec<CapturedFile>) -> Vec<CapturedFile> {
    files.sort_by(|one, other| (one.written(), one.id()).cmp(&(other.written(), other.id())));
    files
}

/// Identifies a set of files.
pub(crate) fn digest(files: &[CapturedFile]) -> String {
    let lines = files.iter().map(|file| format!("{}/{}\n", file.bucket, file.id()));
    hex(&lines.fold(Sha256::new(), |digest, line| digest.chain_update(line)).finalize())
}

/// The files that the window was closed with; `None` if it was never closed.
pub(crate) async fn closed_with(
    table: &impl Table,
    window: &Window,
) -> Result<Option<ClosedWindowRow>, Failure> {
    let found = table.get(&[ClosedWindowRow::key(&window.open_row().partition())]).await?;
    Ok(found.first().and_then(ClosedWindowRow::parse))
}

/// Notes that the window was judged for the last time with these files.
pub(crate) async fn note_closed(
    table: &impl Table,
    window: &Window,
    files: &[CapturedFile],
) -> Result<(), Failure> {
    let window = window.open_row().partition();
    let row = ClosedWindowRow { window, count: files.len(), files: digest(files) };
    Ok(table.write(&[row.write()]).await?)
}

/// Whether its metrics have been published.
pub(crate) async fn has_published_metrics(table: &impl Table, window: &Window) -> Result<bool, Failure> {
    Ok(!table.get(&[mark(window, WindowMark::MetricsPublished).key()]).await?.is_empty())
}

/// Notes that its metrics have been published.
pub(crate) async fn note_metrics(table: &impl Table, window: &Window) -> Result<(), Failure> {
    Ok(table.write(&[Write::Put(mark(window, WindowMark::MetricsPublished).item())]).await?)
}

fn mark(window: &Window, mark: WindowMark) -> WindowMarkRow {
    WindowMarkRow { window: window.open_row().partition(), mark }
}

/// The window has been judged for the last time, unless other files than these have arrived meanwhile.
pub(crate) async fn close(
    table: &impl Table,
    window: &Window,
    judged: &WindowFiles,
    deadline: Timestamp,
) -> Result<(), Failure> {
    table.write(&[Write::Delete(window.open_row().key())]).await?;
    if files(table, window, deadline).await? != *judged {
        // The delivery of those files may have opened the window before it was closed here.
        table.write(&[Write::Put(window.open_row().item())]).await?;
    }
    Ok(())
}

/// Opens the window again if it has been closed.
pub(crate) async fn keep_open(table: &impl Table, window: &Window) -> Result<(), Failure> {
    let open = window.open_row();
    if table.get(&[open.key()]).await?.is_empty() {
        table.write(&[Write::Put(open.item())]).await?;
    }
    Ok(())
}

/// Whether the window is too old to be tried again: windows that fail must not keep the clock from others.
pub(crate) fn is_old(window: &Window, now: Timestamp) -> bool {
    is_long_after(window.end, now)
}

/// Whether a time is so long ago that such a window is given up.
pub(crate) fn is_long_after(time: Timestamp, now: Timestamp) -> bool {
    now.millis() - time.millis() > PATIENCE_MS
}

/// Gives up a window that cannot be judged. If the event of one of its files comes again, after somebody fixed the cause, the window opens
/// again.
pub(crate) async fn give_up(table: &impl Table, window: &Window) -> Result<(), Failure> {
    table.write(&[Write::Put(mark(window, WindowMark::GivenUp).item())]).await?;
    Ok(table.write(&[Write::Delete(window.open_row().key())]).await?)
}

/// The windows under these sort keys that are still open, the newest first.
pub(crate) async fn open(table: &impl Table, sort_keys: &[String]) -> Result<Vec<Window>, Failure> {
    let keys: Vec<Key> = sort_keys.iter().map(|key| OpenWindowRow::key_of(key)).collect();
    let mut windows: Vec<Window> =
        table.get(&keys).await?.iter().filter_map(OpenWindowRow::parse).map(Window::from).collect();
    windows.sort_by_key(|window| Reverse(window.open_row().key().sk));
    Ok(windows)
}

/// A page of open windows that ended before a time, the newest first, from a sort key on; and where the next page
/// begins.
pub(crate) async fn ended(
    table: &impl Table,
    before: Timestamp,
    after: Option<String>,
    at_most: usize,
) -> Result<(Vec<Window>, Option<String>), Failure> {
    let mut query = OpenWindowRow::ended(before).at_most(at_most);
    query.after = after;
    let page = table.query(&query).await?;
    let windows = page.items.iter().filter_map(OpenWindowRow::parse).map(Window::from);
    Ok((windows.filter(|window| window.end < before).collect(), page.next))
}
