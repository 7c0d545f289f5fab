//! A list as a page: one table, which works without a script.

use maud::html;
use sagewarden_lineage::listing::Listing;

use super::columns::{ListTable, list_table};
use crate::page::page;

const STYLE: &str = include_str!("page.css");

/// The page.
#[must_use]
pub fn list_page(listing: &Listing) -> String {
    let ListTable { heads, rows } = list_table(listing);
    let body = html! {
        main {
            h1 { (listing.list) }
            p { (rows.len()) " entries, " @if listing.complete { "complete" } @else { "incomplete" } }
            @for why in &listing.missing { p { (why) } }
            @if let Some(events) = &listing.events { p { (events) } }
            div class="wide" {
                table {
                    thead { tr { @for head in &heads { th scope="col" { (head) } } } }
                    tbody { @for row in &rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
        }
    };
    page(&listing.list, STYLE, "", &body)
}
