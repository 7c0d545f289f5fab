//! A version of a model that is not, or no longer, in the stage in which models may serve.

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::{Ask, POLICY_VIOLATION, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const ANA: &str = "arn:aws:sts::111122223333:assumed-role/ds-user/ana";
const LEAD: &str = "arn:aws:sts::111122223333:assumed-role/lead/jo";

fn person(arn: &str) -> Value {
    json!({ "IamIdentity": { "Arn": arn } })
}

/// An endpoint that serves a version of the registry in this stage. Ana registered the version.
fn world(stage: &Value) -> Result<(Local, Resource)> {
    let settings = format!("{SETTINGS}\n[artifacts]\nserving_stage = \"Production\"\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let account = &local.system.account;
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &[]), 0)?;
    account.put_object("models", "out/t/output/model.tar.gz", b"weights", at(10))?;
    account.finish_training(&job, at(20))?;
    let package = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "PendingManualApproval", "CreatedBy": person(ANA),
        "LastModifiedBy": person(LEAD), "ModelLifeCycle": stage,
        "CustomerMetadataProperties": { "Risk_Tier": "high", "owner": "credit team", "next validation": "2026-12-31" },
        "InferenceSpecification": { "Containers": [{
            "Image": "repository/image:1", "ImageDigest": format!("sha256:{}", "a".repeat(64)), "ModelDataETag": "e",
            "ModelDataUrl": "s3://models/out/t/output/model.tar.gz",
        }] },
    });
    let package = local.create(ResourceKind::ModelPackage, &package, 30)?;
    account.decide(&package, "Approved", LEAD, "looked at", at(40))?;
    let mut request = model("m");
    request["PrimaryContainer"] = json!({ "ModelPackageName": package.arn() });
    local.create(ResourceKind::Model, &request, 50)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c", "m"), 51)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 52)?;
    account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    Ok((local, package))
}

#[test]
fn the_inventory_says_what_the_version_says_of_its_use() -> Result<()> {
    let (local, _) = world(&json!({ "Stage": "Production", "StageStatus": "Approved" }))?;
    let question = Question { ask: Ask::Inventory, ..Question::default() };
    let Reply::Listing(listing) = block_on(answer(&local.system.store, &question, &|| false))? else {
        return Err("the answer is no list".into());
    };
    let items = json!(listing.items);
    let said = |field: &str| items.pointer(&format!("/0/{field}")).cloned().unwrap_or_default();
    let expect = [
        ("owner", json!("credit team")),
        ("risk_tier", json!("high")),
        ("stage", json!("Production/Approved")),
        ("next_validation", json!("2026-12-31")),
        ("purpose", Value::Null),
    ];
    for (field, expect) in expect {
        assert_eq!(said(field), expect, "{field}: {items}");
    }
    Ok(())
}

/// Somebody moves the version to another stage.
fn moved(
    local: &Local,
    package: &Resource,
    stage: &str,
    status: &str,
    who: &str,
    seconds: i64,
) -> Result<()> {
    let stage = json!({ "Stage": stage, "StageStatus": status, "StageDescription": "moved" });
    let change = json!({ "ModelLifeCycle": stage, "LastModifiedBy": person(who) });
    local.system.account.update(package, &change, at(seconds))?;
    let call = json!({
        "id": seconds.to_string(), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(seconds), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateModelPackage", "eventTime": at(seconds),
            "userIdentity": { "type": "AssumedRole", "arn": who },
            "requestParameters": { "modelPackageArn": package.arn(), "modelLifeCycle": { "stage": "x" } },
        },
    });
    block_on(local.system.deliver(&call.to_string(), at(seconds)))?;
    // The state change of the package brings it to the lineage.
    local.settle()?;
    Ok(())
}

