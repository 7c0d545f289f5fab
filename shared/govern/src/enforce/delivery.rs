//! One delivery of an event whose resource has been judged. The rows of the resource are read once, when the code first needs them.

use std::cell::OnceCell;

use sagewarden_events::{Actor, CallMade, Effect, Timestamp};
use sagewarden_lineage::rows::{ComplianceRow, VerdictRow, millis};
use sagewarden_lineage::table::{Item, Key};
use serde_json::Value as Json;

use crate::enforce::judged::Judged;
use crate::enforce::remediation::VIOLATION_TAG;
use crate::notify::Moment;
use crate::ports::{PortError, Table};
use crate::window::DAY_MS;
use crate::world::World;

/// A judged resource, the call that led to it, and the world to act in.
pub(crate) struct Delivery<'a, W> {
    pub(crate) world: &'a W,
    pub(crate) judged: &'a Judged,
    /// Absent where a state change or another resource led here.
    pub(crate) call: Option<&'a CallMade>,
    pub(crate) moment: &'a Moment,
    /// Whether the remedy is left to an event: the finding is published, and nothing else is done.
    pub(crate) only_reports: bool,
    verdict: OnceCell<Option<Item>>,
    compliance: OnceCell<Option<ComplianceRow>>,
}

impl<'a, W: World> Delivery<'a, W> {
    pub(crate) fn new(
        world: &'a W,
        judged: &'a Judged,
        call: Option<&'a CallMade>,
        moment: &'a Moment,
    ) -> Self {
        Self {
            world,
            judged,
            call,
            moment,
            only_reports: false,
            verdict: OnceCell::new(),
            compliance: OnceCell::new(),
        }
    }

    /// The same; see [`Self::only_reports`].
    pub(crate) fn reporting_only(self, only_reports: bool) -> Self {
        Self { only_reports, ..self }
    }

