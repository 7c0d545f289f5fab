//! How attributions are watched, as `settings.toml` says it.

use sagewarden_settings::{Settings, WatchedAttribution};

fn read(attribution: &str) -> Result<WatchedAttribution, String> {
    let text = format!(
        "mode = \"observe\"\n[[drift.detect.endpoints]]\nendpoint = \"*\"\nattribution = {attribution}\n"
    );
    let settings = Settings::from_text(&text).map_err(|error| error.to_string())?;
    Ok(settings.drift.detect.of("prod").attribution)
}

#[test]
fn attributions_are_watched_by_clarifys_threshold_unless_the_settings_say_otherwise() {
    let said = read("{}").unwrap();
    assert_eq!((said.watch, said.threshold.value(), said.baseline.as_deref()), (true, 0.9, None));
    let said = read("{ watch = false, threshold = 0.75, baseline = \"s3://b/reasons\" }").unwrap();
    assert_eq!(
        (said.watch, said.threshold.value(), said.baseline.as_deref()),
        (false, 0.75, Some("s3://b/reasons"))
    );
}

#[test]
fn what_is_no_score_and_no_folder_is_refused() {
    for (text, expect) in [
        ("{ threshold = 1.5 }", "`1.5` is not a score"),
        ("{ threshold = nan }", "is not a score"),
        ("{ baseline = \"reasons\" }", "is not a folder"),
        ("{ limit = 0.9 }", "unknown field `limit`"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(expect), "{error}");
    }
}
