//! Every kind of resource is recorded with its inputs, whichever event comes, in any order.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::{Failure, Question, lookup_lineage};
use sagewarden_local::{NewCommit, NoticeLog, QuarantineLog, Store, System};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, model, training_job};
use sagewarden_view::lineage;
use serde_json::{Value, json};

const APPROVER: &str = "arn:aws:iam::111122223333:user/lead";

/// The announcements of a world, none of them delivered.
struct World {
    local: Local,
    events: Vec<Value>,
}

fn s3(uri: &str) -> Value {
    json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": uri } })
}

/// A pipeline that tunes, registers and scores, in an experiment, on data of a feature group.
fn world() -> Result<World> {
    let local = Local::new()?;
    let account = &local.system.account;
    let group = json!({
        "FeatureGroupName": "customers",
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "OfflineStoreConfig": { "S3StorageConfig": { "S3Uri": "s3://data/features" } },
    });
    let group = local.create(ResourceKind::FeatureGroup, &group, 0)?;
    let store = account.describe_document(&group)?;
    let store = store.pointer("/OfflineStoreConfig/S3StorageConfig/ResolvedOutputS3Uri").unwrap();
    let store = store.as_str().unwrap_or_default().to_owned();
    let key = store.trim_start_matches("s3://data/");
    account.put_object("data", &format!("{key}/part-0.parquet"), b"rows", at(1))?;
    local.create(ResourceKind::Experiment, &json!({ "ExperimentName": "risk" }), 2)?;
    let execution =
        local.create(ResourceKind::PipelineExecution, &json!({ "PipelineName": "nightly" }), 3)?;

    let tuning = json!({
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": { "Strategy": "Bayesian" },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": { "TrainingImage": "repository/image@sha256:4f8c3bd2" },
            "InputDataConfig": [{ "ChannelName": "train", "DataSource": s3(&store) }],
        },
    });
    let tuning = local.create(ResourceKind::TuningJob, &tuning, 10)?;
    let mut request = training_job("child", &[]);
    let arn = tuning.arn();
    let map = request.as_object_mut().unwrap();
    map.insert("TuningJobArn".into(), arn.into());
    map.insert("ExperimentConfig".into(), json!({ "ExperimentName": "risk", "TrialName": "t1" }));
    map.insert("InputDataConfig".into(), json!([{ "ChannelName": "train", "DataSource": s3(&store) }]));
    let child = local.create(ResourceKind::TrainingJob, &request, 11)?;
    account.start_step(&execution, "Tune", "TuningJob", &tuning, at(10))?;
    account.attach_component(&child, at(12))?;
    account.put_object("models", "out/child/output/model.tar.gz", b"weights", at(50))?;
    account.finish_training(&child, at(60))?;
    account.finish_search(&tuning, "child", at(61))?;

    let package = json!({
        "ModelPackageGroupName": "credit",
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": { "Containers": [{
            "Image": "repository/image:1",
            "ImageDigest": format!("sha256:{}", "a".repeat(64)),
            "ModelDataUrl": "s3://models/out/child/output/model.tar.gz",
        }] },
        "MetadataProperties": { "GeneratedBy": child.arn() },
    });
    let package = local.create(ResourceKind::ModelPackage, &package, 70)?;
    account.start_step(&execution, "Register", "RegisterModel", &package, at(70))?;
    account.decide(&package, "Approved", APPROVER, "looked at", at(80))?;
    let mut request = model("scorer");
    request["PrimaryContainer"] = json!({ "ModelPackageName": package.arn() });
    local.create(ResourceKind::Model, &request, 90)?;
    account.put_object("data", "in/a.csv", b"1", at(91))?;
    let transform = json!({
        "TransformJobName": "score",
        "ModelName": "scorer",
        "TransformInput": { "DataSource": s3("s3://data/in") },
        "TransformOutput": { "S3OutputPath": "s3://data/out" },
        "TransformResources": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1 },
    });
    let transform = local.create(ResourceKind::TransformJob, &transform, 100)?;
    account.start_step(&execution, "Score", "TransformJob", &transform, at(100))?;
    account.put_object("data", "out/a.csv.out", b"0.1", at(110))?;
    account.finish_transform(&transform, at(120))?;
    // Only the state change reports the job's end; it has no time of its own there.
    account.finish_execution(&execution, at(130))?;
    let events = account.drain_events()?;
    Ok(World { local, events })
}

