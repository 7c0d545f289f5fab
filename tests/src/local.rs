//! The whole system on one machine, in memory, for tests of what the use cases do.

use std::sync::Arc;

use futures::executor::block_on;
use sagewarden_events::{Actor, Resource, ResourceKind, Timestamp};
use sagewarden_govern::route::Handled;
use sagewarden_govern::{Done, Failure, Question, lookup_lineage};
use sagewarden_local::{SentNotice, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_view::lineage;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Result;

/// The story's network and keys. Controls that concern more than one resource's own settings are judged where a test is
/// about them.
pub const SETTINGS: &str = r#"mode = "enforce"

[network]
allowed_subnets = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
allowed_security_groups = ["sg-0f1e2d3c4b5a60001"]

[encryption]
allowed_key_accounts = ["111122223333"]

[lineage]
repository = "ds-source-{ProjectName}-{EnvironmentType}"
branch = "main"

[controls]
TRN-TRC-01 = "off"
TRN-TRC-03 = "off"
TRN-REP-03 = "off"
PRC-TRC-01 = "off"
PRC-TRC-03 = "off"
PRC-REP-01 = "off"
MDL-NET-03 = "off"
EPC-ENC-01 = "off"
EPC-MON-01 = "off"
EPC-RES-01 = "off"
END-MON-01 = "off"
"#;

/// A system whose account is empty, and a clock that the test sets.
#[derive(Debug)]
pub struct Local {
    /// The system.
    pub system: System,
    _git: TempDir,
}

impl Local {
    /// A system with [`SETTINGS`], which enforce.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new() -> Result<Self> {
        Self::with(Bundle::embedded()?.with_settings(SETTINGS)?)
    }

    /// A system with this bundle.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn with(bundle: impl Into<Arc<Bundle>>) -> Result<Self> {
        Self::on(Store::in_memory()?, bundle)
    }

    /// As [`Self::with`], on a store that may have served before: it is emptied.
    ///
    /// # Errors
    /// When the folder cannot be made, or the store fails.
    pub fn on(store: Store, bundle: impl Into<Arc<Bundle>>) -> Result<Self> {
        store.clear()?;
        let git = TempDir::new()?;
        let system = System::new(store, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
        Ok(Self { system, _git: git })
    }

    /// Creates a resource, `after` seconds into the story.
    ///
    /// # Errors
    /// When the account refuses.
    pub fn create(&self, kind: ResourceKind, request: &Value, after: i64) -> Result<Resource> {
        let caller = Actor { arn: Some("arn:aws:iam::111122223333:user/ana".to_owned()), ..Actor::default() };
        Ok(self.system.account.create(kind, request, Some(&caller), at(after))?)
    }

    /// Lets the endpoint `prod` serve the model `m` by the configuration `c`; its events are still to be delivered.
    ///
    /// # Errors
    /// When the account refuses.
    pub fn serve(&self) -> Result<Resource> {
        self.serve_by(&endpoint_config("c", "m"), &model("m"), 0)
    }

    /// As [`Self::serve`]; the endpoint captures its traffic to this place.
    ///
    /// # Errors
    /// When the account refuses.
    pub fn serve_captured(&self, uri: &str) -> Result<Resource> {
        self.serve_by(&captured_config(uri), &model("m"), 0)
    }

    /// As [`Self::serve_captured`], with this description of the model `m`, which is created after its artifact.
    ///
    /// # Errors
    ///
    /// When the account refuses.
    pub fn serve_model(&self, uri: &str, model: &Value) -> Result<Resource> {
        self.serve_by(&captured_config(uri), model, 90)
    }

    fn serve_by(&self, config: &Value, model: &Value, after: i64) -> Result<Resource> {
        self.create(ResourceKind::Model, model, after)?;
        self.create(ResourceKind::EndpointConfig, config, after + 1)?;
        let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
        let endpoint = self.create(ResourceKind::Endpoint, &endpoint, after + 2)?;
        self.system.account.finish_endpoint(&endpoint, at(100))?;
        Ok(endpoint)
    }

    /// Delivers what the account announces, in order; returns every outcome in words, those with nothing to do left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn settle(&self) -> Result<Vec<String>> {
        let told = block_on(self.system.settle())?;
        Ok(told.iter().flat_map(|(_, handled)| handled).filter_map(words).collect())
    }

    /// Delivers a text as an event; returns what each function made of it, in words.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deliver(&self, body: &str) -> Result<Vec<String>> {
        Ok(block_on(self.system.deliver(body, at(0)))?.iter().filter_map(words).collect())
    }

    /// The published notices.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn sent(&self) -> Result<Vec<SentNotice>> {
        Ok(self.system.notices.sent()?)
    }

    /// The lineage of an entity as a document.
    ///
    /// # Errors
    /// When nothing is known of it.
    pub fn lineage(&self, entity: &str) -> Result<Value> {
        let question = Question::about(entity);
        Ok(lineage::json(&block_on(lookup_lineage(&self.system.store, &question))?))
    }

    /// The edges into a node of a kind: role, and the name of the node that they come from.
    ///
    /// # Errors
    /// When nothing is known of the entity.
    pub fn inputs(&self, entity: &str, kind: &str) -> Result<Vec<(String, String)>> {
        let lineage = self.lineage(entity)?;
        let nodes: Vec<&Value> =
            lineage.get("nodes").and_then(Value::as_array).into_iter().flatten().collect();
        let field =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let node = |id: &str| nodes.iter().find(|node| field(node, "id") == id);
        let edges = lineage.get("edges").and_then(Value::as_array).into_iter().flatten();
        let into =
            edges.filter(|edge| node(&field(edge, "to")).is_some_and(|node| field(node, "kind") == kind));
        let named = into.filter_map(|edge| {
            let from = node(&field(edge, "from"))?;
            Some((field(edge, "role"), field(from, "name")))
        });
        Ok(named.collect())
    }
}

