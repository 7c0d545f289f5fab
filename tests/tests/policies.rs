//! Every call and condition key of an exported policy is one of AWS's IAM reference, and the operator fits the key.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::Bundle;
use sagewarden_policy::export::{self, PolicyKind};
use sagewarden_tests::{Result, python, root};
use serde_json::{Value, json};

/// Every list is filled, so that every statement is exported.
const SETTINGS: &str = r#"
[network]
allowed_subnets = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
allowed_security_groups = ["sg-0f1e2d3c4b5a60001"]
[encryption]
allowed_key_accounts = ["111122223333"]
[artifacts]
allowed_buckets = ["ds-data-*"]
[compute]
allowed_instance_types = ["ml.m5.*"]
[traceability]
required_tags = ["Owner"]
"#;

/// The shipped bundle, and an empty control for each id that has a statement and is not in it.
fn bundle() -> Result<Bundle> {
    let infra = root().join("infra");
    let mut files = BTreeMap::from([("settings.toml".to_owned(), SETTINGS.to_owned())]);
    for entry in fs::read_dir(infra.join("policies"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(format!("policies/{name}"), fs::read_to_string(path)?);
    }
    let shipped = Bundle::from_files(&files)?;
    let missing: BTreeSet<&str> = export::preventable().filter(|id| shipped.control(id).is_none()).collect();
    let control = |id: &&str| {
        let annotations = "@severity(\"low\") @profile(\"essential\") @title(\"t\") @field(\"f\") @wanted(\"w\") @fix(\"f\") @remediation(\"none\")";
        format!("@id(\"{id}\") @area(\"NET\") {annotations} forbid (principal, action, resource);\n")
    };
    files.insert("policies/missing.cedar".to_owned(), missing.iter().map(control).collect());
    Ok(Bundle::from_files(&files)?)
}

/// The faults of policies.
fn problems(policies: &Value) -> Result<Vec<String>> {
    let mut script = python::script("policies.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = serde_json::to_vec(policies)?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&asked)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn policies_speak_of_calls_and_keys_that_exist() -> Result<()> {
    let bundle = bundle()?;
    for kind in [PolicyKind::Iam, PolicyKind::Scp] {
        let export = export::export(&bundle, kind)?;
        let statements = || export.policies.iter().flat_map(|policy| &policy.statement);
        let named: BTreeSet<&str> = statements().flat_map(|each| each.controls.iter().copied()).collect();
        assert_eq!(named, export::preventable().collect(), "every control has a statement");
        assert_eq!(problems(&json!(export.policies))?, Vec::<String>::new());
    }
    Ok(())
}

#[test]
fn what_is_invented_is_noticed() -> Result<()> {
    let check = |action: &str, operator: &str, key: &str, expect: &str| -> Result<()> {
        let statement = json!({ "Action": [action], "Condition": { operator: { key: "true" } } });
        assert_eq!(problems(&json!([{ "Statement": [statement] }]))?, [expect]);
        Ok(())
    };
    let isolation = "sagemaker:NetworkIsolation";
    check("sagemaker:CreateTrainJob", "Bool", isolation, "there is no call sagemaker:CreateTrainJob")?;
    check(
        "sagemaker:CreateAutoMLJob",
        "Bool",
        isolation,
        "sagemaker:CreateAutoMLJob has no condition key sagemaker:NetworkIsolation",
    )?;
    check(
        "sagemaker:CreateModel",
        "Null",
        "sagemaker:VpcSecurityGroup",
        "sagemaker:CreateModel has no condition key sagemaker:VpcSecurityGroup",
    )?;
    let model = "sagemaker:CreateModel";
    check(model, "StringEquals", isolation, "StringEquals does not fit sagemaker:NetworkIsolation")?;
    check(
        model,
        "StringNotEquals",
        "sagemaker:VpcSubnets",
        "StringNotEquals does not fit sagemaker:VpcSubnets",
    )
}
