//! The whole system: the template, deployed on an AWS emulator that enforces IAM, with the real binaries; pushes to git, calls to a
//! simulated SageMaker, events on the bus. The test looks at the results from outside.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

#[path = "lost_event.rs"]
mod lost_event;
#[path = "pages.rs"]
mod pages;

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::s3::S3Location;
use sagewarden_local::{Clock, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::aws::{REGION, bytes, client_environment};
use sagewarden_tests::bucket::put_object;
use sagewarden_tests::deployed::{BUNDLE_BUCKET, Deployed, bundle_files, clock_tick};
use sagewarden_tests::emulator::ACCOUNT;
use sagewarden_tests::stack::NAME;
use sagewarden_tests::{Result, WHEN, now, python, text};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_runs_on_the_emulator_with_the_real_binaries() -> Result<()> {
    let parameters = json!({ "Mode": "enforce", "BundleBucket": BUNDLE_BUCKET, "ReadTrainingData": "true" });
    let world = Deployed::new(Story::SETTINGS, &parameters).await?;
    let mut story = world.story(Clock::Live(now));
    let told = world.play(&mut story, &Story::STEPS)?;

    // The forbidden job was stopped, and no other. Two events report it, and both may be judged at once.
    let stops = world.simulator.calls("SageMaker.StopTrainingJob");
    assert!(!stops.is_empty());
    assert!(
        stops.iter().all(|call| text(&call.body, "TrainingJobName") == Story::FORBIDDEN_JOB),
        "{stops:?}"
    );
    assert!(world.simulator.calls("SageMaker.StopProcessingJob").is_empty());
    assert!(world.simulator.calls("SageMaker.DeleteModel").is_empty());

    // The job that names no commit was marked, once, and the stopped job says why; that, the finding on it and one alert left.
    let marks = world.simulator.calls("SageMaker.AddTags");
    let mut keys: Vec<usize> =
        marks.iter().map(|call| call.body["Tags"].as_array().map_or(0, Vec::len)).collect();
    keys.sort_unstable();
    assert_eq!(keys, [1, 2], "{marks:?}");
    let of_commit =
        marks.iter().find(|call| call.body["Tags"].as_array().is_some_and(|tags| tags.len() == 1));
    assert!(of_commit.is_some_and(|one| text(&one.body["Tags"][0], "Value") == "PRC-TRC-03"), "{marks:?}");
    let heard = world.heard()?;
    let types: Vec<&str> = heard.iter().filter_map(|event| event.get("detail-type")?.as_str()).collect();
    let expected = [
        "Sagewarden Policy Violation",
        "Sagewarden Policy Violation",
        "Sagewarden Drift Alert",
        "Sagewarden Retraining Suggested",
    ];
    assert_eq!(types, expected, "{}\n{heard:#?}", world.emulator.log());
    assert_eq!(text(&heard[0]["detail"]["resource"], "name"), Story::PROCESSING_JOB);
    check_finding(&heard[1]["detail"]);
    assert_eq!(
        text(&heard[0]["detail"], "bundle"),
        Bundle::from_files(&bundle_files(Story::SETTINGS)?)?.hash()
    );
    check_alert(&heard[2]["detail"]);
    check_mails(&world.mails()?, &heard);

    // The push that holds a training step without a VPC has its comment.
    let comments = world.git.comments(Story::REPOSITORY)?;
    assert!(matches!(comments.as_slice(), [one] if one.text.contains("TRN-NET-01")), "{comments:?}");

    // The lineage has the same parts as on one machine.
    let table = world.table()?;
    assert_eq!(parts(table.keys().map(String::as_str)), parts_on_one_machine(&told).await?);

    check_answer(&world.ask(&json!({ "entity": format!("endpoint/{}", Story::ENDPOINT) }))?);
    let tree = world.ask(&json!({ "entity": format!("endpoint/{}", Story::ENDPOINT), "format": "tree" }))?;
    let tree = tree["text"].as_str().unwrap_or_default();
    for stage in ["source code", "preprocessing", "modelling", "endpoint", "monitoring"] {
        assert!(tree.lines().any(|line| line.ends_with(stage)), "no stage `{stage}` in\n{tree}");
    }
    check_frame(&world)?;
    pages::a_stack_has_the_pages_of_a_store(&world)?;

    // All events once more, in reverse order: nothing is sent again, and nothing changes.
    let written = world.written()?;
    check_written(&written);
    let told = [told, written].concat();
    world.put(&told)?;
    world.put(&told.iter().rev().cloned().collect::<Vec<_>>())?;
    assert_eq!(world.heard()?, Vec::<Value>::new());
    assert_eq!(world.git.comments(Story::REPOSITORY)?, comments);
    assert_eq!(world.simulator.calls("CodeCommit_20150413.PostCommentForComparedCommit").len(), 1);
    let after = world.table()?;
    // But when something was judged last.
    let without_when = |item: &Value| {
        let mut item = item.clone();
        if let Some(fields) = item.as_object_mut() {
            fields.retain(|name, _| !WHEN.contains(&name.as_str()));
        }
        item
    };
    let is_same = |key: &String, item: &Value| table.get(key).map(without_when) == Some(without_when(item));
    let changed: Vec<_> = after.iter().filter(|(key, item)| !is_same(key, item)).collect();
    assert!(changed.is_empty() && after.len() == table.len(), "changed or new: {changed:#?}");

    // Findings of Model Monitor, if it is in use, are published as well.
    world.run_monitor()?;
    let heard = world.heard()?;
    let [alert] = heard.as_slice() else { return Err(format!("not one alert: {heard:#?}").into()) };
    assert_eq!(text(alert, "detail-type"), "Sagewarden Drift Alert");
    assert_eq!(alert["detail"]["violations"][0]["feature_name"], "AGE");
    assert_eq!(alert["detail"]["chain"]["models"][0]["name"], Story::SECOND_MODEL);
    a_component_replaces_a_model(&world, &mut story)?;
    endpoints_that_are_not_watched_are_published(&world)
}

/// A call replaces the model of an endpoint, and no event of SageMaker's own says so.
fn a_component_replaces_a_model(world: &Deployed, story: &mut Story) -> Result<()> {
    world.play(story, &[Story::COMPONENTS])?;
    let heard = world.heard()?;
    let [finding] = heard.as_slice() else { return Err(format!("not one finding: {heard:#?}").into()) };
    let detail = &finding["detail"];
    assert_eq!(text(&detail["resource"], "name"), Story::COMPONENT);
    assert_eq!(text(&detail["findings"][0], "control"), "INC-REP-01");
    assert_eq!((&detail["people"], &detail["repositories"]), (&json!(["ana"]), &json!([Story::REPOSITORY])));
    let runs = |entity: &str| -> Result<Vec<(String, String)>> {
        let answer = world.ask(&json!({ "entity": entity, "ask": "impact" }))?;
        let live = answer["endpoints"].as_array().cloned().unwrap_or_default();
        let named = |one: &Value| {
            (text(one, "endpoint").to_owned(), one["component"].as_str().unwrap_or_default().to_owned())
        };
        Ok(live.iter().map(named).collect())
    };
    let on = |endpoint: &str, component: &str| vec![(endpoint.to_owned(), component.to_owned())];
    assert_eq!(runs(&Story::foreign_artifact())?, on(Story::COMPONENT_ENDPOINT, Story::COMPONENT));
    assert_eq!(runs(&format!("model/{}", Story::SECOND_MODEL))?, on(Story::ENDPOINT, ""));
    Ok(())
}

/// Traffic that cannot be read, and, two days later, traffic that does not come any more.
fn endpoints_that_are_not_watched_are_published(world: &Deployed) -> Result<()> {
    let S3Location { bucket, key } = Story::captured();
    let hour = now().hour_path();
    let file = format!("{key}/{}/AllTraffic/{hour}/59-59-999-cut-off.jsonl", Story::ENDPOINT);
    // As many as make a window large enough to be judged.
    let lines = "{\"captureData\":\n".repeat(200);
    put_object(&mut world.aws.borrow_mut(), &bucket, &file, lines.as_bytes())?;
    world.put(&[])?;
    let unreadable = world.heard()?;
    let [told] = unreadable.as_slice() else { return Err(format!("not one: {unreadable:#?}").into()) };
    assert_eq!(text(told, "detail-type"), "Sagewarden Monitoring Failed");
    assert_eq!(text(&told["detail"], "cause"), "traffic-unreadable");
    assert!(text(&told["detail"], "text").contains("200 lines could not be read"), "{told}");

    let tick = |after: i64| {
        let event = clock_tick(Timestamp::from_millis(now().millis() + after));
        world.stack.send(&mut world.aws.borrow_mut(), "AlertDriftQueue", &event)?;
        world.put(&[])
    };
    // From here on somebody listens.
    tick(0)?;
    assert_eq!(world.heard()?, Vec::<Value>::new());
    tick(2 * 86_400_000)?;
    let heard = world.heard()?;
    let causes: BTreeSet<&str> = heard.iter().map(|event| text(&event["detail"], "cause")).collect();
    assert_eq!(causes, BTreeSet::from(["execution-missing", "traffic-missing"]), "{heard:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_events_are_kept_with_their_reason_and_a_failed_stop_is_published_and_tried_again() -> Result<()>
{
    let world = Deployed::new(Story::SETTINGS, &json!({ "Mode": "enforce" })).await?;

    // Events that no function can handle, and one among them that can be handled.
    let gone = json!({ "TrainingJobName": "gone", "TrainingJobArn": world.account.resource(ResourceKind::TrainingJob, "gone").arn(), "TrainingJobStatus": "InProgress" });
    let bad = [
        envelope("aws.sagemaker", "SageMaker Training Job State Change", gone),
        envelope("aws.sagemaker", "SageMaker Training Job State Change", json!({})),
        envelope(
            "aws.codecommit",
            "CodeCommit Repository State Change",
            json!({ "event": "referenceUpdated" }),
        ),
    ];
    world.put(&bad)?;
    let kept = quarantine(&world)?;
    let mut reasons: Vec<String> =
        kept.iter().map(|each| format!("{}: {}", text(each, "function"), text(each, "reason"))).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "enforce-policy: the event has no `detail`",
            "enforce-policy: training job `gone` was not found: it cannot be judged",
            "record-commit: the event has no `detail.referenceType`",
            "record-lineage: the event has no `detail`",
            "record-lineage: training job `gone` was not found, and nothing was recorded of it before",
        ]
    );

    // A refused stop is published as a failed remediation, tried again, and then succeeds.
    world.simulator.refuse_next("SageMaker.StopTrainingJob");
    let mut story = world.story(Clock::Live(now));
    world.play(&mut story, &Story::STEPS[..3])?;
    assert!(world.simulator.calls("SageMaker.StopTrainingJob").len() >= 2);
    let job = world.account.resource(ResourceKind::TrainingJob, Story::FORBIDDEN_JOB);
    assert_eq!(text(&world.account.describe_document(&job)?, "TrainingJobStatus"), "Stopped");
    let mut heard = world.heard()?;
    heard.sort_by_key(|event| text(event, "detail-type").to_owned());
    let types: Vec<&str> = heard.iter().map(|event| text(event, "detail-type")).collect();
    let expected = [
        "Sagewarden Policy Violation",
        "Sagewarden Policy Violation",
        "Sagewarden Remediation Done",
        "Sagewarden Remediation Failed",
    ];
    assert_eq!(types, expected);
    let result = |event: &Value| text(&event["detail"]["remediation"], "result").to_owned();
    assert_eq!(result(&heard[2]), "stop requested");
    assert!(result(&heard[3]).contains("AccessDeniedException"), "{}", heard[3]);
    every_remedy_arrives(&world)?;
    lost_event::a_lost_event_is_found_at_the_next_tick(&world)
}

/// A change in place, a change in two steps, a deletion and a withdrawn approval, each by the call that SageMaker has for it.
fn every_remedy_arrives(world: &Deployed) -> Result<()> {
    let ana = Actor {
        arn: Some("arn:aws:sts::111122223333:assumed-role/ds-user/ana".to_owned()),
        ..Actor::default()
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let common =
        json!([{ "Key": "ProjectName", "Value": "credit" }, { "Key": "EnvironmentType", "Value": "dev" }]);
    let create = |kind: ResourceKind, request: Value| -> Result<Resource> {
        let created = world.account.create(kind, &request, Some(&ana), now())?;
        world.deliver_until_silence()?;
        Ok(created)
    };
    let notebook = create(
        ResourceKind::NotebookInstance,
        json!({
            "NotebookInstanceName": "ana", "InstanceType": "ml.t3.medium", "KmsKeyId": key,
            "SubnetId": "subnet-0a1b2c3d4e5f60001", "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"],
            "RoleArn": "arn:aws:iam::111122223333:role/ds-user", "DirectInternetAccess": "Disabled",
            "RootAccess": "Enabled", "PlatformIdentifier": "notebook-al2023-v1",
            "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" },
            "DefaultCodeRepository": "credit", "Tags": common,
        }),
    )?;
    world.account.finish_stop(&notebook, now())?;
    world.deliver_until_silence()?;
    let described = world.account.describe_document(&notebook)?;
    assert_eq!(
        (&described["RootAccess"], &described["NotebookInstanceStatus"]),
        (&json!("Disabled"), &json!("InService"))
    );

    let space =
        json!({ "DomainId": "d-1", "SpaceName": "team", "SpaceSettings": { "RemoteAccess": "ENABLED" } });
    create(ResourceKind::Space, space)?;
    let author = json!({ "IamIdentity": { "Arn": "arn:aws:sts::111122223333:assumed-role/ds-user/ana" } });
    let package = json!({
        "ModelPackageGroupName": "credit", "ModelApprovalStatus": "Approved", "CreatedBy": author, "LastModifiedBy": author,
    });
    create(ResourceKind::ModelPackage, package)?;
    create(
        ResourceKind::Model,
        json!({ "ModelName": "open", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/ds-user", "Tags": common }),
    )?;
    for (call, body) in [
        ("StopNotebookInstance", json!({ "NotebookInstanceName": "ana" })),
        ("UpdateNotebookInstance", json!({ "NotebookInstanceName": "ana", "RootAccess": "Disabled" })),
        ("StartNotebookInstance", json!({ "NotebookInstanceName": "ana" })),
        (
            "UpdateSpace",
            json!({ "DomainId": "d-1", "SpaceName": "team", "SpaceSettings": { "RemoteAccess": "DISABLED" } }),
        ),
        (
            "UpdateModelPackage",
            json!({
                "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/credit/1",
                "ModelApprovalStatus": "PendingManualApproval",
            }),
        ),
        ("DeleteModel", json!({ "ModelName": "open" })),
    ] {
        let calls = world.simulator.calls(&format!("SageMaker.{call}"));
        assert!(calls.iter().any(|made| made.body == body), "{call}: {calls:?}");
    }
    Ok(())
}

fn check_finding(detail: &Value) {
    assert_eq!(text(&detail["resource"], "name"), Story::FORBIDDEN_JOB);
    assert_eq!(text(&detail["remediation"], "action"), "StopTrainingJob");
    assert_eq!(
        text(detail, "started_by"),
        "arn:aws:sts::111122223333:assumed-role/ds-notebook-role-credit-dev-ana/ana"
    );
    let findings = detail["findings"].as_array().cloned().unwrap_or_default();
    let controls: Vec<&str> = findings.iter().map(|finding| text(finding, "control")).collect();
    assert_eq!(controls, ["TRN-ENC-01", "TRN-NET-01", "TRN-REP-01"]);
    for finding in &findings {
        let pinned = text(finding, "control") == "TRN-REP-01";
        assert!(pinned || text(finding, "actual").contains("absent"), "{finding}");
        assert!(!text(finding, "wanted").is_empty() && !text(finding, "fix").is_empty(), "{finding}");
    }
}

fn check_alert(detail: &Value) {
    let names = |list: &str, key: &str| -> Vec<String> {
        let list = detail["chain"][list].as_array().cloned().unwrap_or_default();
        list.iter().map(|each| text(each, key).to_owned()).collect()
    };
    assert_eq!(text(&detail["endpoint"], "name"), Story::ENDPOINT);
    assert_eq!(names("models", "name"), ["credit-default-model"]);
    let history = format!("sagewarden history endpoint/{} --stack {NAME} --region {REGION}", Story::ENDPOINT);
    assert_eq!(detail["look_at"][1], history, "{detail}");
    assert_eq!(names("training_jobs", "name"), [Story::TRAINING_JOB]);
    assert_eq!(
        names("data", "version_id").iter().filter(|version| !version.is_empty()).count(),
        2,
        "{detail}"
    );
    assert_eq!(
        names("commits", "title"),
        ["Train the credit-card-default model", "Deploy the model with data capture"]
    );
    assert!(names("images", "id").iter().any(|image| image.contains("sha256:4f8c3bd2")), "{detail}");
    let found = detail["violations"].as_array().cloned().unwrap_or_default();
    let found: Vec<(&str, bool)> = found
        .iter()
        .map(|each| (text(each, "feature_name"), each["observed"].as_f64() > each["threshold"].as_f64()))
        .collect();
    assert_eq!(found, [("EDUCATION", true), ("LIMIT_BAL", true)], "{detail}");
    assert_eq!(detail["window"]["rows"], 1_000, "{detail}");
    // The deployed model says what the drift does to its answers.
    let moved = &detail["window"]["attribution"]["moved"]["features"][0];
    assert_eq!(text(moved, "name"), "LIMIT_BAL", "{detail}");
    // The settings name no baseline: it was made from the model's training data.
    let baseline = text(&detail["window"], "baseline");
    assert!(baseline.contains(&format!("/{}/", Story::TRAINING_JOB)), "{detail}");
}

/// Each captured file was judged, and the judgement written to the stack's own bucket.
fn check_written(events: &[Value]) {
    let keys = || events.iter().map(|event| text(&event["detail"]["object"], "key"));
    let number = |end: &str| keys().filter(|key| key.ends_with(end)).count();
    // Two models were trained, and two files captured.
    let expected = [
        ("/constraints.json", 2),
        (".jsonl", 2),
        (".profile", 2),
        ("/evaluation.json", 2),
        ("/report.html", 2),
        ("/constraint_violations.json", 2),
    ];
    for (end, count) in expected {
        assert_eq!(number(end), count, "{end} in {:#?}", keys().collect::<Vec<_>>());
    }
}

/// The notices in mails.
fn check_mails(mails: &[Vec<String>], events: &[Value]) {
    assert_eq!(mails.len(), events.len(), "{mails:#?}");
    for (mail, event) in mails.iter().zip(events) {
        let detail = &event["detail"];
        let (id, time) = (text(event, "id"), text(event, "time"));
        let expected = [
            text(event, "detail-type").to_owned(),
            text(detail, "text").to_owned(),
            format!("About: {}", text(detail, "about")),
            format!("What to do: {}", text(detail, "advice")),
            format!("Event {id} on the bus of account {ACCOUNT}, {REGION}, {time}"),
        ];
        assert_eq!(mail, &expected);
        assert!(
            !id.is_empty() && !time.is_empty() && mail.iter().all(|line| !line.ends_with(": ")),
            "{mail:#?}"
        );
    }
    let advice = "What to do: set ResourceConfig.VolumeKmsKeyId to the ARN of your project's key (TRN-ENC-01); pass a \
                  VpcConfig with private subnets and security groups of your project (TRN-NET-01)";
    assert!(mails[1][3].starts_with(advice), "{mails:#?}");
}

/// The flat view goes into a data frame as it comes, by AWS's own client and pandas.
fn check_frame(world: &Deployed) -> Result<()> {
    let frame = python::script("frame.py")?
        .envs(client_environment(world.emulator.url()))
        .args([world.stack.output("LookupFunction")?, &format!("endpoint/{}", Story::ENDPOINT)])
        .output()?;
    assert!(frame.status.success(), "{}", String::from_utf8_lossy(&frame.stderr));
    let frame: Value = serde_json::from_slice(&frame.stdout)?;
    let first: Vec<&str> =
        frame["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).take(3).collect();
    assert_eq!(first, ["TrialComponentName", "DisplayName", "SourceArn"]);
    let training = &frame["training"];
    let component = text(training, "TrialComponentName");
    assert!(component.starts_with(Story::SECOND_TRAINING_JOB), "{frame}");
    assert_eq!(training["eta"], "0.1", "{frame}");
    assert_eq!(training["train:error - Last"], 0.1791, "{frame}");
    assert_eq!(training["Experiments"], json!(["credit-default"]), "{frame}");
    assert_eq!(
        frame["displayed"],
        json!(["Preprocessing", "Training", "prod-endpoint-lineage", "source-control-lineage"])
    );
    Ok(())
}

fn check_answer(answer: &Value) {
    assert_eq!(answer["complete"], true, "{answer}");
    let nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
    let count = |kind: &str| nodes.iter().filter(|node| text(node, "kind") == kind).count();
    let expected = [
        ("commit", 1),
        ("dataset", 2),
        ("artifact", 1),
        ("image", 2),
        ("processing-job", 1),
        ("training-job", 1),
        ("model", 1),
        ("endpoint-config", 1),
        ("deployment", 1),
        ("endpoint", 1),
        ("violation", 1),
    ];
    for (kind, number) in expected {
        assert_eq!(count(kind), number, "{kind} in {answer}");
    }
    assert!(
        answer["edges"].as_array().is_some_and(|edges| edges.iter().any(|edge| edge["found_by"] == "tag"))
    );
}

/// How often each sort of item occurs: its key without names, times and versions.
fn parts<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut parts = BTreeMap::new();
    let mut bands = BTreeSet::new();
    for key in keys {
        let (pk, sk) = key.split_once('\t').unwrap_or_default();
        // How many items the copies of a closure fill depends on their bytes, and the real clock's times are longer: bands count.
        let band = sk.rsplit_once('#').map(|(band, _)| band).filter(|band| band.starts_with("A#"));
        if band.is_some_and(|band| !bands.insert((pk.to_owned(), band.to_owned()))) {
            continue;
        }
        let first = |key: &str| key.split('#').next().unwrap_or_default().to_owned();
        // The sort key of an alias begins with its version.
        let sort = if pk.starts_with("K#") { String::new() } else { first(sk) };
        *parts.entry(format!("{} {sort}", first(pk))).or_default() += 1;
    }
    parts
}

/// The same story with the embedded store.
async fn parts_on_one_machine(told: &[Value]) -> Result<BTreeMap<String, usize>> {
    let folder = TempDir::new()?;
    let bundle = Bundle::embedded()?.with_settings(Story::SETTINGS)?;
    let system = System::new(Store::in_memory()?, folder.path(), bundle, ACCOUNT, REGION)?;
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    let mut events = 0;
    for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
        moment(&mut story)?;
        let settled = system.settle().await?;
        events += settled.iter().filter(|(event, _)| event["source"] != "aws.s3").count();
    }
    assert_eq!(events, told.len(), "both tell the same events");
    let keys: Vec<String> =
        system.store.items()?.into_iter().map(|item| format!("{}\t{}", item.key.pk, item.key.sk)).collect();
    Ok(parts(keys.iter().map(String::as_str)))
}

fn envelope(source: &str, detail_type: &str, detail: Value) -> Value {
    json!({ "source": source, "detail-type": detail_type, "detail": detail, "resources": [], "time": now() })
}

fn quarantine(world: &Deployed) -> Result<Vec<Value>> {
    let bucket = world.stack.output("QuarantineBucket")?;
    let mut aws = world.aws.borrow_mut();
    let listed = aws.call("s3", "list_objects_v2", json!({ "Bucket": bucket }))?;
    let mut kept = Vec::new();
    for object in listed["Contents"].as_array().into_iter().flatten() {
        let found = aws.call("s3", "get_object", json!({ "Bucket": bucket, "Key": object["Key"] }))?;
        kept.push(serde_json::from_slice(&bytes(&found, "Body")?)?);
    }
    Ok(kept)
}
