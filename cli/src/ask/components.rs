//! The components of a lineage as a table for a terminal.

use sagewarden_view::lineage::{FlatCell, FlatTable};

use crate::output::{self, line};

/// The flat table turned on its side: a terminal has room for a few components, not for a hundred columns.
pub(crate) fn table(flat: &FlatTable) -> String {
    let mut columns = flat.columns.iter().enumerate();
    let heads: Vec<String> = match columns.next() {
        Some((_, first)) => std::iter::once(line(first))
            .chain(flat.rows.iter().map(|row| row.first().map(cell).unwrap_or_default()))
            .collect(),
        None => return String::new(),
    };
    let mut table = output::table(heads);
    for (index, column) in columns {
        let cells = flat.rows.iter().map(|row| row.get(index).map(cell).unwrap_or_default());
        table.add_row(std::iter::once(line(column)).chain(cells).collect::<Vec<_>>());
    }
    format!("{table}\n")
}

fn cell(cell: &FlatCell) -> String {
    line(&cell.to_string())
}
