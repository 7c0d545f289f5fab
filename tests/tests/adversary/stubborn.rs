//! Undoing what Sagewarden corrects until it gives up.

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::route::{self, Judging};
use sagewarden_govern::{
    BundleInForce, Moment, POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED, VIOLATION_TAG,
};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, notebook, training_job};
use serde_json::{Value, json};

fn described(local: &Local, resource: &Resource) -> Result<Value> {
    let all = local.system.account.list(resource.kind)?;
    let name = resource.kind.name_field();
    Ok(all.into_iter().find(|each| each[name] == resource.name.as_str()).ok_or("it is gone")?)
}

fn called(name: &str, request: &Value, seconds: i64) -> String {
    json!({
        "id": seconds.to_string(), "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-west-1", "time": at(seconds), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": name, "eventTime": at(seconds),
            "requestParameters": request,
        },
    })
    .to_string()
}

#[test]
fn an_approval_by_its_own_author_does_not_stand_at_the_sixth_try_nor_at_the_twentieth() -> Result<()> {
    let local = Local::new()?;
    let author = json!({ "IamIdentity": { "Arn": "arn:aws:sts::111122223333:assumed-role/ds-user/ana" } });
    let request = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "Approved", "CreatedBy": author, "LastModifiedBy": author,
    });
    let package = local.create(ResourceKind::ModelPackage, &request, 0)?;
    local.settle()?;
    for attempt in 1..20 {
        let approved = json!({ "ModelApprovalStatus": "Approved", "LastModifiedBy": author });
        local.system.account.update(&package, &approved, at(attempt * 100))?;
        let request = json!({ "modelPackageArn": package.arn(), "modelApprovalStatus": "Approved" });
        local.deliver(&called("UpdateModelPackage", &request, attempt * 100))?;
        local.settle()?;
        let document = &local.system.account.list(ResourceKind::ModelPackage)?[0];
        assert_eq!(document["ModelApprovalStatus"], "PendingManualApproval", "at try {attempt}");
    }
    Ok(())
}

#[test]
fn a_notebook_that_gets_its_root_access_back_again_and_again_ends_stopped() -> Result<()> {
    let local = Local::new()?;
    let resource = local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    local.settle()?;
    let account = &local.system.account;
    let mut seconds = 0;
    let mut starts = 0;
    for _ in 0..8 {
        // A stopped instance comes to rest, is changed, and is started again.
        seconds += 300;
        account.finish_stop(&resource, at(seconds))?;
        local.settle()?;
        let serves = described(&local, &resource)?["NotebookInstanceStatus"] == "InService";
        starts += usize::from(serves);
        // Its owner stops it, opens it, and starts it, before any event of it arrives.
        if serves {
            account.stop_job(&resource, at(seconds + 100))?;
            account.finish_stop(&resource, at(seconds + 110))?;
        }
        account.update(&resource, &json!({ "RootAccess": "Enabled" }), at(seconds + 120))?;
        account.set_running(&resource, true, at(seconds + 130))?;
        local.settle()?;
        assert_ne!(
            described(&local, &resource)?["NotebookInstanceStatus"],
            "InService",
            "it serves with root access"
        );
    }
    // Sagewarden started it again at first, and no longer in the end.
    assert!((1..8).contains(&starts), "{starts}");
    local.system.account.finish_stop(&resource, at(seconds + 300))?;
    local.settle()?;
    let ended = described(&local, &resource)?;
    assert_eq!(
        (&ended["NotebookInstanceStatus"], &ended["RootAccess"]),
        (&json!("Stopped"), &json!("Disabled"))
    );
    Ok(())
}

#[test]
fn a_job_whose_debugger_is_opened_again_and_again_is_stopped() -> Result<()> {
    let local = Local::new()?;
    let open = json!({ "RemoteDebugConfig": { "EnableRemoteDebug": true } });
    let mut request = training_job("t", &[]);
    request["RemoteDebugConfig"] = open["RemoteDebugConfig"].clone();
    let job = local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    for attempt in 1..8 {
        if described(&local, &job)?["TrainingJobStatus"] != "InProgress" {
            break;
        }
        local.system.account.update(&job, &open, at(attempt * 100))?;
        local.deliver(&called("UpdateTrainingJob", &json!({ "trainingJobName": "t" }), attempt * 100))?;
        local.settle()?;
    }
    assert_eq!(described(&local, &job)?["TrainingJobStatus"], "Stopping");
    Ok(())
}

