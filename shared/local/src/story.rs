//! The story of AWS's secure data-science workshop, with its credit-card-default model. The demo shows it, and the tests play it on an AWS
//! emulator. Every step acts on the simulated account and on git; the account sends the events.

use std::io;

use sagewarden_events::{Actor, CommitId, Repository, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::PortError;
use serde_json::{Value, json};
use thiserror::Error;

use crate::account::SimulatedAccount;
use crate::fault::Fault;
use crate::git::{GitError, LocalGit, NewCommit};

mod clients;
mod component;
mod labels;
mod models;
mod parts;
mod retraining;
mod traffic;
mod weeks;

use clients::Clients;
use parts::{PIPELINE, bucket, cluster, key, object_key, role, s3_input, s3_output, session, tags, uri, vpc};

/// A chapter of the story.
#[derive(Clone, Copy)]
pub struct Step {
    /// One line.
    pub title: &'static str,
    /// The events in the account, in order. Deliver the events of a moment before the next moment.
    pub moments: &'static [StoryMoment],
}

/// One moment: something that happens in the account.
pub type StoryMoment = fn(&mut Story) -> Result<(), StoryError>;

/// The clock of the story.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The story begins at this time and takes a day, however fast it is played. The times are the same in every run.
    Told(Timestamp),
    /// Everything happens at the time of the run.
    Live(fn() -> Timestamp),
}

/// Copies an object (bucket, key, content, time of writing) to another place.
type Mirror = Box<dyn Fn(&str, &str, &[u8], Timestamp)>;

/// The story on an account and its repositories.
pub struct Story {
    account: SimulatedAccount,
    git: LocalGit,
    clock: Clock,
    mirror: Option<Mirror>,
    training_commit: Option<CommitId>,
    traffic_since: Option<Timestamp>,
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
    /// A model could not be written.
    #[error("write a model: {0}")]
    Model(#[source] io::Error),
}

const XGBOOST: &str = "141502667201.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost";
const XGBOOST_DIGEST: &str = "sha256:4f8c3bd2a6b1d7e09f5c12a7e8b3d4c5f60718293a4b5c6d7e8f901a2b3c4d5e";
const SKLEARN: &str = "141502667201.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn@sha256:0b1c9a7e5d3f2468ace013579bdf02468ace013579bdf02468ace013579bdf02";
const DAY: i64 = 24 * 3_600;

impl Story {
    /// The account of the story.
    pub const ACCOUNT: &str = parts::ACCOUNT;
    /// The region of the story.
    pub const REGION: &str = parts::REGION;
    /// The repository of training and deployment code.
    pub const REPOSITORY: &str = "ds-source-credit-dev";
    /// The endpoint that the story ends with.
    pub const ENDPOINT: &str = "credit-default-prod";
    /// The job that splits the data.
    pub const PROCESSING_JOB: &str = "credit-preprocessing-001";
    /// The job that is stopped.
    pub const FORBIDDEN_JOB: &str = "credit-train-001";
    /// The job that trains the model.
    pub const TRAINING_JOB: &str = "credit-train-002";
    /// The model that this job produces.
    pub const MODEL: &str = "credit-default-model";
    /// The job that splits the newer data.
    pub const SECOND_PROCESSING_JOB: &str = "credit-preprocessing-002";
    /// The job that trains the model again.
    pub const SECOND_TRAINING_JOB: &str = "credit-train-003";
    /// The model that takes over.
    pub const SECOND_MODEL: &str = "credit-default-model-2";
    /// The settings of the story's environment, as a file.
    pub const SETTINGS: &str = r#"mode = "enforce"

[network]
allowed_subnets = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
allowed_security_groups = ["sg-0f1e2d3c4b5a60001"]

[encryption]
allowed_key_accounts = ["111122223333"]

[traceability]
required_tags = ["ProjectName", "EnvironmentType"]

[lineage]
repository = "ds-source-{ProjectName}-{EnvironmentType}"
branch = "main"

# Traffic is compared with the data that its model was trained on.
[drift.training]
baseline = "make"
"#;
    /// The chapters, in order.
    pub const STEPS: [Step; 7] = [
        Step {
            title: "a data scientist pushes the training code to ds-source-credit-dev",
            moments: &[Self::push_training_code],
        },
        Step {
            title: "a processing job splits the raw data into train and test",
            moments: &[Self::start_preprocessing, Self::finish_preprocessing],
        },
        Step {
            title: "a training job starts without a VPC and without a key on its volume",
            moments: &[Self::train_forbidden, Self::come_to_rest],
        },
        Step {
            title: "the corrected job runs on managed spot capacity",
            moments: &[Self::start_training, Self::finish_training],
        },
        Step {
            title: "the deployment code is pushed; model, configuration and endpoint are created",
            moments: &[Self::push_deployment_code, Self::deploy, Self::come_into_service],
        },
        Step {
            title: "the next day, the traffic that the endpoint captures moves away from the baseline",
            moments: &[Self::capture_usual_traffic, Self::capture_unusual_traffic],
        },
        Step {
            title: "the model is trained again, on newer data, and takes over the endpoint",
            moments: &[
                Self::push_retraining_code,
                Self::prepare_newer_data,
                Self::finish_newer_data,
                Self::start_retraining,
                Self::finish_retraining,
                Self::redeploy,
                Self::take_over,
            ],
        },
    ];

