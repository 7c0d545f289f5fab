//! An account made up by number: everything about pipeline `n` is a function of `n`, so nothing has to be kept to describe it.
//!
//! Ten pipelines are a group. Within it each model is trained from the artifact of the one before it (a retrain chain); all
//! read the group's raw data and one table that a hundred groups share; four pipelines in a row have the same commit. The first
//! 50,000 training jobs run one image (the hub), the others one of fifty. The first pipeline of a group is live on an endpoint of
//! its own; the fifth was live on a second endpoint until the tenth took its place.

use std::cell::Cell;
use std::collections::BTreeMap;

use sagewarden_events::{
    CommitId, RefChange, RefKind, ReferenceChanged, Repository, Resource, ResourceChanged, ResourceKind,
    Status, Timestamp,
};
use sagewarden_govern::ports::{
    Account, ChangedFile, Changes, Comment, Commit, Description, Listing, ObjectVersion, Objects, PortError,
    SourceControl, SummaryPage,
};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::Checksum;
use sagewarden_measure::mixed;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const REGISTRY: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
const BUCKET: &str = "ds-data-111122223333";
/// Pipelines begin a minute after each other, from here on.
const BEGINNING: i64 = 1_700_000_000_000;
const GROUP: u64 = 10;
/// Training jobs that run the hub's image.
pub(crate) const HUB: u64 = 50_000;
/// Reads so many sets of a hundred objects: an answer about it has more than 2,000 nodes.
pub(crate) const WIDE: &str = "wide-train";
const WIDE_CHANNELS: u64 = 25;

/// The services behind the ports.
#[derive(Debug, Default)]
pub(crate) struct Workshops {
    /// Whether jobs have ended when they are described.
    pub(crate) ended: Cell<bool>,
}

/// The names of a pipeline's resources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pipeline(pub(crate) u64);

impl Pipeline {
    fn group(self) -> u64 {
        self.0 / GROUP
    }

    fn place(self) -> u64 {
        self.0 % GROUP
    }

    /// Minutes after its beginning.
    fn at(self, minutes: i64) -> Timestamp {
        Timestamp::from_millis(BEGINNING + i64::try_from(self.0).unwrap() * 60_000 + minutes * 60_000)
    }

    pub(crate) fn resource(self, kind: ResourceKind) -> Resource {
        let part = match kind {
            ResourceKind::ProcessingJob => "prepare",
            ResourceKind::TrainingJob => "train",
            ResourceKind::Model => "model",
            _ => "config",
        };
        named(kind, &format!("credit-{:08}-{part}", self.0))
    }

    /// The endpoint that it is deployed on, if it is.
    pub(crate) fn endpoint(self) -> Option<Resource> {
        let name = match self.place() {
            0 => "single",
            4 | 9 => "chain",
            _ => return None,
        };
        Some(named(ResourceKind::Endpoint, &format!("credit-{name}-{:08}", self.group())))
    }

    /// The node of its deployment.
    pub(crate) fn deployment(self) -> NodeId {
        let config = self.resource(ResourceKind::EndpointConfig);
        let endpoint = self.endpoint().unwrap();
        let created = self.endpoint_created();
        NodeId::deployment(&endpoint, created, &config.name, self.at(4))
    }

    pub(crate) fn training_job(self) -> NodeId {
        NodeId::resource(&self.resource(ResourceKind::TrainingJob), self.at(2)).unwrap()
    }

    fn endpoint_created(self) -> Timestamp {
        let first = if self.place() == 9 { Self(self.0 - 5) } else { self };
        first.at(5)
    }

    pub(crate) fn in_service_at(self) -> Timestamp {
        self.at(6)
    }

    pub(crate) fn commit(self) -> CommitId {
        CommitId::parse(&format!(
            "{:016x}{:016x}{:08x}",
            mixed(self.0 / 4),
            mixed(self.0 / 4 + (1 << 40)),
            self.0 / 4
        ))
        .unwrap()
    }

    pub(crate) fn commit_node(self) -> NodeId {
        NodeId::commit(&repository(), &self.commit())
    }

    /// The push that made its commit, if no earlier one made it.
    pub(crate) fn push(self) -> Option<ReferenceChanged> {
        self.0.is_multiple_of(4).then(|| ReferenceChanged {
            repository: repository(),
            change: RefChange::Updated,
            kind: RefKind::Branch,
            name: "main".into(),
            commit: Some(self.commit()),
            old_commit: None,
            caller: Some("arn:aws:sts::111122223333:assumed-role/Scientist/ada".into()),
            time: self.at(0),
        })
    }

