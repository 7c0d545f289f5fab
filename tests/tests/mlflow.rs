//! MLflow tracking servers and apps: judged, marked, and left as they are.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::POLICY_VIOLATION;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS};
use serde_json::{Value, json};

const BUCKETS: &str = "\n[artifacts]\nallowed_buckets = [\"models\"]\n";

fn world() -> Result<Local> {
    Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{BUCKETS}"))?)
}

/// The controls of the one finding on a resource, and what was done about it.
fn found(local: &Local, resource: &Resource) -> Result<(Vec<String>, Value)> {
    let sent = local.sent()?;
    let own: Vec<_> =
        sent.iter().filter(|notice| notice.detail["resource"]["arn"] == resource.arn().as_str()).collect();
    let [notice] = own.as_slice() else { return Err(format!("{} findings", own.len()).into()) };
    assert_eq!(notice.detail_type, POLICY_VIOLATION);
    let findings = notice.detail["findings"].as_array().into_iter().flatten();
    let controls = findings.filter_map(|finding| finding["control"].as_str()).map(str::to_owned);
    Ok((controls.collect(), notice.detail["remediation"]["action"].clone()))
}

#[test]
fn a_server_with_a_foreign_bucket_is_found_and_marked() -> Result<()> {
    let local = world()?;
    let request = json!({
        "TrackingServerName": "runs", "ArtifactStoreUri": "s3://elsewhere/mlflow", "RoleArn": "arn:aws:iam::111122223333:role/r",
    });
    let server = local.create(ResourceKind::TrackingServer, &request, 0)?;
    local.settle()?;
    assert_eq!(found(&local, &server)?, (vec!["MLS-ART-01".to_owned()], json!("AddTags")));
    assert!(local.system.account.tag_map(&server)?.contains_key("sagewarden:violation"));
    Ok(())
}

/// The service names an app. Only the answer to the call has that name.
#[test]
fn an_app_is_judged_under_the_name_that_the_service_gave_it() -> Result<()> {
    let local = world()?;
    let request = json!({
        "Name": "runs", "ArtifactStoreUri": "s3://models/mlflow", "RoleArn": "arn:aws:iam::111122223333:role/r",
        "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "ModelRegistrationMode": "AutoModelRegistrationEnabled",
    });
    let app = local.create(ResourceKind::MlflowApp, &request, 0)?;
    assert!(app.name.starts_with("app-"), "{app}");
    local.settle()?;
    assert_eq!(found(&local, &app)?, (vec!["MLA-ART-02".to_owned()], json!("AddTags")));
    Ok(())
}
