//! Small parts of many pages.

use maud::{Markup, html};
use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::Answer;
use sagewarden_lineage::graph::Node;

use super::address::node_page;
use super::frame::Frame;
use crate::lineage::caption::{found_nothing, label, marks};

/// A time for people; a tooltip has the exact time.
pub(super) fn moment(time: Timestamp) -> Markup {
    let exact = time.to_string();
    html! { time datetime=(exact) title=(exact) { (exact.replace('T', " ").chars().take(16).collect::<String>()) } }
}

/// The colour of a word: good, bad, or in need of a look.
pub(super) fn tone(word: &str) -> &'static str {
    match word {
        "Completed" | "InService" | "Approved" | "compliant" | "ok" | "Succeeded" => "good",
        "Failed" | "Rejected" | "violating" | "FAILED" | "critical" | "high" | "deleted" | "beyond" => "bad",
        "Stopped"
        | "Stopping"
        | "unknown"
        | "UNDECIDED"
        | "weak"
        | "untrusted"
        | "medium"
        | "PendingManualApproval"
        | "unconfirmed"
        | "not monitored"
        | "not recorded" => "warn",
        _ => "plain",
    }
}

/// A word in a frame of its colour.
pub(super) fn badge(word: &str) -> Markup {
    html! { span class={ "badge " (tone(word)) } { (word) } }
}

/// A node as a link to its page, with its kind and its marks.
pub(super) fn node_link(frame: &Frame, answer: &Answer, node: &Node) -> Markup {
    let (class, kind) = match found_nothing(node) {
        true => ("passed", "no violation".to_owned()),
        false => (node.id.kind().word(), node.id.kind().to_string()),
    };
    html! {
        span class={ "what " (class) } { (kind) } " "
        a href=(frame.link(&node_page(&node.id))) { bdi { (label(node)) } }
        @for mark in marks(answer, node) { " " (badge(&mark)) }
    }
}

/// `1 window`, `2 windows`
pub(super) fn count(number: usize, one: &str) -> String {
    crate::numbers::count(number, one)
}

/// Who did something: the name of the session; a tooltip has the whole ARN.
pub(super) fn person(who: Option<&str>) -> Markup {
    let short = |who: &str| who.rsplit('/').next().unwrap_or(who).to_owned();
    html! {
        @match who {
            Some(who) => bdi title=(who) { (short(who)) },
            None => span.note { "unknown" },
        }
    }
}
