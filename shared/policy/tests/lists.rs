//! Every field of the table of lists is held against its list, by a control that names it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is missing"
)]

mod cases;

use cases::{Kept, STRICT, all, strict};
use sagewarden_events::{KeyManager, ResourceKind};
use sagewarden_policy::lists::{List, Listed, table};
use sagewarden_policy::{
    Bundle, FindingStatus, KEY_OPERATION, Named, Subject, join, judge, key_answer, operations,
};
use serde_json::{Map, Value, json};

/// The strict settings with every list filled.
fn filled() -> Bundle {
    let settings = STRICT.replace(
        "[compute]\n",
        "[compute]\nallowed_lifecycle_configs = [\"arn:aws:sagemaker:*:111122223333:studio-lifecycle-config/*\"]\n",
    );
    strict().with_settings(&settings).unwrap()
}

/// A value that the list does not allow.
fn outside(list: List) -> Value {
    json!(match list {
        List::ExecutionRole | List::Roles => "arn:aws:iam::999988887777:role/Admin",
        List::Locations => "s3://elsewhere/x",
        List::Texts => "{\"data\": \"s3://elsewhere/x\"}",
        List::DataTypes => "ManifestFile",
        List::OtherStores => "arn:aws:sagemaker:eu-west-1:111122223333:hub-content/h/DataSet/d/1.0.0",
        List::Mounts | List::FileSystems => "fs-0123456789abcdef0",
        List::Images => "999988887777.dkr.ecr.eu-west-1.amazonaws.com/x:1",
        List::Algorithms => "arn:aws:sagemaker:eu-west-1:999988887777:algorithm/x",
        List::BaseModels => "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/other",
        List::Repositories => "https://git.elsewhere.example/x/y",
        List::InstanceTypes => "ml.p3.2xlarge",
        List::StudioImages => "arn:aws:sagemaker:eu-west-1:999988887777:image/x",
        List::LifecycleConfigs => "arn:aws:sagemaker:eu-west-1:999988887777:studio-lifecycle-config/x",
        List::Subnets => "subnet-9",
        List::SecurityGroups => "sg-9",
        List::Keys => "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3",
        List::Owned(Named::Secret) => "arn:aws:secretsmanager:eu-west-1:999988887777:secret:x",
        List::Owned(Named::Topic) => "arn:aws:sns:eu-west-1:999988887777:x",
        List::Owned(Named::PrivateTeam) => {
            "arn:aws:sagemaker:eu-west-1:999988887777:workteam/private-crowd/x"
        }
        List::Owned(Named::Destination) => "arn:aws:sagemaker:eu-west-1:999988887777:endpoint/x",
        List::Owned(Named::PackageGroup) => "arn:aws:sagemaker:eu-west-1:999988887777:model-package-group/x",
        List::Tags => "Other",
    })
}

/// The value as the field has it: a configuration of a job is JSON in a text.
fn written(list: List, path: &str) -> Value {
    match path {
        "JobConfigDocument" if list != List::Texts => json!(json!({ "x": outside(list) }).to_string()),
        _ => outside(list),
    }
}

/// Puts a value at a path, and makes the missing objects on the way.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for part in path.split('.') {
        let key = part.trim_end_matches("[]").replace('*', "X");
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = place.as_object_mut().unwrap().entry(key).or_insert(Value::Null);
        if part.ends_with("[]") {
            if place.as_array().is_none_or(Vec::is_empty) {
                *place = json!([null]);
            }
            place = &mut place[0];
        }
    }
    *place = value;
}

fn with(mut kept: Kept, path: &str, value: Value) -> Kept {
    match join::split(path) {
        (None, path) => put(&mut kept.document, path, value),
        (Some(operation), path) => {
            let answers = kept.answers.entry(operation).or_insert_with(|| json!([]));
            if answers.as_array().unwrap().is_empty() {
                *answers = json!([{}]);
            }
            put(&mut answers[0], path, value);
        }
    }
    kept
}

/// Whether a control that names the path says the like of it.
fn is_found(kept: &Kept, row: &Listed, path: &str, bundle: &Bundle) -> bool {
    // A control that depends on facts outside the description is undecided; every other one certainly fails.
    let wanted = match row.list {
        List::DataTypes | List::OtherStores | List::Mounts | List::Algorithms => FindingStatus::Unknown,
        _ => FindingStatus::Violation,
    };
    let changed = match path.strip_suffix(".VolumeKmsKeyId") {
        // Only instances with a volume take a key.
        Some(cluster) => with(kept.clone(), &format!("{cluster}.InstanceType"), json!("ml.m5.large")),
        None => kept.clone(),
    };
    let verdict = with(changed, path, written(row.list, path)).verdict(bundle);
    let names = |id: &str| {
        let fields = &bundle.control(id).unwrap().fields;
        fields.iter().any(|field| field.trim_end_matches("[]") == path.trim_end_matches("[]"))
    };
    verdict.findings.iter().any(|finding| finding.status == wanted && names(&finding.control))
}

