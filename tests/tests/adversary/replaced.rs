//! A name that is used again: its present resource is not the one that a job or an endpoint named when it began.

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_tests::Result;
use sagewarden_tests::local::{KEY, Local, at, endpoint_config, model};
use serde_json::{Value, json};

fn open(name: &str) -> Value {
    let mut open = model(name);
    open["VpcConfig"] = Value::Null;
    open
}

fn transform(model: &str) -> Value {
    json!({
        "TransformJobName": "score",
        "ModelName": model,
        "TransformInput": { "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/in" } } },
        "TransformOutput": { "S3OutputPath": "s3://data/out", "KmsKeyId": KEY },
        "TransformResources": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": KEY },
    })
}

/// A job whose model is replaced before an event of either arrives.
fn with_a_model_replaced(first: &Value, second: &Value) -> Result<Local> {
    let local = Local::new()?;
    let account = &local.system.account;
    let named = local.create(ResourceKind::Model, first, 0)?;
    local.create(ResourceKind::TransformJob, &transform("m"), 100)?;
    account.delete(&named, at(110))?;
    local.create(ResourceKind::Model, second, 400)?;
    local.settle()?;
    Ok(local)
}

/// The state of the job, and its findings.
fn outcome(local: &Local, kind: ResourceKind) -> Result<(Value, Vec<Value>)> {
    let described = local.system.account.list(kind)?.remove(0);
    let about =
        local.sent()?.into_iter().filter(|notice| notice.detail["resource"]["kind"] == kind.segment());
    let findings = about.flat_map(|notice| notice.detail["findings"].as_array().cloned().unwrap_or_default());
    Ok((described["TransformJobStatus"].clone(), findings.collect()))
}

fn of_network(findings: &[Value]) -> Result<Value> {
    let found = findings.iter().find(|finding| finding["control"] == "TRF-NET-01");
    Ok(found.ok_or_else(|| format!("nothing about the network in {findings:?}"))?["status"].clone())
}

#[test]
fn a_good_model_that_takes_the_name_afterwards_does_not_make_my_job_compliant() -> Result<()> {
    let local = with_a_model_replaced(&open("m"), &model("m"))?;
    let (_, findings) = outcome(&local, ResourceKind::TransformJob)?;
    assert_eq!(of_network(&findings)?, "unknown");
    Ok(())
}

#[test]
fn a_bad_model_that_takes_the_name_afterwards_does_not_stop_a_colleagues_job() -> Result<()> {
    let local = with_a_model_replaced(&model("m"), &open("m"))?;
    let (state, findings) = outcome(&local, ResourceKind::TransformJob)?;
    assert_eq!((state, of_network(&findings)?), (json!("InProgress"), json!("unknown")));
    Ok(())
}

#[test]
fn an_endpoint_that_is_updated_to_a_younger_configuration_is_judged_by_it() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::Model, &model("m"), 0)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("one", "m"), 1)?;
    let endpoint: Resource = local.create(
        ResourceKind::Endpoint,
        &json!({ "EndpointName": "prod", "EndpointConfigName": "one" }),
        2,
    )?;
    local.system.account.finish_endpoint(&endpoint, at(60))?;
    local.settle()?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("two", "m"), 500)?;
    local.system.account.update(&endpoint, &json!({ "EndpointConfigName": "two" }), at(600))?;
    local.system.account.finish_endpoint(&endpoint, at(660))?;
    local.settle()?;
    let (_, findings) = outcome(&local, ResourceKind::Endpoint)?;
    assert!(findings.iter().all(|finding| finding["status"] != "unknown"), "{findings:?}");
    Ok(())
}
