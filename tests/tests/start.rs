//! A function with a missing or wrong setting does not start, and says why.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use sagewarden_tests::{Result, functions};
use tempfile::TempDir;

/// Runs a function as Lambda would; returns its last output.
fn started(folder: &Path, function: &str, environment: &BTreeMap<&str, &str>) -> Result<String> {
    let place = folder.join(function);
    let output = Command::new(place.join("bootstrap"))
        .env_clear()
        .env("LAMBDA_TASK_ROOT", &place)
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .env("AWS_REGION", "eu-west-1")
        .envs(environment)
        .output()?;
    assert!(!output.status.success(), "{function} started");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_is_missing_or_wrong_is_named_before_anything_is_judged() -> Result<()> {
    let folder = TempDir::new()?;
    functions::package(folder.path(), "mode = \"observe\"\n\n[netwrok]\n")?;
    let complete = BTreeMap::from([
        ("SAGEWARDEN_TABLE", "lineage"),
        ("SAGEWARDEN_BUS", "own"),
        ("SAGEWARDEN_QUARANTINE_BUCKET", "quarantine"),
        ("SAGEWARDEN_EVIDENCE_BUCKET", "evidence"),
        ("SAGEWARDEN_ACCOUNT", "111122223333"),
    ]);
    let check = |function: &str, environment: &BTreeMap<&str, &str>, words: &str| -> Result<()> {
        let said = started(folder.path(), function, environment)?;
        assert!(said.contains(words), "{function}: {said}");
        Ok(())
    };
    for function in
        ["enforce-policy", "record-lineage", "alert-drift", "detect-drift", "reconcile", "record-commit"]
    {
        check(function, &complete, "settings.toml:3:2: unknown field `netwrok`")?;
    }
    let mut elsewhere = complete.clone();
    elsewhere.insert("SAGEWARDEN_BUNDLE", "governance/prod");
    let wanted = "it must be empty, or `s3://<bucket>/<prefix>/`";
    check("enforce-policy", &elsewhere, wanted)?;
    let policy = folder.path().join("enforce-policy/bundle/policies/model.cedar");
    fs::write(folder.path().join("enforce-policy/bundle/settings.toml"), "mode = \"observe\"\n")?;
    let broken = fs::read_to_string(&policy)?.replacen("networkIsolation", "isolation", 1);
    fs::write(&policy, broken)?;
    check("enforce-policy", &complete, "policies/model.cedar:")?;
    fs::remove_file(&policy)?;
    fs::remove_file(folder.path().join("enforce-policy/bundle/policies/schema.cedarschema"))?;
    check("enforce-policy", &complete, "policies/schema.cedarschema:1:1: the file is missing")?;
    for (function, variable) in [
        ("record-commit", "SAGEWARDEN_QUARANTINE_BUCKET"),
        ("lookup-lineage", "SAGEWARDEN_TABLE"),
        ("enforce-policy", "SAGEWARDEN_BUS"),
    ] {
        let mut without = complete.clone();
        without.remove(variable);
        check(function, &without, &format!("the environment variable `{variable}` is not set"))?;
    }
    let mut scoped = complete.clone();
    scoped.insert("SAGEWARDEN_LOOKUP_SCOPE", "credit-*,,");
    check(
        "lookup-lineage",
        &scoped,
        "`SAGEWARDEN_LOOKUP_SCOPE` is `credit-*,,`: it must be patterns of names",
    )?;
    let mut switched = complete;
    switched.insert("SAGEWARDEN_COMMENTS", "no");
    check("record-commit", &switched, "`SAGEWARDEN_COMMENTS` is `no`: it must be `on` or `off`")?;
    Ok(())
}
