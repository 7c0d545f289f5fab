//! Whatever arrives, through the batches of the functions: rejected with a reason and kept once, or acknowledged as none of ours, or
//! tried again where the world was not ready. Never a panic, and never at the cost of another record of the batch.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt as _;
use lambda_runtime::{Context, LambdaEvent};
use sagewarden_events::{Event, decode, redacted_text};
use sagewarden_govern::route;
use sagewarden_govern::{Failure, KnownBaselines, Moment, Outcome};
use sagewarden_lambda::sqs_batch;
use sagewarden_measure::Chance;
use sagewarden_tests::local::Local;
use sagewarden_tests::{Result, files_below, root};
use serde_json::{Value, json};

const FUNCTIONS: [&str; 6] =
    ["record-commit", "enforce-policy", "record-lineage", "detect-drift", "alert-drift", "reconcile"];

async fn route_to(function: &str, local: &Local, event: &Event, moment: &Moment) -> Option<Outcome> {
    let (world, judging, known) = (local.system.world(), local.system.judging(), KnownBaselines::default());
    match function {
        "record-commit" => route::record_commit(&world, Some(&judging.in_force), event, moment).await,
        "enforce-policy" => route::enforce_policy(&world, &judging, event, moment).await,
        "record-lineage" => route::record_lineage(&world, event, moment).await,
        "detect-drift" => route::detect_drift(&world, &known, event, moment).await,
        "reconcile" => route::reconcile(&world, &world.account, &judging, event, moment, &|| false).await,
        _ => route::alert_drift(&world, event, moment).await,
    }
}

/// How the records of a batch ended, by their ids.
#[derive(Debug, Default)]
struct Batch {
    /// Delivered again.
    again: BTreeSet<String>,
    /// Kept in quarantine: reason and body.
    kept: BTreeMap<String, (String, String)>,
    /// The records that the function did not finish, by its own account.
    retried: BTreeSet<String>,
    /// The records that the function rejected, by its own account.
    rejected: BTreeSet<String>,
}

/// Brings a function a batch as its queue does; the ids are the numbers of the records. A panic ends the test.
fn deliver(local: &Local, function: &str, bodies: &[String]) -> Result<Batch> {
    let id = |number: usize| format!("{function}-{number:05}");
    let records = bodies.iter().enumerate().map(|(number, body)| {
        let attributes = json!({ "ApproximateReceiveCount": "1", "SentTimestamp": "1772442000000" });
        json!({ "messageId": id(number), "receiptHandle": "r", "body": body, "attributes": attributes, "eventSource": "aws:sqs" })
    });
    let payload = json!({ "Records": records.collect::<Vec<_>>() });
    // From text, as the runtime reads it.
    let payload = serde_json::from_str(&payload.to_string())?;
    let (noted, panicked) = (RefCell::new(Batch::default()), RefCell::new(Vec::new()));
    let act = async |event: &Event, moment: &Moment| {
        let handled = AssertUnwindSafe(route_to(function, local, event, moment)).catch_unwind().await;
        let id = moment.owner.rsplit('/').next().unwrap_or_default().to_owned();
        let outcome = handled.unwrap_or_else(|_| {
            panicked.borrow_mut().push(format!("{event:?}"));
            None
        });
        match &outcome {
            Some(Err(Failure::Retry(_))) => drop(noted.borrow_mut().retried.insert(id)),
            Some(Err(Failure::Reject(_))) => drop(noted.borrow_mut().rejected.insert(id)),
            _ => {}
        }
        outcome
    };
    for (number, body) in bodies.iter().enumerate() {
        match catch_unwind(|| decode(body)) {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => drop(noted.borrow_mut().rejected.insert(id(number))),
            Err(_) => return Err(format!("reading panicked at {body}").into()),
        }
    }
    let before = local.system.quarantine.kept()?.len();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let brought = LambdaEvent::new(payload, Context::default());
    let answer = runtime.block_on(sqs_batch(function, brought, &act, &local.system.quarantine));
    assert_eq!(panicked.into_inner(), Vec::<String>::new(), "{function} panicked");
    let answer: Value = serde_json::to_value(answer.map_err(|error| error.to_string())?)?;
    let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
    let mut batch = noted.into_inner();
    batch.again = failures.iter().map(|each| each["itemIdentifier"].as_str().unwrap().to_owned()).collect();
    assert_eq!(batch.again.len(), failures.len(), "none is reported twice");
    let text = |kept: &Value, name: &str| kept[name].as_str().unwrap().to_owned();
    let kept = local.system.quarantine.kept()?;
    let own = kept.iter().filter(|kept| kept["function"] == function);
    batch.kept =
        own.map(|kept| (text(kept, "message_id"), (text(kept, "reason"), text(kept, "body")))).collect();
    assert_eq!(kept.len(), before + batch.kept.len(), "each is kept once");
    // The log agrees with the outcome of each record, and no record has two outcomes.
    assert_eq!(batch.again, batch.retried);
    let of_kept: BTreeSet<String> = batch.kept.keys().cloned().collect();
    let rejected: BTreeSet<String> = batch.rejected.difference(&batch.again).cloned().collect();
    assert_eq!(of_kept, rejected);
    for (id, (reason, body)) in &batch.kept {
        let number: usize = id.rsplit('-').next().unwrap().parse()?;
        assert!(
            !reason.is_empty() && *body == redacted_text(&bodies[number]).text,
            "{id} is kept as it came but for secrets, with its reason"
        );
    }
    Ok(batch)
}