    /// The story from its beginning.
    #[must_use]
    pub fn new(account: SimulatedAccount, git: LocalGit, clock: Clock) -> Self {
        Self { account, git, clock, mirror: None, training_commit: None, traffic_since: None }
    }

    /// Copies every object of the story to another place, before a step reads the object.
    #[must_use]
    pub fn mirrored(mut self, mirror: impl Fn(&str, &str, &[u8], Timestamp) + 'static) -> Self {
        self.mirror = Some(Box::new(mirror));
        self
    }

    /// The first moment of the demo.
    #[must_use]
    pub fn demo_start() -> Timestamp {
        // 2026-03-02T09:00:00Z
        Timestamp::from_millis(1_772_442_000_000)
    }

    /// The story is over.
    #[must_use]
    pub fn demo_end() -> Timestamp {
        Timestamp::from_millis(Self::demo_start().millis() + 3 * DAY * 1_000)
    }

    fn push_training_code(&mut self) -> Result<(), StoryError> {
        self.git.create_repository(Self::REPOSITORY)?;
        let files = [
            ("train.py", "import xgboost\n# trains the credit-card-default model\n"),
            ("preprocessing.py", "# splits the raw data into train and test\n"),
            ("pipeline.json", PIPELINE),
        ];
        let message = "Train the credit-card-default model\n\nXGBoost on the UCI data set, split 80 to 20.\n";
        self.training_commit = Some(self.push(&files, message, ("Ana Ruiz", "ana@example.com"), 0)?);
        Ok(())
    }

    fn start_preprocessing(&mut self) -> Result<(), StoryError> {
        self.create(ResourceKind::Experiment, &json!({ "ExperimentName": "credit-default" }), 30)?;
        let table = Clients::known().table();
        self.put(&bucket("data"), "data/credit_card_default.csv", table.as_bytes(), 60)?;
        self.preprocess(Self::PROCESSING_JOB, &[], 120)
    }

    fn preprocess(&self, name: &str, more: &[(&str, &str)], after: i64) -> Result<(), StoryError> {
        let data = bucket("data");
        let request = json!({
            "ProcessingJobName": name,
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
            "ExperimentConfig": { "ExperimentName": "credit-default" },
            "Tags": tags(more),
        });
        self.create(ResourceKind::ProcessingJob, &request, after)?;
        Ok(())
    }

    fn finish_preprocessing(&mut self) -> Result<(), StoryError> {
        self.finish_preprocessing_of(Self::PROCESSING_JOB, &Clients::known(), 300)
    }

