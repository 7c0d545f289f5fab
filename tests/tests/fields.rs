//! Every field that a control speaks of is a field of AWS's own model of the answer, and every document that the controls are
//! tested with is one that the API could give.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use sagewarden_policy::Bundle;
use sagewarden_tests::{Result, python, root};
use serde_json::{Value, json};

/// The fields that the models do not have.
fn faults(asked: &Value) -> Result<Vec<String>> {
    let mut script =
        python::model_script("fields.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(asked)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The documents that controls are tested with, by the name of their file.
fn fixtures() -> Result<BTreeMap<String, Value>> {
    let mut fixtures = BTreeMap::new();
    for entry in fs::read_dir(root().join("shared/policy/tests/documents"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        fixtures.insert(name, serde_json::from_slice(&fs::read(entry.path())?)?);
    }
    Ok(fixtures)
}

/// The first part of a control's id.
fn prefix(id: &str) -> &str {
    id.split('-').next().unwrap_or_default()
}

/// The operation that describes what controls speak of, by the first part of their ids.
fn operations(fixtures: &BTreeMap<String, Value>) -> Result<BTreeMap<&str, &str>> {
    let mut operations = BTreeMap::new();
    for (name, fixture) in fixtures {
        let operation = fixture["operation"].as_str().ok_or("a fixture names its operation")?;
        let cases = fixture["cases"].as_array().into_iter().flatten();
        let broken = cases.filter_map(|case| case["breaks"].as_array()).flatten();
        for id in broken.filter_map(Value::as_str) {
            let known = operations.insert(prefix(id), operation);
            assert!(known.is_none_or(|known| known == operation), "{name}: `{id}` is of another kind");
        }
    }
    Ok(operations)
}

/// Fields of requests alone: a description has what became of the image, and the types that a group has and shall have. `lists.rs` holds them against the requests.
const OF_REQUESTS: [&str; 3] = [
    "Specification.Container.Image",
    "Specifications[].Container.Image",
    "InstanceGroups[].InstanceRequirements.InstanceTypes",
];

#[test]
fn controls_speak_of_fields_that_exist() -> Result<()> {
    let (bundle, fixtures) = (Bundle::embedded()?, fixtures()?);
    let operations = operations(&fixtures)?;
    assert_eq!(operations["TRN"], "DescribeTrainingJob");
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for control in bundle.controls() {
        let operation = operations.get(prefix(&control.id)).ok_or(control.id.as_str())?;
        let described =
            control.fields.iter().map(String::as_str).filter(|field| !OF_REQUESTS.contains(field));
        paths.entry(operation).or_default().extend(described);
    }
    assert!(paths.values().map(Vec::len).sum::<usize>() > 200, "{paths:?}");
    assert_eq!(faults(&json!({ "paths": paths }))?, Vec::<String>::new());
    Ok(())
}

#[test]
fn controls_are_tested_with_what_the_api_could_answer() -> Result<()> {
    assert_eq!(faults(&json!({ "fixtures": fixtures()? }))?, Vec::<String>::new());
    Ok(())
}

#[test]
fn what_is_invented_is_noticed() -> Result<()> {
    let invented = [
        "VpcConfig.SubnetIds",
        "InputDataConfig.ChannelName",
        "GetBucketVersioning:State",
        "DescribeModel:Vpc",
    ];
    let found = faults(&json!({ "paths": { "DescribeTrainingJob": invented } }))?;
    let expected = [
        "DescribeTrainingJob has no `VpcConfig.SubnetIds`",
        "DescribeTrainingJob has no `InputDataConfig.ChannelName`",
        "GetBucketVersioning has no `State`",
        "DescribeModel has no `Vpc`",
    ];
    assert_eq!(found, expected);

    let mut fixture = fixtures()?.remove("training-job.json").ok_or("the fixture is missing")?;
    fixture["document"]["EnableIsolation"] = json!(true);
    fixture["document"]["ResourceConfig"]["InstanceCount"] = json!("1");
    fixture["document"]["TrainingJobStatus"] = json!("Running");
    fixture["answers"]["GetBucketVersioning"] = json!([{ "Status": "On" }]);
    fixture["cases"] = json!([{ "at": "/VpcConfig", "value": { "Subnets": "subnet-1" } }]);
    if let Some(document) = fixture["document"].as_object_mut() {
        document.remove("CreationTime");
    }
    let found = faults(&json!({ "fixtures": { "t": fixture } }))?;
    for expected in [
        "t: DescribeTrainingJob has no member `EnableIsolation`",
        "t: DescribeTrainingJob.ResourceConfig.InstanceCount is \"1\", which is no integer",
        "t: DescribeTrainingJob.TrainingJobStatus is `Running`, which is none of InProgress,",
        "t: DescribeTrainingJob lacks CreationTime",
        "t: GetBucketVersioning.Status is `On`, which is none of Enabled, Suspended",
        "t: case 0, DescribeTrainingJob.VpcConfig.Subnets is \"subnet-1\", which is no list",
    ] {
        assert!(found.iter().any(|fault| fault.starts_with(expected)), "{expected}: {found:#?}");
    }
    Ok(())
}