const ENDINGS: [&str; 2] = ["json", "txt"];

/// The contents of the files in a folder of `events/`.
fn events(folder: &str) -> Result<Vec<String>> {
    let paths = files_below(&root().join("events").join(folder), &ENDINGS)?;
    paths.iter().map(|path| Ok(fs::read_to_string(path)?)).collect()
}

/// An event of an existing job that every function but `record-commit` handles, and an event of a push.
fn good(local: &Local) -> Result<[String; 2]> {
    let path = root().join("events/aws.sagemaker/training-job-state-change/in-progress.json");
    let event = fs::read_to_string(path)?;
    local.system.account.adopt(&serde_json::from_str(&event)?)?;
    let path = root().join("events/not-ours/unknown-source.json");
    Ok([event, fs::read_to_string(path)?])
}

#[test]
fn every_bad_event_is_kept_with_its_reason_and_the_others_of_its_batch_are_handled() -> Result<()> {
    let bad = events("bad")?;
    assert!(bad.len() > 15, "{}", bad.len());
    let mut rejected = BTreeSet::new();
    for function in FUNCTIONS {
        let local = Local::new()?;
        let [good, foreign] = good(&local)?;
        let mut bodies = vec![good];
        bodies.extend(bad.iter().cloned());
        bodies.push(foreign);
        let batch = deliver(&local, function, &bodies)?;
        assert!(batch.again.is_empty(), "{function}: {:?}", batch.again);
        for (number, body) in bodies.iter().enumerate() {
            let is_kept = batch.kept.contains_key(&format!("{function}-{number:05}"));
            if is_kept {
                rejected.insert(number);
            }
            assert!(is_kept || decode(body).is_ok(), "{function} has lost {body}");
        }
        if ["enforce-policy", "record-lineage"].contains(&function) {
            assert!(!local.system.store.items()?.is_empty(), "{function}: the good one was handled");
        }
    }
    // The first and the last are good.
    assert_eq!(rejected, (1..=bad.len()).collect());
    Ok(())
}

#[test]
fn what_is_none_of_ours_is_acknowledged() -> Result<()> {
    let bodies = events("not-ours")?;
    for function in FUNCTIONS {
        let local = Local::new()?;
        let batch = deliver(&local, function, &bodies)?;
        assert!(batch.again.is_empty() && batch.kept.is_empty(), "{function}: {batch:?}");
        assert!(local.system.store.items()?.is_empty());
    }
    Ok(())
}

/// The outcome of a body that is empty, huge, deep, or not a sensible text.
#[test]
fn nonsense_of_every_form_is_kept_as_it_came() -> Result<()> {
    let event = |detail: &str| {
        format!(
            r#"{{"source":"aws.sagemaker","detail-type":"SageMaker Training Job State Change","account":"111122223333","region":"eu-west-1","time":"2026-03-02T09:00:00Z","resources":[],"detail":{detail}}}"#
        )
    };
    let deep = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let megabyte = 1 << 20;
    let mut bodies: Vec<String> = [
        "",
        " ",
        "\n",
        "null",
        "true",
        "0",
        "-",
        "\"text\"",
        "[]",
        "{}",
        "[[]]",
        "{\"source\":null}",
        "\u{feff}{}",
        "\u{0}",
        "\u{fffd}\u{fffd}",
        "{\"source\":\"aws.sagemaker\"",
        "{'source':'aws.sagemaker'}",
        "\"\\ud800\"",
        "1e999",
        "{\"a\":1}{\"a\":2}",
        "NaN",
    ]
    .map(str::to_owned)
    .into();
    bodies.extend([
        event("1e999"),
        event("{\"TrainingJobName\":\"\\ud800\"}"),
        event("\"text\""),
        event("[]"),
    ]);
    bodies.extend(["[".repeat(megabyte), "x".repeat(megabyte), deep(100_000), event(&deep(100_000))]);
    bodies.extend([format!("\"{}\"", "é".repeat(megabyte / 2)), format!("[{}1]", "1,".repeat(megabyte / 2))]);
    let half = bodies.len() / 2;
    for function in FUNCTIONS {
        let local = Local::new()?;
        let [good, foreign] = good(&local)?;
        let mut all = bodies.clone();
        all.insert(half, good);
        all.push(foreign);
        let batch = deliver(&local, function, &all)?;
        assert!(batch.again.is_empty(), "{function}: {:?}", batch.again);
        assert_eq!(
            batch.kept.len(),
            bodies.len(),
            "{function}: all but the one that is good and the one that is foreign"
        );
    }
    Ok(())
}

