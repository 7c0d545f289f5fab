//! The contract of the bus, for the log of one machine and for EventBridge, watched and guarded as the functions and tests use them: a
//! notice that the bus took is delivered unchanged, as often as it was published; a notice that it refused is an error.

use std::cell::RefCell;

use sagewarden_eventbridge::EventBus;
use sagewarden_govern::Absent;
use sagewarden_govern::ports::{Bus, Notice, PortErrorKind};
use sagewarden_lambda::WatchedBus;
use sagewarden_local::{Counts, Guarded, LocalGit, NoticeLog, SimulatedAccount, Store};
use sagewarden_tests::Result;
use sagewarden_tests::aws::{Aws, REGION};
use sagewarden_tests::emulator::{ACCOUNT, Emulator, config};
use sagewarden_tests::listener::Listener;
use sagewarden_tests::simulator::Simulator;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The smaller of two limits of PutEvents for all entries of a call, in bytes: the user guide says 256 KB, the newer reference of the API 1
/// MB. Sagewarden keeps within the smaller one.
const LIMIT: usize = 256 << 10;

const TYPE: &str = "Sagewarden Drift Alert";

fn notice(id: &str) -> Notice {
    let resources = vec!["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e".to_owned()];
    Notice::new(TYPE, resources, json!({ "notice_id": id, "text": "drift — `é`", "count": 3 }))
}

/// The size of an entry ("Calculating PutEvents event entry size", EventBridge user guide).
fn size(notice: &Notice) -> usize {
    let resources: usize = notice.resources.iter().map(String::len).sum();
    "sagewarden".len() + notice.detail_type.len() + resources + notice.detail().to_string().len()
}

