//! Tags that somebody sets or takes away after the resource was judged.

use std::collections::BTreeMap;

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{BundleInForce, Moment, POLICY_VIOLATION, REMEDIATION_DONE, VIOLATION_TAG};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, training_job};
use serde_json::{Value, json};

const REQUIRED: &str = "\n[traceability]\nrequired_tags = [\"Owner\"]\n";

fn world() -> Result<Local> {
    Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{REQUIRED}"))?)
}

fn called(name: &str, request: &Value, seconds: i64) -> Value {
    json!({
        "id": format!("{name}-{seconds}"), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(seconds), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(seconds),
            "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/ds-user/kay" },
            "requestParameters": request,
        },
    })
}

/// Takes the owner's tag away, or sets it; CloudTrail reports that.
fn tagged(local: &Local, resource: &Resource, owned: bool, seconds: i64) -> Result<Value> {
    let account = &local.system.account;
    let event = if owned {
        account.add_tags(resource, BTreeMap::from([("Owner".to_owned(), "ana".to_owned())]))?;
        let tags = json!([{ "key": "Owner", "value": "ana" }]);
        called("AddTags", &json!({ "resourceArn": resource.arn(), "tags": tags }), seconds)
    } else {
        account.delete_tags(resource, &["Owner"])?;
        called("DeleteTags", &json!({ "resourceArn": resource.arn(), "tagKeys": ["Owner"] }), seconds)
    };
    deliver(local, &event, seconds)?;
    Ok(event)
}

fn deliver(local: &Local, event: &Value, seconds: i64) -> Result<()> {
    block_on(local.system.deliver(&event.to_string(), at(seconds)))?;
    Ok(())
}

/// The published findings on a resource: the controls, the remedy, and who made the change.
fn findings(local: &Local, resource: &Resource) -> Result<Vec<(String, Value, Value)>> {
    let own = |detail: &Value| detail["resource"]["arn"] == resource.arn().as_str();
    let found = local.sent()?.into_iter().filter(|it| it.detail_type == POLICY_VIOLATION && own(&it.detail));
    let found = found.map(|it| {
        let controls = it.detail["findings"].as_array().into_iter().flatten();
        let controls: Vec<&str> = controls.filter_map(|finding| finding["control"].as_str()).collect();
        (
            controls.join(" "),
            it.detail["remediation"]["action"].clone(),
            it.detail["changed_by"]["arn"].clone(),
        )
    });
    Ok(found.collect())
}

fn mark(local: &Local, resource: &Resource) -> Result<Option<String>> {
    Ok(local.system.account.tag_map(resource)?.remove(VIOLATION_TAG))
}

#[test]
fn a_required_tag_that_is_taken_away_is_a_finding_each_time() -> Result<()> {
    let local = world()?;
    let owner = json!([{ "Key": "Owner", "Value": "ana" }]);
    let owned = |mut request: Value| {
        request["Tags"] = owner.clone();
        request
    };
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &[("Owner", "ana")]), 0)?;
    let model = local.create(ResourceKind::Model, &owned(model("m")), 1)?;
    let config = local.create(ResourceKind::EndpointConfig, &owned(endpoint_config("c", "m")), 2)?;
    // An MLflow server can be changed; the others cannot.
    let server = json!({ "TrackingServerName": "runs", "ArtifactStoreUri": "s3://models/mlflow", "RoleArn": "arn:aws:iam::111122223333:role/r" });
    let server = local.create(ResourceKind::TrackingServer, &owned(server), 3)?;
    let created = local.system.account.drain_events()?;
    for event in &created {
        deliver(&local, event, 10)?;
    }
    let checks = [(job, "TRN-TRC-02"), (model, "MDL-TRC-01"), (config, "EPC-TRC-01"), (server, "MLS-TRC-01")];
    for (resource, control) in &checks {
        assert_eq!(findings(&local, resource)?, [], "{resource}");
        let first = tagged(&local, resource, false, 100)?;
        let kay = json!("arn:aws:sts::111122223333:assumed-role/ds-user/kay");
        let found = (control.to_string(), json!("AddTags"), kay);
        assert_eq!(findings(&local, resource)?, std::slice::from_ref(&found), "{resource}");
        assert_eq!(mark(&local, resource)?.as_deref(), Some(*control), "{resource}");
        // The same call, delivered once more, is not a finding of its own.
        deliver(&local, &first, 150)?;
        assert_eq!(findings(&local, resource)?.len(), 1, "{resource}");
        let second = tagged(&local, resource, true, 200)?;
        deliver(&local, &second, 210)?;
        assert_eq!(findings(&local, resource)?.len(), 1, "{resource}");
        tagged(&local, resource, false, 300)?;
        for event in [&second, &first] {
            deliver(&local, event, 310)?;
        }
        assert_eq!(findings(&local, resource)?.len(), 2, "{resource} fails again after it had passed");
    }
    // The first events, delivered once more, meet the verdicts of now.
    for event in &created {
        deliver(&local, event, 400)?;
    }
    assert_eq!(local.sent()?.len(), 2 * checks.len());
    Ok(())
}

#[test]
fn a_tag_leads_to_a_finding_and_the_next_change_of_the_job_to_the_remedy() -> Result<()> {
    let lax = format!("{SETTINGS}TRN-NET-01 = \"off\"\nTRN-NET-02 = \"off\"\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&lax)?)?;
    let mut request = training_job("t", &[]);
    request["EnableNetworkIsolation"] = json!(false);
    let job = local.create(ResourceKind::TrainingJob, &request, 0)?;
    let events = local.system.account.drain_events()?;
    for event in &events {
        deliver(&local, event, 1)?;
    }
    let status = || -> Result<Value> {
        Ok(local.system.account.describe_document(&job)?["TrainingJobStatus"].clone())
    };
    // Stricter settings come into force while it runs.
    let strict = Bundle::embedded()?.with_settings(SETTINGS)?;
    let judging = Judging::new(BundleInForce::new(strict.into(), None, None));
    let judge = |event: &Value, seconds: i64| -> Result<()> {
        let event = sagewarden_events::decode(&event.to_string())?.remove(0);
        let moment = Moment { now: at(seconds), owner: "test".to_owned() };
        block_on(route::enforce_policy(&local.system.world(), &judging, &event, &moment))
            .ok_or("nothing to do")??;
        Ok(())
    };
    let tags = json!([{ "key": "team", "value": "risk" }]);
    let call = called("AddTags", &json!({ "resourceArn": job.arn(), "tags": tags }), 100);
    judge(&call, 100)?;
    judge(&call, 101)?;
    assert_eq!(status()?, "InProgress");
    let found = findings(&local, &job)?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1, Value::Null, "nothing was done: {found:?}");
    let change = events.iter().find(|event| event["detail-type"] == "SageMaker Training Job State Change");
    judge(change.ok_or("no state was announced")?, 200)?;
    assert_eq!(status()?, "Stopping");
    let sent: Vec<String> = local.sent()?.into_iter().map(|notice| notice.detail_type).collect();
    assert_eq!(sent, [POLICY_VIOLATION, REMEDIATION_DONE]);
    Ok(())
}
