use super::*;

const DIGEST: &str = "sha256:00";

fn package() -> Json {
    json!({
        "ModelPackageStatus": "Completed",
        "LastModifiedTime": seconds_after(30),
        "ModelPackageGroupName": "credit",
        "ModelPackageVersion": 7,
        "CreatedBy": { "UserProfileName": "ana" },
        "LastModifiedBy": { "UserProfileName": "ben" },
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "checked",
        "InferenceSpecification": { "Containers": [
            { "ContainerHostname": "main", "Image": "r/serve:1", "ImageDigest": DIGEST, "ModelDataUrl": "s3://b/m.tar.gz" },
            { "Image": "r/after:2", "ModelDataSource": { "S3DataSource": {
                "S3Uri": "s3://b/after/", "S3DataType": "S3Prefix",
            } } },
        ] },
        "SourceAlgorithmSpecification": { "SourceAlgorithms": [
            { "AlgorithmName": "own", "ModelDataUrl": "s3://b/a.tar.gz" },
        ] },
        "MetadataProperties": {
            "CommitId": COMMIT,
            "Repository": "https://git.host/credit.git",
            "GeneratedBy": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/train",
        },
        "ModelMetrics": { "Explainability": { "Report": { "S3Uri": "s3://b/clarify/analysis.json" } } },
    })
}

#[test]
fn a_version_that_is_only_logged_has_no_approval() {
    let mut document = package();
    document["ModelPackageRegistrationType"] = json!("Logged");
    assert_eq!(seen(ResourceKind::ModelPackage, document.clone()).approval, None);
    document["ModelPackageRegistrationType"] = json!("Registered");
    assert!(seen(ResourceKind::ModelPackage, document).approval.is_some());
}

#[test]
fn a_model_package_says_what_it_holds_where_it_comes_from_and_whether_it_may_be_used() {
    let found = seen(ResourceKind::ModelPackage, package());
    // It gets the time of its creation, because an approval changes its `LastModifiedTime`.
    assert_eq!(found.status, mark(Status::Completed, 0, None));
    let expect = facts(&[
        (node::GROUP, text("credit")),
        (node::VERSION, Value::Number(7)),
        (node::REGISTERED_BY, text("ana")),
        (node::ALGORITHM, text("own")),
    ]);
    assert_eq!(found.facts, expect);
    assert_eq!(found.images, owned(&[("container/main", "r/serve@sha256:00"), ("container/1", "r/after:2")]));
    let inputs = [
        read("model-data/main", "s3://b/m.tar.gz", true, None),
        read("model-data/1", "s3://b/after/", false, None),
        read("model-data/algorithm-0", "s3://b/a.tar.gz", true, None),
    ];
    assert_eq!(found.inputs, inputs);
    assert_eq!(found.claims, [claim(COMMIT, FoundBy::ModelPackage)]);
    assert_eq!(found.repository.as_deref(), Some("credit"));
    assert_eq!(found.sources, [source("generated-by", ResourceKind::TrainingJob, "train")]);
    assert_eq!(found.explanation, S3Location::parse("s3://b/clarify/analysis.json"));
    let approval = Approval {
        state: "Approved".into(),
        at: at(30),
        by: Some("ben".into()),
        description: Some("checked".into()),
    };
    assert_eq!(found.approval, Some(approval));
}

#[test]
fn a_package_that_nobody_changed_was_approved_by_its_creator() {
    let mut document = package();
    document["LastModifiedTime"] = json!(null);
    document["LastModifiedBy"] = json!(null);
    document["ApprovalDescription"] = json!("");
    let approval = seen(ResourceKind::ModelPackage, document).approval.unwrap();
    assert_eq!((approval.at, approval.by.as_deref(), approval.description), (at(0), Some("ana"), None));
}

#[test]
fn a_tag_names_the_repository_before_the_metadata_do() {
    let found = tagged(ResourceKind::ModelPackage, package(), &[("Repository", "tagged")]);
    assert_eq!(found.repository.as_deref(), Some("tagged"));
}

