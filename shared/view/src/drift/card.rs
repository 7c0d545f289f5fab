//! The card of one feature.

use maud::{Markup, html};
use sagewarden_monitor::{
    Disagreement, Distance, DistributionGap, Evaluation, FeatureVerdict, GapPlace, Method, Mode, Verdict,
};

use super::report::DriftReport;
use super::series::{ColumnPair, ShareCurve, shares};
use super::words::percent;
use super::{moments, picture, words};
use crate::numbers::short;

/// How many points the trends of a whole page have. A page of a thousand features over a month must still open.
const POINTS: usize = 20_000;
/// How many texts the table of a card has.
const TABLE: usize = 40;

/// The card of the feature at this place in the order of the evaluation.
pub(super) fn card(report: &DriftReport<'_>, index: usize, differences: &[Disagreement]) -> Markup {
    let counted = report.counted();
    let Some(feature) = counted.features.get(index) else { return html! {} };
    let name = feature.name.as_str();
    let differs: Vec<&Disagreement> = differences.iter().filter(|each| each.feature == name).collect();
    let pair = ColumnPair::of(report, name);
    let of =
        |evaluation: &'_ Evaluation| evaluation.features.get(index).filter(|each| each.name == name).cloned();
    let (compat, exact) = (of(report.compat), of(report.exact));
    // The picture marks the gap that exact mode measured: the container's distance is not a gap between these lines.
    let gap =
        exact.as_ref().and_then(|exact| exact.distance.as_ref()).and_then(|distance| distance.at.as_ref());
    let distance = feature.distance.as_ref();
    html! {
        article.card.violated[feature.verdict == Verdict::Violated] id={ "feature-" (index) } data-feature=(name)
            data-prediction[feature.prediction]
            data-verdict=(verdict_word(feature)) data-distance=[distance.map(|distance| distance.value)]
            data-threshold=[distance.map(|distance| distance.threshold)] data-differs=(!differs.is_empty()) {
            (head(feature))
            @if let Some(pair) = &pair { (figure(name, pair, gap)) }
            (moments::table(report.baseline.column(name).as_ref(), report.profile.column(name)))
            @if let Verdict::NotCompared(why) = &feature.verdict { p.why { "Not compared: " (why) } }
            @if let Some(distance) = distance { (facts(distance)) }
            (checks(report, feature))
            (modes(compat.as_ref(), exact.as_ref(), report.mode))
            @for each in differs { p.differs { "The modes differ on " code { (each.check.name()) } ": " (each.why) } }
            @if report.windows.len() > 1 && let Some(distance) = distance {
                (picture::trend(name, report.windows, index, distance.threshold,
                    (POINTS / counted.features.len().max(1)).clamp(12, 200)))
            }
            @if let Some(pair) = &pair { (table(pair, gap)) }
        }
    }
}

fn head(feature: &FeatureVerdict) -> Markup {
    let kind = if feature.inferred_type == feature.expected_type {
        format!("{:?}", feature.inferred_type)
    } else {
        format!("{:?}, in the baseline {:?}", feature.inferred_type, feature.expected_type)
    };
    html! {
        h2 {
            span class={ "mark " (verdict_word(feature)) } { (verdict_text(feature)) }
            bdi { (feature.name) }
        }
        p.kind { @if feature.prediction { "Prediction, " } (kind) }
    }
}

fn verdict_word(feature: &FeatureVerdict) -> &'static str {
    match &feature.verdict {
        Verdict::Ok => "ok",
        Verdict::Violated => "violated",
        Verdict::NotCompared(_) => "not-compared",
    }
}

fn verdict_text(feature: &FeatureVerdict) -> &'static str {
    match &feature.verdict {
        Verdict::Ok => "ok",
        Verdict::Violated if feature.has_drifted() && feature.prediction => "prediction drift",
        Verdict::Violated if feature.has_drifted() => "drifted",
        Verdict::Violated => "violated",
        Verdict::NotCompared(_) => "not compared",
    }
}

fn figure(name: &str, pair: &ColumnPair, gap: Option<&DistributionGap>) -> Markup {
    html! {
        figure {
            @match pair {
                ColumnPair::Numbers { baseline, now } => div.pair {
                    (picture::numbers(name, baseline.as_ref(), now.as_ref(), gap))
                    (picture::histogram(name, baseline.as_ref(), now.as_ref()))
                },
                ColumnPair::Texts { baseline, now } => (picture::texts(name, baseline.as_ref(), now.as_ref(), gap)),
            }
            figcaption {
                span.key.then {} " baseline " span.key.now {} " now"
                @if let ColumnPair::Numbers { .. } = pair {
                    " \u{2014} share of values up to a number, and in each part of the range"
                }
            }
        }
        @if let Some(gap) = gap {
            p.gap {
                @match &gap.place {
                    GapPlace::Number(at) => { "Largest gap at " strong { (short(*at)) } ": up to it " },
                    GapPlace::Text(text) => { "Largest gap at " strong { bdi { (text) } } ": " },
                }
                (percent(gap.baseline)) " of the baseline, " (percent(gap.current)) " now"
            }
        }
    }
}

