//! The overview of an account: live endpoints, failed controls, drift, and waivers that end soon.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sagewarden_events::Timestamp;
use sagewarden_lineage::listing::{EndpointItem, FindingItem, Items, Listing, Overview, WaiverItem};
use sagewarden_lineage::rows::SEVERITIES;
use serde_json::{Value as Json, json};

use super::address::{Address, drift_of};
use super::frame::{Frame, Page};
use super::listing::{ControlTitles, about, findings, waivers};
use super::parts::{badge, moment, person};
use super::sheet::Sheet;

/// The first page.
#[derive(Clone, Debug)]
pub struct OverviewPage {
    /// The lists.
    pub overview: Overview,
    /// The time of the question.
    pub now: Timestamp,
    /// What the controls want.
    pub titles: ControlTitles,
}

/// Findings and endpoints that the page lists.
const WORST: usize = 10;
const ENDPOINTS: usize = 20;
/// Live endpoints are counted up to this number.
const MOST: usize = 1_000;
/// A waiver that ends within this many days ends soon.
const SOON: i64 = 30 * 24 * 3_600 * 1_000;
/// Weeks of the trend.
const WEEKS: usize = 12;

impl OverviewPage {
    fn live(&self) -> &[EndpointItem] {
        if let Items::Endpoints(items) = &self.overview.endpoints.items { items } else { &[] }
    }

    fn open(&self) -> &[FindingItem] {
        if let Items::Findings(items) = &self.overview.findings.items { items } else { &[] }
    }

    /// Open findings by the Monday of the week in which they began: their number, and the worst severity.
    fn by_week(&self) -> Vec<(String, usize, &str)> {
        let mut weeks: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for item in self.open() {
            weeks.entry(monday(item.since)).or_default().push(&item.severity);
        }
        let worst = |found: &[&str]| {
            SEVERITIES.into_iter().find(|severity| found.contains(severity)).unwrap_or_default()
        };
        let mut weeks: Vec<(String, usize, &str)> =
            weeks.into_iter().map(|(week, found)| (week, found.len(), worst(&found))).collect();
        weeks.split_off(weeks.len().saturating_sub(WEEKS))
    }

    /// The worst first, and the newest of these.
    fn worst(&self) -> Vec<FindingItem> {
        let rank = |item: &FindingItem| SEVERITIES.iter().position(|severity| *severity == item.severity);
        let mut items = self.open().to_vec();
        items.sort_by_key(|item| {
            (rank(item).unwrap_or(SEVERITIES.len()), std::cmp::Reverse(item.since), item.control.clone())
        });
        items.truncate(WORST);
        items
    }

    /// The waivers in force, the next to end first.
    fn waived(&self) -> Vec<WaiverItem> {
        let mut items: Vec<WaiverItem> =
            if let Items::Waivers(items) = &self.overview.waivers.items { items.clone() } else { Vec::new() };
        items.sort_by_key(|item| item.expires);
        items
    }

    fn of_severity(&self, severity: &str) -> usize {
        self.open().iter().filter(|item| item.severity == severity).count()
    }

    /// Open findings by the area of their control: `NET` of `TRN-NET-01`.
    fn areas(&self) -> BTreeMap<&str, usize> {
        let mut areas = BTreeMap::new();
        for item in self.open() {
            *areas.entry(item.control.split('-').nth(1).unwrap_or("other")).or_default() += 1;
        }
        areas
    }

