//! Short flows that are recorded and watched: deployments, commits, baselines, windows of traffic, executions of Model Monitor, and
//! silence.

use std::fmt::Write as _;

use sagewarden_events::{Actor, Repository, ResourceKind};
use sagewarden_local::{LocalGit, NewCommit, Story, Stump, model_archive};
use serde_json::{Value, json};

use crate::Result;
use crate::flows::Flow;
use crate::local::{KEY, Local, at, captured_event, endpoint_config, model, scattered, training_job};

/// All of them.
pub const WATCHED: [Flow; 15] = [
    Flow::watched("an endpoint is deployed", &[], &[deployed]),
    Flow::watched("an endpoint is updated and deleted", &[deployed], &[updated, deleted]),
    Flow::watched(
        "an inference component comes, changes and goes",
        &[deployed],
        &[component, changed_component, deleted_component],
    ),
    Flow::watched("a job is built from a commit", &[], &[pushed, built]),
    Flow { settings: MAKE, ..Flow::watched("a baseline is made of training data", &[], &[trained]) },
    Flow {
        settings: NAMED,
        ..Flow::watched("traffic drifts", &[baseline, capturing], &[drifted, window_over, clock_later])
    },
    Flow {
        settings: SMALL,
        ..Flow::watched("traffic has no baseline", &[capturing], &[drifted, window_over, clock_later])
    },
    Flow {
        settings: NAMED,
        ..Flow::watched(
            "a baseline cannot be used",
            &[nonsense, capturing],
            &[drifted, window_over, clock_later, given_up],
        )
    },
    Flow {
        settings: NAMED,
        ..Flow::watched(
            "traffic cannot be read",
            &[baseline, capturing],
            &[damaged, window_over, clock_later],
        )
    },
    Flow {
        settings: LABELLED,
        ..Flow::watched(
            "predictions are measured by labels that come late",
            &[thresholds, capturing],
            &[predicted, window_over, labelled, labels_together, labels_over],
        )
    },
    Flow {
        settings: LABELLED,
        ..Flow::watched("labels never come", &[thresholds, capturing], &[predicted, window_over, labels_over])
    },
    Flow {
        settings: EXPLAINED,
        ..Flow::watched(
            "the reasons of a model move",
            &[trained_model, serving_it],
            &[drifted, window_over, clock_later],
        )
    },
    Flow::watched("an execution finds violations", &[deployed, schedule], &[execution_with_violations]),
    Flow::watched("an execution fails", &[deployed, schedule], &[failed_execution]),
    Flow::watched(
        "a schedule and traffic are silent",
        &[capturing, schedule, first_tick],
        &[silence, silence_goes_on],
    ),
];

const MAKE: &str = "\n[drift.training]\nbaseline = \"make\"\n";
const SMALL: &str = "\n[drift.detect]\nmin_rows = 20\n";
const EXPLAINED: &str = "\n[drift.detect]\nmin_rows = 20\n[drift.training]\nbaseline = \"make\"\n";
const NAMED: &str = "\n[drift.detect]\nmin_rows = 20\n[[drift.detect.endpoints]]\nendpoint = \"prod\"\nbaseline = \"s3://baselines/b\"\n";

const LABELLED: &str = r#"
[drift.detect]
min_rows = 20
[[drift.detect.endpoints]]
endpoint = "prod"
quality = { ground_truth = "s3://labels/credit", ground_truth_delay_hours = 3, problem = "binary", inference = "0", baseline = "s3://baselines/q" }
"#;

const DAY: i64 = 86_400;
const REPOSITORY: &str = "ds-source-credit-dev";
const ANA: &str = "arn:aws:iam::111122223333:user/ana";

type Announced = Result<Vec<Value>>;

fn deployed(local: &Local) -> Announced {
    local.serve()?;
    Ok(Vec::new())
}

fn updated(local: &Local) -> Announced {
    local.create(ResourceKind::Model, &model("second"), 300)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "second"), 301)?;
    let account = &local.system.account;
    account.update_endpoint("prod", "c2", None, at(400))?;
    account.finish_endpoint(&account.resource(ResourceKind::Endpoint, "prod"), at(500))?;
    Ok(Vec::new())
}

