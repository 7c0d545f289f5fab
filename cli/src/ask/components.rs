//! The components of a lineage as a table for a terminal.

use sagewarden_view::lineage::{FlatCell, FlatTable};

use crate::output::grid::Grid;
use crate::output::line;

/// The flat table turned on its side: a terminal has room for a few components, not for a hundred columns.
pub(crate) fn table(flat: &FlatTable, shown: fn(&str) -> String) -> String {
    let cell = |cell: &FlatCell| shown(&line(&cell.to_string()));
    let mut columns = flat.columns.iter().enumerate();
    let heads: Vec<String> = match columns.next() {
        Some((_, first)) => std::iter::once(line(first))
            .chain(flat.rows.iter().map(|row| row.first().map(&cell).unwrap_or_default()))
            .collect(),
        None => return String::new(),
    };
    let mut table = Grid::new(heads);
    for (index, column) in columns {
        let cells = flat.rows.iter().map(|row| row.get(index).map(&cell).unwrap_or_default());
        table.add_row(std::iter::once(line(column)).chain(cells).collect::<Vec<_>>());
    }
    format!("{table}\n")
}
