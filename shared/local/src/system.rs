//! The whole system on one machine. Every event goes to every function that EventBridge's rules would route it to.

use std::path::Path;
use std::sync::Arc;

use sagewarden_events::{Event, Home, Timestamp, decode};
use sagewarden_govern::ports::{PortError, Quarantine, Rejected};
use sagewarden_govern::route::{self, Handled, Judging};
use sagewarden_govern::{Absent, BundleInForce, Done, Failure, Given, Moment, Ports};
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
    /// The notices that were sent.
    pub notices: NoticeLog,
    /// The records that were rejected.
    pub quarantine: QuarantineLog,
    /// Policies and settings.
    pub bundle: Arc<Bundle>,
    /// The account and region whose events it accepts; `None` to accept events of all.
    pub home: Option<Home>,
}

/// A world that is entirely on this machine; it has no CloudWatch.
pub type LocalWorld = Ports<
    SimulatedAccount,
    SimulatedAccount,
    SimulatedAccount,
    SimulatedAccount,
    LocalGit,
    SimulatedAccount,
    SimulatedAccount,
    Store,
    NoticeLog,
    Absent,
>;

impl System {
    /// The bucket of the simulated account that the system keeps evidence in.
    pub const EVIDENCE_BUCKET: &str = "sagewarden";
    /// The place of profiles, which the system can make again. It differs from the place of evidence, which may have a bucket of its own.
    pub const WORKING_BUCKET: &str = "sagewarden-working";

    /// A system with this store, and with repositories in this folder.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(
        store: Store,
        git: &Path,
        bundle: impl Into<Arc<Bundle>>,
        account_id: &str,
        region: &str,
    ) -> Result<Self, GitError> {
        let account = SimulatedAccount::new(store.clone(), account_id, region);
        Ok(Self {
            git: LocalGit::new(git)?,
            notices: NoticeLog::new(store.clone()).handing_on_to(&account),
            account,
            quarantine: QuarantineLog::new(store.clone()),
            bundle: bundle.into(),
            home: Some(Home { account: account_id.to_owned(), region: region.to_owned() }),
            store,
        })
    }

    /// The world that the use cases see. Its parts are handles, so all of them see a change that one of them makes.
    #[must_use]
    pub fn world(&self) -> LocalWorld {
        Ports {
            account: self.account.clone(),
            remedies: self.account.clone(),
            objects: self.account.clone(),
            files: self.account.clone(),
            source: self.git.clone(),
            roles: self.account.clone(),
            keys: self.account.clone(),
            table: self.store.clone(),
            bus: self.notices.clone(),
            metrics: Absent,
            given: Given {
                settings: self.bundle.settings().clone(),
                evidence_bucket: Self::EVIDENCE_BUCKET.to_owned(),
                working_bucket: Self::WORKING_BUCKET.to_owned(),
                home: self.home.clone(),
                stack: None,
            },
        }
    }

    /// A process that has just started and judges by the system's bundle.
    #[must_use]
    pub fn judging(&self) -> Judging {
        Judging::new(BundleInForce::new(Arc::clone(&self.bundle), None, None))
    }

    /// Delivers an event to every function. The answer leaves out functions that do not react to it. A rejected record is kept. `now` is
    /// the time of delivery.
    ///
    /// # Errors
    /// If the quarantine fails.
    pub async fn deliver(&self, body: &str, now: Timestamp) -> Result<Vec<Handled>, PortError> {
        self.store.expire(now)?;
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

    /// Delivers every event of the account, and the events that follow, until there are none. Returns each event
    /// with its outcomes.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle(&self) -> Result<Vec<(Value, Vec<Handled>)>, PortError> {
        let mut delivered = Vec::new();
        loop {
            let events = self.account.drain_events()?;
            if events.is_empty() {
                return Ok(delivered);
            }
            for event in events {
                let time =
                    event.get("time").and_then(Timestamp::from_json).unwrap_or(Timestamp::from_millis(0));
                let handled = self.deliver(&event.to_string(), time).await?;
                delivered.push((event, handled));
            }
        }
    }

    /// Each event meets functions at a cold start: only the store keeps anything from one event to the next.
    async fn handle(&self, event: &Event, now: Timestamp) -> Vec<Handled> {
        let moment = Moment { now, owner: "local".to_owned() };
        if let Event::NotOurs { source, detail_type } = event {
            let text = format!("`{detail_type}` from `{source}` does not concern Sagewarden");
            return vec![Handled { function: "decode", outcome: Ok(Done::Nothing(text)) }];
        }
        route::deliver(&self.world(), &self.judging(), event, &moment).await
    }

    async fn keep(&self, function: &str, reason: &str, body: &str, now: Timestamp) -> Result<(), PortError> {
        let id = crate::announce::event_id(body);
        self.quarantine.keep(&Rejected::new(function, &id, now, reason, body)).await
    }
}
