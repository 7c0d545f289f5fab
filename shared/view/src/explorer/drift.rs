//! How the traffic of an endpoint drifts: each feature over the windows, and the quality of the answers.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Entry, EntryKind};
use sagewarden_lineage::id::NodeId;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::address::node_page;
use super::frame::{Frame, Page};
use super::parts::{badge, count, moment};
use super::sheet::Sheet;
use crate::numbers::short;

/// A number that was compared with its threshold in a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeaturePoint {
    /// The feature; for a measure of quality, its name.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its bound, if one is known.
    pub threshold: Option<f64>,
    /// Whether it is on the wrong side of the bound.
    pub is_violated: bool,
}

/// The results of monitoring for a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowPoint {
    /// When it began.
    pub start: Timestamp,
    /// The variant.
    pub variant: String,
    /// Such as `DataQuality`.
    pub monitor: String,
    /// How many rows were judged.
    pub rows: u64,
    /// How many violations there are.
    pub violations: usize,
    /// The numbers.
    pub points: Vec<FeaturePoint>,
    /// The page of the window, if there is one.
    pub report: Option<String>,
    /// The identity of the finding in the lineage, if there is one.
    pub finding: Option<String>,
}

/// The windows of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftPage {
    /// The endpoint's name.
    pub endpoint: String,
    /// Its node.
    pub node: Option<NodeId>,
    /// The oldest first.
    pub windows: Vec<WindowPoint>,
    /// The history of the endpoint; deployments are marks on the axis.
    pub entries: Vec<Entry>,
    /// Whether there are more windows than these.
    pub is_cut: bool,
}

/// The size of a picture. Its letters are twelve pixels high.
const HEIGHT: f64 = 96.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 74.0;
/// Features that are drawn before "the others".
const DRAWN: usize = 12;

/// The points of one name, by time.
struct Line<'a> {
    name: &'a str,
    points: Vec<(&'a WindowPoint, &'a FeaturePoint)>,
}

impl Line<'_> {
    fn worst(&self) -> f64 {
        let excess = |point: &FeaturePoint| {
            point.threshold.map_or(0.0, |threshold| point.value / threshold.max(f64::MIN_POSITIVE))
        };
        self.points.iter().map(|(_, point)| excess(point)).fold(0.0, f64::max)
    }

    fn is_violated(&self) -> bool {
        self.points.last().is_some_and(|(_, point)| point.is_violated)
    }

    /// The first of the windows in a row that are on the wrong side.
    fn since(&self) -> Option<Timestamp> {
        let bad = self.points.iter().rev().take_while(|(_, point)| point.is_violated);
        bad.last().map(|(window, _)| window.start)
    }
}

