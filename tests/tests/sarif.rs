//! The output of `sagewarden check --format sarif` is SARIF 2.1.0 according to the standard's own schema.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use cargo_metadata::MetadataCommand;
use sagewarden_events::Timestamp;
use sagewarden_tests::{Result, functions, python, root};
use serde_json::{Value, json};

/// The standard's schema, as the crate that the types come from carries it.
fn schema() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()?;
    let package = metadata.packages.iter().find(|package| package.name == "serde-sarif");
    let manifest = &package.ok_or("there is no package `serde-sarif`")?.manifest_path;
    Ok(manifest.parent().ok_or("a manifest lies in a folder")?.join("src/schema.json").into_std_path_buf())
}

fn problems(log: &Value) -> Result<Vec<String>> {
    let mut script =
        python::script("sarif.py")?.arg(schema()?).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(log)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn logs_keep_to_the_standards_schema() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("settings.toml");
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let today = Timestamp::from_millis(i64::try_from(since.as_millis())?).day();
    let waiver = format!(
        "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"arn:aws:sagemaker:*:111122223333:training-job/*\"\nreason = \"r\"\n\
         approver = \"a\"\ngranted = {today}\nexpires = {today}\n"
    );
    std::fs::write(&settings, waiver)?;
    let steps = [
        json!({ "Name": "train", "Type": "Training", "Arguments": { "RoleArn": "arn:aws:iam::111122223333:role/r" } }),
        json!({ "Name": "wait", "Type": "Callback" }),
    ];
    let pipeline = folder.path().join("pipeline.json");
    std::fs::write(&pipeline, json!({ "Version": "2020-12-01", "Steps": steps }).to_string())?;
    let call = root().join("events/aws.sagemaker/api-call-via-cloudtrail/create-training-job.json");
    let output = Command::new(functions::command()?)
        .args(["check", "--format", "sarif", "--settings"])
        .args([&settings, &pipeline, &call])
        .output()?;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let log: Value = serde_json::from_slice(&output.stdout)?;
    let results = log.pointer("/runs/0/results").and_then(Value::as_array).ok_or("there are no results")?;
    assert!(results.iter().any(|result| result.get("suppressions").is_some()), "{log:#}");
    assert_eq!(problems(&log)?, Vec::<String>::new());

    let mut spoilt = log;
    *spoilt.pointer_mut("/runs/0/results/0/kind").ok_or("a result has a kind")? = json!("unknown");
    let noticed = problems(&spoilt)?;
    assert_eq!(noticed.len(), 1, "the script would not notice: {noticed:?}");
    Ok(())
}
