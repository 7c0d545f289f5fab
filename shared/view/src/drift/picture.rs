//! Pictures in SVG: distribution functions, bars, a trend.

use std::fmt::Write as _;

use maud::{Markup, html};
use sagewarden_monitor::{DistributionGap, GapPlace};

use super::report::TrendWindow;
use super::series::{CountsByText, ShareCurve, Shares, shares};
use super::words::percent;
use crate::numbers::short;

const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 20.0;
/// The most texts in a picture; the others become one bar.
const BARS: usize = 10;

/// The range of numbers that is shown. With outliers, all other values would be pressed together.
#[derive(Clone, Copy, Debug)]
struct NumberRange {
    from: f64,
    to: f64,
    /// Room beside them.
    margin: f64,
}

impl NumberRange {
    fn of(sides: [Option<&ShareCurve>; 2], at: Option<f64>) -> Self {
        let ends = sides.into_iter().flatten().flat_map(|side| [side.quantile(0.005), side.quantile(0.995)]);
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in ends.chain(at).filter(|value| value.is_finite()) {
            (from, to) = (from.min(value), to.max(value));
        }
        if !from.is_finite() || !to.is_finite() {
            (from, to) = (0.0, 1.0);
        }
        let margin = ((to - from) * 0.03).max(from.abs() * 1e-9).max(f64::MIN_POSITIVE);
        let margin = if to > from { margin } else { from.abs().max(1.0) * 0.5 };
        Self { from, to, margin }
    }

    /// The place of a value, from 0 to 1. This halves before it subtracts, because the difference may overflow.
    fn share(self, value: f64) -> f64 {
        let (from, to) = ((self.from - self.margin) / 2.0, (self.to + self.margin) / 2.0);
        ((value / 2.0 - from) / (to - from)).clamp(0.0, 1.0)
    }

    fn x(self, value: f64) -> f64 {
        LEFT + self.share(value) * (WIDTH - LEFT - RIGHT)
    }
}

fn y(share: f64) -> f64 {
    TOP + (1.0 - share) * (HEIGHT - TOP - BOTTOM)
}

/// The shares of values up to each number, then and now, and the largest gap between them.
pub(super) fn numbers(
    name: &str,
    baseline: Option<&ShareCurve>,
    now: Option<&ShareCurve>,
    gap: Option<&DistributionGap>,
) -> Markup {
    let gap = gap.and_then(|gap| match gap.place {
        GapPlace::Number(at) => Some((at, gap)),
        GapPlace::Text(_) => None,
    });
    let range = NumberRange::of([baseline, now], gap.map(|(at, _)| at));
    let label = gap.map_or_else(
        || format!("Distribution of {name}, baseline and now"),
        |(at, gap)| {
            format!(
                "Distribution of {name}: up to {} there are {} of the values in the baseline and {} now",
                short(at),
                percent(gap.baseline),
                percent(gap.current)
            )
        },
    );
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
            title { (label) }
            path.axis d={ "M" (LEFT) "," (TOP) "V" (HEIGHT - BOTTOM) "H" (WIDTH - RIGHT) } {}
            @for share in [0.0, 0.5, 1.0] {
                text.tick.end x=(LEFT - 4.0) y=(y(share) + 3.0) { (format!("{:.0} %", share * 100.0)) }
                @if share > 0.0 { path.grid d={ "M" (LEFT) "," (y(share)) "H" (WIDTH - RIGHT) } {} }
            }
            text.tick x=(round(range.x(range.from))) y=(HEIGHT - 6.0) { (short(range.from)) }
            @if range.to > range.from { text.tick.end x=(round(range.x(range.to))) y=(HEIGHT - 6.0) { (short(range.to)) } }
            @if let Some(steps) = baseline { path.line.then d=(stairs(steps, range)) {} }
            @if let Some(steps) = now { path.line.now d=(stairs(steps, range)) {} }
            @if let Some((at, gap)) = gap { (mark(range.x(at), at, gap)) }
        }
    }
}

