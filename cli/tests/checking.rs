//! `sagewarden check` on what people have: files of every form, folders, pipes, and what cannot be used among them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "run/judged.rs"]
mod judged;
mod run;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use judged::{Folder, errors, model};
use run::{failure, out, sagewarden};
use serde_json::{Value, json};

/// The lines and the paths of the findings of a control.
fn places(folder: &Folder, file: &str, control: &str) -> Vec<(Option<u64>, String)> {
    let document = folder.json(&[file]);
    let subjects = document.pointer("/files/0/subjects").unwrap().as_array().unwrap().clone();
    let findings = subjects.iter().flat_map(|subject| subject["findings"].as_array().unwrap());
    let of = findings.filter(|finding| finding["control"] == control && finding["status"] == "violation");
    of.map(|finding| (finding["line"].as_u64(), finding["path"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn one_file_that_cannot_be_used_hides_no_other() {
    let folder = Folder::new();
    folder.file("bad.json", "{\"ModelName\": ");
    folder.file("none.json", "{\"a\": 1}");
    folder.file("broken.json", model(false).to_string());
    folder.file("kept.json", model(true).to_string());
    assert_eq!(failure(&["check", "/absent.json"]).0, Some(2));
    assert!(sagewarden(&["check", "--help"]).status.success());
    let output = folder.check(&["bad.json", "broken.json", "absent.json", "none.json"]);
    assert_eq!(output.status.code(), Some(1), "what is broken counts");
    assert!(out(&output).contains("FAILED MDL-NET-02"), "{}", out(&output));
    let told = errors(&output);
    for name in
        ["`bad.json` cannot be read: not valid JSON: EOF", "`absent.json` cannot be read", "`none.json`"]
    {
        assert!(told.contains(name), "{name} is not in\n{told}");
    }
    let output = folder.check(&["kept.json", "none.json"]);
    assert_eq!(output.status.code(), Some(2), "not all could be judged");
    assert!(out(&output).contains("model `m` compliant"), "{}", out(&output));
    let document = folder.json(&["bad.json", "kept.json"]);
    assert!(document.pointer("/files/0/unusable").unwrap().as_str().unwrap().contains("bad.json"));
    assert_eq!(document.pointer("/files/1/subjects/0/outcome").unwrap(), "compliant");
}

#[test]
fn where_no_control_was_judged_nothing_is_compliant() {
    let folder = Folder::new();
    folder.file("e.json", json!({ "EndpointName": "e", "EndpointConfigName": "c" }).to_string());
    let output = folder.check(&["e.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).contains("endpoint `e`: nothing could be judged"), "{}", out(&output));
    assert!(errors(&output).contains("every control needs access to the account"), "{}", errors(&output));
    folder.file("step.json", json!({ "Steps": [{ "Name": "s", "Type": "Training" }] }).to_string());
    let output = folder.check(&["step.json"]);
    assert_eq!(output.status.code(), Some(1), "what cannot be read is undecided");
    assert!(out(&output).contains("undecided: Steps[0]: the step has no `Arguments`"), "{}", out(&output));
}

#[test]
fn a_file_is_read_in_the_encodings_of_editors_and_from_a_pipe() {
    let folder = Folder::new();
    let text = model(false).to_string();
    folder.file("mark.json", format!("\u{feff}{text}"));
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.file("wide.json", wide);
    for name in ["mark.json", "wide.json"] {
        let output = folder.check(&[name]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", errors(&output));
    }
    for text in [text.as_str(), "ModelName: m\nEnableNetworkIsolation: false\n"] {
        let mut command = folder.command(&["-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(out(&output).contains("FAILED MDL-NET-02"), "{}", out(&output));
    }
}

#[test]
fn a_folder_is_looked_through_and_what_is_somebody_elses_is_counted() {
    let folder = Folder::new();
    folder.file("a/model.json", model(false).to_string());
    folder.file("a/b/model.yaml", "ModelName: m\nEnableNetworkIsolation: false\n");
    folder.file("package.json", "{\"name\": \"x\"}");
    folder.file("tsconfig.json", "{ // a comment\n}");
    folder.file("README.md", "x");
    folder.file("node_modules/x/model.json", model(false).to_string());
    std::os::unix::fs::symlink(folder.0.path(), folder.0.path().join("a/round")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.0.path().join("pipe.json")).status().unwrap().success());
    let output = folder.check(&["."]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    assert_eq!(text.matches("FAILED MDL-NET-02").count(), 2, "{text}");
    assert!(text.ends_with("5 files skipped: nothing to judge\n"), "{text}");
    // What could hide something is named.
    assert_eq!(
        errors(&output),
        "note: `a/round` was skipped: it is a link to a folder; name that folder to have it judged\n\
         note: `pipe.json` was skipped: it is a named pipe, a device or a socket\n"
    );
    // A file that mentions SageMaker and cannot be read is not passed over.
    folder.file("sagemaker.yaml", "Type: AWS::SageMaker::Model\nx: [");
    let output = folder.check(&["."]);
    assert!(
        errors(&output).contains("sagemaker.yaml` cannot be read: not valid YAML"),
        "{}",
        errors(&output)
    );
}

#[test]
fn the_exit_status_is_the_verdicts_whatever_becomes_of_the_pipe() {
    let folder = Folder::new();
    let files: Vec<String> = (0..400).map(|index| format!("m{index}.json")).collect();
    files.iter().for_each(|name| folder.file(name, model(false).to_string()));
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    for format in ["text", "json", "sarif"] {
        let mut command = folder.command(&[names.as_slice(), &["--format", format]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

#[test]
fn a_template_is_judged_with_what_is_known_of_its_values() {
    let folder = Folder::new();
    folder.file(
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Root: { Type: String, Default: Enabled }\n  Key: { Type: String }\n\
         Resources:\n  Notebook:\n    Type: AWS::SageMaker::NotebookInstance\n    Properties:\n      InstanceType: ml.t3.medium\n\
         \x20     RoleArn: !GetAtt Role.Arn\n      RootAccess: !Ref Root\n      KmsKeyId: !Ref Key\n      SubnetId: !ImportValue x\n\
         \x20     SecurityGroupIds: [!Ref Group]\n      DirectInternetAccess: Disabled\n  Bucket:\n    Type: AWS::S3::Bucket\n",
    );
    assert_eq!(
        places(&folder, "template.yaml", "NBK-IAM-01"),
        [(Some(11), "Resources.Notebook.Properties.RootAccess".to_owned())]
    );
    assert!(places(&folder, "template.yaml", "NBK-NET-02").is_empty(), "presence is presence");
    assert!(places(&folder, "template.yaml", "NBK-ENC-01").is_empty(), "known only once it is deployed");
    let isolation =
        json!({ "Type": "AWS::SageMaker::Model", "Properties": { "EnableNetworkIsolation": "false" } });
    folder.file("cdk.out/S.template.json", json!({ "Resources": { "M": isolation } }).to_string());
    folder.file("cdk.out/manifest.json", "{\"version\": \"1\"}");
    assert_eq!(places(&folder, "cdk.out", "MDL-NET-02").len(), 1);
}

#[test]
fn a_plan_a_manifest_and_a_state_machine_are_judged_in_their_own_words() {
    let folder = Folder::new();
    let after = json!({
        "name": "n", "instance_type": "ml.t3.medium", "role_arn": null, "root_access": "Enabled", "kms_key_id": null,
        "instance_metadata_service_configuration": [{ "minimum_instance_metadata_service_version": "1" }],
        "tags": { "Owner": "me" },
    });
    let change = |actions: &str, after: &Value| {
        json!({
            "address": "module.a.aws_sagemaker_notebook_instance.n", "mode": "managed", "type": "aws_sagemaker_notebook_instance",
            "change": { "actions": [actions], "after": after, "after_unknown": { "kms_key_id": true, "role_arn": true } },
        })
    };
    let changes = [change("create", &after), change("delete", &Value::Null)];
    folder.file("plan.json", json!({ "terraform_version": "1", "resource_changes": changes }).to_string());
    let imds = "resource_changes[0].change.after.instance_metadata_service_configuration.minimum_instance_metadata_service_version";
    assert_eq!(places(&folder, "plan.json", "NBK-IAM-02"), [(Some(1), imds.to_owned())]);
    assert!(places(&folder, "plan.json", "NBK-ENC-01").is_empty(), "known only once it is applied");

    folder.file(
        "job.yaml",
        "apiVersion: v1\nkind: Namespace\n---\napiVersion: sagemaker.services.k8s.aws/v1alpha1\nkind: TrainingJob\nmetadata: { name: j }\n\
         spec:\n  trainingJobName: j\n  roleARN: arn:aws:iam::111122223333:role/r\n  algorithmSpecification:\n    trainingImage: x:1\n\
         \x20 outputDataConfig:\n    s3OutputPath: s3://b\n    kmsKeyID: alias/aws/s3\n",
    );
    assert_eq!(
        places(&folder, "job.yaml", "TRN-ENC-02"),
        [(Some(14), "spec.outputDataConfig.kmsKeyID".to_owned())]
    );

    let train = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": { "TrainingJobName.$": "$.name", "VpcConfig.$": "$.vpc", "EnableNetworkIsolation": false },
    });
    let map = json!({ "Type": "Map", "ItemProcessor": { "StartAt": "T", "States": { "T": train } } });
    folder.file("machine.asl.json", json!({ "StartAt": "M", "States": { "M": map } }).to_string());
    let path = "States.M.ItemProcessor.States.T.Parameters.EnableNetworkIsolation";
    assert_eq!(places(&folder, "machine.asl.json", "TRN-NET-02"), [(Some(1), path.to_owned())]);
    assert!(places(&folder, "machine.asl.json", "TRN-NET-01").is_empty(), "known only when it runs");
}

#[test]
fn records_of_a_log_are_judged_and_those_of_others_passed_over() {
    let folder = Folder::new();
    let record = |source: &str| {
        json!({
            "eventSource": source, "eventName": "CreateModel", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "requestParameters": { "modelName": "m", "enableNetworkIsolation": false },
        })
    };
    let records = [record("s3.amazonaws.com"), record("sagemaker.amazonaws.com")];
    folder.file("log.json", json!({ "Records": records }).to_string());
    let path = "Records[1].requestParameters.enableNetworkIsolation";
    assert_eq!(places(&folder, "log.json", "MDL-NET-02"), [(Some(1), path.to_owned())]);
    let events: Vec<Value> =
        records.iter().map(|record| json!({ "CloudTrailEvent": record.to_string() })).collect();
    folder.file("looked-up.json", json!({ "Events": events }).to_string());
    assert_eq!(places(&folder, "looked-up.json", "MDL-NET-02").len(), 1);
    let definition = json!({ "Steps": [{ "Name": "m", "Type": "Model", "Arguments": { "EnableNetworkIsolation": false } }] });
    let pipeline = json!({ "PipelineName": "p", "PipelineDefinition": definition.to_string() });
    folder.file("pipeline.json", pipeline.to_string());
    let path = "PipelineDefinition.Steps[0].Arguments.EnableNetworkIsolation";
    assert_eq!(places(&folder, "pipeline.json", "MDL-NET-02"), [(Some(1), path.to_owned())]);
}

#[test]
fn the_log_of_a_large_file_is_made_in_a_time_that_grows_with_it() {
    let folder = Folder::new();
    let step = |index: usize| json!({ "Name": format!("s{index}"), "Type": "Model", "Arguments": { "EnableNetworkIsolation": false } });
    let time = |steps: usize| {
        let steps: Vec<Value> = (0..steps).map(step).collect();
        folder.file("p.json", format!("{:#}", json!({ "Steps": steps })));
        let start = Instant::now();
        let output = folder.check(&["p.json", "--format", "sarif"]);
        assert_eq!(output.status.code(), Some(1));
        start.elapsed()
    };
    let (small, large) = (time(200), time(2_000));
    assert!(large < small * 40 + Duration::from_secs(2), "{small:?} of 200 steps, {large:?} of 2000");
}

#[test]
fn a_hostile_template_ends_in_a_message() {
    let folder = Folder::new();
    let cyclic = json!({
        "Parameters": { "P": { "Type": "String", "Default": "${P}" } },
        "Resources": {
            "A": { "Type": "AWS::SageMaker::Model", "Properties": { "ModelName": { "Ref": "B" }, "ExecutionRoleArn": { "Fn::Sub": "${P}${A}" } } },
            "B": { "Type": "AWS::SageMaker::Model", "Properties": { "ModelName": { "Ref": "A" }, "VpcConfig": { "Fn::Transform": {} } } },
        },
    });
    folder.file("cyclic.json", cyclic.to_string());
    assert_eq!(folder.check(&["cyclic.json"]).status.code(), Some(1));
    let mut laughs = "a0: &a0 [SageMaker, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs += &format!("a{level}: &a{level} [{list}]\n");
    }
    folder.file("laughs.yaml", laughs);
    let output = folder.check(&["laughs.yaml", "cyclic.json"]);
    assert!(errors(&output).contains("`laughs.yaml` cannot be read: more than"), "{}", errors(&output));
}

#[test]
fn builds_have_the_findings_in_their_own_forms() {
    let folder = Folder::new();
    folder.file("m.json", format!("{:#}", model(false)));
    folder.file("a%,b.json", json!({ "Steps": [{ "Name": "s", "Type": "Training" }] }).to_string());
    let said = |format: &str| {
        let output = folder.check(&["m.json", "a%,b.json", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        out(&output)
    };
    let github = said("github");
    let isolation = github.lines().find(|line| line.contains("MDL-NET-02")).unwrap();
    assert!(
        isolation.starts_with(
            "::error file=m.json,line=3,title=MDL-NET-02::model `m`: model must not have network access"
        ),
        "{github}"
    );
    assert!(github.contains("::warning file=a%25%2Cb.json,title=undecided::Steps[0]: "), "{github}");
    let junit = said("junit");
    assert!(junit.starts_with("<?xml") && junit.ends_with("</testsuites>\n"), "{junit}");
    assert!(junit.contains("name=\"MDL-NET-02\"><failure message=\"m.json:3: model `m`"), "{junit}");
    assert!(junit.contains("name=\"MDL-NET-01\"></testcase>"), "{junit}");
    assert!(junit.contains("<error message=\"Steps[0]: the step has no"), "{junit}");
    let markdown = said("markdown");
    assert!(markdown.contains("- `MDL-NET-02` failed at `m.json:3`: model `m`: "), "{markdown}");
    folder.file("m.json", model(true).to_string());
    assert!(out(&folder.check(&["m.json", "--format", "markdown"])).ends_with("All controls hold.\n"));
    let github = out(&folder.check(&["m.json", "--format", "github"]));
    assert!(github.starts_with("judged with the built-in settings") && !github.contains("::"), "{github}");
}