impl DriftPage {
    /// Lines of one monitor, those that drift first.
    fn lines(&self, monitor: &str) -> Vec<Line<'_>> {
        let mut lines: BTreeMap<&str, Line<'_>> = BTreeMap::new();
        for window in self.windows.iter().filter(|window| window.monitor == monitor) {
            for point in &window.points {
                let line = lines
                    .entry(&point.name)
                    .or_insert_with(|| Line { name: &point.name, points: Vec::new() });
                line.points.push((window, point));
            }
        }
        let mut lines: Vec<Line<'_>> = lines.into_values().collect();
        lines.sort_by(|one, other| {
            other
                .is_violated()
                .cmp(&one.is_violated())
                .then(other.worst().total_cmp(&one.worst()))
                .then(one.name.cmp(other.name))
        });
        lines
    }

    fn monitors(&self) -> Vec<&str> {
        let mut monitors: Vec<&str> = self.windows.iter().map(|window| window.monitor.as_str()).collect();
        monitors.sort_unstable();
        monitors.dedup();
        monitors
    }

    fn span(&self) -> Option<(i64, i64)> {
        let times = self.windows.iter().map(|window| window.start.millis());
        times.clone().min().zip(times.max())
    }

    /// The place of a time on the axis, in percent.
    fn share(&self, time: Timestamp) -> f64 {
        let (first, last) = self.span().unwrap_or_default();
        2.0 + (time.millis() - first) as f64 / (last - first).max(1) as f64 * 96.0
    }

    fn deployments(&self) -> impl Iterator<Item = &Entry> {
        let (first, last) = self.span().unwrap_or_default();
        let within = move |entry: &&Entry| (first..=last).contains(&entry.time.millis());
        self.entries.iter().filter(|entry| entry.kind == EntryKind::Deployment).filter(within)
    }

    fn picture(&self, line: &Line<'_>) -> Markup {
        let top = line
            .points
            .iter()
            .flat_map(|(_, point)| [point.value, point.threshold.unwrap_or_default() * 1.25])
            .fold(f64::MIN_POSITIVE, f64::max);
        let y =
            |value: f64| ((BOTTOM - (value / top).clamp(0.0, 1.0) * (BOTTOM - TOP)) * 10.0).round() / 10.0;
        let x = |time: Timestamp| format!("{:.2}%", self.share(time));
        let last = line.points.last();
        let state = if line.is_violated() { "beyond" } else { "ok" };
        let words = last.map(|(_, point)| format!("{}: {}", line.name, against(point))).unwrap_or_default();
        html! {
            article.line data-feature=(line.name) data-points=(line.points.len()) {
                h3 { bdi { (line.name) } " " (badge(state)) }
                p.note {
                    @if let Some((_, point)) = last { (against(point)) }
                    @if let Some(since) = line.since() { ", beyond it since " (moment(since)) }
                    @if last.is_some_and(|(window, point)| is_chance(window, point)) { ", no more than chance explains" }
                }
                svg.windows width="100%" height=(HEIGHT) role="group" aria-label=(words) {
                    @for entry in self.deployments() {
                        line.deployed x1=(x(entry.time)) x2=(x(entry.time)) y1="0" y2=(BOTTOM) { title { (entry.time) " " (entry.text) } }
                    }
                    @if let Some(threshold) = last.and_then(|(_, point)| point.threshold) { line.threshold x1="0" x2="100%" y1=(y(threshold)) y2=(y(threshold)) {} }
                    line.axis x1="0" x2="100%" y1=(BOTTOM) y2=(BOTTOM) {}
                    @for pair in line.points.windows(2) {
                        @if let [(one, from), (other, to)] = pair {
                            line.run x1=(x(one.start)) y1=(y(from.value)) x2=(x(other.start)) y2=(y(to.value)) {}
                        }
                    }
                    @for (window, point) in &line.points { (dot(window, point, &x(window.start), y(point.value))) }
                    @if let Some((window, _)) = line.points.first() { text x="0" y=(HEIGHT - 5.0) { (window.start.day()) } }
                    @if let Some((window, _)) = last { text x="100%" y=(HEIGHT - 5.0) text-anchor="end" { (window.start.day()) } }
                }
            }
        }
    }

    fn table(&self, frame: &Frame) -> Markup {
        html! {
            div.wide tabindex="0" role="region" aria-label="The windows" {
                table.sorted {
                    thead { tr { th scope="col" { "window" } th scope="col" { "monitor" } th scope="col" { "variant" } th.number scope="col" { "rows" } th.number scope="col" { "violations" } th scope="col" { "worst" } th scope="col" { "evidence" } } }
                    tbody {
                        @for window in self.windows.iter().rev() {
                            tr {
                                td { (moment(window.start)) } td { (window.monitor) } td { (window.variant) } td.number { (window.rows) }
                                td.number { (window.violations) }
                                td { @for point in window.points.iter().filter(|point| point.is_violated).take(3) { (point.name) " " (short(point.value)) " " } }
                                td {
                                    @if let Some(report) = &window.report { a href=(report) { "report" } " " }
                                    @if let Some(id) = window.finding.as_deref().and_then(NodeId::parse) { a href=(frame.link(&node_page(&id))) { "finding" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The features that drift least are not drawn: nobody looks at a thousand pictures.
fn others(lines: &[Line<'_>]) -> Markup {
    html! {
        @if !lines.is_empty() {
            details {
                summary { (lines.len()) " more" }
                div.wide tabindex="0" role="region" aria-label="The others" { table.sorted {
                    thead { tr { th scope="col" { "name" } th scope="col" { "newest window" } th.number scope="col" { "windows beyond the threshold" } } }
                    tbody {
                        @for line in lines {
                            @let beyond = line.points.iter().filter(|(_, point)| point.is_violated).count();
                            tr data-feature=(line.name) {
                                th scope="row" { bdi { (line.name) } }
                                td { @if let Some((_, point)) = line.points.last() { (against(point)) } }
                                td.number { (beyond) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// Few rows are far from a baseline by chance: then a distance above its threshold is no violation.
fn is_chance(window: &WindowPoint, point: &FeaturePoint) -> bool {
    let is_above = point.threshold.is_some_and(|threshold| point.value > threshold);
    window.monitor == "DataQuality" && is_above && !point.is_violated
}

/// `0.2646 against 0.01`
fn against(point: &FeaturePoint) -> String {
    let bound = point.threshold.map(|threshold| format!(" against {}", short(threshold)));
    format!("{}{}", short(point.value), bound.unwrap_or_default())
}

fn dot(window: &WindowPoint, point: &FeaturePoint, x: &str, y: f64) -> Markup {
    let words = format!("{}: {}, {} rows", window.start, short(point.value), window.rows);
    let class = if point.is_violated { "point over" } else { "point" };
    let circle = html! { title { (words) } circle class=(class) cx=(x) cy=(y) r="5" {} };
    html! { @match &window.report { Some(report) => a href=(report) { (circle) }, None => g { (circle) } } }
}

impl Page for DriftPage {
    fn title(&self) -> String {
        format!("Drift of {}", self.endpoint)
    }

    fn body(&self, frame: &Frame) -> Markup {
        html! {
            p.ways { @if let Some(id) = &self.node { a.button href=(frame.link(&node_page(id))) { "The endpoint" } } }
            @if self.windows.is_empty() { p role="status" { "No window of its traffic has been judged." } }
            @if self.is_cut { p.note { "These are the newest windows; there are more." } }
            @for monitor in self.monitors() {
                @let lines = self.lines(monitor);
                @let drifted = lines.iter().filter(|line| line.is_violated()).count();
                section aria-label=(monitor) {
                    h2 { (monitor) }
                    p.note { (count(lines.len(), "line")) ", " (drifted) " beyond the threshold in the newest window. A dashed line is the threshold, an upright one a deployment, a red point a violation; a point opens the report of its window." }
                    div.lines { @for line in lines.iter().take(DRAWN) { (self.picture(line)) } }
                    (others(lines.get(DRAWN..).unwrap_or_default()))
                }
            }
            section aria-labelledby="windows" { h2 #windows { "Windows" } (self.table(frame)) }
        }
    }

    fn document(&self) -> Json {
        let deployments: Vec<&Entry> = self.deployments().collect();
        json!({ "endpoint": self.endpoint, "items": self.windows, "deployments": deployments, "complete": !self.is_cut })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet =
            Sheet::of(&["window", "variant", "monitor", "rows", "name", "value", "threshold", "violated"]);
        for window in &self.windows {
            for point in &window.points {
                sheet.rows.push(vec![
                    window.start.to_string(),
                    window.variant.clone(),
                    window.monitor.clone(),
                    window.rows.to_string(),
                    point.name.clone(),
                    point.value.to_string(),
                    point.threshold.map(|threshold| threshold.to_string()).unwrap_or_default(),
                    point.is_violated.to_string(),
                ]);
            }
        }
        sheet
    }
}
