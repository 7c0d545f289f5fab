//! Making Sagewarden blind: switching judging off is published.

use futures::executor::block_on;
use sagewarden_govern::Failure;
use sagewarden_govern::ports::Table as _;
use sagewarden_lineage::rows::OpenWindowRow;
use sagewarden_local::Story;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at};
use serde_json::{Value, json};

use crate::traffic::{DAY, put, rows, watched};

/// The result of `enforce-policy` for a tick of its clock.
fn tick(bundle: Bundle) -> Result<std::result::Result<String, String>> {
    let local = Local::with(bundle)?;
    let event = json!({
        "id": "1", "source": "aws.events", "detail-type": "Scheduled Event", "account": "111122223333",
        "region": "eu-west-1", "time": at(0), "resources": [], "detail": {},
    });
    let before = local.system.store.items()?.len();
    let handled = block_on(local.system.deliver(&event.to_string(), at(1)))?;
    let of_enforcement = handled.into_iter().find(|each| each.function == "enforce-policy").unwrap();
    assert!(local.sent()?.is_empty(), "the canary is no finding");
    assert_eq!(local.system.store.items()?.iter().filter(|item| item.key.pk.contains("canary")).count(), 0);
    assert!(local.system.store.items()?.len() >= before);
    Ok(match of_enforcement.outcome {
        Ok(done) => Ok(done.text().to_owned()),
        Err(Failure::Reject(reason)) => Err(reason),
        Err(Failure::Retry(error)) => Err(error.to_string()),
    })
}

#[test]
fn the_canary_is_found_out_every_hour() -> Result<()> {
    let found = tick(Bundle::embedded()?.with_settings(SETTINGS)?)?.unwrap();
    assert!(found.starts_with("the canary fails ") && found.ends_with(", as it should"), "{found}");
    let shipped = tick(Bundle::embedded()?)?.unwrap();
    assert!(shipped.starts_with("the canary fails "), "{shipped}");
    Ok(())
}

#[test]
fn policies_that_no_longer_forbid_anything_ring_the_alarm() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let infra = sagewarden_tests::root().join("infra");
    std::fs::create_dir(folder.path().join("policies"))?;
    std::fs::copy(infra.join("settings.toml"), folder.path().join("settings.toml"))?;
    for entry in std::fs::read_dir(infra.join("policies"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_file() || name.ends_with(".json") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        // Somebody who may write the bundle makes every control of training jobs pass.
        let text =
            if name == "training_job.cedar" { text.replace("unless {", "unless { true ||") } else { text };
        std::fs::write(folder.path().join("policies").join(name), text.replace("when {", "when { false &&"))?;
    }
    let reason = tick(Bundle::from_dir(folder.path())?)?.unwrap_err();
    assert!(reason.contains("the canary, a training job without network, keys and limits"), "{reason}");
    assert!(reason.ends_with("the bundle in force judges new resources wrongly"), "{reason}");
    Ok(())
}

#[test]
fn where_no_control_of_training_jobs_is_on_the_canary_says_so() -> Result<()> {
    let bundle = Bundle::embedded()?;
    let off: String = bundle.controls().map(|control| format!("{} = \"off\"\n", control.id)).collect();
    let said = tick(Bundle::embedded()?.with_settings(&format!("[controls]\n{off}"))?)?.unwrap();
    assert_eq!(said, "no control of training jobs is on: the canary has no control to fail");
    Ok(())
}

/// The calls that a rule of the template listens for.
fn heard_by(rule: &str) -> Result<Vec<Value>> {
    let template = sagewarden_tests::template::load("infra/template.yaml")?;
    let pattern = format!("/Resources/{rule}/Properties/EventPattern/detail/eventName");
    let named = template.pointer(&pattern).and_then(Value::as_array).ok_or("such a rule names calls")?;
    Ok(named.clone())
}

#[test]
fn replacing_a_rule_is_published_like_disabling_it() -> Result<()> {
    let heard = heard_by("SwitchedOffRule")?;
    for call in ["DisableRule", "DeleteRule", "RemoveTargets", "PutRule", "PutTargets"] {
        assert!(heard.contains(&json!(call)), "nobody hears of {call}");
    }
    Ok(())
}

#[test]
fn purging_a_queue_or_making_evidence_unreadable_is_published() -> Result<()> {
    let heard = heard_by("EvidenceRule")?;
    let is_heard = |call: &str| {
        heard.iter().any(|pattern| match (pattern["prefix"].as_str(), pattern["wildcard"].as_str()) {
            (Some(prefix), _) => call.starts_with(prefix),
            (_, Some(wildcard)) => wildcard
                .split_once('*')
                .is_some_and(|(start, end)| call.starts_with(start) && call.ends_with(end)),
            _ => pattern == call,
        })
    };
    let calls = [
        "PurgeQueue",
        "DeleteQueue",
        "DisableKey",
        "ScheduleKeyDeletion",
        "PutBucketLifecycle",
        "PutBucketNotification",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "PutBucketObjectLockConfiguration",
        "Unsubscribe",
        "SetSubscriptionAttributes",
        "SetTopicAttributes",
        "DisableAlarmActions",
        "PutMetricAlarm",
        "PutAlarmMuteRule",
        "SetAlarmState",
    ];
    let missing: Vec<&str> = calls.into_iter().filter(|call| !is_heard(call)).collect();
    assert!(missing.is_empty(), "nobody hears of {missing:?}");
    Ok(())
}

/// A part of a tick that somebody put on the bus.
fn part(detail: &Value, after: i64) -> Value {
    json!({
        "version": "0", "id": "1", "source": "sagewarden", "detail-type": "Sagewarden Watch Continued", "account": Story::ACCOUNT,
        "region": Story::REGION, "time": at(after), "resources": [], "detail": detail,
    })
}

#[test]
fn a_tick_of_a_year_to_come_has_no_monitor_missing() -> Result<()> {
    let local = watched("")?;
    let sent = local.sent()?.len();
    let forged = json!({ "watch": "endpoints", "tick": at(400 * DAY), "these": ["prod"] });
    let handled = block_on(local.system.deliver(&part(&forged, DAY).to_string(), at(DAY)))?;
    assert!(!handled.is_empty());
    for each in &handled {
        let is_refused =
            matches!(&each.outcome, Err(Failure::Reject(reason)) if reason.contains("still to come"));
        assert!(is_refused, "{}: {:?}", each.function, each.outcome);
    }
    assert_eq!(local.sent()?.len(), sent);
    Ok(())
}

#[test]
fn a_window_that_goes_on_is_not_closed_because_somebody_says_so() -> Result<()> {
    let local = watched("")?;
    put(&local, "AllTraffic/2026/03/03/09", "00-00-000-a.jsonl", &rows(30, "")?, DAY + 60)?;
    let is_open = || -> Result<Option<String>> {
        let far = OpenWindowRow::ended(at(10 * DAY));
        Ok(block_on(local.system.store.query(&far))?.items.first().map(|item| item.key.sk.clone()))
    };
    let key = is_open()?.ok_or("no window is open")?;
    let forged = json!({ "watch": "windows", "tick": at(DAY + 120), "these": [key] });
    block_on(local.system.deliver(&part(&forged, DAY + 120).to_string(), at(DAY + 120)))?;
    assert_eq!(is_open()?.as_deref(), Some(key.as_str()));
    Ok(())
}
