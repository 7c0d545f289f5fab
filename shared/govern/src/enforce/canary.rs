//! A request that must fail, judged at every tick of the clock. Its failure shows that events reach the function,
//! and that the bundle in force still forbids it. Without this check, a system that judges nothing would look like an account in order.

use sagewarden_events::{ClockTicked, Resource, ResourceKind};
use sagewarden_policy::join::{Joined, offline};
use sagewarden_policy::{Bundle, Judgement, Subject, judge};
use serde_json::{Value, json};

use crate::outcome::{Done, Failure, Outcome};

/// Its name; no such job exists.
const CANARY: &str = "sagewarden-canary";

/// Judges the canary. The verdict is not recorded, because no such resource exists.
///
/// # Errors
/// Rejects the tick if the canary passes, so that the alarm on rejected records rings.
pub(crate) fn judge_canary(bundle: &Bundle, tick: &ClockTicked) -> Outcome {
    let resource = Resource::in_region(ResourceKind::TrainingJob, &tick.account, &tick.region, CANARY);
    let document = request(&tick.account);
    let joined = offline(&resource, &document, &Joined::new());
    let verdict = judge(
        bundle,
        &Subject { resource: &resource, document: &document, as_of: tick.time, joined: &joined },
    );
    let controls = verdict.checked.len();
    match verdict.outcome {
        Judgement::Violating | Judgement::Waived => {
            let broken = verdict.findings.len();
            Ok(Done::Acted(format!("the canary fails {broken} of {controls} controls, as it should")))
        }
        _ if controls == 0 => {
            Ok(Done::Acted("no control of training jobs is on: the canary has no control to fail".to_owned()))
        }
        outcome => Err(Failure::Reject(format!(
            "the canary, a training job without network, keys and limits, was judged by {controls} controls of bundle {} as {outcome:?}: the bundle in force judges new resources wrongly",
            bundle.hash()
        ))),
    }
}

/// A training job without network, keys and limits.
fn request(account: &str) -> Value {
    json!({
        "TrainingJobName": CANARY,
        "RoleArn": format!("arn:aws:iam::{account}:role/{CANARY}"),
        "AlgorithmSpecification": { "TrainingImage": format!("{account}.dkr.ecr.eu-west-1.amazonaws.com/{CANARY}:latest"), "TrainingInputMode": "File" },
        "InputDataConfig": [{
            "ChannelName": "train",
            "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": format!("s3://{CANARY}/train") } },
        }],
        "OutputDataConfig": { "S3OutputPath": format!("s3://{CANARY}/model") },
        "ResourceConfig": { "InstanceType": "ml.p4d.24xlarge", "InstanceCount": 2, "VolumeSizeInGB": 1 },
        "StoppingCondition": { "MaxRuntimeInSeconds": 2_419_200 },
        "EnableNetworkIsolation": false,
        "EnableInterContainerTrafficEncryption": false,
    })
}