    pub(crate) fn training_image(self) -> String {
        let number = if self.0 < HUB { 0 } else { 1 + self.0 % 50 };
        format!("{REGISTRY}/train@sha256:{:064x}", 0xabc0 + number)
    }

    /// A job's event; `ended` says which.
    pub(crate) fn job_event(self, kind: ResourceKind, ended: bool) -> ResourceChanged {
        let created = if kind == ResourceKind::ProcessingJob { self.at(0) } else { self.at(2) };
        let modified = Timestamp::from_millis(created.millis() + if ended { 90_000 } else { 0 });
        let status = Status::parse(if ended { "Completed" } else { "InProgress" });
        event(self.resource(kind), Some(status), Some((created, modified)), None)
    }

    /// The event of a model or configuration, which have no state.
    pub(crate) fn plain_event(self, kind: ResourceKind) -> ResourceChanged {
        event(self.resource(kind), None, None, None)
    }

    pub(crate) fn endpoint_event(self) -> Option<ResourceChanged> {
        let config = self.resource(ResourceKind::EndpointConfig).name;
        let times = (self.endpoint_created(), self.in_service_at());
        Some(event(self.endpoint()?, Some(Status::parse("InService")), Some(times), Some(config)))
    }
}

/// Training event of the job whose answer is large.
pub(crate) fn wide_event() -> ResourceChanged {
    let at = Pipeline(0).at(2);
    event(named(ResourceKind::TrainingJob, WIDE), Some(Status::parse("Completed")), Some((at, at)), None)
}

fn event(
    resource: Resource,
    status: Option<Status>,
    times: Option<(Timestamp, Timestamp)>,
    endpoint_config: Option<String>,
) -> ResourceChanged {
    ResourceChanged {
        resource,
        status,
        failure_reason: None,
        created_at: times.map(|(created, _)| created),
        modified_at: times.map(|(_, modified)| modified),
        tags: BTreeMap::new(),
        endpoint_config,
        approval: None,
        time: times.map_or(Timestamp::from_millis(0), |(_, modified)| modified),
    }
}

fn named(kind: ResourceKind, name: &str) -> Resource {
    Resource::in_region(kind, ACCOUNT, REGION, name)
}

fn repository() -> Repository {
    Repository { account: ACCOUNT.into(), region: REGION.into(), name: "ds-source-credit-dev".into() }
}

/// The pipeline in a name or key: its first number of eight digits.
fn number(text: &str) -> Option<u64> {
    text.split(['-', '/']).filter(|part| part.len() == 8).find_map(|part| part.parse().ok())
}

fn seconds(time: Timestamp) -> Value {
    json!(time.millis() / 1000)
}

impl Workshops {
    fn document(&self, resource: &Resource) -> Option<Value> {
        if resource.name == WIDE {
            return Some(wide());
        }
        let pipeline = Pipeline(number(&resource.name)?);
        Some(match resource.kind {
            ResourceKind::ProcessingJob => self.processing_job(pipeline),
            ResourceKind::TrainingJob => self.training_job(pipeline),
            ResourceKind::Model => model(pipeline),
            ResourceKind::EndpointConfig => endpoint_config(pipeline),
            // Endpoints carry the number of the group, and are described as of their last deployment.
            ResourceKind::Endpoint => endpoint(&resource.name, pipeline.0, self.ended.get()),
            _ => return None,
        })
    }

