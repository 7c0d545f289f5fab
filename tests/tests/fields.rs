//! Every field that a control speaks of is a field of AWS's own model of the Describe answer.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::Bundle;
use sagewarden_tests::{Result, python};

/// The fields among these that the API does not have.
fn unknown(fields: &BTreeMap<&str, Vec<String>>) -> Result<Vec<String>> {
    let mut script = python::script("fields.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = serde_json::to_vec(fields)?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&asked)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn controls_speak_of_fields_that_exist() -> Result<()> {
    let bundle = Bundle::embedded()?;
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for control in bundle.controls() {
        let operation = match control.id.split('-').next() {
            Some("TRN") => "DescribeTrainingJob",
            Some("PRC") => "DescribeProcessingJob",
            Some("MDL") => "DescribeModel",
            _ => return Err(format!("`{}` is of no kind that is described", control.id).into()),
        };
        fields.entry(operation).or_default().extend(control.fields.clone());
    }
    assert!(fields.values().map(Vec::len).sum::<usize>() > 30, "{fields:?}");
    assert_eq!(unknown(&fields)?, Vec::<String>::new());

    let invented = vec!["VpcConfig.SubnetIds".to_owned(), "InputDataConfig.ChannelName".to_owned()];
    assert_eq!(
        unknown(&BTreeMap::from([("DescribeTrainingJob", invented)]))?.len(),
        2,
        "the script would not notice"
    );
    Ok(())
}
