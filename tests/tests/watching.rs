//! The clock in an account of ten thousand endpoints: every schedule, endpoint and window is looked at, and no record asks more than a
//! bounded number of requests.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind, Timestamp, decode};
use sagewarden_govern::ports::{
    Account, Bus, Description, Notice, PortError, PortErrorKind, SummaryPage, Table as _,
};
use sagewarden_govern::{
    Absent, Failure, Given, KnownBaselines, MONITORING_FAILED, Moment, Outcome, Ports, route,
};
use sagewarden_lineage::rows::OpenWindowRow;
use sagewarden_lineage::table::Write;
use sagewarden_local::{Call, Guard, Guarded, NoticeLog, SentNotice, Store, Story};
use sagewarden_settings::Settings;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::{Value, json};

const MANY: usize = 10_000;
const DAY: i64 = 86_400;
/// The most requests of a record. Most of them belong to 25 endpoints without traffic, with seven requests each.
const AT_MOST: usize = 200;

/// An account with so many endpoints, each with a schedule; number 7,777 does not run, and 5,555 captures traffic that does not come.
#[derive(Clone)]
struct Large;

fn listed(from: Option<&str>, summary: impl Fn(usize) -> Value) -> SummaryPage {
    let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or_default();
    let next = (from + 100 < MANY).then(|| (from + 100).to_string());
    SummaryPage { summaries: (from..from + 100).map(summary).collect(), next }
}

fn created() -> Value {
    json!(at(-90 * DAY).millis() / 1_000)
}

impl Account for Large {
    async fn describe(&self, resource: &Resource) -> std::result::Result<Option<Description>, PortError> {
        let number = resource.name.split_once('-').map_or("", |(_, number)| number);
        let document = match resource.kind {
            ResourceKind::MonitoringSchedule => json!({
                "MonitoringScheduleName": resource.name,
                "EndpointName": format!("e-{number}"),
                "MonitoringType": "DataQuality",
                "MonitoringScheduleStatus": "Scheduled",
                "CreationTime": created(),
                "MonitoringScheduleConfig": { "ScheduleConfig": { "ScheduleExpression": "cron(0 8 ? * * *)" } },
            }),
            // Windows of deleted endpoints are closed.
            ResourceKind::Endpoint if number == "gone" => return Ok(None),
            ResourceKind::Endpoint => json!({
                "EndpointName": resource.name,
                "EndpointStatus": "InService",
                "EndpointConfigName": "c",
                "CreationTime": created(),
                "LastModifiedTime": created(),
                "DataCaptureConfig": {
                    "EnableCapture": number == "5555",
                    "CaptureStatus": "Started",
                    "CurrentSamplingPercentage": 100,
                    "DestinationS3Uri": "s3://captured/traffic",
                },
            }),
            _ => return Ok(None),
        };
        Ok(Some(Description::new(resource, document)))
    }

    async fn tags(&self, _: &Resource) -> std::result::Result<BTreeMap<String, String>, PortError> {
        Ok(BTreeMap::new())
    }

    async fn schedules_of(&self, _: &Resource) -> std::result::Result<Value, PortError> {
        Ok(json!({}))
    }

    async fn policy_of(&self, _: &Resource) -> std::result::Result<Option<Value>, PortError> {
        Ok(None)
    }

    async fn schedules(&self, from: Option<&str>) -> std::result::Result<SummaryPage, PortError> {
        Ok(listed(from, |number| json!({ "MonitoringScheduleName": format!("s-{number}") })))
    }

    async fn endpoints(&self, from: Option<&str>) -> std::result::Result<SummaryPage, PortError> {
        let status = "InService";
        Ok(listed(
            from,
            |number| json!({ "EndpointName": format!("e-{number}"), "EndpointStatus": status, "CreationTime": created() }),
        ))
    }