    fn tiles(&self, frame: &Frame) -> Markup {
        let bad = self.of_severity("critical") + self.of_severity("high");
        let more = |listing: &Listing| if listing.complete { "" } else { "+" };
        let ending =
            self.waived().iter().filter(|item| item.expires.millis() - self.now.millis() < SOON).count();
        let waived = self.waived().len();
        let tile = |href: Address, number: String, words: &str, tone: &str| {
            html! { a class={ "tile " (tone) } href=(frame.link(&href)) { strong { (number) } (words) } }
        };
        let tone = |is_bad: bool| if is_bad { "bad" } else { "good" };
        let drifting = self.overview.drifting.len();
        html! {
            div.tiles {
                (tile(Address::of(["inventory"]), format!("{}{}", self.overview.live, if self.overview.live >= MOST { "+" } else { "" }), "live endpoints", "plain"))
                (tile(Address::of(["findings"]).with("severity", "high"), format!("{bad}{}", more(&self.overview.findings)), "open findings, high or critical", tone(bad > 0)))
                (tile(Address::of(["findings"]), format!("{}{}", self.open().len(), more(&self.overview.findings)), "open findings in all", "plain"))
                (tile(Address::of(["inventory"]), drifting.to_string(), if drifting == 1 { "endpoint whose last window drifted" } else { "endpoints whose last window drifted" }, tone(drifting > 0)))
                (tile(Address::of(["waivers"]), waived.to_string(), if ending > 0 { "waivers; some end within 30 days, or have ended" } else { "waivers" }, if ending > 0 { "warn" } else { "plain" }))
            }
        }
    }

    fn severities(&self, frame: &Frame) -> Markup {
        let most =
            SEVERITIES.iter().map(|severity| self.of_severity(severity)).max().unwrap_or_default().max(1);
        html! {
            section aria-labelledby="severities" {
                h2 #severities { "Open findings" }
                table.bars {
                    tbody {
                        @for severity in SEVERITIES {
                            @let number = self.of_severity(severity);
                            tr {
                                th scope="row" { a href=(frame.link(&Address::of(["findings"]).with("severity", severity))) { (severity) } }
                                td.number { (number) }
                                td.bar { (bar(number, most, severity)) }
                            }
                        }
                    }
                }
                @if !self.open().is_empty() {
                    p.note #areas { "By area of the control: " (self.areas().iter().map(|(area, number)| format!("{} {number}", area_word(area))).collect::<Vec<_>>().join(", ")) "." }
                }
                p.note { "A link leads to the findings of this severity and of worse ones." }
            }
        }
    }

    fn trend(&self) -> Markup {
        let weeks = self.by_week();
        let most = weeks.iter().map(|(_, number, _)| *number).max().unwrap_or_default().max(1);
        html! {
            section aria-labelledby="trend" {
                h2 #trend { "Open findings by the week in which they began" }
                @if weeks.is_empty() { p.note { "None." } }
                table.bars { tbody { @for (week, number, severity) in weeks { tr { th scope="row" { (week) } td.number { (number) } td.bar { (bar(number, most, severity)) } } } } }
            }
        }
    }

    fn endpoints(&self, frame: &Frame) -> Markup {
        let last = |name: &str| {
            self.overview.drifting.iter().find(|drift| drift.endpoint.eq_ignore_ascii_case(name))
        };
        html! {
            section aria-labelledby="endpoints" {
                h2 #endpoints { "Endpoints" }
                div.wide tabindex="0" role="region" aria-label="The live endpoints" {
                    table.sorted {
                        thead { tr { th scope="col" { "endpoint" } th scope="col" { "state" } th scope="col" { "configuration" } th scope="col" { "since" } th scope="col" { "owner" } th scope="col" { "drift" } } }
                        tbody { @for item in self.live().iter().take(ENDPOINTS) {
                            tr {
                                th scope="row" { (about(frame, &item.about)) }
                                td { @if let Some(state) = &item.state { (badge(state)) } }
                                td { (item.configuration.as_deref().unwrap_or_default()) } td { (moment(item.since)) }
                                td { (person(item.owner.as_deref())) }
                                td { @match last(&item.about.name) {
                                    Some(drift) => {
                                        a href=(frame.link(&drift_of(&drift.endpoint))) { (moment(drift.at)) }
                                        @if let Some(severity) = &drift.severity { " " (badge(severity)) }
                                        div.note { (drift.found) }
                                    }
                                    None => span.note { "none since then" },
                                } }
                            }
                        } }
                    }
                }
                @if self.overview.live > ENDPOINTS { p { a href=(frame.link(&Address::of(["inventory"]))) { "All of them" } } }
            }
        }
    }
}

