//! Somebody of one project, or somebody who writes what is read there: what an answer within a scope names, and what it leaves out.

use futures::executor::block_on;
use lookup_lineage::{Bounds, answer};
use sagewarden_events::ResourceKind;
use sagewarden_lineage::scope::Scope;
use sagewarden_local::Store;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, training_job};
use serde_json::{Value, json};

fn scope() -> Scope {
    "credit-*,*-credit-*".parse().unwrap()
}

fn within(store: &Store, question: Value) -> String {
    let scope = scope();
    let reply = block_on(answer(store, question, Bounds::new(&|| false).within(Some(&scope))));
    reply.map_or_else(|error| error.to_string(), |document| document.to_string())
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
    // What SageMaker takes: a hundred hyperparameters of 2,500 letters.
    let words = "s3://a ".repeat(357);
    let all = (0..100).map(|number| (format!("p{number}"), json!(words)));
    request["HyperParameters"] = Value::Object(all.collect());
    local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    let told = within(&local.system.store, json!({ "entity": "training-job/credit-train" }));
    assert!(told.contains("credit-train"), "{told}");
    Ok(())
}
