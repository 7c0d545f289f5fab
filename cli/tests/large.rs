//! `sagewarden check` on files with a document a line, on large files, and on templates that are not rendered.
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

/// The exit status, standard output, and standard error.
fn check(arguments: &[&str]) -> (i32, String, String) {
    let output = sagewarden(&[&["check"], arguments].concat());
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code().unwrap(), out(&output), errors)
}

fn document(arguments: &[&str]) -> Value {
    serde_json::from_str(&check(&[arguments, &["--format", "json"]].concat()).1).unwrap()
}

fn record(name: &str, isolated: bool) -> Value {
    json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateModel", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
        "requestParameters": {
            "modelName": name, "enableNetworkIsolation": isolated,
            "vpcConfig": { "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"] },
        },
    })
}

/// The lines and places of what failed for not being isolated.
fn not_isolated(file: &Value) -> Vec<(u64, &str)> {
    let subjects = file["subjects"].as_array().unwrap().iter();
    let findings = subjects.flat_map(|subject| {
        let findings = subject["findings"].as_array().unwrap().iter();
        findings.map(|finding| (subject["place"].as_str().unwrap_or_default(), finding))
    });
    let failed = findings.filter(|(_, finding)| finding["control"] == "MDL-NET-02");
    failed.map(|(place, finding)| (finding["line"].as_u64().unwrap(), place)).collect()
}

#[test]
fn the_document_of_each_line_is_judged_and_its_line_named() {
    let folder = Folder::new();
    let other = json!({ "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket" });
    let request = json!({ "ModelName": "c", "EnableNetworkIsolation": false });
    let lines =
        [record("a", true).to_string(), other.to_string(), record("b", false).to_string(), String::new()];
    let text = lines.join("\n") + &format!("\n{request}\r\n{{ broken off");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    // By its name or by its first lines.
    for (name, content) in [
        ("a.jsonl", text.as_bytes()),
        ("a.ndjson", text.as_bytes()),
        ("a.json", text.as_bytes()),
        ("dump.log", text.as_bytes()),
        ("a.jsonl.gz", &packed),
    ] {
        let path = folder.file(name, content);
        let document = document(&[&path]);
        let file = document.pointer("/files/0").unwrap();
        assert_eq!(not_isolated(file), [(3, "line 3"), (5, "line 5")], "{name}: {document:#}");
        let undecided = file["undecided"].as_array().unwrap();
        assert!(
            undecided.len() == 1
                && undecided.iter().all(|note| note.as_str().unwrap().starts_with("line 6: "))
        );
        assert_eq!(file["notes"], json!(["1 line with nothing to judge"]), "{name}");
        assert_eq!(check(&[&path]).0, 1);
    }
}

#[test]
fn lines_of_somebody_elses_are_passed_over_in_a_folder_and_nothing_to_judge_by_name() {
    let folder = Folder::new();
    let path = folder.file("train.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\nno json\n");
    let (status, said, _) = check(&[&folder.path(""), "--pass-over"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("1 file skipped"), "{said}");
    let (status, errors) = failure(&["check", &path]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("line 3: "), "{errors}");
    folder.file("m.jsonl", record("a", true).to_string());
    assert_eq!(check(&[&folder.path("")]).0, 0, "others' lines spoil nothing");
}

/// A definition of more than 1 MB, in which every fourth step fails.
fn definition() -> String {
    let filling = "x".repeat(4_000);
    let step = |index: u64| {
        let vpc = json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
        let arguments = json!({ "EnableNetworkIsolation": !index.is_multiple_of(4), "VpcConfig": vpc, "Tags": [{ "Key": "k", "Value": filling }] });
        json!({ "Name": format!("s{index}"), "Type": "Model", "Arguments": arguments })
    };
    let steps: Vec<Value> = (0..300).map(step).chain([json!({ "Name": "w", "Type": "Callback" })]).collect();
    format!("{:#}", json!({ "Version": "2020-12-01", "Steps": steps }))
}

#[test]
fn a_large_file_is_printed_while_it_is_judged_and_reads_like_any_other() {
    let folder = Folder::new();
    let large = folder.file("a.json", definition());
    let padded = |index: u64| {
        let mut record = record(&format!("m{index}"), !index.is_multiple_of(4));
        record["userAgent"] = json!("x".repeat(4_000));
        record.to_string()
    };
    let lines: Vec<String> = (0..300).map(padded).collect();
    let log = folder.file("b.jsonl", lines.join("\n"));
    let small = folder.file("c.json", record("a", false).to_string());
    let known = folder.file("known.json", "{\"version\": 1, \"findings\": []}");
    let paths = [large.as_str(), &small, &log];
    // Findings that are compared with known ones are kept until the end.
    let kept =
        |format: &str| check(&[paths.as_slice(), &["--baseline", &known, "--format", format]].concat());
    let printed = |format: &str| check(&[paths.as_slice(), &["--format", format]].concat());
    let (kept_text, printed_text) = (kept("text"), printed("text"));
    assert_eq!(kept_text, printed_text);
    let (kept, printed) = (kept("json"), printed("json"));
    assert_eq!(kept.1.replace(",\n  \"stale\": []}", "}"), printed.1);
    let document: Value = serde_json::from_str(&printed.1).unwrap();
    let failed: Vec<usize> =
        document["files"].as_array().unwrap().iter().map(|file| not_isolated(file).len()).collect();
    assert_eq!((failed, printed.0), (vec![75, 1, 75], 1));
    assert_eq!(
        document.pointer("/files/0/notes/0").unwrap(),
        "Steps[300]: no controls for steps of type `Callback`"
    );
}

#[test]
fn a_template_of_helms_is_named_as_one_that_is_not_rendered() {
    let folder = Folder::new();
    let head = "apiVersion: sagemaker.services.k8s.aws/v1alpha1\nkind: Model\nmetadata:\n  name: m\nspec:\n  modelName: m\n";
    let loop_in = "{{- range .Values.models }}\n---\n";
    let broken = folder.file("a.yaml", format!("{loop_in}{head}{{{{- end }}}}\n"));
    let (status, _, errors) = check(&[&broken]);
    assert_eq!(status, 2);
    assert!(errors.contains("`helm template CHART | sagewarden check -`"), "{errors}");
    // The values that Helm puts in are unknown: the template neither passes nor fails.
    let value =
        "  enableNetworkIsolation: {{ .Values.isolated }}\n  executionRoleARN: \"{{ .Values.role }}\"\n";
    let whole = folder.file("b.yaml", format!("{head}{value}"));
    let document = document(&[&whole]);
    let subject = document.pointer("/files/0/subjects/0").unwrap();
    let (skipped, checked) = (subject["skipped"].to_string(), subject["checked"].to_string());
    assert!(skipped.contains("MDL-NET-02") && checked.contains("MDL-NET-01"), "{document:#}");
    assert!(
        document.pointer("/files/0/notes/0").unwrap().as_str().unwrap().contains("not rendered"),
        "{document:#}"
    );
    folder.file("c.yaml", "{{- if .Values.x }}\nkind: Pod\n{{- end }}\n");
    std::fs::remove_file(&broken).unwrap();
    let (status, said, errors) = check(&[&folder.path("")]);
    assert!(
        errors.is_empty() && said.contains("1 file skipped"),
        "others' charts are not spoken of: {status} {said} {errors}"
    );
}
