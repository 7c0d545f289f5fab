//! The page as text.

use maud::{Markup, html};

use super::beeswarm;
use super::report::{ExplainedFeature, ExplanationReport};
use crate::numbers::{count, short};
use crate::page::page;

const STYLE: &str = include_str!("page.css");
/// The most features in the pictures; the others become one bar.
pub(super) const SHOWN: usize = 20;
/// How many outputs have a picture of rows.
const OUTPUTS: usize = 8;

impl ExplanationReport<'_> {
    /// The page as text.
    #[must_use]
    pub fn html(&self) -> String {
        let body = html! {
            header {
                h1 { "Explanation of " bdi { (self.title) } }
                (self.summary())
            }
            main {
                (self.bars())
                @for (place, output) in self.outputs.iter().enumerate().take(OUTPUTS) {
                    section data-output=(place) {
                        @if self.outputs.len() > 1 { h2 { "What moved output " (place) } } @else { h2 { "What moved the answers" } }
                        (beeswarm::picture(place, output, self.shown()))
                    }
                }
                @if self.outputs.len() > OUTPUTS {
                    p.note { "The other " (self.outputs.len() - OUTPUTS) " outputs are not drawn." }
                }
                (self.reading())
            }
        };
        page(&format!("Explanation of {}", self.title), STYLE, "", &body)
    }

    pub(super) fn shown(&self) -> &[ExplainedFeature] {
        self.features.get(..SHOWN).unwrap_or(self.features)
    }

    fn summary(&self) -> Markup {
        let base: Vec<String> =
            self.outputs.iter().take(OUTPUTS).map(|output| short(output.base_value)).collect();
        let more = if self.outputs.len() > OUTPUTS { ", \u{2026}" } else { "" };
        html! {
            section #summary data-rows=(self.rows) data-features=(self.features.len()) data-outputs=(self.outputs.len()) {
                dl.facts {
                    div { dt { "Rows" } dd { (self.rows) } }
                    div { dt { "Features" } dd { (self.features.len()) } }
                    div { dt { "Trees" } dd { (self.trees) } }
                    div { dt { "Objective" } dd { bdi { (self.objective) } } }
                    div { dt { "Base value" } dd { (base.join(", ")) (more) } }
                }
            }
        }
    }

    /// How much each feature matters, and what all others do together.
    fn bars(&self) -> Markup {
        const LABEL: f64 = 210.0;
        const WIDTH: f64 = 640.0;
        const ROW: f64 = 22.0;
        let others: Vec<f64> = self.features.iter().skip(SHOWN).map(|each| each.mean_abs_shap).collect();
        let rest = (!others.is_empty())
            .then(|| (format!("{} together", count(others.len(), "other feature")), others.iter().sum()));
        let shown = self.shown().iter().map(|each| (each.name.clone(), each.mean_abs_shap));
        let rows: Vec<(String, f64)> = shown.chain(rest).collect();
        let largest = rows.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
        let width = |value: f64| (value / largest * (WIDTH - LABEL - 70.0) * 10.0).round() / 10.0;
        let label = "How much each feature matters: the mean of its absolute SHAP values";
        html! {
            section #importance {
                h2 { "How much each feature matters" }
                svg viewBox={ "0 0 " (WIDTH) " " (ROW * rows.len() as f64 + 4.0) } role="img" aria-label=(label) {
                    title { (label) }
                    @for (place, (name, value)) in rows.iter().enumerate() {
                        @let top = ROW * place as f64;
                        g.row data-feature=(name) data-value=(value) {
                            title { (name) ": " (short(*value)) }
                            text.label.end x=(LABEL - 8.0) y=(top + 15.0) { (beeswarm::clipped(name)) }
                            rect.bar x=(LABEL) y=(top + 4.0) width=(width(*value)) height=(ROW - 8.0) {}
                            text.tick x=(LABEL + width(*value) + 5.0) y=(top + 15.0) { (short(*value)) }
                        }
                    }
                }
                p.note {
                    "Mean of the absolute SHAP values over all rows, in the margin of the model"
                    @if self.outputs.len() > 1 { ", added up over its " (self.outputs.len()) " outputs" }
                    "."
                }
            }
        }
    }

    fn reading(&self) -> Markup {
        html! {
            section #reading {
                h2 { "How to read this" }
                ul {
                    li { "Each dot is a row. A dot right of the line: this feature raised the answer. Left of it: it lowered the answer." }
                    li {
                        "The colour is the value of the feature in that row: "
                        span.key.low {} " low, " span.key.high {} " high, " span.key.missing {} " missing."
                    }
                    li { "Base value and contributions of a row add up to the margin of the model. For a logistic model that is the log-odds." }
                    @if self.every > 1 { li { "One row of " (self.every) " is drawn." } }
                }
            }
        }
    }
}
