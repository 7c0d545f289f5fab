//! A table as wide as the terminal. Where its columns would be too narrow to be read, each row is a short list instead.

use std::fmt;

use comfy_table::{ContentArrangement, LineStyle, Table, presets};

/// Columns of the terminal that a column of the table needs, on average, to be read.
const READABLE: usize = 12;

/// A table for people.
#[derive(Debug)]
pub(crate) struct Grid {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(heads: impl IntoIterator<Item: Into<String>>) -> Self {
        Self { heads: heads.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub(crate) fn add_row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Fits a table into a number of columns. Without a width, as for a file, each row is one line.
    fn drawn(&self, width: Option<u16>) -> String {
        match width {
            Some(width) if self.heads.len() * READABLE > usize::from(width) => self.lists(),
            width => self.table(width),
        }
    }

    fn table(&self, width: Option<u16>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
        match width {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            }
            None => {
                table.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        table.set_header(&self.heads).add_rows(&self.rows);
        table.trim_fmt()
    }

    /// Each row below its first cell; empty cells are left out.
    fn lists(&self) -> String {
        let longest = self.heads.iter().skip(1).map(|head| head.chars().count()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for row in &self.rows {
            lines.extend(row.first().cloned());
            let labelled = self.heads.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty());
            lines.extend(labelled.map(|(head, cell)| format!("  {head:<longest$}  {cell}")));
        }
        lines.join("\n")
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.drawn(super::width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_room_is_a_list_of_its_rows() {
        let mut grid = Grid::new(["Feature", "Distance", "Threshold", "Verdict"]);
        grid.add_row(["AGE", "0.0000", "", "ok"].map(str::to_owned));
        grid.add_row(["SEX", "0.4396", "0.01", "violated"].map(str::to_owned));
        assert_eq!(
            grid.drawn(Some(40)),
            "AGE\n  Distance   0.0000\n  Verdict    ok\nSEX\n  Distance   0.4396\n  Threshold  0.01\n  Verdict    violated"
        );
        let wide = grid.drawn(Some(60));
        assert!(wide.lines().count() == 4 && wide.contains('─'), "{wide}");
        grid.add_row([&"x".repeat(300), "", "", ""].map(str::to_owned));
        let of_a_file = grid.drawn(None);
        assert!(of_a_file.lines().count() == 5 && of_a_file.contains(&"x".repeat(300)), "{of_a_file}");
    }
}
