//! What the bus promises: a notice that was taken is delivered as it was given; one that was refused is an error.

use sagewarden_eventbridge::EventBus;
use sagewarden_govern::ports::{Bus, Notice, PortErrorKind};
use sagewarden_lambda::WatchedBus;
use sagewarden_local::{LocalGit, NoticeLog, SimulatedAccount, Store};
use sagewarden_tests::Result;
use sagewarden_tests::aws::REGION;
use sagewarden_tests::emulator::{ACCOUNT, Emulator, config};
use sagewarden_tests::simulator::Simulator;
use serde_json::{Value, json};
use tempfile::TempDir;

fn notice() -> Notice {
    Notice {
        detail_type: "Sagewarden Drift Alert",
        resources: vec!["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e".to_owned()],
        detail: json!({ "text": "drift — `é`", "count": 3 }),
    }
}

#[tokio::test]
async fn the_log_keeps_what_was_said() -> Result<()> {
    let log = NoticeLog::new(Store::in_memory()?);
    // Watched as the functions watch theirs, which changes nothing.
    WatchedBus(log.clone()).publish(&notice()).await?;
    let sent = log.sent()?;
    let first = sent.first().ok_or("nothing was kept")?;
    assert_eq!(
        (first.detail_type.as_str(), &first.resources, &first.detail),
        (notice().detail_type, &notice().resources, &notice().detail)
    );
    Ok(())
}

#[tokio::test]
async fn eventbridge_delivers_what_was_said() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let mut aws = emulator.aws()?;
    aws.call("events", "create_event_bus", json!({ "Name": "own" }))?;
    let queue = aws.call("sqs", "create_queue", json!({ "QueueName": "listener" }))?;
    let pattern = json!({ "source": ["sagewarden"] }).to_string();
    aws.call("events", "put_rule", json!({ "Name": "all", "EventBusName": "own", "EventPattern": pattern }))?;
    let target = json!({ "Id": "q", "Arn": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:listener") });
    aws.call("events", "put_targets", json!({ "Rule": "all", "EventBusName": "own", "Targets": [target] }))?;

    EventBus::new(&emulator.config().await, "own").publish(&notice()).await?;
    let asked = json!({ "QueueUrl": queue["QueueUrl"], "WaitTimeSeconds": 5 });
    let heard = aws.call("sqs", "receive_message", asked)?;
    let body = heard.pointer("/Messages/0/Body").and_then(Value::as_str).ok_or("nothing was delivered")?;
    let event: Value = serde_json::from_str(body)?;
    assert_eq!(event["source"], "sagewarden");
    assert_eq!(event["detail-type"], notice().detail_type);
    assert_eq!(event["resources"], json!(notice().resources));
    assert_eq!(event["detail"], notice().detail);
    Ok(())
}

#[tokio::test]
async fn an_entry_that_is_refused_is_an_error() -> Result<()> {
    let folder = TempDir::new()?;
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
    let error = EventBus::new(&config(&simulator.url()).await, "own").publish(&notice()).await.err();
    let error = error.ok_or("a refused entry counted as taken")?;
    assert_eq!(error.to_string(), "publish `Sagewarden Drift Alert` on `own`: ThrottlingException: too many");
    assert_eq!(error.kind(), PortErrorKind::Throttled);
    Ok(())
}
