//! Lists as tables: for a terminal, for pandas, and as a page.

mod columns;
mod html;

use csv::WriterBuilder;
use sagewarden_events::Untrusted;
use sagewarden_lineage::listing::Listing;

pub use columns::{ListTable, list_table};
pub use html::list_page;

/// The table as a file that pandas reads with `read_csv`. A CSV file has no place to say whether the list is complete: ask with another
/// format for that. A cell that a spreadsheet would take for a formula has an apostrophe before it.
#[must_use]
pub fn list_csv(listing: &Listing) -> String {
    let ListTable { heads, rows } = list_table(listing);
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let head = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines = rows.iter().map(|row| row.iter().map(|cell| Untrusted::new(cell).cell()).collect());
    // Writing to memory fails only for rows of unequal length, and every row is as long as the heads.
    let written =
        std::iter::once(head).chain(lines).try_for_each(|row: Vec<String>| writer.write_record(row));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The table as text: each entry is a line of its cells, with tabs between.
#[must_use]
pub fn list_text(listing: &Listing) -> String {
    let ListTable { heads, rows } = list_table(listing);
    let mut text = heads.join("\t");
    text.push('\n');
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| Untrusted::new(cell).line()).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text.push_str(&closing(listing));
    text
}

/// The last lines for people: how many entries there are, whether that is all, the cursor if it is not, and how many events never arrived.
#[must_use]
pub fn closing(listing: &Listing) -> String {
    let entries = match listing.items.len() {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    };
    let events = listing.events.iter().map(|events| format!("{}\n", Untrusted::new(events).line()));
    let events: String = events.collect();
    if listing.complete {
        return format!("{entries}, complete\n{events}");
    }
    let mut text = format!("{entries}, incomplete:\n");
    for why in &listing.missing {
        text.push_str(&format!("  {}\n", Untrusted::new(why).line()));
    }
    if let Some(cursor) = &listing.cursor {
        text.push_str(&format!("  --cursor {cursor}\n"));
    }
    text + &events
}

#[cfg(test)]
mod tests;
