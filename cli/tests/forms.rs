//! `sagewarden check` on forms that contain other forms, on documents without controls, and on files that break off.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/folder.rs"]
mod folder;
mod run;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use folder::Folder;
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

fn model() -> Value {
    json!({
        "ModelName": "m", "EnableNetworkIsolation": false,
        "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
    })
}

/// The exit status, and all that was said.
fn check(paths: &[&str]) -> (i32, String) {
    let output = sagewarden(&[&["check"], paths].concat());
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code().unwrap(), out(&output) + &errors)
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn what_has_no_controls_is_nothing_to_judge_and_spoils_nothing() {
    let folder = Folder::new();
    let experiment = folder.file("e.json", json!({ "ExperimentName": "e" }).to_string());
    let (status, said) = check(&[&experiment]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("nothing to judge: there are no controls for `CreateExperiment`"), "{said}");
    assert!(said.contains("error: nothing could be judged"), "{said}");
    let kept = model().as_object_mut().map(|fields| {
        fields.insert("EnableNetworkIsolation".to_owned(), json!(true));
        json!(fields)
    });
    let kept = folder.file("m.json", kept.unwrap().to_string());
    assert_eq!(check(&[&kept, &experiment]).0, 0, "a file without controls is no fault");
    let (status, said) = check(&[&folder.path("")]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("1 file skipped"), "{said}");
}

#[test]
fn a_hook_passes_over_what_is_somebody_elses_and_nothing_that_cannot_be_read() {
    let folder = Folder::new();
    let package = folder.file("package.json", "{\"name\": \"x\"}");
    let text = folder.file("README.md", "x");
    let model = folder.file("m.json", model().to_string());
    assert_eq!(check(&[&package]).0, 2);
    assert_eq!(check(&["--pass-over", &package, &text]).0, 0);
    let (status, said) = check(&["--pass-over", &package, &model]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("FAILED MDL-NET-02"), "{said}");
    let broken = folder.file("broken.json", "{\"Type\": \"AWS::SageMaker::Model\"");
    assert_eq!(check(&["--pass-over", &broken]).0, 2);
    assert_eq!(check(&["--pass-over", &folder.path("gone.json")]).0, 2);
}

#[test]
fn a_compressed_log_is_read_and_one_that_grows_without_end_is_not() {
    let folder = Folder::new();
    let record = json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateModel",
        "requestParameters": { "modelName": "m", "enableNetworkIsolation": false },
    });
    let log = json!({ "Records": [record] }).to_string();
    folder.file("log.json.gz", compressed(log.as_bytes()));
    folder.file("notes.txt.gz", compressed(b"x"));
    let (status, said) = check(&[&folder.path("")]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("Records[0].requestParameters.enableNetworkIsolation"), "{said}");
    assert!(said.contains("1 file skipped"), "{said}");
    let bomb = folder.file("bomb.json.gz", compressed(&vec![b' '; 130 << 20]));
    let (status, said) = check(&[&bomb]);
    assert!(status == 2 && said.contains("unpacks to more than 128 MB"), "{said}");
}

#[test]
fn what_stands_before_a_fault_is_judged_and_the_fault_is_named() {
    let folder = Folder::new();
    let text = "ModelName: m\nEnableNetworkIsolation: false\n---\nModelName: [1\n";
    let (status, said) = check(&[&folder.file("m.yaml", text)]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("m.yaml:2 EnableNetworkIsolation"), "{said}");
    assert!(said.contains("undecided: the rest of the file cannot be read"), "{said}");
}

#[test]
fn a_finding_within_a_list_has_its_line() {
    let folder = Folder::new();
    let list = "[\n{ \"a\": 1 },\n{ \"ModelName\": \"m\",\n\"EnableNetworkIsolation\": false }\n]";
    let (status, said) = check(&[&folder.file("l.json", list)]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("l.json:4 [1].EnableNetworkIsolation"), "{said}");
}

#[test]
fn terraforms_own_language_is_judged_by_its_plan() {
    let folder = Folder::new();
    let file = folder.file("main.tf", "resource \"aws_sagemaker_model\" \"m\" {}\n");
    let (status, said) = failure(&["check", &file]);
    assert_eq!(status, Some(2));
    assert!(said.contains("terraform show -json"), "{said}");
}

#[test]
fn a_step_of_a_pipeline_in_a_plan_has_its_path_and_line() {
    let folder = Folder::new();
    let steps = json!({ "Steps": [{ "Name": "M", "Type": "Model", "Arguments": { "EnableNetworkIsolation": false } }] });
    let after = json!({ "pipeline_name": "p", "pipeline_definition": steps.to_string() });
    let change = json!({
        "address": "aws_sagemaker_pipeline.p", "mode": "managed", "type": "aws_sagemaker_pipeline",
        "change": { "actions": ["create"], "after": after, "after_unknown": {} },
    });
    let text = format!("{:#}", json!({ "resource_changes": [change] }));
    let line = 1 + text.lines().position(|line| line.contains("pipeline_definition")).unwrap();
    let (_, said) = check(&[&folder.file("plan.json", &text)]);
    let path =
        "resource_changes[0].change.after.pipeline_definition.Steps[0].Arguments.EnableNetworkIsolation";
    assert!(said.contains(&format!("plan.json:{line} {path}")), "{said}");
    assert!(said.contains("aws_sagemaker_pipeline.p.pipeline_definition.Steps[0]: model `M`"), "{said}");
}

#[test]
fn each_step_of_a_large_pipeline_is_judged_and_has_its_line() {
    let folder = Folder::new();
    let filling = "x".repeat(1_000);
    let step = |index: usize| {
        let environment = json!({ "Environment": { "FILLING": filling } });
        let arguments = json!({
            "EnableNetworkIsolation": index != 1_100, "PrimaryContainer": environment,
            "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
        });
        json!({ "Name": format!("s{index}"), "Type": "Model", "Arguments": arguments }).to_string()
    };
    let steps: Vec<String> = (0..1_200).map(step).collect();
    let file = folder.file("p.json", format!("{{\"Steps\": [\n{}\n]}}", steps.join(",\n")));
    let (status, said) = check(&[&file]);
    assert_eq!(status, 1);
    assert_eq!(said.matches("compliant").count(), 1_199);
    assert_eq!(said.matches("FAILED").count(), 1);
    assert!(said.contains("p.json:1102 Steps[1100].Arguments.EnableNetworkIsolation"), "{said}");
}

/// A note, an undecided part and a control that needs the account are in every format.
#[test]
fn no_format_leaves_out_what_was_not_judged() {
    let folder = Folder::new();
    let template = json!({ "Resources": {
        "E": { "Type": "AWS::SageMaker::EndpointConfig", "Properties": {
            "KmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "ProductionVariants": [{ "InstanceType": "ml.m5.large" }],
        } },
        "S": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "https://b/t.json" } },
        "B": { "Type": "AWS::S3::Bucket" },
    } });
    let file = folder.file("t.json", template.to_string());
    for format in ["text", "json", "sarif", "junit", "github", "markdown"] {
        let output = sagewarden(&["check", &file, "--profile", "strict", "--format", format]);
        let said = out(&output);
        assert_eq!(output.status.code(), Some(1), "{format}: {said}");
        for expect in ["the template of the stack is", "no controls for 1 other resource", "EPC-ENC-01"] {
            assert!(said.contains(expect), "{format} leaves out {expect}: {said}");
        }
    }
}
