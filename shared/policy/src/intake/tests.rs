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
    let address =
        json!({ "CodeRepositoryName": "https://u:p@h/x", "GitConfig": { "RepositoryUrl": "https://h/x" } });
    check(&address, &[(ResourceKind::CodeRepository, "", "https://(not shown)@h/x", None)]);
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
fn a_step_that_nobody_can_read_is_undecided() {
    let check = |step: Json, expect: &str| {
        let wait = json!({ "Name": "wait", "Type": "Callback", "Arguments": {} });
        let definition = json!({ "Version": "2020-12-01", "Steps": [step, wait] });
        let intake = read(&definition.to_string()).unwrap();
        assert_eq!(intake.undecided, [expect], "{definition}");
        assert!(intake.candidates.is_empty() && intake.passed_over.len() == 1, "{definition}");
    };
    check(json!(17), "Steps[0]: it is not a step");
    check(json!({ "Name": "x", "Arguments": {} }), "Steps[0]: the step has no `Type`");
    check(json!({ "Name": "x", "Type": 7, "Arguments": {} }), "Steps[0]: the step has no `Type`");
    let lower = json!({ "Name": "x", "Type": "training", "Arguments": {} });
    check(lower, "Steps[0]: there are no steps of type `training`: write `Training`");
    check(json!({ "Name": "x", "Type": "Training" }), "Steps[0]: the step has no `Arguments`");
    let text = json!({ "Name": "x", "Type": "Training", "Arguments": "x" });
    check(text, "Steps[0]: the `Arguments` of the step are not an object");
    let branch =
        json!({ "Name": "x", "Type": "Condition", "Arguments": { "IfSteps": "x", "ElseSteps": null } });
    check(branch, "Steps[0].Arguments.IfSteps: it is not a list of steps");
}

