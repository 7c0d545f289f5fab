//! A location whose bucket is written in the file is judged by `artifacts.allowed_buckets`, also where the rest of it is known later.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::sync::LazyLock;

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{self, Intake};
use sagewarden_policy::{Bundle, FindingStatus, Subject, judge};
use sagewarden_settings::Profile;
use serde_json::{Value, json};

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| {
    let settings = "[artifacts]\nallowed_buckets = [\"ok\", \"ok-*\"]\n";
    Bundle::embedded().unwrap().with_settings(settings).unwrap().with_profile(Profile::Strict)
});

/// Whether a control fails, passes, or is left until more is known; and what its finding shows.
fn verdict(intake: &Intake, control: &str) -> (&'static str, String) {
    let candidate = &intake.candidates[0];
    let joined = candidate.joined();
    let (resource, document) = (&candidate.resource, &candidate.document);
    let verdict =
        judge(&BUNDLE, &Subject { resource, document, as_of: Timestamp::from_millis(0), joined: &joined });
    let found = verdict.findings.iter().find(|finding| finding.control == control);
    if let Some(found) = found {
        assert_eq!(found.status, FindingStatus::Violation, "{found:?}");
        return ("fails", found.actual.clone());
    }
    if verdict.at_run_time.iter().any(|id| id == control) {
        return ("later", String::new());
    }
    assert!(verdict.checked.iter().any(|id| id == control), "{control} is not judged: {verdict:?}");
    ("passes", String::new())
}

fn check(document: &Value, control: &str, expect: &str) {
    let (found, actual) = verdict(&intake::read(&document.to_string()).unwrap(), control);
    assert_eq!(found, expect, "{control} of {document}");
    assert_eq!(actual.contains("s3://bad"), expect == "fails", "{actual} of {document}");
}

fn config(location: Value) -> Value {
    let capture = json!({ "EnableCapture": true, "DestinationS3Uri": location });
    let properties =
        json!({ "DataCaptureConfig": capture, "ProductionVariants": [{ "InstanceType": "ml.m5.large" }] });
    json!({
        "Parameters": { "Run": { "Type": "String" }, "Bucket": { "Type": "String" }, "Known": { "Type": "String", "Default": "bad" } },
        "Resources": { "E": { "Type": "AWS::SageMaker::EndpointConfig", "Properties": properties } },
    })
}

#[test]
fn in_a_template() {
    for (location, expect) in [
        (json!({ "Fn::Sub": "s3://bad/${Run}" }), "fails"),
        (json!({ "Fn::Sub": "s3://${Known}/${Run}/x" }), "fails"),
        (json!({ "Fn::Sub": ["s3://${b}/${r}", { "b": "bad", "r": { "Ref": "Run" } }] }), "fails"),
        (json!({ "Fn::Sub": ["${place}/x", { "place": { "Fn::Sub": "s3://bad/${Run}" } }] }), "fails"),
        (json!({ "Fn::Join": ["/", ["s3:/", "bad", { "Ref": "Run" }]] }), "fails"),
        (json!({ "Fn::Join": ["", ["s3://bad/", { "Fn::ImportValue": "x" }, "/y"]] }), "fails"),
        (json!({ "Fn::Sub": "s3://ok/${Run}" }), "passes"),
        (json!({ "Fn::Join": ["/", ["s3:/", "ok-1", { "Ref": "Run" }]] }), "passes"),
        // The name of the bucket may go on.
        (json!({ "Fn::Sub": "s3://bad${Run}" }), "later"),
        (json!({ "Fn::Sub": "s3://ok${Run}/x" }), "later"),
        (json!({ "Fn::Sub": "s3://${Bucket}/x" }), "later"),
        (json!({ "Fn::Sub": "s3://ok-${AWS::AccountId}/x" }), "later"),
        (json!({ "Ref": "Run" }), "later"),
    ] {
        check(&config(location), "EPC-ART-01", expect);
    }
}

#[test]
fn in_a_pipeline_and_a_state_machine() {
    let pipeline = |location: Value| {
        let arguments = json!({ "RoleArn": "r", "OutputDataConfig": { "S3OutputPath": location } });
        json!({
            "Parameters": [{ "Name": "Bucket", "DefaultValue": "bad" }, { "Name": "Run" }],
            "Steps": [{ "Name": "T", "Type": "Training", "Arguments": arguments }],
        })
    };
    let join = |values: Value| json!({ "Std:Join": { "On": "/", "Values": values } });
    let (bucket, run) = (json!({ "Get": "Parameters.Bucket" }), json!({ "Get": "Parameters.Run" }));
    for (location, expect) in [
        (join(json!(["s3:/", bucket, run, "x"])), "fails"),
        (join(json!([join(json!(["s3:/", "bad", run])), "x"])), "fails"),
        (join(json!(["s3:/", "ok", { "Get": "Execution.PipelineExecutionId" }])), "passes"),
        (join(json!(["s3:/", run, "x"])), "later"),
        (run.clone(), "later"),
    ] {
        check(&pipeline(location), "TRN-ART-02", expect);
    }
    let machine = |field: &str, location: &str| {
        let request =
            json!({ "TrainingJobName": "t", "RoleArn": "r", "OutputDataConfig": { field: location } });
        let state = json!({ "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob", "Parameters": request });
        json!({ "StartAt": "T", "States": { "T": state } })
    };
    for (field, location, expect) in [
        ("S3OutputPath", "s3://bad/${Run}", "fails"),
        ("S3OutputPath", "s3://ok/${Run}", "passes"),
        ("S3OutputPath", "s3://${Bucket}/x", "later"),
        ("S3OutputPath.$", "States.Format('s3://bad/{}', $.run)", "fails"),
        ("S3OutputPath.$", "States.Format('s3://{}/x', $.bucket)", "later"),
        ("S3OutputPath.$", "$.path", "later"),
        ("S3OutputPath", "{% 's3://bad/' & $run %}", "later"),
    ] {
        check(&machine(field, location), "TRN-ART-02", expect);
    }
}

#[test]
fn in_code_and_in_a_text_among_others() {
    let code = |request: Value| intake::of_code("CreateTrainingJob", &request, "line 1").unwrap();
    let output = |location: &str| code(json!({ "OutputDataConfig": { "S3OutputPath": location } }));
    assert_eq!(verdict(&output("s3://bad/${later}"), "TRN-ART-02").0, "fails");
    assert_eq!(verdict(&output("s3://ok/${later}"), "TRN-ART-02").0, "passes");
    let hyper = |text: &str| {
        code(
            json!({ "HyperParameters": { "out": text }, "OutputDataConfig": { "S3OutputPath": "s3://ok/o" } }),
        )
    };
    let texts = |text: &str| {
        let intake = hyper(text);
        BUNDLE
            .controls()
            .filter(|control| {
                control.fields.iter().any(|field| field.starts_with("HyperParameters"))
                    && control.id.contains("-ART-")
            })
            .map(|control| verdict(&intake, &control.id).0)
            .collect::<Vec<_>>()
    };
    assert!(texts("--to s3://bad/${later}").contains(&"fails"));
    assert!(!texts("--to s3://ba${later}").contains(&"fails"));
    assert!(!texts("--to s3://${later}/x").contains(&"fails"));
    // The account of a role is known before its name is.
    let role = json!({ "RoleArn": "arn:aws:iam::111122223333:role/${later}" });
    assert_eq!(code(role).candidates[0].resource.account, "111122223333");
    assert_eq!(code(json!({ "RoleArn": "arn:aws:iam::1111${later}" })).candidates[0].resource.account, "");
}
