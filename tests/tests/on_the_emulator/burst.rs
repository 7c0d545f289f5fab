//! A burst: hundreds of resources come into being at once, each event comes twice and in any order, on the deployed template with the
//! real binaries. Nothing is lost or given up, everything is recorded and judged, and each finding and alert leaves once.
//!
//! `SAGEWARDEN_BURST=10000` puts so many events, doubles included.
#![expect(clippy::indexing_slicing, reason = "a test ends where something is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sagewarden_events::{Actor, Repository, Resource, ResourceKind, Timestamp};
use sagewarden_govern::BASELINE_MISSING;
use sagewarden_local::{LocalGit, NewCommit, SimulatedAccount, Store};
use sagewarden_measure::Chance;
use sagewarden_tests::aws::{Aws, REGION};
use sagewarden_tests::bucket::make_bucket;
use sagewarden_tests::emulator::{ACCOUNT, Emulator};
use sagewarden_tests::listener::Listener;
use sagewarden_tests::local::{KEY, Local, SETTINGS, endpoint_config, model, training_job};
use sagewarden_tests::simulator::Simulator;
use sagewarden_tests::stack::Stack;
use sagewarden_tests::{Result, now};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Events that are put, doubles included.
const EVENTS: usize = 300;
/// The events of a group.
const OF_A_GROUP: usize = 22;
const REPORTS: &str = "reports-of-the-burst";
const REPOSITORY: &str = "ds-source-credit-dev";
const ANA: &str = "arn:aws:iam::111122223333:user/ana";
const FOUND: &str = "CompletedWithViolations: Job completed successfully with 1 violations.";
const REPORT: &str = r#"{"violations":[{"feature_name":"LIMIT_BAL","constraint_check_type":"baseline_drift_check","description":"Baseline drift distance: 0.49 exceeds threshold: 0.1"}]}"#;

/// The events of an account, at one time after another.
#[derive(Clone, Copy)]
struct Happening<'a> {
    account: &'a SimulatedAccount,
    git: &'a LocalGit,
    began: Timestamp,
}

