//! The examples of fixes are valid: requests by AWS's own model, templates by CloudFormation's schemas.

use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::{Bundle, fixes};
use sagewarden_tests::{Result, python};
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
    for control in bundle.controls() {
        for kind in bundle.kinds(control) {
            let each = fixes::fixes(kind, control).into_iter();
            ways.extend(each.map(|fix| json!({ "id": control.id, "with": fix.with, "code": fix.code })));
        }
    }
    assert!(ways.len() > 250, "{} ways", ways.len());
    assert_eq!(faults(&ways)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_is_invented_is_found() -> Result<()> {
    let way = |with: &str, code: &str| json!({ "id": "X", "with": with, "code": code });
    let found = faults(&[
        way("boto3", "create_model(..., VpcConfig={\"Subnet\": \"s\"})"),
        way("boto3", "create_domain(..., AuthMode=\"Sso\")"),
        way("CloudFormation", "AWS::SageMaker::Model with Properties: {\"VpcConfig\":{\"SubnetIds\":[]}}"),
    ])?;
    let expected = [
        "X: CreateModel.VpcConfig has no `Subnet`",
        "X: CreateDomain.AuthMode is never `Sso`",
        "X: AWS::SageMaker::Model.VpcConfig has no `SubnetIds`",
    ];
    assert_eq!(found, expected);
    Ok(())
}
