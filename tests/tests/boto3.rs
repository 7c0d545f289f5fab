//! AWS's own client drives the simulator: the client rejects an answer that AWS would not give.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use sagewarden_local::{Clock, LocalGit, NewCommit, SimulatedAccount, Store, Story};
use sagewarden_tests::aws::REGION;
use sagewarden_tests::aws::{Aws, Refusal, bytes};
use sagewarden_tests::emulator::ACCOUNT;
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::{Result, monitor};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_accepts_what_the_simulator_answers() -> Result<()> {
    let folder = TempDir::new()?;
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let git = LocalGit::new(folder.path())?;
    let simulator = Simulator::start(account.clone(), git.clone()).await?;
    let mut aws = Aws::new(&simulator.url())?;

    a_job_lives_and_is_stopped(&mut aws)?;
    a_commit_is_compared_read_and_commented_on(&mut aws, &git)?;
    absences_have_their_codes(&mut aws)?;

    // Everything of the story, described through boto3: it drops what the API's model does not know, so nothing may be lost.
    let mut story = Story::new(account.clone(), git, Clock::Told(Story::demo_start()));
    for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
        moment(&mut story)?;
    }
    monitor::schedule(&account, Story::demo_start())?;
    let described = [
        (
            "describe_training_job",
            "TrainingJobName",
            Story::TRAINING_JOB,
            sagewarden_events::ResourceKind::TrainingJob,
        ),
        (
            "describe_processing_job",
            "ProcessingJobName",
            Story::PROCESSING_JOB,
            sagewarden_events::ResourceKind::ProcessingJob,
        ),
        ("describe_model", "ModelName", "credit-default-model", sagewarden_events::ResourceKind::Model),
        (
            "describe_endpoint_config",
            "EndpointConfigName",
            "credit-default-config",
            sagewarden_events::ResourceKind::EndpointConfig,
        ),
        ("describe_endpoint", "EndpointName", Story::ENDPOINT, sagewarden_events::ResourceKind::Endpoint),
        (
            "describe_monitoring_schedule",
            "MonitoringScheduleName",
            "quality",
            sagewarden_events::ResourceKind::MonitoringSchedule,
        ),
    ];
    for (operation, parameter, name, kind) in described {
        let read = aws.call("sagemaker", operation, json!({ parameter: name }))?;
        let held = account.describe_document(&account.resource(kind, name))?;
        assert_eq!(paths(&held), paths(&read), "{operation}: a field that the API does not have");
    }
    Ok(())
}

fn a_job_lives_and_is_stopped(aws: &mut Aws) -> Result<()> {
    let request = json!({
        "TrainingJobName": "boto3-job",
        "AlgorithmSpecification": { "TrainingImage": "i", "TrainingInputMode": "File" },
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user-role-credit-dev",
        "OutputDataConfig": { "S3OutputPath": "s3://b/o" },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30 },
        "StoppingCondition": { "MaxRuntimeInSeconds": 60 },
        "Tags": [{ "Key": "ProjectName", "Value": "credit" }],
    });
    let created = aws.call("sagemaker", "create_training_job", request.clone())?;
    let arn = created["TrainingJobArn"].as_str().unwrap_or_default().to_owned();
    assert_eq!(arn, format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/boto3-job"));
    let name = json!({ "TrainingJobName": "boto3-job" });
    let described = aws.call("sagemaker", "describe_training_job", name.clone())?;
    assert_eq!(described["TrainingJobStatus"], "InProgress");
    assert!(described["CreationTime"].as_str().is_some_and(|time| time.starts_with("20")), "{described}");
    let tags = aws.call("sagemaker", "list_tags", json!({ "ResourceArn": arn }))?;
    assert_eq!(tags["Tags"], json!([{ "Key": "ProjectName", "Value": "credit" }]));

    assert_eq!(refusal(aws.call("sagemaker", "create_training_job", request))?.code, "ResourceInUse");
    aws.call("sagemaker", "stop_training_job", name.clone())?;
    let described = aws.call("sagemaker", "describe_training_job", name.clone())?;
    assert_eq!(described["TrainingJobStatus"], "Stopping");
    let again = refusal(aws.call("sagemaker", "stop_training_job", name))?;
    assert_eq!(again.code, "ValidationException");
    assert!(again.message.contains("is in status Stopping"), "{again}");
    Ok(())
}

