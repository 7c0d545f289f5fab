//! How predictions are measured, as `settings.toml` says it.

use sagewarden_settings::{ProbabilityThreshold, QualityProblem, Settings, WatchedQuality};

fn read(quality: &str) -> Result<WatchedQuality, String> {
    let text =
        format!("mode = \"observe\"\n[[drift.detect.endpoints]]\nendpoint = \"*\"\nquality = {quality}\n");
    let settings = Settings::from_text(&text).map_err(|error| error.to_string())?;
    Ok(settings.drift.detect.of("prod").quality)
}

#[test]
fn what_contradicts_itself_is_refused() {
    let check = |quality: &str, expect: &str| {
        let error = read(quality).unwrap_err();
        assert!(error.contains(expect), "{error}");
    };
    let named = |more: &str| format!("{{ ground_truth = \"s3://labels/credit\", {more} }}");
    check("{ ground_truth = \"s3://labels/credit\" }", "needs a `problem`");
    check(&named("problem = \"binary\""), "needs `inference`, `probability` or both");
    check(&named("problem = \"regression\", probability = \"0\""), "`probability` is for");
    check(&named("problem = \"ranking\", inference = \"0\""), "unknown variant `ranking`");
    check("{ threshold = 1.5 }", "`1.5` is not a probability");
    check("{ threshold = nan }", "is not a probability");
    check("{ ground_truth_delay_hours = 745 }", "between 0 and 744");
    check("{ ground_truth_delay_hours = 32, window_hours = 1 }", "choose a longer `window_hours`");
    check("{ window_hours = 5 }", "is not 1, 2, 3");
    check("{ ground_truth = \"labels/credit\" }", "is not a folder");
    check("{ inference = \" \" }", "must not be empty");
    check("{ ground_thruth = \"s3://labels/credit\" }", "unknown field `ground_thruth`");
}

#[test]
fn what_is_said_is_read_and_the_rest_is_left_to_the_schedule() {
    let quality = read(
        "{ ground_truth = \"s3://labels/credit\", problem = \"binary\", probability = \"0\", threshold = 0.25 }",
    );
    let quality = quality.unwrap();
    assert_eq!(quality.problem, Some(QualityProblem::Binary));
    assert_eq!(quality.threshold.map(ProbabilityThreshold::value), Some(0.25));
    assert_eq!((quality.watch, quality.ground_truth_delay_hours), (true, None));
    assert!(!read("{ watch = false }").unwrap().watch);
    assert_eq!(read("{ ground_truth_delay_hours = 31, window_hours = 1 }").unwrap().window_hours, Some(1));
}