    fn processing_job(&self, pipeline: Pipeline) -> Value {
        let input = |name: &str, key: String| json!({ "InputName": name, "S3Input": { "S3Uri": format!("s3://{BUCKET}/{key}"), "S3DataType": "S3Prefix" } });
        let output = |name: &str| {
            let uri = format!("s3://{BUCKET}/prepared/{:08}/{name}", pipeline.0);
            json!({ "OutputName": name, "S3Output": { "S3Uri": uri } })
        };
        let mut document = json!({
            "ProcessingJobName": pipeline.resource(ResourceKind::ProcessingJob).name,
            "ProcessingJobStatus": "InProgress",
            "CreationTime": seconds(pipeline.at(0)),
            "LastModifiedTime": seconds(pipeline.at(0)),
            "RoleArn": "arn:aws:iam::111122223333:role/ds-processing",
            "AppSpecification": { "ImageUri": format!("{REGISTRY}/prepare@sha256:{:064x}", 7),
                "ContainerArguments": ["--test-share", "0.2"] },
            "ProcessingResources": { "ClusterConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1 } },
            "ProcessingInputs": [
                input("applications", format!("raw/{:08}/applications.csv", pipeline.group())),
                input("reference", format!("reference/{:08}/countries.csv", pipeline.group() / 100)),
            ],
            "ProcessingOutputConfig": { "Outputs": [output("train"), output("validation")] },
        });
        if self.ended.get() {
            let fields = document.as_object_mut().unwrap();
            fields.insert("ProcessingJobStatus".into(), json!("Completed"));
            fields.insert("ProcessingEndTime".into(), json!(pipeline.at(0).millis() / 1000 + 90));
            fields.insert("LastModifiedTime".into(), json!(pipeline.at(0).millis() / 1000 + 90));
        }
        document
    }

    fn training_job(&self, pipeline: Pipeline) -> Value {
        let channel = |name: &str, uri: String| json!({ "ChannelName": name, "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": uri } } });
        let prepared =
            |name: &str| channel(name, format!("s3://{BUCKET}/prepared/{:08}/{name}/", pipeline.0));
        let mut channels = vec![prepared("train"), prepared("validation")];
        if pipeline.place() > 0 {
            channels.push(channel("model", artifact_uri(Pipeline(pipeline.0 - 1))));
        }
        let hyperparameters: serde_json::Map<String, Value> = (0..10)
            .map(|index| {
                (format!("parameter_{index}"), json!(format!("0.{}", mixed(pipeline.0 + index) % 10_000)))
            })
            .collect();
        let mut document = json!({
            "TrainingJobName": pipeline.resource(ResourceKind::TrainingJob).name,
            "TrainingJobStatus": "InProgress",
            "CreationTime": seconds(pipeline.at(2)),
            "LastModifiedTime": seconds(pipeline.at(2)),
            "RoleArn": "arn:aws:iam::111122223333:role/ds-training",
            "AlgorithmSpecification": { "TrainingImage": pipeline.training_image(), "TrainingInputMode": "File" },
            "ResourceConfig": { "InstanceType": "ml.m5.2xlarge", "InstanceCount": 1 },
            "HyperParameters": hyperparameters,
            "InputDataConfig": channels,
        });
        if self.ended.get() {
            let fields = document.as_object_mut().unwrap();
            let ended = json!(pipeline.at(2).millis() / 1000 + 90);
            fields.insert("TrainingJobStatus".into(), json!("Completed"));
            fields.insert("TrainingEndTime".into(), ended.clone());
            fields.insert("LastModifiedTime".into(), ended);
            fields.insert("TrainingTimeInSeconds".into(), json!(90));
            fields.insert("BillableTimeInSeconds".into(), json!(90));
            fields.insert("ModelArtifacts".into(), json!({ "S3ModelArtifacts": artifact_uri(pipeline) }));
        }
        document
    }
}

fn artifact_uri(pipeline: Pipeline) -> String {
    format!("s3://{BUCKET}/models/{:08}/output/model.tar.gz", pipeline.0)
}

fn wide() -> Value {
    let channel = |number: u64| {
        json!({ "ChannelName": format!("part-{number}"), "DataSource": { "S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": format!("s3://{BUCKET}/wide/{number:08}/") } } })
    };
    json!({
        "TrainingJobName": WIDE, "TrainingJobStatus": "Completed",
        "CreationTime": seconds(Pipeline(0).at(2)), "LastModifiedTime": seconds(Pipeline(0).at(2)),
        "InputDataConfig": (0..WIDE_CHANNELS).map(channel).collect::<Vec<_>>(),
    })
}

fn model(pipeline: Pipeline) -> Value {
    json!({
        "ModelName": pipeline.resource(ResourceKind::Model).name,
        "CreationTime": seconds(pipeline.at(4)),
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/ds-serving",
        "PrimaryContainer": { "Image": pipeline.training_image(), "ModelDataUrl": artifact_uri(pipeline) },
    })
}

fn endpoint_config(pipeline: Pipeline) -> Value {
    json!({
        "EndpointConfigName": pipeline.resource(ResourceKind::EndpointConfig).name,
        "CreationTime": seconds(pipeline.at(4)),
        "ProductionVariants": [{ "VariantName": "all", "ModelName": pipeline.resource(ResourceKind::Model).name }],
    })
}

/// `updated`: whether the chain's last model is in force already.
fn endpoint(name: &str, group: u64, updated: bool) -> Value {
    let place = match (name.contains("chain"), updated) {
        (false, _) => 0,
        (true, false) => 4,
        (true, true) => 9,
    };
    let pipeline = Pipeline(group * GROUP + place);
    json!({
        "EndpointName": name,
        "EndpointConfigName": pipeline.resource(ResourceKind::EndpointConfig).name,
        "EndpointStatus": "InService",
        "CreationTime": seconds(pipeline.endpoint_created()),
        "LastModifiedTime": seconds(pipeline.in_service_at()),
        "ProductionVariants": [{ "VariantName": "all",
            "DeployedImages": [{ "ResolvedImage": pipeline.training_image() }] }],
    })
}

