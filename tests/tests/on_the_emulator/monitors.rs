//! The monitors with the real binaries on the emulator, by a clock that the test moves: labels of a day's traffic come late and in two
//! pieces, the quality falls, and the model has other reasons for its answers than in training.

use std::collections::BTreeSet;

use sagewarden_local::{Clock, Story};
use sagewarden_tests::deployed::Deployed;
use sagewarden_tests::{Result, text};
use serde_json::{Value, json};

/// The types of the monitors that sent an alert, and the alerts.
fn alerts(heard: &[Value]) -> (BTreeSet<&str>, Vec<&Value>) {
    let is_alert = |event: &&Value| text(event, "detail-type") == "Sagewarden Drift Alert";
    let alerts: Vec<&Value> = heard.iter().filter(is_alert).filter_map(|event| event.get("detail")).collect();
    (alerts.iter().map(|alert| text(alert, "monitoring_type")).collect(), alerts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_that_come_late_show_a_quality_that_falls_and_reasons_that_moved() -> Result<()> {
    let settings = format!("{}{}", Story::SETTINGS, Story::LABEL_SETTINGS);
    // Each jump of the clock would have `reconcile` look through the account.
    let parameters = json!({ "Mode": "enforce", "ReadTrainingData": "true", "HourlySweep": "off" });
    let began = Story::demo_start();
    let world = Deployed::at(&settings, &parameters, began).await?;
    let mut story = world.story(Clock::Told(began));
    let before = Story::STEPS.get(..6).ok_or("the story has six chapters before the labels")?;
    world.play(&mut story, before)?;
    let heard = world.heard()?;
    assert_eq!(alerts(&heard).0, BTreeSet::from(["DataQuality"]), "{}\n{heard:#?}", world.emulator.log());

    world.play(&mut story, &[Story::LABELS])?;
    let heard = world.heard()?;
    let (types, found) = alerts(&heard);
    let expected = BTreeSet::from(["ModelQuality", "ModelExplainability"]);
    assert_eq!(types, expected, "{}\n{heard:#?}", world.emulator.log());
    for alert in found {
        assert_eq!(alert.pointer("/endpoint/name"), Some(&json!(Story::ENDPOINT)), "{alert:#}");
        assert_eq!(alert.pointer("/chain/models/0/name"), Some(&json!(Story::MODEL)), "{alert:#}");
        let violations = alert.get("violations").and_then(Value::as_array);
        assert!(violations.is_some_and(|violations| !violations.is_empty()), "{alert:#}");
    }

    // All of it is in the history of the endpoint.
    let entity = format!("endpoint/{}", Story::ENDPOINT);
    let history = world.ask(&json!({ "ask": "history", "entity": entity }))?.to_string();
    for monitor in ["DataQuality", "ModelQuality", "ModelExplainability"] {
        assert!(history.contains(monitor), "no {monitor} in {history}");
    }
    Ok(())
}
