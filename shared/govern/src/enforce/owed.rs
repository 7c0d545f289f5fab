//! Owed notices. A notice about a resource is written to the table before the action that it reports, and deleted after it has been
//! published. If a process dies in between, the next delivery about the resource finds the owed notice and publishes it, even if the
//! resource has been corrected or is gone.

use sagewarden_events::Resource;
use sagewarden_lineage::rows::{NoticeRow, ReceiptState};
use sagewarden_lineage::table::{Item, Write};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::enforce::notice::{POLICY_VIOLATION, REMEDIATION_DONE, REMEDIATION_FAILED};
use crate::enforce::remediation::Remediation;
use crate::notify::{Kept, Moment, Receipt};
use crate::outcome::Failure;
use crate::ports::{Notice, PortError, PortErrorKind, Table};
use crate::record::closure::query_all;
use crate::world::World;

/// The content of a row for an owed notice: the notice, and the facts to record with it.
#[derive(Debug, Serialize, Deserialize)]
struct Owed {
    detail_type: String,
    resources: Vec<String>,
    detail: Json,
    writes: Vec<Write>,
}

impl Owed {
    fn text(notice: &Notice, writes: &[Write]) -> Result<String, PortError> {
        let owed = Self {
            detail_type: notice.detail_type.to_owned(),
            resources: notice.resources.clone(),
            detail: notice.detail().clone(),
            writes: writes.to_vec(),
        };
        serde_json::to_string(&owed).map_err(unreadable)
    }

    fn parse(text: &str) -> Result<(Notice, Vec<Write>), PortError> {
        let Self { detail_type, resources, detail, writes } =
            serde_json::from_str(text).map_err(unreadable)?;
        let known = [POLICY_VIOLATION, REMEDIATION_FAILED, REMEDIATION_DONE];
        let detail_type = known.into_iter().find(|known| *known == detail_type).ok_or_else(|| {
            PortError::new(PortErrorKind::Invalid, READ, format!("`{detail_type}` is not a kind of notice"))
        })?;
        Ok((Notice::new(detail_type, resources, detail), writes))
    }
}

const READ: &str = "read a notice that is owed";

fn unreadable(error: serde_json::Error) -> PortError {
    PortError::new(PortErrorKind::Invalid, READ, error.to_string())
}

/// A notice that this delivery is to publish.
pub(crate) struct OwedNotice {
    receipt: Receipt,
    /// The remedy that an earlier delivery made, or was about to make, before it died.
    pub(crate) earlier: Option<Remediation>,
}

impl OwedNotice {
    /// Writes down that `notice` is owed, unless it has been published (`None`). `writes` are recorded with it should this process
    /// die.
    pub(crate) async fn claim(
        world: &impl World,
        moment: &Moment,
        resource: &Resource,
        cause: &str,
        notice: &Notice,
        writes: &[Write],
    ) -> Result<Option<Self>, PortError> {
        let (key, owed) = (NoticeRow::key(resource, cause), Owed::text(notice, writes)?);
        let claimed = Receipt::claim_owing(world.table(), moment, key.clone(), owed.clone()).await?;
        let Some((mut receipt, earlier)) = claimed else { return Ok(None) };
        let Some(text) = earlier else { return Ok(Some(Self { receipt, earlier: None })) };
        let earlier = what_was_done(&Owed::parse(&text)?.0);
        if earlier.is_some() || what_was_done(notice).is_none() {
            return Ok(Some(Self { receipt, earlier }));
        }
        // The earlier delivery made no remedy. The row must now hold this delivery's remedy: if this delivery dies, the next one would
        // otherwise take its remedy for another one.
        receipt.owe(owed.clone());
        receipt.give_back(world.table()).await?;
        let again = Receipt::claim_owing(world.table(), moment, key, owed).await?;
        Ok(again.map(|(receipt, _)| Self { receipt, earlier: None }))
    }

