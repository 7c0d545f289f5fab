//! Somebody of one project, or somebody who writes what is read there: an answer within a scope names and leaves out the right nodes.

use futures::executor::block_on;
use lookup_lineage::{Bounds, answer};
use sagewarden_events::ResourceKind;
use sagewarden_lineage::scope::Scope;
use sagewarden_local::Store;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

fn scope() -> Scope {
    "credit*,*-credit-*".parse().unwrap()
}

fn within(store: &Store, question: Value) -> String {
    let scope = scope();
    let reply = block_on(answer(store, question, Bounds::new(&|| false).within(Some(&scope))));
    reply.map_or_else(|error| error.to_string(), |document| document.to_string())
}

#[test]
fn an_approval_does_not_vanish_by_what_its_description_says() -> Result<()> {
    let local = Local::new()?;
    // Whatever its author writes: it reads like the identity of a node.
    let package = local.create(
        ResourceKind::ModelPackage,
        &json!({
            "ModelPackageGroupName": "credit-models", "ModelApprovalStatus": "Approved",
            "ApprovalDescription": "tjob#111122223333/eu-west-1/churn@1", "ModelPackageDescription": "tjob#x",
        }),
        0,
    )?;
    let mut model = model("credit");
    model["PrimaryContainer"] = json!({ "ModelPackageName": package.arn() });
    local.create(ResourceKind::Model, &model, 1)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("credit-1", "credit"), 2)?;
    let endpoint = json!({ "EndpointName": "credit-prod", "EndpointConfigName": "credit-1" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 3)?;
    local.system.account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "ask": "history", "entity": "endpoint/credit-prod" }));
    assert!(told.contains("became Approved"), "its author decides that it is not shown: {told}");
    Ok(())
}

#[test]
fn why_a_job_failed_does_not_vanish_either() -> Result<()> {
    let local = Local::new()?;
    // A container writes its own reason.
    let request = json!({ "ProcessingJobName": "credit-prepare", "FailureReason": "ds#s3://churn/x" });
    local.create(ResourceKind::ProcessingJob, &request, 0)?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "entity": "processing-job/credit-prepare" }));
    assert!(told.contains("ds#[outside of this scope]"), "{told}");
    assert!(!told.contains("outside of this function"), "no node is named: {told}");
    Ok(())
}

#[test]
fn the_image_of_another_project_is_not_named_by_a_job_that_runs_it() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("credit-train", &[]);
    let image =
        format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn-secret@sha256:{}", "0a".repeat(32));
    request["AlgorithmSpecification"]["TrainingImage"] = json!(image);
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "entity": "training-job/credit-train" }));
    assert!(told.contains("outside of this function"), "its node is left out: {told}");
    assert!(!told.contains("churn"), "{told}");
    Ok(())
}

#[test]
fn a_model_of_another_project_that_is_gone_is_not_named_by_a_gap() -> Result<()> {
    let local = Local::new()?;
    let gone = local.create(ResourceKind::Model, &model("churn-secret"), 0)?;
    local.system.account.drain_events()?;
    local.system.account.delete(&gone, at(1))?;
    local.system.account.drain_events()?;
    let request = json!({
        "TransformJobName": "credit-transform", "ModelName": "churn-secret",
        "TransformInput": { "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://credit-lake/in/" } } },
        "TransformOutput": { "S3OutputPath": "s3://credit-lake/out" },
        "TransformResources": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1 },
    });
    local.create(ResourceKind::TransformJob, &request, 2)?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "entity": "transform-job/credit-transform" }));
    assert!(told.contains("credit-transform") && !told.contains("churn"), "{told}");
    Ok(())
}

#[test]
fn addresses_outside_are_taken_out_in_whichever_form_they_are_written() {
    let mut left = Vec::new();
    for text in [
        "S3://churn-lake/x",
        "s3n://churn-lake/x",
        r#"{"warm_start":"\"s3:\\/\\/churn-lake\\/x\""}"#,
        "https://churn-lake.s3.eu-west-1.amazonaws.com/x",
        "https://s3.eu-west-1.amazonaws.com/churn-lake/x",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn-train:1",
        "arn:aws:ecr:eu-west-1:111122223333:repository/churn-train",
        "arn:aws:codecommit:eu-west-1:111122223333:churn-source",
    ] {
        let shown = scope().redact(text);
        if shown.contains("churn") {
            left.push(shown);
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn one_job_does_not_make_every_answer_about_it_take_minutes() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("credit-train", &[]);
    // SageMaker takes a hundred hyperparameters of 2,500 letters.
    let words = "s3://a ".repeat(357);
    let all = (0..30).map(|number| (format!("p{number}"), json!(words)));
    request["HyperParameters"] = Value::Object(all.collect());
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "entity": "training-job/credit-train" }));
    assert!(told.contains("credit-train"), "{told}");
    Ok(())
}
