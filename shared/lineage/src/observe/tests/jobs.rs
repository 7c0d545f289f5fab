use std::collections::BTreeSet;

use super::*;

fn s3(uri: &str, data_type: &str) -> Json {
    json!({ "DataSource": { "S3DataSource": { "S3Uri": uri, "S3DataType": data_type } } })
}

fn channel(name: &str, uri: &str, data_type: &str) -> Json {
    let mut channel = s3(uri, data_type);
    channel["ChannelName"] = json!(name);
    channel
}

fn training_job() -> Json {
    json!({
        "TrainingJobName": "x",
        "TrainingJobStatus": "Completed",
        "LastModifiedTime": seconds_after(90),
        "RoleArn": "arn:aws:iam::111122223333:role/train",
        "AlgorithmSpecification": { "TrainingImage": "r/train:1", "AlgorithmName": "beside" },
        "ResourceConfig": {
            "InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30,
            "SelectedInstanceType": "ml.m5.2xlarge", "SelectedInstanceCount": 1,
        },
        "EnableManagedSpotTraining": true,
        "TrainingTimeInSeconds": 300,
        "BillableTimeInSeconds": 100,
        "FinalMetricDataList": [{ "MetricName": "auc", "Value": 0.9 }],
        "HyperParameters": { "depth": "6" },
        "Environment": { "MODE": "full" },
        "InputDataConfig": [
            channel("train", "s3://b/train/", "S3Prefix"),
            channel("labels", "s3://b/labels.manifest", "ManifestFile"),
            channel("images", "s3://b/images.jsonl", "AugmentedManifestFile"),
        ],
        "ModelArtifacts": { "S3ModelArtifacts": "s3://b/out/model.tar.gz" },
        "TrainingEndTime": seconds_after(80),
        "ExperimentConfig": {
            "ExperimentName": "credit", "TrialName": "march", "RunName": "r1", "TrialComponentDisplayName": "Train",
        },
        "TuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/tune",
        "AutoMLJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:automl-job/auto",
    })
}

fn training_facts(more: &[(&str, Value)]) -> Attributes {
    let mut all = facts(&[
        (node::ROLE, text("arn:aws:iam::111122223333:role/train")),
        (node::INSTANCE_TYPE, text("ml.m5.xlarge")),
        (node::INSTANCE_COUNT, Value::Number(2)),
        (node::EXPERIMENT, text("credit")),
        (node::TRIAL, text("march")),
        (node::RUN, text("r1")),
        (node::COMPONENT, text("Train")),
    ]);
    all.extend(facts(more));
    all
}

#[test]
fn a_training_job_that_has_ended_says_what_it_ran_read_wrote_and_cost() {
    let found = seen(ResourceKind::TrainingJob, training_job());
    assert_eq!(found.status, mark(Status::Completed, 90, None));
    let expect = training_facts(&[
        (node::SPOT, text("true")),
        (node::TRAINING_SECONDS, Value::Number(300)),
        (node::BILLABLE_SECONDS, Value::Number(100)),
    ]);
    assert_eq!(found.facts, expect);
    assert_eq!(found.images, owned(&[("image", "r/train:1")]));
    let inputs = [
        read("channel/train", "s3://b/train/", false, None),
        read("channel/labels", "s3://b/labels.manifest", true, Some(ManifestKind::Listed)),
        read("channel/images", "s3://b/images.jsonl", true, Some(ManifestKind::Augmented)),
    ];
    assert_eq!(found.inputs, inputs);
    assert_eq!(found.outputs, [wrote("artifact", "s3://b/out/model.tar.gz", 80, true)]);
    let sources = [
        source("tuning", ResourceKind::TuningJob, "tune"),
        source("automl", ResourceKind::AutoMlJob, "auto"),
    ];
    assert_eq!(found.sources, sources);
    let place = ExperimentPlace {
        experiment: Some("credit".into()),
        trial: Some("march".into()),
        run: Some("r1".into()),
    };
    assert_eq!(found.experiment, place);
}