/// The published findings of a control, by the name of the resource.
fn found(local: &Local, control: &str) -> Result<Vec<String>> {
    let has = |detail: &Value| {
        detail["findings"].as_array().is_some_and(|all| all.iter().any(|each| each["control"] == control))
    };
    let sent = local.sent()?.into_iter().filter(|it| it.detail_type == POLICY_VIOLATION && has(&it.detail));
    Ok(sent.map(|it| it.detail["resource"]["name"].as_str().unwrap_or_default().to_owned()).collect())
}

#[test]
fn what_serves_must_be_approved_in_the_stage_for_serving() -> Result<()> {
    let (local, _) = world(&json!({ "Stage": "QA", "StageStatus": "Approved" }))?;
    assert_eq!(found(&local, "END-ART-03")?, ["prod"]);
    let (local, _) = world(&json!({ "Stage": "Production", "StageStatus": "PendingApproval" }))?;
    assert_eq!(found(&local, "END-ART-03")?, ["prod"]);
    let (local, _) = world(&json!({ "Stage": "Production", "StageStatus": "Approved" }))?;
    assert_eq!(found(&local, "END-ART-03")?, <[&str; 0]>::default());
    Ok(())
}

#[test]
fn a_version_that_is_archived_while_it_serves_is_found_on_its_endpoint() -> Result<()> {
    let (local, package) = world(&json!({ "Stage": "Production", "StageStatus": "Approved" }))?;
    moved(&local, &package, "Archived", "Retired", LEAD, 200)?;
    assert_eq!(found(&local, "END-ART-03")?, ["prod"]);
    let question = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    let Reply::History(history) = block_on(answer(&local.system.store, &question, &|| false))? else {
        return Err("it is no history".into());
    };
    let texts: Vec<&str> = history.entries.iter().map(|entry| entry.text.as_str()).collect();
    for stage in ["Production/Approved", "Archived/Retired"] {
        let reached = format!(" reached the stage {stage}");
        assert!(texts.iter().any(|text| text.contains(&reached)), "{stage}: {texts:#?}");
    }
    Ok(())
}

#[test]
fn who_registered_a_version_does_not_approve_its_stage() -> Result<()> {
    let (local, package) = world(&json!({ "Stage": "QA", "StageStatus": "PendingApproval" }))?;
    assert_eq!(found(&local, "MPK-ART-04")?, <[&str; 0]>::default());
    moved(&local, &package, "Production", "Approved", ANA, 200)?;
    assert_eq!(found(&local, "MPK-ART-04")?.len(), 1);
    Ok(())
}

/// The description has only the present stage: the lineage knows where the version was before.
#[test]
fn a_version_that_skips_a_stage_is_found() -> Result<()> {
    for (first, expect) in [("Development", 1), ("QA", 0)] {
        let settings =
            format!("{SETTINGS}\n[artifacts]\nstages = [\"Development\", \"QA\", \"Production\"]\n");
        let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
        let package = json!({
            "ModelPackageGroupName": "credit", "ModelApprovalStatus": "PendingManualApproval",
            "CreatedBy": person(ANA), "ModelLifeCycle": { "Stage": first, "StageStatus": "Approved" },
            "InferenceSpecification": { "Containers": [{
                "Image": "repository/image:1", "ImageDigest": format!("sha256:{}", "a".repeat(64)),
                "ModelDataETag": "e", "ModelDataUrl": "s3://models/out/t/output/model.tar.gz",
            }] },
        });
        let package = local.create(ResourceKind::ModelPackage, &package, 30)?;
        local.settle()?;
        moved(&local, &package, "Production", "Approved", LEAD, 200)?;
        // The first stage that anybody recorded is undecided, unless it is the first of all.
        let sent = local.sent()?;
        let findings = sent.iter().filter_map(|notice| notice.detail["findings"].as_array()).flatten();
        let certain =
            findings.filter(|finding| finding["control"] == "MPK-ART-05" && finding["status"] == "violation");
        assert_eq!(certain.count(), expect, "from {first}: {sent:?}");
    }
    Ok(())
}
