//! The deployed stack: the template on an AWS emulator that enforces IAM, with the real binaries, and who listens to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sagewarden_events::Timestamp;
use sagewarden_local::{Clock, LocalGit, SimulatedAccount, Step, Store, Story};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::aws::{Aws, REGION, bytes};
use crate::bucket::{make_bucket, put_object, upload};
use crate::clock::MovableClock;
use crate::emulator::{ACCOUNT, Emulator};
use crate::functions::policies;
use crate::listener::Listener;
use crate::simulator::Simulator;
use crate::stack::Stack;
use crate::{Result, monitor, now};

/// The buckets of the story.
const BUCKETS: [&str; 2] = ["ds-data-bucket-credit-dev-7f3a", "ds-model-bucket-credit-dev-7f3a"];
/// The bucket with the policies and settings.
pub const BUNDLE_BUCKET: &str = "governance";

/// The emulator with the stack on it, the simulator beside it, and queues that receive its notices.
#[derive(Debug)]
pub struct Deployed {
    /// AWS's own client, for the emulator.
    pub aws: Rc<RefCell<Aws>>,
    /// See the type.
    pub stack: Stack,
    events: Listener,
    objects: Listener,
    mails: Listener,
    /// See the type.
    pub account: SimulatedAccount,
    /// See the type.
    pub git: LocalGit,
    /// See the type.
    pub simulator: Simulator,
    /// See the type.
    pub emulator: Emulator,
    clock: Option<Rc<MovableClock>>,
    _folder: TempDir,
}

impl Deployed {
    /// Deploys the template with these settings and parameters. The settings also lie in [`BUNDLE_BUCKET`], with the shipped policies.
    ///
    /// # Errors
    /// If the emulator does not start, or the stack cannot be deployed.
    pub async fn new(settings: &str, parameters: &Value) -> Result<Self> {
        Self::by_clock(settings, parameters, None).await
    }

