//! Notices that leave once per cause, however often the cause is delivered.

use sagewarden_events::Timestamp;
use sagewarden_lineage::table::{Attributes, Key, Value};

use crate::ports::{Bus, Claim, Claimed, Notice, PortError, PortErrorKind, Table};

/// One invocation of a use case: when it is, and who it is to others that run at the same time.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// Unique to this attempt.
    pub owner: String,
}

/// A sender that dies leaves its claim behind; after this it can be taken over.
const LEASE_MS: i64 = 120_000;
/// How long a receipt remembers its cause: longer than any archive from which events are replayed (400 days).
const RECEIPT_SECONDS: i64 = 400 * 86_400;

/// Publishes `notice` unless this cause has been told before. Returns whether it left now.
///
/// A crash between publishing and settling sends it again after the lease: at least once, and once unless a sender dies
/// within these milliseconds.
///
/// # Errors
/// When the table or the bus fail, or another sender holds the claim: the record is to be retried.
pub(crate) async fn publish_once(
    table: &impl Table,
    bus: &impl Bus,
    moment: &Moment,
    cause: &str,
    cause_time: Timestamp,
    notice: &Notice,
) -> Result<bool, PortError> {
    let claim = Claim {
        key: Key::new(format!("E#{cause}"), "#"),
        owner: moment.owner.clone(),
        now: moment.now,
        until: Timestamp::from_millis(moment.now.millis() + LEASE_MS),
    };
    match table.claim(&claim).await? {
        Claimed::Done => return Ok(false),
        Claimed::Busy => {
            let context = format!("send `{}` for `{cause}`", notice.detail_type);
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                context,
                "another delivery is sending it",
            ));
        }
        Claimed::Mine => {}
    }
    if let Err(error) = bus.publish(notice).await {
        table.release(&claim).await?;
        return Err(error);
    }
    // The receipt is a function of the cause, so that it is the same whoever sent the notice.
    let expires = cause_time.millis() / 1000 + RECEIPT_SECONDS;
    table.settle(&claim, Attributes::from([("ttl".into(), Value::Number(expires))])).await?;
    Ok(true)
}
