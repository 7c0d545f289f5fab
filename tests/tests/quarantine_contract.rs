//! The contract of the quarantine, for the log of one machine and for S3: a rejected record is kept byte for byte except for values that
//! look like a secret, the same record is kept once, and a record that could not be kept is an error.

use std::cell::RefCell;

use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{PortErrorKind, Quarantine, Rejected};
use sagewarden_local::{QuarantineLog, Store};
use sagewarden_s3::S3Quarantine;
use sagewarden_tests::Result;
use sagewarden_tests::aws::{Aws, REGION, bytes};
use sagewarden_tests::emulator::{Emulator, config_of};
use serde_json::{Value, json};

const ID: &str = "2e1424d4-f796-459a-8184-9c92662be6da";
const NO_DETAIL: &str = "the event has no `detail`";
const BODY: &str = "{\"no\": \"detail\"}";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn of(function: &str, id: &str, reason: &str, body: &str) -> Rejected {
    Rejected::new(function, id, at(1_772_442_000_123), reason, body)
}

fn rejected() -> Rejected {
    of("record-commit", ID, NO_DETAIL, BODY)
}

/// Bodies of every kind that SQS carries: a text of at most 1 MB.
fn bodies() -> Vec<String> {
    let texts = [
        "",
        " ",
        "null",
        "{\"a\":1, \"a\" : 2}\r\n",
        "\"\\ud800\"",
        "\u{feff}{}",
        "\t\n\r\u{20}\u{ffff} 漢字 🦀\u{0}",
    ];
    let mut bodies: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    bodies.extend(["[".repeat(1 << 20), "\"".repeat(1 << 20), "é".repeat(1 << 19)]);
    bodies
}

/// `kept` returns all that is kept.
async fn contract(quarantine: &impl Quarantine, mut kept: impl FnMut() -> Result<Vec<Value>>) -> Result<()> {
    // As it came, whatever it is; what reads like a secret is left out, and the record says so.
    let mut expected = Vec::new();
    let secret = of("record-commit", "m-0", NO_DETAIL, r#"{"b" : 1.0, "db_password": "hunter2"}"#);
    quarantine.keep(&secret).await?;
    let shown = json!({ "body": r#"{"b" : 1.0, "db_password": "[redacted]"}"#, "redacted": 1 });
    for (name, value) in shown.as_object().into_iter().flatten() {
        assert_eq!(json!(secret).get(name), Some(value));
    }
    expected.push(json!(secret));
    for (number, body) in bodies().into_iter().enumerate() {
        let record = of("record-commit", &format!("m-{number:02}"), NO_DETAIL, &body);
        assert!(record.body() == body && record.redacted() == 0, "{number}");
        quarantine.keep(&record).await?;
        expected.push(json!(record));
    }
    assert!(kept()? == expected, "what was kept is not what was rejected");

    // The same record of one function is kept once, with the last reason; the record of another function is kept by itself.
    for reason in ["first", "second"] {
        quarantine.keep(&of("record-commit", ID, reason, BODY)).await?;
    }
    let other = of("record-lineage", ID, NO_DETAIL, BODY);
    quarantine.keep(&other).await?;
    let all = kept()?;
    assert_eq!(all.len(), expected.len() + 2);
    let same: Vec<&Value> =
        all.iter().filter(|each| each.get("message_id") == Some(&json!(rejected().message_id))).collect();
    assert_eq!(same, [&json!(of("record-commit", ID, "second", BODY)), &json!(other)]);
    Ok(())
}

#[tokio::test]
async fn the_log_keeps_the_contract() -> Result<()> {
    let log = QuarantineLog::new(Store::in_memory()?);
    contract(&log, || {
        let mut kept = log.kept()?;
        kept.sort_by_key(place);
        Ok(kept)
    })
    .await
}

/// By function and message, as the keys of a bucket are sorted.
fn place(kept: &Value) -> (String, String) {
    let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("function"), text("message_id"))
}

/// Every object of the bucket, in the order of keys.
fn in_bucket(aws: &RefCell<Aws>, bucket: &str) -> Result<Vec<(String, Value)>> {
    let listed = aws.borrow_mut().call("s3", "list_objects_v2", json!({ "Bucket": bucket }))?;
    let keys = listed.get("Contents").and_then(Value::as_array).into_iter().flatten();
    let keys = keys.filter_map(|object| object.get("Key")?.as_str().map(str::to_owned));
    keys.map(|key| {
        let object = aws.borrow_mut().call("s3", "get_object", json!({ "Bucket": bucket, "Key": key }))?;
        Ok((key, serde_json::from_slice(&bytes(&object, "Body")?)?))
    })
    .collect()
}

#[tokio::test]
async fn s3_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let aws = RefCell::new(emulator.aws()?);
    let place = json!({ "LocationConstraint": REGION });
    let made = json!({ "Bucket": "quarantine", "CreateBucketConfiguration": place });
    aws.borrow_mut().call("s3", "create_bucket", made)?;
    let quarantine = S3Quarantine::new(&emulator.config().await, "quarantine");
    let kept = || Ok(in_bucket(&aws, "quarantine")?.into_iter().map(|(_, kept)| kept).collect());
    contract(&quarantine, kept).await?;
    let keys: Vec<String> = in_bucket(&aws, "quarantine")?.into_iter().map(|(key, _)| key).collect();
    let id = ID;
    assert_eq!(keys.last(), Some(&format!("rejected/record-lineage/2026/03/02/{id}.json")));

    // On another day it has another key.
    quarantine.keep(&Rejected::new("record-commit", ID, at(1_772_542_000_000), NO_DETAIL, BODY)).await?;
    assert_eq!(in_bucket(&aws, "quarantine")?.len(), keys.len() + 1);

    // A record that could not be kept is an error, and comes again.
    let gone = S3Quarantine::new(&emulator.config().await, "gone").keep(&rejected()).await.err();
    let gone = gone.ok_or("there is no such bucket")?;
    assert_eq!(gone.kind(), PortErrorKind::Invalid);
    let words =
        format!("keep a rejected record as `s3://gone/rejected/record-commit/2026/03/02/{id}.json`: ");
    assert!(gone.to_string().starts_with(&words), "{gone}");
    Ok(())
}

/// The emulator enforces IAM here, and the user may do nothing.
#[tokio::test]
async fn a_write_that_is_denied_is_an_error_and_comes_again() -> Result<()> {
    let emulator = Emulator::start(&[("AUTH", "true")])?;
    let mut aws = emulator.aws()?;
    let place = json!({ "LocationConstraint": REGION });
    aws.call("s3", "create_bucket", json!({ "Bucket": "quarantine", "CreateBucketConfiguration": place }))?;
    aws.call("iam", "create_user", json!({ "UserName": "nobody" }))?;
    let made = aws.call("iam", "create_access_key", json!({ "UserName": "nobody" }))?;
    let text =
        |name: &str| made.pointer(&format!("/AccessKey/{name}")).and_then(Value::as_str).unwrap_or_default();
    let config = config_of(emulator.url(), text("AccessKeyId"), text("SecretAccessKey")).await;
    let error =
        S3Quarantine::new(&config, "quarantine").keep(&rejected()).await.err().ok_or("it is denied")?;
    assert_eq!((error.kind(), error.is_retryable()), (PortErrorKind::Denied, true), "{error}");
    assert_eq!(in_bucket(&RefCell::new(aws), "quarantine")?, []);
    Ok(())
}