#[test]
fn what_is_outside_a_list_is_found_wherever_it_stands() {
    let bundle = filled();
    // Beside a list of file systems, it decides.
    let buckets =
        filled().with_settings(&STRICT.replace("allowed_file_systems", "# allowed_file_systems")).unwrap();
    let documents = all();
    let mut passed = Vec::new();
    for row in table() {
        let kept = documents.iter().find(|kept| kept.resource_kind() == row.kind).unwrap();
        for path in row.paths {
            let bundle = if row.list == List::Mounts { &buckets } else { &bundle };
            if !is_found(kept, row, path, bundle) {
                passed.push(format!("{:?} {path}: {:?}", row.kind, row.list));
            }
        }
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

#[test]
fn every_list_speaks_of_something() {
    let lists = [
        List::ExecutionRole,
        List::Roles,
        List::Locations,
        List::Texts,
        List::DataTypes,
        List::OtherStores,
        List::Mounts,
        List::FileSystems,
        List::Owned(Named::Secret),
        List::Owned(Named::Topic),
        List::Owned(Named::PrivateTeam),
        List::Owned(Named::Destination),
        List::Owned(Named::PackageGroup),
        List::Images,
        List::Algorithms,
        List::BaseModels,
        List::Repositories,
        List::InstanceTypes,
        List::StudioImages,
        List::LifecycleConfigs,
        List::Subnets,
        List::SecurityGroups,
        List::Keys,
        List::Tags,
    ];
    for list in lists {
        let number = table().filter(|row| row.list == list).map(|row| row.paths.len()).sum::<usize>();
        assert!(number > 0, "{list:?}");
    }
    assert!(table().map(|row| row.paths.len()).sum::<usize>() > 300);
}

#[test]
fn without_lists_nothing_is_undecided() {
    let open = Bundle::embedded().unwrap();
    let documents = all();
    for row in table().filter(|row| !matches!(row.list, List::Keys | List::Tags | List::Owned(_))) {
        let kept = documents.iter().find(|kept| kept.resource_kind() == row.kind).unwrap();
        for path in row.paths {
            let verdict = with(kept.clone(), path, written(row.list, path)).verdict(&open);
            let names = |id: &str| open.control(id).unwrap().setting.is_some();
            let limited: Vec<_> = verdict.findings.iter().filter(|each| names(&each.control)).collect();
            assert!(limited.is_empty(), "{:?} {path}: {limited:?}", row.kind);
        }
    }
}

#[test]
fn a_multi_model_container_needs_an_allowed_bucket() {
    let multi = cases::of("model").but("/PrimaryContainer/Mode", json!("MultiModel"));
    let check = |kept: &Kept, bundle: &Bundle, expect: bool| {
        let verdict = kept.verdict(bundle);
        assert_eq!(cases::broken(&verdict).contains(&"MDL-ART-04"), expect, "{:?}", verdict.findings);
    };
    check(&multi, &strict(), false);
    check(&multi.clone().but("/PrimaryContainer/ModelDataUrl", json!("s3://elsewhere/m/")), &strict(), true);
    check(&multi, &Bundle::embedded().unwrap(), true);
    check(&cases::of("model"), &Bundle::embedded().unwrap(), false);
}

#[test]
fn a_package_that_was_not_found_vouches_for_nothing() {
    let mut model = cases::of("model");
    model.answers["DescribeModelPackage"] = json!([]);
    let verdict = model.verdict(&strict());
    let unknown: Vec<&str> = verdict
        .findings
        .iter()
        .filter(|finding| finding.status == FindingStatus::Unknown)
        .map(|finding| finding.control.as_str())
        .collect();
    assert_eq!(unknown, ["MDL-ART-01", "MDL-ART-02"]);
}

#[test]
fn a_finding_tells_the_locations_of_free_texts_and_nothing_else_of_them() {
    let job = cases::of("training-job")
        .but("/Environment", json!({ "TOKEN": "hunter2", "DATA": "hunter3 s3://elsewhere/secret-path" }));
    let verdict = job.verdict(&strict());
    let finding = verdict.findings.iter().find(|finding| finding.control == "TRN-ART-01").unwrap();
    assert!(finding.actual.contains("DATA s3://elsewhere"), "{}", finding.actual);
    assert!(!finding.actual.contains("hunter"), "{}", finding.actual);
    assert!(
        finding.field.contains("Environment.*") && !finding.field.contains("FileSystemId"),
        "{}",
        finding.field
    );
}

#[test]
fn a_finding_never_shows_the_secret_of_an_address() {
    let bundle = filled();
    let rows = || table().filter(|row| row.list == List::Repositories);
    for address in [
        "https://ana:hunter2@git.elsewhere.example/x",
        "https://git.elsewhere.example/x?private_token=hunter2",
        "ana:hunter2@git.elsewhere.example/x",
    ] {
        for row in rows() {
            let kept = all().into_iter().find(|kept| kept.resource_kind() == row.kind).unwrap();
            for path in row.paths {
                let verdict = with(kept.clone(), path, json!(address)).verdict(&bundle);
                assert!(verdict.findings.len() > 1, "{:?} {path}: {:?}", row.kind, verdict.findings);
                let told = serde_json::to_string(&verdict.findings).unwrap();
                assert!(!told.contains("hunter2"), "{:?} {path}: {told}", row.kind);
                let findings = verdict.findings.iter().map(|finding| finding.title.as_str());
                let of_secrets = findings.filter(|title| title.contains("must not hold a password"));
                assert_eq!(of_secrets.count(), 1, "{:?} {path}: {told}", row.kind);
            }
        }
    }
}

#[test]
fn kms_is_asked_for_the_keys_in_the_configuration_of_a_job() {
    let own = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let foreign = "arn:aws:kms:eu-west-1:999988887777:key/2";
    let document = json!({ "a": { "KmsKeyId": own }, "b": foreign, "c": "alias/ds" }).to_string();
    let job = cases::of("job").but("/JobConfigDocument", json!(document));
    let asked = join::references(KEY_OPERATION, &job.resource(), &job.document, &join::Joined::new());
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), [join::OperationTarget::Key(own.to_owned())]);
    assert!(operations(&filled(), ResourceKind::Job).contains(KEY_OPERATION));
    let lower = filled().with_settings("profile = \"essential\"").unwrap();
    assert!(!operations(&lower, ResourceKind::Job).contains(KEY_OPERATION), "no control of keys is judged");
    // A key that AWS manages is known only by the answer.
    let verdict = |manager| {
        let answer = join::OperationAnswer::Documents(vec![key_answer(own, manager)]);
        let joined = join::Joined::from([(KEY_OPERATION.to_owned(), answer)]);
        let (resource, document) = (job.resource(), json!({ "KmsKeyId": own }).to_string());
        let document = job.clone().but("/JobConfigDocument", json!(document)).document;
        let subject =
            Subject { resource: &resource, document: &document, as_of: cases::CREATED, joined: &joined };
        let verdict = judge(&filled(), &subject);
        verdict.findings.into_iter().any(|finding| finding.control == "JOB-ENC-01")
    };
    assert!(verdict(KeyManager::Aws) && !verdict(KeyManager::Customer));
    // Without KMS, the key waits for the account; all else in the configuration is judged.
    let (job, nothing) = (cases::of("job"), join::Joined::new());
    let resource = job.resource();
    let subject =
        Subject { resource: &resource, document: &job.document, as_of: cases::CREATED, joined: &nothing };
    let offline = judge(&filled(), &subject);
    assert!(offline.skipped.contains(&"JOB-ENC-01".to_owned()), "{:?}", offline.skipped);
    for judged in ["JOB-ART-01", "JOB-IAM-02", "JOB-NET-01"] {
        assert!(offline.checked.contains(&judged.to_owned()), "{judged}: {:?}", offline.skipped);
    }
    let refused = join::OperationAnswer::Unreadable("AccessDenied".to_owned());
    let refused = join::Joined::from([(KEY_OPERATION.to_owned(), refused)]);
    let undecided = judge(&filled(), &Subject { joined: &refused, ..subject });
    let unknown: Vec<&str> = undecided.findings.iter().map(|finding| finding.control.as_str()).collect();
    assert_eq!(unknown, ["JOB-ENC-01"]);
    assert!(undecided.findings[0].actual.starts_with("`JobConfigDocument` ("), "{:?}", undecided.findings);
}

