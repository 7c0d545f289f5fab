//! Reads a table of training data while it arrives.

use std::io::{self, BufReader, Write as _};
use std::thread;

use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_measure::{Issues, MissingTexts, Profile};

use super::memory::too_wide;
#[cfg(feature = "explaining")]
use crate::explain::training::{AlsoDrawn, DrawnTable};
use crate::ports::{Files as _, ObjectVersion, PortError, PortErrorKind};
use crate::world::World;

const BUFFER: usize = 64 << 10;

/// Why the data is not read as a table.
pub(super) enum NoTable {
    Csv(CsvError),
    TooWide(String),
}

/// The content of a table.
pub(super) struct ReadTable {
    pub(super) profile: Profile,
    pub(super) issues: Issues,
    /// Some of its rows, for the model to explain.
    #[cfg(feature = "explaining")]
    pub(super) drawn: DrawnTable,
}

impl ReadTable {
    /// Reads a table to its end.
    fn of(input: io::PipeReader, file: &str, labels: usize, missing: MissingTexts) -> Result<Self, NoTable> {
        let input = BufReader::with_capacity(BUFFER, input);
        let table = CsvTable::open(input, Header::Detect).map_err(NoTable::Csv)?.without_first(labels);
        if let Some(why) = too_wide(table.columns().len()) {
            return Err(NoTable::TooWide(why));
        }
        let table = table.with_missing(missing);
        #[cfg(feature = "explaining")]
        {
            let (mut profile, mut drawn) =
                (table.empty_profile(), DrawnTable::of(file, table.columns().len()));
            let issues = table.read_into(&mut AlsoDrawn(&mut profile, &mut drawn)).map_err(NoTable::Csv)?;
            Ok(Self { profile, issues, drawn })
        }
        #[cfg(not(feature = "explaining"))]
        {
            let _file = file;
            let (profile, issues) = table.profile().map_err(NoTable::Csv)?;
            Ok(Self { profile, issues })
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.profile.columns.iter().map(|column| &column.name)
    }

    /// Adds the rows of another file of the same columns.
    pub(super) fn merge(&mut self, other: Self) {
        self.profile.merge(&other.profile);
        self.issues.merge(&other.issues);
        #[cfg(feature = "explaining")]
        self.drawn.merge(other.drawn);
    }
}

/// Reads a table without its first columns, the labels; `None` if it no longer exists. S3 sends pieces, but the reader of tables asks for
/// bytes. So the reader has a thread of its own, and no file has to be held in memory.
///
/// # Errors
///
/// When S3 does not answer.
pub(super) async fn read(
    world: &impl World,
    bucket: &str,
    object: &ObjectVersion,
    labels: usize,
) -> Result<Option<Result<ReadTable, NoTable>>, PortError> {
    let failed = |error: io::Error| {
        PortError::new(PortErrorKind::Unavailable, format!("read `{}`", object.key), error.to_string())
    };
    let (reader, mut writer) = io::pipe().map_err(failed)?;
    let missing = world.settings().drift.detect.missing_texts.as_deref();
    let missing = MissingTexts::named(missing);
    let file = format!("{bucket}/{}", object.key);
    let reading = thread::spawn(move || ReadTable::of(reader, &file, labels, missing));
    // A reader that has ended with an error takes no more.
    let mut is_taken = true;
    let mut take = |piece: &[u8]| is_taken = is_taken && writer.write_all(piece).is_ok();
    let streamed = world.files().stream(bucket, object, &mut take).await;
    drop(writer);
    let read = reading.join().map_err(|_| failed(io::Error::other("the reader of tables panicked")))?;
    Ok(streamed?.then_some(read))
}
