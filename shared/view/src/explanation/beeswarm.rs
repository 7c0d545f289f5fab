//! The picture with a dot for each row: what each feature added to the answers, coloured by its value.

use std::collections::HashMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::report::{ExplainedFeature, ExplainedOutput};
use crate::numbers::short;

const LABEL: f64 = 210.0;
const WIDTH: f64 = 640.0;
const RIGHT: f64 = 14.0;
const ROW: f64 = 30.0;
const BOTTOM: f64 = 34.0;
/// Colours from low to high; one more for missing values.
const COLOURS: usize = 9;
/// How wide a dot is, and the largest distance between two neighbours.
const DOT: f64 = 3.0;

/// Features and their contributions, for one output.
pub(super) fn picture(place: usize, output: &ExplainedOutput, features: &[ExplainedFeature]) -> Markup {
    let rows: Vec<(&ExplainedFeature, &[f32])> =
        features.iter().zip(output.contributions.iter().map(Vec::as_slice)).collect();
    let scale = Scale::of(rows.iter().flat_map(|(_, added)| *added).copied());
    let bottom = ROW * rows.len() as f64;
    let label = format!("What each feature added to output {place}, a dot for each row");
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (bottom + BOTTOM) } role="img" aria-label=(label) {
            title { (label) }
            path.zero d={ "M" (scale.x(0.0)) ",0V" (bottom) } {}
            @for (place, (feature, added)) in rows.iter().enumerate() {
                @let middle = ROW * (place as f64 + 0.5);
                g.swarm data-feature=(feature.name) data-dots=(added.len()) {
                    title { (feature.name) }
                    path.grid d={ "M" (LABEL) "," (middle) "H" (WIDTH - RIGHT) } {}
                    text.label.end x=(LABEL - 8.0) y=(middle + 4.0) { (clipped(&feature.name)) }
                    @for (colour, path) in dots(added, &feature.values, scale, middle).iter().enumerate() {
                        @if !path.is_empty() { path class={ "dots c" (colour) } d=(path) {} }
                    }
                }
            }
            @for end in [scale.from, scale.to] {
                @if end != 0.0 { text.tick.middle x=(scale.x(end)) y=(bottom + 14.0) { (short(f64::from(end))) } }
            }
            text.tick.middle x=(scale.x(0.0)) y=(bottom + 14.0) { "0" }
            text.tick.middle x=((LABEL + WIDTH - RIGHT) / 2.0) y=(bottom + 29.0) { "SHAP value: contribution to the margin" }
        }
    }
}

/// A name that fits beside the picture.
pub(super) fn clipped(name: &str) -> String {
    const LONGEST: usize = 32;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['\u{2026}']).collect()
}

/// The place of a contribution in the picture.
#[derive(Clone, Copy, Debug)]
struct Scale {
    from: f32,
    to: f32,
}

impl Scale {
    /// The range always includes zero: a feature that adds nothing.
    fn of(added: impl Iterator<Item = f32>) -> Self {
        let finite = added.filter(|value| value.is_finite());
        let (from, to) =
            finite.fold((0.0_f32, 0.0_f32), |(from, to), value| (from.min(value), to.max(value)));
        Self { from, to }
    }

    fn x(self, value: f32) -> f64 {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        let span = if to > from { to - from } else { 1.0 };
        round(LABEL + 6.0 + (f64::from(value) - from) / span * (WIDTH - LABEL - RIGHT - 12.0))
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A path for each colour. If dots would hide each other, moves them up and down in turn, as far as there is room.
fn dots(added: &[f32], values: &[f32], scale: Scale, middle: f64) -> Vec<String> {
    let column = |value: f32| (scale.x(value) / DOT) as i64;
    let mut crowds: HashMap<i64, usize> = HashMap::new();
    added.iter().for_each(|value| *crowds.entry(column(*value)).or_default() += 1);
    let largest = crowds.values().copied().max().unwrap_or(1);
    let step = ((ROW - DOT) / largest.max(1) as f64).min(DOT);
    let colours = Colours::of(values);
    let mut paths = vec![String::new(); COLOURS + 1];
    let mut drawn: HashMap<i64, usize> = HashMap::new();
    for (added, value) in added.iter().zip(values).filter(|(added, _)| added.is_finite()) {
        let before = drawn.entry(column(*added)).or_default();
        let side = if before.is_multiple_of(2) { 1.0 } else { -1.0 };
        let y = round(middle + side * step * before.div_ceil(2) as f64);
        *before += 1;
        if let Some(path) = paths.get_mut(colours.of_value(*value)) {
            let _ = write!(path, "M{},{y}h0", scale.x(*added));
        }
    }
    paths
}

/// Turns the values of a feature into colours. With outliers, all other values would have one colour, so the outer twentieths share a
/// colour each.
struct Colours {
    low: f32,
    high: f32,
}

impl Colours {
    fn of(values: &[f32]) -> Self {
        let mut sorted: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            let place = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(place).copied().unwrap_or_default()
        };
        let (low, high) = (at(0.05), at(0.95));
        if low < high { Self { low, high } } else { Self { low: at(0.0), high: at(1.0) } }
    }

    fn of_value(&self, value: f32) -> usize {
        if value.is_nan() {
            return COLOURS;
        }
        let span = self.high - self.low;
        let share = if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.5 };
        (share * (COLOURS - 1) as f32).round() as usize
    }
}
