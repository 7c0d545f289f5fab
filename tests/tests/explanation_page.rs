//! The page of an explanation works in a browser: a headless Chromium opens it, and a script reads its numbers.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use sagewarden_tests::{Result, browser};
use sagewarden_view::explanation::{ExplainedFeature, ExplainedOutput, ExplanationReport};
use serde_json::json;

/// A name that somebody meant to break the page with.
const AWKWARD: &str = "</script><img src=x onerror=alert(1)>\"'&<b>";
const ROWS: u16 = 300;

#[test]
fn the_pictures_show_every_feature_and_every_row() -> Result<()> {
    let names = ["income", AWKWARD, "a name that is longer than what stands beside a picture"];
    let value = |row: u16, feature: u16| f32::from((row * 37 + feature * 11) % 100);
    let features: Vec<ExplainedFeature> = (0..)
        .zip(names)
        .map(|(feature, name)| ExplainedFeature {
            name: name.to_owned(),
            mean_abs_shap: 2.0 / f64::from(feature + 1),
            values: (0..ROWS).map(|row| if row % 50 == 7 { f32::NAN } else { value(row, feature) }).collect(),
        })
        .collect();
    let added = |feature| (0..ROWS).map(move |row| (value(row, feature) - 50.0) / 20.0).collect();
    let output = ExplainedOutput { base_value: 0.25, contributions: (0..3).map(added).collect() };
    let report = ExplanationReport {
        title: AWKWARD,
        objective: "multi:softprob",
        trees: 100,
        rows: u64::from(ROWS),
        every: 1,
        features: &features,
        outputs: &[output.clone(), output],
    };
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explanation.html");
    fs::write(&page, report.html())?;
    let mut script = browser::script("explanation_page.py")?.arg(page).stdin(Stdio::piped()).spawn()?;
    let facts = json!({ "rows": ROWS, "features": names, "outputs": 2 });
    script.stdin.take().unwrap().write_all(facts.to_string().as_bytes())?;
    assert!(script.wait()?.success(), "the page fails in the browser; the script's words are above");
    Ok(())
}