impl World {
    /// The same world with an empty lineage.
    fn fresh(&self) -> Result<System> {
        let store = Store::in_memory()?;
        Ok(System {
            notices: NoticeLog::new(store.clone()),
            quarantine: QuarantineLog::new(store.clone()),
            store,
            ..self.local.system.clone()
        })
    }
}

fn deliver(system: &System, events: &[Value]) -> Result<()> {
    let mut waiting: Vec<&Value> = events.iter().collect();
    for _ in 0..5 {
        let mut again = Vec::new();
        for event in waiting {
            let handled = block_on(system.deliver(&event.to_string(), at(1_000)))?;
            let lineage = handled.iter().filter(|each| each.function == "record-lineage");
            if lineage.into_iter().any(|each| matches!(each.outcome, Err(Failure::Retry(_)))) {
                again.push(event);
            }
        }
        waiting = again;
    }
    assert!(waiting.is_empty(), "some events never came to an end");
    Ok(())
}

/// The lineage's own items: what judging leaves behind is another function's, and another test's.
fn items(system: &System) -> Vec<String> {
    let judged = |sk: &str| sk.starts_with("V#") || sk.starts_with("VK#");
    let items = system.store.items().unwrap().into_iter();
    let own = items.filter(|item| !judged(&item.key.sk) && !item.key.pk.starts_with("E#"));
    own.map(|item| format!("{item:?}")).collect()
}

fn edges(local: &Local, entity: &str, kind: &str) -> Vec<(String, String)> {
    let mut found = local.inputs(entity, kind).unwrap();
    found.sort();
    found
}

fn has(found: &[(String, String)], role: &str, name: &str) {
    let wanted = (role.to_owned(), name.to_owned());
    assert!(found.contains(&wanted), "{wanted:?} is not among {found:?}");
}

#[test]
fn each_kind_is_recorded_with_its_edges() -> Result<()> {
    let World { local, events } = world()?;
    deliver(&local.system, &events)?;
    let execution = events.iter().find_map(|event| event.pointer("/detail/pipelineExecutionArn")?.as_str());
    let execution = Resource::parse_arn(execution.unwrap()).unwrap().name;
    let transform = edges(&local, "transform-job/score", "transform-job");
    has(&transform, "model", "scorer");
    has(&transform, "input", "in/a.csv");
    has(&transform, "step/Score", &execution);
    has(&edges(&local, "s3://data/out/a.csv.out", "dataset"), "output", "score");
    has(&edges(&local, "model/scorer", "model"), "package/0", "credit/1");
    let package = edges(&local, "model-package/credit/1", "model-package");
    has(&package, "generated-by", "child");
    has(&package, "step/Register", &execution);
    has(&package, "container/0", &format!("sha256:{}", "a".repeat(64)));
    has(&package, "model-data/0", "out/child/output/model.tar.gz");
    let child = edges(&local, "training-job/child", "training-job");
    has(&child, "tuning", "tune");
    has(&child, "trial-component", "child-aws-training-job");
    has(&edges(&local, "training-job/child", "trial-component"), "trial/t1", "risk");
    has(&edges(&local, "training-job/child", "dataset"), "offline-store", "customers");
    let tuning = edges(&local, "hyper-parameter-tuning-job/tune", "tuning-job");
    has(&tuning, "step/Tune", &execution);
    assert!(tuning.iter().any(|(role, _)| role == "image"), "{tuning:?}");
    assert!(tuning.iter().any(|(role, _)| role == "channel/train"), "{tuning:?}");
    Ok(())
}

