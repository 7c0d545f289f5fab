//! `sagewarden demo`: the story of a credit model, told as it happens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::route::Handled;
use sagewarden_govern::{
    Ask, DRIFT_ALERT, Done, MONITORING_FAILED, Question, RETRAINING_SUGGESTED, answer, lookup_lineage,
};
use sagewarden_lineage::answer::Format;
use sagewarden_lineage::s3::S3Location;
use sagewarden_local::{Clock, PostedComment, SentNotice, Step, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_view::{lineage, reply};
use serde_json::{Value, json};

use crate::command::{DemoOptions, Telling};
use crate::error::CommandError;
use crate::output::{self, DIM, STRONG};

/// The story's first and second model.
const MODELS: [&str; 2] = [Story::MODEL, Story::SECOND_MODEL];

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
    const BASELINE: &str = "baseline";
    const CAPTURED: &str = "captured";
    const REPORTS: &str = "reports";
    const GIT: &str = "git";
    /// Says that the other files may be replaced.
    const MARKER: &str = ".sagewarden-demo";

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes what an earlier demo wrote and this one would add to.
    fn remove_former(&self) -> Result<(), CommandError> {
        let unwritable = |path: PathBuf| move |source| CommandError::Unwritable { path, source };
        let mut former: Vec<PathBuf> =
            [Self::STORE, "sagewarden.db-wal", "sagewarden.db-shm"].map(|name| self.path(name)).to_vec();
        let events = self.path(Self::EVENTS).read_dir().into_iter().flatten().flatten();
        former.extend(events.map(|entry| entry.path()).filter(|path| is_numbered(path)));
        for path in former.into_iter().filter(|path| path.is_file()) {
            fs::remove_file(&path).map_err(unwritable(path.clone()))?;
        }
        let repository = self.path(Self::GIT).join(format!("{}.git", Story::REPOSITORY));
        let captured = self.path(Self::CAPTURED).join(Story::ENDPOINT);
        for folder in [repository, captured].into_iter().filter(|folder| folder.is_dir()) {
            fs::remove_dir_all(&folder).map_err(unwritable(folder.clone()))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), CommandError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|source| CommandError::Unwritable { path, source })
    }
}

/// Whether a file has a name such as `07.json`, as the demo gives it.
fn is_numbered(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    path.extension().is_some_and(|extension| extension == "json")
        && stem.len() >= 2
        && stem.bytes().all(|byte| byte.is_ascii_digit())
}

