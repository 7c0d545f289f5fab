//! The story of AWS's secure data-science workshop, on its credit-card-default model: what the demo tells and what the tests
//! play on an AWS emulator. Every step acts on the simulated account and on git; the account tells the events.

use sagewarden_events::{Actor, CommitId, Repository, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};
use thiserror::Error;

use crate::account::{Fault, SimulatedAccount};
use crate::git::{GitError, LocalGit, NewCommit};

/// A chapter of the story.
#[derive(Clone, Copy)]
pub struct Step {
    /// One line.
    pub title: &'static str,
    /// What happens in the account. What it announces is to be delivered before the next step.
    pub play: fn(&mut Story) -> Result<(), StoryError>,
}

/// The story over an account and its repositories.
#[derive(Debug)]
pub struct Story {
    account: SimulatedAccount,
    git: LocalGit,
    start: Timestamp,
    training_commit: Option<CommitId>,
}

/// The story cannot go on.
#[derive(Debug, Error)]
pub enum StoryError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The account refused.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

const PREFIX: &str = "secure-sagemaker-demo";
const XGBOOST: &str = "141502667201.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost";
const SKLEARN: &str = "141502667201.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:0.20.0-cpu-py3";
const MONITOR: &str = "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer";
const REPOSITORY: &str = "ds-source-credit-dev";
const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];
const SECURITY_GROUP: &str = "sg-0f1e2d3c4b5a60001";

impl Story {
    /// The account of the story.
    pub const ACCOUNT: &str = "111122223333";
    /// The region of the story.
    pub const REGION: &str = "eu-west-1";
    /// The endpoint that the story ends with.
    pub const ENDPOINT: &str = "credit-default-prod";
    /// The job that is stopped.
    pub const FORBIDDEN_JOB: &str = "credit-train-001";
    /// The job that trains the model.
    pub const TRAINING_JOB: &str = "credit-train-002";
    /// What the environment of the story allows, as a settings file.
    pub const SETTINGS: &str = r#"mode = "enforce"

[network]
allowed_subnets = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
allowed_security_groups = ["sg-0f1e2d3c4b5a60001"]

[encryption]
allowed_key_accounts = ["111122223333"]

[lineage]
repository = "ds-source-{ProjectName}-{EnvironmentType}"
branch = "main"
"#;
    /// The chapters, in order.
    pub const STEPS: [Step; 7] = [
        Step {
            title: "a data scientist pushes the training code to ds-source-credit-dev",
            play: Self::push_training_code,
        },
        Step { title: "a processing job splits the raw data into train and test", play: Self::preprocess },
        Step {
            title: "a training job starts without a VPC and without a key on its volume",
            play: Self::train_forbidden,
        },
        Step { title: "the corrected job runs on managed spot capacity", play: Self::train },
        Step {
            title: "the deployment code is pushed; model, configuration and endpoint are created",
            play: Self::deploy,
        },
        Step { title: "Model Monitor is scheduled on the endpoint", play: Self::schedule },
        Step {
            title: "the next day, Model Monitor's execution completes with violations",
            play: Self::drift,
        },
    ];

    /// The story from its beginning, whose first moment is `start`.
    #[must_use]
    pub fn new(account: SimulatedAccount, git: LocalGit, start: Timestamp) -> Self {
        Self { account, git, start, training_commit: None }
    }

    /// The first moment of the demo.
    #[must_use]
    pub fn demo_start() -> Timestamp {
        // 2026-03-02T09:00:00Z
        Timestamp::from_millis(1_772_442_000_000)
    }

    fn push_training_code(&mut self) -> Result<(), StoryError> {
        self.git.create_repository(REPOSITORY)?;
        let files = [
            ("train.py", "import xgboost\n# trains the credit-card-default model\n"),
            ("preprocessing.py", "# splits the raw data into train and test\n"),
        ];
        let message = "Train the credit-card-default model\n\nXGBoost on the UCI data set, split 80 to 20.\n";
        self.training_commit = Some(self.push(&files, message, ("Ana Ruiz", "ana@example.com"), 0)?);
        Ok(())
    }

