//! AWS's own model has the members by which a request that creates a resource is recognized, and templates name them as the API does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

use sagewarden_events::ResourceKind;
use sagewarden_policy::coverage::coverage;
use sagewarden_policy::intake::{
    TEMPLATED, attribute_of, creations, property_of, short_forms, without_controls,
};
use sagewarden_tests::{Result, python};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Model {
    /// The members of each operation's input, with whether they are required.
    operations: BTreeMap<String, BTreeMap<String, bool>>,
    /// The members of the entries in each operation's answer.
    entries: BTreeMap<String, BTreeSet<String>>,
    /// Properties of templates that the API's request has not, by resource.
    renamed: BTreeMap<String, BTreeSet<String>>,
    /// How Terraform's provider for Cloud Control calls the properties of templates.
    attributes: BTreeMap<String, String>,
}

fn model() -> Result<Model> {
    let mut script =
        python::model_script("creations.py")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let asked = json!(TEMPLATED);
    script.stdin.take().ok_or("the script has no input")?.write_all(&serde_json::to_vec(&asked)?)?;
    let output = script.wait_with_output()?;
    assert!(output.status.success(), "the script failed; its error is above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn no_other_operation_takes_the_fields_that_identify_a_creation() -> Result<()> {
    let model = model()?;
    // The first version of the AutoML API creates the same.
    let is_same = |one: &str, other: &str| {
        one == other || one.contains("AutoMLJob") && other.contains("CreateAutoMLJob")
    };
    for creation in creations() {
        let members = model.operations.get(creation.operation).ok_or(creation.operation)?;
        for field in std::iter::once(&creation.name).chain(creation.required) {
            assert!(members.contains_key(*field), "{} has no {field}", creation.operation);
        }
        for (other, theirs) in &model.operations {
            if is_same(creation.operation, other) || !theirs.contains_key(creation.name) {
                continue;
            }
            for own in creation.own {
                assert!(!theirs.contains_key(*own), "{other} takes {own} beside {}", creation.name);
            }
            // An update may take all that is required: it says as much.
            let takes_all = creation.required.iter().all(|field| theirs.contains_key(*field));
            assert!(
                !takes_all || other.starts_with("Update") || other.starts_with("Create"),
                "{other}: {}",
                creation.operation
            );
        }
    }
    Ok(())
}

#[test]
fn somebody_has_decided_on_every_operation_that_changes_something() -> Result<()> {
    const READS: [&str; 7] = ["Describe", "List", "Get", "Search", "Query", "BatchDescribe", "Render"];
    let model = model()?;
    let changing = model.operations.keys().map(String::as_str);
    let changing: BTreeSet<&str> =
        changing.filter(|name| !READS.iter().any(|read| name.starts_with(read))).collect();
    let decided: BTreeSet<&str> = coverage().into_iter().map(|operation| operation.name).collect();
    let missing: Vec<_> = changing.difference(&decided).collect();
    assert!(missing.is_empty(), "nobody has decided on {missing:?}: shared/policy/src/coverage.rs");
    let unknown: Vec<_> = decided.difference(&changing).collect();
    assert!(unknown.is_empty(), "the API does not have {unknown:?}");
    Ok(())
}

#[test]
fn what_creates_something_without_controls_takes_what_the_api_says() -> Result<()> {
    let model = model()?;
    for (operation, required, others) in without_controls() {
        let members = model.operations.get(*operation).ok_or(*operation)?;
        let own: BTreeMap<_, _> = required
            .iter()
            .map(|member| (*member, true))
            .chain(others.iter().map(|member| (*member, false)))
            .collect();
        let api: BTreeMap<_, _> =
            members.iter().map(|(member, required)| (member.as_str(), *required)).collect();
        assert_eq!(own, api, "{operation}");
    }
    // An ARN alone does not show the purpose of a presigned address.
    let named =
        ["CreatePipeline", "CreateAutoMLJob", "CreatePartnerAppPresignedUrl", "CreatePresignedMlflowAppUrl"];
    let known: BTreeSet<&str> = creations()
        .map(|creation| creation.operation)
        .chain(without_controls().map(|(operation, ..)| *operation))
        .chain(named)
        .collect();
    let creating = model.operations.keys().filter(|operation| operation.starts_with("Create"));
    let unknown: Vec<_> = creating.filter(|operation| !known.contains(operation.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    Ok(())
}

#[test]
fn what_names_an_existing_resource_and_does_not_describe_it_is_known_as_such() -> Result<()> {
    let model = model()?;
    let members = |operation: &str| -> BTreeSet<&str> {
        let requests = || Some(model.operations.get(operation)?.keys().map(String::as_str).collect());
        let entries = || Some(model.entries.get(operation)?.iter().map(String::as_str).collect());
        let members = if operation.starts_with("List") { entries() } else { requests() };
        members.unwrap_or_default()
    };
    let known: BTreeSet<&str> = short_forms().map(|(operation, ..)| *operation).collect();
    for (operation, kind, own) in short_forms() {
        assert_eq!(own.iter().copied().collect::<BTreeSet<_>>(), members(operation), "{operation}");
        assert!(own.contains(&kind.arn_field()), "{operation}");
    }
    // Half of the API's resources have a `Name`, and several kinds of jobs a `JobName`: these tell nothing of their kind.
    let has_telling_name = |kind: &ResourceKind| !["Name", "JobName"].contains(&kind.name_field());
    for kind in creations().map(|creation| creation.kind).filter(has_telling_name) {
        let is_short = |operation: &&String| {
            let of = members(operation);
            let named = of.contains(kind.name_field())
                && (operation.starts_with("List") || operation.starts_with("Update"));
            named && of.contains(kind.arn_field()) && !of.contains("RoleArn")
        };
        let short: Vec<&String> = model.operations.keys().filter(is_short).collect();
        let missing: Vec<_> = short.iter().filter(|operation| !known.contains(operation.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?} of {kind:?}: shared/policy/src/intake/short.rs");
    }
    Ok(())
}

#[test]
fn templates_name_what_they_set_as_the_api_does() -> Result<()> {
    let model = model()?;
    // Fields of a template beside the request are not settings of the resource.
    let beside = [
        ("Endpoint", "ExcludeRetainedVariantProperties"),
        ("Endpoint", "RetainAllVariantProperties"),
        ("Endpoint", "RetainDeploymentConfig"),
        ("InferenceComponent", "DeploymentConfig"),
        ("InferenceComponent", "EndpointArn"),
        ("InferenceComponent", "RuntimeConfig.CurrentCopyCount"),
        ("InferenceComponent", "RuntimeConfig.DesiredCopyCount"),
        ("InferenceComponent", "RuntimeConfig.PlacementStatus"),
        ("InferenceComponent", "Specification.Container.DeployedImage"),
        ("InferenceComponent", "Specification.CurrentDataCacheConfig"),
        ("InferenceComponent", "Specifications.CurrentDataCacheConfig"),
        ("ModelPackage", "AdditionalInferenceSpecificationsToAdd"),
        ("ModelPackage", "ApprovalDescription"),
        ("ModelPackage", "ModelPackageStatusDetails"),
        ("ModelPackage", "ModelPackageVersion"),
        ("Cluster", "InstanceGroups.CurrentCount"),
        ("Cluster", "RestrictedInstanceGroups.CurrentCount"),
        ("PartnerApp", "AppVersion"),
        ("MonitoringSchedule", "EndpointName"),
        ("MonitoringSchedule", "FailureReason"),
        ("MonitoringSchedule", "LastMonitoringExecutionSummary"),
        ("MonitoringSchedule", "MonitoringScheduleStatus"),
        ("DataQualityJobDefinition", "EndpointName"),
        ("ModelQualityJobDefinition", "EndpointName"),
        ("ModelBiasJobDefinition", "EndpointName"),
        ("ModelExplainabilityJobDefinition", "EndpointName"),
    ];
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (resource, property) in beside {
        expected.entry(resource.to_owned()).or_default().insert(property.to_owned());
    }
    let found: BTreeMap<_, _> =
        model.renamed.into_iter().filter(|(_, properties)| !properties.is_empty()).collect();
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn the_provider_for_cloud_control_calls_properties_as_its_rule_says() -> Result<()> {
    let attributes = model()?.attributes;
    assert!(attributes.len() > 400, "{}", attributes.len());
    // Properties of a cluster that differ from others only in their capitals; no control reads them.
    let told_apart = attributes.iter().filter(|(property, _)| !property.starts_with("FSx"));
    for (property, attribute) in told_apart {
        assert_eq!((&attribute_of(property), &property_of(attribute)), (attribute, property));
    }
    Ok(())
}