    pub(crate) fn table(&self) -> &'a W::Table {
        self.world.table()
    }

    /// Who created the resource, when that is the call.
    pub(crate) fn creator(&self) -> Option<&'a Actor> {
        self.call.filter(|call| call.effect == Effect::Created).map(|call| &call.actor)
    }

    /// The call, when it changed the resource.
    pub(crate) fn change(&self) -> Option<&'a CallMade> {
        self.call.filter(|call| call.effect == Effect::Changed)
    }

    /// The row of the verdict.
    pub(crate) fn verdict_key(&self) -> Key {
        VerdictRow::key(&self.judged.pk, &self.judged.verdict.bundle)
    }

    /// The creator of the resource, if CloudTrail's event has reached this or another delivery.
    pub(crate) async fn known_creator(&self) -> Result<Option<Actor>, PortError> {
        if let Some(creator) = self.creator() {
            return Ok(Some(creator.clone()));
        }
        Ok(self.verdict_row_anew().await?.as_ref().and_then(actor_in))
    }

    /// Whether this remedy has taken effect.
    pub(crate) async fn is_remedied_by(&self, action: &str) -> Result<bool, PortError> {
        let row = self.verdict_row_anew().await?;
        Ok(row.is_some_and(|row| row.text(VerdictRow::REMEDY) == Some(action)))
    }

    /// Another delivery may have remedied, or learned the creator, after this one had read the row.
    pub(crate) async fn verdict_row_anew(&self) -> Result<Option<Item>, PortError> {
        Ok(self.table().get(&[self.verdict_key()]).await?.pop())
    }

    /// As [`Self::known_creator`], for a delivery that finds nothing to remedy.
    pub(crate) async fn creator_as_read(&self) -> Result<Option<Actor>, PortError> {
        if let Some(creator) = self.creator() {
            return Ok(Some(creator.clone()));
        }
        Ok(self.verdict_row().await?.and_then(actor_in))
    }

    /// The time when the resource reached its present state. A job has no such time of its own; the time of the call that changed its
    /// setting counts.
    pub(crate) fn changed_at(&self) -> Timestamp {
        let call = self.change().filter(|_| !self.judged.resource.kind.is_mutable());
        call.map_or(self.judged.modified_at, |call| call.time)
    }

    /// How often Sagewarden has corrected the resource within a day, according to this attribute of the verdict's row, before somebody
    /// undid the correction.
    pub(crate) async fn corrections_before(
        &self,
        attribute: &str,
        undone_at: Timestamp,
    ) -> Result<usize, PortError> {
        let now = undone_at.millis();
        let (first, last) = (millis(Timestamp::from_millis((now - DAY_MS).max(0))), millis(undone_at));
        let row = self.verdict_row().await?;
        // Times have one width: as text they are in their order.
        Ok(row.map_or(0, |row| {
            row.set(attribute).filter(|then| (first.as_str()..last.as_str()).contains(then)).count()
        }))
    }

    /// The call, with the mark that it left on the resource, if it was about the mark ([`mark_after`]).
    pub(crate) fn mark_after_call(&self) -> Option<(&'a CallMade, Option<&'a str>)> {
        self.call.and_then(|call| Some((call, mark_after(call)?)))
    }

    /// The controls that the resource's tag names.
    pub(crate) async fn marked(&self) -> Result<Option<&str>, PortError> {
        Ok(self.verdict_row().await?.and_then(|row| row.text(VerdictRow::MARKED)))
    }

    /// Whether Sagewarden stopped the notebook instance to change it, and has not started it again.
    pub(crate) async fn waits_to_start(&self) -> Result<bool, PortError> {
        let row = self.verdict_row().await?;
        Ok(row.and_then(|row| row.text(VerdictRow::STOPPED_TO_CHANGE)) == Some("yes"))
    }

    /// When the notebook instance that waits to be started again had last been modified before it was stopped.
    pub(crate) async fn stopped_when_modified_at(&self) -> Result<Option<Timestamp>, PortError> {
        let row = self.verdict_row().await?;
        Ok(row
            .filter(|row| row.text(VerdictRow::STOPPED_TO_CHANGE) == Some("yes"))
            .and_then(VerdictRow::stopped_as_of))
    }

    /// The time of the last change before the resource was judged. The description does not have the time when tags changed: the call has.
    pub(crate) fn as_of(&self) -> Timestamp {
        let tagged_at = self.call.filter(|call| is_about_tags(call)).map(|call| call.time);
        tagged_at.map_or(self.judged.modified_at, |at| at.max(self.judged.modified_at))
    }

    /// Whether the resource can come to fail controls that it passed before. Everything has tags that can be taken away.
    pub(crate) fn can_relapse(&self) -> bool {
        self.judged.resource.kind.is_mutable() || self.call.is_some_and(is_about_tags)
    }

    /// When a changeable resource last passed every control before the judged change. A later time than that of the judged state is the
    /// time of a change of tags.
    pub(crate) async fn kept_at(&self) -> Result<Option<Timestamp>, PortError> {
        let row = self.compliance_row().await?;
        Ok(row.map(|row| row.kept_at).filter(|at| *at != self.judged.modified_at))
    }

    /// Read before the receipt of a finding is claimed, to distinguish it from receipts of earlier findings.
    async fn compliance_row(&self) -> Result<Option<&ComplianceRow>, PortError> {
        if let Some(held) = self.compliance.get() {
            return Ok(held.as_ref());
        }
        let key = ComplianceRow::key(&self.judged.pk, &self.judged.verdict.bundle);
        let item = self.table().get(&[key]).await?.pop();
        let row = item.and_then(|item| ComplianceRow::parse(&item));
        Ok(self.compliance.get_or_init(|| row).as_ref())
    }

    /// This row is read after the claim of the finding, because the delivery before may have noted its remedy in it. If it were read
    /// earlier, together with the other row, that note could be missing. Then a marked resource would be marked and published again.
    async fn verdict_row(&self) -> Result<Option<&Item>, PortError> {
        if let Some(held) = self.verdict.get() {
            return Ok(held.as_ref());
        }
        let row = self.table().get(&[self.verdict_key()]).await?.pop();
        Ok(self.verdict.get_or_init(|| row).as_ref())
    }
}

/// The value that a call left in the tag that marks a violation: empty if it removed the tag. `None` if the call is not about that tag.
pub(crate) fn mark_after(call: &CallMade) -> Option<Option<&str>> {
    let listed = |name: &str| call.request.get(name).and_then(Json::as_array).into_iter().flatten();
    let mut set = listed("tags").filter(|tag| tag.get("key").and_then(Json::as_str) == Some(VIOLATION_TAG));
    match call.name.as_str() {
        "AddTags" => set.next().map(|tag| tag.get("value").and_then(Json::as_str)),
        "DeleteTags" => listed("tagKeys").any(|key| key.as_str() == Some(VIOLATION_TAG)).then_some(None),
        _ => None,
    }
}

/// Whether a call is about tags alone.
pub(crate) fn is_about_tags(call: &CallMade) -> bool {
    ["AddTags", "DeleteTags"].contains(&call.name.as_str())
}

fn actor_in(row: &Item) -> Option<Actor> {
    serde_json::from_str(row.text(VerdictRow::ACTOR)?).ok()
}