#[test]
fn a_record_that_hides_its_parameters_is_undecided() {
    let record = |parameters: Json| json!({ "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "requestParameters": parameters });
    let records =
        [record(json!(null)), record(json!("HIDDEN_DUE_TO_SECURITY_REASONS")), record(json!({ "a": 1 }))];
    let intake = read(&json!({ "Records": records }).to_string()).unwrap();
    assert_eq!(
        intake.undecided,
        [
            "Records[0]: `CreateTrainingJob`: the record does not show its parameters",
            "Records[1]: `CreateTrainingJob`: the record does not show its parameters",
            "Records[2]: `CreateTrainingJob`: the record has no name",
        ]
    );
    let events = json!({ "Events": [
        { "EventName": "CreateModel", "CloudTrailEvent": "{broken" },
        { "EventName": "CreateModel" },
        { "EventName": "PutObject" },
    ] });
    let intake = read(&events.to_string()).unwrap();
    assert_eq!(intake.undecided.len(), 2, "{:?}", intake.undecided);
    assert_eq!(intake.undecided[0], "Events[0]: the `CloudTrailEvent` of `CreateModel` cannot be read");
    assert_eq!(intake.passed_over, ["1 record of other services passed over"]);
}

#[test]
fn an_unusable_file_says_why() {
    let check = |text: &str, words: &str| {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check("no json", "not valid JSON: expected ident at line 1 column 2");
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
    let job = json!({ "TrainingJobName": "t", "TrainingJobArn": arn("training-job/t"), "RoleArn": "r" });
    assert_eq!(at(times(job)), Some(7_000), "nobody changes a job");
    let notebook = json!({
        "NotebookInstanceName": "n", "NotebookInstanceArn": arn("notebook-instance/n"), "RoleArn": "r",
    });
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

#[test]
fn each_document_of_a_list_is_taken_with_its_place() {
    let model = |name: &str| json!({ "ModelName": name, "EnableNetworkIsolation": true });
    let manifest = |name: &str| {
        json!({
            "apiVersion": "sagemaker.services.k8s.aws/v1alpha1", "kind": "Model", "metadata": { "name": name },
            "spec": { "modelName": name, "enableNetworkIsolation": true },
        })
    };
    let call = |name: &str| json!({ "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateModel", "requestParameters": { "modelName": name } });
    let resource = json!({ "address": "aws_sagemaker_model.a", "type": "aws_sagemaker_model", "values": { "name": "a" } });
    for (document, place) in [
        (json!([{ "some": "thing" }, model("a")]), "[1]"),
        (
            json!({ "apiVersion": "v1", "kind": "List", "items": [{ "kind": "Pod" }, manifest("a")] }),
            "items[1]",
        ),
        (json!({ "Records": [{ "some": "thing" }, call("a")] }), "Records[1]"),
        (
            json!({ "format_version": "1.0", "values": { "root_module": { "resources": [resource] } } }),
            "aws_sagemaker_model.a",
        ),
    ] {
        let intake = read(&document.to_string()).unwrap();
        let found: Vec<_> =
            intake.candidates.iter().map(|one| (one.resource.name.as_str(), one.place.as_deref())).collect();
        assert_eq!(found, [("a", Some(place))], "{document}");
    }
}

#[test]
fn a_definition_is_judged_wherever_it_stands_and_undecided_where_it_is_not() {
    let definition = json!({ "Steps": [{ "Name": "m", "Type": "Model", "Arguments": { "EnableNetworkIsolation": true } }] });
    let record = json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdatePipeline",
        "requestParameters": { "pipelineName": "p", "pipelineDefinition": definition.to_string() },
    });
    assert_eq!(read(&record.to_string()).unwrap().candidates.len(), 1);
    let elsewhere =
        json!({ "PipelineName": "p", "PipelineDefinitionS3Location": { "Bucket": "b", "ObjectKey": "k" } });
    let intake = read(&elsewhere.to_string()).unwrap();
    assert!(intake.candidates.is_empty() && intake.undecided.len() == 1, "{intake:?}");
    // A plan has the field always, and so do some templates.
    for empty in [json!([]), Json::Null, json!({})] {
        let after = json!({
            "pipeline_name": "p", "pipeline_definition": definition.to_string(), "pipeline_definition_s3_location": empty,
        });
        let change = json!({ "actions": ["create"], "after": after, "after_unknown": {} });
        let of = "aws_sagemaker_pipeline";
        let plan = json!({ "resource_changes": [{ "address": "p", "type": of, "change": change }] });
        let request = json!({ "PipelineName": "p", "PipelineDefinition": definition.to_string(), "PipelineDefinitionS3Location": empty });
        for document in [plan, request] {
            let intake = read(&document.to_string()).unwrap();
            assert_eq!((intake.candidates.len(), intake.undecided.len()), (1, 0), "{document}");
        }
    }
}

fn step(index: usize, role: &str) -> Json {
    let filling = "x".repeat(1_000);
    json!({ "Name": format!("s{index}"), "Type": "Training", "Arguments": { "RoleArn": role, "Environment": { "A": filling } } })
}

fn definition(more: Json) -> String {
    let mut steps: Vec<Json> = (0..1_200).map(|index| step(index, "arn:aws:iam::7:role/r")).collect();
    steps
        .push(json!({ "Name": "p", "Type": "RegisterModel", "Arguments": { "ModelPackageGroupName": "g" } }));
    steps.push(more);
    json!({ "Version": "2020-12-01", "PipelineExperimentConfig": { "ExperimentName": "e" }, "Steps": steps })
        .to_string()
}

#[test]
fn a_large_definition_is_taken_in_parts_as_it_is_as_a_whole() {
    let text = definition(json!({ "Name": "c", "Type": "Callback" }));
    let whole = read(&text).unwrap();
    let large = LargeDocument::of(&text).unwrap();
    let mut parts = Intake::default();
    for first in (0..large.len()).step_by(100) {
        parts.append(large.part(first..(first + 100).min(large.len())));
    }
    assert_eq!(parts, whole);
    assert_eq!(parts.candidates.last().unwrap().resource.account, "7", "that of the other steps");
}

#[test]
fn a_definition_whose_steps_need_each_other_is_read_as_a_whole() {
    for more in [
        json!({ "Name": "t", "Type": "Transform", "Arguments": { "ModelName": { "Get": "Steps.m.ModelName" } } }),
        json!({ "Name": "c", "Type": "EndpointConfig", "Arguments": {} }),
        json!({ "Name": "f", "Type": "Model", "Arguments": { "VpcConfig": { "sagewarden:later": null } } }),
    ] {
        assert!(LargeDocument::of(&definition(more.clone())).is_none(), "{more}");
    }
    assert!(LargeDocument::of(&json!({ "Steps": [] }).to_string()).is_none(), "it is small");
}

#[test]
fn a_large_plan_is_taken_in_parts_as_it_is_as_a_whole() {
    let filling = "x".repeat(1_000);
    let change = |index: usize| {
        let of = ["aws_s3_bucket", "aws_sagemaker_model", "awscc_sagemaker_model"][index % 3];
        let after = json!({ "name": format!("m{index}"), "model_name": format!("m{index}"), "tags": { "a": filling } });
        json!({ "address": format!("{of}.m{index}"), "type": of, "change": { "actions": ["create"], "after": after, "after_unknown": {} } })
    };
    let changes: Vec<Json> = (0..1_500).map(change).collect();
    let text =
        json!({ "format_version": "1.2", "prior_state": filling, "resource_changes": changes }).to_string();
    let (whole, large) = (read(&text).unwrap(), LargeDocument::of(&text).unwrap());
    assert_eq!(large.len(), 1_000);
    let mut parts = large.part(0..600);
    parts.append(large.part(600..1_000));
    parts.append(Intake::passed_over(large.note().into_iter().collect()));
    assert_eq!(parts, whole);
    let forged = text.replace("\"m1\"", "{\"sagewarden:later\": null}");
    let large = LargeDocument::of(&forged).unwrap();
    assert!(
        large.part(0..10).undecided[0].starts_with("resource_changes[1] cannot be read"),
        "{:?}",
        large.part(0..1)
    );
}
