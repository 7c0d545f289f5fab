//! `sagewarden check --baseline`: a known finding does not fail, a new one does, and one that is gone is named.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    /// A folder with a pipeline that breaks a control in each of its steps.
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("jobs/p.json", &pipeline(&["a", "b"]));
        folder
    }

    fn write(&self, name: &str, content: &Value) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{content:#}")).unwrap();
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        let output: Output =
            command.arg("check").args(arguments).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn baseline(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.0.path().join("known.json")).unwrap()).unwrap()
    }
}

const KNOWN: [&str; 2] = ["--baseline", "known.json"];

fn pipeline(steps: &[&str]) -> Value {
    let network = json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
    let step = |name: &&str| json!({ "Name": name, "Type": "Model", "Arguments": { "VpcConfig": network, "EnableNetworkIsolation": false } });
    json!({ "Steps": steps.iter().map(step).collect::<Vec<_>>() })
}

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [["jobs"].as_slice(), &KNOWN, arguments].concat()
}

#[test]
fn what_is_known_does_not_fail_and_what_is_new_does() {
    let folder = Folder::new();
    let (code, _, errors) = folder.check(&with(&["--update-baseline"]));
    assert_eq!((code, errors.as_str()), (Some(0), "note: the baseline lists 2 findings\n"));
    let path = "Steps[].Arguments.EnableNetworkIsolation";
    let known = |name: &str| json!({ "file": "jobs/p.json", "resource": format!("model/{name}"), "path": path, "control": "MDL-NET-02" });
    assert_eq!(folder.baseline(), json!({ "version": 1, "findings": [known("a"), known("b")] }));

    let (code, text, errors) = folder.check(&with(&[]));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    assert!(text.contains("model `a`: 1 known of 4 controls\n    known MDL-NET-02: "), "{text}");
    assert!(text.contains("2 findings known: they do not fail the run"), "{text}");

    // A step before the others makes only itself new; so does a second one of the same name.
    folder.write("jobs/p.json", &pipeline(&["new", "a", "b", "b"]));
    let (code, text, _) = folder.check(&with(&[]));
    assert_eq!((code, text.matches("FAILED MDL-NET-02").count()), (Some(1), 2), "{text}");
    assert!(text.contains("model `new`: 1 failed of 4 controls"), "{text}");
    // From elsewhere the file has the same name.
    let (code, text, _) = folder.check(&["./jobs/../jobs/p.json", "--baseline", "jobs/../known.json"]);
    assert_eq!((code, text.matches("FAILED MDL-NET-02").count()), (Some(1), 2), "{text}");
}

#[test]
fn what_is_listed_and_gone_is_named_until_it_is_taken_out() {
    let folder = Folder::new();
    folder.write("jobs/old.json", &pipeline(&["old"]));
    folder.check(&with(&["--update-baseline"]));
    folder.write("jobs/p.json", &pipeline(&["a"]));
    fs::remove_file(folder.0.path().join("jobs/old.json")).unwrap();
    let (code, _, errors) = folder.check(&with(&[]));
    assert_eq!(code, Some(0));
    let gone = |resource: &str, file: &str| {
        format!(
            "note: the baseline lists MDL-NET-02 {resource} Steps[].Arguments.EnableNetworkIsolation of `{file}`, which is no longer found"
        )
    };
    assert!(errors.contains(&gone("model/b", "jobs/p.json")), "{errors}");
    assert!(errors.contains(&gone("model/old", "jobs/old.json")), "{errors}");
    // A file that was not judged this time is nothing that is gone, and stays when the baseline is written.
    folder.write("other.json", &pipeline(&["c"]));
    let (_, _, errors) = folder.check(&["other.json", "--baseline", "known.json", "--update-baseline"]);
    assert_eq!(errors, "note: the baseline lists 3 findings\n");
    let files: Vec<Value> =
        folder.baseline()["findings"].as_array().unwrap().iter().map(|one| one["file"].clone()).collect();
    assert_eq!(files, ["jobs/p.json", "jobs/p.json", "other.json"]);
}

