//! The account of AWS's secure data-science workshop while somebody works in a notebook: jobs run their containers and end, endpoints come
//! into service, monitoring schedules run, pushes are announced, and Sagewarden receives all events.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use futures::executor::block_on;
use sagewarden_events::{CommitId, Repository, Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::{ObjectVersion, Objects as _};
use sagewarden_lineage::s3::S3Location;
use sagewarden_local::{LocalGit, SimulatedAccount, Store, Story, Stump, System, model_archive};
use sagewarden_policy::Bundle;
use serde_json::Value;

use crate::simulator::Simulator;
use crate::wire::{caller, text};
use crate::{Result, experiments, functions};

/// Whether the image is Model Monitor's container.
const ANALYZER: &str = "sagemaker-model-monitor-analyzer";
/// Its report.
const VIOLATIONS: &str = "constraint_violations.json";
const MOST: u64 = 64 << 20;
/// The features of the workshop's data, without the label.
const FEATURES: usize = 23;

/// The running account.
#[derive(Debug)]
pub struct Workshop {
    /// Sagewarden, with the account and the repositories.
    pub system: System,
    /// The account over HTTP.
    pub simulator: Simulator,
    /// The command.
    pub command: PathBuf,
    folder: PathBuf,
    /// Resources whose creation was announced: their work may continue now.
    heard: BTreeSet<String>,
    /// Monitoring schedules whose first hour has passed.
    schedules: usize,
    head: Option<CommitId>,
}

impl Workshop {
    /// The repository of the project.
    pub const REPOSITORY: &str = Story::REPOSITORY;
    /// The store in the folder.
    pub const STORE: &str = "sagewarden.db";

    /// Starts the account, whose store and repositories are in a folder.
    ///
    /// # Errors
    /// If the settings are wrong, or a port or a folder is missing.
    pub async fn start(folder: &Path, settings: &str) -> Result<Self> {
        let bundle = Bundle::embedded()?.with_settings(settings)?;
        let store = Store::create(&folder.join(Self::STORE))?;
        let system = System::new(store, &folder.join("git"), bundle, Story::ACCOUNT, Story::REGION)?;
        system.git.create_repository(Self::REPOSITORY)?;
        let simulator = Simulator::start(system.account.clone(), system.git.clone()).await?;
        let command = functions::command()?;
        let folder = folder.to_owned();
        Ok(Self { system, simulator, command, folder, heard: BTreeSet::new(), schedules: 0, head: None })
    }

    /// Lets the account live until a notebook has ended.
    ///
    /// # Errors
    /// If the account refuses something, or the notebook cannot be watched.
    pub fn live_beside(&mut self, notebook: &mut Child) -> Result<()> {
        while notebook.try_wait()?.is_none() {
            self.live()?;
            std::thread::sleep(Duration::from_millis(50));
        }
        self.live()
    }

    /// One round: the announced events are handled, and then everything takes one step.
    fn live(&mut self) -> Result<()> {
        self.push()?;
        block_on(self.system.settle())?;
        let running = self.running()?;
        for resource in running.iter().filter(|resource| self.heard.contains(&resource.arn())) {
            self.go_on(resource)?;
        }
        self.heard = running.iter().map(Resource::arn).collect();
        let schedules = self.account().list(ResourceKind::MonitoringSchedule)?.len();
        if schedules > self.schedules {
            self.simulator.pass(3_600);
            self.schedules = schedules;
        }
        if self.simulator.write_captured()? == 0 {
            self.run_schedules()?;
        }
        Ok(block_on(self.system.settle()).map(drop)?)
    }

    fn account(&self) -> &SimulatedAccount {
        &self.system.account
    }

    /// Announces what somebody pushed with git.
    fn push(&mut self) -> Result<()> {
        let head = self.system.git.head(Self::REPOSITORY, "main")?;
        let Some(commit) = head.clone().filter(|_| head != self.head) else { return Ok(()) };
        let repository = Repository {
            account: Story::ACCOUNT.to_owned(),
            region: Story::REGION.to_owned(),
            name: Self::REPOSITORY.to_owned(),
        };
        let who = caller().arn.unwrap_or_default();
        let (old, now) = (self.head.as_ref(), self.simulator.now());
        let event = LocalGit::push_event(&repository, "main", &commit, old, &who, now);
        self.account().announce_event(&event)?;
        self.head = head;
        Ok(())
    }

    /// Jobs that run or stop, and endpoints on their way.
    fn running(&self) -> Result<Vec<Resource>> {
        let mut found = Vec::new();
        for kind in [ResourceKind::ProcessingJob, ResourceKind::TrainingJob, ResourceKind::Endpoint] {
            let field = kind.status_field().unwrap_or_default();
            let documents = self.account().list(kind)?;
            let on_the_way = documents.iter().filter(|document| {
                matches!(text(document, field), "InProgress" | "Stopping" | "Creating" | "Updating")
            });
            found.extend(
                on_the_way.map(|document| self.account().resource(kind, text(document, kind.name_field()))),
            );
        }
        Ok(found)
    }

    fn go_on(&self, resource: &Resource) -> Result<()> {
        let document = self.account().describe_document(resource)?;
        let account = self.account();
        self.simulator.pass(600);
        let now = self.simulator.now();
        if text(&document, resource.kind.status_field().unwrap_or_default()) == "Stopping" {
            return Ok(account.finish_stop(resource, now)?);
        }
        match resource.kind {
            ResourceKind::Endpoint => Ok(account.finish_endpoint(resource, now)?),
            ResourceKind::ProcessingJob => {
                self.process(&document, now)?;
                Ok(account.finish_processing(resource, None, now)?)
            }
            _ => {
                let place = document.pointer("/OutputDataConfig/S3OutputPath").and_then(Value::as_str);
                let place = place.and_then(S3Location::parse).ok_or("a training job has an output")?;
                let key =
                    format!("{}/{}/output/model.tar.gz", place.key.trim_end_matches('/'), resource.name);
                account.put_object(&place.bucket, &key, &model()?, now)?;
                account.finish_training_with(resource, &[("train:error", 0.1834)], now)?;
                Ok(experiments::finish_job(account, resource, now)?)
            }
        }
    }

    /// The files that the container of a processing job writes.
    fn process(&self, job: &Value, now: Timestamp) -> Result<()> {
        let input = input_of(job, "input-1").or_else(|| input_of(job, "baseline_dataset_input"));
        let data = self.read(&input.ok_or("a processing job has data")?)?;
        let image = job.pointer("/AppSpecification/ImageUri").and_then(Value::as_str).unwrap_or_default();
        let files = if image.contains(ANALYZER) { self.baseline(&data)? } else { split(&data) };
        let outputs = job.pointer("/ProcessingOutputConfig/Outputs").and_then(Value::as_array);
        for output in outputs.into_iter().flatten() {
            let place = output.pointer("/S3Output/S3Uri").and_then(Value::as_str);
            let place = place.and_then(S3Location::parse).ok_or("an output has a place")?;
            let name = text(output, "OutputName");
            for (_, file, content) in files.iter().filter(|(of, ..)| *of == name) {
                let key = format!("{}/{file}", place.key.trim_end_matches('/'));
                self.account().put_object(&place.bucket, &key, content.as_bytes(), now)?;
            }
        }
        Ok(())
    }

    /// The objects at a place, one behind the other.
    fn read(&self, place: &str) -> Result<String> {
        let place = S3Location::parse(place).ok_or_else(|| format!("`{place}` is no place"))?;
        let mut whole = String::new();
        for object in self.objects(&place)? {
            let body = block_on(self.account().read(&place.bucket, &object.key, MOST))?;
            whole.push_str(&String::from_utf8(body.unwrap_or_default())?);
        }
        Ok(whole)
    }

    fn objects(&self, place: &S3Location) -> Result<Vec<ObjectVersion>> {
        let now = self.simulator.now();
        Ok(block_on(self.account().versions(&place.bucket, &place.key, now, 1_000))?.objects)
    }

    /// The baseline that Model Monitor's container would suggest; the command makes the same files.
    fn baseline(&self, data: &str) -> Result<Vec<(&'static str, &'static str, String)>> {
        let (table, out) = (self.folder.join("baseline.csv"), self.folder.join("baseline"));
        fs::write(&table, data)?;
        let made = Command::new(&self.command)
            .arg("baseline")
            .arg(&table)
            .arg("--force")
            .arg("--out")
            .arg(&out)
            .output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        let read = |name: &'static str| {
            Ok::<_, std::io::Error>(("monitoring_output", name, fs::read_to_string(out.join(name))?))
        };
        Ok(vec![read("statistics.json")?, read("constraints.json")?])
    }

    /// Lets each schedule run once, when `detect-drift` has found something: its report is what the container would have written.
    fn run_schedules(&self) -> Result<()> {
        for schedule in self.account().list(ResourceKind::MonitoringSchedule)? {
            let (name, endpoint) =
                (text(&schedule, "MonitoringScheduleName"), text(&schedule, "EndpointName"));
            if schedule.get("LastMonitoringExecutionSummary").is_some() {
                continue;
            }
            let place = S3Location { bucket: Self::MODELS.to_owned(), key: Self::REPORTS.to_owned() };
            let reports = self.objects(&place)?;
            let of_endpoint = format!("/{endpoint}/");
            let report = reports
                .iter()
                .find(|object| object.key.ends_with(VIOLATIONS) && object.key.contains(&of_endpoint));
            if let Some(report) = report {
                self.run_schedule(name, &schedule, &report.key)?;
            }
        }
        Ok(())
    }

    /// The bucket of models, and the place of reports in it: the settings send the reports of `detect-drift` there, too.
    pub const MODELS: &str = "ds-model-bucket-credit-dev-7f3a";
    /// See [`Self::MODELS`].
    pub const REPORTS: &str = "secure-sagemaker-demo/drift";

    fn run_schedule(&self, name: &str, schedule: &Value, report: &str) -> Result<()> {
        let now = self.simulator.now();
        let account = self.account();
        let body = block_on(account.read(Self::MODELS, report, MOST))?.ok_or("the report is there")?;
        let found: Value = serde_json::from_slice(&body)?;
        let number = found.get("violations").and_then(Value::as_array).map_or(0, Vec::len);
        let definition = text(
            schedule.get("MonitoringScheduleConfig").unwrap_or(&Value::Null),
            "MonitoringJobDefinitionName",
        );
        let definition = account.resource(ResourceKind::DataQualityDefinition, definition);
        let definition = account.describe_document(&definition)?;
        let of = |pointer: &str| definition.pointer(pointer).cloned().unwrap_or_default();
        let place = of("/DataQualityJobOutputConfig/MonitoringOutputs/0/S3Output/S3Uri");
        let place = place.as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        let folder = format!("{place}/{}/{name}/{}", text(schedule, "EndpointName"), now.hour_path());
        let job = format!("model-monitoring-{}", now.millis());
        let request = serde_json::json!({
            "ProcessingJobName": job,
            "AppSpecification": { "ImageUri": of("/DataQualityAppSpecification/ImageUri") },
            "ProcessingOutputConfig": { "Outputs": [{
                "OutputName": "monitoring_output",
                "S3Output": { "S3Uri": folder, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob" },
            }] },
            "ProcessingInputs": [{ "InputName": "endpoint_input", "S3Input": {
                "S3Uri": folder, "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix", "S3InputMode": "File",
            } }],
            "ProcessingResources": of("/JobResources"),
            "NetworkConfig": of("/NetworkConfig"),
            "RoleArn": of("/RoleArn"),
            "MonitoringScheduleArn": text(schedule, "MonitoringScheduleArn"),
        });
        let job = account.create(ResourceKind::ProcessingJob, &request, None, now)?;
        account.note_execution(name, &job, "InProgress", now)?;
        let place = S3Location::parse(&folder).ok_or("an output has a place")?;
        account.put_object(&place.bucket, &format!("{}/{VIOLATIONS}", place.key), &body, now)?;
        let message =
            format!("CompletedWithViolations: Job completed successfully with {number} violations.");
        account.finish_processing(&job, Some(&message), now)?;
        account.note_execution(name, &job, "CompletedWithViolations", now)?;
        Ok(())
    }
}

/// The place of an input.
fn input_of(job: &Value, name: &str) -> Option<String> {
    let inputs = job.get("ProcessingInputs").and_then(Value::as_array)?;
    let input = inputs.iter().find(|input| text(input, "InputName") == name)?;
    Some(input.pointer("/S3Input/S3Uri")?.as_str()?.to_owned())
}

/// The workshop's preprocessing, without its scaling: every fifth row is for the test.
fn split(data: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut lines = data.lines();
    let head = lines.next().unwrap_or_default();
    let (mut train, mut test) = (String::new(), String::new());
    for (number, line) in lines.enumerate() {
        let part = if number % 5 == 4 { &mut test } else { &mut train };
        part.push_str(line);
        part.push('\n');
    }
    let headed = format!("{head}\n{train}");
    vec![
        ("train_data", "train_data.csv", train),
        ("test_data", "test_data.csv", test),
        ("train_data_headers", "train_data_headers.csv", headed),
    ]
}

/// A model as the built-in algorithm leaves it: late payments count most.
fn model() -> Result<Vec<u8>> {
    let stump = |feature, threshold, leaves| Stump { feature, threshold, leaves, rows: [300, 100] };
    let stumps = [
        stump(5, 1.5, [-0.4, 0.9]),
        stump(0, 100_000.0, [0.3, -0.2]),
        stump(2, 0.5, [0.2, -0.1]),
        stump(6, 1.5, [-0.1, 0.3]),
    ];
    Ok(model_archive(FEATURES, &stumps)?)
}
