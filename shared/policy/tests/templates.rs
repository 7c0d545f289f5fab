//! Templates are judged by their known values, and an unknown value never fails a control.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{self, Intake};
use sagewarden_policy::{Bundle, FindingStatus, Subject, judge};
use serde_json::{Value, json};

static EMBEDDED: LazyLock<Bundle> = LazyLock::new(|| Bundle::embedded().unwrap());

fn taken(template: &Value) -> Intake {
    intake::read(&template.to_string()).unwrap()
}

/// The controls that the first resource of a template passes, fails, and whose value is not known.
#[derive(Debug, Default, PartialEq)]
struct Judged {
    passed: Vec<String>,
    failed: Vec<String>,
    unknown: Vec<String>,
}

fn judged(intake: &Intake) -> Judged {
    let candidate = intake.candidates.first().unwrap();
    let joined = candidate.joined();
    let subject = Subject {
        resource: &candidate.resource,
        document: &candidate.document,
        as_of: Timestamp::from_millis(0),
        joined: &joined,
    };
    let verdict = judge(&EMBEDDED, &subject);
    let mut judged = Judged::default();
    for control in verdict.checked.iter().filter(|control| control.starts_with("MDL-NET")) {
        match verdict.findings.iter().find(|finding| finding.control == *control) {
            None => judged.passed.push(control.clone()),
            Some(finding) if finding.status == FindingStatus::Violation => {
                judged.failed.push(control.clone())
            }
            Some(_) => judged.unknown.push(control.clone()),
        }
    }
    judged.unknown.extend(verdict.skipped.into_iter().filter(|control| control.starts_with("MDL-NET")));
    judged
}

fn model(properties: Value, more: Value) -> Value {
    let mut template = more;
    template["Resources"]["M"] = json!({ "Type": "AWS::SageMaker::Model", "Properties": properties });
    template
}

/// The controls of a model's network in a template: what passes, fails and is unknown, each by its number.
fn check(properties: Value, more: Value, passed: &[u8], failed: &[u8], unknown: &[u8]) {
    let ids = |numbers: &[u8]| numbers.iter().map(|number| format!("MDL-NET-0{number}")).collect();
    let expect = Judged { passed: ids(passed), failed: ids(failed), unknown: ids(unknown) };
    let template = model(properties, more);
    assert_eq!(judged(&taken(&template)), expect, "{template}");
}

#[test]
fn a_condition_chooses_a_branch_where_defaults_decide_it() {
    let network = json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
    let properties = json!({
        "EnableNetworkIsolation": { "Fn::If": ["IsProd", true, false] },
        "VpcConfig": { "Fn::If": ["IsProd", network, { "Ref": "AWS::NoValue" }] },
    });
    let stage = |default: &Value| {
        json!({
            "Parameters": { "Stage": { "Type": "String", "Default": default } },
            "Conditions": { "IsProd": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] } },
        })
    };
    check(properties.clone(), stage(&json!("prod")), &[1, 2], &[], &[]);
    check(properties.clone(), stage(&json!("dev")), &[], &[1, 2], &[]);
    // A value that is not a default decides nothing.
    check(properties, stage(&json!({ "Ref": "Stage" })), &[], &[], &[1, 2]);
    let same = json!({
        "EnableNetworkIsolation": { "Fn::If": ["Unknown", true, "true"] },
        "VpcConfig": { "Fn::If": ["Unknown", network, network] },
    });
    check(same, json!({}), &[1], &[], &[2]);
}

#[test]
fn true_and_false_are_what_yaml_1_1_calls_so() {
    let network = json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
    for (word, passed, failed) in
        [("yes", &[1, 2][..], &[][..]), ("On", &[1, 2], &[]), ("no", &[1], &[2]), ("OFF", &[1], &[2])]
    {
        check(
            json!({ "EnableNetworkIsolation": word, "VpcConfig": network }),
            json!({}),
            passed,
            failed,
            &[],
        );
        let tags = json!([{ "key": "k", "value": "yes" }]);
        let manifest = json!({
            "apiVersion": "sagemaker.services.k8s.aws/v1alpha1", "kind": "Model",
            "spec": { "modelName": "m", "enableNetworkIsolation": word, "tags": tags },
        });
        let intake = taken(&manifest);
        assert_eq!(
            intake.candidates[0].document["EnableNetworkIsolation"],
            json!(failed.is_empty()),
            "{word}"
        );
        assert_eq!(intake.candidates[0].document["Tags"][0]["Value"], "yes");
    }
    // What is neither is not known.
    check(json!({ "EnableNetworkIsolation": "y", "VpcConfig": network }), json!({}), &[1], &[], &[2]);
}

#[test]
fn lists_are_split_as_cloudformation_splits_them() {
    let parameters =
        |of: &str| json!({ "Parameters": { "Subnets": { "Type": of, "Default": "subnet-1, subnet-2" } } });
    let properties = json!({
        "EnableNetworkIsolation": true,
        "VpcConfig": {
            "Subnets": { "Ref": "Subnets" },
            "SecurityGroupIds": [{ "Fn::Select": [1, { "Fn::Split": ["|", "sg-1|sg-2"] }] }],
        },
    });
    check(properties.clone(), parameters("CommaDelimitedList"), &[1, 2], &[], &[]);
    check(properties.clone(), parameters("List<AWS::EC2::Subnet::Id>"), &[1, 2], &[], &[]);
    // Whatever the parameter holds, subnets are named.
    check(properties, parameters("AWS::SSM::Parameter::Value<List<String>>"), &[1, 2], &[], &[]);
}