#[test]
fn every_format_says_what_is_known() {
    let folder = Folder::new();
    folder.check(&with(&["--update-baseline"]));
    folder.write("jobs/p.json", &pipeline(&["new", "a"]));
    let said = |format: &str| {
        let (code, text, _) = folder.check(&with(&["--format", format]));
        assert_eq!(code, Some(1), "{format}");
        text
    };
    let json: Value = serde_json::from_str(&said("json")).unwrap();
    let known =
        |subject: usize| json.pointer(&format!("/files/0/subjects/{subject}/findings/0/known")).cloned();
    assert_eq!((known(0), known(1)), (None, Some(json!(true))));
    assert_eq!(json.pointer("/stale/0/resource"), Some(&json!("model/b")));
    let sarif: Value = serde_json::from_str(&said("sarif")).unwrap();
    let results = sarif.pointer("/runs/0/results").unwrap().as_array().unwrap();
    let states: Vec<&str> = results.iter().map(|result| result["baselineState"].as_str().unwrap()).collect();
    assert_eq!(states, ["new", "unchanged", "absent"]);
    let github = said("github");
    assert!(github.contains("model `new`") && !github.contains("model `a`"), "{github}");
    let junit = said("junit");
    assert!(
        junit.contains("failures=\"1\" errors=\"0\"") && junit.contains("<skipped message=\"known: "),
        "{junit}"
    );
    assert!(said("markdown").contains("- `MDL-NET-02` known at `jobs/p.json:"), "{}", said("markdown"));
    folder.write("jobs/p.json", &pipeline(&["a", "b"]));
    let (code, text, _) = folder.check(&with(&["--format", "markdown"]));
    assert!(code == Some(0) && text.ends_with("Nothing is new.\n"), "{text}");
    // Without a baseline, the output does not mention one.
    let (_, text, _) = folder.check(&["jobs", "--format", "sarif"]);
    assert!(!text.contains("baselineState"), "{text}");
}

#[test]
fn a_request_that_cannot_be_read_can_be_known_and_a_file_cannot() {
    let folder = Folder::new();
    folder.write("jobs/p.json", &json!({ "Steps": [{ "Name": "s", "Type": "Training" }] }));
    folder.check(&with(&["--update-baseline"]));
    let (code, text, _) = folder.check(&with(&[]));
    assert!(code == Some(0) && text.contains("note: known: Steps[0]: the step has no `Arguments`"), "{text}");
    fs::write(folder.0.path().join("jobs/q.json"), "{\"ModelName\": ").unwrap();
    assert_eq!(folder.check(&["jobs/q.json", "--baseline", "known.json", "--update-baseline"]).0, Some(2));
    assert_eq!(folder.baseline()["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let folder = Folder::new();
    let refused = |expect: &str| {
        let (code, text, errors) = folder.check(&with(&[]));
        assert_eq!((code, text.as_str()), (Some(2), ""));
        assert!(errors.starts_with("error: `known.json` is not a list of known findings: "), "{errors}");
        assert!(errors.contains(expect), "{errors}");
    };
    refused("there is no such file: --update-baseline creates it");
    let write = |text: &str| fs::write(folder.0.path().join("known.json"), text).unwrap();
    write("[");
    refused("EOF while parsing a list at line 1");
    write("{\"version\": 1, \"findings\": [{\"file\": \"a\"}]}");
    refused("missing field `resource`");
    write("{\"version\": 1, \"findings\": [], \"more\": 1}");
    refused("unknown field `more`");
    write("{\"version\": 2, \"findings\": []}");
    refused("its version is 2, and this program reads 1");
    let (code, _, errors) = folder.check(&["jobs", "--update-baseline"]);
    assert!(code == Some(2) && errors.contains("--baseline"), "{errors}");
}

#[test]
fn another_secret_in_the_same_map_is_another_finding() {
    let folder = Folder::new();
    let model = |secrets: &[&str]| {
        let environment: serde_json::Map<String, Value> =
            secrets.iter().map(|name| ((*name).to_owned(), json!("hunter2"))).collect();
        json!({
            "ModelName": "m", "EnableNetworkIsolation": true,
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
            "PrimaryContainer": { "Image": "i", "Environment": environment },
            "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
        })
    };
    folder.write("jobs/p.json", &model(&["HF_TOKEN"]));
    let (code, _, errors) = folder.check(&with(&["--update-baseline"]));
    assert_eq!(code, Some(0), "{errors}");
    assert!(folder.baseline().to_string().contains("HF_TOKEN"), "{}", folder.baseline());
    assert_eq!(folder.check(&with(&[])).0, Some(0));
    folder.write("jobs/p.json", &model(&["HF_TOKEN", "DB_PASSWORD"]));
    let (code, text, _) = folder.check(&with(&[]));
    assert!(code == Some(1) && text.contains("DB_PASSWORD"), "{text}");
}