fn mark(x: f64, at: f64, gap: &DistributionGap) -> Markup {
    let (then, now) = (y(gap.baseline), y(gap.current));
    let side = if x > WIDTH / 2.0 { "gap end" } else { "gap" };
    let beside = if x > WIDTH / 2.0 { x - 5.0 } else { x + 5.0 };
    let x = round(x);
    html! {
        path.gap d={ "M" (x) "," (round(then)) "V" (round(now)) } {}
        circle.gap.then cx=(x) cy=(round(then)) r="3" {}
        circle.gap.now cx=(x) cy=(round(now)) r="3" {}
        text class=(side) x=(round(beside)) y=(round((then + now) / 2.0 + 3.0)) { (short(at)) }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A path of steps; invisible ones are left out.
fn stairs(steps: &ShareCurve, range: NumberRange) -> String {
    const SEEN: f64 = 1.5;
    let mut path = format!("M{LEFT},{}", y(0.0));
    let (mut last_x, mut last_y) = (LEFT, y(0.0));
    let mut pending = None;
    for (value, share) in steps.each() {
        let point = (round(range.x(value)), round(y(share)));
        if (point.0 - last_x).abs() >= SEEN || (point.1 - last_y).abs() >= SEEN {
            let _ = write!(path, "H{}V{}", point.0, point.1);
            (last_x, last_y) = point;
            pending = None;
        } else {
            pending = Some(point);
        }
    }
    if let Some((x, y)) = pending {
        let _ = write!(path, "H{x}V{y}");
    }
    let _ = write!(path, "H{}", WIDTH - RIGHT);
    path
}

/// The share of values in each part of the range, then and now.
pub(super) fn histogram(name: &str, baseline: Option<&ShareCurve>, now: Option<&ShareCurve>) -> Markup {
    const PARTS: usize = 16;
    let range = NumberRange::of([baseline, now], None);
    let edge = |part: usize| range.from + (range.to - range.from) * part as f64 / PARTS as f64;
    // Values beyond the range count in the first and the last part, so that none is lost.
    let share = |side: Option<&ShareCurve>, part: usize| {
        let side = side?;
        let below = if part == 0 { 0.0 } else { side.up_to(edge(part)) };
        let up_to = if part + 1 == PARTS { 1.0 } else { side.up_to(edge(part + 1)) };
        Some(up_to - below)
    };
    let parts: Vec<[Option<f64>; 2]> =
        (0..PARTS).map(|part| [share(baseline, part), share(now, part)]).collect();
    let largest = parts.iter().flatten().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
    let width = (WIDTH - LEFT - RIGHT) / PARTS as f64;
    // One path for all bars of a side: a thousand features must still open.
    let bars = |side: usize, place: f64| {
        let mut path = String::new();
        for (part, shares) in parts.iter().enumerate() {
            let share = shares.get(side).copied().flatten().unwrap_or(0.0);
            let (left, high) =
                (LEFT + (part as f64 + place) * width, share / largest * (HEIGHT - TOP - BOTTOM));
            if round(high) > 0.0 {
                let (left, high, wide) = (round(left), round(high), round(width * 0.42));
                let _ = write!(path, "M{left},{}v-{high}h{wide}v{high}z", HEIGHT - BOTTOM);
            }
        }
        path
    };
    let label = format!("Histogram of {name}, baseline and now");
    html! {
        svg.histogram viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
            title { (label) }
            path.axis d={ "M" (LEFT) "," (TOP) "V" (HEIGHT - BOTTOM) "H" (WIDTH - RIGHT) } {}
            text.tick.end x=(LEFT - 4.0) y=(TOP + 6.0) { (format!("{:.0} %", largest * 100.0)) }
            text.tick x=(LEFT) y=(HEIGHT - 6.0) { (short(range.from)) }
            @if range.to > range.from { text.tick.end x=(WIDTH - RIGHT) y=(HEIGHT - 6.0) { (short(range.to)) } }
            path.bar.then d=(bars(0, 0.06)) {}
            path.bar.now d=(bars(1, 0.52)) {}
        }
    }
}

/// The shares of texts as bars, then and now. Names are not shortened.
pub(super) fn texts(
    name: &str,
    baseline: Option<&CountsByText>,
    now: Option<&CountsByText>,
    gap: Option<&DistributionGap>,
) -> Markup {
    let at = gap.and_then(|gap| match &gap.place {
        GapPlace::Text(text) => Some(text.as_str()),
        GapPlace::Number(_) => None,
    });
    let shown = shares(baseline, now, at, BARS);
    let label = at.map_or_else(
        || format!("Shares of the texts of {name}, baseline and now"),
        |at| format!("Shares of the texts of {name}, baseline and now; the largest gap is at {at}"),
    );
    html! {
        table.shares aria-label=(label) {
            thead { tr { th scope="col" { "Text" } th scope="col" { "Baseline" } th scope="col" { "Now" } } }
            tbody { (rows(&shown, at)) }
        }
    }
}

/// The distance over the windows.
pub(super) fn trend(
    name: &str,
    windows: &[TrendWindow],
    index: usize,
    threshold: f64,
    room: usize,
) -> Markup {
    const HIGH: f64 = 58.0;
    let points: Vec<(&TrendWindow, f64)> = windows
        .iter()
        .filter_map(|window| Some((window, (*window.distances.get(index)?)?)))
        .filter(|(_, distance)| distance.is_finite())
        .collect();
    // If several neighbours would be one point, shows the worst.
    let points: Vec<(&TrendWindow, f64)> = points
        .chunks(points.len().div_ceil(room.max(1)).max(1))
        .filter_map(|chunk| chunk.iter().max_by(|left, right| left.1.total_cmp(&right.1)).copied())
        .collect();
    let top = points.iter().map(|(_, distance)| *distance).fold(threshold * 1.2, f64::max).max(1e-9);
    let x = |place: usize| {
        let span = points.len().saturating_sub(1).max(1) as f64;
        round(LEFT + place as f64 / span * (WIDTH - LEFT - RIGHT))
    };
    let y = |distance: f64| round(4.0 + (1.0 - distance / top) * (HIGH - 20.0));
    let line: Vec<String> = points
        .iter()
        .enumerate()
        .map(|(place, (_, distance))| format!("{},{}", x(place), y(*distance)))
        .collect();
    let label =
        format!("Distance of {name} in {} hours, against the threshold {}", points.len(), short(threshold));
    html! {
        svg.trend viewBox={ "0 0 " (WIDTH) " " (HIGH) } role="img" aria-label=(label) data-points=(points.len()) {
            title { (label) }
            path.threshold d={ "M" (LEFT) "," (y(threshold)) "H" (WIDTH - RIGHT) } {}
            text.tick.end x=(LEFT - 4.0) y=(y(threshold) + 3.0) { (short(threshold)) }
            polyline.line.now points=(line.join(" ")) {}
            @for (place, (window, distance)) in points.iter().enumerate() {
                circle.now.over[*distance > threshold] cx=(x(place)) cy=(y(*distance)) r="2.5"
                    data-hour=(window.start) data-distance=(distance) {
                    title { (window.start) ": " (short(*distance)) ", " (window.rows) " rows" }
                }
            }
            @if let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) {
                text.tick x=(LEFT) y=(HIGH - 3.0) { (hour(&first.start)) }
                text.tick.end x=(WIDTH - RIGHT) y=(HIGH - 3.0) { (hour(&last.start)) }
            }
        }
    }
}

/// `2022-04-18 00:00` of `2022-04-18T00:00:00Z`.
fn hour(start: &str) -> String {
    start.chars().take(16).collect::<String>().replace('T', " ")
}

/// Bars of two sides, each with a label, for any list of shares.
pub(super) fn rows(rows: &[Shares], at: Option<&str>) -> Markup {
    let largest =
        rows.iter().flat_map(|row| [row.baseline, row.now]).flatten().fold(f64::MIN_POSITIVE, f64::max);
    let cell = |side: &str, value: Option<f64>| {
        html! {
            td {
                @if let Some(value) = value {
                    svg.meter viewBox="0 0 100 8" aria-hidden="true" {
                        rect class={ "bar " (side) } width=(round(value.max(0.0) / largest * 100.0)) height="8" {}
                    }
                    " " (percent(value))
                } @else { "\u{2013}" }
            }
        }
    };
    html! {
        @for row in rows {
            tr.at[at == Some(row.text.as_str())] { th scope="row" { bdi { (named(&row.text)) } } (cell("then", row.baseline)) (cell("now", row.now)) }
        }
    }
}

fn named(text: &str) -> &str {
    if text.is_empty() { "(empty)" } else { text }
}