impl Account for &Workshops {
    async fn describe(&self, resource: &Resource) -> Result<Option<Description>, PortError> {
        Ok(self.document(resource).map(|document| Description::new(resource, document)))
    }

    async fn tags(&self, resource: &Resource) -> Result<BTreeMap<String, String>, PortError> {
        // A deployment's commit is named by the configuration, which is the pipeline's.
        let named = resource.kind != ResourceKind::Endpoint;
        let pipeline = number(&resource.name).filter(|_| named).map(Pipeline);
        Ok(pipeline.map_or_else(BTreeMap::new, |pipeline| {
            BTreeMap::from([
                ("CommitId".into(), pipeline.commit().to_string()),
                ("Repository".into(), repository().name),
            ])
        }))
    }

    async fn schedules_of(&self, _: &Resource) -> Result<Value, PortError> {
        Ok(json!({}))
    }

    async fn policy_of(&self, _: &Resource) -> Result<Option<Value>, PortError> {
        Ok(None)
    }

    async fn schedules(&self, _: Option<&str>) -> Result<SummaryPage, PortError> {
        Ok(SummaryPage::default())
    }

    async fn endpoints(&self, _: Option<&str>) -> Result<SummaryPage, PortError> {
        Ok(SummaryPage::default())
    }

    async fn executions_of(&self, _: &Resource, _: Timestamp) -> Result<Value, PortError> {
        Ok(json!({}))
    }

    async fn steps_of(&self, _: &Resource) -> Result<Option<Value>, PortError> {
        Ok(None)
    }

    async fn components_of(&self, _: &Resource) -> Result<Value, PortError> {
        Ok(json!({}))
    }

    async fn annotate(&self, _: &Resource, _: &BTreeMap<String, String>) -> Result<(), PortError> {
        Ok(())
    }
}

impl Objects for &Workshops {
    async fn versions(&self, _: &str, prefix: &str, _: Timestamp, _: usize) -> Result<Listing, PortError> {
        let at = number(prefix).map(Pipeline).unwrap();
        // Outputs are written while their job runs.
        let modified_at = match prefix.split('/').next() {
            Some("prepared") => at.at(1),
            Some("models") => at.at(3),
            _ => Pipeline(0).at(-60),
        };
        let object = |key: String| {
            let seed = key.bytes().fold(0, |seed, byte| mixed(seed ^ u64::from(byte)));
            let version_id = Some(format!("{seed:016x}{:016x}", mixed(seed)));
            ObjectVersion { key, version_id, etag: format!("{seed:032x}"), size: 1_000_000, modified_at }
        };
        let objects = match prefix.split('/').next() {
            Some("wide") => (0..100).map(|part| object(format!("{prefix}part-{part:05}.csv"))).collect(),
            _ if prefix.ends_with('/') => vec![object(format!("{prefix}part-00000.csv"))],
            _ => vec![object(prefix.to_owned())],
        };
        Ok(Listing { objects, complete: true })
    }

    async fn versioning(&self, _: &str) -> Result<Option<String>, PortError> {
        Ok(Some("Enabled".into()))
    }

    async fn read(&self, _: &str, _: &str, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Ok(None)
    }

    async fn read_version(&self, _: &str, _: &ObjectVersion, _: u64) -> Result<Option<Vec<u8>>, PortError> {
        Ok(None)
    }

    async fn entity_tag(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    async fn checksum(&self, _: &str, _: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        Ok(None)
    }

    async fn keep_manifest(&self, _: &str, _: &str) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}

impl SourceControl for &Workshops {
    async fn commit(&self, _: &Repository, id: &CommitId) -> Result<Option<Commit>, PortError> {
        Ok(Some(Commit {
            id: id.clone(),
            parents: vec![CommitId::parse(&"1".repeat(40)).unwrap()],
            author_name: "Ada Lovelace".into(),
            author_email: "ada@example.com".into(),
            authored_at: Some(Timestamp::from_millis(BEGINNING)),
            committed_at: Some(Timestamp::from_millis(BEGINNING)),
            message: "Train on all applications of the last two years\n\nThe holdout stays as it was.".into(),
        }))
    }

    async fn changes(
        &self,
        _: &Repository,
        _: Option<&CommitId>,
        _: &CommitId,
        _: usize,
    ) -> Result<Option<Changes>, PortError> {
        Ok(None)
    }

    async fn content(&self, _: &Repository, _: &ChangedFile, _: usize) -> Result<Option<Vec<u8>>, PortError> {
        Ok(None)
    }

    async fn post(&self, _: &Comment<'_>) -> Result<(), PortError> {
        Ok(())
    }
}
