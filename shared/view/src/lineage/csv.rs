//! The flat view as a file that pandas reads with `read_csv`: a head line, then one line for each component. A CSV file has no place to say
//! whether the answer is complete: ask with another format for that. A cell that a spreadsheet would take for a formula has an apostrophe
//! before it.

use sagewarden_events::Untrusted;
use sagewarden_lineage::answer::Answer;

use super::flat::{FlatCell, FlatTable, flat};

/// The lines, each ending in `\n`. Cells that need quotes have them, and a list is written as in JSON.
#[must_use]
pub fn csv(answer: &Answer) -> String {
    let FlatTable { columns, rows } = flat(answer);
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory fails only for rows of unequal length, and every row is as long as the columns.
    let head: Vec<String> = columns.iter().map(|column| Untrusted::new(column).cell()).collect();
    let lines = rows.iter().map(|row| row.iter().map(shown).collect());
    let written = std::iter::once(head).chain(lines).try_for_each(|row| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn shown(cell: &FlatCell) -> String {
    match cell {
        FlatCell::Number(number) => number.to_string(),
        others => Untrusted::new(&others.to_string()).cell(),
    }
}
