//! Findings of other scanners in the template: checkov checks all of it, parliament its IAM policies. Right findings are fixed. The others
//! are accepted here, each with its reason, and the scanners must still report them.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use sagewarden_tests::template::{TEMPLATE, resources};
use sagewarden_tests::{Result, python, root, template};
use serde::Deserialize;
use serde_json::{Value, json};

/// Every function of the template.
const FUNCTIONS: &str = "every function";

/// The template, the one of a function for one project, and the catalogue of notebooks.
const FILES: [&str; 6] = [
    "infra/template.yaml",
    "infra/lookup.yaml",
    "infra/notebook/notebook.yaml",
    "infra/notebook/portfolio.yaml",
    "infra/notebook/project.yaml",
    "infra/notebook/studio.yaml",
];

/// Accepted findings of checkov: the check, the resource, and why.
const ACCEPTED_OF_CHECKOV: &[(&str, &str, &str)] = &[
    (
        "CKV_AWS_18",
        "Quarantine",
        "access logs need a second bucket and come on a best-effort basis; CloudTrail's data events say who read what (SECURITY.md)",
    ),
    (
        "CKV_AWS_33",
        "Key",
        "`*` stands beside kms:CallerAccount and kms:ViaService: only callers of this account, only through four services",
    ),
    (
        "CKV_AWS_115",
        FUNCTIONS,
        "queues bound how many run at once (MaximumConcurrency); a reservation fails in an account with a small pool",
    ),
    (
        "CKV_AWS_116",
        FUNCTIONS,
        "nothing is invoked asynchronously: queues have dead-letter queues of their own, and a question waits for its answer",
    ),
    (
        "CKV_AWS_117",
        FUNCTIONS,
        "they call AWS's APIs with their roles and reach nothing in a VPC; there each of these services would need an endpoint",
    ),
    (
        "CKV_AWS_173",
        FUNCTIONS,
        "variables are names of resources and switches, no secrets; AWS encrypts them with a key of its own",
    ),
];