/// So many seconds into the story.
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_start().millis() + seconds * 1_000)
}

/// A key that the story's settings allow.
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A training job that passes every control of [`SETTINGS`].
#[must_use]
pub fn training_job(name: &str, tags: &[(&str, &str)]) -> Value {
    json!({
        "TrainingJobName": name,
        "AlgorithmSpecification": { "TrainingImage": "repository/image@sha256:4f8c3bd2", "TrainingInputMode": "File" },
        "OutputDataConfig": { "S3OutputPath": "s3://models/out", "KmsKeyId": KEY },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY },
        "VpcConfig": { "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] },
        "EnableNetworkIsolation": true,
        "Tags": tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>(),
    })
}

/// A notebook instance that gives root access, and keeps every other control of [`SETTINGS`].
#[must_use]
pub fn notebook() -> Value {
    json!({
        "NotebookInstanceName": "ana",
        "InstanceType": "ml.t3.medium",
        "SubnetId": "subnet-0a1b2c3d4e5f60001",
        "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"],
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
        "KmsKeyId": KEY,
        "DirectInternetAccess": "Disabled",
        "RootAccess": "Enabled",
        "PlatformIdentifier": "notebook-al2023-v1",
        "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" },
        "DefaultCodeRepository": "credit",
        "Tags": [{ "Key": "ProjectName", "Value": "credit" }, { "Key": "EnvironmentType", "Value": "dev" }],
    })
}

/// A model that passes every control of [`SETTINGS`].
#[must_use]
pub fn model(name: &str) -> Value {
    json!({
        "ModelName": name,
        "PrimaryContainer": { "Image": "repository/image@sha256:4f8c3bd2" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
        "VpcConfig": { "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] },
        "EnableNetworkIsolation": true,
    })
}

/// An endpoint configuration with one variant.
#[must_use]
pub fn endpoint_config(name: &str, model: &str) -> Value {
    let variant = json!({ "VariantName": "AllTraffic", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.xlarge" });
    json!({ "EndpointConfigName": name, "ProductionVariants": [variant] })
}

fn captured_config(uri: &str) -> Value {
    let mut config = endpoint_config("c", "m");
    if let Some(config) = config.as_object_mut() {
        config.insert("DataCaptureConfig".to_owned(), data_capture(uri));
    }
    config
}

/// The `DataCaptureConfig` of a configuration that captures everything.
#[must_use]
pub fn data_capture(uri: &str) -> Value {
    json!({
        "EnableCapture": true,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": uri,
        "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
    })
}

/// A captured call whose request and answer are CSV.
#[must_use]
pub fn captured_event(id: &str, input: &str, output: &str) -> Value {
    let part = |mode: &str, data: &str| json!({ "observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV" });
    json!({
        "captureData": { "endpointInput": part("INPUT", input), "endpointOutput": part("OUTPUT", output) },
        "eventMetadata": { "eventId": id, "inferenceTime": "2026-03-03T09:00:00Z" },
        "eventVersion": "0",
    })
}

/// A number that looks random, from a row's: the same row every time.
#[must_use]
pub fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

fn words(handled: &Handled) -> Option<String> {
    let (word, text) = match &handled.outcome {
        Ok(Done::Nothing(_)) => return None,
        Ok(Done::Acted(text)) => ("done", text.clone()),
        Err(Failure::Retry(error)) => ("retry", error.to_string()),
        Err(Failure::Reject(reason)) => ("reject", reason.clone()),
    };
    Some(format!("{} {word}: {text}", handled.function))
}