fn component(local: &Local) -> Announced {
    local.create(ResourceKind::Model, &model("second"), 300)?;
    let request = json!({
        "InferenceComponentName": "challenger",
        "EndpointName": "prod",
        "VariantName": "AllTraffic",
        "Specification": { "ModelName": "second" },
        "RuntimeConfig": { "CopyCount": 1 },
    });
    let component = local.create(ResourceKind::InferenceComponent, &request, 301)?;
    local.system.account.finish_component(&component, true, at(330))?;
    Ok(Vec::new())
}

fn changed_component(local: &Local) -> Announced {
    let request = json!({ "InferenceComponentName": "challenger", "Specification": { "ModelName": "m" } });
    local.system.account.update_component("UpdateInferenceComponent", &request, &ana(), at(400))?;
    Ok(Vec::new())
}

fn deleted_component(local: &Local) -> Announced {
    local.system.account.delete_component("challenger", &ana(), at(500))?;
    Ok(Vec::new())
}

fn ana() -> Actor {
    Actor { arn: Some(ANA.to_owned()), ..Actor::default() }
}

fn deleted(local: &Local) -> Announced {
    let account = &local.system.account;
    account.delete(&account.resource(ResourceKind::Endpoint, "prod"), at(900))?;
    Ok(Vec::new())
}

fn pushed(local: &Local) -> Announced {
    let git = &local.system.git;
    git.create_repository(REPOSITORY)?;
    let new = NewCommit {
        branch: "main",
        files: &[("train.py", "print()")],
        message: "train",
        author: ("Ana", "ana@example.com"),
        at: at(0),
    };
    let (commit, old) = git.push(REPOSITORY, &new)?;
    let repository =
        Repository { account: Story::ACCOUNT.into(), region: Story::REGION.into(), name: REPOSITORY.into() };
    Ok(vec![LocalGit::push_event(&repository, "main", &commit, old.as_ref(), ANA, at(0))])
}

fn built(local: &Local) -> Announced {
    let tags = [("ProjectName", "credit"), ("EnvironmentType", "dev")];
    let job = local.create(ResourceKind::TrainingJob, &training_job("t", &tags), 20)?;
    local.system.account.put_object("models", "out/t/output/model.tar.gz", b"weights", at(50))?;
    local.system.account.finish_training(&job, at(60))?;
    Ok(Vec::new())
}

/// A row of data: the same every time.
fn row(number: u64) -> (u64, u64) {
    let mixed = scattered(number);
    (10_000 + mixed % 990_000, 1 + mixed % 4)
}

fn trained(local: &Local) -> Announced {
    trained_to(local, b"weights")
}

/// A model that relies on the limit, and on the education only if the limit is missing.
fn trained_model(local: &Local) -> Announced {
    let stump = |feature, threshold, leaves, rows| Stump { feature, threshold, leaves, rows };
    let stumps = [stump(1, 2.5, [-0.5, 0.5], [50, 50]), stump(0, 1.0, [2.0, 0.0], [1, 99])];
    trained_to(local, &model_archive(2, &stumps)?)
}

fn serving_it(local: &Local) -> Announced {
    let mut served = model("m");
    if let Some(container) = served.get_mut("PrimaryContainer") {
        container["ModelDataUrl"] = json!("s3://models/out/t/output/model.tar.gz");
    }
    local.serve_model("s3://captured/traffic", &served)?;
    Ok(Vec::new())
}

