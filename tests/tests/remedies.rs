//! Each remedy, from the call that fails a control to its end.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use futures::executor::block_on;
use sagewarden_events::{Actor, Grant, Resource, ResourceKind};
use sagewarden_govern::ports::{Account, Remedies};
use sagewarden_govern::{POLICY_VIOLATION, REMEDIATION_DONE, VIOLATION_TAG};
use sagewarden_lineage::rows::VerdictRow;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{KEY, Local, SETTINGS, at, model, notebook, training_job};
use serde_json::{Value, json};

fn ana() -> Actor {
    Actor { arn: Some("arn:aws:sts::111122223333:assumed-role/ds-user/ana".to_owned()), ..Actor::default() }
}

/// Creates a resource as Ana: with CloudTrail's event, and its own if it has one.
fn create(local: &Local, kind: ResourceKind, request: &Value, seconds: i64) -> Result<Resource> {
    Ok(local.system.account.create(kind, request, Some(&ana()), at(seconds))?)
}

fn described(local: &Local, resource: &Resource, field: &str) -> Result<Value> {
    Ok(local.system.account.describe_document(resource)?[field].clone())
}

/// Control ids and remediation of each notice on a resource, in order.
fn told(local: &Local, resource: &Resource) -> Result<Vec<(String, String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let about = |notice: &sagewarden_local::SentNotice| {
        let findings = notice.detail["findings"].as_array().cloned().unwrap_or_default();
        let ids: Vec<String> = findings.iter().map(|finding| text(&finding["control"])).collect();
        (notice.detail_type.clone(), ids.join(" "), text(&notice.detail["remediation"]["action"]))
    };
    let sent = local.sent()?;
    let mine = sent.iter().filter(|notice| notice.detail["resource"]["arn"] == resource.arn().as_str());
    Ok(mine.map(about).collect())
}

fn notice(kind: &str, controls: &str, action: &str) -> (String, String, String) {
    (kind.to_owned(), controls.to_owned(), action.to_owned())
}

#[test]
fn a_notebook_is_stopped_changed_and_started_again() -> Result<()> {
    let local = Local::new()?;
    let resource = create(&local, ResourceKind::NotebookInstance, &notebook(), 0)?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "Stopping");
    assert_eq!(described(&local, &resource, "RootAccess")?, "Enabled", "it cannot be changed while it stops");
    local.system.account.finish_stop(&resource, at(90))?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "RootAccess")?, "Disabled");
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "InService");
    let steps = [
        notice(POLICY_VIOLATION, "NBK-IAM-01", "StopNotebookInstance"),
        notice(REMEDIATION_DONE, "NBK-IAM-01", "UpdateNotebookInstance"),
        notice(REMEDIATION_DONE, "", "StartNotebookInstance"),
    ];
    assert_eq!(told(&local, &resource)?, steps);
    // Own changes lead to events, and those to nothing more.
    assert!(local.settle()?.is_empty());

    // Its owner stops it later: it stays stopped.
    local.system.account.stop_job(&resource, at(1_000))?;
    local.system.account.finish_stop(&resource, at(1_060))?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "Stopped");

    // Somebody gives the root access back: that is a new finding.
    local.system.account.update(&resource, &json!({ "RootAccess": "Enabled" }), at(2_000))?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "RootAccess")?, "Disabled");
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "Stopped", "nobody had stopped it");
    let relapse = notice(POLICY_VIOLATION, "NBK-IAM-01", "UpdateNotebookInstance");
    assert_eq!(told(&local, &resource)?.last(), Some(&relapse));
    Ok(())
}

#[test]
fn a_notebook_goes_on_although_another_finding_is_only_published() -> Result<()> {
    let local = Local::new()?;
    let mut request = notebook();
    request["DefaultCodeRepository"] = Value::Null;
    let resource = create(&local, ResourceKind::NotebookInstance, &request, 0)?;
    local.settle()?;
    local.system.account.finish_stop(&resource, at(90))?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "RootAccess")?, "Disabled");
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "InService");
    Ok(())
}

