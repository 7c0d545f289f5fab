use super::*;
use crate::shown::tests::control;

#[test]
fn a_wish_says_what_the_settings_allow() {
    let check = |template: &str, set: &dyn Fn(&mut Settings), unset: &str, filled: &str| {
        let mut settings = Settings::default();
        assert_eq!(fill(template, &settings, "1"), unset, "{template}");
        set(&mut settings);
        assert_eq!(fill(template, &settings, "1"), filled, "{template}");
    };
    let two = || vec!["a".to_owned(), "b".to_owned()];
    check("as it is", &|_| {}, "as it is", "as it is");
    check(
        "{allowed_roles}",
        &|settings| settings.access.allowed_roles = two(),
        "any role",
        "a role that fits a, b",
    );
    check(
        "{allowed_buckets}",
        &|settings| settings.artifacts.allowed_buckets = two(),
        "any bucket",
        "buckets that fit a, b",
    );
    check(
        "{allowed_images}",
        &|settings| settings.artifacts.allowed_images = two(),
        "any image",
        "images that fit a, b",
    );
    check(
        "{allowed_file_systems}",
        &|settings| settings.artifacts.allowed_file_systems = two(),
        "any file system",
        "file systems that fit a, b",
    );
    check(
        "{allowed_instance_types}",
        &|settings| settings.compute.allowed_instance_types = two(),
        "any instance type",
        "instance types that fit a, b",
    );
    check(
        "{allowed_regions}",
        &|settings| settings.access.allowed_regions = two(),
        "the router's own region only",
        "the router's own region, or a or b",
    );
    check(
        "{allowed_base_models}",
        &|settings| settings.artifacts.allowed_base_models = two(),
        "any base model",
        "base models that fit a, b",
    );
    check(
        "{allowed_repositories}",
        &|settings| settings.artifacts.allowed_repositories = two(),
        "any repository",
        "repositories that fit a, b",
    );
    check(
        "{stages}",
        &|settings| settings.artifacts.stages = two(),
        "any order of stages",
        "each of the stages, in this order: a, b",
    );
    check(
        "{allowed_platforms}",
        &|settings| settings.compute.allowed_platforms = two(),
        "one of notebook-al2023-v1",
        "one of a, b",
    );
    check(
        "{allowed_studio_images}",
        &|settings| settings.compute.allowed_studio_images = two(),
        "any image",
        "images that fit a, b",
    );
    check(
        "{allowed_lifecycle_configs}",
        &|settings| settings.compute.allowed_lifecycle_configs = two(),
        "any lifecycle configuration",
        "lifecycle configurations that fit a, b",
    );
    check(
        "{required_tags}",
        &|settings| settings.traceability.required_tags = two(),
        "any tags",
        "tags with the keys a, b",
    );
    check(
        "{required_types}",
        &|settings| settings.monitoring.required_types = two(),
        "schedules of any type",
        "schedules of the types a, b",
    );
    check(
        "{allowed_subnets}",
        &|settings| settings.network.allowed_subnets = two(),
        "subnets of any VPC",
        "subnets a, b",
    );
    check(
        "{allowed_security_groups}",
        &|settings| settings.network.allowed_security_groups = two(),
        "security groups of any VPC",
        "security groups a, b",
    );
    check(
        "{max_runtime}",
        &|settings| settings.compute.max_runtime_seconds = Some(60),
        "any limit of time",
        "at most 60 seconds",
    );
    check(
        "{serving_stage}",
        &|settings| settings.artifacts.serving_stage = Some("Production".to_owned()),
        "any stage",
        "Production",
    );
    check(
        "{allowed_approvers}",
        &|settings| settings.access.allowed_approvers = two(),
        "somebody other than its author",
        "somebody other than its author, who fits a, b",
    );
    let percent = Settings::default().monitoring.min_sampling_percentage.to_string();
    check(
        "{min_sampling_percentage}",
        &|settings| settings.monitoring.min_sampling_percentage = 7,
        &percent,
        "7",
    );
}

#[test]
fn a_wish_for_a_key_names_its_accounts_or_the_keys() {
    let filled = |accounts: &[&str], keys: &[&str], own: &str| {
        let mut settings = Settings::default();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        settings.encryption.allowed_key_accounts = owned(accounts);
        settings.encryption.allowed_keys = owned(keys);
        fill("{key}", &settings, own)
    };
    assert_eq!(filled(&[], &[], "1"), "a KMS key of account 1");
    assert_eq!(filled(&[], &[], ""), "a KMS key of the resource's own account");
    assert_eq!(filled(&["2", "3"], &[], "1"), "a KMS key of account 2 or 3");
    assert_eq!(filled(&["2"], &["arn:a", "arn:b"], "1"), "a KMS key that fits arn:a, arn:b");
}

#[test]
fn what_is_no_policy_s_finding_has_an_id_of_its_own() {
    let error = Finding::engine_error("why".into());
    assert_eq!(
        (error.control.as_str(), error.status, error.actual.as_str()),
        ("ENGINE-ERROR", FindingStatus::Unknown, "why")
    );
    let undone = Finding::undone(3);
    assert_eq!((undone.control.as_str(), undone.status), ("REMEDY-UNDONE", FindingStatus::Violation));
    assert_eq!(undone.actual, "3 corrections within a day were undone");
    let unknown = Finding::unknown(&control("NET", &["A"]), "A".into(), "so".into(), "why".into());
    assert_eq!(
        (unknown.control.as_str(), unknown.status, unknown.field.as_str()),
        ("TRN-NET-01", FindingStatus::Unknown, "A")
    );
    assert_eq!((unknown.actual.as_str(), unknown.wanted.as_str()), ("why", "so"));
    let reason = "`SecretArn` (`https://u:p@h`) is no ARN".to_owned();
    let unknown = Finding::unknown(&control("NET", &["A"]), "A".into(), "so".into(), reason);
    assert_eq!(unknown.actual, "`SecretArn` (`https://(not shown)@h`) is no ARN");
}

#[test]
fn what_a_resource_names_belongs_to_its_own_account_or_to_a_listed_one() {
    let mut settings = Settings::default();
    let wanted = |settings: &Settings, own: &str| fill("topics of SNS {allowed_accounts}", settings, own);
    assert_eq!(wanted(&settings, ""), "topics of SNS of the resource's own account only");
    assert_eq!(wanted(&settings, "111122223333"), "topics of SNS of account 111122223333 only");
    settings.access.allowed_accounts = vec!["444455556666".to_owned()];
    let both = "topics of SNS of the resource's own account, or of 444455556666";
    assert_eq!(wanted(&settings, "111122223333"), both);
}