#[test]
fn if_nothing_can_be_stopped_the_person_on_call_gets_a_critical_finding_and_the_next_day_counts_anew()
-> Result<()> {
    let local = Local::new()?;
    let open = json!({ "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    let request = json!({ "DomainId": "d-1", "SpaceName": "team", "SpaceSettings": open["SpaceSettings"] });
    let space = local.create(ResourceKind::Space, &request, 0)?;
    local.settle()?;
    let reopened = |seconds: i64| -> Result<Value> {
        local.system.account.update(&space, &open, at(seconds))?;
        local.deliver(&called("UpdateSpace", &json!({ "domainId": "d-1", "spaceName": "team" }), seconds))?;
        Ok(local.system.account.list(ResourceKind::Space)?[0]["SpaceSettings"]["RemoteAccess"].clone())
    };
    for round in 1..10 {
        reopened(round * 100)?;
    }
    let last = local.sent()?.pop().unwrap().detail;
    let critical = last["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["severity"] == "critical")
        .unwrap();
    assert_eq!(
        (&critical["control"], &critical["actual"]),
        (&json!("REMEDY-UNDONE"), &json!("5 corrections within a day were undone"))
    );
    assert_eq!(reopened(2 * 86_400)?, "DISABLED");
    Ok(())
}

/// A job that fails a control with a mark as its remedy, and is marked.
fn marked(local: &Local) -> Result<Resource> {
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["InstanceCount"] = json!(2);
    let job = local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    assert_eq!(mark(local, &job)?.as_deref(), Some("TRN-ENC-03"));
    Ok(job)
}

fn mark(local: &Local, resource: &Resource) -> Result<Option<String>> {
    Ok(local.system.account.tag_map(resource)?.remove(VIOLATION_TAG))
}

/// Takes the mark away; returns what came of that.
fn take_mark(local: &Local, resource: &Resource, seconds: i64) -> Result<Vec<String>> {
    local.system.account.delete_tags(resource, &[VIOLATION_TAG])?;
    let request = json!({ "resourceArn": resource.arn(), "tagKeys": [VIOLATION_TAG] });
    local.deliver(&called("DeleteTags", &request, seconds))
}

#[test]
fn a_mark_that_is_taken_away_or_written_over_is_set_again_as_long_as_the_control_is_broken() -> Result<()> {
    let local = Local::new()?;
    let job = marked(&local)?;
    let done = take_mark(&local, &job, 100)?;
    assert!(done[0].contains("because somebody had removed it"), "{done:?}");
    assert_eq!(mark(&local, &job)?.as_deref(), Some("TRN-ENC-03"));
    let set = |value: &str, seconds: i64| -> Result<Vec<String>> {
        let tags = [(VIOLATION_TAG.to_owned(), value.to_owned())];
        local.system.account.add_tags(&job, tags.into())?;
        let tags = json!([{ "key": VIOLATION_TAG, "value": value }]);
        local.deliver(&called("AddTags", &json!({ "resourceArn": job.arn(), "tags": tags }), seconds))
    };
    set("", 200)?;
    assert_eq!(mark(&local, &job)?.as_deref(), Some("TRN-ENC-03"));
    // Sagewarden's own call comes back as an event, and leads to nothing more.
    assert_eq!(set("TRN-ENC-03", 201)?, [""; 0]);
    // The end of the undone remedy is published once.
    let sent: Vec<String> = local.sent()?.into_iter().map(|notice| notice.detail_type).collect();
    assert_eq!(sent, [POLICY_VIOLATION, REMEDIATION_DONE]);
    Ok(())
}

#[test]
fn a_mark_that_is_taken_away_again_and_again_is_a_critical_finding_and_no_endless_game() -> Result<()> {
    let local = Local::new()?;
    let job = marked(&local)?;
    let mut set = 0;
    for attempt in 1..20 {
        // Each call is delivered twice, and counts once.
        for _ in 0..2 {
            take_mark(&local, &job, attempt * 100)?;
        }
        set += usize::from(mark(&local, &job)?.is_some());
    }
    assert_eq!(set, 5);
    let failed: Vec<_> =
        local.sent()?.into_iter().filter(|notice| notice.detail_type == REMEDIATION_FAILED).collect();
    assert_eq!(failed.len(), 1);
    let undone = failed[0].detail["findings"].as_array().unwrap().last().unwrap();
    assert_eq!((&undone["control"], &undone["severity"]), (&json!("REMEDY-UNDONE"), &json!("critical")));
    // The next day starts a new count, and ends in a finding of its own.
    let next_day = 2 * 86_400;
    take_mark(&local, &job, next_day)?;
    assert_eq!(mark(&local, &job)?.as_deref(), Some("TRN-ENC-03"));
    for attempt in 1..8 {
        take_mark(&local, &job, next_day + attempt * 100)?;
    }
    let failed = local.sent()?.into_iter().filter(|notice| notice.detail_type == REMEDIATION_FAILED).count();
    assert_eq!(failed, 2);
    Ok(())
}

#[test]
fn removing_marks_does_not_get_another_persons_job_stopped() -> Result<()> {
    let local = Local::new()?;
    let job = marked(&local)?;
    for attempt in 1..8 {
        take_mark(&local, &job, attempt * 100)?;
    }
    let open = json!({ "RemoteDebugConfig": { "EnableRemoteDebug": true } });
    local.system.account.update(&job, &open, at(1_000))?;
    local.deliver(&called("UpdateTrainingJob", &json!({ "trainingJobName": "t" }), 1_000))?;
    local.settle()?;
    let now = described(&local, &job)?;
    assert_eq!(now["TrainingJobStatus"], "InProgress");
    assert_eq!(now["RemoteDebugConfig"]["EnableRemoteDebug"], false, "{now}");
    Ok(())
}

#[test]
fn other_tags_and_what_keeps_its_controls_are_left_alone() -> Result<()> {
    let local = Local::new()?;
    let job = marked(&local)?;
    local.system.account.delete_tags(&job, &[VIOLATION_TAG])?;
    let request = json!({ "resourceArn": job.arn(), "tagKeys": ["team"] });
    assert_eq!(local.deliver(&called("DeleteTags", &request, 100))?, [""; 0]);
    assert_eq!(mark(&local, &job)?, None);
    let good = local.create(ResourceKind::TrainingJob, &training_job("good", &[]), 200)?;
    local.settle()?;
    let done = take_mark(&local, &good, 300)?;
    assert!(done[0].contains("is compliant"), "{done:?}");
    assert_eq!(mark(&local, &good)?, None);
    Ok(())
}

#[test]
fn setting_a_tag_does_not_get_a_job_stopped_that_passed_its_controls_at_its_creation() -> Result<()> {
    let lax = format!("{SETTINGS}TRN-NET-01 = \"off\"\nTRN-NET-02 = \"off\"\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&lax)?)?;
    let mut request = training_job("t", &[]);
    request["EnableNetworkIsolation"] = json!(false);
    let job = local.create(ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    assert_eq!(described(&local, &job)?["TrainingJobStatus"], "InProgress");
    // Other settings come into force while it runs; somebody else sets a tag on it.
    let strict = Bundle::embedded()?.with_settings(SETTINGS)?;
    let judging = Judging::new(BundleInForce::new(strict.into(), None, None));
    let tags = json!([{ "key": VIOLATION_TAG, "value": "" }]);
    let event = called("AddTags", &json!({ "resourceArn": job.arn(), "tags": tags }), 100);
    let event = sagewarden_events::decode(&event)?.remove(0);
    let moment = Moment { now: at(100), owner: "test".to_owned() };
    let outcome = block_on(route::enforce_policy(&local.system.world(), &judging, &event, &moment));
    assert_eq!(described(&local, &job)?["TrainingJobStatus"], "InProgress", "{outcome:?}");
    Ok(())
}

/// An approval of a package, or another change of it: the caller, and the event.
fn updated(local: &Local, package: &Resource, (who, seconds): (&str, i64), change: &Value) -> Result<String> {
    let mut document = change.clone();
    document["LastModifiedBy"] = person(who);
    local.system.account.update(package, &document, at(seconds))?;
    let mut request = json!({ "modelPackageArn": package.arn() });
    if let Some(status) = change.get("ModelApprovalStatus") {
        request["modelApprovalStatus"] = status.clone();
    }
    let mut event: Value = serde_json::from_str(&called("UpdateModelPackage", &request, seconds))?;
    event["detail"]["userIdentity"] = json!({ "type": "AssumedRole", "arn": who });
    Ok(event.to_string())
}

fn person(arn: &str) -> Value {
    json!({ "IamIdentity": { "Arn": arn } })
}

#[test]
fn an_approval_by_its_own_author_is_not_hidden_by_the_next_change_of_the_package() -> Result<()> {
    let local = Local::new()?;
    let ana = "arn:aws:sts::111122223333:assumed-role/ds-user/ana";
    // A job of a pipeline that writes metadata, with a role of its own.
    let job = "arn:aws:sts::111122223333:assumed-role/pipeline/SageMaker";
    let request = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "PendingManualApproval", "CreatedBy": person(ana),
        "LastModifiedBy": person(ana),
    });
    let package = local.create(ResourceKind::ModelPackage, &request, 0)?;
    local.settle()?;
    let approved = json!({ "ModelApprovalStatus": "Approved" });
    let touched = json!({ "CustomerMetadataProperties": { "a": "b" } });
    let by_ana = updated(&local, &package, (ana, 100), &approved)?;
    let by_job = updated(&local, &package, (job, 101), &touched)?;
    local.deliver(&by_ana)?;
    local.deliver(&by_job)?;
    local.settle()?;
    let status = |local: &Local| -> Result<Value> {
        Ok(local.system.account.list(ResourceKind::ModelPackage)?[0]["ModelApprovalStatus"].clone())
    };
    assert_eq!(status(&local)?, "PendingManualApproval", "ana approved what ana made");
    // Somebody else's approval stands, also when the first event comes again.
    let lead = "arn:aws:sts::111122223333:assumed-role/lead/jo";
    let by_lead = updated(&local, &package, (lead, 200), &approved)?;
    for event in [&by_lead, &by_ana, &by_job] {
        local.deliver(event)?;
    }
    local.settle()?;
    assert_eq!(status(&local)?, "Approved");
    // And so does it when a job touches the package next.
    let by_job = updated(&local, &package, (job, 201), &touched)?;
    for event in [&by_lead, &by_job] {
        local.deliver(event)?;
    }
    local.settle()?;
    assert_eq!(status(&local)?, "Approved");
    Ok(())
}
