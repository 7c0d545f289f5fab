//! Every control with documents that keep it and documents that break it, in the shape of the Describe answers.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod shipped;

use std::sync::LazyLock;

use proptest::prelude::*;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_policy::{Bundle, FindingStatus, Mode, Outcome, Plan, Subject, Verdict, judge, plan};
use serde_json::{Value, json};

use shipped::shipped;

const SETTINGS: &str = r#"
mode = "enforce"
[network]
allowed_subnets = ["subnet-1", "subnet-2"]
allowed_security_groups = ["sg-1"]
[encryption]
allowed_key_accounts = ["111122223333", "444455556666"]
"#;
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The shipped controls with these settings; parsed once.
fn strict() -> Bundle {
    static STRICT: LazyLock<Bundle> =
        LazyLock::new(|| Bundle::embedded().unwrap().with_settings(SETTINGS).unwrap());
    STRICT.clone()
}

/// 2026-03-02T09:00:00Z
const CREATED: Timestamp = Timestamp::from_millis(1_772_442_000_000);

fn training_job() -> Value {
    json!({
        "TrainingJobName": "t",
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY },
        "OutputDataConfig": { "S3OutputPath": "s3://b/o", "KmsKeyId": KEY },
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
        "AlgorithmSpecification": { "TrainingImage": "1.dkr.ecr.eu-west-1.amazonaws.com/xgb:1" },
        "InputDataConfig": [
            { "ChannelName": "a", "DataSource": { "S3DataSource": { "S3Uri": "s3://ds-data/a" } } },
            { "ChannelName": "b", "DataSource": { "S3DataSource": { "S3Uri": "s3://ds-data/b" } } },
        ],
        "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] },
        "EnableNetworkIsolation": true,
    })
}

fn processing_job() -> Value {
    json!({
        "ProcessingJobName": "p",
        "ProcessingResources": { "ClusterConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY } },
        "ProcessingOutputConfig": { "Outputs": [], "KmsKeyId": KEY },
        "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": { "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"] } },
    })
}

fn model() -> Value {
    json!({
        "ModelName": "m",
        "VpcConfig": { "Subnets": ["subnet-2"], "SecurityGroupIds": ["sg-1"] },
        "EnableNetworkIsolation": true,
    })
}

fn verdict(bundle: &Bundle, kind: ResourceKind, document: &Value) -> Verdict {
    let resource = Resource::in_region(kind, "111122223333", "eu-west-1", "x");
    judge(bundle, &Subject { resource: &resource, document, created_at: CREATED })
}

/// Puts a value at a JSON pointer; `None` removes what is there.
fn changed(mut document: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    document
}

/// Changes a document that keeps every control in one place and says which controls it breaks then.
fn check(kind: ResourceKind, pointer: &str, value: Option<Value>, expect: &[&str]) {
    let compliant = match kind {
        ResourceKind::TrainingJob => training_job(),
        ResourceKind::ProcessingJob => processing_job(),
        _ => model(),
    };
    let verdict = verdict(&strict(), kind, &changed(compliant, pointer, value.clone()));
    let broken: Vec<&str> = verdict.findings.iter().map(|finding| finding.control.as_str()).collect();
    assert_eq!(broken, expect, "{kind}: {pointer} = {value:?}");
}

#[test]
fn what_keeps_every_control_is_compliant() {
    for (kind, document, controls) in [
        (ResourceKind::TrainingJob, training_job(), 9),
        (ResourceKind::ProcessingJob, processing_job(), 8),
        (ResourceKind::Model, model(), 5),
    ] {
        let verdict = verdict(&strict(), kind, &document);
        assert_eq!(verdict.outcome, Outcome::Compliant, "{verdict:?}");
        assert_eq!(verdict.checked.len(), controls);
    }
}

#[test]
fn a_network_is_set_and_inside_the_allowed_one() {
    for (kind, vpc, control) in [
        (ResourceKind::TrainingJob, "/VpcConfig", "TRN-NET-01"),
        (ResourceKind::ProcessingJob, "/NetworkConfig/VpcConfig", "PRC-NET-01"),
        (ResourceKind::Model, "/VpcConfig", "MDL-NET-01"),
    ] {
        let vpc_of = |subnets: &[&str], groups: &[&str]| {
            Some(json!({ "Subnets": subnets, "SecurityGroupIds": groups }))
        };
        check(kind, vpc, vpc_of(&["subnet-1", "subnet-2"], &["sg-1"]), &[]);
        for broken in [
            None,
            Some(Value::Null),
            Some(json!({})),
            vpc_of(&[], &["sg-1"]),
            vpc_of(&["subnet-1"], &[]),
            vpc_of(&[""], &["sg-1"]),
            vpc_of(&["subnet-1", "subnet-9"], &["sg-1"]),
            vpc_of(&["subnet-1"], &["sg-1", "sg-9"]),
        ] {
            check(kind, vpc, broken, &[control]);
        }
    }
}