    /// As [`Self::new`], at another time than the machine's. Each event and object of the story moves the clock to its own time.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn at(settings: &str, parameters: &Value, time: Timestamp) -> Result<Self> {
        Self::by_clock(settings, parameters, Some(MovableClock::new(time)?)).await
    }

    async fn by_clock(settings: &str, parameters: &Value, clock: Option<MovableClock>) -> Result<Self> {
        let folder = TempDir::new()?;
        let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
        let git = LocalGit::new(&folder.path().join("git"))?;
        let simulator = Simulator::start(account.clone(), git.clone()).await?;
        if let Some(clock) = &clock {
            simulator.pass_millis(clock.now().millis() - simulator.now().millis());
        }
        let emulator = Emulator::beside_at(&simulator.url(), clock.as_ref())?;
        let mut aws = emulator.aws()?;
        make_bucket(&mut aws, BUNDLE_BUCKET)?;
        upload(&mut aws, BUNDLE_BUCKET, "sagewarden/", &bundle_files(settings)?)?;
        let stack = Stack::deploy(&emulator, settings, parameters)?;
        stack.hasten(&mut aws, 4)?;
        for bucket in BUCKETS {
            make_bucket(&mut aws, bucket)?;
        }
        let events = Listener::on_bus(&mut aws, stack.output("BusName")?, "sagewarden")?;
        let objects = Listener::on_bus(&mut aws, "default", "aws.s3")?;
        let mails = Listener::on_topic(&mut aws, stack.output("TopicArn")?)?;
        Ok(Self {
            aws: Rc::new(RefCell::new(aws)),
            stack,
            events,
            objects,
            mails,
            account,
            git,
            simulator,
            emulator,
            clock: clock.map(Rc::new),
            _folder: folder,
        })
    }

    /// A story on the account and in the emulator's buckets.
    #[must_use]
    pub fn story(&self, clock: Clock) -> Story {
        let (aws, own) = (Rc::clone(&self.aws), self.clock.clone());
        let mirror = move |bucket: &str, key: &str, body: &[u8], at: Timestamp| {
            let moved = own.as_ref().map_or(Ok(()), |clock| clock.move_to(at));
            // What fails here shows in what the functions find.
            if let Err(error) = moved.and_then(|()| put_object(&mut aws.borrow_mut(), bucket, key, body)) {
                eprintln!("{error}");
            }
        };
        Story::new(self.account.clone(), self.git.clone(), clock).mirrored(mirror)
    }

    /// Plays chapters; returns every event that was put on the bus.
    ///
    /// # Errors
    /// If a moment fails, or the queues do not become empty.
    pub fn play(&self, story: &mut Story, steps: &[Step]) -> Result<Vec<Value>> {
        let mut told = Vec::new();
        for moment in steps.iter().flat_map(|step| step.moments) {
            moment(story)?;
            told.extend(self.deliver_until_silence()?);
        }
        Ok(told)
    }

    /// Delivers what the account announces, and what the calls announce that this sets off; returns it.
    ///
    /// # Errors
    /// If the queues do not become empty.
    pub fn deliver_until_silence(&self) -> Result<Vec<Value>> {
        let mut told = Vec::new();
        loop {
            let events = self.account.drain_events()?;
            if events.is_empty() {
                return Ok(told);
            }
            // The emulator's S3 announces its own objects.
            let events: Vec<Value> =
                events.into_iter().filter(|event| event.get("source") != Some(&json!("aws.s3"))).collect();
            let (ticks, events): (Vec<Value>, Vec<Value>) =
                events.into_iter().partition(|event| event.get("source") == Some(&json!("aws.events")));
            self.put(&events)?;
            for tick in &ticks {
                self.tick(tick)?;
            }
            told.extend(events);
        }
    }

    /// The clock's event, for the functions that watch endpoints. Only EventBridge puts such an event on a bus.
    ///
    /// # Errors
    ///
    /// If the queues do not become empty.
    pub fn tick(&self, event: &Value) -> Result<()> {
        self.follow(event)?;
        for queue in ["DetectDriftQueue", "AlertDriftQueue"] {
            self.stack.send(&mut self.aws.borrow_mut(), queue, event)?;
        }
        self.put(&[])
    }

    /// Lets `reconcile` look through the account at this time, and waits until it is done.
    ///
    /// # Errors
    ///
    /// If the queues do not become empty.
    pub fn sweep(&self, time: Timestamp) -> Result<()> {
        self.stack.send(&mut self.aws.borrow_mut(), "ReconcileQueue", &clock_tick(time))?;
        self.put(&[])
    }

    /// Moves the clock, if there is one, to the time of an event.
    fn follow(&self, event: &Value) -> Result<()> {
        if let Some(clock) = &self.clock {
            let time = event.get("time").and_then(Timestamp::from_json).ok_or("an event has no time")?;
            clock.move_to(time)?;
            self.simulator.pass_millis(clock.now().millis() - self.simulator.now().millis());
        }
        Ok(())
    }

    /// Puts events on the bus, and waits until nothing is waiting.
    ///
    /// # Errors
    /// If the queues do not become empty; with the functions' log.
    pub fn put(&self, events: &[Value]) -> Result<()> {
        let mut aws = self.aws.borrow_mut();
        for event in events {
            self.follow(event)?;
            put_event(&mut aws, event)?;
        }
        self.stack.settle(&mut aws).map_err(|error| format!("{error}\n{}", self.emulator.log()).into())
    }

    /// An execution of Model Monitor, which writes its report and ends.
    ///
    /// # Errors
    /// If a step fails.
    pub fn run_monitor(&self) -> Result<()> {
        monitor::schedule(&self.account, now())?;
        self.deliver_until_silence()?;
        monitor::start(&self.account, now())?;
        self.deliver_until_silence()?;
        put_object(&mut self.aws.borrow_mut(), monitor::BUCKET, monitor::REPORT, monitor::FOUND.as_bytes())?;
        monitor::finish(&self.account, now())?;
        self.deliver_until_silence()?;
        Ok(())
    }

    /// The events of the emulator's S3 since the last call.
    ///
    /// # Errors
    /// If the emulator does not answer.
    pub fn written(&self) -> Result<Vec<Value>> {
        let written = self.objects.heard(&mut self.aws.borrow_mut())?;
        written.iter().map(|event| Ok(serde_json::from_str(event)?)).collect()
    }

    /// The events on the stack's bus since the last call.
    ///
    /// # Errors
    /// If the emulator does not answer.
    pub fn heard(&self) -> Result<Vec<Value>> {
        let heard = self.events.heard(&mut self.aws.borrow_mut())?;
        heard.iter().map(|event| Ok(serde_json::from_str(event)?)).collect()
    }

    /// The mails since the last call, without the marks around their lines.
    ///
    /// # Errors
    /// If the emulator does not answer.
    pub fn mails(&self) -> Result<Vec<Vec<String>>> {
        let mails = self.mails.heard(&mut self.aws.borrow_mut())?;
        let lines = |mail: &String| mail.lines().map(|line| line.trim_matches('"').to_owned()).collect();
        Ok(mails.iter().map(lines).collect())
    }

    /// The table as it stands: key to attributes.
    ///
    /// # Errors
    /// If the emulator does not answer.
    pub fn table(&self) -> Result<BTreeMap<String, Value>> {
        let mut items = BTreeMap::new();
        let mut asked = json!({ "TableName": self.stack.output("TableName")?, "ConsistentRead": true });
        loop {
            let page = self.aws.borrow_mut().call("dynamodb", "scan", asked.clone())?;
            for item in page.get("Items").and_then(Value::as_array).into_iter().flatten() {
                let part = |name: &str| {
                    item.pointer(&format!("/{name}/S")).and_then(Value::as_str).unwrap_or_default()
                };
                items.insert(format!("{}\t{}", part("pk"), part("sk")), sorted(item.clone()));
            }
            let (Some(next), Some(asked)) = (page.get("LastEvaluatedKey"), asked.as_object_mut()) else {
                return Ok(items);
            };
            asked.insert("ExclusiveStartKey".into(), next.clone());
        }
    }

    /// The answer of `lookup-lineage`.
    ///
    /// # Errors
    /// If the function fails.
    pub fn ask(&self, question: &Value) -> Result<Value> {
        let invoked =
            json!({ "FunctionName": self.stack.output("LookupFunction")?, "Payload": question.to_string() });
        let answer = self.aws.borrow_mut().call("lambda", "invoke", invoked)?;
        Ok(serde_json::from_slice(&bytes(&answer, "Payload")?)?)
    }
}