#[test]
fn an_approval_is_kept_with_who_and_when() -> Result<()> {
    let World { local, events } = world()?;
    deliver(&local.system, &events)?;
    let items = local.system.store.items()?;
    let rows: Vec<_> = items.iter().filter(|item| item.key.sk.starts_with("Y#")).collect();
    let states: Vec<&str> = rows.iter().filter_map(|row| row.key.sk.rsplit('#').next()).collect();
    assert_eq!(states, ["PendingManualApproval", "Approved"]);
    assert_eq!(rows.last().and_then(|row| row.text("by")), Some(APPROVER));
    assert_eq!(rows.last().and_then(|row| row.text("description")), Some("looked at"));
    let node = items.iter().find(|item| item.key.pk.starts_with("mpkg#") && item.key.sk == "#").unwrap();
    assert_eq!(node.text("approval"), Some("Approved"));
    assert_eq!(node.text("approval_by"), Some(APPROVER));
    Ok(())
}

#[test]
fn any_order_and_twice_ends_in_the_same_state() -> Result<()> {
    let world = world()?;
    let straight = world.fresh()?;
    deliver(&straight, &world.events)?;
    let wanted = items(&straight);
    let mut events = world.events.clone();
    events.extend(world.events.iter().cloned());
    let mut state: u64 = 0x5851_f42d;
    for round in 0..24 {
        for index in (1..events.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = usize::try_from((state >> 33) % (index as u64 + 1)).unwrap();
            events.swap(index, other);
        }
        let system = world.fresh()?;
        deliver(&system, &events)?;
        let found = items(&system);
        let new: Vec<&String> = found.iter().filter(|item| !wanted.contains(item)).collect();
        let lost: Vec<&String> = wanted.iter().filter(|item| !found.contains(item)).collect();
        assert!(new.is_empty() && lost.is_empty(), "round {round}: new {new:#?}, lost {lost:#?}");
    }
    Ok(())
}

#[test]
fn a_parent_whose_own_event_is_lost_is_recorded_by_its_child() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    let automl = json!({ "AutoMLJobName": "auto", "AutoMLJobInputDataConfig": [] });
    let automl = local.create(ResourceKind::AutoMlJob, &automl, 0)?;
    let mut request = training_job("candidate", &[]);
    request["AutoMLJobArn"] = automl.arn().into();
    let child = local.create(ResourceKind::TrainingJob, &request, 10)?;
    account.drain_events()?;
    account.finish_search(&automl, "best", at(50))?;
    account.finish_training(&child, at(60))?;
    local.settle()?;
    has(&edges(&local, "training-job/candidate", "training-job"), "automl", "auto");
    let items = local.system.store.items()?;
    let node = items.iter().find(|item| item.key.pk.starts_with("ajob#") && item.key.sk == "#").unwrap();
    assert_eq!(node.text("best_candidate"), Some("best"));
    Ok(())
}

#[test]
fn an_automl_job_is_recorded_by_the_call_that_created_it() -> Result<()> {
    let local = Local::new()?;
    let automl = json!({ "AutoMLJobName": "auto", "AutoMLJobInputDataConfig": [] });
    local.create(ResourceKind::AutoMlJob, &automl, 0)?;
    local.settle()?;
    let lineage = local.lineage("automl-job/auto")?;
    assert_eq!(lineage["nodes"][0]["name"], "auto", "{lineage}");
    Ok(())
}