impl Happening<'_> {
    /// The same events some seconds later for each group: if all pushes came at the same moment, the jobs of all groups would follow each
    /// push.
    fn of(&self, number: usize) -> Self {
        let seconds = i64::try_from(number).unwrap_or_default() * 10;
        Self { began: self.at(seconds), ..*self }
    }

    fn at(&self, seconds: i64) -> Timestamp {
        Timestamp::from_millis(self.began.millis() + seconds * 1_000)
    }

    fn create(&self, kind: ResourceKind, request: &Value, seconds: i64) -> Result<Resource> {
        let caller = Actor { arn: Some(ANA.to_owned()), ..Actor::default() };
        Ok(self.account.create(kind, request, Some(&caller), self.at(seconds))?)
    }

    /// A push, a job that passes every control and three that do not, a model that may not be, an endpoint, and an execution of its
    /// monitoring schedule that finds something.
    fn group(&self, number: usize) -> Result<()> {
        self.push(number)?;
        let tags = [("ProjectName", "credit"), ("EnvironmentType", "dev")];
        let job =
            self.create(ResourceKind::TrainingJob, &training_job(&format!("good-{number}"), &tags), 20)?;
        self.account.finish_training(&job, self.at(60))?;
        for each in 0..3 {
            let mut open = training_job(&format!("open-{number}-{each}"), &tags);
            open["EnableNetworkIsolation"] = json!(false);
            self.create(ResourceKind::TrainingJob, &open, 20)?;
        }
        let mut open = model(&format!("open-{number}"));
        open["EnableNetworkIsolation"] = json!(false);
        self.create(ResourceKind::Model, &open, 20)?;
        self.create(ResourceKind::Model, &model(&format!("m-{number}")), 20)?;
        let config = endpoint_config(&format!("c-{number}"), &format!("m-{number}"));
        self.create(ResourceKind::EndpointConfig, &config, 21)?;
        let endpoint = format!("prod-{number}");
        let request = json!({ "EndpointName": endpoint, "EndpointConfigName": format!("c-{number}") });
        let created = self.create(ResourceKind::Endpoint, &request, 22)?;
        self.account.finish_endpoint(&created, self.at(60))?;
        self.execution(&endpoint)
    }

    fn push(&self, number: usize) -> Result<()> {
        let message = format!("change {number}");
        let files = [("train.py", message.as_str())];
        let author = ("Ana", "ana@example.com");
        let new = NewCommit { branch: "main", files: &files, message: &message, author, at: self.at(0) };
        let (commit, old) = self.git.push(REPOSITORY, &new)?;
        let repository =
            Repository { account: ACCOUNT.into(), region: REGION.into(), name: REPOSITORY.into() };
        let event = LocalGit::push_event(&repository, "main", &commit, old.as_ref(), ANA, self.at(0));
        Ok(self.account.announce_event(&event)?)
    }

    fn execution(&self, endpoint: &str) -> Result<()> {
        let schedule = format!("quality-of-{endpoint}");
        let input = json!([{ "EndpointInput": { "EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input" } }]);
        let config = json!({ "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": input } });
        let request = json!({ "MonitoringScheduleName": schedule, "MonitoringScheduleConfig": config });
        let watched = self.create(ResourceKind::MonitoringSchedule, &request, 70)?;
        let place = format!("s3://{REPORTS}/{}", folder(endpoint));
        let output = json!({ "OutputName": "o", "S3Output": { "S3Uri": place, "LocalPath": "/o", "S3UploadMode": "EndOfJob" } });
        let network =
            json!({ "Subnets": ["subnet-0a1b2c3d4e5f60001"], "SecurityGroupIds": ["sg-0f1e2d3c4b5a60001"] });
        let cluster = json!({ "InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": KEY });
        let request = json!({
            "ProcessingJobName": format!("execution-{endpoint}"),
            "AppSpecification": { "ImageUri": "monitor@sha256:1" },
            "ProcessingOutputConfig": { "Outputs": [output], "KmsKeyId": KEY },
            "ProcessingResources": { "ClusterConfig": cluster },
            "NetworkConfig": { "EnableNetworkIsolation": true, "VpcConfig": network },
            "MonitoringScheduleArn": watched.arn(),
        });
        let job = self.account.create(ResourceKind::ProcessingJob, &request, None, self.at(80))?;
        self.account.finish_processing(&job, Some(FOUND), self.at(90))?;
        Ok(self.account.note_execution(&schedule, &job, "CompletedWithViolations", self.at(90))?)
    }
}

fn folder(endpoint: &str) -> String {
    format!("reports/{endpoint}/quality-of-{endpoint}/2026/03/03/09")
}

/// The results: notices by type and subject, with their number; partitions with a node; partitions with a verdict.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    notices: BTreeMap<String, usize>,
    nodes: BTreeSet<String>,
    verdicts: BTreeSet<String>,
}

impl Known {
    fn notice(&mut self, detail_type: &str, detail: &Value) {
        // On each day, one of the jobs without a baseline is published, whichever comes first.
        let is_of_the_day = detail_type == BASELINE_MISSING;
        let about = detail["about"].as_str().filter(|_| !is_of_the_day).unwrap_or("whatever it is");
        *self.notices.entry(format!("{detail_type} about {about}")).or_default() += 1;
    }

    fn item(&mut self, pk: &str, sk: &str) {
        // A model that may not be is deleted: whether it was recorded before is a matter of luck.
        let is_deleted = pk.starts_with("model#") && pk.contains("/open-");
        if sk == "#" && !is_deleted {
            self.nodes.insert(pk.to_owned());
        } else if sk.starts_with("V#") {
            self.verdicts.insert(pk.to_owned());
        }
    }

    /// The differences from the expected state, in lines.
    fn differences(&self, expected: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (notice, times) in &expected.notices {
            let got = self.notices.get(notice).copied().unwrap_or_default();
            lines.extend((got != *times).then(|| format!("{notice}: {got} times, and not {times}")));
        }
        lines.extend(self.notices.keys().filter(|notice| !expected.notices.contains_key(*notice)).cloned());
        for (what, got, expected) in
            [("node", &self.nodes, &expected.nodes), ("verdict", &self.verdicts, &expected.verdicts)]
        {
            lines.extend(expected.difference(got).map(|pk| format!("no {what} of {pk}")));
            lines.extend(got.difference(expected).map(|pk| format!("a {what} of {pk}")));
        }
        lines
    }
}

