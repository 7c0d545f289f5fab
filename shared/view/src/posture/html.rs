//! The page as text.

use maud::{Markup, html};
use sagewarden_lineage::rows::SEVERITIES;

use super::{PostureReport, PostureResource};
use crate::page::page;

const STYLE: &str = include_str!("page.css");

impl PostureReport {
    /// The page as text.
    #[must_use]
    pub fn html(&self) -> String {
        let title = format!("Posture of {}", self.title);
        let body = html! {
            header {
                h1 { "Posture of " bdi { (self.title) } }
                section #summary {
                    dl.facts { @for (name, value) in &self.facts { div { dt { (name) } dd { bdi { (value) } } } } }
                }
            }
            main {
                (self.missing())
                (self.areas())
                (self.remedies())
                (self.worst())
                (self.owners())
                (self.endpoints())
                (self.kinds())
            }
        };
        page(&title, STYLE, "", &body)
    }

    /// This comes first, because readers must know what the page lacks.
    fn missing(&self) -> Markup {
        html! {
            @if !self.missing.is_empty() {
                section #missing {
                    h2 { "What this scan could not see" }
                    ul { @for line in &self.missing { li { bdi { (line) } } } }
                }
            }
        }
    }

    fn areas(&self) -> Markup {
        html! {
            section #areas {
                h2 { "Failed controls by area" }
                @if self.areas.is_empty() { p.note { (self.nothing_failed()) } } @else {
                    table {
                        thead { tr { th { "Area" } @for severity in SEVERITIES { th.number { (severity) } } } }
                        tbody {
                            @for area in &self.areas {
                                tr data-area=(area.name) {
                                    td { (area.name) }
                                    @for (severity, count) in SEVERITIES.iter().zip(area.failed) {
                                        td.number class=[(count > 0).then_some(*severity)] { (count) }
                                    }
                                }
                            }
                        }
                    }
                    p.note { "A resource counts once for each control that it fails." }
                }
            }
        }
    }

    /// What it means that no control failed.
    fn nothing_failed(&self) -> &'static str {
        if self.kinds.iter().all(|kind| kind.found == kind.not_judged()) {
            "Nothing was judged."
        } else if self.missing.is_empty() {
            "Every checked control passed."
        } else {
            "Every checked control passed, and not everything could be checked."
        }
    }

    fn remedies(&self) -> Markup {
        html! {
            section #remedies {
                h2 { "What Sagewarden would do" }
                @if self.ran_on > 0 { p { "Jobs that have ended, and that Sagewarden would have stopped while they ran: " (self.ran_on) "." } }
                @if self.remedies.is_empty() { p.note { "Nothing: no failed control of a resource that still runs or exists has a remedy." } } @else {
                    dl.facts { @for (action, count) in &self.remedies { div { dt { (action) } dd { (count) } } } }
                    p.note { "This is what Sagewarden would do if it enforced these settings. This scan changed nothing. A job that has ended is not stopped." }
                    @if !self.stopped.is_empty() { (table(&self.stopped)) }
                }
            }
        }
    }

    fn worst(&self) -> Markup {
        html! {
            @if !self.worst.is_empty() {
                section #worst { h2 { "The resources that fail most" } (table(&self.worst)) }
            }
        }
    }

    fn owners(&self) -> Markup {
        html! {
            @if !self.owners.is_empty() {
                section #owners {
                    h2 { "Whose they are" }
                    table {
                        thead { tr { th { "Owner" } th.number { "Resources" } th.number { "Failed controls" } } }
                        tbody {
                            @for (owner, resources, failed) in &self.owners {
                                tr { td { bdi { (owner) } } td.number { (resources) } td.number { (failed) } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn endpoints(&self) -> Markup {
        html! {
            section #endpoints {
                h2 { "Live endpoints, and what is behind them" }
                @if self.endpoints.is_empty() { p.note { "No endpoint is in service." } } @else {
                    table {
                        thead { tr {
                            th { "Endpoint" } th { "Model" } th { "Trained by" } th { "Commit" } th.number { "Data" } th.number { "Gaps" }
                        } }
                        tbody {
                            @for endpoint in &self.endpoints {
                                tr data-endpoint=(endpoint.name) {
                                    td {
                                        @match &endpoint.page {
                                            Some(page) => a href=(page) { bdi { (endpoint.name) } },
                                            None => bdi { (endpoint.name) },
                                        }
                                    }
                                    td { bdi { (endpoint.models) } }
                                    td { bdi { (endpoint.jobs) } }
                                    td { bdi { (endpoint.commits) } }
                                    td.number { (endpoint.data) }
                                    td.number class=[(endpoint.gaps > 0).then_some("medium")] { (endpoint.gaps) }
                                }
                            }
                        }
                    }
                    p.note { "AWS knows only what exists now: a resource that was deleted before this scan is a gap." }
                }
            }
        }
    }

    fn kinds(&self) -> Markup {
        html! {
            section #kinds {
                h2 { "What was found" }
                table {
                    thead { tr {
                        th { "Kind" } th.number { "Found" } th.number { "Compliant" } th.number { "Failing" } th.number { "Undecided" } th.number { "Waived" } th.number { "Not judged" }
                    } }
                    tbody {
                        @for kind in &self.kinds {
                            tr data-kind=(kind.noun) {
                                td { (kind.noun) } td.number { (kind.found) } td.number { (kind.compliant) }
                                td.number class=[(kind.violating > 0).then_some("high")] { (kind.violating) }
                                td.number { (kind.undecided) } td.number { (kind.waived) } td.number { (kind.not_judged()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table(resources: &[PostureResource]) -> Markup {
    html! {
        table {
            thead { tr { th { "Resource" } th { "Severity" } th { "Failed controls" } th { "Owner" } th { "Remedy" } } }
            tbody {
                @for resource in resources {
                    tr {
                        td { bdi { (resource.name) } } td class=(resource.severity) { (resource.severity) }
                        td { (resource.controls) } td { bdi { (resource.owner) } } td { (resource.remedy) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::{PostureArea, PostureEndpoint, PostureKind};

    #[test]
    fn names_of_others_are_escaped_and_what_is_missing_comes_first() {
        let resource = PostureResource {
            name: "model `<b>`".into(),
            owner: "ana".into(),
            severity: "high",
            controls: "MDL-NET-01".into(),
            remedy: "stop it".into(),
        };
        let endpoint = PostureEndpoint {
            name: "prod".into(),
            models: "m".into(),
            jobs: "t".into(),
            data: 2,
            commits: String::new(),
            gaps: 1,
            page: Some("lineage/prod.html".into()),
        };
        let kind = PostureKind {
            noun: "model".into(),
            found: 2,
            compliant: 1,
            violating: 1,
            undecided: 0,
            waived: 0,
        };
        let report = PostureReport {
            title: "111122223333 in eu-west-1".into(),
            facts: vec![("Resources", "2".into())],
            areas: vec![PostureArea {
                name: "compute and network isolation".into(),
                failed: [0, 1, 0, 0, 0],
            }],
            kinds: vec![kind],
            worst: vec![resource.clone()],
            owners: vec![("<i>ana</i>".into(), 1, 1)],
            remedies: vec![("stop it".into(), 1)],
            ran_on: 2,
            stopped: vec![resource],
            endpoints: vec![endpoint],
            missing: vec!["sagemaker:ListApps is missing".into()],
        };
        let page = report.html();
        assert!(!page.contains("<b>") && !page.contains("<i>ana"), "{page}");
        assert!(page.contains("&lt;b&gt;") && page.contains("<a href=\"lineage/prod.html\">"));
        let at = |text: &str| page.find(text).unwrap_or(usize::MAX);
        assert!(at("ListApps is missing") < at("Failed controls by area"));
        let empty = PostureReport::default().html();
        assert!(empty.contains("Nothing was judged.") && !empty.contains("id=\"missing\""));
    }
}
