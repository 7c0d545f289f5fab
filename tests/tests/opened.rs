//! Policies of resources open them to other accounts. Only calls report that a policy came or went: no state changes.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::fs;
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{Actor, Resource, ResourceKind, decode};
use sagewarden_govern::{Moment, POLICY_VIOLATION, route};
use sagewarden_local::Counts;
use sagewarden_policy::Bundle;
use sagewarden_tests::local::{Local, SETTINGS, at};
use sagewarden_tests::{Result, guarded, root};
use serde_json::{Value, json};

/// The account that may use what is here.
const PARTNER: &str = "444455556666";
const STRANGER: &str = "999988887777";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn caller() -> Actor {
    Actor { arn: Some("arn:aws:iam::111122223333:user/eve".to_owned()), ..Actor::default() }
}

fn opening_to(account: &str) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
        "Action": "sagemaker:InvokeEndpoint",
        "Resource": "*",
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// An endpoint and a group, whose events were delivered.
fn local() -> Result<(Local, [Resource; 2])> {
    let access = format!("\n[access]\nallowed_accounts = [\"{PARTNER}\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{access}"))?)?;
    let endpoint = local.serve()?;
    let request = json!({ "ModelPackageGroupName": "credit" });
    let group = local.create(ResourceKind::ModelPackageGroup, &request, 100)?;
    local.settle()?;
    Ok((local, [endpoint, group]))
}

/// The findings that were published after the first `known` notices: the resource and the controls of each.
fn found(local: &Local, known: usize) -> Result<Vec<(String, Vec<String>)>> {
    let sent = local.sent()?;
    let violations = sent[known..].iter().filter(|notice| notice.detail_type == POLICY_VIOLATION);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let controls = |detail: &Value| {
        let findings = detail["findings"].as_array().into_iter().flatten();
        findings.map(|finding| text(&finding["control"])).collect()
    };
    Ok(violations.map(|notice| (text(&notice.detail["resource"]["arn"]), controls(&notice.detail))).collect())
}

#[test]
fn what_is_opened_to_a_stranger_is_a_critical_finding_until_the_policy_is_gone() -> Result<()> {
    let (local, opened) = local()?;
    let account = &local.system.account;
    for (resource, control) in opened.iter().zip(["END-IAM-01", "MPG-IAM-01"]) {
        let known = local.sent()?.len();
        account.put_policy(resource, &opening_to(PARTNER), &caller(), at(200))?;
        local.settle()?;
        assert_eq!(found(&local, known)?, [], "{resource}: the partner may use it");

        account.put_policy(resource, &opening_to(STRANGER), &caller(), at(300))?;
        local.settle()?;
        assert_eq!(found(&local, known)?, [(resource.arn(), vec![control.to_owned()])]);
        let finding = local.sent()?[known].detail.clone();
        assert_eq!(finding["findings"][0]["severity"], "critical", "{finding}");
        assert_eq!(finding["findings"][0]["actual"], format!("arn:aws:iam::{STRANGER}:root"));
        assert_eq!(finding["remediation"]["action"], "AddTags", "a policy is not taken away: {finding}");
        assert!(account.policy_document(resource)?.contains(STRANGER), "it is still there");

        account.delete_policy(resource, &caller(), at(400))?;
        let known = local.sent()?.len();
        local.settle()?;
        assert_eq!(found(&local, known)?, []);
        // Opened once more, it is another finding.
        account.put_policy(resource, &opening_to("*"), &caller(), at(500))?;
        local.settle()?;
        assert_eq!(found(&local, known)?, [(resource.arn(), vec![control.to_owned()])]);
    }
    Ok(())
}