#[test]
fn what_would_train_again_is_kept_without_what_the_service_chose() {
    let found = seen(ResourceKind::TrainingJob, training_job());
    let names: BTreeSet<&str> = found.detail.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["Environment", "FinalMetricDataList", "HyperParameters", "Request"]));
    assert_eq!(found.detail["Environment"], json!({ "MODE": "full" }));
    assert_eq!(found.detail["HyperParameters"], json!({ "depth": "6" }));
    assert_eq!(found.detail["FinalMetricDataList"], training_job()["FinalMetricDataList"]);
    let request = found.detail["Request"].as_object().unwrap();
    let names: BTreeSet<&str> = request.keys().map(String::as_str).collect();
    let kept = [
        "AlgorithmSpecification",
        "EnableManagedSpotTraining",
        "ExperimentConfig",
        "InputDataConfig",
        "ResourceConfig",
        "RoleArn",
    ];
    assert_eq!(names, BTreeSet::from(kept));
    let asked = json!({ "InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30 });
    assert_eq!(request["ResourceConfig"], asked);
    assert_eq!(request["InputDataConfig"], training_job()["InputDataConfig"]);
}

#[test]
fn a_training_job_that_runs_keeps_nothing_that_still_grows() {
    let mut document = training_job();
    document["TrainingJobStatus"] = json!("InProgress");
    document["EnableManagedSpotTraining"] = json!(false);
    document["TrainingEndTime"] = json!(null);
    document["LastModifiedTime"] = json!(null);
    let found = seen(ResourceKind::TrainingJob, document);
    assert_eq!(found.status, mark(Status::InProgress, 0, None));
    assert_eq!(found.facts, training_facts(&[]));
    assert!(!found.detail.contains_key("FinalMetricDataList") && found.outputs.is_empty(), "{found:?}");
}

#[test]
fn a_training_job_without_an_image_is_known_by_its_algorithm() {
    let document = json!({
        "TrainingJobStatus": "Failed",
        "FailureReason": "AlgorithmError: no rows",
        "AlgorithmSpecification": { "AlgorithmName": "arn:aws:sagemaker:eu-west-1:111122223333:algorithm/a" },
        "InputDataConfig": [s3("s3://b/k", "S3Prefix"), { "DataSource": {} }, s3("file://b/k", "S3Prefix")],
        "TuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/not-tuning",
        "Environment": {},
        "HyperParameters": null,
    });
    let found = seen(ResourceKind::TrainingJob, document);
    assert_eq!(found.images, owned(&[("image", "arn:aws:sagemaker:eu-west-1:111122223333:algorithm/a")]));
    assert_eq!(found.status, mark(Status::Failed, 0, Some("AlgorithmError: no rows")));
    assert_eq!(found.inputs, [read("channel/", "s3://b/k", false, None)]);
    assert!(found.sources.is_empty(), "{found:?}");
    let names: BTreeSet<&str> = found.detail.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["Request"]), "nothing that is empty");
}

fn processing_job() -> Json {
    json!({
        "ProcessingJobStatus": "Completed",
        "LastModifiedTime": seconds_after(50),
        "RoleArn": "arn:aws:iam::111122223333:role/prepare",
        "ProcessingResources": { "ClusterConfig": { "InstanceType": "ml.c5.large", "InstanceCount": 3 } },
        "ExitMessage": "done",
        "Environment": { "A": "b" },
        "AppSpecification": {
            "ImageUri": "r/prepare:2", "ContainerEntrypoint": ["python3", "run.py"], "ContainerArguments": ["--all"],
        },
        "ProcessingInputs": [
            { "InputName": "raw", "S3Input": { "S3Uri": "s3://b/raw", "S3DataType": "S3Prefix" } },
            { "InputName": "list", "S3Input": { "S3Uri": "s3://b/list", "S3DataType": "ManifestFile" } },
            { "InputName": "code", "S3Input": { "S3Uri": "s3://b/code" } },
        ],
        "ProcessingOutputConfig": { "Outputs": [
            { "OutputName": "train", "S3Output": { "S3Uri": "s3://b/train" } },
            { "OutputName": "test", "S3Output": { "S3Uri": "s3://b/test/" } },
            { "OutputName": "all", "S3Output": { "S3Uri": "s3://b" } },
            { "OutputName": "features", "FeatureStoreOutput": { "FeatureGroupName": "customers" } },
        ] },
        "ProcessingEndTime": seconds_after(40),
        "ExperimentConfig": { "ExperimentName": "credit" },
    })
}

