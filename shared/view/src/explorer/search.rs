//! The results of a search.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::address::Address;
use super::frame::{Frame, Page};
use super::sheet::Sheet;

/// A result of a search.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Its kind, in words.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why it is a result, if its name does not show that.
    pub why: String,
    /// Its page.
    pub address: String,
}

/// The results of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// The text of the search.
    pub words: String,
    /// The matches, the best first.
    pub hits: Vec<Hit>,
    /// Whether there are more than these.
    pub is_cut: bool,
    /// Similar names, if nothing matches.
    pub near: Vec<(Address, String)>,
    /// Whether parts of names and persons are found as well.
    pub finds_parts: bool,
}

impl Page for SearchPage {
    fn title(&self) -> String {
        format!("Search: {}", self.words)
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            @if self.words.is_empty() {
                @if self.finds_parts {
                    p { "Write a name or a part of one, an ARN, seven digits of a commit, s3://bucket/key with or without ?versionId=, the digest of an image, or a person." }
                } @else {
                    p { "Write a whole name, an ARN, seven digits of a commit, s3://bucket/key with or without ?versionId=, or the digest of an image." }
                }
            } @else if self.hits.is_empty() {
                p role="status" { "Nothing is recorded about " strong { bdi { (self.words) } } "." }
                @if !self.finds_parts {
                    p.note { "Here, a search finds whole names: a search for parts would read the whole table of the stack." }
                }
                @if !self.near.is_empty() {
                    p { "Did you mean" }
                    ul.plain #near { @for (address, words) in &self.near { li { a href=(frame.link(address)) { bdi { (words) } } } } }
                }
            } @else {
                p.note role="status" { (self.hits.len()) @if self.is_cut { " or more" } " found" }
                table.sorted {
                    thead { tr { th scope="col" { "kind" } th scope="col" { "name" } th scope="col" { "why it fits" } } }
                    tbody {
                        @for hit in &self.hits {
                            tr { td { (hit.kind) } td { a href=(frame.link(&Address::parse(&hit.address).unwrap_or_default())) { bdi { (hit.name) } } } td { bdi { (hit.why) } } }
                        }
                    }
                }
            }
        }
    }

    fn document(&self) -> Json {
        let hit =
            |hit: &Hit| json!({ "kind": hit.kind, "name": hit.name, "why": hit.why, "page": hit.address });
        let near: Vec<&String> = self.near.iter().map(|(_, words)| words).collect();
        json!({ "items": self.hits.iter().map(hit).collect::<Vec<_>>(), "complete": !self.is_cut, "did_you_mean": near })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["kind", "name", "why", "page"]);
        sheet.rows = self
            .hits
            .iter()
            .map(|hit| vec![hit.kind.clone(), hit.name.clone(), hit.why.clone(), hit.address.clone()])
            .collect();
        sheet
    }

    fn is_dated(&self) -> bool {
        false
    }

    fn is_of_the_present(&self) -> bool {
        false
    }
}