    fn finish_preprocessing_of(&self, name: &str, clients: &Clients, after: i64) -> Result<(), StoryError> {
        let data = bucket("data");
        let (train, test) = (clients.training_data(), clients.test_data());
        self.put(&data, "train_data/train_features.csv", train.as_bytes(), after - 10)?;
        self.put(&data, "test_data/test_features.csv", test.as_bytes(), after - 9)?;
        let job = self.account.resource(ResourceKind::ProcessingJob, name);
        self.account.finish_processing(&job, None, self.at(after))?;
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

    /// A job that was asked to stop ends a minute later.
    fn come_to_rest(&mut self) -> Result<(), StoryError> {
        for job in self.account.stopping_jobs()? {
            self.account.finish_stop(&job, self.at(661))?;
        }
        Ok(())
    }

    fn start_training(&mut self) -> Result<(), StoryError> {
        let request = self.training_request(Self::TRAINING_JOB, &format!("{XGBOOST}@{XGBOOST_DIGEST}"));
        self.create(ResourceKind::TrainingJob, &request, 1_200)?;
        Ok(())
    }

    fn finish_training(&mut self) -> Result<(), StoryError> {
        self.finish_training_of(
            Self::TRAINING_JOB,
            &models::first().map_err(StoryError::Model)?,
            0.1834,
            2_100,
        )
    }

    /// XGBoost reports `train:error` for a binary objective.
    fn finish_training_of(
        &self,
        name: &str,
        artifact: &[u8],
        error: f64,
        after: i64,
    ) -> Result<(), StoryError> {
        self.put(&bucket("model"), &format!("models/{name}/output/model.tar.gz"), artifact, after - 5)?;
        let job = self.account.resource(ResourceKind::TrainingJob, name);
        self.account.finish_training_with(&job, &[("train:error", error)], self.at(after))?;
        Ok(())
    }

    fn push_deployment_code(&mut self) -> Result<(), StoryError> {
        let files = [("deploy.py", "# endpoint with data capture\n")];
        self.push(&files, "Deploy the model with data capture\n", ("Ben Okafor", "ben@example.com"), 3_000)?;
        Ok(())
    }

    fn deploy(&mut self) -> Result<(), StoryError> {
        let config = "credit-default-config";
        self.create(ResourceKind::Model, &Self::model(Self::MODEL, Self::TRAINING_JOB), 3_060)?;
        self.create(ResourceKind::EndpointConfig, &Self::endpoint_config(config, Self::MODEL), 3_070)?;
        let endpoint = json!({
            "EndpointName": Self::ENDPOINT,
            "EndpointConfigName": config,
            "Tags": tags(&[("Repository", Self::REPOSITORY)]),
        });
        self.create(ResourceKind::Endpoint, &endpoint, 3_080)?;
        Ok(())
    }

    fn model(name: &str, job: &str) -> Value {
        json!({
            "ModelName": name,
            "PrimaryContainer": {
                "Image": format!("{XGBOOST}@{XGBOOST_DIGEST}"),
                "ImageConfig": { "RepositoryAccessMode": "Vpc" },
                "ModelDataUrl": format!("{}/{job}/output/model.tar.gz", uri(&bucket("model"), "models")),
            },
            "ExecutionRoleArn": role(),
            "VpcConfig": vpc(),
            "EnableNetworkIsolation": true,
            "Tags": tags(&[]),
        })
    }

    fn endpoint_config(name: &str, model: &str) -> Value {
        json!({
            "EndpointConfigName": name,
            "ProductionVariants": [{
                "VariantName": "AllTraffic",
                "ModelName": model,
                "InitialInstanceCount": 2,
                "InstanceType": "ml.m4.xlarge",
                "InitialVariantWeight": 1.0,
            }],
            "DataCaptureConfig": {
                "EnableCapture": true,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": Self::captured().to_string(),
                "KmsKeyId": key(),
                "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
            },
            "KmsKeyId": key(),
            "Tags": tags(&[("Repository", Self::REPOSITORY)]),
        })
    }

    fn come_into_service(&mut self) -> Result<(), StoryError> {
        let endpoint = self.account.resource(ResourceKind::Endpoint, Self::ENDPOINT);
        self.account.finish_endpoint(&endpoint, self.at(3_400))?;
        Ok(())
    }

    fn training_request(&self, name: &str, image: &str) -> Value {
        let data = bucket("data");
        let commit = self.commit();
        json!({
            "TrainingJobName": name,
            "AlgorithmSpecification": { "TrainingImage": image, "TrainingInputMode": "File" },
            "HyperParameters": {
                "max_depth": "5", "eta": "0.2", "gamma": "4", "min_child_weight": "6", "subsample": "0.8",
                "objective": "binary:logistic", "num_round": "100", "seed": "20260302",
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
            "ExperimentConfig": { "ExperimentName": "credit-default" },
            "Tags": tags(&[("CommitId", &commit)]),
        })
    }

    /// The commit of the training code.
    fn commit(&self) -> String {
        self.training_commit.as_ref().map(ToString::to_string).unwrap_or_default()
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
        let (commit, old) = self.git.push(Self::REPOSITORY, &new)?;
        let repository = Repository {
            account: Self::ACCOUNT.to_owned(),
            region: Self::REGION.to_owned(),
            name: Self::REPOSITORY.to_owned(),
        };
        let who = author.1.split('@').next().unwrap_or_default();
        let event = LocalGit::push_event(&repository, "main", &commit, old.as_ref(), &session(who), at);
        self.account.announce_event(&event)?;
        Ok(commit)
    }

    fn ana() -> Actor {
        Actor {
            arn: Some(session("ana")),
            role: Some(format!("arn:aws:iam::{}:role/ds-notebook-role-credit-dev-ana", Self::ACCOUNT)),
            source_identity: None,
            on_behalf_of: None,
            source_ip: Some("10.0.12.34".to_owned()),
        }
    }

    fn create(&self, kind: ResourceKind, request: &Value, after: i64) -> Result<Resource, StoryError> {
        let resource = self.account.create(kind, request, Some(&Self::ana()), self.at(after))?;
        if request.get("ExperimentConfig").is_some() {
            self.account.attach_component(&resource, self.at(after + 1))?;
        }
        Ok(resource)
    }

    fn put(&self, bucket: &str, key: &str, body: &[u8], after: i64) -> Result<(), StoryError> {
        let (key, at) = (object_key(key), self.at(after));
        if let Some(mirror) = &self.mirror {
            mirror(bucket, &key, body, at);
        }
        self.account.put_object(bucket, &key, body, at)?;
        Ok(())
    }

    fn at(&self, seconds: i64) -> Timestamp {
        match self.clock {
            Clock::Told(start) => Timestamp::from_millis(start.millis() + seconds * 1_000),
            Clock::Live(now) => now(),
        }
    }
}
