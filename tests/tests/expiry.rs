//! How long Sagewarden remembers that it published something.

use futures::executor::block_on;
use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_local::Story;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, training_job};
use serde_json::{Value, json};

fn day(number: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_start().millis() + number * 86_400_000)
}

/// Delivers an event on some days; returns how many notices had left after each.
fn sent_by(local: &Local, event: &Value, days: &[i64]) -> Result<Vec<usize>> {
    let sent_by = |number: &i64| {
        block_on(local.system.deliver(&event.to_string(), day(*number)))?;
        Ok(local.sent()?.len())
    };
    days.iter().map(sent_by).collect()
}

/// Somebody replays an archive: what happened long ago is published once, as what happened today is, and is forgotten when no archive
/// reaches back to the day on which it was published.
#[test]
fn what_is_older_than_a_receipt_lasts_is_published_once_all_the_same() -> Result<()> {
    let file = sagewarden_tests::root()
        .join("events/aws.sagemaker/api-call-via-cloudtrail/delete-training-job.json");
    let erased = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    assert_eq!(sent_by(&Local::new()?, &erased, &[0, 1, 399, 401])?, [1, 1, 1, 2]);
    assert_eq!(sent_by(&Local::new()?, &erased, &[1_000, 1_001, 1_399])?, [1, 1, 1]);
    Ok(())
}

/// A job stays where it is, and can be judged again at any time: its finding is never published again.
#[test]
fn a_finding_is_remembered_as_long_as_its_resource_can_be_judged() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request.as_object_mut().map(|request| request.insert("EnableNetworkIsolation".to_owned(), json!(false)));
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    let created = local.system.account.drain_events()?.pop().ok_or("nothing was announced")?;
    assert_eq!(sent_by(&local, &created, &[0, 500, 5_000])?, [1, 1, 1]);
    Ok(())
}
