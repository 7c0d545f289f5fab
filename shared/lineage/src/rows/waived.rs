//! The list of waivers: the controls that are waived now, and for which resources.

use sagewarden_events::{Resource, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::finding::{FoundRow, OWNER, OpenFindingRow, SINCE, sort_key, subject_in};
use super::index::place;
use super::kind::RowKind;
use super::verdict::VerdictRow;
use crate::table::{Attributes, Item, Key, Query};

/// A control that somebody waived, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedControl {
    /// Its id.
    pub control: String,
    /// Its severity.
    pub severity: String,
    /// Who waived it.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
}

/// A resource that a waiver covers: its newest verdict has waived findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedRow {
    /// The partition of its verdicts.
    pub subject: String,
    /// When the resource came into the state that was judged.
    pub since: Timestamp,
    /// The waived controls.
    pub waived: Vec<WaivedControl>,
    /// Who created the resource, if that is known.
    pub owner: Option<String>,
}

impl WaivedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "WaivedRow",
        says: "a resource that a waiver covers",
        pk: "K#waived",
        sk: "<account>/<region>/#<time>#<partition of the verdicts>",
    };
    const PK: &str = "K#waived";
    const WAIVED: &str = "waived";

    /// The covered resources; the newest of each region first.
    #[must_use]
    pub fn of(account: Option<&str>, region: Option<&str>) -> Query {
        Query::prefix(Self::PK, place(account, region)).newest_first()
    }

    /// The row's key.
    #[must_use]
    pub fn key(resource: &Resource, subject: &str) -> Key {
        Key::new(Self::PK, sort_key(resource, subject))
    }

    /// The waived findings of a verdict; `None` if there are none.
    #[must_use]
    pub fn of_verdict(verdict: &VerdictRow, owner: Option<&str>) -> Option<Self> {
        let findings: Vec<Json> = serde_json::from_str(&verdict.findings).unwrap_or_default();
        let waived = findings.iter().filter_map(|finding| {
            let text = |value: &Json, name: &str| value.get(name)?.as_str().map(str::to_owned);
            let waiver = finding.get("waiver")?;
            Some(WaivedControl {
                control: text(finding, "control")?,
                severity: text(finding, "severity")?,
                approver: text(waiver, "approver")?,
                reason: text(waiver, "reason")?,
                expires: waiver.get("expires").and_then(Timestamp::from_json)?,
            })
        });
        let waived: Vec<WaivedControl> = waived.collect();
        (!waived.is_empty()).then(|| Self {
            subject: verdict.pk.clone(),
            since: verdict.modified_at,
            waived,
            owner: owner.map(str::to_owned),
        })
    }

    /// The row; `None` if its subject is no resource.
    #[must_use]
    pub fn item(&self) -> Option<Item> {
        let resource = VerdictRow::resource(&self.subject)?;
        let waived = serde_json::to_string(&self.waived).ok()?;
        let mut attributes = Attributes::from([
            (SINCE.into(), self.since.millis().into()),
            (Self::WAIVED.into(), waived.into()),
        ]);
        attributes.extend(self.owner.iter().map(|owner| (OWNER.to_owned(), owner.clone().into())));
        Some(Item { key: Self::key(&resource, &self.subject), attributes })
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let subject = subject_in(&item.key.sk).filter(|_| item.key.pk == Self::PK)?;
        Some(Self {
            subject: subject.to_owned(),
            since: Timestamp::from_millis(item.number(SINCE)?),
            waived: serde_json::from_str(item.text(Self::WAIVED)?).ok()?,
            owner: item.text(OWNER).map(str::to_owned),
        })
    }
}

/// The resource of a row in a list of findings; `None` for rows of other kinds.
#[must_use]
pub fn subject_of_finding(item: &Item) -> Option<String> {
    let open = OpenFindingRow::parse(item).map(|row| row.subject);
    let waived = || WaivedRow::parse(item).map(|row| row.subject);
    let found = || FoundRow::parse(item).map(|row| row.subject);
    open.or_else(waived).or_else(found)
}
