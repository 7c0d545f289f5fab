//! An execution of Model Monitor on the story's endpoint, for those who still have it. The story itself needs none.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_local::{SimulatedAccount, Story};
use serde_json::{Value, json};

use crate::Result;
use crate::local::{KEY, at};

/// The bucket of the report.
pub const BUCKET: &str = "ds-model-bucket-credit-dev-7f3a";
/// Where in the bucket it is, in Model Monitor's own layout: endpoint, schedule, hour.
pub const REPORT: &str = "reports/credit-default-prod/quality/2026/03/05/11/constraint_violations.json";
/// The content of the report.
pub const FOUND: &str = r#"{"violations":[{"feature_name":"AGE","constraint_check_type":"data_type_check","description":"Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. Observed: Only 0.0% of data is Integral."}]}"#;

const SCHEDULE: &str = "quality";
const JOB: &str = "model-monitoring-202603051100-5d1c2f7a9b3e4c6d";
const IMAGE: &str = "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer";
const ROLE: &str = "arn:aws:iam::111122223333:role/ds-user-role-credit-dev";

fn folder() -> String {
    let folder = REPORT.rsplit_once('/').map_or(REPORT, |(folder, _)| folder);
    format!("s3://{BUCKET}/{folder}")
}

fn resources() -> Value {
    let cluster = json!({ "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 20, "VolumeKmsKeyId": KEY });
    json!({ "ClusterConfig": cluster })
}

fn network() -> Value {
    let vpc =
        json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] });
    json!({ "EnableNetworkIsolation": true, "VpcConfig": vpc })
}

/// The events of a day after the end of the story, in order. Deliver the announcements of a moment before the next one.
pub const MOMENTS: [fn(&SimulatedAccount) -> Result<()>; 3] = [
    |account| schedule(account, at(LATER)).map(drop),
    |account| start(account, at(LATER + 7_200)).map(drop),
    |account| {
        account.put_object(BUCKET, REPORT, FOUND.as_bytes(), at(LATER + 7_490))?;
        finish(account, at(LATER + 7_500))
    },
];

/// Three days after the beginning of the story, in seconds.
const LATER: i64 = 3 * 86_400;

/// A schedule that looks at the data of the story's endpoint.
///
/// # Errors
/// When the account refuses.
pub fn schedule(account: &SimulatedAccount, now: Timestamp) -> Result<Resource> {
    let input = json!({ "EndpointName": Story::ENDPOINT, "LocalPath": "/opt/ml/processing/input/endpoint" });
    let output = json!({ "S3Uri": folder(), "LocalPath": "/opt/ml/processing/output" });
    let baseline = json!({ "S3Uri": format!("s3://{BUCKET}/baseline/constraints.json") });
    let definition = json!({
        "BaselineConfig": { "ConstraintsResource": baseline },
        "MonitoringInputs": [{ "EndpointInput": input }],
        "MonitoringOutputConfig": { "MonitoringOutputs": [{ "S3Output": output }], "KmsKeyId": KEY },
        "MonitoringResources": resources(),
        "MonitoringAppSpecification": { "ImageUri": IMAGE },
        "NetworkConfig": network(),
        "RoleArn": ROLE,
    });
    let request = json!({
        "MonitoringScheduleName": SCHEDULE,
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringType": "DataQuality",
            "MonitoringJobDefinition": definition,
        },
        "Tags": [{ "Key": "ProjectName", "Value": "credit" }, { "Key": "EnvironmentType", "Value": "dev" }],
    });
    Ok(account.create(ResourceKind::MonitoringSchedule, &request, None, now)?)
}

/// An execution begins; the service starts it by itself.
///
/// # Errors
/// When the account refuses.
pub fn start(account: &SimulatedAccount, now: Timestamp) -> Result<Resource> {
    let output =
        json!({ "S3Uri": folder(), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob" });
    let request = json!({
        "ProcessingJobName": JOB,
        "AppSpecification": { "ImageUri": IMAGE },
        "ProcessingOutputConfig": {
            "Outputs": [{ "OutputName": "monitoring_output", "S3Output": output }],
            "KmsKeyId": KEY,
        },
        "ProcessingResources": resources(),
        "NetworkConfig": network(),
        "RoleArn": ROLE,
        "MonitoringScheduleArn": account.resource(ResourceKind::MonitoringSchedule, SCHEDULE).arn(),
    });
    let job = account.create(ResourceKind::ProcessingJob, &request, None, now)?;
    account.note_execution(SCHEDULE, &job, "InProgress", now)?;
    Ok(job)
}

/// It ends, after its report was written.
///
/// # Errors
///
/// When it is not running.
pub fn finish(account: &SimulatedAccount, now: Timestamp) -> Result<()> {
    let job = account.resource(ResourceKind::ProcessingJob, JOB);
    let message = "CompletedWithViolations: Job completed successfully with 1 violations.";
    account.finish_processing(&job, Some(message), now)?;
    account.note_execution(SCHEDULE, &job, "CompletedWithViolations", now)?;
    Ok(())
}
