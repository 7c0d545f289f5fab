//! Events of other accounts and regions, with names of resources in this account.

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_govern::Failure;
use sagewarden_lineage::rows::{NodeRow, VerdictRow};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, training_job};
use serde_json::{Value, json};

/// A job that passes every control; its events have been delivered.
fn with_a_good_job() -> Result<Local> {
    let local = Local::new()?;
    local.create(ResourceKind::TrainingJob, &training_job("nightly", &[]), 0)?;
    local.settle()?;
    Ok(local)
}

/// The result of an event: every function rejects it, and nothing is written, sent or stopped.
fn is_rejected(local: &Local, event: &Value, words: &str) -> Result<()> {
    let (items, sent) = (local.system.store.items()?, local.sent()?.len());
    let handled = block_on(local.system.deliver(&event.to_string(), at(60)))?;
    assert!(!handled.is_empty(), "nobody takes {event}");
    for each in handled {
        let Err(Failure::Reject(reason)) = each.outcome else {
            return Err(format!("{} took {event}", each.function).into());
        };
        assert!(reason.contains(words), "{reason}");
    }
    let job = local.system.account.list(ResourceKind::TrainingJob)?.remove(0);
    assert_eq!(job["TrainingJobStatus"], "InProgress");
    assert_eq!(local.sent()?.len(), sent);
    let rows = |items: &[sagewarden_lineage::table::Item]| {
        let kept = |item: &&_| VerdictRow::parse(item).is_some() || NodeRow::parse(item).is_some();
        items.iter().filter(kept).map(|item| format!("{item:?}")).collect::<Vec<_>>()
    };
    assert_eq!(rows(&local.system.store.items()?), rows(&items));
    Ok(())
}

fn state_change(account: &str, region: &str) -> Value {
    json!({
        "id": "1", "source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "account": account,
        "region": region, "time": at(60), "resources": [],
        "detail": { "TrainingJobName": "nightly", "TrainingJobStatus": "InProgress" },
    })
}

fn call(account: &str, recipient: &str) -> Value {
    json!({
        "id": "2", "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": account,
        "region": "eu-west-1", "time": at(60), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "eventTime": at(60),
            "recipientAccountId": recipient, "awsRegion": "eu-west-1",
            "requestParameters": { "trainingJobName": "nightly", "enableNetworkIsolation": false },
        },
    })
}

#[test]
fn an_event_of_another_account_with_the_name_of_my_colleagues_job_stops_nothing() -> Result<()> {
    let local = with_a_good_job()?;
    let words = "is of account 999988887777 in eu-west-1; this deployment acts in account 111122223333, eu-west-1, alone";
    is_rejected(&local, &state_change("999988887777", "eu-west-1"), words)?;
    is_rejected(&local, &call("999988887777", "999988887777"), words)
}

#[test]
fn nor_does_one_of_another_region() -> Result<()> {
    is_rejected(&with_a_good_job()?, &state_change("111122223333", "us-east-1"), "in us-east-1")
}

#[test]
fn a_record_of_another_account_within_an_event_of_this_one_is_no_event() -> Result<()> {
    let local = with_a_good_job()?;
    is_rejected(
        &local,
        &call("111122223333", "999988887777"),
        "`detail.recipientAccountId` is `999988887777`",
    )?;
    is_rejected(
        &local,
        &call("999988887777", "111122223333"),
        "`detail.recipientAccountId` is `111122223333`",
    )
}

#[test]
fn pushes_objects_and_ticks_of_others_are_rejected_too() -> Result<()> {
    let local = with_a_good_job()?;
    for (source, detail_type, detail) in [
        (
            "aws.codecommit",
            "CodeCommit Repository State Change",
            json!({
                "event": "referenceUpdated", "repositoryName": "credit", "referenceType": "branch", "referenceName": "main",
                "commitId": "a".repeat(40), "oldCommitId": "b".repeat(40),
            }),
        ),
        (
            "aws.s3",
            "Object Created",
            json!({ "bucket": { "name": "ds-data" }, "object": { "key": "capture/e/v/2026/03/02/09/a.jsonl", "size": 10 } }),
        ),
        ("aws.events", "Scheduled Event", json!({})),
    ] {
        let event = json!({
            "id": "3", "source": source, "detail-type": detail_type, "account": "999988887777", "region": "eu-west-1",
            "time": at(60), "resources": [], "detail": detail,
        });
        is_rejected(&local, &event, "is of account 999988887777")?;
    }
    Ok(())
}
