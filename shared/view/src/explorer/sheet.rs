//! The rows of a page as a table, for spreadsheets and notebooks.

use sagewarden_events::Untrusted;

/// Columns and rows of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each as long as the columns.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A table without rows.
    #[must_use]
    pub fn of(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// The lines of a file. A cell that a spreadsheet would take for a formula has an apostrophe before it.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        let head = self.columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>();
        let lines = self.rows.iter().map(|row| row.iter().map(|cell| Untrusted::new(cell).cell()).collect());
        // Writing to memory does not fail.
        let written = std::iter::once(head).chain(lines).try_for_each(|row| writer.write_record(row));
        let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}
