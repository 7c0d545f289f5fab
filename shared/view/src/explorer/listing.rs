//! Lists as pages: findings, and the inventory of models in use.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_lineage::listing::{About, CountItem, FindingItem, InventoryItem, Items, Listing, WaiverItem};
use sagewarden_lineage::rows::SEVERITIES as RANKED;
use serde_json::{Value as Json, json};

use super::address::{Address, drift_of, resource_page};
use super::frame::{Frame, Page};
use super::parts::{badge, count, moment, person};
use super::sheet::Sheet;
use crate::listing::list_table;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// A description of the list, in words.
    pub title: &'static str,
    /// The answer.
    pub listing: Listing,
    /// What the controls want.
    pub titles: ControlTitles,
}

/// What each control wants, in a few words: nobody knows all numbers by heart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlTitles(pub BTreeMap<String, String>);

/// Choices of the list of findings, as the address and the question name them.
const STATES: [(&str, &str); 3] = [("open", "open"), ("closed", "closed"), ("all", "all")];
const SEVERITIES: [(&str, &str); 5] = [
    ("", "any"),
    ("critical", "critical"),
    ("high", "high or worse"),
    ("medium", "medium or worse"),
    ("low", "low or worse"),
];
const COUNTED_BY: [(&str, &str); 5] = [
    ("", "one by one"),
    ("control", "by control"),
    ("owner", "by owner"),
    ("kind", "by kind"),
    ("week", "by week"),
];

/// A resource as a link to its page.
pub(super) fn about(frame: &Frame, about: &About) -> Markup {
    html! { a href=(frame.link(&resource_page(&about.arn))) { bdi { (about.name) } } }
}

fn control(frame: &Frame, id: &str) -> Markup {
    html! { a href={ (frame.link(&Address::of(["controls"]))) "#" (id) } { (id) } }
}

/// A control with what it wants.
fn titled(frame: &Frame, titles: &ControlTitles, id: &str) -> Markup {
    html! { (control(frame, id)) @if let Some(title) = titles.0.get(id) { div.note { (title) } } }
}

fn choices(frame: &Frame, name: &str, words: &str, values: &[(&str, &str)]) -> Markup {
    let chosen = frame.address.get(name).unwrap_or_default();
    html! {
        label { (words) " " select name=(name) {
            @for (value, words) in values { option value=(value) selected[*value == chosen] { (words) } }
        } }
    }
}

/// The filters of the list of findings.
fn filters(frame: &Frame) -> Markup {
    let text = |name: &str, words: &str| {
        html! { label { (words) " " input name=(name) size="14" value=[frame.address.get(name)]; } }
    };
    html! {
        form.choices method="get" action=(frame.address.path_text()) {
            (choices(frame, "state", "state", &STATES))
            (choices(frame, "severity", "severity", &SEVERITIES))
            (choices(frame, "by", "counted", &COUNTED_BY))
            (text("control", "control")) (text("owner", "owner")) (text("kind", "kind")) (text("since", "since"))
            label { input type="checkbox" name="would" value="1" checked[frame.address.get("would").is_some()]; " would have been stopped" }
            button type="submit" { "Filter" }
        }
    }
}

/// The rows of findings.
pub(super) fn findings(frame: &Frame, titles: &ControlTitles, items: &[FindingItem]) -> Markup {
    html! {
        table.sorted {
            thead { tr {
                th scope="col" { "severity" } th scope="col" { "control" } th scope="col" { "resource" } th scope="col" { "kind" }
                th scope="col" { "state" } th scope="col" { "since" } th scope="col" { "owner" }
            } }
            tbody {
                @for item in items {
                    tr {
                        td { (badge(&item.severity)) }
                        td { (titled(frame, titles, &item.control)) }
                        td { (about(frame, &item.about)) }
                        td { (item.about.kind) }
                        td {
                            (item.state) @if item.status == "unknown" { ", undecided" }
                            @if let Some(would) = &item.would { div.note { "enforce: " (would) } }
                        }
                        td { (moment(item.since)) }
                        td { (person(item.owner.as_deref())) }
                    }
                }
            }
        }
    }
}

fn counts(frame: &Frame, titles: &ControlTitles, items: &[CountItem]) -> Markup {
    html! {
        table.sorted {
            thead { tr { th scope="col" { "value" } th.number scope="col" { "findings" } th.number scope="col" { "resources" } th scope="col" { "worst" } th scope="col" { "controls" } } }
            tbody {
                @for item in items {
                    tr {
                        th scope="row" {
                            @match item.by.as_str() {
                                "week" => (item.value),
                                by => a href=(frame.address.without("by").with(by, &item.value)) { bdi { (item.value) } },
                            }
                            @if let Some(title) = titles.0.get(&item.value) { div.note { (title) } }
                        }
                        td.number { (item.findings) } td.number { (item.resources) } td { (badge(&item.severity)) }
                        td { @for id in &item.controls { (control(frame, id)) " " } }
                    }
                }
            }
        }
    }
}

/// The rows of waivers.
pub(super) fn waivers(frame: &Frame, titles: &ControlTitles, items: &[WaiverItem]) -> Markup {
    html! {
        table.sorted {
            thead { tr { th scope="col" { "until" } th scope="col" { "control" } th scope="col" { "resource" } th scope="col" { "approver" } th scope="col" { "reason" } } }
            tbody {
                @for item in items {
                    tr {
                        td { (item.expires.day()) } td { (titled(frame, titles, &item.control)) } td { (about(frame, &item.about)) }
                        td { (item.approver) } td { (item.reason) }
                    }
                }
            }
        }
    }
}

