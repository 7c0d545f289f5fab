//! Two models, packages, jobs or deployments in two columns.

use maud::{Markup, html};
use sagewarden_lineage::answer::{Difference, Side};
use sagewarden_lineage::id::NodeId;
use serde_json::{Value as Json, json};

use super::address::node_page;
use super::frame::{Frame, Page};
use super::sheet::Sheet;

/// The differences between two things.
#[derive(Clone, Debug)]
pub struct DifferencePage<'a> {
    /// The answer.
    pub difference: &'a Difference,
}

fn side(frame: &Frame, side: &Side) -> Markup {
    let page = NodeId::parse(&side.root).map(|id| frame.link(&node_page(&id)));
    html! { @match page { Some(href) => a href=(href) { bdi { (side.name) } }, None => bdi { (side.name) } } }
}

fn values(values: &[String]) -> Markup {
    html! {
        @if values.is_empty() { span.note { "absent" } }
        @for value in values { div { bdi { (value) } } }
    }
}

impl Page for DifferencePage<'_> {
    fn title(&self) -> String {
        format!("{} and {}", self.difference.before.name, self.difference.after.name)
    }

    fn body(&self, frame: &Frame) -> Markup {
        let Difference { before, after, changes, same, complete, missing, .. } = self.difference;
        let mut last = None;
        html! {
            p.note { (changes.len()) " facts differ, " (same) " are the same on both sides." }
            @if !complete { div.broken role="status" { strong { "Not complete." } ul { @for each in missing { li { (each) } } } } }
            div.wide tabindex="0" role="region" aria-label="What differs" {
                table.compared {
                    thead { tr { th scope="col" { "what" } th scope="col" { (side(frame, before)) } th scope="col" { (side(frame, after)) } } }
                    tbody {
                        @for change in changes {
                            @if last.replace(change.aspect) != Some(change.aspect) { tr.part { th colspan="3" scope="rowgroup" { (change.aspect.word()) } } }
                            tr { th scope="row" { (change.what) } td.then { (values(&change.before)) } td.now { (values(&change.after)) } }
                        }
                    }
                }
            }
            @if changes.is_empty() { p { "Nothing differs." } }
        }
    }

    fn document(&self) -> Json {
        json!(self.difference)
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["aspect", "what", "before", "after"]);
        let joined = |values: &[String]| values.join("; ");
        sheet.rows = self
            .difference
            .changes
            .iter()
            .map(|change| {
                vec![
                    change.aspect.word().to_owned(),
                    change.what.clone(),
                    joined(&change.before),
                    joined(&change.after),
                ]
            })
            .collect();
        sheet
    }
}