/// A job that leaves this artifact.
fn trained_to(local: &Local, artifact: &[u8]) -> Announced {
    let mut csv = String::new();
    for number in 0..100 {
        let (limit, education) = row(number);
        writeln!(csv, "{},{limit},{education}", number % 2)?;
    }
    let account = &local.system.account;
    account.put_object("data", "train/part-0.csv", csv.as_bytes(), at(1))?;
    let source = json!({ "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://data/train/" } });
    let channel = json!({ "ChannelName": "train", "ContentType": "text/csv", "DataSource": source });
    let mut request = training_job("t", &[]);
    request.as_object_mut().map(|request| request.insert("InputDataConfig".to_owned(), json!([channel])));
    let job = local.create(ResourceKind::TrainingJob, &request, 10)?;
    account.put_object("models", "out/t/output/model.tar.gz", artifact, at(50))?;
    account.finish_training(&job, at(60))?;
    Ok(Vec::new())
}

fn capturing(local: &Local) -> Announced {
    local.serve_captured("s3://captured/traffic")?;
    Ok(Vec::new())
}

fn constraints(local: &Local, text: &str) -> Announced {
    local.system.account.put_object("baselines", "b/constraints.json", text.as_bytes(), at(0))?;
    Ok(Vec::new())
}

fn nonsense(local: &Local) -> Announced {
    constraints(local, "[]")
}

/// Whole numbers that are not negative.
fn baseline(local: &Local) -> Announced {
    let feature = |name: &str| json!({ "name": name, "inferred_type": "Integral", "completeness": 1.0, "num_constraints": { "is_non_negative": true } });
    let features = ["_c0", "_c1", "_c2"].map(feature);
    constraints(local, &json!({ "version": 0.0, "features": features }).to_string())
}

fn captured(local: &Local, file: &str, lines: &str, after: i64) -> Announced {
    let key = format!("traffic/prod/AllTraffic/2026/03/03/09/{file}");
    local.system.account.put_object("captured", &key, lines.as_bytes(), at(after))?;
    Ok(Vec::new())
}

/// Two files of one window; the limits of the second one are no whole numbers any more.
fn drifted(local: &Local) -> Announced {
    for (file, sign, after) in [("00-00-000-a.jsonl", "", DAY + 60), ("01-00-000-b.jsonl", "-0.", DAY + 120)]
    {
        let mut lines = String::new();
        for number in 0..60 {
            let (limit, education) = row(number);
            let event =
                captured_event(&format!("{file}-{number}"), &format!("{sign}{limit},{education}"), "1\n");
            writeln!(lines, "{event}")?;
        }
        captured(local, file, &lines, after)?;
    }
    Ok(Vec::new())
}

fn damaged(local: &Local) -> Announced {
    captured(local, "00-00-000-a.jsonl", &"{\"captureData\":\n".repeat(40), DAY + 60)
}

/// The clock's event.
fn tick(after: i64) -> Value {
    json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": Story::ACCOUNT, "time": at(after), "region": Story::REGION,
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    })
}

/// The hour from 09:00 on is over at 10:15.
fn window_over(_: &Local) -> Announced {
    Ok(vec![tick(DAY + 3_600 + 16 * 60)])
}

/// A tick repeats the work that the last tick could not do, at once or an hour later: two faults of a run may strike two ticks, and each
/// leaves the window open for the next.
fn clock_later(_: &Local) -> Announced {
    Ok([2, 3].map(|hours| tick(DAY + hours * 3_600 + 16 * 60)).into())
}

/// Six hours after its end a window that cannot be judged is given up.
fn given_up(_: &Local) -> Announced {
    Ok(vec![tick(DAY + 8 * 3_600), tick(DAY + 9 * 3_600)])
}

fn thresholds(local: &Local) -> Announced {
    let threshold = json!({ "accuracy": { "threshold": 0.8, "comparison_operator": "LessThanThreshold" } });
    let constraints = json!({ "version": 0.0, "binary_classification_constraints": threshold });
    let account = &local.system.account;
    account.put_object("baselines", "q/constraints.json", constraints.to_string().as_bytes(), at(0))?;
    Ok(Vec::new())
}

/// Thirty calls that the model answers with 1.
fn predicted(local: &Local) -> Announced {
    let mut lines = String::new();
    for number in 0..60 {
        writeln!(lines, "{}", captured_event(&format!("call-{number}"), "1,2", "1\n"))?;
    }
    captured(local, "00-00-000-a.jsonl", &lines, DAY + 60)
}

