//! The whole system on one machine: every event goes to every function, as EventBridge's rules would route it.

use std::path::Path;

use sagewarden_events::{Event, Timestamp, decode};
use sagewarden_govern::ports::{PortError, Quarantine, Rejected};
use sagewarden_govern::{
    AlertDrift, DetectDrift, Done, EnforcePolicy, Failure, InspectRole, InspectedRoles, Metrics, Moment,
    Outcome, RecordLineage, ReviewCommit, SuggestBaseline, WindowMetrics, record_commit,
};
use sagewarden_policy::Bundle;
use serde_json::Value;

use crate::account::SimulatedAccount;
use crate::git::{GitError, LocalGit};
use crate::log::{NoticeLog, QuarantineLog};
use crate::store::Store;

/// The use cases over the adapters of this crate.
#[derive(Clone, Debug)]
pub struct System {
    /// The lineage.
    pub store: Store,
    /// SageMaker and S3.
    pub account: SimulatedAccount,
    /// The source code.
    pub git: LocalGit,
    /// What was sent.
    pub notices: NoticeLog,
    /// What was rejected.
    pub quarantine: QuarantineLog,
    /// Policies and settings.
    pub bundle: Bundle,
}

/// What one function made of one event.
#[derive(Debug)]
pub struct Handled {
    /// The function.
    pub function: &'static str,
    /// How it ended.
    pub outcome: Outcome,
}

/// There is no CloudWatch on one machine.
#[derive(Clone, Copy, Debug)]
pub struct Unheard;

impl Metrics for Unheard {
    fn tell(&self, _: &WindowMetrics<'_>) {}
}

impl System {
    /// The bucket of the simulated account that the system keeps its own things in.
    pub const OWN_BUCKET: &str = "sagewarden";

    /// A system whose store is given and whose repositories are under a folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(
        store: Store,
        git: &Path,
        bundle: Bundle,
        account: &str,
        region: &str,
    ) -> Result<Self, GitError> {
        Ok(Self {
            account: SimulatedAccount::new(store.clone(), account, region),
            git: LocalGit::new(git)?,
            notices: NoticeLog::new(store.clone()),
            quarantine: QuarantineLog::new(store.clone()),
            bundle,
            store,
        })
    }

    /// Delivers an event to every function; those that have nothing to do with it are left out of the answer. A record that
    /// is rejected is kept. `now` is the time of delivery.
    ///
    /// # Errors
    /// When the quarantine fails.
    pub async fn deliver(&self, body: &str, now: Timestamp) -> Result<Vec<Handled>, PortError> {
        let events = match decode(body) {
            Ok(events) => events,
            Err(error) => {
                let reason = error.to_string();
                self.keep("decode", &reason, body, now).await?;
                return Ok(vec![Handled { function: "decode", outcome: Err(Failure::Reject(reason)) }]);
            }
        };
        let mut handled = Vec::new();
        for event in &events {
            for each in self.handle(event, now).await {
                if let Err(Failure::Reject(reason)) = &each.outcome {
                    self.keep(each.function, reason, body, now).await?;
                }
                handled.push(each);
            }
        }
        Ok(handled)
    }

    /// Delivers everything that the account has to tell, and what comes of it, until there is silence. Returns each event
    /// with what was made of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle(&self) -> Result<Vec<(Value, Vec<Handled>)>, PortError> {
        let mut told = Vec::new();
        loop {
            let events = self.account.drain_events()?;
            if events.is_empty() {
                return Ok(told);
            }
            for event in events {
                let time =
                    event.get("time").and_then(Timestamp::from_json).unwrap_or(Timestamp::from_millis(0));
                let handled = self.deliver(&event.to_string(), time).await?;
                told.push((event, handled));
            }
        }
    }

    async fn handle(&self, event: &Event, now: Timestamp) -> Vec<Handled> {
        let moment = Moment { now, owner: "local".to_owned() };
        let Self { store: table, account, git, notices: bus, bundle, .. } = self;
        let settings = &bundle.settings().lineage;
        let recorder = RecordLineage { account, objects: account, source: git, table, settings };
        let inspected = InspectedRoles::default();
        let roles = InspectRole { roles: account, inspected: &inspected };
        let enforcer = EnforcePolicy { account, objects: account, source: git, roles, table, bus, bundle };
        let drift = &bundle.settings().drift;
        let detector = DetectDrift {
            account,
            objects: account,
            table,
            bus,
            metrics: &Unheard,
            settings: &bundle.settings().drift.detect,
            own_bucket: Self::OWN_BUCKET,
        };
        let baselines = SuggestBaseline {
            account,
            objects: account,
            table,
            bus,
            settings: &drift.training,
            own_bucket: Self::OWN_BUCKET,
        };
        let mut outcomes = Vec::new();
        let mut add = |function, outcome| outcomes.push(Handled { function, outcome });
        match event {
            Event::ReferenceChanged(push) => {
                let reviewer = ReviewCommit { source: git, table, bundle };
                let outcome = match record_commit(git, table, push).await {
                    Ok(recorded) => reviewer.review(push, &moment).await.map(|next| recorded.and(next)),
                    Err(failure) => Err(failure),
                };
                add("record-commit", outcome);
            }
            Event::CallMade(call) => {
                add("enforce-policy", enforcer.enforce(event, &moment).await);
                add("record-lineage", recorder.record_call(call).await);
            }
            Event::ResourceChanged(change) => {
                add("enforce-policy", enforcer.enforce(event, &moment).await);
                add("record-lineage", recorder.record(change).await);
                add("detect-drift", baselines.on_job(change, &moment).await);
                add(
                    "alert-drift",
                    AlertDrift { recorder, bus, settings: drift }.on_job(change, &moment).await,
                );
            }
            Event::ObjectCreated(object) => {
                add("detect-drift", detector.on_capture(object, &moment).await);
                add(
                    "alert-drift",
                    AlertDrift { recorder, bus, settings: drift }.on_report(object, &moment).await,
                );
            }
            Event::ClockTicked(tick) => {
                add("detect-drift", detector.close_windows(&moment).await);
                add(
                    "alert-drift",
                    AlertDrift { recorder, bus, settings: drift }.on_clock(tick, &moment).await,
                );
            }
            Event::NotOurs { source, detail_type } => {
                let text = format!("`{detail_type}` from `{source}` is none of ours");
                add("decode", Ok(Done::Nothing(text)));
            }
        }
        outcomes
    }

    async fn keep(&self, function: &str, reason: &str, body: &str, now: Timestamp) -> Result<(), PortError> {
        let rejected = Rejected {
            function: function.to_owned(),
            message_id: crate::announce::event_id(body),
            reason: reason.to_owned(),
            time: now,
            body: body.to_owned(),
        };
        self.quarantine.keep(&rejected).await
    }
}
