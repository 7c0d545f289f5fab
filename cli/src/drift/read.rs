//! Captured events and tables, read into windows.

use std::path::Path;

use indicatif::ProgressBar;
use sagewarden_measure::Issues;
use sagewarden_measure::capture::{CaptureFormat, CaptureHour, CaptureKey, CaptureReader};
use sagewarden_measure::csv::Header;

use crate::drift::batch;
use crate::drift::windows::Windows;
use crate::input::Inputs;
use crate::input::source::Source;
use crate::input::table::{Table, TableError};
use crate::input::trouble::{Trouble, Unusable};

/// Reads all files; answers with their faults.
pub(crate) fn read(
    inputs: &Inputs,
    format: &CaptureFormat,
    header: Header,
    windows: &mut Windows<'_>,
) -> Vec<Trouble> {
    let progress = inputs.progress();
    let mut reader = CaptureReader::new(format.clone());
    let mut troubles = Vec::new();
    for source in &inputs.sources {
        let before = windows.rows();
        let (issues, stopped) = match source {
            Source::Table(path) => table(path, header, &progress, windows),
            Source::Batch(path) => {
                windows.begin_file(None);
                batch::read(path, format, &progress, windows)
            }
            Source::Stdin | Source::Events(_) => {
                windows.begin_file(hour(source));
                let reading = source.read(&progress, |piece| reader.push(piece, windows));
                (reader.finish(windows), reading.stopped)
            }
        };
        let rows = windows.rows() - before;
        troubles.extend(Trouble::of(source, issues, Unusable::default(), stopped, rows));
    }
    progress.finish_and_clear();
    troubles
}

/// When the events of a file were, where its key says it.
fn hour(source: &Source) -> Option<CaptureHour> {
    let Source::Events(path) = source else { return None };
    CaptureKey::parse(&path.to_string_lossy().replace('\\', "/")).map(|key| key.hour)
}

/// A table: columns of the baseline's names in the baseline's order, or else by name.
fn table(
    path: &Path,
    header: Header,
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> (Issues, Option<String>) {
    match read_table(path, header, progress, windows) {
        Ok(issues) => (issues, None),
        Err(error) if error.is_empty() => (Issues::default(), None),
        Err(error) => (Issues::default(), Some(error.to_string())),
    }
}

fn read_table(
    path: &Path,
    header: Header,
    progress: &ProgressBar,
    windows: &mut Windows<'_>,
) -> Result<Issues, TableError> {
    let table = Table::of_file(path, header, progress.clone())?;
    // Without a header, the columns are those of the baseline.
    if header == Header::None {
        return table.read_into(windows.undated());
    }
    let columns = windows.columns();
    table.read_by_name(columns.names(), windows.undated())
}
