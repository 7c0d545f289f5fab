//! A page that says why the wanted page does not exist.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::address::Address;
use super::frame::{Frame, Page};
use super::sheet::Sheet;

/// Why there is no page, and where to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// In a few words.
    pub title: String,
    /// The whole reason, and what to do.
    pub reason: String,
    /// Addresses that the reader may have meant, each with its text.
    pub near: Vec<(Address, String)>,
}

impl Page for Trouble {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            p.verdict.bad role="alert" { (self.reason) }
            @if !self.near.is_empty() {
                p { "Did you mean" }
                ul.plain #near { @for (address, words) in &self.near { li { a href=(frame.link(address)) { bdi { (words) } } } } }
            }
            p { a href="/" { "To the overview" } }
        }
    }

    fn document(&self) -> Json {
        let near: Vec<&String> = self.near.iter().map(|(_, words)| words).collect();
        json!({ "error": self.reason, "did_you_mean": near })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["error"]);
        sheet.rows.push(vec![self.reason.clone()]);
        sheet
    }

    fn is_dated(&self) -> bool {
        false
    }

    fn is_of_the_present(&self) -> bool {
        false
    }
}
