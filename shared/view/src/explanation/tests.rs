use super::*;

const AWKWARD: &str = "</script><img src=x onerror=alert(1)>\"'&<b>";

fn report(names: &[&str], outputs: usize, every: u64) -> String {
    let features: Vec<ExplainedFeature> = (0..)
        .zip(names)
        .map(|(place, name)| ExplainedFeature {
            name: (*name).to_owned(),
            mean_abs_shap: 1.0 / f64::from(place + 1),
            values: vec![0.0, 1.0, f32::NAN, 100.0],
        })
        .collect();
    let output =
        ExplainedOutput { base_value: -0.5, contributions: vec![vec![-1.0, 0.5, 0.5, 0.5]; names.len()] };
    let report = ExplanationReport {
        title: AWKWARD,
        objective: "binary:logistic",
        trees: 3,
        rows: 4,
        every,
        features: &features,
        outputs: &vec![output; outputs],
    };
    report.html()
}

#[test]
fn both_pictures_have_every_feature_and_every_row_a_dot() {
    let html = report(&["age", "income"], 1, 1);
    for part in [
        "data-rows=\"4\" data-features=\"2\" data-outputs=\"1\"",
        "data-feature=\"age\" data-value=\"1\"",
        "data-feature=\"income\" data-value=\"0.5\"",
        "data-feature=\"age\" data-dots=\"4\"",
        "What moved the answers",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // A missing value has a colour of its own. So have the lowest and the highest value.
    assert_eq!(["c0", "c9", "c8"].map(|colour| html.matches(&format!("dots {colour}\"")).count()), [2; 3]);
    // Dots at one place are moved apart.
    let dots = html.split("h0").filter_map(|part| part.rsplit_once('M')).map(|(_, dot)| dot.to_owned());
    let dots: std::collections::BTreeSet<String> = dots.filter(|dot| dot.contains(',')).collect();
    assert!(dots.len() >= 8, "{dots:?}");
    assert!(!html.contains("is drawn"));
}

#[test]
fn more_than_twenty_features_are_twenty_and_one_bar_of_the_rest() {
    let names: Vec<String> = (0..23).map(|place| format!("f{place}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let html = report(&names, 1, 128);
    assert!(html.contains("3 other features together") && html.contains("One row of 128 is drawn"));
    assert!(html.contains("data-feature=\"f19\"") && !html.contains("data-feature=\"f20\""));
}

#[test]
fn each_class_has_a_picture_up_to_eight() {
    let html = report(&["age"], 10, 1);
    assert_eq!(html.matches("What moved output ").count(), 8);
    assert!(
        html.contains("The other 2 outputs are not drawn.") && html.contains("added up over its 10 outputs")
    );
}

#[test]
fn names_are_words_and_never_markup() {
    let html = report(&[AWKWARD, &"long".repeat(20)], 1, 1);
    assert!(!html.contains("<img") && html.contains("&lt;img"));
    assert!(html.contains("\u{2026}<"), "a long name is cut in the picture");
}

#[test]
fn a_feature_that_never_adds_anything_can_be_drawn() {
    let features =
        [ExplainedFeature { name: "none".to_owned(), mean_abs_shap: 0.0, values: vec![f32::NAN; 3] }];
    let outputs = [ExplainedOutput { base_value: 0.0, contributions: vec![vec![0.0; 3]] }];
    let report = ExplanationReport {
        title: "t",
        objective: "o",
        trees: 0,
        rows: 3,
        every: 1,
        features: &features,
        outputs: &outputs,
    };
    assert!(!report.html().contains("NaN"));
}