    fn preprocess(&mut self) -> Result<(), StoryError> {
        let data = bucket("data");
        self.put(&data, "data/credit_card_default.csv", b"LIMIT_BAL,EDUCATION,default\n20000,2,1\n", 60)?;
        let request = json!({
            "ProcessingJobName": "credit-preprocessing-001",
            "AppSpecification": { "ImageUri": SKLEARN, "ContainerArguments": ["--train-test-split-ratio", "0.2"] },
            "ProcessingInputs": [s3_input("raw-dataset", &uri(&data, "data/credit_card_default.csv"))],
            "ProcessingOutputConfig": {
                "Outputs": [
                    s3_output("train_data", &uri(&data, "train_data")),
                    s3_output("test_data", &uri(&data, "test_data")),
                ],
                "KmsKeyId": key(),
            },
            "ProcessingResources": { "ClusterConfig": cluster("ml.c4.xlarge") },
            "NetworkConfig": {
                "EnableInterContainerTrafficEncryption": false,
                "EnableNetworkIsolation": true,
                "VpcConfig": vpc(),
            },
            "RoleArn": role(),
            "Tags": tags(&[]),
        });
        let job = self.create(ResourceKind::ProcessingJob, &request, 120)?;
        self.put(&data, "train_data/train_features.csv", b"20000,2,1\n", 290)?;
        self.put(&data, "test_data/test_features.csv", b"50000,1,0\n", 291)?;
        self.account.finish_processing(&job, None, self.at(300))?;
        Ok(())
    }