/// A step as it was told, for machines.
struct Told {
    title: &'static str,
    events: Vec<(Value, Vec<Handled>)>,
    comments: Vec<PostedComment>,
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
    let question = Question::about(&entity);
    let lineage = block_on(lookup_lineage(&system.store, &question))?;
    let whole = block_on(lookup_lineage(&system.store, &Question { past: true, ..question }))?;
    leave(&files, &system, &told, &lineage::html(&whole))?;
    leave_objects(&files, &system)?;
    match options.format {
        Telling::Text => {
            let tree = lineage::text(&lineage, Format::Tree);
            let (one, other) = MODELS.map(|name| format!("model/{name}")).into();
            let question = Question { ask: Ask::Diff, with: Some(other), ..Question::about(one) };
            let difference =
                reply::text(&block_on(answer(&system.store, &question, &|| false))?, Format::Tree);
            output::say(&format!(
                "{STRONG}{}. somebody asks where {entity} comes from{STRONG:#}\n{tree}\n\
                 {STRONG}{}. somebody asks what differs between the two models{STRONG:#}\n{difference}\n{}",
                told.len() + 1,
                told.len() + 2,
                farewell(&files, &entity)
            ))?;
        }
        Telling::Json => {
            output::hand_over(&format!("{:#}\n", summary(&files, &told, lineage::json(&lineage))))?
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder. An earlier demo in it is replaced, file by file; whatever else lies there is left alone.
fn prepare(folder: &Path) -> Result<Files, CommandError> {
    let files = Files { folder: folder.to_owned() };
    let is_demo = files.path(Files::MARKER).is_file();
    let is_occupied = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if is_occupied && !is_demo {
        return Err(CommandError::Occupied(folder.to_owned()));
    }
    if is_demo {
        files.remove_former()?;
    }
    let events = files.path(Files::EVENTS);
    fs::create_dir_all(&events).map_err(|source| CommandError::Unwritable { path: events, source })?;
    files.write(Files::MARKER, "A demo of Sagewarden: the next one in this folder replaces its files.\n")?;
    Ok(files)
}

/// Plays a step moment by moment and delivers what comes of each.
fn play(system: &System, story: &mut Story, step: &Step) -> Result<Told, CommandError> {
    let sent = system.notices.sent()?.len();
    let posted = system.git.comments(Story::REPOSITORY)?.len();
    let mut events = Vec::new();
    for moment in step.moments {
        moment(story)?;
        events.extend(block_on(system.settle())?);
    }
    let notices = system.notices.sent()?.split_off(sent);
    let comments = system.git.comments(Story::REPOSITORY)?.split_off(posted);
    Ok(Told { title: step.title, events, comments, notices })
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
    text.extend(step.comments.iter().map(output::comment));
    text.extend(step.notices.iter().map(output::notice));
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

/// What is about what a model does, not about how it was made.
const ALERTS: [&str; 3] = [DRIFT_ALERT, MONITORING_FAILED, RETRAINING_SUGGESTED];

fn leave(files: &Files, system: &System, told: &[Told], page: &str) -> Result<(), CommandError> {
    let (alerts, findings): (Vec<SentNotice>, Vec<SentNotice>) =
        system.notices.sent()?.into_iter().partition(|notice| ALERTS.contains(&notice.detail_type.as_str()));
    files.write(Files::FINDINGS, &format!("{:#}\n", json!(findings)))?;
    files.write(Files::ALERTS, &format!("{:#}\n", json!(alerts)))?;
    files.write(Files::PAGE, page)?;
    files.write(Files::SETTINGS, Story::SETTINGS)?;
    for (number, (event, _)) in told.iter().flat_map(|step| &step.events).enumerate() {
        files.write(&format!("{}/{:02}.json", Files::EVENTS, number + 1), &format!("{event:#}\n"))?;
    }
    Ok(())
}

/// The folder of the baseline that the alert names.
fn compared_with(sent: &[SentNotice]) -> Option<S3Location> {
    let constraints = sent.iter().find_map(|notice| notice.detail.pointer("/window/baseline")?.as_str())?;
    S3Location::parse(constraints.rsplit_once('/')?.0)
}

/// What the drift was found by: the objects of some folders in S3, as they were at the end.
fn leave_objects(files: &Files, system: &System) -> Result<(), CommandError> {
    const MOST: usize = 1_000;
    let reports = S3Location { bucket: System::OWN_BUCKET.to_owned(), key: "reports".to_owned() };
    let mut folders = vec![(Files::CAPTURED, Story::captured()), (Files::REPORTS, reports)];
    folders.extend(compared_with(&system.notices.sent()?).map(|folder| (Files::BASELINE, folder)));
    for (name, S3Location { bucket, key }) in folders {
        let prefix = format!("{key}/");
        let listing = block_on(system.account.versions(&bucket, &prefix, Story::demo_end(), MOST))?;
        for object in listing.objects {
            let body = block_on(system.account.read_version(&bucket, &object, u64::MAX))?.unwrap_or_default();
            let path = files.path(name).join(object.key.trim_start_matches(&prefix));
            let written =
                path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, body));
            written.map_err(|source| CommandError::Unwritable { path, source })?;
        }
    }
    Ok(())
}

fn farewell(files: &Files, entity: &str) -> String {
    let at = |name: &str| files.path(name).display().to_string();
    let store = at(Files::STORE);
    let ask = [
        format!("lineage {entity} --store {store} --format json"),
        format!("lineage training-job/{} --store {store}", Story::TRAINING_JOB),
        format!("diff model/{} model/{} --store {store}", Story::MODEL, Story::SECOND_MODEL),
        format!("impact training-job/{} --store {store}", Story::SECOND_TRAINING_JOB),
        format!("reproduce model/{} --store {store}", Story::SECOND_MODEL),
        format!("history {entity} --store {store}"),
        format!(
            "drift --baseline {} --columns input {} --out {}",
            at(Files::BASELINE),
            at(Files::CAPTURED),
            at("drift")
        ),
        format!("replay {}/*.json --store {store}", at(Files::EVENTS)),
    ];
    let ask: String = ask.iter().map(|line| format!("  cargo run -- {line}\n")).collect();
    format!(
        "left behind:\n  {store}  the store\n  {}  the lineage as a page\n  {}, {}  what was sent\n  {}  the events, to replay\n  {}, {}  \
         the baseline and the traffic that was compared with it\n  {}  what detect-drift made of it\n\n\
         next:\n{ask}",
        at(Files::PAGE),
        at(Files::FINDINGS),
        at(Files::ALERTS),
        at(Files::EVENTS),
        at(Files::BASELINE),
        at(Files::CAPTURED),
        at(Files::REPORTS),
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
            json!({ "title": step.title, "events": events.collect::<Vec<_>>(), "comments": step.comments, "notices": step.notices })
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
            "baseline": files.path(Files::BASELINE),
            "captured": files.path(Files::CAPTURED),
            "reports": files.path(Files::REPORTS),
        },
    })
}