#[test]
fn network_isolation_is_asked_for() {
    for (kind, pointer, control) in [
        (ResourceKind::TrainingJob, "/EnableNetworkIsolation", "TRN-NET-02"),
        (ResourceKind::ProcessingJob, "/NetworkConfig/EnableNetworkIsolation", "PRC-NET-02"),
        (ResourceKind::Model, "/EnableNetworkIsolation", "MDL-NET-02"),
    ] {
        for broken in [None, Some(json!(false)), Some(Value::Null), Some(json!("true"))] {
            check(kind, pointer, broken, &[control]);
        }
    }
}

#[test]
fn volumes_are_encrypted_with_an_allowed_key_unless_they_are_local() {
    for (kind, cluster, control) in [
        (ResourceKind::TrainingJob, "/ResourceConfig", "TRN-ENC-01"),
        (ResourceKind::ProcessingJob, "/ProcessingResources/ClusterConfig", "PRC-ENC-01"),
    ] {
        let key = format!("{cluster}/VolumeKmsKeyId");
        check(kind, &key, None, &[control]);
        check(kind, &key, Some(json!("")), &[control]);
        check(kind, &key, Some(json!("arn:aws:kms:eu-west-1:999988887777:key/k")), &[control]);
        check(kind, &key, Some(json!("arn:aws:kms:eu-west-1:444455556666:key/k")), &[]);
        // A bare id or an alias is a key of the job's own account.
        check(kind, &key, Some(json!("1234abcd-12ab-34cd-56ef-1234567890ab")), &[]);
        check(kind, &key, Some(json!("alias/credit")), &[]);
        // The API refuses a key where the storage is the instance's own.
        check(kind, cluster, Some(json!({ "InstanceType": "ml.g5.xlarge", "InstanceCount": 1 })), &[]);
    }
    // One group with a volume is enough.
    let groups = json!({ "InstanceGroups": [
        { "InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "InstanceGroupName": "a" },
        { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "InstanceGroupName": "b" },
    ] });
    check(ResourceKind::TrainingJob, "/ResourceConfig", Some(groups), &["TRN-ENC-01", "TRN-ENC-03"]);
}

#[test]
fn outputs_are_encrypted_with_an_allowed_key() {
    for (kind, pointer, control) in [
        (ResourceKind::TrainingJob, "/OutputDataConfig/KmsKeyId", "TRN-ENC-02"),
        (ResourceKind::ProcessingJob, "/ProcessingOutputConfig/KmsKeyId", "PRC-ENC-02"),
    ] {
        let managed = ["alias/aws/s3", "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"];
        for key in managed {
            check(kind, pointer, Some(json!(key)), &[control]);
        }
        for broken in [None, Some(json!("")), Some(json!("arn:aws:kms:eu-west-1:999988887777:alias/k"))] {
            check(kind, pointer, broken, &[control]);
        }
    }
}

#[test]
fn traffic_is_encrypted_where_there_is_traffic() {
    check(ResourceKind::TrainingJob, "/ResourceConfig/InstanceCount", Some(json!(2)), &["TRN-ENC-03"]);
    check(
        ResourceKind::ProcessingJob,
        "/ProcessingResources/ClusterConfig/InstanceCount",
        Some(json!(2)),
        &["PRC-ENC-03"],
    );
    let two = changed(training_job(), "/ResourceConfig/InstanceCount", Some(json!(2)));
    let encrypted = changed(two, "/EnableInterContainerTrafficEncryption", Some(json!(true)));
    assert_eq!(verdict(&strict(), ResourceKind::TrainingJob, &encrypted).outcome, Outcome::Compliant);
}

#[test]
fn without_lists_any_vpc_and_only_the_own_keys_will_do() {
    let open = Bundle::embedded().unwrap();
    let elsewhere = changed(
        training_job(),
        "/VpcConfig",
        Some(json!({ "Subnets": ["subnet-9"], "SecurityGroupIds": ["sg-9"] })),
    );
    assert_eq!(verdict(&open, ResourceKind::TrainingJob, &elsewhere).outcome, Outcome::Compliant);
    let none = changed(training_job(), "/VpcConfig", None);
    assert_eq!(verdict(&open, ResourceKind::TrainingJob, &none).outcome, Outcome::Violating);
    let foreign = changed(
        training_job(),
        "/OutputDataConfig/KmsKeyId",
        Some(json!("arn:aws:kms:eu-west-1:444455556666:key/k")),
    );
    assert_eq!(verdict(&open, ResourceKind::TrainingJob, &foreign).findings.len(), 1);
}

#[test]
fn a_finding_says_what_is_there_what_is_wanted_and_what_to_change() {
    let document = changed(training_job(), "/VpcConfig", Some(json!({ "Subnets": ["subnet-9"] })));
    insta::assert_json_snapshot!(verdict(&strict(), ResourceKind::TrainingJob, &document).findings);
}

#[test]
fn jobs_are_stopped_models_deleted_and_nothing_is_done_in_observe_mode() {
    let check = |bundle: &Bundle, kind: ResourceKind, document: Value, expect: Plan| {
        assert_eq!(plan(bundle, &verdict(bundle, kind, &document)), expect);
    };
    let open = |document: Value, pointer: &str| changed(document, pointer, None);
    let enforce = strict();
    check(&enforce, ResourceKind::TrainingJob, open(training_job(), "/VpcConfig"), Plan::Stop);
    check(
        &enforce,
        ResourceKind::ProcessingJob,
        open(processing_job(), "/NetworkConfig/VpcConfig"),
        Plan::Stop,
    );
    check(&enforce, ResourceKind::Model, open(model(), "/VpcConfig"), Plan::DeleteModelIfUnused);
    let nothing = |why: &str| Plan::Nothing(why.to_owned());
    check(&enforce, ResourceKind::TrainingJob, training_job(), nothing("nothing is certainly violated"));
    let two = changed(training_job(), "/ResourceConfig/InstanceCount", Some(json!(2)));
    check(&enforce, ResourceKind::TrainingJob, two, nothing("the violated controls are only told"));
    let observe = strict().with_mode(Mode::Observe);
    check(
        &observe,
        ResourceKind::TrainingJob,
        open(training_job(), "/VpcConfig"),
        nothing("the mode is observe"),
    );
}

/// Which controls a document breaks under more settings, and what the first finding says is there.
fn broken(kind: ResourceKind, more: &str, document: &Value) -> (Vec<String>, String) {
    let verdict = verdict(&with(more), kind, document);
    let actual = verdict.findings.first().map(|finding| finding.actual.clone());
    (verdict.findings.into_iter().map(|finding| finding.control).collect(), actual.unwrap_or_default())
}

#[test]
fn roles_fit_a_pattern_where_there_are_any() {
    let roles = "[access]\nallowed_roles = [\"arn:aws:iam::111122223333:role/ds-*\"]";
    for (kind, document, key, control) in [
        (ResourceKind::TrainingJob, training_job(), "/RoleArn", "TRN-IAM-01"),
        (ResourceKind::ProcessingJob, processing_job(), "/RoleArn", "PRC-IAM-01"),
        (ResourceKind::Model, model(), "/ExecutionRoleArn", "MDL-IAM-01"),
    ] {
        let with_role = |role: Option<&str>| changed(document.clone(), key, role.map(Value::from));
        let check = |role: Option<&str>, expect: &[&str]| {
            assert_eq!(broken(kind, roles, &with_role(role)).0, expect, "{kind}: {role:?}");
        };
        check(Some("arn:aws:iam::111122223333:role/ds-user"), &[]);
        check(Some("arn:aws:iam::111122223333:role/admin"), &[control]);
        check(Some("arn:aws:iam::999988887777:role/ds-user"), &[control]);
        check(Some(""), &[control]);
        check(None, &[control]);
        assert_eq!(broken(kind, "", &with_role(None)).0, Vec::<String>::new(), "any role will do");
    }
}

#[test]
fn data_and_images_fit_a_pattern_wherever_they_are_named() {
    let lists = "[artifacts]\nallowed_buckets = [\"ds-*\", \"b\"]\nallowed_images = [\"1.dkr.ecr.*.amazonaws.com/*\"]";
    let check = |kind: ResourceKind, document: Value, expect: &[&str], actual: &str| {
        let (controls, told) = broken(kind, lists, &document);
        assert_eq!(controls, expect, "{kind}");
        assert_eq!(told, actual);
    };
    let job = ResourceKind::TrainingJob;
    check(job, training_job(), &[], "");
    let mut other = training_job();
    other["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3Uri"] = json!("s3://elsewhere/b");
    check(job, other, &["TRN-ART-01"], "s3://ds-data/a, s3://elsewhere/b");
    let checkpoints = changed(training_job(), "/CheckpointConfig", Some(json!({ "S3Uri": "s3://mine/c" })));
    check(job, checkpoints, &["TRN-ART-02"], "S3OutputPath: s3://b/o; S3Uri: s3://mine/c");
    let image = changed(
        training_job(),
        "/AlgorithmSpecification/TrainingImage",
        Some(json!("2.dkr.ecr.eu-west-1.amazonaws.com/xgb@sha256:1")),
    );
    check(job, image, &["TRN-ART-03"], "2.dkr.ecr.eu-west-1.amazonaws.com/xgb@sha256:1");
    check(job, changed(training_job(), "/InputDataConfig", Some(json!([]))), &[], "");
    // What is no S3 URI is not known to be allowed.
    let odd = json!([{ "DataSource": { "S3DataSource": { "S3Uri": 7 } } }]);
    check(job, changed(training_job(), "/InputDataConfig", Some(odd)), &["TRN-ART-01"], "7");

    let outputs = json!({ "Outputs": [{ "S3Output": { "S3Uri": "s3://mine/o" } }], "KmsKeyId": KEY });
    let processing = changed(processing_job(), "/ProcessingOutputConfig", Some(outputs));
    check(ResourceKind::ProcessingJob, processing, &["PRC-ART-01"], "s3://mine/o");
    let image = changed(processing_job(), "/AppSpecification", Some(json!({ "ImageUri": "docker.io/x" })));
    check(ResourceKind::ProcessingJob, image, &["PRC-ART-02"], "docker.io/x");
    let container = |image: &str, data: &str| json!({ "Image": image, "ModelDataUrl": data });
    let good = "1.dkr.ecr.eu-west-1.amazonaws.com/xgb";
    let containers = json!([container(good, "s3://ds-models/a"), container(good, "s3://mine/a")]);
    check(
        ResourceKind::Model,
        changed(model(), "/Containers", Some(containers)),
        &["MDL-ART-01"],
        "s3://ds-models/a, s3://mine/a",
    );
    let primary = changed(model(), "/PrimaryContainer", Some(container("docker.io/x", "s3://b/a")));
    check(ResourceKind::Model, primary, &["MDL-ART-02"], "docker.io/x");
}

/// The shipped controls with more settings.
fn with(more: &str) -> Bundle {
    Bundle::embedded().unwrap().with_settings(&format!("{SETTINGS}\n{more}")).unwrap()
}

#[test]
fn a_control_can_be_off_or_only_observed() {
    let broken = changed(training_job(), "/VpcConfig", None);
    let off = with("[controls]\nTRN-NET-01 = \"off\"");
    let verdict_off = verdict(&off, ResourceKind::TrainingJob, &broken);
    assert_eq!(verdict_off.outcome, Outcome::Compliant);
    assert!(
        !verdict_off.checked.contains(&"TRN-NET-01".to_owned()),
        "what is off is not among what was checked"
    );

    let observed = with("[controls]\nTRN-NET-01 = \"observe\"");
    let verdict_observed = verdict(&observed, ResourceKind::TrainingJob, &broken);
    assert_eq!(verdict_observed.outcome, Outcome::Violating);
    assert_eq!(
        plan(&observed, &verdict_observed),
        Plan::Nothing("the violated controls are only told".to_owned())
    );
    // Another control that is enforced stops the job all the same.
    let both = changed(broken, "/EnableNetworkIsolation", None);
    assert_eq!(plan(&observed, &verdict(&observed, ResourceKind::TrainingJob, &both)), Plan::Stop);
    // The stack's mode stands above a control's.
    let stack = with("[controls]\nTRN-NET-01 = \"enforce\"").with_mode(Mode::Observe);
    let told = verdict(&stack, ResourceKind::TrainingJob, &both);
    assert_eq!(plan(&stack, &told), Plan::Nothing("the mode is observe".to_owned()));
}

#[test]
fn a_waiver_covers_what_was_created_before_it_expired() {
    let waiver = |resource: &str, expires: &str| {
        format!(
            "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"{resource}\"\nreason = \"migration\"\napprover = \"jo\"\nexpires = {expires}\n"
        )
    };
    let broken = changed(training_job(), "/VpcConfig", None);
    let judged =
        |settings: &str, document: &Value| verdict(&with(settings), ResourceKind::TrainingJob, document);
    for resource in ["training-job/x", "training-job/*", "arn:aws:sagemaker:*:111122223333:training-job/x"] {
        let waived = judged(&waiver(resource, "2026-03-02"), &broken);
        assert_eq!(waived.outcome, Outcome::Waived, "{resource}");
        assert_eq!(waived.findings[0].status, FindingStatus::Waived);
        assert_eq!(waived.findings[0].waiver.as_ref().unwrap().approver, "jo");
        assert!(matches!(plan(&with(&waiver(resource, "2026-03-02")), &waived), Plan::Nothing(_)));
    }
    for resource in ["training-job/y", "model/*", "arn:aws:sagemaker:*:999988887777:*"] {
        assert_eq!(
            judged(&waiver(resource, "2026-03-02"), &broken).outcome,
            Outcome::Violating,
            "{resource}"
        );
    }
    // The day before: it is a violation, and the finding says why it is one again.
    let expired = judged(&waiver("training-job/*", "2026-03-01"), &broken);
    assert_eq!(expired.outcome, Outcome::Violating);
    assert!(
        expired.findings[0].fix.ends_with("the waiver by jo expired on 2026-03-01"),
        "{}",
        expired.findings[0].fix
    );
    // Of two, the one that lasts longer counts; other controls are not covered.
    let two = waiver("training-job/*", "2026-03-01") + &waiver("training-job/x", "2026-12-31");
    assert_eq!(judged(&two, &broken).outcome, Outcome::Waived);
    let more = changed(broken, "/EnableNetworkIsolation", None);
    let partly = judged(&two, &more);
    assert_eq!(partly.outcome, Outcome::Violating);
    assert_eq!(plan(&with(&two), &partly), Plan::Stop);
}

#[test]
fn a_child_is_judged_and_its_parent_is_named_not_stopped() {
    let tuning = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/h";
    let child = changed(changed(training_job(), "/VpcConfig", None), "/TuningJobArn", Some(json!(tuning)));
    let verdict = verdict(&strict(), ResourceKind::TrainingJob, &child);
    assert_eq!(verdict.parent.as_deref(), Some(tuning));
    assert!(verdict.findings[0].fix.ends_with(&format!("in {tuning}, which started it")));
    assert!(matches!(plan(&strict(), &verdict), Plan::Nothing(why) if why.contains(tuning)));
}

#[test]
fn a_policy_that_fails_makes_the_outcome_unknown_and_nothing_is_done() {
    // Valid by the schema, but the sum leaves Cedar's range when it is evaluated.
    let policy = r#"
@id("TRN-REP-01")
@area("REP")
@severity("high")
@title("t")
@field("ResourceConfig.InstanceCount")
@wanted("w")
@fix("f")
@remediation("stop")
forbid (principal, action == Action::"run", resource is TrainingJob)
when { resource.instances + 9223372036854775807 > 0 };
"#;
    let mut files = shipped();
    files.insert("policies/failing.cedar".to_owned(), policy.to_owned());
    files.insert("settings.toml".to_owned(), SETTINGS.to_owned());
    let bundle = Bundle::from_files(&files).unwrap();
    let broken = changed(training_job(), "/VpcConfig", None);
    let verdict = verdict(&bundle, ResourceKind::TrainingJob, &broken);
    assert_eq!(verdict.outcome, Outcome::Unknown);
    assert_eq!(verdict.findings.len(), 1);
    assert_eq!(
        (verdict.findings[0].control.as_str(), verdict.findings[0].status),
        ("ENGINE-ERROR", FindingStatus::Unknown)
    );
    assert_eq!(plan(&bundle, &verdict), Plan::Nothing("nothing is certainly violated".to_owned()));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let keys = prop_oneof![
            Just("VpcConfig"),
            Just("Subnets"),
            Just("SecurityGroupIds"),
            Just("ResourceConfig"),
            Just("InstanceGroups"),
            Just("InstanceType"),
            Just("InstanceCount"),
            Just("VolumeKmsKeyId"),
            Just("NetworkConfig"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys.prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_gets_a_verdict(document in any_json()) {
        for kind in [ResourceKind::TrainingJob, ResourceKind::ProcessingJob, ResourceKind::Model] {
            let verdict = verdict(&strict(), kind, &document);
            // A document that says nothing of isolation cannot pass.
            prop_assert!(verdict.outcome != Outcome::Compliant);
        }
    }
}
