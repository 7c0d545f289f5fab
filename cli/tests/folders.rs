//! `sagewarden check` on folders and patterns: entries that are not files, files that have nothing to do with SageMaker, and files that are
//! named twice.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The exit status, standard output, and standard error.
    fn check(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sagewarden"));
        let output = command.arg("check").args(arguments).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The files that were judged.
    fn judged(&self, arguments: &[&str]) -> Vec<String> {
        let (_, said, _) = self.check(&[arguments, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&said).unwrap();
        let files = document["files"].as_array().unwrap().iter();
        files.map(|file| file["file"].as_str().unwrap().to_owned()).collect()
    }
}

fn model() -> Vec<u8> {
    let network = json!({ "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] });
    let model = json!({ "ModelName": "m", "EnableNetworkIsolation": true, "VpcConfig": network });
    model.to_string().into_bytes()
}

#[test]
fn a_damaged_request_in_a_folder_is_named() {
    let damaged = [
        ("cut.json", b"{\"TrainingJobName\": \"t\", \"EnableNetworkIsolation\": fal".as_slice()),
        ("more.json", b"{\"ModelName\": \"m\"} and more"),
        ("latin.json", b"{\"EndpointConfigName\": \"\xe9\"}"),
    ];
    for (name, content) in damaged {
        let tree = Tree::new().with("a/m.json", model()).with(&format!("a/{name}"), content);
        for arguments in [vec!["a"], vec![&*format!("a/{name}"), "a/m.json", "--pass-over"]] {
            let (status, _, errors) = tree.check(&arguments);
            assert!(
                status == 2 && errors.contains(&format!("`a/{name}` cannot be read")),
                "{name}: {errors}"
            );
        }
        // One that names nothing of SageMaker's is somebody else's.
        let other = Tree::new().with("a/m.json", model()).with("a/other.json", "{\"name\": ");
        assert_eq!(other.check(&["a"]).0, 0);
    }
}

#[test]
fn links_are_followed_to_files_and_all_others_are_named() {
    let elsewhere = Tree::new().with("other.json", model());
    let tree = Tree::new().with("a/m.json", model());
    symlink(elsewhere.path("other.json"), tree.path("a/out.json")).unwrap();
    symlink("gone.json", tree.path("a/gone-link.json")).unwrap();
    symlink("round.json", tree.path("a/round.json")).unwrap();
    symlink(Path::new(".."), tree.path("a/up")).unwrap();
    symlink("/dev/zero", tree.path("a/zero.json")).unwrap();
    let (status, said, errors) = tree.check(&["a"]);
    assert_eq!(status, 0, "{said} {errors}");
    assert_eq!(tree.judged(&["a"]), ["a/m.json", "a/out.json"]);
    let notes: Vec<&str> = errors.lines().collect();
    let begins = [
        "note: `a/gone-link.json` was skipped: No such file",
        "note: `a/round.json` was skipped: Too many levels",
        "note: `a/up` was skipped: it is a link to a folder",
        "note: `a/zero.json` was skipped: it is a named pipe, a device or a socket",
    ];
    assert_eq!(notes.len(), begins.len(), "{errors}");
    for (note, begin) in notes.iter().zip(begins) {
        assert!(note.starts_with(begin), "{note}");
    }
    (0..20).for_each(|index| symlink("gone", tree.path(&format!("a/x{index}.json"))).unwrap());
    let (_, _, errors) = tree.check(&["a"]);
    assert_eq!(errors.lines().count(), 11, "{errors}");
    assert!(errors.ends_with("note: 14 more were skipped that are no files\n"), "{errors}");
}

#[test]
fn a_pattern_is_expanded_where_no_shell_does_it() {
    let files = ["jobs/a.json", "jobs/b.yaml", "jobs/deep/c.json", "envs/x/out/d.json", "[e].json"];
    let tree = files.iter().fold(Tree::new(), |tree, name| tree.with(name, model()));
    let tree = tree.with("jobs/package.json", "{\"name\": 1}").with("jobs/README.md", "SageMaker");
    let check = |pattern: &str, expect: &[&str]| assert_eq!(tree.judged(&[pattern]), expect, "{pattern}");
    check("jobs/*.json", &["jobs/a.json"]);
    check("./jobs/*", &["jobs/a.json", "jobs/b.yaml", "jobs/deep/c.json"]);
    check("jobs/**/*.json", &["jobs/a.json", "jobs/deep/c.json"]);
    check("**/d.json", &["envs/x/out/d.json"]);
    check("envs/*/out", &["envs/x/out/d.json"]);
    check("[e].json", &["[e].json"]);
    check("*.json", &["[e].json"]);
    let (status, _, errors) = tree.check(&["jobs/*.toml", "jobs/a.json"]);
    assert_eq!(status, 2);
    assert_eq!(errors, "error: `jobs/*.toml` fits nothing: no file and no folder has such a name\n");
    // Round in circles, by two ways at once.
    symlink(Path::new(".."), tree.path("jobs/up")).unwrap();
    symlink(Path::new("."), tree.path("jobs/here")).unwrap();
    check("**/c.json", &["jobs/deep/c.json"]);
}

#[test]
fn a_file_is_judged_once_however_many_folders_lead_to_it() {
    let tree = Tree::new().with("a/b/m.json", model()).with("a/n.json", model());
    assert_eq!(tree.judged(&["a", "a/b", "./a"]), ["a/b/m.json", "a/n.json"]);
    assert_eq!(tree.judged(&["a/b", "a"]), ["a/b/m.json", "a/n.json"]);
}

#[test]
fn bytes_that_are_no_text_are_somebody_elses_unless_they_speak_of_sagemaker() {
    let latin = |text: &str| [text.as_bytes(), b" \xfc\xdf"].concat();
    let tree = Tree::new().with("m.json", model()).with("d.json", b"\xff\xfe\0");
    let tree = tree.with("letter.template", latin("Gr"));
    let (status, said, errors) = tree.check(&["."]);
    assert_eq!((status, errors.as_str()), (0, ""), "{said}");
    assert!(said.contains("2 files skipped"), "{said}");
    fs::write(tree.path("stack.yaml"), latin("Type: AWS::SageMaker::Model #")).unwrap();
    let (status, said, errors) = tree.check(&["."]);
    assert_eq!(status, 2);
    assert!(said.contains("m.json"), "{said}");
    assert_eq!(errors, "error: `stack.yaml` cannot be read: it is not text in UTF-8\n");
    // By its name, it is meant.
    assert_eq!(tree.check(&["letter.template"]).0, 2);
}

#[test]
fn a_log_says_of_what_could_be_used_what_was_found_and_that_it_is_not_whole() {
    let tree = Tree::new().with("m.json", model()).with("bad.json", "{\"ModelName\"");
    let log = |files: &[&str]| {
        let (status, said, _) = tree.check(&[files, &["--format", "sarif"]].concat());
        (status, serde_json::from_str::<Value>(&said).ok())
    };
    let (status, whole) = log(&["m.json"]);
    let successful = |log: &Value| log.pointer("/runs/0/invocations/0/executionSuccessful").cloned();
    assert_eq!((status, successful(&whole.unwrap())), (0, Some(json!(true))));
    let (status, partly) = log(&["m.json", "bad.json"]);
    let partly = partly.unwrap();
    assert_eq!((status, successful(&partly)), (2, Some(json!(false))));
    let note = partly.pointer("/runs/0/invocations/0/toolExecutionNotifications/0").unwrap();
    assert_eq!(note["level"], "error");
    assert!(note.pointer("/message/text").unwrap().as_str().unwrap().contains("bad.json"), "{note}");
    // A log without results would close what an earlier one opened.
    assert_eq!(log(&["bad.json"]), (2, None));
}

#[test]
fn a_template_without_anything_of_sagemakers_is_counted_in_a_folder_and_named_alone() {
    let bucket = json!({ "Resources": { "B": { "Type": "AWS::S3::Bucket" } } }).to_string();
    let change =
        json!({ "address": "b", "type": "aws_s3_bucket", "change": { "actions": ["create"], "after": {} } });
    let plan = json!({ "resource_changes": [change] }).to_string();
    let tree = Tree::new().with("m.json", model()).with("b.template", &bucket).with("plan.json", &plan);
    let (status, said, errors) = tree.check(&["."]);
    assert_eq!((status, errors.as_str()), (0, ""), "{said}");
    assert!(!said.contains("b.template") && said.ends_with("2 files skipped: nothing to judge\n"), "{said}");
    let (status, said, _) = tree.check(&["b.template"]);
    assert_eq!(status, 2);
    assert!(said.contains("note: no controls for 1 other resource"), "{said}");
    // What is named after us is ours, judged or not.
    let group = json!({ "Resources": { "G": { "Type": "AWS::SageMaker::ModelPackageGroup" } } }).to_string();
    let tree = tree.with("group.json", group);
    assert!(tree.check(&["."]).1.contains("group.json"), "a template of SageMaker's");
}

#[test]
fn a_folder_of_terraform_says_how_its_plan_is_judged() {
    let tree = Tree::new().with("a/main.tf", "resource \"aws_sagemaker_model\" \"m\" {}");
    let (status, _, errors) = tree.check(&["a"]);
    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("terraform show -json"), "{errors}");
    let json = "{\"resource\": {\"aws_sagemaker_model\": {\"m\": {}}}}";
    let tree = Tree::new().with("a/main.tf.json", json).with("a/m.json", model());
    let (status, _, errors) = tree.check(&["a"]);
    assert!(status != 2 && errors.contains("main.tf.json` was not judged: Terraform"), "{status} {errors}");
    assert_eq!(tree.check(&["a/main.tf.json"]).0, 2);
    for (name, content) in [("a/README.md", "x"), ("a/main.tf", "resource \"aws_s3_bucket\" \"b\" {}")] {
        let (_, _, errors) = Tree::new().with(name, content).check(&["a"]);
        assert!(!errors.contains("terraform"), "{errors}");
    }
}

#[test]
fn a_file_that_another_one_names_is_undecided_unless_it_is_judged_itself() {
    let stack =
        "Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../b/net.yaml}}\n";
    let nested =
        "Resources:\n  M: {Type: AWS::SageMaker::Model, Properties: {EnableNetworkIsolation: false}}\n";
    let tree = Tree::new().with("a/stack.yaml", stack).with("b/net.yaml", nested);
    let (status, said, _) = tree.check(&["a/stack.yaml"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("undecided: Resources.S.Properties.TemplateURL: the template of the stack is `../b/net.yaml`: check that file"), "{said}");
    // Beside a resource of its own, it stays as a note.
    let more = format!(
        "{stack}  N: {{Type: AWS::SageMaker::Model, Properties: {{EnableNetworkIsolation: true}}}}\n"
    );
    let (_, said, _) = Tree::new().with("a/stack.yaml", more).with("b/net.yaml", nested).check(&["."]);
    assert!(said.contains("that file is judged by itself") && !said.contains("undecided"), "{said}");
    let (_, said, _) = tree.check(&["."]);
    assert!(said.contains("1 file skipped") && !said.contains("undecided"), "{said}");
    assert!(said.contains("FAILED MDL-NET-02"), "{said}");
}

#[test]
fn the_account_of_a_template_of_the_cdk_is_that_of_its_environment() {
    let key = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let template = format!(
        "{{\"Resources\": {{\"E\": {{\"Type\": \"AWS::SageMaker::EndpointConfig\", \"Properties\": {{\"KmsKeyId\": \"{key}\", \"ProductionVariants\": [{{\"InstanceType\": \"ml.m5.large\"}}]}}}}}}}}"
    );
    let manifest = |environment: &str| {
        format!(
            "{{\"artifacts\": {{\"S\": {{\"type\": \"aws:cloudformation:stack\", \"environment\": \"{environment}\", \"properties\": {{\"templateFile\": \"S.template.json\"}}}}, \"T\": {{\"type\": \"cdk:tree\"}}}}}}"
        )
    };
    let check = |environment: &str, expect: &str| {
        let tree = Tree::new()
            .with("cdk.out/S.template.json", &template)
            .with("cdk.out/manifest.json", manifest(environment));
        let (_, said, _) = tree.check(&["cdk.out"]);
        assert!(said.contains(expect), "{environment}: {said}");
    };
    check("aws://111122223333/eu-west-1", "FAILED EPC-ENC-01");
    check(
        "aws://unknown-account/unknown-region",
        "(the account is not known: name it with --account): EPC-ENC-01",
    );
}

#[test]
fn an_account_has_twelve_digits() {
    let tree = Tree::new().with("m.json", model());
    for wrong in ["my-account", "12", "1111222233334", "11112222333x"] {
        let (status, _, errors) = tree.check(&["m.json", "--account", wrong]);
        assert_eq!(status, 2, "{wrong}");
        assert!(errors.contains("12 digits"), "{errors}");
    }
    assert_eq!(tree.check(&["m.json", "--account", "111122223333"]).0, 0);
}
