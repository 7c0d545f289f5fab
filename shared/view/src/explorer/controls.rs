//! The catalogue of controls, with the number of resources that fail each.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::address::Address;
use super::frame::{Frame, Page};
use super::parts::{badge, count};
use super::sheet::Sheet;

/// A control as the page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ControlEntry {
    /// Such as `TRN-NET-01`.
    pub id: String,
    /// The chapter that it belongs to.
    pub chapter: String,
    /// `info` to `critical`.
    pub severity: String,
    /// The lowest profile that has it.
    pub profile: String,
    /// The rule.
    pub title: String,
    /// Why it matters.
    pub risk: String,
    /// The wanted value.
    pub wanted: String,
    /// The fix.
    pub fix: String,
    /// The remedy of a violation.
    pub remedy: String,
    /// `observe`, `enforce` and the like.
    pub mode: String,
    /// Other checks that cover it.
    pub also: String,
    /// How many waivers name it.
    pub waivers: usize,
    /// How many resources fail it, by their newest verdict.
    pub open: usize,
    /// How many resources have ever broken it.
    pub ever: usize,
}

/// All controls.
#[derive(Clone, Debug, Default)]
pub struct ControlsPage {
    /// In the order of the catalogue.
    pub controls: Vec<ControlEntry>,
    /// The digest of the policies and settings.
    pub bundle: String,
}

impl ControlsPage {
    fn shown<'a>(&'a self, frame: &'a Frame) -> impl Iterator<Item = &'a ControlEntry> {
        let (severity, chapter) = (frame.address.get("severity"), frame.address.get("chapter"));
        let only = frame.address.get("show");
        self.controls.iter().filter(move |control| {
            severity.is_none_or(|wanted| control.severity == wanted)
                && chapter.is_none_or(|wanted| control.chapter == wanted)
                && (only != Some("broken") || control.open > 0)
        })
    }

    fn choices(&self, frame: &Frame) -> Markup {
        let counted = |of: fn(&ControlEntry) -> &String| {
            let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
            self.controls.iter().for_each(|control| *counts.entry(of(control)).or_default() += 1);
            counts
        };
        let select = |name: &str, counts: BTreeMap<&String, usize>| {
            html! {
                label { (name) " " select name=(name) {
                    option value="" { "all" }
                    @for (value, count) in counts {
                        option value=(value) selected[frame.address.get(name) == Some(value)] { (value) " (" (count) ")" }
                    }
                } }
            }
        };
        html! {
            form.choices method="get" action=(frame.address.path_text()) {
                (select("severity", counted(|control| &control.severity)))
                (select("chapter", counted(|control| &control.chapter)))
                label { input type="checkbox" name="show" value="broken" checked[frame.address.get("show") == Some("broken")]; " fail now" }
                button type="submit" { "Filter" }
            }
        }
    }
}

impl Page for ControlsPage {
    fn title(&self) -> String {
        "Controls".to_owned()
    }

    fn body(&self, frame: &Frame) -> Markup {
        let shown: Vec<&ControlEntry> = self.shown(frame).collect();
        let mark: String = self.bundle.chars().take(12).collect();
        html! {
            p.note { (count(shown.len(), "control")) ", " (shown.iter().filter(|control| control.open > 0).count()) " of them fail or are undecided now; policies and settings " code { (mark) } }
            @if frame.is_live { (self.choices(frame)) }
            div.wide tabindex="0" role="region" aria-label="The controls" {
                table.sorted.controls {
                    thead { tr {
                        th scope="col" { "control" } th scope="col" { "severity" } th scope="col" { "rule" } th scope="col" { "mode" }
                        th.number scope="col" { "fail now" } th.number scope="col" { "ever" } th.number scope="col" { "waivers" } th scope="col" { "also checked by" }
                    } }
                    tbody {
                        @for control in shown {
                            tr id=(control.id) {
                                th scope="row" { (control.id) }
                                td { (badge(&control.severity)) }
                                td {
                                    (control.title)
                                    // With few letters of markup: a page of all controls must stay light.
                                    details {
                                        summary { "why, how" }
                                        @for (name, value) in [("risk", &control.risk), ("wanted", &control.wanted), ("fix", &control.fix)] {
                                            @if !value.is_empty() { p { (name) ": " (value) } }
                                        }
                                        p { "remedy: " (control.remedy) "; profile " (control.profile) }
                                    }
                                }
                                td { (control.mode) }
                                td {
                                    @if control.open > 0 { a href=(frame.link(&Address::of(["findings"]).with("control", &control.id))) { (control.open) } } @else { "0" }
                                }
                                td { (control.ever) } td { (control.waivers) } td { (control.also) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn document(&self) -> Json {
        json!({ "bundle": self.bundle, "items": self.controls, "complete": true })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&[
            "control", "chapter", "severity", "profile", "rule", "mode", "remedy", "open", "ever", "waivers",
            "also",
        ]);
        let row = |control: &ControlEntry| {
            let ControlEntry {
                id,
                chapter,
                severity,
                profile,
                title,
                mode,
                remedy,
                open,
                ever,
                waivers,
                also,
                ..
            } = control.clone();
            vec![
                id,
                chapter,
                severity,
                profile,
                title,
                mode,
                remedy,
                open.to_string(),
                ever.to_string(),
                waivers.to_string(),
                also,
            ]
        };
        sheet.rows = self.controls.iter().map(row).collect();
        sheet
    }

    fn is_dated(&self) -> bool {
        false
    }
}
