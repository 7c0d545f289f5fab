//! `sagewarden check --lines`, as a program that asks again and again uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::io::Write;
use std::process::{Command, Stdio};

use run::{failure, out, sagewarden};
use serde_json::{Value, json};

fn asked(lines: &[u8]) -> (Vec<Value>, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sagewarden"))
        .args(["check", "--lines", "-", "--profile", "strict"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_vec();
    let writing = std::thread::spawn(move || input.write_all(&lines));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let answers = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (answers, output.status.code())
}

#[test]
fn each_line_is_answered_by_a_line_whatever_it_is() {
    let model = json!({ "ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r", "PrimaryContainer": { "Image": "i" } });
    let lines = [
        json!({ "operation": "CreateModel", "request": model }).to_string(),
        model.to_string(),
        json!({ "operation": "DeleteModel", "request": { "ModelName": "m" } }).to_string(),
        json!({ "operation": "CreatePipeline", "request": { "PipelineName": "p", "PipelineDefinition": "{\"Version\":\"2020-12-01\",\"Steps\":[{\"Name\":\"a\",\"Type\":\"Model\",\"Arguments\":{\"PrimaryContainer\":{\"Image\":\"i\"}}}]}" } }).to_string(),
        "[[[".to_owned(),
        json!({ "operation": "CreateModel" }).to_string(),
        json!({ "operation": "CreateModel", "request": [] }).to_string(),
    ];
    let text = lines.join("\n") + "\n\n";
    let (answers, code) = asked(text.as_bytes());
    assert_eq!((code, answers.len()), (Some(0), 8), "{answers:#?}");
    let [head, named, bare, other, pipeline, broken, cut, no_request] = answers.as_slice() else {
        unreachable!()
    };
    assert_eq!(head["profile"], "strict");
    assert!(head["bundle"].is_string());
    assert_eq!(head["refuse_uncommitted"], false);
    assert_eq!(named["subjects"], bare["subjects"]);
    assert_eq!(
        (&named["subjects"][0]["kind"], &named["subjects"][0]["outcome"]),
        (&json!("model"), &json!("violating"))
    );
    assert_eq!((&other["subjects"], &other["unusable"]), (&json!([]), &Value::Null));
    assert_eq!(pipeline["subjects"][0]["kind"], "model");
    assert!(broken["unusable"].as_str().unwrap().contains("EOF"));
    for unusable in [cut, no_request] {
        assert!(unusable["unusable"].is_string(), "{unusable}");
    }
}

#[test]
fn a_line_without_an_end_is_refused_and_the_next_one_answered() {
    let mut text = vec![b' '; (16 << 20) + 5];
    text.extend(b"\n{\"a\": 1}\n");
    let (answers, code) = asked(&text);
    assert_eq!((code, answers.len()), (Some(0), 3));
    assert_eq!(answers.get(1).unwrap()["unusable"], "the line is longer than 16 MB");
    assert!(answers.get(2).unwrap()["unusable"].is_string());
}

#[test]
fn lines_have_one_format() {
    let (code, said) = failure(&["check", "--lines", "-", "--format", "sarif"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("cannot be used with"), "{said}");
    assert!(sagewarden(&["check", "--lines", "-"]).status.success());
}

/// A change shows only what it sets: that is judged, and nothing else.
#[test]
fn a_change_is_judged_for_what_it_sets() {
    let failed = |operation: &str, request: Value| {
        let line = json!({ "operation": operation, "request": request }).to_string() + "\n";
        let (answers, _) = asked(line.as_bytes());
        let subjects = answers.get(1).unwrap()["subjects"].as_array().unwrap().clone();
        let findings = subjects.iter().flat_map(|subject| subject["findings"].as_array().unwrap());
        let failed: Vec<String> = findings
            .filter(|finding| finding["status"] == "violation")
            .map(|finding| finding["control"].as_str().unwrap().to_owned())
            .collect();
        (subjects.len(), failed.join(" "))
    };
    let is = |operation: &str, request: Value, expect: &str| {
        assert_eq!(failed(operation, request.clone()), (1, expect.to_owned()), "{operation} {request}");
    };
    let notebook = |more: (&str, &str)| json!({ "NotebookInstanceName": "n", more.0: more.1 });
    is("UpdateNotebookInstance", notebook(("RootAccess", "Enabled")), "NBK-IAM-01");
    is("UpdateNotebookInstance", notebook(("RootAccess", "Disabled")), "");
    is("UpdateNotebookInstance", notebook(("VolumeSizeInGB", "20")), "");
    is(
        "UpdateDomain",
        json!({ "DomainId": "d-1", "AppNetworkAccessType": "PublicInternetOnly" }),
        "DOM-NET-01",
    );
    is(
        "UpdateTrainingJob",
        json!({ "TrainingJobName": "t", "ResourceConfig": { "KeepAlivePeriodInSeconds": 60 } }),
        "",
    );
    // A call that changes nothing with controls.
    assert_eq!(failed("UpdateAction", json!({ "ActionName": "a" })).0, 0);
}