fn draw<'a, T>(all: &'a [T], chance: &mut Chance) -> &'a T {
    &all[usize::try_from(chance.below(all.len() as u64)).unwrap()]
}

/// Replaces one value of a document by one of another type, or leaves it out.
fn damaged(document: &Value, chance: &mut Chance) -> Value {
    let mut places = Vec::new();
    pointers(document, String::new(), &mut places);
    let mut damaged = document.clone();
    let place = draw(&places, chance);
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("arn:aws:sagemaker"),
        json!([]),
        json!({}),
        json!([[]]),
        json!({ "a": null }),
        json!("é".repeat(5_000)),
        json!("\u{0}\u{1}/../#|\t"),
    ];
    let other = draw(&others, chance);
    let (parent, name) = place.rsplit_once('/').unwrap();
    match damaged.pointer_mut(parent) {
        Some(Value::Object(members)) if chance.below(4) == 0 => drop(members.remove(name)),
        _ => *damaged.pointer_mut(place).unwrap() = other.clone(),
    }
    damaged
}

/// Every place of a document.
fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| !name.contains(['/', '~'])) {
                places.push(format!("{at}/{name}"));
                pointers(member, format!("{at}/{name}"), places);
            }
        }
        Value::Array(members) => {
            for (number, member) in members.iter().enumerate() {
                places.push(format!("{at}/{number}"));
                pointers(member, format!("{at}/{number}"), places);
            }
        }
        _ => {}
    }
}

/// Batches of ten events in which something is damaged, for each function.
const BATCHES: u64 = 12;

#[test]
fn an_event_with_something_of_another_type_concerns_itself_alone() -> Result<()> {
    let mut whole = Vec::new();
    for path in files_below(&root().join("events"), &ENDINGS)? {
        if let Ok(event) = serde_json::from_str::<Value>(&fs::read_to_string(path)?) {
            whole.push(event);
        }
    }
    assert!(whole.len() > 80, "{}", whole.len());
    let batches = std::env::var("SAGEWARDEN_BATCHES").map_or(BATCHES, |text| text.parse().unwrap());
    let (mut again, mut kept, mut all) = (0, 0, 0);
    for seed in 0..batches {
        let mut chance = Chance::new(seed);
        let drawn: Vec<Value> = (0..10).map(|_| draw(&whole, &mut chance).clone()).collect();
        let bodies: Vec<String> = drawn.iter().map(|event| damaged(event, &mut chance).to_string()).collect();
        for function in FUNCTIONS {
            let local = Local::new()?;
            // The resources that the events name, as far as they are to be had.
            for event in &drawn {
                local.system.account.adopt(event)?;
            }
            let batch =
                deliver(&local, function, &bodies).map_err(|error| format!("seed {seed}: {error}"))?;
            again += batch.again.len();
            kept += batch.kept.len();
            all += bodies.len();
        }
    }
    println!("of {all} records {kept} were kept and {again} are to come again");
    assert!(kept > all / 50 && again < all / 10, "of {all} {kept} were kept, {again} are to come again");
    Ok(())
}

#[test]
fn a_resource_that_no_longer_exists_is_rejected_by_functions_that_need_it() -> Result<()> {
    let local = Local::new()?;
    let path = "events/aws.sagemaker/processing-job-state-change/completed.json";
    let outcomes = local.deliver(&std::fs::read_to_string(root().join(path))?)?;
    let functions: Vec<&str> = outcomes.iter().filter_map(|text| text.split(" reject: ").next()).collect();
    assert_eq!(functions, ["enforce-policy", "record-lineage", "alert-drift"], "{outcomes:?}");
    assert!(outcomes.iter().all(|text| text.contains("was not found")), "{outcomes:?}");
    Ok(())
}

#[test]
fn a_commit_that_was_deleted_with_its_repository_is_rejected() -> Result<()> {
    let local = Local::new()?;
    let path = "events/aws.codecommit/repository-state-change/branch-updated.json";
    let outcomes = local.deliver(&std::fs::read_to_string(root().join(path))?)?;
    assert_eq!(outcomes.len(), 1);
    assert!(
        outcomes[0].starts_with("record-commit reject: repository `ds-source-credit-dev` has no commit"),
        "{outcomes:?}"
    );
    Ok(())
}

#[test]
fn a_megabyte_is_handled_and_a_megabyte_of_nonsense_is_kept() -> Result<()> {
    let local = Local::new()?;
    let path = root().join("events/aws.sagemaker/training-job-state-change/in-progress.json");
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    local.system.account.adopt(&event)?;
    event["detail"]["HyperParameters"] = json!({ "text": "x".repeat(1 << 20) });
    let outcomes = local.deliver(&event.to_string())?;
    assert!(outcomes.iter().all(|text| text.contains(" done: ")), "{outcomes:?}");
    let nonsense = "[".repeat(1 << 20);
    let outcomes = local.deliver(&nonsense)?;
    assert!(outcomes[0].starts_with("decode reject: the event is not valid JSON"), "{}", &outcomes[0]);
    Ok(())
}
