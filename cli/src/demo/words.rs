//! The output of `sagewarden demo`: its steps, and the files that it left.

use sagewarden_govern::Done;
use sagewarden_govern::route::Handled;
use sagewarden_local::Story;
use serde_json::{Value, json};

use crate::demo::files::DemoFiles;
use crate::demo::step::PlayedStep;
use crate::output::terminal::{DIM, STRONG};
use crate::output::{called, line, notice};

/// A step for people: the events that AWS sent, and what Sagewarden made of them.
pub(crate) fn step(number: usize, step: &PlayedStep) -> String {
    let mut text = format!("{STRONG}{number}. {}{STRONG:#}\n", step.title);
    for (event, handled) in &step.events {
        let word = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let acted: Vec<&Handled> =
            handled.iter().filter(|each| !matches!(each.outcome, Ok(Done::Nothing(_)))).collect();
        if acted.is_empty() {
            continue;
        }
        text.push_str(&format!("  {DIM}{}  {}{DIM:#}\n", line(word("/time")), line(&event_words(event))));
        for each in acted {
            let (_, words) = notice::outcome(&each.outcome);
            text.push_str(&format!("      {}: {}\n", each.function, line(&words)));
        }
    }
    text.extend(step.comments.iter().map(notice::comment));
    text.extend(step.notices.iter().map(notice::notice));
    text.push('\n');
    text
}

/// The event in a few words.
fn event_words(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let detail_type = text("/detail-type");
    let subject = [
        "/detail/eventName",
        "/detail/TrainingJobStatus",
        "/detail/ProcessingJobStatus",
        "/detail/EndpointStatus",
        "/detail/event",
        "/detail/object/key",
    ];
    let subject = subject.into_iter().map(text).find(|found| !found.is_empty());
    subject.map_or(detail_type.clone(), |subject| format!("{detail_type}: {subject}"))
}

/// The files that the demo wrote, and commands to try next.
pub(crate) fn farewell(files: &DemoFiles, entity: &str) -> String {
    let at = |name: &str| files.path(name).display().to_string();
    let store = at(DemoFiles::STORE);
    let ask = [
        format!("lineage {entity} --store {store} --format json"),
        format!("lineage training-job/{} --store {store}", Story::TRAINING_JOB),
        format!("diff model/{} model/{} --store {store}", Story::MODEL, Story::SECOND_MODEL),
        format!("impact training-job/{} --store {store}", Story::SECOND_TRAINING_JOB),
        format!("history endpoint/{} --store {store}", Story::COMPONENT_ENDPOINT),
        format!("reproduce model/{} --store {store}", Story::SECOND_MODEL),
        format!("history {entity} --store {store}"),
        format!("inventory --store {store}"),
        format!("list findings --store {store}"),
        format!(
            "drift --baseline {} --columns input {} --out {}",
            at(DemoFiles::BASELINE),
            at(DemoFiles::CAPTURED),
            at("drift")
        ),
        format!(
            "quality --problem binary {} --ground-truth {} --probability 0",
            at(DemoFiles::CAPTURED),
            at(DemoFiles::LABELS)
        ),
        format!("replay {}/*.json --store {store}", at(DemoFiles::EVENTS)),
    ];
    let called = called();
    let ask: String = ask.iter().map(|line| format!("  {called} {line}\n")).collect();
    format!(
        "left behind:\n  {store}  the store\n  {}  the lineage as a page\n  {}, {}  what the functions published\n  {}  the events, to replay\n  {}, {}  \
         the baseline and the traffic that was compared with it\n  {}  the labels of that traffic\n  {}  the reports of detect-drift\n\n\
         next:\n{ask}",
        at(DemoFiles::PAGE),
        at(DemoFiles::FINDINGS),
        at(DemoFiles::ALERTS),
        at(DemoFiles::EVENTS),
        at(DemoFiles::BASELINE),
        at(DemoFiles::CAPTURED),
        at(DemoFiles::LABELS),
        at(DemoFiles::REPORTS),
    )
}

/// The whole demo for programs.
pub(crate) fn document(files: &DemoFiles, steps: &[PlayedStep], lineage: Value) -> Value {
    let played: Vec<Value> = steps
        .iter()
        .map(|step| {
            let events = step.events.iter().map(|(event, handled)| {
                let outcomes = handled.iter().map(|each| notice::outcome_json(each.function, &each.outcome));
                json!({ "detail_type": event.get("detail-type"), "handled": outcomes.collect::<Vec<_>>() })
            });
            json!({ "title": step.title, "events": events.collect::<Vec<_>>(), "comments": step.comments, "notices": step.notices })
        })
        .collect();
    json!({
        "steps": played,
        "lineage": lineage,
        "files": {
            "store": files.path(DemoFiles::STORE),
            "page": files.path(DemoFiles::PAGE),
            "findings": files.path(DemoFiles::FINDINGS),
            "alerts": files.path(DemoFiles::ALERTS),
            "events": files.path(DemoFiles::EVENTS),
            "baseline": files.path(DemoFiles::BASELINE),
            "captured": files.path(DemoFiles::CAPTURED),
            "labels": files.path(DemoFiles::LABELS),
            "reports": files.path(DemoFiles::REPORTS),
        },
    })
}