#[test]
fn a_reference_in_an_allowed_hub_is_allowed_whatever_it_leads_to() {
    let settings = STRICT.replace(
        "hub-content/SageMakerPublicHub/Model/huggingface-*\"]",
        "hub-content/SageMakerPublicHub/Model/huggingface-*\", \"arn:aws:sagemaker:*:111122223333:hub-content/approved/*\"]",
    );
    let bundle = strict().with_settings(&settings).unwrap();
    let public = "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/other-llm/2.0.0";
    let check = |document: Value, expect: bool| {
        let mut content = cases::of("hub-content");
        content.document = document;
        let broken = content.verdict(&bundle);
        assert_eq!(!cases::broken(&broken).contains(&"HBC-ART-01"), expect, "{}", content.document);
    };
    let described = |hub: &str, account: &str| {
        json!({
            "HubContentName": "llm", "HubName": hub, "HubContentDocument": "{}",
            "HubContentArn": format!("arn:aws:sagemaker:eu-west-1:{account}:hub-content/{hub}/ModelReference/llm/1.0.0"),
            "SageMakerPublicHubContentArn": public,
        })
    };
    check(described("approved", "111122223333"), true);
    check(described("approved", "999988887777"), false);
    check(described("other", "111122223333"), false);
    let requested = |hub: &str| json!({ "HubName": hub, "SageMakerPublicHubContentArn": public });
    check(requested("approved"), true);
    check(requested("arn:aws:sagemaker:eu-west-1:111122223333:hub/approved"), true);
    check(requested("arn:aws:sagemaker:eu-west-1:999988887777:hub/approved"), false);
    check(requested("other"), false);
}