    /// Publishes the notice as it is now, and deletes the row. If that fails, the row keeps this notice.
    pub(crate) async fn publish(
        mut self,
        world: &impl World,
        notice: &Notice,
        writes: &[Write],
    ) -> Result<(), PortError> {
        self.receipt.owe(Owed::text(notice, writes)?);
        self.receipt.publish(world.table(), world.bus(), Kept::ForGood, notice).await
    }

    /// The notice is no longer owed. Marks its row as done without publishing it.
    pub(crate) async fn strike_out(self, world: &impl World) -> Result<(), PortError> {
        self.receipt.settle(world.table(), Kept::ForGood).await
    }

    /// Leaves it to another delivery. `notice`, if given, replaces the owed one.
    pub(crate) async fn leave(
        mut self,
        world: &impl World,
        notice: Option<(&Notice, &[Write])>,
    ) -> Result<(), PortError> {
        if let Some((notice, writes)) = notice {
            self.receipt.owe(Owed::text(notice, writes)?);
        }
        self.receipt.give_back(world.table()).await
    }
}

/// The remedy in a notice, if there was one.
fn what_was_done(notice: &Notice) -> Option<Remediation> {
    let remediation: Remediation =
        serde_json::from_value(notice.detail().get("remediation")?.clone()).ok()?;
    Some(remediation).filter(|remediation| remediation.action.is_some())
}

/// Publishes, once, a notice that reports no outstanding remedy.
pub(crate) async fn publish_about(
    world: &impl World,
    moment: &Moment,
    resource: &Resource,
    cause: &str,
    notice: &Notice,
) -> Result<(), PortError> {
    match OwedNotice::claim(world, moment, resource, cause, notice, &[]).await? {
        Some(owed) => owed.publish(world, notice, &[]).await,
        None => Ok(()),
    }
}

/// The notices about a resource that are owed.
pub(crate) async fn owed_about(world: &impl World, resource: &Resource) -> Result<Vec<NoticeRow>, PortError> {
    Ok(unsettled(&query_all(world.table(), NoticeRow::about(resource)).await?).collect())
}

/// The owed notices among some rows.
pub(crate) fn unsettled(items: &[Item]) -> impl Iterator<Item = NoticeRow> {
    let rows = items.iter().filter_map(NoticeRow::parse);
    rows.filter(|row| row.state != ReceiptState::Done && row.owed.is_some())
}

/// Deletes the row of a notice that is no longer owed.
pub(crate) async fn strike_out(
    world: &impl World,
    moment: &Moment,
    resource: &Resource,
    owed: impl IntoIterator<Item = &NoticeRow>,
) -> Result<(), PortError> {
    for row in owed {
        let key = NoticeRow::key(resource, &row.cause);
        if let Some(receipt) = Receipt::claim_key(world.table(), moment, key).await? {
            receipt.settle(world.table(), Kept::ForGood).await?;
        }
    }
    Ok(())
}

/// Publishes owed notices as they were written. Returns their number.
///
/// # Errors
///
/// When the table or the bus fail, or another delivery is publishing one of them. The record must then be retried.
pub(crate) async fn publish_owed(
    world: &impl World,
    moment: &Moment,
    resource: &Resource,
    owed: impl IntoIterator<Item = &NoticeRow>,
) -> Result<usize, Failure> {
    let mut published = 0;
    for row in owed {
        let Some(text) = &row.owed else { continue };
        let key = NoticeRow::key(resource, &row.cause);
        let claimed = Receipt::claim_owing(world.table(), moment, key, text.clone()).await?;
        let Some((receipt, earlier)) = claimed else { continue };
        let (notice, writes) = Owed::parse(earlier.as_ref().unwrap_or(text))?;
        if let Err(error) = world.table().write(&writes).await {
            receipt.give_back(world.table()).await?;
            return Err(error.into());
        }
        receipt.publish(world.table(), world.bus(), Kept::ForGood, &notice).await?;
        published += 1;
    }
    Ok(published)
}
