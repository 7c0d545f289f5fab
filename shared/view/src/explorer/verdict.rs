//! The verdict on a resource: which controls failed, why, how to fix them, and what Sagewarden did.

use maud::{Markup, html};
use sagewarden_lineage::answer::{HeldVerdict, TakenRemedy, Why};
use serde_json::Value as Json;

use super::address::Address;
use super::frame::Frame;
use super::parts::{badge, count, moment};

/// The section of a page.
pub(super) fn section(frame: &Frame, why: &Why) -> Markup {
    html! {
        section aria-labelledby="verdict" {
            h2 #verdict { "Verdict" }
            @match &why.verdict {
                None => p.note { "Sagewarden never judged it: no control is about it, or it was created before the stack." },
                Some(verdict) => {
                    p {
                        (badge(&verdict.outcome)) " judged " (moment(verdict.judged_at)) " by "
                        (count(verdict.checked.len(), "control"))
                        @if let Some(who) = &why.started_by { ", started by " bdi { (who) } }
                    }
                    @if let Some(remedy) = &why.remedy { (taken(remedy)) }
                    @for finding in &verdict.findings { (card(frame, finding)) }
                    (checked(frame, verdict))
                }
            }
            @if !why.earlier.is_empty() {
                details {
                    summary { (count(why.earlier.len(), "earlier verdict")) }
                    ul.plain { @for earlier in &why.earlier { li { (moment(earlier.judged_at)) " " (earlier.text) } } }
                }
            }
        }
    }
}

fn taken(remedy: &TakenRemedy) -> Markup {
    let after =
        remedy.after_ms.map(|ms| format!(", {:.1} s after its creation or change", ms as f64 / 1_000.0));
    html! { p { "Sagewarden called " strong { (remedy.action) } ": " (remedy.result) (after.unwrap_or_default()) } }
}

/// One finding: actual, wanted and fix, in words and as a diff of the request.
pub(super) fn card(frame: &Frame, finding: &Json) -> Markup {
    let text = |key: &str| finding.get(key).and_then(Json::as_str).unwrap_or_default();
    let word = match text("status") {
        "violation" => "FAILED",
        "waived" => "WAIVED",
        _ => "UNDECIDED",
    };
    let class = if word == "FAILED" { "finding bad" } else { "finding" };
    html! {
        article class=(class) {
            h3 {
                (badge(word)) " " a href=(control(frame, text("control"))) { (text("control")) } " " (badge(text("severity"))) " "
                (text("title"))
            }
            dl {
                @for key in ["field", "actual", "wanted", "fix"] {
                    @if !text(key).is_empty() { dt { (key) } dd { (text(key)) } }
                }
                @if !text("diff").is_empty() { dt { "diff" } dd { pre { (text("diff")) } } }
                @if let Some(waiver) = finding.get("waiver") {
                    @let said = |key: &str| waiver.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
                    dt { "waiver" } dd { "by " (said("approver")) " until " (said("expires")) ": " (said("reason")) }
                }
            }
        }
    }
}

fn control(frame: &Frame, id: &str) -> String {
    format!("{}#{id}", frame.link(&Address::of(["controls"])))
}

fn checked(frame: &Frame, verdict: &HeldVerdict) -> Markup {
    let failed = |id: &str| {
        verdict.findings.iter().any(|finding| finding.get("control").and_then(Json::as_str) == Some(id))
    };
    let passed: Vec<&String> = verdict.checked.iter().filter(|id| !failed(id)).collect();
    html! {
        @if !passed.is_empty() {
            details {
                summary { (count(passed.len(), "control")) " passed" }
                p { @for id in passed { a href=(control(frame, id)) { (id) } " " } }
            }
        }
    }
}
