//! The story, played to its end on one machine.

use futures::executor::block_on;
use sagewarden_govern::{DRIFT_ALERT, POLICY_VIOLATION, RETRAINING_SUGGESTED};
use sagewarden_local::{Clock, NoticeLog, QuarantineLog, Store, Story, System};
use sagewarden_policy::Bundle;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Result, monitor};

/// The account, the repositories and the store as the story left them, and everything that was announced.
#[derive(Debug)]
pub struct Played {
    /// The system that handled all events as they happened.
    pub system: System,
    /// In the order in which they happened; of what the system itself wrote to S3, only the importances of new models.
    pub events: Vec<Value>,
    _git: TempDir,
}

/// The settings of the story. They name the baseline that is made from its training data, because traffic may arrive
/// before the model's lineage, and chance must not decide whether a baseline is found.
fn settings() -> String {
    let created = Story::demo_start().millis() + 1_200_000;
    let [account, region, job] = [Story::ACCOUNT, Story::REGION, Story::TRAINING_JOB];
    let folder = format!("s3://{}/baselines/{account}/{region}/{job}/{created}", System::EVIDENCE_BUCKET);
    let endpoint = format!(
        "[[drift.detect.endpoints]]\nendpoint = \"*\"\nbaseline = \"{folder}\"\ncolumns = \"input\"\n"
    );
    format!("{}\n{endpoint}", Story::SETTINGS)
}

/// Delivers the events of the account; returns them, without events of the system's own writes. Baselines of training data are made once,
/// and stay in the account: so the events of the importances beside them stay as well.
fn heard(system: &System) -> Result<Vec<Value>> {
    let mut events: Vec<Value> = block_on(system.settle())?.into_iter().map(|(event, _)| event).collect();
    let own = [System::EVIDENCE_BUCKET, System::WORKING_BUCKET].map(Value::from);
    let key = |event: &Value| event.pointer("/detail/object/key").and_then(Value::as_str).map(str::to_owned);
    let is_kept = |key: String| key.starts_with("baselines/") && key.ends_with("/analysis.json");
    events.retain(|event| {
        let is_own = event.pointer("/detail/bucket/name").is_some_and(|bucket| own.contains(bucket));
        !is_own || key(event).is_some_and(is_kept)
    });
    Ok(events)
}

impl Played {
    /// The types of notices that the story and Model Monitor's execution publish, ordered by name. The two
    /// come on different days, so that each is published.
    pub const SENT: [&str; 6] = [
        DRIFT_ALERT,
        DRIFT_ALERT,
        POLICY_VIOLATION,
        POLICY_VIOLATION,
        RETRAINING_SUGGESTED,
        RETRAINING_SUGGESTED,
    ];

    /// Plays it.
    ///
    /// # Errors
    /// When the folder cannot be made, or the account refuses.
    pub fn new() -> Result<Self> {
        let git = TempDir::new()?;
        let bundle = Bundle::embedded()?.with_settings(&settings())?;
        let system = System::new(Store::in_memory()?, git.path(), bundle, Story::ACCOUNT, Story::REGION)?;
        let clock = Clock::Told(Story::demo_start());
        let mut story = Story::new(system.account.clone(), system.git.clone(), clock);
        let mut events = Vec::new();
        for moment in Story::STEPS.iter().flat_map(|step| step.moments) {
            moment(&mut story)?;
            events.extend(heard(&system)?);
        }
        Ok(Self { system, events, _git: git })
    }

    /// Plays it, and an execution of Model Monitor a day after its end.
    ///
    /// # Errors
    /// When the folder cannot be made, or the account refuses.
    pub fn monitored() -> Result<Self> {
        let mut played = Self::new()?;
        let system = &played.system;
        for moment in monitor::MOMENTS {
            moment(&system.account)?;
            played.events.extend(heard(system)?);
        }
        Ok(played)
    }

    /// The same world before the system has handled any event.
    ///
    /// # Errors
    ///
    /// When a store fails.
    pub fn unheard(&self) -> Result<System> {
        let store = Store::in_memory()?;
        Ok(System {
            account: self.system.account.copied(store.clone())?,
            notices: NoticeLog::new(store.clone()),
            quarantine: QuarantineLog::new(store.clone()),
            store,
            ..self.system.clone()
        })
    }
}