/// Half of the labels are 0, in two files of the hour in which they were collected.
fn labelled(local: &Local) -> Announced {
    for (file, calls) in [("a", 0..30), ("b", 30..60)] {
        let mut lines = String::new();
        for number in calls {
            let truth = json!({ "data": (number % 2).to_string(), "encoding": "CSV" });
            let record =
                json!({ "groundTruthData": truth, "eventMetadata": { "eventId": format!("call-{number}") } });
            writeln!(lines, "{record}")?;
        }
        let key = format!("credit/2026/03/03/10/{file}.jsonl");
        local.system.account.put_object("labels", &key, lines.as_bytes(), at(DAY + 3_600 + 20 * 60))?;
    }
    Ok(Vec::new())
}

/// At the end of the hour in which they came.
fn labels_together(_: &Local) -> Announced {
    Ok(vec![tick(DAY + 2 * 3_600 + 60)])
}

/// When no more are waited for, and once more.
fn labels_over(_: &Local) -> Announced {
    Ok(vec![tick(DAY + 4 * 3_600 + 16 * 60), tick(DAY + 5 * 3_600 + 16 * 60)])
}

fn schedule(local: &Local) -> Announced {
    let inputs =
        json!([{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml/processing/input" } }]);
    let config = json!({
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinition": { "MonitoringInputs": inputs },
        "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
    });
    let request = json!({ "MonitoringScheduleName": "quality", "MonitoringScheduleConfig": config });
    local.create(ResourceKind::MonitoringSchedule, &request, 200)?;
    Ok(Vec::new())
}

const FOLDER: &str = "reports/prod/quality/2026/03/03/09";
const FOUND: &str = "CompletedWithViolations: Job completed successfully with 1 violations.";
const REPORT: &str = r#"{"violations":[{"feature_name":"LIMIT_BAL","constraint_check_type":"baseline_drift_check","description":"Baseline drift distance: 0.49 exceeds threshold: 0.1"}]}"#;

fn execution(local: &Local) -> Result<sagewarden_events::Resource> {
    let account = &local.system.account;
    let schedule = account.resource(ResourceKind::MonitoringSchedule, "quality");
    let output = json!({ "OutputName": "o", "S3Output": { "S3Uri": format!("s3://bucket/{FOLDER}"), "LocalPath": "/o", "S3UploadMode": "EndOfJob" } });
    let network =
        json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] });
    let cluster = json!({ "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": KEY });
    let request = json!({
        "ProcessingJobName": "e1",
        "AppSpecification": { "ImageUri": "monitor@sha256:1" },
        "ProcessingOutputConfig": { "Outputs": [output], "KmsKeyId": KEY },
        "ProcessingResources": { "ClusterConfig": cluster },
        "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": network },
        "MonitoringScheduleArn": schedule.arn(),
    });
    Ok(account.create(ResourceKind::ProcessingJob, &request, None, at(DAY))?)
}

fn execution_with_violations(local: &Local) -> Announced {
    let job = execution(local)?;
    let account = &local.system.account;
    let key = format!("{FOLDER}/constraint_violations.json");
    account.put_object("bucket", &key, REPORT.as_bytes(), at(DAY + 10))?;
    account.finish_processing(&job, Some(FOUND), at(DAY + 20))?;
    account.note_execution("quality", &job, "CompletedWithViolations", at(DAY + 20))?;
    Ok(Vec::new())
}

fn failed_execution(local: &Local) -> Announced {
    let job = execution(local)?;
    local.system.account.fail_processing(&job, "AlgorithmError: see the logs", at(DAY + 20))?;
    Ok(Vec::new())
}

/// From here on somebody listens.
fn first_tick(_: &Local) -> Announced {
    Ok(vec![tick(300)])
}

fn silence(_: &Local) -> Announced {
    Ok(vec![tick(2 * DAY + 3_000)])
}

fn silence_goes_on(_: &Local) -> Announced {
    Ok(vec![tick(2 * DAY + 3_300)])
}