#[test]
fn what_a_macro_or_a_loop_adds_is_not_absent() {
    let include = json!({ "Name": "AWS::Include", "Parameters": { "Location": "s3://b/x" } });
    let properties = json!({ "EnableNetworkIsolation": false, "Fn::Transform": include });
    check(properties, json!({}), &[], &[2], &[1]);
    let template = json!({
        "Transform": ["AWS::LanguageExtensions", "Mine"],
        "Resources": { "Fn::ForEach::Models": ["Id", ["A", "B"], {
            "Model${Id}": { "Type": "AWS::SageMaker::Model", "Properties": {
                "EnableNetworkIsolation": false, "VpcConfig": { "Fn::FindInMap": ["Networks", { "Ref": "Id" }, "Vpc"] },
            } },
        }] },
    });
    let intake = taken(&template);
    assert_eq!(
        judged(&intake),
        Judged {
            failed: vec!["MDL-NET-02".to_owned()],
            unknown: vec!["MDL-NET-01".to_owned()],
            ..Judged::default()
        }
    );
    assert_eq!(intake.candidates[0].place.as_deref(), Some("Resources.Fn::ForEach::Models[2].Model${Id}"));
    let macros = "Transform: the macro `Mine` may change the template: check the processed template";
    assert!(intake.undecided.len() == 1 && intake.undecided[0].starts_with(macros), "{:?}", intake.undecided);
}

#[test]
fn a_definition_that_a_template_puts_together_is_judged_where_it_is_known() {
    let machine = |definition: Value| {
        taken(&json!({ "Resources": { "S": {
            "Type": "AWS::StepFunctions::StateMachine", "Properties": { "DefinitionString": definition },
        } } }))
    };
    // As the CDK writes it.
    let head = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"End\":true,\"Type\":\"Task\",\"Resource\":\"arn:";
    let middle = ":states:::sagemaker:createModel\",\"Parameters\":{\"ExecutionRoleArn\":\"";
    let tail = "\",\"EnableNetworkIsolation\":false,\"VpcConfig\":{\"Subnets\":[\"s\"],\"SecurityGroupIds\":[\"g\"]}}}}}";
    let role = json!({ "Fn::GetAtt": ["Role", "Arn"] });
    let parts = json!([head, { "Ref": "AWS::Partition" }, middle, role, tail]);
    let joined = machine(json!({ "Fn::Join": ["", parts] }));
    let expect = Judged {
        passed: vec!["MDL-NET-01".to_owned()],
        failed: vec!["MDL-NET-02".to_owned()],
        ..Judged::default()
    };
    assert_eq!(judged(&joined), expect);
    assert!(joined.candidates[0].document.pointer("/ExecutionRoleArn").unwrap().is_object(), "not known yet");
    let broken = machine(json!({ "Fn::Join": ["", ["{\"StartAt\":", { "Ref": "X" }, "}"]] }));
    assert!(
        broken.candidates.is_empty() && broken.undecided[0].contains("States: there is no such object"),
        "{broken:?}"
    );

    let steps = json!({ "Steps": [{ "Name": "M", "Type": "Model", "Arguments": {
        "EnableNetworkIsolation": false, "ExecutionRoleArn": "${Role.Arn}", "VpcConfig": { "Subnets": ["s"], "SecurityGroupIds": ["g"] },
    } }] });
    let body = json!({ "PipelineDefinitionBody": { "Fn::Sub": steps.to_string() } });
    let pipeline = json!({ "Resources": { "P": {
        "Type": "AWS::SageMaker::Pipeline", "Properties": { "PipelineName": "p", "PipelineDefinition": body },
    } } });
    assert_eq!(judged(&taken(&pipeline)), expect);
    let elsewhere = json!({ "PipelineDefinitionS3Location": { "Bucket": "b", "Key": "k" } });
    let pipeline = json!({ "Resources": { "P": {
        "Type": "AWS::SageMaker::Pipeline", "Properties": { "PipelineName": "p", "PipelineDefinition": elsewhere },
    } } });
    assert!(taken(&pipeline).undecided[0].contains("check that one"));
}

#[test]
fn a_text_cannot_bring_along_that_something_is_known_later() {
    let steps = json!({ "Steps": [{ "Name": "M", "Type": "Model", "Arguments": { "VpcConfig": { "sagewarden:later": null } } }] });
    let pipeline = json!({ "PipelineName": "p", "PipelineDefinition": steps.to_string() });
    let intake = taken(&pipeline);
    assert!(intake.candidates.is_empty() && intake.undecided.len() == 1, "{intake:?}");
}

#[test]
fn what_functions_and_conditions_multiply_ends_soon() {
    let begin = Instant::now();
    let mut nested = json!("");
    for _ in 0..30 {
        nested = json!({ "Fn::Sub": ["${a}${a}", { "a": nested }] });
    }
    let conditions: serde_json::Map<String, Value> = (0..20)
        .map(|index| {
            let next = json!({ "Condition": format!("C{}", index + 1) });
            (format!("C{index}"), json!({ "Fn::And": vec![next; 10] }))
        })
        .collect();
    let long = "x".repeat(4_000);
    let tags: Vec<Value> =
        (0..20_000).map(|_| json!({ "Fn::Sub": "${P}${P}${P}${P}${P}${P}${P}${P}${P}${P}" })).collect();
    let template = model(
        json!({
            "ModelName": nested, "EnableNetworkIsolation": { "Fn::If": ["C0", true, false] }, "Tags": tags,
            "VpcConfig": { "Subnets": ["s"], "SecurityGroupIds": ["g"] },
        }),
        json!({ "Parameters": { "P": { "Type": "String", "Default": long } }, "Conditions": conditions }),
    );
    let found = judged(&taken(&template));
    assert_eq!((found.passed.len(), found.unknown.len()), (1, 1), "{found:?}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