fn a_commit_is_compared_read_and_commented_on(aws: &mut Aws, git: &LocalGit) -> Result<()> {
    git.create_repository("boto3")?;
    let push = |files: &[(&str, &str)]| -> Result<String> {
        let at = Story::demo_start();
        let new =
            NewCommit { branch: "main", files, message: "Work", author: ("Ana", "ana@example.com"), at };
        Ok(git.push("boto3", &new)?.0.to_string())
    };
    let first = push(&[("a.json", "{}")])?;
    let names: Vec<String> = (0..7).map(|number| format!("{number}.json")).collect();
    let second = push(&names.iter().map(|name| (name.as_str(), "{}")).collect::<Vec<_>>())?;

    let compared =
        json!({ "repositoryName": "boto3", "beforeCommitSpecifier": first, "afterCommitSpecifier": second });
    let page = aws.call("codecommit", "get_differences", compared.clone())?;
    assert_eq!(page["differences"].as_array().map(Vec::len), Some(5), "{page}");
    let mut next = compared;
    next["NextToken"] = page["NextToken"].clone();
    let page = aws.call("codecommit", "get_differences", next)?;
    assert_eq!(page["differences"][1]["afterBlob"]["path"], "6.json", "{page}");
    assert_eq!(page["NextToken"], Value::Null);
    let blob = json!({ "repositoryName": "boto3", "blobId": page["differences"][1]["afterBlob"]["blobId"] });
    assert_eq!(bytes(&aws.call("codecommit", "get_blob", blob)?, "content")?, b"{}");

    let comment = json!({
        "repositoryName": "boto3", "beforeCommitId": first, "afterCommitId": second, "content": "**no**", "clientRequestToken": "t",
    });
    let posted = aws.call("codecommit", "post_comment_for_compared_commit", comment.clone())?;
    assert_eq!(posted["comment"]["content"], "**no**", "{posted}");
    let again = aws.call("codecommit", "post_comment_for_compared_commit", comment.clone())?;
    assert_eq!(again["comment"]["commentId"], posted["comment"]["commentId"]);
    let mut refused = |field: &str, value: &str, code: &str| -> Result<()> {
        let mut comment = comment.clone();
        comment["clientRequestToken"] = json!(format!("t-{field}"));
        comment[field] = json!(value);
        assert_eq!(refusal(aws.call("codecommit", "post_comment_for_compared_commit", comment))?.code, code);
        Ok(())
    };
    refused("content", &"x".repeat(10_241), "CommentContentSizeLimitExceededException")?;
    refused("beforeCommitId", &second, "BeforeCommitIdAndAfterCommitIdAreSameException")?;
    refused("afterCommitId", &"0".repeat(40), "CommitDoesNotExistException")?;
    let mut changed = comment;
    changed["content"] = json!("other");
    let changed = refusal(aws.call("codecommit", "post_comment_for_compared_commit", changed))?;
    assert_eq!(changed.code, "IdempotencyParameterMismatchException");
    Ok(())
}

fn absences_have_their_codes(aws: &mut Aws) -> Result<()> {
    let mut check = |service: &str, operation: &str, parameters: Value, code: &str| -> Result<()> {
        assert_eq!(refusal(aws.call(service, operation, parameters))?.code, code, "{operation}");
        Ok(())
    };
    check("sagemaker", "describe_training_job", json!({ "TrainingJobName": "x" }), "ValidationException")?;
    check("sagemaker", "describe_model", json!({ "ModelName": "x" }), "ValidationException")?;
    check(
        "sagemaker",
        "describe_monitoring_schedule",
        json!({ "MonitoringScheduleName": "x" }),
        "ResourceNotFound",
    )?;
    check("sagemaker", "describe_trial", json!({ "TrialName": "x" }), "ResourceNotFound")?;
    let commit = json!({ "repositoryName": "x", "commitId": "0".repeat(40) });
    check("codecommit", "get_commit", commit, "RepositoryDoesNotExistException")
}

fn refusal(answer: Result<Value>) -> Result<Refusal> {
    match answer {
        Ok(result) => Err(format!("it was not refused: {result}").into()),
        Err(error) => Ok(*error.downcast::<Refusal>()?),
    }
}

/// The paths of all fields, without values: boto3 writes times in another form.
fn paths(document: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, paths: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| walk(value, &format!("{at}.{key}"), paths))
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, &format!("{at}[]"), paths)),
            _ => paths.push(at.to_owned()),
        }
    }
    let mut paths = Vec::new();
    walk(document, "", &mut paths);
    paths.sort();
    paths
}
