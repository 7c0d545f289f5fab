//! A file that is too large for the function's memory ends the process, which can then report nothing. So the function notes an attempt
//! before it reads the file. After several attempts that ended the process, it refuses the file by name.

use sagewarden_lineage::rows::AttemptRow;
use sagewarden_lineage::s3::S3Location;
use sagewarden_lineage::table::Write;

use crate::notify::Moment;
use crate::outcome::Failure;
use crate::ports::{PortError, Table};
use crate::record::closure::query_all;
use crate::window::HOUR_MS;

/// How many attempts may end the function: fewer than the queue delivers a record, so that the last deliveries can report the file.
const MOST: usize = 3;
/// An older attempt has ended: the function has a minute, and its records come again after six.
const OVER_MS: i64 = 5 * 60_000;
/// A file that ended the function is tried again on the next day, because somebody may have replaced it.
const REMEMBERED_MS: i64 = 24 * HOUR_MS;

/// From this many columns on, a window is large.
const WIDE: usize = 250;

/// Why an attempt is not made.
pub(crate) enum NotBegun {
    /// It has killed the function too often.
    Killed(String),
    /// Unknown: the table failed.
    Failed(PortError),
}

impl From<PortError> for NotBegun {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

impl From<NotBegun> for Failure {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::Killed(why) => Self::Reject(why),
            NotBegun::Failed(error) => error.into(),
        }
    }
}

/// An attempt that is under way.
pub(crate) struct Attempt {
    row: AttemptRow,
    /// Earlier attempts that killed the function.
    killed: Vec<AttemptRow>,
}

impl Attempt {
    /// Notes an attempt at `subject`, or refuses it.
    ///
    /// # Errors
    /// When it killed the function three times, or the table fails.
    pub(crate) async fn begin(table: &impl Table, subject: &str, moment: &Moment) -> Result<Self, NotBegun> {
        let before = query_all(table, AttemptRow::at(subject)).await?;
        let before: Vec<AttemptRow> = before.iter().filter_map(AttemptRow::parse).collect();
        let age = |row: &AttemptRow| moment.now.millis() - row.at.millis();
        let killed: Vec<AttemptRow> = before.into_iter().filter(|row| age(row) > OVER_MS).collect();
        if killed.iter().filter(|row| age(row) < REMEMBERED_MS).count() >= MOST {
            return Err(NotBegun::Killed(format!(
                "`{subject}` is not read again today: reading it ended the function {MOST} times, out of time or memory"
            )));
        }
        let row =
            AttemptRow { subject: subject.to_owned(), at: moment.now, owner: moment.owner.replace('#', "_") };
        table.write(&[Write::Put(row.item())]).await?;
        Ok(Self { row, killed })
    }

    /// Like [`Self::begin`], for judging a window with many columns. A window with few columns cannot fill the memory, and is judged
    /// whenever a file arrives. So no attempt is written for it.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub(crate) async fn begin_if_wide(
        table: &impl Table,
        baseline: &S3Location,
        columns: usize,
        moment: &Moment,
    ) -> Result<Option<Self>, NotBegun> {
        if columns < WIDE {
            return Ok(None);
        }
        Self::begin(table, &format!("{baseline} and the traffic"), moment).await.map(Some)
    }

    /// The attempt has ended and the process is alive, so its note is deleted. Its result decides only whether
    /// earlier attempts are deleted as well.
    ///
    /// # Errors
    /// When the table fails.
    pub(crate) async fn end(self, table: &impl Table, succeeded: bool) -> Result<(), PortError> {
        let forgiven = self.killed.iter().filter(|_| succeeded);
        let rows = forgiven.chain([&self.row]).map(|row| Write::Delete(row.key()));
        table.write(&rows.collect::<Vec<_>>()).await
    }
}
