//! The examples of fixes are valid: requests by AWS's own model, templates by CloudFormation's schemas.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_policy::intake::creations;
use sagewarden_policy::join::offline;
use sagewarden_policy::{Bundle, Subject, fixes, judge};
use sagewarden_tests::{Result, python, root};
use serde_json::{Value, json};

fn faults(ways: &[Value]) -> Result<Vec<String>> {
    let mut script =
        python::model_script("fixes.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(&ways)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn what_is_shown_of_how_to_keep_a_control_can_be_written() -> Result<()> {
    let bundle = Bundle::embedded()?;
    let mut ways = Vec::new();
    // Controls of schedules are judged on job definitions as well, which have requests of their own.
    let of_schedule = |kind: &ResourceKind| *kind == ResourceKind::MonitoringSchedule;
    let definitions: Vec<ResourceKind> = creations()
        .filter(|creation| creation.operation.ends_with("JobDefinition"))
        .map(|creation| creation.kind)
        .collect();
    assert_eq!(definitions.len(), 4);
    for control in bundle.controls() {
        let kinds: Vec<ResourceKind> = bundle.kinds(control).collect();
        let more = if kinds.iter().any(of_schedule) { definitions.clone() } else { Vec::new() };
        for kind in kinds.into_iter().chain(more) {
            let each = fixes::fixes(kind, control, bundle.settings()).into_iter();
            ways.extend(each.map(|fix| json!({ "id": control.id, "with": fix.with, "code": fix.code })));
        }
    }
    assert!(ways.len() > 250, "{} ways", ways.len());
    assert_eq!(faults(&ways)?, Vec::<String>::new());
    Ok(())
}

/// The lines of the diffs for descriptions that fail controls, each behind the operation whose request it changes.
fn lines() -> Result<Vec<Value>> {
    let settings = "profile = \"strict\"\n[traceability]\nrequired_tags = [\"Owner\"]\n[compute]\nmax_runtime_seconds = 60\n\
                    allowed_instance_types = [\"ml.m5.xlarge\"]\n[access]\nallowed_roles = [\"arn:aws:iam::111122223333:role/ds\"]\n\
                    [artifacts]\nallowed_buckets = [\"ds-model\"]\nallowed_images = [\"111122223333.dkr.ecr.*.amazonaws.com/*\"]\n\
                    [network]\nallowed_subnets = [\"subnet-7\"]\nallowed_security_groups = [\"sg-7\"]\n";
    let bundle = Bundle::embedded()?.with_settings(settings)?;
    let operations: BTreeMap<_, _> =
        creations().map(|creation| (creation.kind, creation.operation)).collect();
    let mut lines = Vec::new();
    for entry in fs::read_dir(root().join("shared/policy/tests/documents"))? {
        let kept: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        let [kind, name] =
            ["kind", "name"].map(|key| kept.get(key).and_then(Value::as_str).unwrap_or_default());
        let resource =
            Resource::parse_arn(&format!("arn:aws:sagemaker:eu-west-1:111122223333:{kind}/{name}"))?;
        for document in broken(&kept) {
            let joined = offline(&resource, &document, &BTreeMap::new());
            let as_of = Timestamp::from_millis(0);
            let subject = Subject { resource: &resource, document: &document, as_of, joined: &joined };
            for finding in judge(&bundle, &subject).findings {
                let operation = operations.get(&resource.kind).copied().unwrap_or_default();
                let each = finding.diff.lines().map(|line| json!({ "id": finding.control, "with": "diff", "code": format!("{operation} {line}") }));
                lines.extend(each);
            }
        }
    }
    Ok(lines)
}

/// A description with each of the changes that break a control.
fn broken(kept: &Value) -> Vec<Value> {
    let cases = kept["cases"].as_array().into_iter().flatten();
    let own = cases.filter(|case| case.get("answer_of").is_none());
    let changed = own.filter_map(|case| {
        let mut document = kept["document"].clone();
        let (parent, key) = case["at"].as_str()?.rsplit_once('/')?;
        match document.pointer_mut(parent)? {
            Value::Object(fields) if case["value"].is_null() => drop(fields.remove(key)),
            Value::Object(fields) => drop(fields.insert(key.to_owned(), case["value"].clone())),
            Value::Array(list) => *list.get_mut(key.parse::<usize>().ok()?)? = case["value"].clone(),
            _ => {}
        }
        Some(document)
    });
    changed.collect()
}

#[test]
fn the_diff_of_a_finding_names_fields_of_the_request_and_values_of_their_types() -> Result<()> {
    let lines = lines()?;
    assert!(lines.len() > 500, "{} lines", lines.len());
    let mut faults = faults(&lines)?;
    faults.dedup();
    assert_eq!(faults, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_is_invented_is_found() -> Result<()> {
    let way = |with: &str, code: &str| json!({ "id": "X", "with": with, "code": code });
    let found = faults(&[
        way("boto3", "create_model(..., VpcConfig={\"Subnet\": \"s\"})"),
        way("boto3", "create_domain(..., AuthMode=\"Sso\")"),
        way("CloudFormation", "AWS::SageMaker::Model with Properties: {\"VpcConfig\":{\"SubnetIds\":[]}}"),
        way("diff", "CreateModel + VpcConfig.Subnet: [\"s\"]"),
        way("diff", "CreateModel + Tags[]: {\"Name\":\"s\"}"),
        way("diff", "CreateEndpointConfig + ProductionVariants[0].InitialInstanceCount: \"2\""),
    ])?;
    let expected = [
        "X: CreateModel.VpcConfig has no `Subnet`",
        "X: CreateDomain.AuthMode is never `Sso`",
        "X: AWS::SageMaker::Model.VpcConfig has no `SubnetIds`",
        "X: CreateModel.VpcConfig.Subnet: CreateModel has no `Subnet`",
        "X: CreateModel.Tags[] has no `Name`",
        "X: CreateEndpointConfig.ProductionVariants[0].InitialInstanceCount is no integer",
    ];
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn arguments_of_sagemaker_core_become_the_members_of_the_api() -> Result<()> {
    let output = python::model_script("core_names.py")?.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    assert_eq!(serde_json::from_slice::<Vec<String>>(&output.stdout)?, Vec::<String>::new());
    Ok(())
}