    async fn executions_of(
        &self,
        schedule: &Resource,
        since: Timestamp,
    ) -> std::result::Result<Value, PortError> {
        let ran = json!({ "ScheduledTime": since, "MonitoringExecutionStatus": "Completed" });
        let ran = if schedule.name == "s-7777" { vec![] } else { vec![ran] };
        Ok(json!({ "MonitoringExecutionSummaries": ran }))
    }

    async fn steps_of(&self, _: &Resource) -> std::result::Result<Option<Value>, PortError> {
        Ok(None)
    }

    async fn components_of(&self, _: &Resource) -> std::result::Result<Value, PortError> {
        Ok(json!({}))
    }

    async fn annotate(
        &self,
        _: &Resource,
        _: &BTreeMap<String, String>,
    ) -> std::result::Result<(), PortError> {
        Ok(())
    }
}

/// The requests of the current record, all requests, and the resources that do not answer the first time.
#[derive(Default)]
struct Asked {
    of_record: RefCell<BTreeMap<&'static str, usize>>,
    calls: RefCell<BTreeMap<&'static str, usize>>,
    described: RefCell<BTreeSet<String>>,
    fails_once: RefCell<BTreeSet<&'static str>>,
}

impl Guard for Asked {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        *self.of_record.borrow_mut().entry(call.method).or_default() += 1;
        *self.calls.borrow_mut().entry(call.method).or_default() += 1;
        let mut fails = self.fails_once.borrow_mut();
        if let Some(failing) = fails.iter().find(|end| call.about.ends_with(**end)).copied() {
            fails.remove(failing);
            return Err(PortError::new(PortErrorKind::Throttled, call.about, "slow down"));
        }
        if call.method == "Account::describe" {
            self.described.borrow_mut().insert(call.about.to_owned());
        }
        Ok(())
    }
}

/// The bus, with a rule that brings back parts that were handed on.
#[derive(Clone, Default)]
struct Rules(Rc<RefCell<Vec<Notice>>>);

impl Bus for Rules {
    async fn publish(&self, notice: &Notice) -> std::result::Result<(), PortError> {
        self.0.borrow_mut().push(notice.clone());
        Ok(())
    }
}

/// The outcomes of a tick and of all its parts.
struct Played {
    records: usize,
    failed: usize,
    most: usize,
    sent: Vec<Notice>,
}

/// Delivers a tick, then whatever is handed on, until there is silence; what fails comes again.
fn play(
    asked: &Rc<Asked>,
    store: &Store,
    tick: Value,
    act: impl AsyncFn(&TestWorld, &Value) -> Outcome,
) -> Result<Played> {
    let bus = Rules::default();
    let world = world(asked, store, &bus);
    let mut queue = VecDeque::from([tick]);
    let mut played = Played { records: 0, failed: 0, most: 0, sent: Vec::new() };
    while let Some(event) = queue.pop_front() {
        asked.of_record.take();
        played.records += 1;
        match block_on(act(&world, &event)) {
            Ok(_) => {}
            Err(Failure::Retry(_)) => {
                played.failed += 1;
                queue.push_back(event);
            }
            Err(Failure::Reject(reason)) => return Err(format!("{reason}: {event}").into()),
        }
        played.most = played.most.max(asked.of_record.borrow().values().sum());
        for notice in bus.0.take() {
            if notice.detail_type == "Sagewarden Watch Continued" {
                assert!(notice.detail().to_string().len() < 10_000, "a record of a queue is small");
                queue.push_back(event_of(&notice));
            } else {
                played.sent.push(notice);
            }
        }
        assert!(played.records < 5 * MANY, "it never ends");
    }
    Ok(played)
}

fn event(source: &str, detail_type: &str, time: Timestamp, detail: &Value) -> Value {
    json!({
        "version": "0", "id": "1", "source": source, "detail-type": detail_type, "account": Story::ACCOUNT,
        "region": Story::REGION, "time": time, "resources": [], "detail": detail,
    })
}

