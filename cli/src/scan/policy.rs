//! The IAM policy that a scan needs, from what each adapter says that its calls need.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::ResourceKind;
use sagewarden_sagemaker::actions;
use serde_json::{Value, json};

/// The calls of a scan beside lists and descriptions.
const ASKED: [&str; 9] = [
    "Account::tags",
    "Account::schedules_of",
    "Account::policy_of",
    "Account::steps_of",
    "Account::components_of",
    "SourceControl::commit",
    "Keys::manager",
    "Roles::grants",
    DATA[0],
];
/// The calls of a scan to S3: the versions of objects, and whether a bucket keeps versions. A scan reads no content.
const DATA: [&str; 2] = ["Objects::versioning", "Objects::versions"];

/// The calls for the lineage beyond the kinds that a scan lists: the experiment of a job.
const BESIDE: [ResourceKind; 3] =
    [ResourceKind::Trial, ResourceKind::Experiment, ResourceKind::TrialComponent];

/// The policy, with a statement for each service.
pub(super) fn document(kinds: &[ResourceKind], asks_data: bool) -> Value {
    let mut all: BTreeSet<&str> = kinds.iter().flat_map(|kind| actions::listing(*kind)).copied().collect();
    // A resource is judged by others that it names: any kind may be described.
    all.extend(sagewarden_govern::SWEPT.into_iter().chain(BESIDE).map(actions::describing));
    let asked = ASKED.iter().chain(&DATA).filter(|method| asks_data || !DATA.contains(method));
    all.extend(asked.flat_map(|method| of_method(method)));
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in all {
        services.entry(action.split(':').next().unwrap_or_default()).or_default().push(action);
    }
    let statement = |(service, actions): (&str, Vec<&str>)| json!({ "Sid": format!("Scan{}", sid(service)), "Effect": "Allow", "Action": actions, "Resource": "*" });
    let statements: Vec<Value> = services.into_iter().map(statement).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn of_method(method: &str) -> &'static [&'static str] {
    let tables = [
        actions::ACTIONS,
        sagewarden_s3::ACTIONS,
        sagewarden_codecommit::ACTIONS,
        sagewarden_iam::ACTIONS,
        sagewarden_kms::ACTIONS,
    ];
    let found = tables.into_iter().flatten().find(|(name, _)| *name == method);
    found.map_or(&[], |(_, actions)| actions)
}

fn sid(service: &str) -> &'static str {
    match service {
        "sagemaker" => "SageMaker",
        "s3" => "Buckets",
        "iam" => "Roles",
        "kms" => "Keys",
        _ => "Commits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_only_reads_and_names_every_list() {
        let policy = document(&sagewarden_govern::SWEPT, true).to_string();
        for action in
            ["sagemaker:Search", "sagemaker:ListApps", "sagemaker:DescribeTrial", "s3:ListBucketVersions"]
        {
            assert!(policy.contains(action), "{action}");
        }
        let statements = document(&sagewarden_govern::SWEPT, true);
        let actions = statements.get("Statement").and_then(Value::as_array).into_iter().flatten();
        let actions = actions.filter_map(|statement| statement.get("Action")?.as_array());
        for action in actions.flatten().filter_map(Value::as_str) {
            let verb = action.split(':').nth(1).unwrap_or_default();
            assert!(
                ["List", "Describe", "Search", "Get"].iter().any(|read| verb.starts_with(read)),
                "{action}"
            );
            assert_ne!(action, "s3:GetObject");
        }
        assert!(!document(&sagewarden_govern::SWEPT, false).to_string().contains("s3:"));
    }
}
