//! Somebody asks for an address with which to work as somebody else.

use std::collections::BTreeMap;

use sagewarden_events::ResourceKind;
use sagewarden_govern::POLICY_VIOLATION;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, notebook};
use serde_json::{Value, json};

const ANA: &str = "arn:aws:iam::111122223333:user/ana";
const KAY: &str = "arn:aws:sts::111122223333:assumed-role/ds-user/kay";

fn called(name: &str, request: &Value, who: &str, seconds: i64) -> String {
    json!({
        "id": format!("{name}-{seconds}"), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(seconds), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(seconds),
            "userIdentity": { "type": "AssumedRole", "arn": who }, "requestParameters": request,
        },
    })
    .to_string()
}

/// The published findings: the resource, the control, who asked.
fn found(local: &Local) -> Result<Vec<(String, String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == POLICY_VIOLATION);
    Ok(sent
        .map(|notice| {
            let Value::Object(detail) = &notice.detail else { return Default::default() };
            let of = |path: &str| notice.detail.pointer(path).map(text).unwrap_or_default();
            assert!(detail.contains_key("remediation"));
            (of("/resource/name"), of("/findings/0/control"), of("/changed_by/arn"))
        })
        .collect())
}

#[test]
fn whoever_asks_for_the_notebook_profile_or_space_of_somebody_else_is_named() -> Result<()> {
    let settings = format!("{SETTINGS}\n[access]\nowner_tags = [\"Owner\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let mut request = notebook();
    request["RootAccess"] = json!("Disabled");
    let instance = local.create(ResourceKind::NotebookInstance, &request, 0)?;
    let profile = json!({ "DomainId": "d-1", "UserProfileName": "ana" });
    let profile = local.create(ResourceKind::UserProfile, &profile, 1)?;
    let space = local.create(ResourceKind::Space, &json!({ "DomainId": "d-1", "SpaceName": "lab" }), 2)?;
    for resource in [&instance, &profile, &space] {
        local.system.account.add_tags(resource, BTreeMap::from([("Owner".to_owned(), "ana".to_owned())]))?;
    }
    local.settle()?;
    assert_eq!(found(&local)?, []);
    let calls = [
        ("CreatePresignedNotebookInstanceUrl", json!({ "notebookInstanceName": "ana" })),
        ("CreatePresignedDomainUrl", json!({ "domainId": "d-1", "userProfileName": "ana" })),
        ("StartSession", json!({ "resourceIdentifier": space.arn() })),
    ];
    for (name, request) in &calls {
        local.deliver(&called(name, request, ANA, 100))?;
    }
    assert_eq!(found(&local)?, [], "the owner works there");
    for (name, request) in &calls {
        // Twice, and once more within the day: one finding.
        for seconds in [200, 200, 300] {
            local.deliver(&called(name, request, KAY, seconds))?;
        }
    }
    let expect = [("ana", "NBK-IAM-08"), ("d-1/ana", "USR-IAM-03"), ("d-1/lab", "SPC-IAM-03")]
        .map(|(name, control)| (name.to_owned(), control.to_owned(), KAY.to_owned()));
    assert_eq!(found(&local)?, expect);
    local.deliver(&called(calls[0].0, &calls[0].1, KAY, 2 * 86_400))?;
    assert_eq!(found(&local)?.len(), 4, "and so is the next day");
    Ok(())
}

#[test]
fn without_a_tag_for_owners_nobody_is_named() -> Result<()> {
    let local = Local::new()?;
    let request = json!({ "notebookInstanceName": "ana" });
    local.deliver(&called("CreatePresignedNotebookInstanceUrl", &request, KAY, 100))?;
    assert_eq!(found(&local)?, []);
    Ok(())
}