#[test]
fn model_data_is_one_object_unless_it_is_said_to_be_a_prefix() {
    let check = |container: Json, uri: &str, single: bool| {
        let document = json!({ "PrimaryContainer": container });
        let found = seen(ResourceKind::Model, document.clone());
        assert_eq!(found.inputs, [read("model-data/0", uri, single, None)], "{document}");
    };
    let nested = |kind: &str| json!({ "S3DataSource": { "S3Uri": "s3://b/nested", "S3DataType": kind } });
    check(json!({ "ModelDataUrl": "s3://b/m.tar.gz" }), "s3://b/m.tar.gz", true);
    check(json!({ "ModelDataSource": nested("S3Object") }), "s3://b/nested", true);
    check(json!({ "ModelDataSource": nested("S3Prefix") }), "s3://b/nested", false);
    check(
        json!({ "ModelDataSource": { "S3DataSource": { "S3Uri": "s3://b/nested" } } }),
        "s3://b/nested",
        true,
    );
}

#[test]
fn a_feature_group_names_its_record_identifier_and_its_store() {
    let document = json!({
        "RoleArn": "arn:aws:iam::111122223333:role/features",
        "RecordIdentifierFeatureName": "customer",
        "EventTimeFeatureName": "at",
        "OfflineStoreConfig": { "S3StorageConfig": { "ResolvedOutputS3Uri": "s3://b/offline/data" } },
    });
    let expect = facts(&[
        (node::ROLE, text("arn:aws:iam::111122223333:role/features")),
        (node::RECORD_IDENTIFIER, text("customer")),
        (node::EVENT_TIME, text("at")),
        (node::OFFLINE_STORE, text("s3://b/offline/data")),
    ]);
    assert_eq!(seen(ResourceKind::FeatureGroup, document).facts, expect);
}

#[test]
fn what_a_version_says_of_its_use_is_read_from_properties_before_the_model_card() {
    let mut document = package();
    assert_eq!(seen(ResourceKind::ModelPackage, document.clone()).declared, None);
    let card = json!({
        "model_overview": { "model_owner": "credit team" },
        "intended_uses": { "risk_rating": "High", "purpose_of_model": "decides on limits" },
    });
    document["ModelCard"] = json!({ "ModelCardContent": card.to_string(), "ModelCardStatus": "Approved" });
    let declared = |document: &Json| seen(ResourceKind::ModelPackage, document.clone()).declared.unwrap();
    let of_card = DeclaredUse {
        at: at(30),
        owner: Some("credit team".into()),
        purpose: Some("decides on limits".into()),
        risk_tier: Some("High".into()),
        next_validation: None,
    };
    assert_eq!(declared(&document), of_card);
    document["CustomerMetadataProperties"] =
        json!({ "Risk Tier": "1", "next-validation": "2026-12-31", "purpose": " ", "other": "x" });
    let expect =
        DeclaredUse { risk_tier: Some("1".into()), next_validation: Some("2026-12-31".into()), ..of_card };
    assert_eq!(declared(&document), expect);
    // A card that is none says nothing.
    document["ModelCard"]["ModelCardContent"] = "{".into();
    assert_eq!(declared(&document).owner, None);
}

#[test]
fn the_stage_of_a_version_is_read_with_who_moved_it_there() {
    let mut document = package();
    assert_eq!(seen(ResourceKind::ModelPackage, document.clone()).stage, None);
    document["ModelLifeCycle"] =
        json!({ "Stage": "Production", "StageStatus": "Approved", "StageDescription": "looked at" });
    let expect = Approval {
        state: "Production/Approved".into(),
        at: at(30),
        by: Some("ben".into()),
        description: Some("looked at".into()),
    };
    assert_eq!(seen(ResourceKind::ModelPackage, document).stage, Some(expect));
}
