//! The report of drift works in a browser: a headless Chromium opens it, and a script reads its numbers.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use sagewarden_measure::{Cell, Detail, Profile, RowSink};
use sagewarden_monitor::{
    Baseline, Constraints, Evaluation, Mode, Statistics, Verdict, compare_modes, evaluate,
};
use sagewarden_outcomes::clarify::{Analysis, attribution_drift};
use sagewarden_tests::{Result, browser};
use sagewarden_view::drift::{AttributionChange, DriftReport, TrendWindow};
use serde_json::{Value, json};

/// A name that somebody meant to break the page with.
const AWKWARD: &str = "</script><img src=x onerror=alert(1)>\"'&<b>";
const NAMES: [&str; 4] = ["amount", "flag", "calm", AWKWARD];

/// Amounts that become smaller, flags that become rarer, and two columns to which nothing happens.
fn fill(profile: &mut Profile, rows: u32, shifted: u32) {
    for row in 0..rows {
        let scattered = row.wrapping_mul(2_654_435_761) >> 8;
        let is_shifted = scattered % 100 < shifted;
        let amount = f64::from(scattered % 9973) / if is_shifted { 1000.0 } else { 1.0 };
        let flag = if is_shifted { 0 } else { scattered % 2 };
        let cells =
            [amount.to_string(), flag.to_string(), (scattered % 977).to_string(), format!("<b>{}", row % 4)];
        profile.positional(&cells.each_ref().map(|text| Cell::Text(text.as_bytes())));
    }
}

fn distances(evaluation: &Evaluation) -> Vec<Option<f64>> {
    let features = evaluation.features.iter();
    features.map(|feature| feature.distance.as_ref().map(|distance| distance.value)).collect()
}

fn analysis(amount: f64, flag: f64) -> Analysis {
    let values = json!({ "amount": amount, "flag": flag, "calm": 0.1 });
    let text = json!({ "explanations": { "kernel_shap": { "label0": { "global_shap_values": values } } } });
    Analysis::parse(text.to_string().as_bytes()).unwrap()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Violated => "violated",
        Verdict::NotCompared(_) => "not-compared",
    }
}

/// The content that the page must show.
fn facts(exact: &Evaluation, differing: &[String], windows: &[TrendWindow], ndcg: f64) -> Value {
    let features = exact.features.iter().enumerate().map(|(index, feature)| {
        let distance = feature.distance.as_ref().unwrap();
        let trend: Vec<_> = windows.iter().map(|window| window.distances[index]).collect();
        let fact = json!({ "verdict": word(&feature.verdict), "distance": distance.value, "trend": trend });
        (feature.name.clone(), fact)
    });
    let drifted = exact.features.iter().filter(|feature| feature.verdict == Verdict::Violated).count();
    json!({
        "rows": exact.rows,
        "drifted": drifted,
        "hours": windows.iter().map(|window| &window.start).collect::<Vec<_>>(),
        "features": features.collect::<serde_json::Map<_, _>>(),
        "worst": "amount",
        "differing": differing,
        "ndcg": ndcg,
        "baseline": 4000,
    })
}

#[test]
fn the_report_is_read_and_filtered_without_a_network() -> Result<()> {
    let mut training = Profile::for_header(NAMES);
    fill(&mut training, 4000, 0);
    let statistics = Statistics::from_profile(&training);
    let baseline = Baseline::new(Some(&statistics), Constraints::suggest(&statistics));
    let empty = || baseline.empty_profile(Detail::Statistics);
    let (mut whole, mut windows) = (empty(), Vec::new());
    for (hour, shifted) in [0, 0, 40, 60, 90].into_iter().enumerate() {
        let mut profile = empty();
        fill(&mut profile, 1000, shifted);
        let distances = distances(&evaluate(&baseline, &profile, Mode::Exact));
        windows.push(TrendWindow {
            start: format!("2026-03-02T{hour:02}:00:00Z"),
            rows: profile.rows,
            distances,
        });
        whole.merge(&profile);
    }
    let (compat, exact) =
        (evaluate(&baseline, &whole, Mode::Compat), evaluate(&baseline, &whole, Mode::Exact));
    let mut differing: Vec<_> =
        compare_modes(&compat, &exact).into_iter().map(|difference| difference.feature).collect();
    differing.dedup();
    assert!(differing.contains(&"flag".to_owned()), "{differing:?}");
    let (then, now) = (analysis(0.5, 0.3), analysis(0.1, 0.6));
    let ndcg = attribution_drift(&then, &now, Mode::Exact).rankings[0].score.unwrap();
    let report = DriftReport {
        title: AWKWARD,
        baseline: &baseline,
        identity: &[("Where", AWKWARD.to_owned())],
        profile: &whole,
        compat: &compat,
        exact: &exact,
        mode: Mode::Exact,
        windows: &windows,
        attribution: Some(AttributionChange { baseline: &then, now: &now }),
        issues: &[format!("`{AWKWARD}`, line 7: not valid JSON")],
    };
    look(&report.html(), &facts(&exact, &differing, &windows, ndcg))
}

/// The page stays under the target folder, for people to open.
fn look(html: &str, expected: &Value) -> Result<()> {
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drift.html");
    fs::write(&page, html)?;
    let mut script = browser::script("drift_page.py")?.arg(page).stdin(Stdio::piped()).spawn()?;
    script.stdin.take().unwrap().write_all(expected.to_string().as_bytes())?;
    assert!(script.wait()?.success(), "the page fails in the browser; the script's words are above");
    Ok(())
}