#[test]
fn a_change_that_is_always_undone_is_published_and_not_repeated_for_ever() -> Result<()> {
    let local = Local::new()?;
    let space =
        json!({ "DomainId": "d-1", "SpaceName": "team", "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    let space = create(&local, ResourceKind::Space, &space, 0)?;
    local.settle()?;
    for round in 1..10 {
        let open = json!({ "SpaceSettings": { "RemoteAccess": "ENABLED" } });
        local.system.account.update(&space, &open, at(round * 100))?;
        let event = json!({
            "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
            "region": "eu-west-1", "time": at(round * 100), "detail": {
                "eventSource": "sagemaker.amazonaws.com", "eventName": "UpdateSpace", "eventTime": at(round * 100),
                "requestParameters": { "domainId": "d-1", "spaceName": "team" },
            },
        });
        local.deliver(&event.to_string())?;
    }
    assert_eq!(described(&local, &space, "SpaceSettings")?["RemoteAccess"], "ENABLED");
    let last = local.sent()?.pop().ok_or("it is told")?;
    assert_eq!(
        last.detail["remediation"]["result"],
        "it was changed 5 times within a day, and changed back each time"
    );
    Ok(())
}

#[test]
fn a_schedule_that_goes_leaves_its_endpoint_judged() -> Result<()> {
    let settings =
        format!("{SETTINGS}\nEND-MON-03 = \"off\"\n[monitoring]\nrequired_types = [\"DataQuality\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let endpoint = local.serve()?;
    local.settle()?;
    let input =
        json!({ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } });
    let request = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": { "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": [input] } },
    });
    let schedule = create(&local, ResourceKind::MonitoringSchedule, &request, 200)?;
    local.settle()?;
    local.system.account.delete(&schedule, at(300))?;
    let event = json!({
        "source": "aws.sagemaker", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
        "region": "eu-west-1", "time": at(300), "detail": {
            "eventSource": "sagemaker.amazonaws.com", "eventName": "DeleteMonitoringSchedule", "eventTime": at(300),
            "requestParameters": { "monitoringScheduleName": "s" },
        },
    });
    let done = local.deliver(&event.to_string())?;
    assert!(done[0].contains("endpoint `prod` fails END-MON-02"), "{done:?}");
    assert!(told(&local, &endpoint)?.iter().any(|(_, controls, _)| controls == "END-MON-02"));
    Ok(())
}

#[test]
fn what_cannot_be_changed_is_stopped_for_good() -> Result<()> {
    let local = Local::new()?;
    let mut request = notebook();
    request["DirectInternetAccess"] = json!("Enabled");
    let resource = create(&local, ResourceKind::NotebookInstance, &request, 0)?;
    local.settle()?;
    local.system.account.finish_stop(&resource, at(90))?;
    local.settle()?;
    assert_eq!(described(&local, &resource, "NotebookInstanceStatus")?, "Stopped");
    assert_eq!(
        told(&local, &resource)?,
        [notice(POLICY_VIOLATION, "NBK-IAM-01 NBK-NET-01", "StopNotebookInstance")]
    );
    Ok(())
}

#[test]
fn a_setting_is_changed_while_the_job_runs_on() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["RemoteDebugConfig"] = json!({ "EnableRemoteDebug": true });
    let job = create(&local, ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    assert_eq!(described(&local, &job, "RemoteDebugConfig")?["EnableRemoteDebug"], false);
    assert_eq!(described(&local, &job, "TrainingJobStatus")?, "InProgress");
    assert_eq!(told(&local, &job)?, [notice(POLICY_VIOLATION, "TRN-IAM-02", "UpdateTrainingJob")]);
    Ok(())
}

#[test]
fn what_is_only_marked_carries_the_ids_of_the_controls_once() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["ResourceConfig"]["InstanceCount"] = json!(2);
    let job = create(&local, ResourceKind::TrainingJob, &request, 0)?;
    let events = local.system.account.drain_events()?;
    for event in events.iter().chain(&events) {
        local.deliver(&event.to_string())?;
    }
    let tags = local.system.account.tag_map(&job)?;
    assert_eq!(tags.get(VIOLATION_TAG).map(String::as_str), Some("TRN-ENC-03"));
    assert_eq!(told(&local, &job)?, [notice(POLICY_VIOLATION, "TRN-ENC-03", "AddTags")]);
    assert_eq!(described(&local, &job, "TrainingJobStatus")?, "InProgress");
    Ok(())
}

