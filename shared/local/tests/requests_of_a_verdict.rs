//! What a verdict costs at the table, delivery by delivery: one request more is seen here.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::RefCell;

use futures::executor::block_on;
use sagewarden_events::{Actor, Event, Resource, ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::{Claim, Claimed, PortError, Table};
use sagewarden_govern::{Moment, route};
use sagewarden_lineage::fold;
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_local::{Store, Story, System};
use sagewarden_policy::Bundle;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The controls that concern more than one resource's own settings are off.
const SETTINGS: &str = r#"mode = "enforce"

[lineage]
repository = "ds-source-{ProjectName}-{EnvironmentType}"
branch = "main"

[controls]
TRN-TRC-01 = "off"
TRN-TRC-03 = "off"
TRN-REP-03 = "off"
"#;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A table that notes what it is asked: each request, and of writes and reads how many items it is about.
struct Noted<T> {
    table: T,
    requests: RefCell<Vec<String>>,
}

impl<T> Noted<T> {
    fn note(&self, request: impl Into<String>) {
        self.requests.borrow_mut().push(request.into());
    }
}

impl<T: Table> Table for Noted<T> {
    async fn write(&self, writes: &[Write]) -> Result<(), PortError> {
        self.note(format!("write {}", fold::by_item(writes).len()));
        self.table.write(writes).await
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        self.note(format!("get {}", keys.len()));
        self.table.get(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        self.note("query");
        self.table.query(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, PortError> {
        self.note("claim");
        self.table.claim(claim).await
    }

    async fn settle(&self, claim: &Claim, attributes: Attributes) -> Result<(), PortError> {
        self.note("settle");
        self.table.settle(claim, attributes).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), PortError> {
        self.note("release");
        self.table.release(claim).await
    }
}

/// The system on one machine, and a folder for its repositories.
struct Machine {
    system: System,
    _git: TempDir,
}

impl Machine {
    fn new() -> Self {
        let git = TempDir::new().unwrap();
        let bundle = Bundle::embedded().unwrap().with_settings(SETTINGS).unwrap();
        let store = Store::in_memory().unwrap();
        let system = System::new(store, git.path(), bundle, Story::ACCOUNT, Story::REGION).unwrap();
        Self { system, _git: git }
    }

    /// Creates something as Ana does.
    fn create(&self, kind: ResourceKind, request: &Value) -> Resource {
        let ana = Actor { arn: Some("arn:aws:iam::111122223333:user/ana".to_owned()), ..Actor::default() };
        self.system.account.create(kind, request, Some(&ana), at(0)).unwrap()
    }

    /// What has been announced since the last time.
    fn announced(&self) -> Vec<Event> {
        let events = self.system.account.drain_events().unwrap();
        events.iter().flat_map(|event| decode(&event.to_string()).unwrap()).collect()
    }

    /// Delivers events to `enforce-policy`; returns the requests of each delivery in words.
    fn requests(&self, events: &[Event]) -> Vec<String> {
        events.iter().map(|event| self.requests_of(event)).collect()
    }

    fn requests_of(&self, event: &Event) -> String {
        let table = Noted { table: self.system.store.clone(), requests: RefCell::default() };
        let world = self.system.world().with_table(&table);
        let moment = Moment { now: at(1), owner: "test".to_owned() };
        let outcome = block_on(route::enforce_policy(&world, &self.system.judging(), event, &moment));
        outcome.unwrap().unwrap();
        let kind = match event {
            Event::CallMade(call) => call.name.as_str(),
            _ => "state change",
        };
        format!("{kind}: {}", table.requests.take().join(", "))
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(Story::demo_start().millis() + seconds * 1_000)
}

fn training_job() -> Value {
    json!({
        "TrainingJobName": "t",
        "AlgorithmSpecification": { "TrainingImage": "repository/image@sha256:4f8c3bd2", "TrainingInputMode": "File" },
        "OutputDataConfig": { "S3OutputPath": "s3://models/out", "KmsKeyId": KEY },
        "ResourceConfig": { "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": KEY },
        "VpcConfig": { "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] },
        "EnableNetworkIsolation": true,
    })
}

fn notebook(root_access: &str) -> Value {
    json!({
        "NotebookInstanceName": "ana",
        "InstanceType": "ml.t3.medium",
        "SubnetId": "subnet-0a1b2c3d4e5f60001",
        "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"],
        "RoleArn": "arn:aws:iam::111122223333:role/ds-user",
        "KmsKeyId": KEY,
        "DirectInternetAccess": "Disabled",
        "RootAccess": root_access,
        "PlatformIdentifier": "notebook-al2023-v1",
        "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" },
        "DefaultCodeRepository": "credit",
        "Tags": [{ "Key": "ProjectName", "Value": "credit" }, { "Key": "EnvironmentType", "Value": "dev" }],
    })
}

fn with(mut request: Value, pointer: &str, value: Value) -> Value {
    *request.pointer_mut(pointer).unwrap() = value;
    request
}

/// The requests when both events of a creation are delivered, and both again.
fn twice(kind: ResourceKind, request: &Value) -> Vec<String> {
    let machine = Machine::new();
    machine.create(kind, request);
    let events = machine.announced();
    [machine.requests(&events), machine.requests(&events)].concat()
}

#[test]
fn a_job_that_keeps_every_control_costs_one_request() {
    let requests = twice(ResourceKind::TrainingJob, &training_job());
    let expected = ["CreateTrainingJob: write 2", "state change: write 2"];
    assert_eq!(requests, [expected, expected].concat());
}

#[test]
fn a_forbidden_job_is_recorded_claimed_stopped_recorded_and_settled() {
    let requests = twice(ResourceKind::TrainingJob, &with(training_job(), "/VpcConfig", Value::Null));
    let expected = [
        "CreateTrainingJob: write 2, claim, write 2, settle",
        "state change: write 2, claim, get 1",
        "CreateTrainingJob: write 2, claim",
        "state change: write 2, claim, get 1",
    ];
    assert_eq!(requests, expected);
}

/// What is marked is read once the finding is claimed: before that, another delivery may be at it.
#[test]
fn a_job_that_is_marked_is_read_once() {
    let request = with(training_job(), "/ResourceConfig/InstanceCount", json!(2));
    let expected = [
        "CreateTrainingJob: write 2, claim, get 1, write 1, settle",
        "state change: write 2, claim, get 1",
        "CreateTrainingJob: write 2, claim, get 1",
        "state change: write 2, claim, get 1",
    ];
    assert_eq!(twice(ResourceKind::TrainingJob, &request), expected);
}

/// What can be changed has a row more, which says when it kept every control: its receipts depend on that.
#[test]
fn a_notebook_that_is_changed_reads_each_of_its_two_rows_once_a_delivery() {
    let machine = Machine::new();
    let resource = machine.create(ResourceKind::NotebookInstance, &notebook("Enabled"));
    let created = [
        "CreateNotebookInstance: write 2, get 1, claim, get 1, write 1, settle",
        // It is stopping.
        "state change: ",
    ];
    assert_eq!(machine.requests(&machine.announced()), created);
    machine.system.account.finish_stop(&resource, at(90)).unwrap();
    let stopped = [
        "state change: write 2, get 1, claim, get 1, write 1, claim, settle",
        "state change: write 3, get 1, write 1, claim, settle",
    ];
    assert_eq!(machine.requests(&machine.announced()), stopped);
    let started = ["state change: write 3", "state change: write 3"];
    assert_eq!(machine.requests(&machine.announced()), started);
}
