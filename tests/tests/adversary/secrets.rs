//! Passwords of others in stored data: a rejected record stays in quarantine for 400 days, the lineage for ever.

use futures::executor::block_on;
use sagewarden_events::ResourceKind;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, training_job};
use serde_json::{Value, json};

/// The content of the quarantine after this delivery: each body, and the number of redacted values in it.
fn kept(body: &str) -> Result<Vec<Value>> {
    let local = Local::new()?;
    block_on(local.system.deliver(body, at(60)))?;
    let kept = local.system.quarantine.kept()?;
    assert!(!kept.is_empty(), "it is rejected: {body}");
    Ok(kept)
}

fn is_kept_without(body: &str, secrets: &[&str]) -> Result<String> {
    let mut shown = String::new();
    for record in kept(body)? {
        let whole = record.to_string();
        for secret in secrets {
            assert!(!whole.contains(secret), "{secret} in {whole}");
        }
        assert!(
            record["redacted"].as_u64().unwrap() > 0,
            "who replays it learns that it is not as it came: {whole}"
        );
        shown = record["body"].as_str().unwrap().to_owned();
    }
    Ok(shown)
}

/// A call of another account, which every function rejects.
fn call(request: &Value) -> String {
    json!({
        "id": "2", "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "999988887777",
        "region": "eu-west-1", "time": at(60), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "eventTime": at(60),
            "recipientAccountId": "999988887777", "awsRegion": "eu-west-1", "requestParameters": request,
        },
    })
    .to_string()
}

#[test]
fn a_password_in_a_rejected_call_is_not_there_to_be_read_for_400_days() -> Result<()> {
    let body = call(&json!({
        "trainingJobName": "nightly",
        "hyperParameters": { "db_password": "hunter2", "rows": "5", "note": "AKIAIOSFODNN7EXAMPLE" },
        "environment": { "HF_TOKEN": "hunter3" },
        "algorithmSpecification": { "containerArguments": ["--api-key", "hunter4", "--token=hunter5"] },
        "tags": [{ "key": "client_secret", "value": "hunter6" }, { "key": "team", "value": "risk" }],
    }));
    let shown = is_kept_without(&body, &["hunter", "AKIAIOSFODNN7EXAMPLE"])?;
    let shown: Value = serde_json::from_str(&shown)?;
    let request = &shown["detail"]["requestParameters"];
    assert_eq!(
        request["hyperParameters"],
        json!({ "db_password": "[redacted]", "rows": "5", "note": "[redacted]" })
    );
    assert_eq!(request["tags"][1], json!({ "key": "team", "value": "risk" }));
    assert_eq!(request["trainingJobName"], "nightly");
    Ok(())
}

#[test]
fn nor_is_one_in_a_document_within_a_string() -> Result<()> {
    let inner =
        json!({ "DbPassword": "hunter2", "deeper": json!({ "api_key": "hunter3", "a": 1 }).to_string() });
    let body = call(&json!({ "trainingJobName": "nightly", "pipelineDefinition": inner.to_string() }));
    let shown = is_kept_without(&body, &["hunter"])?;
    let shown: Value = serde_json::from_str(&shown)?;
    let text = shown.pointer("/detail/requestParameters/pipelineDefinition").and_then(Value::as_str).unwrap();
    let inner: Value = serde_json::from_str(text)?;
    let deeper: Value = serde_json::from_str(inner["deeper"].as_str().unwrap())?;
    assert_eq!(deeper, json!({ "api_key": "[redacted]", "a": 1 }));
    Ok(())
}

#[test]
fn nor_is_one_in_what_is_no_json() -> Result<()> {
    for body in [
        "password=hunter2&user=ana",
        "{\"detail\": {\"db_password\": \"hunter2",
        "db_password: 'hunter2'\nrows: 5",
        "train.py --password hunter2",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    ] {
        is_kept_without(body, &["hunter2"])?;
    }
    Ok(())
}

#[test]
fn the_reason_repeats_no_secret_either() -> Result<()> {
    let body = json!({
        "id": "1", "source": "aws.sagemaker", "detail-type": "SageMaker Training Job State Change", "account": "999988887777",
        "region": "AKIAIOSFODNN7EXAMPLE", "time": at(60), "resources": [],
        "detail": { "TrainingJobName": "nightly", "TrainingJobStatus": "InProgress" },
    });
    is_kept_without(&body.to_string(), &["AKIAIOSFODNN7EXAMPLE"])?;
    Ok(())
}

#[test]
fn what_holds_no_secret_is_kept_byte_for_byte() -> Result<()> {
    let plain = call(&json!({ "trainingJobName": "nightly" })).replace("\"2\"", "\"2\" \t");
    for body in [plain.as_str(), "hello", "{\"a\":1, \"a\" : 1e400}\r\n"] {
        for record in kept(body)? {
            assert_eq!(record["body"], body);
            assert_eq!(record["redacted"], 0);
        }
    }
    Ok(())
}

#[test]
fn a_secret_in_a_document_within_a_hyperparameter_is_not_in_the_lineage() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["HyperParameters"] = json!({ "config": "{\"db_password\": \"hunter2\"}" });
    request["Environment"] =
        json!({ "OPTIONS": "{\"in\": [{\"Name\": \"token\", \"Value\": \"hunter2\"}]}" });
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let told = local.lineage("training-job/t")?.to_string();
    assert!(told.contains("config") && !told.contains("hunter2"), "{told}");
    Ok(())
}
