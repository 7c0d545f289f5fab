//! The monitors with the real binaries: an hour of traffic is over, its labels come in two pieces, the quality falls, and the model gives
//! other reasons for its answers than in training.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_local::{Clock, LabelTimes, Story};
use sagewarden_tests::deployed::Deployed;
use sagewarden_tests::{Result, now, text};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The story began so long ago that the hour of its traffic was over an hour ago: the functions close windows by their own clock.
fn began() -> Timestamp {
    Timestamp::from_millis(now().millis() / HOUR * HOUR - DAY - 2 * HOUR)
}

/// The types of the monitors that sent an alert, and the alerts.
fn alerts(heard: &[Value]) -> (BTreeSet<String>, Vec<&Value>) {
    let alerts: Vec<&Value> =
        heard.iter().filter(|event| text(event, "detail-type") == "Sagewarden Drift Alert").collect();
    (alerts.iter().map(|alert| text(&alert["detail"], "monitoring_type").to_owned()).collect(), alerts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_that_come_late_show_a_quality_that_falls_and_reasons_that_moved() -> Result<()> {
    let settings = format!("{}{}", Story::SETTINGS, Story::LABEL_SETTINGS);
    let world = Deployed::new(&settings, &json!({ "Mode": "enforce", "ReadTrainingData": "true" })).await?;
    let mut story = world.story(Clock::Told(began())).labelled_at(LabelTimes::AT_ONCE);
    world.play(&mut story, &Story::STEPS[..6])?;
    let heard = world.heard()?;
    let (types, found) = alerts(&heard);
    assert_eq!(types, BTreeSet::from(["DataQuality".to_owned()]), "{heard:#?}");
    assert_eq!(text(&found[0]["detail"]["endpoint"], "name"), Story::ENDPOINT);

    world.play(&mut story, &[Story::LABELS])?;
    let heard = world.heard()?;
    let (types, found) = alerts(&heard);
    let expected = BTreeSet::from(["ModelQuality", "ModelExplainability"].map(str::to_owned));
    assert_eq!(types, expected, "{}\n{heard:#?}", world.emulator.log());
    for alert in found {
        let detail = &alert["detail"];
        assert_eq!(text(&detail["chain"]["models"][0], "name"), "credit-default-model", "{detail}");
        let metrics: Vec<&str> = detail["violations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|each| text(each, "feature_name"))
            .collect();
        assert!(!metrics.is_empty(), "{detail}");
    }

    // All of it is in the history of the endpoint, under the deployment that was in force.
    let history =
        world.ask(&json!({ "ask": "history", "entity": format!("endpoint/{}", Story::ENDPOINT) }))?;
    let entries = history.to_string();
    for monitor in ["DataQuality", "ModelQuality", "ModelExplainability"] {
        assert!(entries.contains(monitor), "{history:#}");
    }
    Ok(())
}