/// The part of a control's name that says what it is about, in words.
fn area_word(area: &str) -> &str {
    match area {
        "ART" => "places of data",
        "ENC" => "encryption",
        "IAM" => "rights",
        "MON" => "monitoring",
        "NET" => "network",
        "REP" => "repeatability",
        "RES" => "resilience",
        "TRC" => "traceability",
        "XPL" => "explanation",
        other => other,
    }
}

/// The first day of a week. Day zero of Unix time was a Thursday.
fn monday(time: Timestamp) -> String {
    const DAY: i64 = 24 * 3_600 * 1_000;
    let day = time.millis().div_euclid(DAY);
    Timestamp::from_millis((day - (day + 3).rem_euclid(7)) * DAY).day()
}

/// A bar for a share. It has no style attribute, because the page's content security policy allows none.
fn bar(number: usize, most: usize, severity: &str) -> Markup {
    let share = number as f64 / most as f64 * 100.0;
    html! { svg.share width="100%" height="14" aria-hidden="true" { rect class=(severity) width=(format!("{share:.1}%")) height="14" rx="3" {} } }
}

impl Page for OverviewPage {
    fn title(&self) -> String {
        "Overview".to_owned()
    }

    fn body(&self, frame: &Frame) -> Markup {
        let waived = self.waived();
        html! {
            (self.tiles(frame))
            @if let Some(events) = &self.overview.findings.events { p.note #events { (events) "." } }
            @if !self.overview.findings.complete {
                p.note #counted { "There are more open findings than this page counts: the numbers are of the " (self.open().len()) " worst." }
            }
            div.columns { (self.severities(frame)) (self.trend()) }
            section aria-labelledby="worst" {
                h2 #worst { "The worst ten" }
                @if self.open().is_empty() { p.note { "Nothing is open." } } @else {
                    div.wide tabindex="0" role="region" aria-label="The worst findings" { (findings(frame, &self.titles, &self.worst())) }
                    @if self.open().len() > WORST { p { a href=(frame.link(&Address::of(["findings"]))) { "All open findings" } } }
                }
            }
            (self.endpoints(frame))
            @if !waived.is_empty() {
                section aria-labelledby="waived" {
                    h2 #waived { "Waivers, the next to end first" }
                    div.wide tabindex="0" role="region" aria-label="Waivers" { (waivers(frame, &self.titles, waived.get(..WORST.min(waived.len())).unwrap_or_default())) }
                }
            }
        }
    }

    fn document(&self) -> Json {
        let severities: BTreeMap<&str, usize> =
            SEVERITIES.iter().map(|severity| (*severity, self.of_severity(severity))).collect();
        json!({
            "endpoints": self.overview.endpoints, "live": self.overview.live, "findings": self.overview.findings, "by_severity": severities, "by_area": self.areas(),
            "by_week": self.by_week().into_iter().map(|(week, number, _)| (week, number)).collect::<BTreeMap<_, _>>(), "waivers": self.overview.waivers, "drifting": self.overview.drifting,
            "complete": self.overview.endpoints.complete && self.overview.findings.complete && self.overview.waivers.complete,
        })
    }

    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet::of(&["what", "name", "number"]);
        let mut row = |what: &str, name: &str, number: usize| {
            sheet.rows.push(vec![what.to_owned(), name.to_owned(), number.to_string()])
        };
        row("endpoints", "live", self.live().len());
        SEVERITIES.iter().for_each(|severity| row("open findings", severity, self.of_severity(severity)));
        self.areas().into_iter().for_each(|(area, number)| row("open findings by area", area, number));
        self.by_week().into_iter().for_each(|(week, number, _)| row("open findings by week", &week, number));
        row("endpoints", "drifting", self.overview.drifting.len());
        row("waivers", "all", self.waived().len());
        sheet
    }

    fn is_dated(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        for (time, week) in [
            ("2026-03-02T00:00:00Z", "2026-03-02"),
            ("2026-03-08T23:59:59Z", "2026-03-02"),
            ("2026-03-09T00:00:00Z", "2026-03-09"),
            ("1970-01-01T00:00:00Z", "1969-12-29"),
        ] {
            assert_eq!(monday(Timestamp::from_text(time).unwrap()), week, "{time}");
        }
    }
}