fn facts(distance: &Distance) -> Markup {
    let method = match distance.method {
        Method::Robust => "largest gap less what chance explains",
        Method::Simple => "largest gap",
        Method::TotalVariation => "half the sum of all differences between shares, less what chance explains",
        Method::RareClass => "difference between the shares of a rare class, beyond chance",
        Method::Unseen => "share of texts that the baseline does not have, beyond the expected share",
        Method::ChiSquared => "chi-squared test",
    };
    html! {
        dl.facts {
            div { dt { "Distance" } dd.distance { (short(distance.value)) } }
            div { dt { "Threshold" } dd { (short(distance.threshold)) } }
            div { dt { "Method" } dd title=(method) { (format!("{:?}", distance.method)) } }
            @if let Some(p) = distance.p_value { div { dt { "p" } dd { (short(p)) } } }
            @if let Some(divergence) = distance.divergence {
                div { dt title="population stability index: by custom, 0.1 is some change and 0.25 much" { "PSI" } dd { (short(divergence.psi)) } }
                div { dt title="distance of Jensen and Shannon, from 0 to 1" { "Jensen-Shannon" } dd { (short(divergence.jensen_shannon)) } }
            }
            div { dt { "Values" } dd { (distance.baseline_n) " \u{2192} " (distance.current_n) } }
        }
    }
}

/// Every check with its numbers, and the container's text if it failed.
fn checks(report: &DriftReport<'_>, feature: &FeatureVerdict) -> Markup {
    let text = |check: &str| {
        let found = report.counted().violations.iter().find(|violation| {
            violation.feature_name.as_ref() == Some(&feature.name)
                && violation.constraint_check_type.as_deref() == Some(check)
        });
        found.and_then(|violation| violation.description.as_deref()).unwrap_or_default()
    };
    html! {
        @if !feature.checks.is_empty() {
            ul.checks {
                @for result in &feature.checks {
                    li.bad[!result.passed] data-check=(result.check.name()) data-passed=(result.passed) {
                        @if result.passed { "\u{2713} " } @else { "\u{2717} " }
                        code { (result.check.name()) }
                        @if let Some(observed) = result.observed { " " (short(observed)) " against " (short(result.threshold)) }
                        @if !result.passed { br; (words::check(result.check)) br; span.text { (text(result.check.name())) } }
                    }
                }
            }
        }
    }
}

fn modes(compat: Option<&FeatureVerdict>, exact: Option<&FeatureVerdict>, counted: Mode) -> Markup {
    let both = [(Mode::Exact, exact), (Mode::Compat, compat)];
    html! {
        p.modes {
            @for (mode, feature) in both {
                @if let Some(feature) = feature {
                    span.counted[mode == counted] data-mode=(mode.name()) data-verdict=(verdict_word(feature)) {
                        (mode.name()) ": " (verdict_text(feature))
                        @if let Some(distance) = &feature.distance { " (" (short(distance.value)) ")" }
                    }
                    " "
                }
            }
        }
    }
}

/// The numbers of the picture, as a table.
fn table(pair: &ColumnPair, gap: Option<&DistributionGap>) -> Markup {
    html! {
        details {
            summary { "As a table" }
            table {
                thead { tr { th scope="col" { (if matches!(pair, ColumnPair::Numbers { .. }) { "Share" } else { "Text" }) }
                    th scope="col" { "Baseline" } th scope="col" { "Now" } } }
                tbody {
                    @match pair {
                        ColumnPair::Numbers { baseline, now } => (quantiles(baseline.as_ref(), now.as_ref())),
                        ColumnPair::Texts { baseline, now } => {
                            @let at = gap.and_then(|gap| match &gap.place {
                                GapPlace::Text(text) => Some(text.as_str()),
                                GapPlace::Number(_) => None,
                            });
                            @for row in shares(baseline.as_ref(), now.as_ref(), at, TABLE) {
                                tr {
                                    th scope="row" { bdi { (row.text) } }
                                    td { (row.baseline.map_or_else(|| "\u{2013}".to_owned(), percent)) }
                                    td { (row.now.map_or_else(|| "\u{2013}".to_owned(), percent)) }
                                }
                            }
                        },
                    }
                }
            }
        }
    }
}

fn quantiles(baseline: Option<&ShareCurve>, now: Option<&ShareCurve>) -> Markup {
    let value = |steps: Option<&ShareCurve>, share: f64| {
        steps.map_or_else(|| "\u{2013}".to_owned(), |steps| short(steps.quantile(share)))
    };
    let rows = [
        ("smallest", 0.0),
        ("5 %", 0.05),
        ("25 %", 0.25),
        ("median", 0.5),
        ("75 %", 0.75),
        ("95 %", 0.95),
        ("largest", 1.0),
    ];
    html! {
        @for (word, share) in rows {
            tr { th scope="row" { (word) } td { (value(baseline, share)) } td { (value(now, share)) } }
        }
    }
}
