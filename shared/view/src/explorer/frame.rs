//! The frame of all pages: the links to the others, the search, and the time.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::address::Address;
use super::sheet::Sheet;
use crate::page::served_page;

const STYLE: &str = concat!(include_str!("../lineage/graph.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");
const PICTURE_SCRIPT: &str = concat!(include_str!("../lineage/graph.js"), include_str!("page.js"));

/// The pages that every page leads to.
const WAYS: [(&str, &str); 4] =
    [("", "Overview"), ("inventory", "Inventory"), ("findings", "Findings"), ("controls", "Controls")];

/// Where a page stands.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Its address.
    pub address: Address,
    /// Whether a server answers at other addresses. A page in a folder has no forms, and links only to pages in that folder.
    pub is_live: bool,
    /// Requests to the table that it took.
    pub requests: usize,
}

impl Frame {
    /// A link to another page, at the same time. Findings are known for the present only.
    #[must_use]
    pub fn link(&self, address: &Address) -> String {
        let has_time = address.path().first() != Some(&"findings");
        match self.address.get("at") {
            Some(at) if self.is_live && has_time => address.with("at", at).to_string(),
            _ => address.to_string(),
        }
    }

    /// The time in question, as the reader wrote it.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        self.address.get("at")
    }
}

/// A page of the explorer.
pub trait Page {
    /// The title of the page.
    fn title(&self) -> String;

    /// The content below the title.
    fn body(&self, frame: &Frame) -> Markup;

    /// The same for programs.
    fn document(&self) -> Json;

    /// The same as a table.
    fn sheet(&self) -> Sheet;

    /// Whether the page changes with the time in question.
    fn is_dated(&self) -> bool {
        true
    }

    /// Whether the page has a picture of a lineage, which people can move in.
    fn has_picture(&self) -> bool {
        false
    }

    /// Whether the page shows the present, whatever time is in question.
    fn is_of_the_present(&self) -> bool {
        !self.is_dated()
    }
}

/// The page for a browser.
#[must_use]
pub fn html(page: &dyn Page, frame: &Frame) -> String {
    let title = page.title();
    let body = html! {
        a.skip href="#content" { "skip to the content" }
        (masthead(frame))
        main #content {
            div.top {
                h1 { bdi { (title) } }
                @if frame.is_live && page.is_dated() { (time(frame)) }
            }
            @if let Some(at) = frame.at().filter(|_| page.is_of_the_present()) {
                p.note.present role="status" { "This page shows the present, not " (at) ". " a href=(frame.address.without("at")) { "now" } }
            }
            (page.body(frame))
        }
        (footer(frame))
    };
    let script = if page.has_picture() { PICTURE_SCRIPT } else { SCRIPT };
    served_page(&format!("{title} \u{b7} Sagewarden"), STYLE, script, &body)
}

/// The page for programs.
#[must_use]
pub fn json(page: &dyn Page) -> String {
    format!("{:#}\n", page.document())
}

/// The page as a table.
#[must_use]
pub fn csv(page: &dyn Page) -> String {
    page.sheet().csv()
}

fn masthead(frame: &Frame) -> Markup {
    let first = frame.address.path().first().copied().unwrap_or_default().to_owned();
    html! {
        header.mast {
            a.brand href=(frame.link(&Address::default())) { "Sagewarden" }
            nav aria-label="Pages" {
                @for (path, words) in WAYS {
                    @let way = if path.is_empty() { Address::default() } else { Address::of([path]) };
                    a href=(frame.link(&way)) aria-current=[(first == path).then_some("page")] { (words) }
                }
            }
            @if frame.is_live {
                form.search action="/search" method="get" role="search" {
                    input #search type="search" name="q" value=[frame.address.get("q")] autocomplete="off"
                        placeholder="name, ARN, commit, s3://, digest, person" aria-label="Search everything";
                    @if let Some(at) = frame.at() { input type="hidden" name="at" value=(at); }
                    button type="submit" { "Search" }
                }
            }
        }
    }
}

/// The control of the time. The other parts of the address stay.
fn time(frame: &Frame) -> Markup {
    let at = frame.at();
    let day = at.map(|at| at.chars().take(10).collect::<String>());
    let exact = at.filter(|at| at.len() > 10);
    html! {
        form.time method="get" action=(frame.address.path_text()) aria-label="Time" {
            @for (name, value) in frame.address.query().filter(|(name, _)| *name != "at") {
                input type="hidden" name=(name) value=(value);
            }
            label { "as of " input type="date" name="at" value=[day] min="2015-01-01" max="2099-12-31"; }
            button type="submit" { "Show" }
            @if at.is_some() {
                @if let Some(exact) = exact { span.note { (exact) } }
                a href=(frame.address.without("at")) { "now" }
            }
        }
    }
}

fn footer(frame: &Frame) -> Markup {
    html! {
        footer {
            @if frame.is_live {
                "This page as " a href=(frame.address.with("format", "json")) { "JSON" } " or "
                a href=(frame.address.with("format", "csv")) { "CSV" } ". "
            }
            @if frame.requests > 0 { span data-requests=(frame.requests) { "Read in " (frame.requests) " requests to the table." } }
        }
    }
}