/// The same on one machine: each event once, in its order.
fn on_one_machine(groups: usize, began: Timestamp) -> Result<Known> {
    let local = Local::new()?;
    let system = &local.system;
    system.git.create_repository(REPOSITORY)?;
    let happening = Happening { account: &system.account, git: &system.git, began };
    for number in 0..groups {
        happening.of(number).group(number)?;
        report(number, |key| {
            let at = happening.of(number).at(85);
            Ok(system.account.put_object(REPORTS, key, REPORT.as_bytes(), at).map(drop)?)
        })?;
    }
    local.settle()?;
    let mut known = Known::default();
    local.sent()?.iter().for_each(|sent| known.notice(&sent.detail_type, &sent.detail));
    system.store.items()?.iter().for_each(|item| known.item(&item.key.pk, &item.key.sk));
    Ok(known)
}

/// Writes the report of a group's execution.
fn report(number: usize, put: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    put(&format!("{}/constraint_violations.json", folder(&format!("prod-{number}"))))
}

/// The deployed stack, and who listens to it.
struct World {
    aws: Aws,
    stack: Stack,
    listener: Listener,
    account: SimulatedAccount,
    git: LocalGit,
    emulator: Emulator,
    _simulator: Simulator,
    _folder: TempDir,
}

impl World {
    /// For so many events.
    async fn new(events: usize) -> Result<Self> {
        let folder = TempDir::new()?;
        let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
        let git = LocalGit::new(&folder.path().join("git"))?;
        git.create_repository(REPOSITORY)?;
        let simulator = Simulator::start(account.clone(), git.clone()).await?;
        let emulator = Emulator::beside(&simulator.url())?;
        let mut aws = emulator.aws()?;
        let stack = Stack::deploy(&emulator, SETTINGS, &json!({ "Mode": "enforce" }))?;
        if events > EVENTS {
            // The emulator answers some hundred requests a second. If more functions asked it at once, their time would end before it has
            // answered them.
            stack.limit(&mut aws, 2)?;
        } else {
            // Long enough for a batch on a busy machine: what comes again while it is handled is given up in the end.
            stack.hasten(&mut aws, 30)?;
        }
        make_bucket(&mut aws, REPORTS)?;
        let listener = Listener::on_bus(&mut aws, stack.output("BusName")?, "sagewarden")?;
        Ok(Self { aws, stack, listener, account, git, emulator, _simulator: simulator, _folder: folder })
    }

    /// Puts events, up to ten of one time in a call: the emulator gives all events of a call the time of the first.
    fn put(&mut self, events: &[Value]) -> Result<()> {
        let mut calls: Vec<Vec<&Value>> = Vec::new();
        let mut open: BTreeMap<String, usize> = BTreeMap::new();
        for event in events {
            let time = event["time"].to_string();
            match open.get(&time).and_then(|call| calls.get_mut(*call)).filter(|call| call.len() < 10) {
                Some(call) => call.push(event),
                None => {
                    open.insert(time, calls.len());
                    calls.push(vec![event]);
                }
            }
        }
        for call in calls {
            let entry = |event: &&Value| {
                json!({
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": event["detail"].to_string(),
                    "Resources": event["resources"],
                    "Time": event["time"],
                })
            };
            let entries: Vec<Value> = call.iter().map(entry).collect();
            let answer = self.aws.call("events", "put_events", json!({ "Entries": entries }))?;
            assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
        }
        Ok(())
    }

    /// Waits until nothing is waiting; returns when each queue was seen with something the last time.
    fn settle(&mut self, began: Instant, patience: Duration) -> Result<BTreeMap<String, Duration>> {
        let mut last = BTreeMap::new();
        let mut quiet = 0;
        while quiet < 3 {
            sleep(Duration::from_millis(300));
            let waiting = self.stack.waiting(&mut self.aws)?;
            quiet += 1;
            for (queue, _) in waiting.iter().filter(|(_, count)| *count > 0) {
                if queue.contains("Dlq") {
                    return Err(format!("`{queue}` has messages:\n{}", self.warnings()).into());
                }
                last.insert(queue.clone(), began.elapsed());
                quiet = 0;
            }
            if began.elapsed() > patience {
                return Err(format!("after {patience:?} the queues have {waiting:?}").into());
            }
        }
        Ok(last)
    }