/// Notices that a bus must take as they are.
fn notices() -> Vec<Notice> {
    let plain = notice("plain");
    let values = json!({
        "notice_id": "values", "none": null, "yes": true, "list": [1, [2.5, {}], []], "nested": { "a": { "b": "" } },
        "large": i64::MAX, "small": i64::MIN, "real": 0.1, "reason": "\"quoted\" \\ \n\t\u{1}\u{2028} 漢字 🦀",
    });
    let values = Notice::new(TYPE, notice("values").resources, values);
    let nobody = Notice::new(TYPE, Vec::new(), notice("nobody").detail().clone());
    let many = (0..50).map(|number| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e{number}"));
    let many = Notice::new(TYPE, many.collect(), notice("many").detail().clone());
    let mut largest = notice("largest");
    let room = LIMIT - 1 - size(&largest) - ",\"x\":\"\"".len();
    largest = largest.with("x", "é".repeat(room / 2).into());
    let is_near = (LIMIT - 2..LIMIT).contains(&size(&largest));
    assert!(is_near, "{} bytes", size(&largest));
    vec![plain, values, nobody, many, largest]
}

/// As a listener has it: type, resources and detail.
type Heard = (String, Vec<String>, Value);

fn heard(notice: &Notice) -> Heard {
    (notice.detail_type.to_owned(), notice.resources.clone(), notice.detail().clone())
}

fn sorted(mut notices: Vec<Heard>) -> Vec<Heard> {
    notices.sort_by_key(|(_, _, detail)| detail.to_string());
    notices
}

/// `listen` returns the notices that were delivered since the last call, in any order.
async fn contract(bus: &impl Bus, mut listen: impl FnMut() -> Result<Vec<Heard>>) -> Result<()> {
    // As it was given.
    for notice in notices() {
        bus.publish(&notice).await?;
        assert_eq!(listen()?, [heard(&notice)]);
    }
    // A notice that is published twice is delivered twice, with one id, by which a receiver recognizes it.
    let [first, second] = [notice("first"), notice("second")];
    for each in [&first, &second, &first] {
        bus.publish(each).await?;
    }
    assert_eq!(sorted(listen()?), sorted(vec![heard(&first), heard(&first), heard(&second)]));
    assert_eq!(listen()?, [], "nothing is delivered that was not published");
    Ok(())
}

/// The notices in a log since the last call.
fn kept(log: &NoticeLog) -> impl FnMut() -> Result<Vec<Heard>> {
    let mut before = 0;
    let log = log.clone();
    move || {
        let sent = log.sent()?.into_iter().skip(before);
        let new: Vec<Heard> = sent.map(|sent| (sent.detail_type, sent.resources, sent.detail)).collect();
        before += new.len();
        Ok(new)
    }
}

#[tokio::test]
async fn the_log_keeps_the_contract() -> Result<()> {
    let log = NoticeLog::new(Store::in_memory()?);
    contract(&log, kept(&log)).await?;
    // An account that takes what is handed on takes nothing else.
    let store = Store::in_memory()?;
    let account = SimulatedAccount::new(store.clone(), ACCOUNT, REGION);
    let log = NoticeLog::new(store).handing_on_to(&account);
    contract(&log, kept(&log)).await?;
    assert_eq!(account.drain_events()?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_bus_that_is_watched_or_guarded_keeps_the_contract() -> Result<()> {
    let log = NoticeLog::new(Store::in_memory()?);
    contract(&WatchedBus(log.clone()), kept(&log)).await?;
    let counted = Guarded::new(NoticeLog::new(Store::in_memory()?), Counts::default());
    contract(&counted, kept(&counted.port)).await?;
    assert_eq!(counted.guard.take().get("Bus::publish"), Some(&8));
    Ok(())
}

/// The notices in a queue since the last call.
fn delivered<'a>(
    aws: &'a RefCell<Aws>,
    listener: &'a Listener,
) -> impl FnMut() -> Result<Vec<Heard>> + use<'a> {
    || {
        let bodies = listener.heard(&mut aws.borrow_mut())?;
        let read = |body: &String| -> Result<Heard> {
            let event: Value = serde_json::from_str(body)?;
            assert_eq!(event.get("source"), Some(&json!("sagewarden")));
            let part = |name: &str| event.get(name).cloned().unwrap_or_default();
            Ok((
                serde_json::from_value(part("detail-type"))?,
                serde_json::from_value(part("resources"))?,
                part("detail"),
            ))
        };
        bodies.iter().map(read).collect()
    }
}

#[tokio::test]
async fn eventbridge_keeps_the_contract() -> Result<()> {
    let emulator = Emulator::start(&[])?;
    let aws = RefCell::new(emulator.aws()?);
    aws.borrow_mut().call("events", "create_event_bus", json!({ "Name": "own" }))?;
    let listener = Listener::on_bus(&mut aws.borrow_mut(), "own", "sagewarden")?;
    let bus = EventBus::new(&emulator.config().await, "own");
    contract(&bus, delivered(&aws, &listener)).await?;
    contract(&WatchedBus(bus), delivered(&aws, &listener)).await
}

#[tokio::test]
async fn an_entry_that_is_refused_is_an_error_and_comes_again() -> Result<()> {
    let folder = TempDir::new()?;
    let account = SimulatedAccount::new(Store::in_memory()?, ACCOUNT, REGION);
    let simulator = Simulator::start(account, LocalGit::new(folder.path())?).await?;
    let bus = EventBus::new(&config(&simulator.url()).await, "own");
    for error in [bus.publish(&notice("n")).await.err(), WatchedBus(bus).publish(&notice("n")).await.err()] {
        let error = error.ok_or("a refused entry counted as taken")?;
        let words = "publish `Sagewarden Drift Alert` on `own`: ThrottlingException: too many";
        assert_eq!(error.to_string(), words);
        assert_eq!((error.kind(), error.is_retryable()), (PortErrorKind::Throttled, true));
    }
    Ok(())
}

#[tokio::test]
async fn a_bus_that_a_process_does_not_have_takes_nothing() -> Result<()> {
    let error = Absent.publish(&notice("n")).await.err().ok_or("nobody took it")?;
    assert_eq!(error.kind(), PortErrorKind::Invalid, "{error}");
    Ok(())
}
