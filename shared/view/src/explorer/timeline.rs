//! The history on one axis, with a lane for each kind of event.

use maud::{Markup, html};
use sagewarden_events::Timestamp;
use sagewarden_lineage::answer::{Entry, EntryKind};

use super::frame::Frame;
use super::parts::moment;

const LANE: usize = 28;
const LANES: [(EntryKind, &str); 6] = [
    (EntryKind::Deployment, "deployments"),
    (EntryKind::State, "states"),
    (EntryKind::Approval, "approvals"),
    (EntryKind::Finding, "verdicts"),
    (EntryKind::Drift, "drift"),
    (EntryKind::Monitoring, "monitoring"),
];

/// The strip. A mark leads to this page as of its time. With fewer than two moments, nothing is drawn.
pub(super) fn strip(frame: &Frame, entries: &[Entry]) -> Markup {
    let times = entries.iter().map(|entry| entry.time.millis());
    let Some((first, last)) = times.clone().min().zip(times.max()).filter(|(first, last)| first < last)
    else {
        return html! {};
    };
    let share = |time: Timestamp| {
        let part = (time.millis() - first) as f64 / (last - first) as f64;
        format!("{:.2}%", 1.5 + part * 97.0)
    };
    let lanes: Vec<_> =
        LANES.into_iter().filter(|(kind, _)| entries.iter().any(|entry| entry.kind == *kind)).collect();
    let height = lanes.len() * LANE + 22;
    html! {
        div.strip {
            ul aria-hidden="true" { @for (_, words) in &lanes { li { (words) } } }
            svg width="100%" height=(height) role="group" aria-label="Time line" {
                @for (lane, (kind, _)) in lanes.iter().enumerate() {
                    @let y = lane * LANE + LANE / 2;
                    line.axis x1="0" x2="100%" y1=(y) y2=(y) {}
                    @for entry in entries.iter().filter(|entry| entry.kind == *kind) {
                        (mark(frame, entry, &share(entry.time), y))
                    }
                }
                text x="0" y=(height - 5) { (day(first)) }
                text x="100%" y=(height - 5) text-anchor="end" { (day(last)) }
            }
        }
    }
}

fn mark(frame: &Frame, entry: &Entry, x: &str, y: usize) -> Markup {
    let words = format!("{} {}", entry.time, entry.text);
    let dot = html! { title { (words) } circle class={ "mark " (entry.kind.word()) } cx=(x) cy=(y) r="7" {} };
    html! {
        @if frame.is_live {
            a href=(frame.address.with("at", &entry.time.to_string())) { (dot) }
        } @else { g { (dot) } }
    }
}

fn day(millis: i64) -> String {
    Timestamp::from_millis(millis).to_string().replace('T', " ").chars().take(16).collect()
}

/// The same in words, the newest first.
pub(super) fn list(entries: &[Entry]) -> Markup {
    const OPEN: usize = 12;
    let row = |entry: &Entry| html! { li { (moment(entry.time)) " " span class={ "dot " (entry.kind.word()) } {} span { bdi { (entry.text) } } } };
    html! {
        ol.events { @for entry in entries.iter().take(OPEN) { (row(entry)) } }
        @if entries.len() > OPEN {
            details { summary { (entries.len() - OPEN) " earlier" } ol.events { @for entry in entries.iter().skip(OPEN) { (row(entry)) } } }
        }
    }
}