/// Delivers the call that created a job once more: as a sweep does, it describes the job as it is now.
fn look_again(local: &Local, calls: &[Value]) -> Result<()> {
    for call in calls {
        local.deliver(&call.to_string())?;
    }
    local.settle()?;
    Ok(())
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A job that optimizes a model, and the calls that created it. It passes every control.
fn optimized(local: &Local, source: &Value) -> Result<(Resource, Vec<Value>)> {
    let request = json!({
        "OptimizationJobName": "smaller",
        "ModelSource": source,
        "DeploymentInstanceType": "ml.g5.xlarge",
        "OptimizationConfigs": [{ "ModelQuantizationConfig": { "Image": "repository/quantize:1" } }],
        "OutputConfig": {
            "KmsKeyId": KEY, "S3OutputLocation": "s3://models/small", "SageMakerModel": { "ModelName": "credit-small" },
        },
        "VpcConfig": { "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] },
    });
    let job = local.create(ResourceKind::OptimizationJob, &request, 100)?;
    let events = local.system.account.drain_events()?;
    let calls = events.into_iter().filter(|event| event["detail-type"] == "AWS API Call via CloudTrail");
    Ok((job, calls.collect()))
}

fn folder(name: &str, uri: &str) -> Value {
    let mut request = model(name);
    let data =
        json!({ "S3DataSource": { "S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None" } });
    request["PrimaryContainer"] = json!({ "Image": "repository/image:1", "ModelDataSource": data });
    request
}

#[test]
fn an_optimized_model_leads_to_the_job_that_made_it_and_to_the_model_before() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    account.put_object("models", "large/a.bin", b"weights", at(1))?;
    account.put_object("models", "large/b.bin", b"weights", at(1))?;
    local.create(ResourceKind::Model, &folder("credit", "s3://models/large/"), 10)?;
    local.settle()?;
    let (job, calls) = optimized(&local, &json!({ "SageMakerModel": { "ModelName": "credit" } }))?;
    look_again(&local, &calls)?;
    let running = edges(&local, "optimization-job/smaller", "optimization-job");
    has(&running, "model", "credit");
    has(&running, "image/quantization", "repository/quantize:1");
    account.put_object("models", "small/a.bin", b"less", at(150))?;
    account.put_object("models", "small/b.bin", b"less", at(150))?;
    local.create(ResourceKind::Model, &folder("credit-small", "s3://models/small/"), 160)?;
    account.finish_optimization(&job, at(170))?;
    look_again(&local, &calls)?;
    has(&edges(&local, "model/credit-small", "model"), "optimized", "smaller");
    has(&edges(&local, "model/credit-small", "dataset"), "optimized", "smaller");
    let before = local.lineage("model/credit-small")?;
    let names: Vec<&str> =
        before["nodes"].as_array().into_iter().flatten().filter_map(|node| node["name"].as_str()).collect();
    assert!(names.contains(&"credit"), "{names:?}");
    Ok(())
}

#[test]
fn a_model_that_is_older_than_the_job_was_not_made_by_it() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    account.put_object("models", "large/a.bin", b"weights", at(1))?;
    local.create(ResourceKind::Model, &folder("credit-small", "s3://models/large/"), 10)?;
    local.settle()?;
    let (job, calls) = optimized(&local, &json!({ "S3": { "S3Uri": "s3://models/large/" } }))?;
    account.finish_optimization(&job, at(170))?;
    look_again(&local, &calls)?;
    assert!(!edges(&local, "model/credit-small", "model").iter().any(|(role, _)| role == "optimized"));
    let inputs = edges(&local, "optimization-job/smaller", "optimization-job");
    has(&inputs, "model-data", "large/a.bin");
    Ok(())
}