/// Accepted findings of parliament: the policy, the issue, and why.
const ACCEPTED_OF_PARLIAMENT: &[(&str, &str, &str)] = &[
    ("Key.KeyPolicy", "RESOURCE_STAR", "in the policy of a key `*` is that key"),
    ("EnforcePolicyRole.enforce-policy", "UNKNOWN_ACTION", NEWER),
    ("ReconcileRole.reconcile", "UNKNOWN_ACTION", NEWER),
    ("RecordLineageRole.record-lineage", "UNKNOWN_ACTION", NEWER),
    ("EnforcePolicyRole.roles", "INVALID_ARN", MANAGED),
    ("ReconcileRole.roles", "INVALID_ARN", MANAGED),
    ("AlertDriftRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("DetectDriftRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("EnforcePolicyRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("LookupLineageRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("ScopedLookupRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("RecordCommitRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("RecordLineageRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
    ("ReconcileRole.AssumeRolePolicyDocument", "MALFORMED", TRUST),
];
const MANAGED: &str = "policies that AWS manages belong to the account `aws`";
const NEWER: &str =
    "`sagemaker:GetEndpointPolicy` and `DescribeInferenceRouter` are newer than parliament's list of actions";
const TRUST: &str = "who may take on a role is said of that role: such a policy has no resource";

/// Check or policy, and resource or issue.
type Found = BTreeSet<(String, String)>;

fn accepted(list: &[(&str, &str, &str)]) -> Found {
    let functions = resources("AWS::Serverless::Function");
    let mut accepted = Found::new();
    for (one, other, why) in list {
        assert!(!why.is_empty());
        match *other {
            FUNCTIONS => {
                let all = functions.keys().copied().chain(["ScopedLookup"]);
                accepted.extend(all.map(|id| ((*one).to_owned(), id.to_owned())));
            }
            other => accepted.extend([((*one).to_owned(), other.to_owned())]),
        }
    }
    accepted
}

/// The scanners find nothing else, and every accepted finding still occurs.
fn compare(found: &Found, accepted: &Found) {
    let new: Vec<_> = found.difference(accepted).collect();
    assert!(new.is_empty(), "mend what is found, or accept it with a reason: {new:#?}");
    let gone: Vec<_> = accepted.difference(found).collect();
    assert!(gone.is_empty(), "accepted, and not found any more: {gone:#?}");
}

#[test]
fn checkov_finds_nothing_but_what_is_accepted() -> Result<()> {
    #[derive(Deserialize)]
    struct Report {
        results: Results,
        summary: Value,
    }
    #[derive(Deserialize)]
    struct Results {
        failed_checks: Vec<Check>,
    }
    #[derive(Deserialize)]
    struct Check {
        check_id: String,
        resource: String,
    }
    let output = python::scanner("checkov")?
        .args([
            "--framework",
            "cloudformation",
            "--output",
            "json",
            "--compact",
            "--quiet",
            "--skip-download",
        ])
        .arg("--file")
        .args(FILES.map(|file| root().join(file)))
        .output()?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    assert_eq!(report.summary.get("parsing_errors"), Some(&json!(0)));
    // Resources that SAM makes from a function are checked as the function.
    assert!(report.summary.get("passed").and_then(Value::as_u64) > Some(80), "{}", report.summary);
    let name = |resource: &str| resource.rsplit('.').next().unwrap_or_default().to_owned();
    let failed = report.results.failed_checks.iter();
    compare(
        &failed.map(|each| (each.check_id.clone(), name(&each.resource))).collect(),
        &accepted(ACCEPTED_OF_CHECKOV),
    );
    Ok(())
}

/// Parliament's findings in a template, and the number of policies.
fn parliament(template: &Value, parameters: &Value) -> Result<(usize, Found)> {
    #[derive(Deserialize)]
    struct Report {
        policies: usize,
        findings: Vec<Finding>,
    }
    #[derive(Deserialize)]
    struct Finding {
        policy: String,
        issue: String,
    }
    let mut script = python::scanning_script("statements.py")?
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let asked = serde_json::to_vec(&json!({ "template": template, "parameters": parameters }))?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&asked)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    let Report { policies, findings } = serde_json::from_slice(&output.stdout)?;
    Ok((policies, findings.into_iter().map(|each| (each.policy, each.issue)).collect()))
}

/// Every right that the template can grant.
fn everything_asked_for() -> Value {
    json!({
        "LookupUrl": "on", "DataBuckets": "ds-*", "DataAccounts": "444455556666", "BundleBucket": "ds-bundle",
        "InspectRoles": "true", "WriteBackCommit": "true", "ReadChecksums": "true", "ReadTrainingData": "true",
        "ReportBucket": "ds-reports", "Tracing": "on", "EvidenceLock": "GOVERNANCE",
    })
}

#[test]
fn parliament_finds_nothing_but_what_is_accepted() -> Result<()> {
    let asked = json!({ "TableName": "table", "Scope": "credit-*", "Asker": "arn:aws:iam::111122223333:role/auditor" });
    let (_, scoped) = parliament(&template::load("infra/lookup.yaml")?, &asked)?;
    let (few, without) = parliament(&TEMPLATE, &json!({}))?;
    let (many, with) = parliament(&TEMPLATE, &everything_asked_for())?;
    assert!(few >= 20 && many > few, "{few}, {many}");
    compare(&[with, without, scoped].into_iter().flatten().collect(), &accepted(ACCEPTED_OF_PARLIAMENT));
    Ok(())
}

#[test]
fn parliament_sees_a_right_that_reaches_nothing_and_a_call_that_does_not_exist() -> Result<()> {
    let check = |statement: Value, expect: &str| -> Result<()> {
        let policy = json!({ "PolicyName": "p", "PolicyDocument": { "Version": "2012-10-17", "Statement": [statement] } });
        let role = json!({ "Type": "AWS::IAM::Role", "Properties": { "Policies": [policy] } });
        let template = json!({ "Parameters": {}, "Conditions": {}, "Resources": { "Role": role } });
        let expect = ("Role.p".to_owned(), expect.to_owned());
        assert_eq!(parliament(&template, &json!({}))?, (1, Found::from([expect])));
        Ok(())
    };
    let object = json!({ "Fn::Sub": "arn:${AWS::Partition}:s3:::bucket/*" });
    check(json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": object }), "RESOURCE_MISMATCH")?;
    check(json!({ "Effect": "Allow", "Action": "s3:GetObjekt", "Resource": object }), "UNKNOWN_ACTION")
}
