//! Events of other people in the account after the story, so that every list has an entry: a job that is only observed, a job with a
//! waiver, and a job whose description is erased. The demo does not print them.

use futures::executor::block_on;
use sagewarden_events::{Actor, ResourceKind, Timestamp};
use sagewarden_local::{Story, StoryError, System};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use serde_json::{Value, json};

use crate::demo::files;
use crate::error::CommandError;

const CALLER: &str = "arn:aws:sts::111122223333:assumed-role/ds-notebook-role-churn-dev-ben/ben";
const OBSERVED: &str = "churn-train-001";
const WAIVED: &str = "legacy-scoring-007";
const ERASED: &str = "churn-train-000";

/// Plays it with the story's settings in the mode `observe`, and a waiver.
pub(crate) fn play(system: &System) -> Result<(), CommandError> {
    let settings = format!("{}{}", files::settings(), Story::LATER_SETTINGS);
    let bundle = Bundle::embedded()?.with_settings(&settings)?.with_mode(Mode::Observe);
    let system = System { bundle: bundle.into(), ..system.clone() };
    let caller = Actor { arn: Some(CALLER.to_owned()), ..Actor::default() };
    for (number, name) in [ERASED, OBSERVED, WAIVED].into_iter().enumerate() {
        let after = i64::try_from(number).unwrap_or_default() * 600;
        let created = system.account.create(ResourceKind::TrainingJob, &job(name), Some(&caller), at(after));
        created.map_err(StoryError::from)?;
        block_on(system.settle())?;
    }
    block_on(system.deliver(&erasure().to_string(), at(3_700)))?;
    Ok(())
}

/// The time this many seconds after the story.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_end().millis() + seconds * 1_000)
}

/// A training job outside the network.
fn job(name: &str) -> Value {
    json!({
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:9a8b7c6d5e4f30211203f4e5d6c7b8a99a8b7c6d5e4f30211203f4e5d6c7b8a9",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user-role-churn-dev",
        "OutputDataConfig": { "S3OutputPath": "s3://ds-model-bucket-churn-dev-7f3a/out" },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30 },
        "StoppingCondition": { "MaxRuntimeInSeconds": 3600 },
        "EnableNetworkIsolation": true,
    })
}

fn erasure() -> Value {
    let [account, region] = [Story::ACCOUNT, Story::REGION];
    json!({
        "source": "aws.sagemaker",
        "detail-type": "AWS API Call via CloudTrail",
        "account": account,
        "region": region,
        "time": at(3_600),
        "resources": [],
        "detail": {
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": "DeleteTrainingJob",
            "eventTime": at(3_600),
            "awsRegion": region,
            "recipientAccountId": account,
            "userIdentity": { "type": "AssumedRole", "arn": CALLER },
            "requestParameters": { "trainingJobName": ERASED },
        },
    })
}