/// The members of a set come in any order.
fn sorted(mut item: Value) -> Value {
    for attribute in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
        if let Some(members) = attribute.get_mut("SS").and_then(Value::as_array_mut) {
            members.sort_by_key(ToString::to_string);
        }
    }
    item
}

/// The shipped policies and these settings, as files of a bundle that judges as the packaged one does, and is another one.
///
/// # Errors
/// If the policies cannot be read.
pub fn bundle_files(settings: &str) -> Result<BTreeMap<String, String>> {
    let mut files = policies()?;
    files.insert("settings.toml".to_owned(), format!("# From a bucket.\n{settings}"));
    Ok(files)
}

/// The event of EventBridge's clock.
#[must_use]
pub fn clock_tick(time: Timestamp) -> Value {
    let rule = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/clock");
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": ACCOUNT,
        "time": time, "region": REGION, "resources": [rule], "detail": {},
    })
}

/// Puts an event on the bus.
///
/// # Errors
/// If the emulator refuses it.
pub fn put_event(aws: &mut Aws, event: &Value) -> Result<()> {
    let entry = json!({
        "Source": event.get("source"),
        "DetailType": event.get("detail-type"),
        "Detail": event.get("detail").unwrap_or(&Value::Null).to_string(),
        "Resources": event.get("resources"),
        "Time": event.get("time"),
    });
    let answer = aws.call("events", "put_events", json!({ "Entries": [entry] }))?;
    if answer.get("FailedEntryCount") != Some(&json!(0)) {
        return Err(format!("the bus refused {event}: {answer}").into());
    }
    Ok(())
}
