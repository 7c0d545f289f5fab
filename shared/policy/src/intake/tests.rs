use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde_json::json;

use super::*;

fn check(document: &Json, expect: &[(ResourceKind, &str, &str, Option<&str>)]) {
    let intake = read(&document.to_string()).unwrap();
    let found: Vec<_> = intake
        .candidates
        .iter()
        .map(|each| {
            let Resource { kind, account, name, .. } = &each.resource;
            (*kind, account.as_str(), name.as_str(), each.place.as_deref())
        })
        .collect();
    assert_eq!(found, expect, "{document}");
}

#[test]
fn requests_descriptions_and_calls_are_told_apart() {
    let role = "arn:aws:iam::111122223333:role/r";
    let job = ResourceKind::TrainingJob;
    check(&json!({ "TrainingJobName": "t", "RoleArn": role }), &[(job, "111122223333", "t", None)]);
    let arn = "arn:aws:sagemaker:eu-west-1:444455556666:training-job/t";
    check(
        &json!({ "TrainingJobName": "t", "TrainingJobArn": arn, "RoleArn": role }),
        &[(job, "444455556666", "t", None)],
    );
    check(
        &json!({ "ModelName": "m", "ExecutionRoleArn": role }),
        &[(ResourceKind::Model, "111122223333", "m", None)],
    );
    let record = json!({
        "eventName": "CreateTrainingJob", "recipientAccountId": "999988887777", "awsRegion": "eu-west-1",
        "requestParameters": { "trainingJobName": "t", "vpcConfig": { "subnets": ["subnet-1"] } },
    });
    check(&record, &[(job, "999988887777", "t", None)]);
    check(&json!({ "source": "aws.sagemaker", "detail": record }), &[(job, "999988887777", "t", None)]);
    let read = read(&record.to_string()).unwrap();
    assert_eq!(read.candidates[0].document["VpcConfig"]["Subnets"][0], "subnet-1");
}

#[test]
fn every_step_of_a_pipeline_is_found() {
    let step = |name: &str, kind: &str| json!({ "Name": name, "Type": kind, "Arguments": { "RoleArn": "arn:aws:iam::1:role/r" } });
    let branches = json!({ "IfSteps": [step("wait", "Callback"), step("model", "Model")], "ElseSteps": [] });
    let definition = json!({
        "Version": "2020-12-01",
        "Steps": [step("split", "Processing"), step("train", "Training"), { "Name": "good", "Type": "Condition", "Arguments": branches }],
    });
    check(
        &definition,
        &[
            (ResourceKind::ProcessingJob, "1", "split", Some("Steps[0]")),
            (ResourceKind::TrainingJob, "1", "train", Some("Steps[1]")),
            (ResourceKind::Model, "1", "model", Some("Steps[2].Arguments.IfSteps[1]")),
        ],
    );
    let intake = read(&definition.to_string()).unwrap();
    assert_eq!(
        intake.passed_over,
        ["Steps[2].Arguments.IfSteps[0]: no controls for steps of type `Callback`"]
    );
}

#[test]
fn what_cannot_be_judged_is_told_why() {
    let check = |text: &str, words: &str| {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check("no json", "it cannot be read: not valid JSON: expected ident at line 1 column 2");
    check("{}", "A request names its resource");
    check("[1]", "A request names its resource");
    check(r#"{"Steps": []}"#, "A request names its resource");
    check(r#"{"eventName": "CreateModel", "errorCode": "AccessDenied"}"#, "refused with `AccessDenied`");
    check(r#"{"eventName": "CreateModel", "requestParameters": null}"#, "A request names its resource");
    check(r#"{"eventName": "DeleteModel", "requestParameters": {}}"#, "A request names its resource");
}

#[test]
fn what_has_the_fields_of_a_request_and_is_none_is_told_from_what_is_somebody_elses() {
    let request = json!({ "TrainingJobName": "t", "RoleArn": "arn:aws:iam::1:role/r" });
    let with = |key: &str, value: Json| {
        let mut request = request.clone();
        request[key] = value;
        request
    };
    for document in [
        json!([request]),
        json!({ "job": request }),
        with("TrainingJobName", json!(7)),
        with("Steps", json!([])),
        with("eventName", json!("DeleteModel")),
    ] {
        assert_eq!(read(&document.to_string()), Err(Unusable::NearlyKnown), "{document}");
    }
    for document in [json!({ "train": { "ModelName": "m" } }), json!({ "role": { "RoleArn": "r" } })] {
        assert_eq!(read(&document.to_string()), Err(Unusable::UnknownForm), "{document}");
    }
    assert_eq!(read(&format!("\u{feff}{request}")), read(&request.to_string()));
}

#[test]
fn only_a_description_says_when_it_was_changed() {
    let at = |document: Json| {
        read(&document.to_string()).unwrap().candidates[0].changed_at().map(Timestamp::millis)
    };
    let arn = |rest: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{rest}");
    let times = |mut document: Json| {
        document["CreationTime"] = json!(7);
        document["LastModifiedTime"] = json!(9);
        document
    };
    let job = json!({ "TrainingJobName": "t", "TrainingJobArn": arn("training-job/t") });
    assert_eq!(at(times(job)), Some(7_000), "nobody changes a job");
    let notebook = json!({ "NotebookInstanceName": "n", "NotebookInstanceArn": arn("notebook-instance/n") });
    assert_eq!(at(times(notebook.clone())), Some(9_000));
    assert_eq!(at(notebook), None);
    assert_eq!(at(times(json!({ "TrainingJobName": "t", "RoleArn": "r" }))), None, "a request");
    let other = json!({ "TrainingJobName": "t", "RoleArn": "r", "TrainingJobArn": arn("model/t") });
    assert_eq!(at(times(other)), None, "the ARN of something else");
}

#[test]
fn a_step_is_judged_as_what_it_makes() {
    let steps = [
        ("QualityCheck", ResourceKind::ProcessingJob),
        ("ClarifyCheck", ResourceKind::ProcessingJob),
        ("Transform", ResourceKind::TransformJob),
        ("Tuning", ResourceKind::TuningJob),
        ("AutoML", ResourceKind::AutoMlJob),
        ("RegisterModel", ResourceKind::ModelPackage),
        ("EndpointConfig", ResourceKind::EndpointConfig),
        ("Endpoint", ResourceKind::Endpoint),
    ];
    let step = |kind: &str| json!({ "Name": "s", "Type": kind, "Arguments": {} });
    let definition = json!({ "Steps": steps.map(|(kind, _)| step(kind)) });
    let intake = read(&definition.to_string()).unwrap();
    let kinds: Vec<ResourceKind> = intake.candidates.iter().map(|each| each.resource.kind).collect();
    assert_eq!(kinds, steps.map(|(_, kind)| kind));
    let empty = read(&json!({ "Steps": [{ "Name": "s", "Type": "Training" }] }).to_string()).unwrap();
    assert_eq!(empty.undecided, ["Steps[0]: the step has no `Arguments`"]);
}
