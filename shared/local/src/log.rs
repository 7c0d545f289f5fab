//! Published notices and rejected records, in the store.

use rusqlite::params;
use sagewarden_events::WatchPart;
use sagewarden_govern::ports::{Bus, Notice, PortError, PortErrorKind, Quarantine, Rejected};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::SimulatedAccount;
use crate::store::{Store, port_error};

/// The bus of the embedded default: a log.
#[derive(Clone, Debug)]
pub struct NoticeLog {
    store: Store,
    account: Option<SimulatedAccount>,
}

/// A notice that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentNotice {
    /// The `detail-type`.
    pub detail_type: String,
    /// ARNs that it is about.
    pub resources: Vec<String>,
    /// The `detail`.
    pub detail: Value,
}

impl NoticeLog {
    /// A log in a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, account: None }
    }

    /// Adds parts that were handed on to the events of an account, because the template's rules bring them back to the queues.
    #[must_use]
    pub fn handing_on_to(self, account: &SimulatedAccount) -> Self {
        Self { account: Some(account.clone()), ..self }
    }

    /// All notices that were sent, in order.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn sent(&self) -> Result<Vec<SentNotice>, PortError> {
        let texts = column(&self.store, "SELECT notice FROM notices ORDER BY seq")?;
        texts
            .iter()
            .map(|text| serde_json::from_str(text).map_err(|error| damaged("notices", &error)))
            .collect()
    }
}

impl Bus for NoticeLog {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        if let Some(account) = self.account.as_ref().filter(|_| notice.detail_type == WatchPart::DETAIL_TYPE)
        {
            return account.announce_part(notice.detail());
        }
        let text = serde_json::to_string(notice).map_err(|error| damaged("notices", &error))?;
        self.store
            .execute("INSERT INTO notices (notice) VALUES (?1)", params![text])
            .map_err(|error| port_error("log a notice", error))?;
        Ok(())
    }
}

/// The quarantine of the embedded default.
#[derive(Clone, Debug)]
pub struct QuarantineLog(Store);

impl QuarantineLog {
    /// A quarantine in a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// The rejected records, as JSON, by function and message.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn kept(&self) -> Result<Vec<Value>, PortError> {
        let texts = column(&self.0, "SELECT rejected FROM quarantine ORDER BY function, message_id")?;
        texts
            .iter()
            .map(|text| serde_json::from_str(text).map_err(|error| damaged("quarantine", &error)))
            .collect()
    }
}

impl Quarantine for QuarantineLog {
    async fn keep(&self, rejected: &Rejected) -> Result<(), PortError> {
        let text = serde_json::to_string(rejected).map_err(|error| damaged("quarantine", &error))?;
        self.0
            .execute(
                "INSERT OR REPLACE INTO quarantine (function, message_id, rejected) VALUES (?1, ?2, ?3)",
                params![rejected.function, rejected.message_id, text],
            )
            .map_err(|error| port_error("keep a rejected record", error))?;
        Ok(())
    }
}

fn column(store: &Store, sql: &str) -> Result<Vec<String>, PortError> {
    let connection = store.lock();
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
    };
    read().map_err(|error| port_error("read the store", error))
}

fn damaged(table: &str, error: &serde_json::Error) -> PortError {
    PortError::new(PortErrorKind::Invalid, format!("read `{table}` of the store"), error.to_string())
}