/// As EventBridge brings it: when it was handed on is not when the clock ticked.
fn event_of(notice: &Notice) -> Value {
    event("sagewarden", notice.detail_type, at(365 * DAY), notice.detail())
}

type TestWorld = Ports<
    Guarded<Large, Asked>,
    Absent,
    Guarded<sagewarden_local::SimulatedAccount, Asked>,
    Guarded<sagewarden_local::SimulatedAccount, Asked>,
    Absent,
    Absent,
    Absent,
    Guarded<Store, Asked>,
    Guarded<Rules, Asked>,
    Absent,
>;

fn world(asked: &Rc<Asked>, store: &Store, bus: &Rules) -> TestWorld {
    let objects = sagewarden_local::SimulatedAccount::new(store.clone(), Story::ACCOUNT, Story::REGION);
    Ports {
        account: Guarded::behind(Large, asked),
        remedies: Absent,
        objects: Guarded::behind(objects.clone(), asked),
        files: Guarded::behind(objects, asked),
        source: Absent,
        roles: Absent,
        keys: Absent,
        table: Guarded::behind(store.clone(), asked),
        bus: Guarded::behind(bus.clone(), asked),
        metrics: Absent,
        given: Given {
            settings: Settings::default(),
            evidence_bucket: "own".to_owned(),
            working_bucket: "own".to_owned(),
            home: None,
            stack: None,
        },
    }
}

fn moment(now: Timestamp) -> Moment {
    Moment { now, owner: "t".to_owned() }
}

#[test]
fn every_schedule_and_endpoint_of_ten_thousand_is_looked_at_and_no_record_asks_much() -> Result<()> {
    let asked = Rc::new(Asked::default());
    let store = Store::in_memory()?;
    let alert = async |world: &TestWorld, body: &Value| {
        let now = moment(at(DAY + 3_600));
        let mut events = decode(&body.to_string()).map_err(|error| Failure::Reject(error.to_string()))?;
        let event = events.pop().ok_or_else(|| Failure::Reject("no event".to_owned()))?;
        route::alert_drift(world, &event, &now).await.ok_or_else(|| Failure::Reject("nobody".to_owned()))?
    };
    // Somebody has listened for long enough: a first tick notes since when.
    let first = event("aws.events", "Scheduled Event", at(-10 * DAY), &json!({}));
    play(&asked, &store, first, alert)?;
    asked.calls.take();
    asked.described.take();
    // Two that are throttled: their records come again, and no others.
    asked.fails_once.replace(BTreeSet::from(["monitoring-schedule/s-5000", "endpoint/e-2500"]));
    let tick = event("aws.events", "Scheduled Event", at(DAY + 3_600), &json!({}));
    let played = play(&asked, &store, tick, alert)?;

    let described = asked.described.take();
    let of = |kind: &str| described.iter().filter(|arn| arn.contains(&format!(":{kind}/"))).count();
    assert_eq!((of("monitoring-schedule"), of("endpoint")), (MANY, MANY));
    let causes: BTreeSet<String> =
        played.sent.iter().map(|sent| sent.detail()["cause"].to_string()).collect();
    assert!(played.sent.iter().all(|sent| sent.detail_type == MONITORING_FAILED));
    assert_eq!(
        causes,
        BTreeSet::from(["\"execution-missing\"".to_owned(), "\"traffic-missing\"".to_owned()])
    );
    assert_eq!(played.sent.len(), 2);
    let calls = asked.calls.take();
    // A hundred to a page, and each page once.
    assert_eq!((calls["Account::schedules"], calls["Account::endpoints"]), (MANY / 100, MANY / 100));
    assert_eq!(played.failed, 2, "the failure of one takes nothing with it but its own part");
    // A tick, two lists that go on nine times, parts of 25, and two parts that came again.
    assert_eq!(played.records, 1 + 2 * 9 + 2 * MANY / 25 + 2);
    assert!(played.most <= AT_MOST, "a record asked {} times", played.most);
    println!(
        "{} records, {} requests in all, {} at most in one",
        played.records,
        calls.values().sum::<usize>(),
        played.most
    );
    Ok(())
}