/// The models in use, with the facts that a reviewer asks for first.
fn inventory(frame: &Frame, items: &[InventoryItem]) -> Markup {
    html! {
        table.sorted {
            thead { tr {
                th scope="col" { "model" } th scope="col" { "endpoint" } th scope="col" { "owner" } th scope="col" { "approval" }
                th scope="col" { "open findings" } th scope="col" { "monitored" } th scope="col" { "last drift" } th scope="col" { "made from" } th scope="col" { "known" }
            } }
            tbody { @for item in items { (model(frame, item)) } }
        }
    }
}

fn model(frame: &Frame, item: &InventoryItem) -> Markup {
    let facts = [
        ("group", &item.group),
        ("purpose", &item.purpose),
        ("risk tier", &item.risk_tier),
        ("stage", &item.stage),
        ("next validation", &item.next_validation),
    ];
    html! {
        tr {
            th scope="row" {
                @match &item.model_arn { Some(arn) => a href=(frame.link(&resource_page(arn))) { bdi { (item.model) } }, None => bdi { (item.model) } }
                @for (name, value) in facts { @if let Some(value) = value { div.note { (name) " " (value) } } }
            }
            td {
                a href=(frame.link(&resource_page(&item.endpoint_arn))) { bdi { (item.endpoint) } }
                div.note { (item.configuration) " since " (moment(item.since)) }
            }
            td { (person(item.owner.as_deref())) }
            td {
                @match (&item.approval, &item.group) {
                    (Some(state), _) => (badge(state)),
                    (None, Some(_)) => span.note { "none recorded by then" },
                    (None, None) => span.note { "no package" },
                }
                @if let Some(who) = &item.approver { div.note { (person(Some(who))) } }
            }
            td {
                @match &item.findings {
                    None => span.note { "not known for that day" },
                    Some(found) if found.is_empty() => "none",
                    Some(found) => @for severity in RANKED.iter().filter(|severity| found.contains_key(**severity)) {
                        span.counted { (badge(severity)) " " (found.get(*severity).copied().unwrap_or_default()) } " "
                    },
                }
            }
            td { @if item.monitored.is_empty() { (badge("not monitored")) } @else { (item.monitored.join(", ")) } }
            td {
                @if let Some(time) = item.last_drift {
                    a href=(frame.link(&drift_of(&item.endpoint))) { (moment(time)) }
                    @if let Some(severity) = &item.last_drift_severity { " " (badge(severity)) }
                } @else { span.note { "none" } }
            }
            td { details { summary { (count(item.training_jobs.len(), "job")) ", " (count(item.commits.len(), "commit")) }
                dl.pairs {
                    @for (name, values) in [("jobs", &item.training_jobs), ("data", &item.data), ("commits", &item.commits), ("images", &item.images)] {
                        @if !values.is_empty() { dt { (name) } dd { @for value in values { div { bdi { (value) } } } } }
                    }
                }
            } }
            td { @if item.complete { "complete" } @else { details { summary { "not all" } ul { @for each in &item.missing { li { (each) } } } } } }
        }
    }
}

/// Any other list: as the columns are.
fn others(listing: &Listing) -> Markup {
    let table = list_table(listing);
    html! {
        table.sorted {
            thead { tr { @for head in &table.heads { th scope="col" { (head) } } } }
            tbody { @for row in &table.rows { tr { @for cell in row { td { bdi { (cell) } } } } } }
        }
    }
}

impl Page for ListPage {
    fn title(&self) -> String {
        self.title.to_owned()
    }

    fn body(&self, frame: &Frame) -> Markup {
        let Listing { items, complete, missing, cursor, .. } = &self.listing;
        let is_about_findings = matches!(items, Items::Findings(_) | Items::Counts(_));
        html! {
            @if is_about_findings && frame.is_live { (filters(frame)) }
            p.note role="status" {
                (items.len()) @if items.len() == 1 { " entry" } @else { " entries" }
                @if *complete { ", complete." } @else { ", and there is more: " (missing.join("; ")) }
            }
            div.wide tabindex="0" role="region" aria-label=(self.title) {
                @match items {
                    Items::Findings(items) => (findings(frame, &self.titles, items)),
                    Items::Counts(items) => (counts(frame, &self.titles, items)),
                    Items::Waivers(items) => (waivers(frame, &self.titles, items)),
                    Items::Inventory(items) => (inventory(frame, items)),
                    _ => (others(&self.listing)),
                }
            }
            @if let Some(cursor) = cursor.as_ref().filter(|_| frame.is_live) {
                p { a.button rel="next" href=(frame.address.with("cursor", cursor)) { "Next page" } }
            }
        }
    }

    fn document(&self) -> Json {
        json!(self.listing)
    }

    fn sheet(&self) -> Sheet {
        let table = list_table(&self.listing);
        Sheet { columns: table.heads, rows: table.rows }
    }

    fn is_dated(&self) -> bool {
        matches!(self.listing.items, Items::Inventory(_) | Items::Endpoints(_))
    }
}
