//! `sagewarden demo`: the story of a credit model, told as it happens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{DRIFT_ALERT, Done, Question, lookup_lineage};
use sagewarden_lineage::view::{self, Format};
use sagewarden_local::{Clock, Handled, SentNotice, Step, Store, Story, System};
use sagewarden_policy::Bundle;
use serde_json::{Value, json};

use crate::command::{DemoOptions, Telling};
use crate::error::CommandError;
use crate::output::{self, BAD, DIM, STRONG};

/// The files of a demo in its folder.
struct Files {
    folder: PathBuf,
}

impl Files {
    const STORE: &str = "sagewarden.db";
    const PAGE: &str = "lineage.html";
    const FINDINGS: &str = "findings.json";
    const ALERTS: &str = "alerts.json";
    const SETTINGS: &str = "settings.toml";
    const EVENTS: &str = "events";
    const GIT: &str = "git";

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CommandError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|source| CommandError::Unwritable { path, source })
    }
}

/// A step as it was told, for machines.
struct Told {
    title: &'static str,
    events: Vec<(Value, Vec<Handled>)>,
    notices: Vec<SentNotice>,
}

pub(crate) fn run(options: &DemoOptions) -> Result<ExitCode, CommandError> {
    let files = prepare(&options.out)?;
    let bundle = Bundle::embedded()?.with_settings(Story::SETTINGS)?;
    let store = Store::create(&files.path(Files::STORE))?;
    let system = System::new(store, &files.path(Files::GIT), bundle, Story::ACCOUNT, Story::REGION)?;
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    let mut told = Vec::new();
    for (index, step) in Story::STEPS.iter().enumerate() {
        let step = play(&system, &mut story, step)?;
        if options.format == Telling::Text {
            output::say(&tell(index + 1, &step))?;
        }
        told.push(step);
    }
    let entity = format!("endpoint/{}", Story::ENDPOINT);
    let question = Question { entity: entity.clone(), max_nodes: None, format: Format::Json };
    let answer = block_on(lookup_lineage(&system.store, &question))?;
    leave(&files, &system, &told, &view::html(&answer))?;
    match options.format {
        Telling::Text => {
            let tree = view::text(&answer, Format::Tree);
            output::say(&format!(
                "{STRONG}{}. somebody asks where {entity} comes from{STRONG:#}\n{tree}\n{}",
                told.len() + 1,
                farewell(&files, &entity)
            ))?;
        }
        Telling::Json => output::say(&format!("{:#}\n", summary(&files, &told, view::json(&answer))))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder. An earlier demo in it is replaced; anything else is left alone.
fn prepare(folder: &Path) -> Result<Files, CommandError> {
    let files = Files { folder: folder.to_owned() };
    let unwritable = |path: &Path, source| CommandError::Unwritable { path: path.to_owned(), source };
    let is_occupied = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    let store = files.path(Files::STORE);
    if is_occupied && !store.exists() {
        return Err(CommandError::Occupied(folder.to_owned()));
    }
    if store.exists() {
        // A store that is none of ours is not removed.
        drop(Store::open(&store)?);
        for name in [Files::STORE, "sagewarden.db-wal", "sagewarden.db-shm"] {
            let path = files.path(name);
            if path.exists() {
                fs::remove_file(&path).map_err(|source| unwritable(&path, source))?;
            }
        }
        for name in [Files::GIT, Files::EVENTS] {
            let path = files.path(name);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(|source| unwritable(&path, source))?;
            }
        }
    }
    let events = files.path(Files::EVENTS);
    fs::create_dir_all(&events).map_err(|source| unwritable(&events, source))?;
    Ok(files)
}

/// Plays a step moment by moment and delivers what comes of each.
fn play(system: &System, story: &mut Story, step: &Step) -> Result<Told, CommandError> {
    let sent = system.notices.sent()?.len();
    let mut events = Vec::new();
    for moment in step.moments {
        moment(story)?;
        events.extend(block_on(system.settle())?);
    }
    let notices = system.notices.sent()?.split_off(sent);
    Ok(Told { title: step.title, events, notices })
}

/// A step for people: what AWS told, and what Sagewarden made of it.
fn tell(number: usize, step: &Told) -> String {
    let mut text = format!("{STRONG}{number}. {}{STRONG:#}\n", step.title);
    for (event, handled) in &step.events {
        let word = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let acted: Vec<&Handled> =
            handled.iter().filter(|each| !matches!(each.outcome, Ok(Done::Nothing(_)))).collect();
        if acted.is_empty() {
            continue;
        }
        text.push_str(&format!("  {DIM}{}  {}{DIM:#}\n", word("/time"), what(event)));
        for each in acted {
            let (_, words) = output::outcome(&each.outcome);
            text.push_str(&format!("      {}: {words}\n", each.function));
        }
    }
    for notice in &step.notices {
        let words = notice.detail.get("text").and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!("  {BAD}{}{BAD:#}  {words}\n", notice.detail_type));
        if notice.detail_type == DRIFT_ALERT {
            text.push_str(&alert(&notice.detail));
        } else {
            text.push_str(&output::finding(&notice.detail));
        }
    }
    text.push('\n');
    text
}