#[test]
fn every_kind_of_job_is_stopped_and_it_is_recorded_how_long_that_took() -> Result<()> {
    let local = Local::new()?;
    let definition = |vpc: Value| {
        json!({
            "AlgorithmSpecification": { "TrainingImage": "repository/image@sha256:4f8c3bd2", "TrainingInputMode": "File" },
            "RoleArn": "arn:aws:iam::111122223333:role/r",
            "OutputDataConfig": { "S3OutputPath": "s3://models/out", "KmsKeyId": KEY },
            "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY },
            "StoppingCondition": { "MaxRuntimeInSeconds": 3600 },
            "VpcConfig": vpc,
            "EnableNetworkIsolation": true,
        })
    };
    let vpc =
        json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] });
    let jobs = [
        (
            ResourceKind::TuningJob,
            json!({
                "HyperParameterTuningJobName": "h",
                "HyperParameterTuningJobConfig": {
                    "Strategy": "Random", "RandomSeed": 7,
                    "ResourceLimits": { "MaxParallelTrainingJobs": 2, "MaxRuntimeInSeconds": 3600 },
                },
                "TrainingJobDefinitions": [definition(vpc.clone()), definition(Value::Null)],
            }),
            "HPO-NET-01",
            "StopHyperParameterTuningJob",
        ),
        (
            ResourceKind::AutoMlJob,
            json!({
                "AutoMLJobName": "a",
                "AutoMLJobInputDataConfig": [],
                "OutputDataConfig": { "S3OutputPath": "s3://models/auto", "KmsKeyId": KEY },
                "SecurityConfig": { "VolumeKmsKeyId": KEY, "EnableInterContainerTrafficEncryption": true, "VpcConfig": vpc },
                "ModelDeployConfig": { "AutoGenerateEndpointName": true },
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            }),
            "AML-IAM-01",
            "StopAutoMLJob",
        ),
        (
            ResourceKind::CompilationJob,
            json!({
                "CompilationJobName": "c",
                "RoleArn": "arn:aws:iam::111122223333:role/r",
                "OutputConfig": { "S3OutputLocation": "s3://models/neo" },
                "VpcConfig": vpc,
            }),
            "CMP-ENC-01",
            "StopCompilationJob",
        ),
        (
            ResourceKind::LabelingJob,
            json!({
                "LabelingJobName": "l",
                "LabelAttributeName": "sign",
                "InputConfig": { "DataSource": { "S3DataSource": { "ManifestS3Uri": "s3://data/input.manifest" } } },
                "OutputConfig": { "S3OutputPath": "s3://data/labels", "KmsKeyId": KEY },
                "HumanTaskConfig": { "WorkteamArn": "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default" },
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            }),
            "LBL-IAM-02",
            "StopLabelingJob",
        ),
        (
            ResourceKind::OptimizationJob,
            json!({
                "OptimizationJobName": "o",
                "ModelSource": { "S3": { "S3Uri": "s3://models/credit/" } },
                "DeploymentInstanceType": "ml.g5.xlarge",
                "OptimizationConfigs": [{ "ModelQuantizationConfig": {} }],
                "OutputConfig": { "S3OutputLocation": "s3://models/credit-int8/" },
                "VpcConfig": vpc,
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            }),
            "OPT-ENC-01",
            "StopOptimizationJob",
        ),
        (
            ResourceKind::RecommendationsJob,
            json!({
                "JobName": "r",
                "JobType": "Default",
                "InputConfig": { "ModelName": "credit", "VpcConfig": vpc },
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            }),
            "REC-ENC-01",
            "StopInferenceRecommendationsJob",
        ),
    ];
    for (kind, request, control, action) in jobs {
        let job = create(&local, kind, &request, 0)?;
        local.settle()?;
        let status = kind.status_field().ok_or("a job has a state")?;
        assert_eq!(described(&local, &job, status)?, "Stopping", "{kind}");
        assert_eq!(told(&local, &job)?, [notice(POLICY_VIOLATION, control, action)]);
        let verdicts = local.system.store.items()?;
        let verdict = verdicts
            .iter()
            .find(|item| VerdictRow::parse(item).is_some() && item.text(VerdictRow::REMEDY) == Some(action));
        let verdict = verdict.ok_or("the remedy is not recorded")?;
        assert!(verdict.attributes.contains_key(VerdictRow::REMEDY_AFTER_MS), "{verdict:?}");
        let finding =
            local.sent()?.into_iter().rfind(|notice| notice.detail["resource"]["arn"] == job.arn().as_str());
        let finding = finding.ok_or("there is no finding")?;
        let tags = block_on(local.system.account.tags(&job))?;
        assert_eq!(tags.get("sagewarden:violation").map(String::as_str), Some(control));
        assert_eq!(tags.get("sagewarden:finding").map(String::as_str), finding.detail["notice_id"].as_str());
    }
    Ok(())
}

