//! Captured events and tables, read into windows.

use std::path::Path;

use indicatif::ProgressBar;
use sagewarden_measure::Issues;
use sagewarden_measure::capture::CaptureFormat;
use sagewarden_measure::csv::Header;

use crate::drift::windows::Windows;
use crate::drift::{batch, events};
use crate::input::Inputs;
use crate::input::source::Source;
use crate::input::table::{Table, TableError};
use crate::input::trouble::{Trouble, Unusable};
use crate::output;

/// Reads all files; answers with their faults. Files of events that follow each other are read by several threads.
pub(crate) fn read(
    inputs: &Inputs,
    format: &CaptureFormat,
    header: Header,
    windows: &mut Windows<'_>,
) -> Vec<Trouble> {
    let progress = inputs.progress();
    let mut troubles = Vec::new();
    let is_events = |source: &Source| matches!(source, Source::Stdin | Source::Events(_));
    for sources in inputs.sources.chunk_by(|one, next| is_events(one) && is_events(next)) {
        let before = windows.rows();
        let read = match sources {
            [Source::Table(path)] => table(path, header, &progress, windows),
            [Source::Batch(path)] => batch::read(path, format, &progress, windows.undated().rows),
            events => {
                troubles.extend(events::read(events, format, &progress, windows));
                continue;
            }
        };
        let (rows, (issues, stopped)) = (windows.rows() - before, read);
        troubles.extend(
            sources
                .first()
                .and_then(|source| Trouble::of(source, issues, Unusable::default(), stopped, rows)),
        );
    }
    progress.finish_and_clear();
    troubles
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
    let columns = windows.columns();
    let is_known = |table: &Table| table.columns().iter().all(|name| columns.has(name));
    // Without a header, the table has the columns of the baseline.
    if header == Header::None {
        let named = Table::of_file(path, Header::FirstRow, ProgressBar::hidden());
        if !named.is_ok_and(|table| is_known(&table)) {
            return Table::of_file(path, header, progress.clone())?.read_into(windows.undated());
        }
        note(
            path,
            "the first row has the names of the baseline's columns, so it is a header: leave out --no-header",
        );
    }
    let table = Table::of_file(path, Header::FirstRow, progress.clone())?;
    let is_other = |name: &String| !columns.has(name);
    if table.columns().len() == columns.names().len() && table.columns().iter().all(is_other) {
        note(
            path,
            "the first row has none of the names of the baseline's columns: if it has values, pass --no-header",
        );
    }
    table.read_by_name(columns.names(), windows.undated())
}

fn note(path: &Path, text: &str) {
    output::warn(format_args!("note: `{}`: {text}", output::line(&path.display().to_string())));
}