#[test]
fn labels_lead_to_the_labeling_job_and_to_what_was_labeled() -> Result<()> {
    let local = Local::new()?;
    let account = &local.system.account;
    account.put_object("data", "signs/input.manifest", b"{}", at(1))?;
    let request = json!({
        "LabelingJobName": "signs",
        "LabelAttributeName": "sign",
        "InputConfig": { "DataSource": { "S3DataSource": { "ManifestS3Uri": "s3://data/signs/input.manifest" } } },
        "OutputConfig": { "S3OutputPath": "s3://data/signs/labels", "KmsKeyId": KEY },
        "HumanTaskConfig": { "WorkteamArn": "arn:aws:sagemaker:eu-west-1:111122223333:workteam/private-crowd/team" },
    });
    let job = local.create(ResourceKind::LabelingJob, &request, 10)?;
    let calls = account.drain_events()?;
    look_again(&local, &calls)?;
    account.put_object("data", "signs/labels/output.manifest", b"{}", at(50))?;
    account.finish_labeling(&job, "s3://data/signs/labels/output.manifest", at(60))?;
    // The service's own event of the end names the job and its state, and nothing else.
    let ended = json!({
        "id": "1", "source": "aws.sagemaker", "detail-type": "SageMaker Ground Truth Labeling Job State Change",
        "account": "111122223333", "region": "eu-west-1", "time": at(61), "resources": [job.arn()],
        "detail": { "LabelingJobStatus": "Completed" },
    });
    local.deliver(&ended.to_string())?;
    has(&edges(&local, "s3://data/signs/labels/output.manifest", "dataset"), "labels", "signs");
    has(&edges(&local, "labeling-job/signs", "labeling-job"), "manifest", "signs/input.manifest");
    Ok(())
}

#[test]
fn the_tree_has_the_most_important_facts_of_each_kind() -> Result<()> {
    let World { local, events } = world()?;
    deliver(&local.system, &events)?;
    let answer = block_on(lookup_lineage(&local.system.store, &Question::about("s3://data/out/a.csv.out")))?;
    let tree = lineage::tree(&answer);
    let lines = [
        "Approved by arn:aws:iam::111122223333:user/lead, generated-by <- training job child",
        "model <- model scorer",
        "started training job child",
        "steps Register, Score, Tune",
        "trial/t1 <- experiment risk",
        "trials t1",
        "offline store s3://data/features/",
    ];
    for line in lines {
        assert!(tree.contains(line), "`{line}` is not in\n{tree}");
    }
    Ok(())
}

/// The trial component of a job that names a commit, after the job's events came twice; how it was after the first time.
fn tracked(settings: &str) -> Result<(Value, Value, String)> {
    let local = Local::with(Bundle::embedded()?.with_settings(settings)?)?;
    let (account, git) = (&local.system.account, &local.system.git);
    git.create_repository("r")?;
    let new = NewCommit {
        branch: "main",
        files: &[("train.py", "1")],
        message: "Re-balance classes\n\nFor the audit.\n",
        author: ("Ana", "ana@example.com"),
        at: at(0),
    };
    let commit = git.push("r", &new)?.0.to_string();
    let mut request = training_job("t", &[("CommitId", &commit), ("Repository", "r")]);
    request["ExperimentConfig"] = json!({ "ExperimentName": "risk", "TrialName": "t1" });
    let job = local.create(ResourceKind::TrainingJob, &request, 11)?;
    let component = account.attach_component(&job, at(12))?;
    account.put_object("models", "out/t/output/model.tar.gz", b"weights", at(50))?;
    account.finish_training(&job, at(60))?;
    let events = account.drain_events()?;
    deliver(&local.system, &events)?;
    let first = account.describe_document(&component)?;
    deliver(&local.system, &events)?;
    Ok((first, account.describe_document(&component)?, commit))
}

#[test]
fn a_commit_is_written_onto_the_trial_component_only_where_it_is_asked_for() -> Result<()> {
    let (first, second, _) = tracked(SETTINGS)?;
    assert_eq!((&first["Parameters"], &second["Parameters"]), (&Value::Null, &Value::Null));

    let on = SETTINGS.replace("branch = \"main\"", "branch = \"main\"\nwrite_back_commit = true");
    let (first, second, commit) = tracked(&on)?;
    let wanted = json!({
        "commit": { "StringValue": commit },
        "author": { "StringValue": "ana@example.com" },
        "date": { "StringValue": at(0).to_string() },
        "message": { "StringValue": "Re_balance classes" },
    });
    assert_eq!(first["Parameters"], wanted);
    assert_eq!(second, first, "it is written once");
    Ok(())
}