    fn train_forbidden(&mut self) -> Result<(), StoryError> {
        let mut request = self.training_request(Self::FORBIDDEN_JOB, &format!("{XGBOOST}:0.90-1-cpu-py3"));
        if let Some(request) = request.as_object_mut() {
            request.remove("VpcConfig");
            request.insert(
                "ResourceConfig".into(),
                json!({ "InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10 }),
            );
        }
        self.create(ResourceKind::TrainingJob, &request, 600)?;
        Ok(())
    }

    fn train(&mut self) -> Result<(), StoryError> {
        let digest = "sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e";
        let request = self.training_request(Self::TRAINING_JOB, &format!("{XGBOOST}@{digest}"));
        let job = self.create(ResourceKind::TrainingJob, &request, 1_200)?;
        self.account.finish_training(&job, b"the model", self.at(2_100))?;
        Ok(())
    }

    fn deploy(&mut self) -> Result<(), StoryError> {
        let files = [("deploy.py", "# endpoint with data capture\n")];
        self.push(&files, "Deploy the model with data capture\n", ("Ben Okafor", "ben@example.com"), 3_000)?;
        let artifact =
            format!("{}/{}/output/model.tar.gz", uri(&bucket("model"), "models"), Self::TRAINING_JOB);
        let digest = "sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e";
        let model = json!({
            "ModelName": "credit-default-model",
            "PrimaryContainer": { "Image": format!("{XGBOOST}@{digest}"), "ModelDataUrl": artifact },
            "ExecutionRoleArn": role(),
            "VpcConfig": vpc(),
            "EnableNetworkIsolation": true,
            "Tags": tags(&[]),
        });
        self.create(ResourceKind::Model, &model, 3_060)?;
        let config = json!({
            "EndpointConfigName": "credit-default-config",
            "ProductionVariants": [{
                "VariantName": "AllTraffic",
                "ModelName": "credit-default-model",
                "InitialInstanceCount": 2,
                "InstanceType": "ml.m4.xlarge",
                "InitialVariantWeight": 1.0,
            }],
            "DataCaptureConfig": {
                "EnableCapture": true,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": uri(&bucket("model"), "monitoring/datacapture"),
                "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
            },
            "KmsKeyId": key(),
            "Tags": tags(&[("Repository", REPOSITORY)]),
        });
        self.create(ResourceKind::EndpointConfig, &config, 3_070)?;
        let endpoint = json!({
            "EndpointName": Self::ENDPOINT,
            "EndpointConfigName": "credit-default-config",
            "Tags": tags(&[("Repository", REPOSITORY)]),
        });
        let endpoint = self.create(ResourceKind::Endpoint, &endpoint, 3_080)?;
        self.account.finish_endpoint(&endpoint, self.at(3_400))?;
        Ok(())
    }

    fn schedule(&mut self) -> Result<(), StoryError> {
        let request = json!({
            "MonitoringScheduleName": "credit-default-prod-data-quality",
            "MonitoringScheduleConfig": {
                "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
                "MonitoringType": "DataQuality",
                "MonitoringJobDefinition": {
                    "MonitoringInputs": [{ "EndpointInput": { "EndpointName": Self::ENDPOINT, "LocalPath": "/opt/ml/processing/input/endpoint" } }],
                },
            },
        });
        self.create(ResourceKind::MonitoringSchedule, &request, 3_600)?;
        Ok(())
    }

    fn drift(&mut self) -> Result<(), StoryError> {
        let day = 24 * 3_600;
        let reports = bucket("model");
        let folder = format!("reports/{}/credit-default-prod-data-quality/2026/03/03/09", Self::ENDPOINT);
        let schedule =
            self.account.resource(ResourceKind::MonitoringSchedule, "credit-default-prod-data-quality");
        let request = json!({
            "ProcessingJobName": "model-monitoring-202603030900-5d1c2f7a9b3e4c6d",
            "AppSpecification": { "ImageUri": MONITOR },
            "ProcessingOutputConfig": { "Outputs": [s3_output("monitoring_output", &uri(&reports, &folder))], "KmsKeyId": key() },
            "ProcessingResources": { "ClusterConfig": cluster("ml.m5.xlarge") },
            "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": vpc() },
            "RoleArn": role(),
            "MonitoringScheduleArn": schedule.arn(),
        });
        // The service starts it by itself: there is no caller.
        let job = self.account.create(ResourceKind::ProcessingJob, &request, None, self.at(day))?;
        self.account.note_execution(&schedule.name, &job, "InProgress", self.at(day))?;
        let report = report().to_string();
        self.put(&reports, &format!("{folder}/constraint_violations.json"), report.as_bytes(), day + 290)?;
        let message = "CompletedWithViolations: Job completed successfully with 3 violations.";
        self.account.finish_processing(&job, Some(message), self.at(day + 300))?;
        self.account.note_execution(&schedule.name, &job, "CompletedWithViolations", self.at(day + 300))?;
        Ok(())
    }

    fn training_request(&self, name: &str, image: &str) -> Value {
        let data = bucket("data");
        let commit = self.training_commit.as_ref().map(ToString::to_string).unwrap_or_default();
        json!({
            "TrainingJobName": name,
            "AlgorithmSpecification": { "TrainingImage": image, "TrainingInputMode": "File" },
            "HyperParameters": {
                "max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "6", "subsample": "0.8",
                "objective": "binary:logistic", "num_round": "100",
            },
            "InputDataConfig": [{
                "ChannelName": "train",
                "ContentType": "text/csv",
                "DataSource": { "S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": uri(&data, "train_data"), "S3DataDistributionType": "FullyReplicated",
                } },
            }],
            "OutputDataConfig": { "S3OutputPath": uri(&bucket("model"), "models"), "KmsKeyId": key() },
            "ResourceConfig": cluster("ml.m4.xlarge"),
            "VpcConfig": vpc(),
            "EnableNetworkIsolation": true,
            "EnableManagedSpotTraining": true,
            "StoppingCondition": { "MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 3600 },
            "RoleArn": role(),
            "Tags": tags(&[("CommitId", &commit)]),
        })
    }

    fn push(
        &self,
        files: &[(&str, &str)],
        message: &str,
        author: (&str, &str),
        after: i64,
    ) -> Result<CommitId, StoryError> {
        let at = self.at(after);
        let new = NewCommit { branch: "main", files, message, author, at };
        let (commit, old) = self.git.push(REPOSITORY, &new)?;
        let repository = Repository {
            account: Self::ACCOUNT.to_owned(),
            region: Self::REGION.to_owned(),
            name: REPOSITORY.to_owned(),
        };
        let who = author.1.split('@').next().unwrap_or_default();
        let event = LocalGit::push_event(&repository, "main", &commit, old.as_ref(), &session(who), at);
        self.account.announce_event(&event)?;
        Ok(commit)
    }

    fn create(&self, kind: ResourceKind, request: &Value, after: i64) -> Result<Resource, StoryError> {
        let caller = Actor {
            arn: Some(session("ana")),
            role: Some(format!("arn:aws:iam::{}:role/ds-notebook-role-credit-dev-ana", Self::ACCOUNT)),
            source_identity: None,
            source_ip: Some("10.0.12.34".to_owned()),
        };
        Ok(self.account.create(kind, request, Some(&caller), self.at(after))?)
    }

    fn put(&self, bucket: &str, key: &str, body: &[u8], after: i64) -> Result<(), StoryError> {
        let key = if key.starts_with("reports/") { key.to_owned() } else { format!("{PREFIX}/{key}") };
        self.account.put_object(bucket, &key, body, self.at(after))?;
        Ok(())
    }

    fn at(&self, seconds: i64) -> Timestamp {
        Timestamp::from_millis(self.start.millis() + seconds * 1_000)
    }
}

fn session(who: &str) -> String {
    format!("arn:aws:sts::{}:assumed-role/ds-notebook-role-credit-dev-{who}/{who}", Story::ACCOUNT)
}

fn bucket(what: &str) -> String {
    format!("ds-{what}-bucket-credit-dev-7f3a")
}

fn uri(bucket: &str, key: &str) -> String {
    let prefix = if key.starts_with("reports/") { String::new() } else { format!("{PREFIX}/") };
    format!("s3://{bucket}/{prefix}{key}")
}

fn key() -> String {
    format!("arn:aws:kms:{}:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab", Story::REGION, Story::ACCOUNT)
}

fn role() -> String {
    format!("arn:aws:iam::{}:role/ds-user-role-credit-dev", Story::ACCOUNT)
}

fn vpc() -> Value {
    json!({ "Subnets": SUBNETS, "SecurityGroupIds": [SECURITY_GROUP] })
}

fn cluster(instance_type: &str) -> Value {
    json!({ "InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 20, "VolumeKmsKeyId": key() })
}

fn tags(more: &[(&str, &str)]) -> Value {
    let common = [("ProjectName", "credit"), ("EnvironmentType", "dev")];
    let tags = common.iter().chain(more).map(|(key, value)| json!({ "Key": key, "Value": value }));
    Value::Array(tags.collect())
}

fn s3_input(name: &str, uri: &str) -> Value {
    json!({ "InputName": name, "S3Input": {
        "S3Uri": uri, "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix", "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
    } })
}

fn s3_output(name: &str, uri: &str) -> Value {
    json!({ "OutputName": name, "S3Output": {
        "S3Uri": uri, "LocalPath": format!("/opt/ml/processing/{name}"), "S3UploadMode": "EndOfJob",
    } })
}

/// What the container writes of the workshop's synthetic drift (LIMIT_BAL divided by 1000 in half of the rows, EDUCATION
/// negated in three quarters): its texts, with numbers made up for the story.
fn report() -> Value {
    let drift = |feature: &str, distance: &str| {
        json!({
            "feature_name": feature,
            "constraint_check_type": "baseline_drift_check",
            "description": format!("Baseline drift distance: {distance} exceeds threshold: 0.1"),
        })
    };
    json!({ "violations": [
        drift("LIMIT_BAL", "0.4986231542138791"),
        drift("EDUCATION", "0.7421508334511083"),
        {
            "feature_name": "default",
            "constraint_check_type": "data_type_check",
            "description": "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. \
                            Observed: Only 0.0% of data is Integral.",
        },
    ] })
}