#[test]
fn only_a_job_that_sagewarden_stopped_says_that_it_was() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["EnableNetworkIsolation"] = json!(false);
    let job = create(&local, ResourceKind::TrainingJob, &request, 0)?;
    // Its owner stops it first.
    block_on(local.system.account.stop(&job))?;
    local.settle()?;
    assert_eq!(told(&local, &job)?.len(), 1, "it is reported all the same");
    assert_eq!(block_on(local.system.account.tags(&job))?.keys().next(), None);
    Ok(())
}

#[test]
fn what_a_stopped_job_uploads_is_marked_as_untrusted() -> Result<()> {
    let local = Local::new()?;
    let mut request = training_job("t", &[]);
    request["EnableNetworkIsolation"] = json!(false);
    let job = create(&local, ResourceKind::TrainingJob, &request, 0)?;
    local.settle()?;
    // It uploads its results before it ends.
    local.system.account.put_object("models", "out/t/output/model.tar.gz", b"half", at(30))?;
    let artifacts = json!({
        "ModelArtifacts": { "S3ModelArtifacts": "s3://models/out/t/output/model.tar.gz" },
        "TrainingEndTime": at(50).millis() / 1_000,
    });
    local.system.account.update(&job, &artifacts, at(40))?;
    local.system.account.finish_stop(&job, at(60))?;
    local.settle()?;
    // Somebody deploys it all the same.
    let mut request = model("m");
    request["PrimaryContainer"]["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    create(&local, ResourceKind::Model, &request, 100)?;
    local.settle()?;
    let lineage = local.lineage("model/m")?;
    let nodes = lineage["nodes"].as_array().ok_or("there are nodes")?;
    let node = |kind: &str| nodes.iter().find(|node| node["kind"] == kind).cloned().unwrap_or_default();
    assert_eq!(node("training-job")["remedy"], "StopTrainingJob for TRN-NET-02", "{lineage:#}");
    assert_eq!(node("artifact")["untrusted"], true, "{lineage:#}");
    Ok(())
}

#[test]
fn a_child_leads_to_its_parent() -> Result<()> {
    let local = Local::new()?;
    let tuning = json!({
        "HyperParameterTuningJobName": "h",
        "HyperParameterTuningJobConfig": { "Strategy": "Random", "RandomSeed": 7, "ResourceLimits": { "MaxRuntimeInSeconds": 3600 } },
        "TrainingJobDefinition": { "EnableNetworkIsolation": false },
    });
    let parent = create(&local, ResourceKind::TuningJob, &tuning, 0)?;
    // No event named the parent.
    local.system.account.drain_events()?;
    let mut request = training_job("h-001", &[]);
    request["EnableNetworkIsolation"] = json!(false);
    request["TuningJobArn"] = json!(parent.arn());
    let child = local.system.account.create(ResourceKind::TrainingJob, &request, None, at(10))?;
    local.settle()?;
    assert_eq!(described(&local, &parent, "HyperParameterTuningJobStatus")?, "Stopping");
    assert_eq!(
        described(&local, &child, "TrainingJobStatus")?,
        "InProgress",
        "its parent would start another one"
    );
    assert!(told(&local, &child)?.is_empty());
    Ok(())
}

#[test]
fn studio_and_the_registry_are_changed_in_place() -> Result<()> {
    let settings = format!(
        "{}\n[compute]\nallowed_instance_types = [\"ml.t3.*\", \"ml.m4.*\", \"ml.m5.*\"]\n",
        SETTINGS
    );
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let domain = json!({
        "DomainName": "credit", "AuthMode": "SSO", "KmsKeyId": KEY, "AppNetworkAccessType": "PublicInternetOnly",
        "DefaultUserSettings": { "ExecutionRole": "arn:aws:iam::111122223333:role/r" },
        "DomainSettings": { "DockerSettings": { "EnableDockerAccess": "ENABLED" } },
        "SubnetIds": ["subnet-0a1b2c3d4e5f60001"], "VpcId": "vpc-1",
    });
    let domain = create(&local, ResourceKind::Domain, &domain, 0)?;
    let id = domain.name.clone();
    local.settle()?;
    assert_eq!(described(&local, &domain, "AppNetworkAccessType")?, "VpcOnly");
    assert_eq!(described(&local, &domain, "TagPropagation")?, "ENABLED");
    assert_eq!(
        described(&local, &domain, "DomainSettings")?["DockerSettings"]["EnableDockerAccess"],
        "DISABLED"
    );
    let broken = "DOM-IAM-02 DOM-NET-01 DOM-NET-02 DOM-TRC-01 DOM-TRC-02";
    assert_eq!(told(&local, &domain)?, [notice(POLICY_VIOLATION, broken, "UpdateDomain")]);

    let space =
        json!({ "DomainId": id, "SpaceName": "team", "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    let space = create(&local, ResourceKind::Space, &space, 10)?;
    let app = json!({
        "DomainId": id, "SpaceName": "team", "AppType": "JupyterLab", "AppName": "default",
        "ResourceSpec": { "InstanceType": "ml.p4d.24xlarge" },
    });
    let app = create(&local, ResourceKind::App, &app, 20)?;
    local.settle()?;
    assert_eq!(described(&local, &space, "SpaceSettings")?["RemoteAccess"], "DISABLED");
    assert!(local.system.account.describe_document(&app).is_err(), "the app has been deleted");
    assert_eq!(told(&local, &app)?, [notice(POLICY_VIOLATION, "APP-IAM-01", "DeleteApp")]);

    let author = json!({ "IamIdentity": { "Arn": "arn:aws:sts::111122223333:assumed-role/ds-user/ana" } });
    let package = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "Approved",
        "CreatedBy": author, "LastModifiedBy": author,
    });
    let package = create(&local, ResourceKind::ModelPackage, &package, 30)?;
    local.settle()?;
    assert_eq!(described(&local, &package, "ModelApprovalStatus")?, "PendingManualApproval");
    Ok(())
}

#[test]
fn who_erases_the_evidence_is_published() -> Result<()> {
    let local = Local::new()?;
    let event = std::fs::read_to_string(
        sagewarden_tests::root()
            .join("events/aws.sagemaker/api-call-via-cloudtrail/delete-training-job.json"),
    )?;
    for _ in 0..2 {
        local.deliver(&event)?;
    }
    let sent = local.sent()?;
    assert_eq!(sent.len(), 1, "once");
    assert_eq!(sent[0].detail["findings"][0]["control"], "TRN-TRC-04");
    let text = sent[0].detail["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("assumed-role/ds-admin/ana erased its description with DeleteTrainingJob"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_role_that_allows_too_much_is_a_finding_if_roles_are_inspected() -> Result<()> {
    let settings = format!("{}\n[access]\ninspect_roles = true\n", SETTINGS);
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let wide = json!({ "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    let grant = Grant { name: "everything".to_owned(), arn: None, document: wide };
    local.system.account.put_role("/", "wide", &[grant])?;
    let job_as = |name: &str, role: &str| -> Result<Resource> {
        let mut request = training_job(name, &[]);
        request["RoleArn"] = json!(format!("arn:aws:iam::111122223333:role/{role}"));
        create(&local, ResourceKind::TrainingJob, &request, 0)
    };
    let (wide, unknown) = (job_as("wide", "wide")?, job_as("unknown", "nobody")?);
    local.settle()?;
    assert_eq!(told(&local, &wide)?, [notice(POLICY_VIOLATION, "TRN-IAM-04", "AddTags")]);
    let sent = local.sent()?;
    let of_unknown = sent.iter().find(|notice| notice.detail["resource"]["arn"] == unknown.arn().as_str());
    let finding = &of_unknown.ok_or("an unknown role is told")?.detail["findings"][0];
    assert_eq!((&finding["control"], &finding["status"]), (&json!("TRN-IAM-04"), &json!("unknown")));
    Ok(())
}