#[test]
fn a_successor_of_the_same_name_has_no_policy() -> Result<()> {
    let (local, [endpoint, _]) = local()?;
    let account = &local.system.account;
    account.put_policy(&endpoint, &opening_to(STRANGER), &caller(), at(200))?;
    local.settle()?;
    account.delete(&endpoint, at(300))?;
    local.settle()?;
    let known = local.sent()?.len();
    let request = json!({ "EndpointName": endpoint.name, "EndpointConfigName": "c" });
    local.create(ResourceKind::Endpoint, &request, 400)?;
    local.settle()?;
    assert_eq!(found(&local, known)?, []);
    Ok(())
}

#[test]
fn a_policy_takes_three_descriptions_at_most() -> Result<()> {
    let (local, opened) = local()?;
    for (resource, expect) in opened.iter().zip([3, 1]) {
        local.system.account.put_policy(resource, &opening_to(STRANGER), &caller(), at(200))?;
        let events = local.system.account.drain_events()?;
        assert_eq!(events.len(), 1, "a policy changes no state");
        let counts = Rc::new(Counts::default());
        let world = guarded::world(&local.system, &counts);
        let moment = Moment { now: at(201), owner: "test".to_owned() };
        let judging = local.system.judging();
        for event in decode(&events[0].to_string())? {
            let judged = route::enforce_policy(&world, &judging, &event, &moment);
            block_on(judged).ok_or("it is not judged")??;
        }
        let calls = counts.take();
        let of = |method: &str| calls.get(method).copied().unwrap_or_default();
        assert_eq!((of("Account::describe"), of("Account::policy_of")), (expect, 1), "{resource}: {calls:?}");
    }
    Ok(())
}

#[test]
fn an_experiment_that_stores_requests_elsewhere_is_found_until_it_is_changed() -> Result<()> {
    let settings = format!("{SETTINGS}\n[artifacts]\nallowed_buckets = [\"models\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    local.serve()?;
    local.settle()?;
    let variant = |name: &str| {
        let on = json!({ "InstanceType": "ml.m5.xlarge", "InstanceCount": 1 });
        let on = json!({ "InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": on });
        json!({ "ModelName": "m", "VariantName": name, "InfrastructureConfig": on })
    };
    let shadow = json!([{ "ShadowModelVariantName": "challenger", "SamplingPercentage": 10 }]);
    let request = json!({
        "Name": "test",
        "Type": "ShadowMode",
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
        "EndpointName": "prod",
        "ModelVariants": [variant("champion"), variant("challenger")],
        "ShadowModeConfig": { "SourceModelVariantName": "champion", "ShadowModelVariants": shadow },
        "DataStorageConfig": { "Destination": "s3://elsewhere/shadow", "KmsKey": KEY },
        "KmsKey": KEY,
    });
    let known = local.sent()?.len();
    let experiment = local.create(ResourceKind::InferenceExperiment, &request, 200)?;
    local.settle()?;
    let sent = local.sent()?;
    let found = &sent[known];
    assert_eq!(found.detail_type, POLICY_VIOLATION);
    assert_eq!(found.detail["resource"]["arn"], experiment.arn());
    assert_eq!(found.detail["findings"][0]["control"], "EXP-ART-01", "{}", found.detail);
    assert_eq!(found.detail["remediation"]["action"], "AddTags", "nobody stops it: {}", found.detail);

    let change = json!({ "DataStorageConfig": { "Destination": "s3://models/shadow" } });
    local.system.account.update(&experiment, &change, at(300))?;
    let path = "events/aws.sagemaker/api-call-via-cloudtrail/update-inference-experiment.json";
    let event = fs::read_to_string(root().join(path))?.replace("shadow-test", "test");
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&local.system, &counts);
    let moment = Moment { now: at(301), owner: "test".to_owned() };
    let judging = local.system.judging();
    for event in decode(&event)? {
        let done = block_on(route::enforce_policy(&world, &judging, &event, &moment));
        let done = done.ok_or("it is not judged")??;
        assert!(done.text().contains("is compliant"), "{}", done.text());
    }
    let calls = counts.take();
    assert_eq!(calls.get("Account::describe"), Some(&1), "{calls:?}");
    assert_eq!(local.sent()?.len(), known + 1);
    Ok(())
}