    /// The last warnings and errors of the functions.
    fn warnings(&self) -> String {
        let log = self.emulator.log();
        let is_wrong = |line: &&str| [" WARN ", " ERROR "].iter().any(|level| line.contains(level));
        let lines: Vec<&str> = log.lines().filter(is_wrong).collect();
        lines.iter().skip(lines.len().saturating_sub(100)).map(|line| format!("{line}\n")).collect()
    }

    fn known(&mut self) -> Result<Known> {
        let mut known = Known::default();
        for event in self.listener.heard(&mut self.aws)? {
            let event: Value = serde_json::from_str(&event)?;
            known.notice(event["detail-type"].as_str().unwrap_or_default(), &event["detail"]);
        }
        let mut asked = json!({ "TableName": self.stack.output("TableName")?, "ConsistentRead": true, "ProjectionExpression": "pk, sk" });
        loop {
            let page = self.aws.call("dynamodb", "scan", asked.clone())?;
            for item in page["Items"].as_array().into_iter().flatten() {
                let part = |name: &str| item[name]["S"].as_str().unwrap_or_default();
                known.item(part("pk"), part("sk"));
            }
            let Some(next) = page.get("LastEvaluatedKey") else { return Ok(known) };
            asked["ExclusiveStartKey"] = next.clone();
        }
    }
}

fn shuffled(mut events: Vec<Value>) -> Vec<Value> {
    let mut chance = Chance::new(7);
    for place in (1..events.len()).rev() {
        let other = chance.below(place as u64 + 1);
        events.swap(place, usize::try_from(other).unwrap_or_default());
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_loses_nothing_and_each_finding_and_alert_leaves_once() -> Result<()> {
    let wanted = std::env::var("SAGEWARDEN_BURST").map_or(Ok(EVENTS), |text| text.parse())?;
    let groups = (wanted / 2 / OF_A_GROUP).max(1);
    let mut world = World::new(wanted).await?;
    // The last group is of this minute.
    let since = i64::try_from(groups)? * 10_000 + 90_000;
    let happened = Timestamp::from_millis(now().millis() - since);
    let happening = Happening { account: &world.account, git: &world.git, began: happened };
    for number in 0..groups {
        happening.of(number).group(number)?;
    }
    let events = world.account.drain_events()?;
    for number in 0..groups {
        report(number, |key| {
            let put = json!({ "Bucket": REPORTS, "Key": key, "Body": REPORT });
            world.aws.call("s3", "put_object", put).map(drop)
        })?;
    }
    let doubled = shuffled(events.iter().chain(&events).cloned().collect());
    let began = Instant::now();
    world.put(&doubled)?;
    let put = began.elapsed();
    let patience = Duration::from_secs(120) + Duration::from_secs(1) * u32::try_from(doubled.len())?;
    let last = world.settle(began, patience)?;
    let verdict = last.iter().find(|(queue, _)| queue.contains("-EnforcePolicyQueue-")).map(|(_, at)| *at);
    let end = last.values().max();
    println!(
        "{} events of {groups} groups were put in {put:.1?}; the last verdict after {verdict:.1?}, the last record after {end:.1?}",
        doubled.len()
    );
    // Enforcement stopped jobs, which announce that.
    let stopped = world.account.drain_events()?;
    world.put(&stopped)?;
    world.settle(Instant::now(), patience)?;
    let known = world.known()?;
    let differences = known.differences(&on_one_machine(groups, happened)?);
    println!(
        "{} notices, {} nodes, {} verdicts",
        known.notices.len(),
        known.nodes.len(),
        known.verdicts.len()
    );
    assert!(differences.is_empty(), "{differences:#?}\n{}", world.warnings());
    Ok(())
}