#[test]
fn a_processing_job_says_what_it_ran_read_and_wrote() {
    let found = seen(ResourceKind::ProcessingJob, processing_job());
    assert_eq!(found.status, mark(Status::Completed, 50, None));
    let expect = facts(&[
        (node::ROLE, text("arn:aws:iam::111122223333:role/prepare")),
        (node::INSTANCE_TYPE, text("ml.c5.large")),
        (node::INSTANCE_COUNT, Value::Number(3)),
        (node::EXIT_MESSAGE, text("done")),
        (node::EXPERIMENT, text("credit")),
    ]);
    assert_eq!(found.facts, expect);
    assert_eq!(found.images, owned(&[("image", "r/prepare:2")]));
    let detail = json!({
        "Environment": { "A": "b" },
        "ContainerEntrypoint": ["python3", "run.py"],
        "ContainerArguments": ["--all"],
    });
    assert_eq!(Json::Object(found.detail), detail);
    let inputs = [
        read("input/raw", "s3://b/raw", false, None),
        read("input/list", "s3://b/list", true, Some(ManifestKind::Listed)),
        read("input/code", "s3://b/code", false, None),
    ];
    assert_eq!(found.inputs, inputs);
    let outputs = [
        wrote("output/train", "s3://b/train/", 40, false),
        wrote("output/test", "s3://b/test/", 40, false),
        wrote("output/all", "s3://b", 40, false),
    ];
    assert_eq!(found.outputs, outputs, "folders, but for a whole bucket");
    assert_eq!(found.feature_groups, owned(&[("output/features", "customers")]));
    assert_eq!((found.schedule, found.id.kind()), (None, crate::id::NodeKind::ProcessingJob));
}

#[test]
fn a_processing_job_that_runs_has_written_nothing_and_left_no_message() {
    let mut document = processing_job();
    document["ProcessingJobStatus"] = json!("InProgress");
    document["ProcessingEndTime"] = json!(null);
    let found = seen(ResourceKind::ProcessingJob, document);
    assert!(found.outputs.is_empty() && found.feature_groups.is_empty(), "{found:?}");
    assert!(!found.facts.contains_key(node::EXIT_MESSAGE), "{found:?}");
}

#[test]
fn a_run_of_a_schedule_is_a_node_of_its_own_kind() {
    let schedule = "arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/s";
    let found = seen(ResourceKind::ProcessingJob, json!({ "MonitoringScheduleArn": schedule }));
    assert_eq!(found.schedule.as_deref(), Some(schedule));
    let job = resource(ResourceKind::ProcessingJob, "x");
    assert_eq!(found.id, NodeId::monitoring_execution(&job, at(0)));
}

#[test]
fn a_transform_job_is_dated_by_its_end_and_leads_to_its_model() {
    let document = json!({
        "TransformJobStatus": "Completed",
        "TransformEndTime": seconds_after(70),
        "ModelName": "credit",
        "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
        "TransformInput": s3("s3://b/in", "ManifestFile"),
        "TransformOutput": { "S3OutputPath": "s3://b/scores" },
        "Environment": { "A": "b" },
        "ExperimentConfig": { "TrialName": "march" },
    });
    let found = seen(ResourceKind::TransformJob, document.clone());
    assert_eq!(found.status, mark(Status::Completed, 70, None));
    let expect = facts(&[
        (node::INSTANCE_TYPE, text("ml.m5.large")),
        (node::INSTANCE_COUNT, Value::Number(1)),
        (node::TRIAL, text("march")),
    ]);
    assert_eq!(found.facts, expect);
    assert_eq!(found.sources, [source("model", ResourceKind::Model, "credit")]);
    assert_eq!(found.inputs, [read("input", "s3://b/in", true, Some(ManifestKind::Listed))]);
    assert_eq!(found.outputs, [wrote("output", "s3://b/scores/", 70, false)]);
    assert_eq!(Json::Object(found.detail), json!({ "Environment": { "A": "b" } }));
    let mut running = document;
    running["TransformEndTime"] = json!(null);
    running["TransformJobStatus"] = json!("InProgress");
    let found = seen(ResourceKind::TransformJob, running);
    assert_eq!(found.status, mark(Status::InProgress, 0, None));
    assert!(found.outputs.is_empty(), "{found:?}");
}

/// SDK 3 uploads code as channels. A channel is not code because of its name alone.
#[test]
fn the_channels_in_which_sdk_3_uploads_code_are_no_data() {
    let roles = |names: &[&str]| -> Vec<String> {
        let mut document = training_job();
        let channels = names.iter().map(|name| channel(name, &format!("s3://b/{name}/"), "S3Prefix"));
        document["InputDataConfig"] = channels.collect();
        seen(ResourceKind::TrainingJob, document).inputs.into_iter().map(|input| input.role).collect()
    };
    assert_eq!(roles(&["train", "code", "sm_drivers"]), ["channel/train", "code/code", "code/sm_drivers"]);
    assert_eq!(roles(&["train", "code"]), ["channel/train", "channel/code"]);
}
