//! The command as somebody at a terminal uses it.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use run::{failure, out, sagewarden};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A demo in a folder of its own.
struct Demo {
    folder: TempDir,
    text: String,
}

impl Demo {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let output = sagewarden(&["demo", "--out", folder.path().join("demo").to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { text: out(&output), folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join("demo").join(name).to_str().unwrap().to_owned()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }

    fn lineage(&self, entity: &str, format: &str) -> String {
        let output =
            sagewarden(&["lineage", entity, "--store", &self.path("sagewarden.db"), "--format", format]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        out(&output)
    }
}

#[test]
fn the_demo_leaves_what_it_says() {
    let demo = Demo::new();
    let findings = demo.json("findings.json");
    let named: Vec<&Value> =
        findings.as_array().unwrap().iter().map(|finding| &finding["detail"]["resource"]["name"]).collect();
    assert_eq!(named, ["credit-preprocessing-001", "credit-train-001", "advice"]);
    // The model of a component is replaced, and nothing but a call says so.
    assert!(
        demo.text.contains("  endpoint credit-advice-prod  component advice  since 2026-03-04T17:00:00Z"),
        "{}",
        demo.text
    );
    let before = demo.lineage("endpoint/credit-advice-prod@2026-03-04T16:00:00Z", "tree");
    let after = demo.lineage("endpoint/credit-advice-prod", "tree");
    let models = [&before, &after]
        .map(|tree| tree.contains("model credit-default-model-2") && tree.contains("credit-train-003"));
    assert_eq!(models, [true, false], "{before}\n{after}");
    let alerts = demo.json("alerts.json");
    let types: Vec<&Value> = alerts.as_array().unwrap().iter().map(|alert| &alert["detail_type"]).collect();
    let drift = "Sagewarden Drift Alert";
    assert_eq!(types, [drift, "Sagewarden Retraining Suggested", drift, drift]);
    let moved = &alerts[0]["detail"]["window"]["attribution"]["moved"]["features"][0];
    assert_eq!(moved["name"], "LIMIT_BAL", "what the drift does to the answers");
    assert_eq!(alerts[2]["detail"]["monitoring_type"], "ModelExplainability");
    assert_eq!(alerts[3]["detail"]["monitoring_type"], "ModelQuality");
    let rows = &alerts[3]["detail"]["window"]["labelled"];
    assert_eq!((&rows["predictions"], &rows["matched"]), (&1_000.into(), &1_000.into()));
    assert_eq!(alerts[0]["detail"]["chain"]["commits"].as_array().map(Vec::len), Some(2));
    assert!(demo.text.contains("  Comment on commit 4f545b7\n"), "{}", demo.text);
    let page = std::fs::read_to_string(demo.path("lineage.html")).unwrap();
    assert!(page.contains("credit-train-002") && !page.contains("http://") && !page.contains("<script src"));
    for name in ["sagewarden.db", "lineage.html", "findings.json", "alerts.json", "events"] {
        assert!(demo.text.contains(&demo.path(name)) || demo.text.contains(name), "{name} is not mentioned");
    }
    // The commands that it suggests work.
    let next = demo.text.lines().filter_map(|line| line.trim().strip_prefix("cargo run -- "));
    let mut typed = 0;
    for line in next.filter(|line| !line.contains('*')) {
        let output = sagewarden(&line.split(' ').collect::<Vec<_>>());
        // The same data judged here comes to the same.
        let drifted = line.starts_with("drift ");
        assert_eq!(
            output.status.code(),
            Some(i32::from(drifted)),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(!drifted || out(&output).contains("2 violations (mode exact)"), "{}", out(&output));
        typed += 1;
    }
    assert!(typed >= 2, "{}", demo.text);
}

#[test]
fn the_readme_shows_the_real_output() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let shown =
        readme.split("<!-- the demo's output -->\n```text\n").nth(1).unwrap().split("```").next().unwrap();
    let demo = Demo::new();
    let mut real = demo.text.lines();
    for line in shown.lines().filter(|line| *line != "[...]") {
        assert!(
            real.any(|each| each.trim_end() == line.trim_end()),
            "not in the demo's output, or not in this order: {line}"
        );
    }
}

#[test]
fn the_endpoints_lineage_has_everything_in_every_format() {
    let demo = Demo::new();
    let document: Value =
        serde_json::from_str(&demo.lineage("endpoint/credit-default-prod", "json")).unwrap();
    let nodes = document["nodes"].as_array().unwrap();
    let count = |kind: &str| nodes.iter().filter(|node| node["kind"] == kind).count();
    let expected = [
        ("commit", 1),
        ("dataset", 2),
        ("image", 2),
        ("training-job", 1),
        ("processing-job", 1),
        ("model", 1),
        // The findings about its data, its predictions and its attribution.
        ("violation", 3),
    ];
    for (kind, number) in expected {
        assert_eq!(count(kind), number, "{kind}");
    }
    assert!(!document["edges"].as_array().unwrap().is_empty());

    let tree = demo.lineage("endpoint/credit-default-prod", "tree");
    for stage in ["source code", "preprocessing", "modelling", "endpoint"] {
        assert!(tree.contains(&format!("── {stage}\n")), "{stage} is missing in\n{tree}");
    }
    let table = demo.lineage("endpoint/credit-default-prod", "table");
    assert!(table.contains("TrialComponentName") && table.contains("SourceArn"), "{table}");
    assert!(demo.lineage("endpoint/credit-default-prod", "html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_day_is_asked_about_as_its_end() {
    let demo = Demo::new();
    let asked = |at: &str| {
        let store = demo.path("sagewarden.db");
        let output = sagewarden(&["lineage", "endpoint/credit-default-prod", "--at", at, "--store", &store]);
        assert!(output.status.success(), "{at}: {}", String::from_utf8_lossy(&output.stderr));
        out(&output)
    };
    assert_eq!(asked("2026-03-02"), asked("2026-03-02T23:59:59.999Z"));
    assert!(asked("2026-03-02").contains("credit-train-002"), "{}", asked("2026-03-02"));
    let (status, error) =
        failure(&["lineage", "endpoint/x", "--at", "2026-02-30", "--store", &demo.path("sagewarden.db")]);
    assert_eq!(status, Some(2));
    assert!(error.contains("write a day such as 2026-03-02"), "{error}");
}

#[test]
fn anything_recorded_can_be_asked_for_by_its_usual_names() {
    let demo = Demo::new();
    for entity in [
        "training-job/credit-train-002",
        "processing-job/credit-preprocessing-001",
        "model/credit-default-model",
        "endpoint-config/credit-default-config",
        "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/credit-default-prod",
        "commit/4f545b7",
        "s3://ds-data-bucket-credit-dev-7f3a/secure-sagemaker-demo/data/credit_card_default.csv",
        "sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e",
    ] {
        let document: Value = serde_json::from_str(&demo.lineage(entity, "json")).unwrap();
        assert!(!document["nodes"].as_array().unwrap().is_empty(), "{entity}");
    }
}

#[test]
fn a_bare_name_finds_the_one_entity_that_has_it() {
    let demo = Demo::new();
    for (bare, whole) in [
        ("credit-train-002", "training-job/credit-train-002"),
        ("Credit-Default-Prod", "endpoint/credit-default-prod"),
        ("credit-default-prod@2026-03-02", "endpoint/credit-default-prod@2026-03-02"),
        ("4f545b7", "commit/4f545b7"),
    ] {
        assert_eq!(demo.lineage(bare, "csv"), demo.lineage(whole, "csv"), "{bare}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let demo = Demo::new();
    let store = demo.path("sagewarden.db");
    for (entity, expect) in [
        ("endpoint/credit-defualt-prod", "did you mean `endpoint/credit-default-prod`?"),
        ("credit-defualt-prod", "did you mean `endpoint/credit-default-prod`?"),
        ("credit-default-p", "did you mean `endpoint/credit-default-prod`?"),
        ("endpoint/credit", "did you mean `endpoint/credit-advice-prod` or `endpoint/credit-default-prod`?"),
        ("4f545", "did you mean `commit/4f545b7`?"),
        ("trainig-job/credit-train-002", "did you mean `training-job/credit-train-002`"),
        ("model/credit-train-002", "did you mean `training-job/credit-train-002`"),
    ] {
        for question in [vec!["lineage", entity], vec!["diff", "model/credit-default-model", entity]] {
            let (code, text) = failure(&[question.as_slice(), &["--store", &store]].concat());
            assert_eq!(code, Some(2), "{entity}");
            assert!(text.starts_with(&format!("error: unknown entity `{entity}`; {expect}")), "{text}");
        }
    }
    let (_, text) = failure(&["policy", "explain", "TRN-NTE-01"]);
    assert!(text.starts_with("error: unknown control `TRN-NTE-01`; did you mean `TRN-NET-01`"), "{text}");
    let (_, text) = failure(&["policy", "explain", "nothing"]);
    assert_eq!(text, "error: unknown control `nothing`; run `sagewarden policy list` for all of them\n");
    let (code, text) = failure(&["linage", "x"]);
    assert!(code == Some(2) && text.contains("'lineage'"), "{text}");
}

#[test]
fn replayed_events_change_nothing_and_send_nothing_again() {
    let demo = Demo::new();
    let before = demo.lineage("endpoint/credit-default-prod", "json");
    let mut events: Vec<String> = std::fs::read_dir(demo.path("events"))
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .collect();
    events.sort_by(|a, b| b.cmp(a));
    let store = demo.path("sagewarden.db");
    let mut arguments = vec!["replay", "--store", &store, "--format", "json"];
    arguments.extend(events.iter().map(String::as_str));
    let output = sagewarden(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_str(&out(&output)).unwrap();
    assert!(
        told.as_array().unwrap().iter().all(|event| event["notices"].as_array().unwrap().is_empty()),
        "{told:#}"
    );
    assert_eq!(demo.lineage("endpoint/credit-default-prod", "json"), before);
}

#[test]
fn an_event_without_a_store_is_judged_by_what_it_says() {
    let event = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json");
    let output = sagewarden(&["replay", event.to_str().unwrap()]);
    assert!(output.status.success());
    let text = out(&output);
    for control in ["TRN-ENC-01", "TRN-ENC-02", "TRN-NET-01", "TRN-NET-02"] {
        assert!(text.contains(&format!("FAILED {control}")), "{text}");
    }
}

#[test]
fn everything_has_a_default_place() {
    let folder = TempDir::new().unwrap();
    let here = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        let output = command.args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        out(&output)
    };
    assert!(here(&["demo"]).contains("sagewarden-demo/lineage.html"));
    assert!(here(&["lineage", "endpoint/credit-default-prod"]).contains("credit-train-003"));
    here(&["replay", "sagewarden-demo/events/01.json", "--store", "sagewarden-demo/sagewarden.db"]);
}

#[test]
fn a_second_demo_replaces_the_first_and_nothing_else() {
    let demo = Demo::new();
    std::fs::write(demo.path("events/precious.txt"), "mine").unwrap();
    std::fs::write(demo.path("notes.md"), "mine").unwrap();
    let output = sagewarden(&["demo", "--out", &demo.path("")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(demo.json("alerts.json").as_array().map(Vec::len), Some(4));
    for kept in ["events/precious.txt", "notes.md"] {
        assert_eq!(std::fs::read_to_string(demo.path(kept)).unwrap(), "mine", "{kept}");
    }
}

#[test]
fn a_request_is_judged_before_it_is_sent() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let good = serde_json::json!({
        "ModelName": "m",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
        "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
        "EnableNetworkIsolation": true,
    });
    let good = file("model.json", &good.to_string());
    let output = sagewarden(&["check", &good, "--profile", "strict"]);
    assert!(output.status.success());
    assert!(out(&output).contains("model `m` compliant (6 controls)"), "{}", out(&output));

    let train = serde_json::json!({
        "RoleArn": "arn:aws:iam::111122223333:role/r",
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": key },
        "OutputDataConfig": { "KmsKeyId": key },
        "EnableNetworkIsolation": true,
        "ExperimentConfig": { "ExperimentName": "e" },
        "HyperParameters": { "seed": "7" },
    });
    let steps = [
        serde_json::json!({ "Name": "train", "Type": "Training", "Arguments": train }),
        serde_json::json!({ "Name": "wait", "Type": "Callback" }),
    ];
    let pipeline =
        file("pipeline.json", &serde_json::json!({ "Version": "2020-12-01", "Steps": steps }).to_string());
    let output = sagewarden(&["check", &good, &pipeline, "--profile", "strict"]);
    assert_eq!(output.status.code(), Some(1));
    let text = out(&output);
    assert!(
        text.contains("Steps[0]: training job `train`: 1 failed of 10 controls")
            && text.contains("FAILED TRN-NET-01")
            // Only KMS knows whether the key is the account's own.
            && text.contains("not checked here (needs access to the account): TRN-ENC-01, TRN-ENC-02"),
        "{text}"
    );
    assert!(text.contains("note: Steps[1]: no controls for steps of type `Callback`"), "{text}");

    let output = sagewarden(&["check", &pipeline, "--format", "json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let finding = &document["files"][0]["subjects"][0]["findings"][0];
    assert_eq!(
        (finding["control"].as_str(), finding["status"].as_str()),
        (Some("TRN-NET-01"), Some("violation"))
    );
    assert_eq!(document["bundle"].as_str().map(str::len), Some(64));

    let settings = file("settings.toml", "[network]\nallowed_subnets = [\"subnet-9\"]\n");
    let output = sagewarden(&["check", &good, "--settings", &settings]);
    assert!(out(&output).contains("wanted  subnets subnet-9"), "{}", out(&output));

    let unjudged = serde_json::json!({ "Steps": [{ "Name": "wait", "Type": "Callback" }] }).to_string();
    let output = sagewarden(&["check", &file("unjudged.json", &unjudged)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).contains("no controls for steps of type `Callback`"), "{}", out(&output));
    let (code, text) = failure(&["check", &file("unjudged.json", &unjudged), "--format", "sarif"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("nothing could be judged"), "{text}");

    let (code, text) = failure(&["check", &file("other.json", "{\"a\": 1}")]);
    assert_eq!(code, Some(2));
    assert!(text.contains("cannot be judged: no SageMaker resource with controls"), "{text}");
    let (code, _) = failure(&["check", &file("cut.json", "{\"ModelName\": ")]);
    assert_eq!(code, Some(2));
}

#[test]
fn the_controls_are_listed_explained_and_documented() {
    let list = sagewarden(&["policy", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&out(&list)).unwrap();
    assert_eq!(list["controls"].as_array().map(Vec::len), Some(297));
    let essential = out(&sagewarden(&["policy", "list", "--profile", "essential"]));
    assert!(essential.contains("TRN-NET-01  high      essential    training job"), "{essential}");
    assert!(!essential.contains("TRN-NET-02") && essential.lines().count() == 222, "{essential}");
    let explained = out(&sagewarden(&["policy", "explain", "trn-net-01"]));
    for words in [
        "compute and network isolation",
        "risk      outside your VPC",
        "Estimator(..., subnets=",
        "VpcConfig.Subnets",
        "stop it",
        "observe",
        "the workshop's Lambda",
    ] {
        assert!(explained.contains(words), "{words} is not in\n{explained}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let written = std::fs::read_to_string(root.join("docs/CONTROLS.md")).unwrap();
    let generated = out(&sagewarden(&["policy", "list", "--format", "markdown"]));
    assert_eq!(written, generated, "cargo run -q -- policy list --format markdown > docs/CONTROLS.md");
    assert_eq!(failure(&["policy", "explain", "TRN-NET-99"]).0, Some(2));
    let written = std::fs::read_to_string(root.join("docs/COVERAGE.md")).unwrap();
    let generated = out(&sagewarden(&["policy", "coverage", "--format", "markdown"]));
    assert_eq!(written, generated, "cargo run -q -- policy coverage --format markdown > docs/COVERAGE.md");

    let infra = root.join("infra");
    assert!(
        out(&sagewarden(&["policy", "validate", infra.to_str().unwrap()]))
            .starts_with("valid: 297 controls, bundle ")
    );
    let folder = TempDir::new().unwrap();
    let (code, text) = failure(&["policy", "validate", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(text.contains("settings.toml:1:1: cannot be read"), "{text}");
}

#[test]
fn errors_say_what_to_do_and_have_an_exit_code() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.db");
    let (code, text) = failure(&["lineage", "endpoint/x", "--store", missing.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(
        text.starts_with("error: no store at `") && text.contains("run `sagewarden demo` to create one"),
        "{text}"
    );

    let demo = Demo::new();
    let store = demo.path("sagewarden.db");
    let (code, text) = failure(&["lineage", "endpoint/x", "--store", &store]);
    assert_eq!((code, text.as_str()), (Some(2), "error: nothing is recorded about `endpoint/x`\n"));
    let (_, text) = failure(&["lineage", "x", "--store", &store]);
    assert!(text.contains("write `<kind>/<name>`"), "{text}");
    let (_, text) = failure(&["lineage", "endpoint/x", "--store", &store, "--max-nodes", "0"]);
    assert!(text.contains("`--max-nodes` is 0"), "{text}");
    // If there is nothing to write, there is no empty file.
    let job = "training-job/credit-train-002";
    for (format, question, words) in [
        ("slsa", vec![job], "`slsa`: no job in this answer made an object"),
        ("openlineage", vec!["endpoint/credit-default-prod", "--max-nodes", "2"], "raise its limits"),
    ] {
        let options = ["--store", &store, "--format", format];
        let (code, text) = failure(&[&["lineage"], question.as_slice(), &options].concat());
        assert_eq!(code, Some(2), "{format}");
        assert!(text.starts_with("error: there is nothing to write as") && text.contains(words), "{text}");
    }

    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, "no event").unwrap();
    let output = sagewarden(&["replay", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "a rejected event");
    assert!(out(&output).contains("rejected: the event is not valid JSON"), "{}", out(&output));
    for format in ["text", "json"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        let command = command.args(["replay", bad.to_str().unwrap(), "--format", format]);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "whoever reads the answer ({format})");
    }
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "mode = \"observe\"\n[netwrok]\n").unwrap();
    let (code, text) = failure(&["replay", bad.to_str().unwrap(), "--settings", settings.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(text.contains("2:2: unknown field `netwrok`"), "{text}");

    // A folder that holds anything but a demo is left alone, a store of somebody's own included.
    let folder = TempDir::new().unwrap();
    let own = folder.path().join("sagewarden.db");
    let event = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json");
    assert!(
        sagewarden(&["replay", event.to_str().unwrap(), "--store", own.to_str().unwrap()]).status.success()
    );
    let before = std::fs::read(&own).unwrap();
    let (_, text) = failure(&["demo", "--out", folder.path().to_str().unwrap()]);
    assert!(text.contains("name another folder with --out"), "{text}");
    assert_eq!(std::fs::read(&own).unwrap(), before);
}

#[test]
fn what_is_no_file_is_refused_before_it_is_read() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, reason) in [
        (pipe.to_str().unwrap(), "it is a named pipe, not a file"),
        ("/dev/zero", "it is a device, not a file"),
    ] {
        assert_eq!(
            failure(&["check", path]),
            (Some(2), format!("error: `{path}` cannot be read: {reason}\n"))
        );
        let settings = failure(&["policy", "list", "--settings", path]);
        assert_eq!(settings, (Some(2), format!("error: `{path}` cannot be read: {reason}\n")));
    }
}

#[test]
fn a_request_that_names_a_time_of_its_own_does_not_revive_a_waiver() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings = file(
        "settings.toml",
        "[[waivers]]\ncontrol = \"TRN-NET-02\"\nresource = \"arn:aws:sagemaker:*:111122223333:training-job/*\"\n\
         reason = \"r\"\napprover = \"a\"\ngranted = 2019-06-01\nexpires = 2020-01-01\n",
    );
    let role = "arn:aws:iam::111122223333:role/r";
    let check = |document: Value| {
        let path = file("job.json", &document.to_string());
        let report: Value = serde_json::from_str(&out(&sagewarden(&[
            "check",
            &path,
            "--settings",
            &settings,
            "--format",
            "json",
        ])))
        .unwrap();
        let findings = report.pointer("/files/0/subjects/0/findings").unwrap().as_array().unwrap().clone();
        let of_control = findings.into_iter().find(|finding| finding["control"] == "TRN-NET-02").unwrap();
        of_control["status"].clone()
    };
    let request = json!({ "TrainingJobName": "t", "RoleArn": role, "CreationTime": 0 });
    assert_eq!(check(request), "violation");
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/t";
    let description = json!({
        "TrainingJobName": "t", "TrainingJobArn": arn, "RoleArn": role, "CreationTime": "2019-12-31T00:00:00Z",
    });
    assert_eq!(check(description), "waived");
}

#[test]
fn the_demo_leaves_something_in_every_list() {
    let demo = Demo::new();
    let store = demo.path("sagewarden.db");
    let lists = ["endpoints", "models", "jobs", "findings", "waivers", "remedies", "erased"];
    let mut questions: Vec<Vec<&str>> = lists.into_iter().map(|list| vec!["list", list]).collect();
    questions.push(vec!["inventory"]);
    questions.push(vec!["inventory", "--at", "2026-03-03"]);
    questions.push(vec!["findings", "--closed"]);
    questions.push(vec!["findings", "--would-have-been-stopped", "--by", "owner"]);
    for question in questions {
        let ask = |format: &str| {
            let output = sagewarden(&[&question[..], &["--store", &store, "--format", format]].concat());
            assert!(output.status.success(), "{question:?}: {}", String::from_utf8_lossy(&output.stderr));
            out(&output)
        };
        let listing: Value = serde_json::from_str(&ask("json")).unwrap();
        let entries = listing["items"].as_array().unwrap().len();
        assert!(entries > 0 && listing["complete"] == true, "{question:?}: {listing}");
        assert_eq!(ask("csv").lines().count(), entries + 1, "{question:?}");
        assert!(ask("table").trim_end().ends_with(", complete"), "{question:?}");
        assert!(ask("html").starts_with("<!DOCTYPE html>"), "{question:?}");
    }
    for (wrong, words) in [
        (vec!["list", "nothing"], "invalid value 'nothing'"),
        (vec!["list", "findings", "--severity", "bad"], "`--severity` is `bad`"),
        (vec!["list", "jobs", "--since", "soon"], "`--since` is `soon`"),
        (vec!["list", "jobs", "--cursor", "bad"], "`--cursor` is not of this list"),
        (vec!["inventory", "--at", "never"], "`--at` is `never`"),
        (vec!["list", "waivers", "--closed"], "`--open`, `--closed` or `--all` is not for `waivers`"),
        (vec!["findings", "--kind", "pipeline-execution"], "an execution has the type `pipeline`"),
    ] {
        let (code, text) = failure(&[&wrong[..], &["--store", &store]].concat());
        assert!(code == Some(2) && text.contains(words), "{wrong:?}: {code:?}: {text}");
    }
}
