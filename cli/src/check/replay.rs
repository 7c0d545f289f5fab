//! `sagewarden replay`: recorded events through the same use cases as on AWS.

use std::path::Path;
use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_events::Timestamp;
use sagewarden_govern::route::Handled;
use sagewarden_local::{Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_policy::intake::mark_unsaid;
use serde_json::{Value, json};

use crate::command::check::ReplayOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::input;
use crate::output::{self, line, notice};

pub(crate) fn run(options: &ReplayOptions) -> Result<ExitCode, CommandError> {
    let store = match &options.store {
        Some(path) => Store::create(path)?,
        None => Store::in_memory()?,
    };
    // Repositories lie beside a store. Without a store, there are none, and a temporary folder replaces it.
    let passing = tempfile::tempdir()?;
    let beside = options.store.as_deref().and_then(Path::parent).map(|dir| dir.join("git"));
    let git = beside.as_deref().filter(|dir| dir.is_dir()).unwrap_or(passing.path());
    let mut system = System::new(store, git, bundle(options)?, Story::ACCOUNT, Story::REGION)?;
    // The events may come from any account: this process cannot change its resources.
    system.home = None;
    let mut failed = false;
    let mut answers = Vec::new();
    for path in &options.events {
        let body = input::read(path)?;
        let body = String::from_utf8_lossy(&body);
        let sent = system.notices.sent()?.len();
        let repository = repository(&body);
        let comments = || match &repository {
            Some(name) => system.git.comments(name).map_err(CommandError::from),
            None => Ok(Vec::new()),
        };
        let posted = comments()?.len();
        let mut handled = Vec::new();
        for event in events(&body) {
            handled.extend(one(&system, &event)?);
        }
        failed |= handled.iter().any(|each| each.outcome.is_err());
        let notices = system.notices.sent()?.split_off(sent);
        let comments = comments()?.split_off(posted);
        match options.format {
            OutputFormat::Json => answers.push(json!({
                "event": path,
                "handled": handled.iter().map(|each| notice::outcome_json(each.function, &each.outcome)).collect::<Vec<_>>(),
                "comments": comments,
                "notices": notices,
            })),
            OutputFormat::Text => {
                let mut text = format!("{}\n", line(&path.display().to_string()));
                for Handled { function, outcome } in &handled {
                    let (word, words) = notice::outcome(outcome);
                    text.push_str(&format!("  {function}: {word}: {}\n", line(&words)));
                }
                text.extend(comments.iter().map(notice::comment));
                text.extend(notices.iter().map(notice::notice));
                output::print_text(&text)?;
            }
        }
    }
    if options.format == OutputFormat::Json {
        output::print_json(&Value::Array(answers))?;
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The events of a file: its own, or one around each bare record of CloudTrail, as EventBridge sends it.
fn events(body: &str) -> Vec<String> {
    let Ok(json) = serde_json::from_str::<Value>(body) else { return vec![body.to_owned()] };
    let is_record = |value: &Value| value.get("eventName").is_some() && value.get("eventSource").is_some();
    match json.get("Records").and_then(Value::as_array) {
        Some(records) if records.iter().any(is_record) => {
            records.iter().filter(|record| is_record(record)).map(around).collect()
        }
        _ if is_record(&json) => vec![around(&json)],
        _ => vec![body.to_owned()],
    }
}

fn around(record: &Value) -> String {
    let text = |key: &str| record.get(key).cloned().unwrap_or_default();
    json!({
        "version": "0",
        "id": text("eventID"),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.sagemaker",
        "account": text("recipientAccountId"),
        "time": text("eventTime"),
        "region": text("awsRegion"),
        "resources": [],
        "detail": record,
    })
    .to_string()
}

/// The repository of a push.
fn repository(body: &str) -> Option<String> {
    let event: Value = serde_json::from_str(body).ok()?;
    Some(event.pointer("/detail/repositoryName")?.as_str()?.to_owned())
}

/// Delivers an event, and the events of the simulated account that follow.
fn one(system: &System, body: &str) -> Result<Vec<Handled>, CommandError> {
    let event: Option<Value> = serde_json::from_str(body).ok();
    let time = event.as_ref().and_then(|event| Timestamp::from_json(event.get("time")?));
    if let Some(mut event) = event {
        mark_unsaid(&mut event);
        system.account.adopt(&event)?;
    }
    let mut handled = block_on(system.deliver(body, time.unwrap_or(Timestamp::from_millis(0))))?;
    for (_, further) in block_on(system.settle())? {
        handled.extend(further.into_iter().filter(|each| each.outcome.is_err()));
    }
    Ok(handled)
}

/// The settings that are named, else those beside the store, else the built-in ones.
fn bundle(options: &ReplayOptions) -> Result<Bundle, CommandError> {
    let beside = options.store.as_deref().and_then(Path::parent).map(|dir| dir.join("settings.toml"));
    let path = options.settings.clone().or(beside.filter(|path| path.is_file()));
    input::bundle::load(path.as_deref())
}