/// The event in a few words.
fn what(event: &Value) -> String {
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

fn alert(detail: &Value) -> String {
    let chain = detail.get("chain").cloned().unwrap_or_default();
    let mut lines = Vec::new();
    let mut add = |label: &str, list: &str, key: &str, more: &str| {
        for each in chain.get(list).and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| each.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let more = match each.get(more) {
                Some(Value::String(more)) => format!("  {more}"),
                _ => String::new(),
            };
            lines.push(format!("    {label:<13}{}{more}\n", text(key)));
        }
    };
    add("model", "models", "name", "");
    add("training job", "training_jobs", "name", "");
    add("data", "data", "uri", "version_id");
    add("artifact", "artifacts", "uri", "version_id");
    add("image", "images", "id", "");
    add("commit", "commits", "commit", "title");
    lines.concat()
}

fn leave(files: &Files, system: &System, told: &[Told], page: &str) -> Result<(), CommandError> {
    let (alerts, findings): (Vec<SentNotice>, Vec<SentNotice>) =
        system.notices.sent()?.into_iter().partition(|notice| notice.detail_type == DRIFT_ALERT);
    files.write(Files::FINDINGS, &format!("{:#}\n", json!(findings)))?;
    files.write(Files::ALERTS, &format!("{:#}\n", json!(alerts)))?;
    files.write(Files::PAGE, page)?;
    files.write(Files::SETTINGS, Story::SETTINGS)?;
    for (number, (event, _)) in told.iter().flat_map(|step| &step.events).enumerate() {
        files.write(&format!("{}/{:02}.json", Files::EVENTS, number + 1), &format!("{event:#}\n"))?;
    }
    Ok(())
}

fn farewell(files: &Files, entity: &str) -> String {
    let at = |name: &str| files.path(name).display().to_string();
    format!(
        "left behind:\n  {}  the store\n  {}  the lineage as a page\n  {}, {}  what was sent\n  {}  the events, to replay\n\n\
         next:\n  cargo run -- lineage {entity} --store {} --format json\n  cargo run -- lineage training-job/{} --store {}\n  cargo run -- replay {}/*.json --store {}\n",
        at(Files::STORE),
        at(Files::PAGE),
        at(Files::FINDINGS),
        at(Files::ALERTS),
        at(Files::EVENTS),
        at(Files::STORE),
        Story::TRAINING_JOB,
        at(Files::STORE),
        at(Files::EVENTS),
        at(Files::STORE),
    )
}

fn summary(files: &Files, told: &[Told], lineage: Value) -> Value {
    let steps: Vec<Value> = told
        .iter()
        .map(|step| {
            let events = step.events.iter().map(|(event, handled)| {
                let outcomes = handled.iter().map(|each| output::outcome_json(each.function, &each.outcome));
                json!({ "detail_type": event.get("detail-type"), "handled": outcomes.collect::<Vec<_>>() })
            });
            json!({ "title": step.title, "events": events.collect::<Vec<_>>(), "notices": step.notices })
        })
        .collect();
    json!({
        "steps": steps,
        "lineage": lineage,
        "files": {
            "store": files.path(Files::STORE),
            "page": files.path(Files::PAGE),
            "findings": files.path(Files::FINDINGS),
            "alerts": files.path(Files::ALERTS),
            "events": files.path(Files::EVENTS),
        },
    })
}
