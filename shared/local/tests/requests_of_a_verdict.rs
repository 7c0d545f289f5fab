//! The requests of a verdict to the table, delivery by delivery: one more request fails this test.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::RefCell;

use futures::executor::block_on;
use sagewarden_events::{Actor, Event, Resource, ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::{Moment, route};
use sagewarden_local::{Call, Guard, Guarded, Store, Story, System};
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

/// The requests, in their order.
#[derive(Default)]
struct Requests(RefCell<Vec<&'static str>>);

impl Guard for Requests {
    fn ask(&self, call: Call<'_>) -> Result<(), PortError> {
        self.0.borrow_mut().push(call.method.trim_start_matches("Table::"));
        Ok(())
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

    /// The events that were announced since the last call.
    fn announced(&self) -> Vec<Event> {
        let events = self.system.account.drain_events().unwrap();
        events.iter().flat_map(|event| decode(&event.to_string()).unwrap()).collect()
    }

    /// Delivers events to `enforce-policy`; returns the requests of each delivery in words.
    fn requests(&self, events: &[Event]) -> Vec<String> {
        events.iter().map(|event| self.requests_of(event)).collect()
    }

    fn requests_of(&self, event: &Event) -> String {
        let table = Guarded::new(self.system.store.clone(), Requests::default());
        let world = self.system.world().with_table(table);
        let moment = Moment { now: at(1), owner: "test".to_owned() };
        let outcome = block_on(route::enforce_policy(&world, &self.system.judging(), event, &moment));
        outcome.unwrap().unwrap();
        let kind = match event {
            Event::CallMade(call) => call.name.as_str(),
            _ => "state change",
        };
        format!("{kind}: {}", world.table.guard.0.take().join(", "))
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

/// The second query reads the verdicts for the lists of findings.
#[test]
fn a_job_that_keeps_every_control_costs_three_requests() {
    let requests = twice(ResourceKind::TrainingJob, &training_job());
    let expected = ["CreateTrainingJob: write, query, query", "state change: write, query, query"];
    assert_eq!(requests, [expected, expected].concat());
}

#[test]
fn a_forbidden_job_is_recorded_claimed_stopped_recorded_and_settled() {
    let requests = twice(ResourceKind::TrainingJob, &with(training_job(), "/VpcConfig", Value::Null));
    let expected = [
        // The finding is listed, claimed and settled; then the job gets its tags.
        "CreateTrainingJob: write, query, query, get, write, query, query, query, claim, write, settle, get, write",
        "state change: write, query, query, get, query, claim, get, get",
        "CreateTrainingJob: write, query, query, get, query, claim, get",
        "state change: write, query, query, get, query, claim, get, get",
    ];
    assert_eq!(requests, expected);
}

/// The mark is read after the finding is claimed: before that, another delivery may be setting it.
#[test]
fn a_job_that_is_marked_is_read_once() {
    let request = with(training_job(), "/ResourceConfig/InstanceCount", json!(2));
    let expected = [
        "CreateTrainingJob: write, query, query, get, write, query, query, query, claim, get, write, settle",
        "state change: write, query, query, get, query, claim, get",
        "CreateTrainingJob: write, query, query, get, query, claim, get",
        "state change: write, query, query, get, query, claim, get",
    ];
    assert_eq!(twice(ResourceKind::TrainingJob, &request), expected);
}

/// A resource that can be changed has one row more, which says when it last passed every control: its receipts depend on that.
#[test]
fn a_notebook_that_is_changed_reads_each_of_its_two_rows_once_a_delivery() {
    let machine = Machine::new();
    let resource = machine.create(ResourceKind::NotebookInstance, &notebook("Enabled"));
    let created = [
        // That it waits to be started is noted before it is stopped.
        "CreateNotebookInstance: write, query, query, get, write, query, query, query, get, claim, get, write, write, settle",
        // It is stopping.
        "state change: ",
    ];
    assert_eq!(machine.requests(&machine.announced()), created);
    machine.system.account.finish_stop(&resource, at(90)).unwrap();
    let stopped = [
        "state change: write, query, query, get, write, query, query, query, get, claim, get, get, claim, write, write, settle",
        "state change: write, query, get, write, query, query, get, claim, write, settle",
    ];
    assert_eq!(machine.requests(&machine.announced()), stopped);
    let started = ["state change: write, query, get, query, get"; 2];
    assert_eq!(machine.requests(&machine.announced()), started);
}