#[test]
fn every_window_of_ten_thousand_is_closed_and_no_record_asks_much() -> Result<()> {
    let asked = Rc::new(Asked::default());
    let store = Store::in_memory()?;
    let [start, end] = [0, 3_600].map(at);
    let row = |number: usize| {
        let (account, region) = (Story::ACCOUNT, Story::REGION);
        let endpoint =
            Resource::in_region(ResourceKind::Endpoint, account, region, &format!("x{number}-gone"));
        Write::Put(OpenWindowRow { endpoint, variant: "v".to_owned(), start, end }.item())
    };
    block_on(store.write(&(0..MANY).map(row).collect::<Vec<_>>()))?;
    let known = KnownBaselines::default();
    let closing = |after: i64| {
        let known = &known;
        async move |world: &TestWorld, body: &Value| {
            let mut events = decode(&body.to_string()).map_err(|error| Failure::Reject(error.to_string()))?;
            let event = events.pop().ok_or_else(|| Failure::Reject("no event".to_owned()))?;
            let now = moment(at(after));
            let closed = route::detect_drift(world, known, &event, &now).await;
            closed.ok_or_else(|| Failure::Reject("nobody".to_owned()))?
        }
    };
    let tick = |after: i64| event("aws.events", "Scheduled Event", at(after), &json!({}));
    // 09:20: they were handed on five minutes ago, and others are at it.
    let later = 3_600 + 20 * 60 + 10;
    let played = play(&asked, &store, tick(later), closing(later))?;
    assert_eq!(played.records, 10, "the list is read, and nothing is handed on twice");
    let due = 3_600 + 15 * 60 + 10;
    asked.calls.take();
    let played = play(&asked, &store, tick(due), closing(due))?;
    assert!(block_on(store.query(&OpenWindowRow::ended(at(DAY))))?.items.is_empty());
    assert_eq!(played.records, 1 + 9 + MANY / 20);
    assert!(played.most <= AT_MOST, "a record asked {} times", played.most);
    // A missed tick is made up for in the next hour.
    block_on(store.write(&(0..30).map(row).collect::<Vec<_>>()))?;
    let next_hour = 2 * 3_600 + 60;
    play(&asked, &store, tick(next_hour), closing(next_hour))?;
    assert!(block_on(store.query(&OpenWindowRow::ended(at(DAY))))?.items.is_empty());
    Ok(())
}

#[test]
fn on_one_machine_what_is_handed_on_comes_back_too() -> Result<()> {
    let local = Local::new()?;
    let config = json!({ "MonitoringJobDefinition": { "MonitoringInputs": [{ "EndpointInput": { "EndpointName": "prod", "LocalPath": "/opt/ml" } }] } });
    for number in 0..60 {
        let name = format!("s{number:02}");
        let request = json!({ "MonitoringScheduleName": name, "MonitoringScheduleConfig": config });
        local.create(ResourceKind::MonitoringSchedule, &request, number)?;
    }
    local.settle()?;
    local.system.account.fail_schedule("s59", "no role", at(100))?;
    let tick = event("aws.events", "Scheduled Event", at(3_600), &json!({}));
    local.deliver(&tick.to_string())?;
    let failed =
        |sent: Vec<SentNotice>| sent.iter().filter(|it| it.detail["cause"] == "schedule-failed").count();
    assert_eq!(failed(local.sent()?), 0, "it is handed on");
    let outcomes = local.settle()?;
    assert_eq!(failed(local.sent()?), 1, "{outcomes:?}");
    let log = NoticeLog::new(local.system.store.clone());
    assert!(log.sent()?.iter().all(|sent| sent.detail_type != "Sagewarden Watch Continued"));
    Ok(())
}
