//! Lists of findings: the open ones, and everything that was ever found.
//!
//! [`OpenFindingRow`] and [`super::WaivedRow`] are copies of the newest verdict on a resource. A writer of a verdict
//! reads it again afterwards, and corrects the copies. [`FoundRow`] is a fact, and stays.

use std::fmt;

use sagewarden_events::{Resource, Timestamp};
use serde_json::Value as Json;

use super::index::place;
use super::kind::{RowKind, leading_time, millis};
use super::verdict::{VerdictRow, bundle_mark, verdict_id};
use crate::table::{Attributes, Item, Key, Query, Write};

pub(super) const SINCE: &str = "since";
const CONTROLS: &str = "controls";
pub(super) const OWNER: &str = "owner";
const BUNDLE: &str = "bundle";

/// The severities, the worst first. Lists begin with the worst findings.
pub const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

/// How bad a severity is: 0 is the worst. A word that is unknown counts as the least.
#[must_use]
pub fn severity_rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|known| *known == severity).unwrap_or(SEVERITIES.len() - 1)
}

/// A control in a verdict, without words for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundControl {
    /// Its id.
    pub control: String,
    /// Its severity.
    pub severity: String,
    /// `violation`, `unknown` or `waived`.
    pub status: String,
}

impl fmt::Display for FoundControl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.control, self.severity, self.status)
    }
}

impl FoundControl {
    /// An expired waiver is a finding, but not about the resource.
    const NO_CONTROL: &str = "WAIVER-EXPIRED";
    /// The status of a control that somebody has waived.
    pub const WAIVED: &str = "waived";

    /// The controls in a verdict that are not fulfilled.
    #[must_use]
    pub fn in_verdict(verdict: &VerdictRow) -> Vec<Self> {
        let findings: Vec<Json> = serde_json::from_str(&verdict.findings).unwrap_or_default();
        let text = |finding: &Json, name: &str| finding.get(name)?.as_str().map(str::to_owned);
        let mut controls: Vec<Self> = findings
            .iter()
            .filter_map(|finding| {
                Some(Self {
                    control: text(finding, "control").filter(|id| id != Self::NO_CONTROL)?,
                    severity: text(finding, "severity")?,
                    status: text(finding, "status")?,
                })
            })
            .collect();
        controls.sort();
        controls.dedup();
        controls
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':').map(str::to_owned);
        let (status, severity, control) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { control, severity, status })
    }

    fn write_all(controls: &[Self]) -> String {
        controls.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn parse_all(text: &str) -> Vec<Self> {
        text.split(' ').filter_map(Self::parse).collect()
    }

    /// The worst severity among controls.
    #[must_use]
    pub fn worst(controls: &[Self]) -> Option<&'static str> {
        let rank = controls.iter().map(|each| severity_rank(&each.severity)).min()?;
        SEVERITIES.get(rank).copied()
    }
}

/// `<account>/<region>#<created>#<partition of the verdicts>`. An endpoint outlives its incarnations, so its key has no time.
pub(super) fn sort_key(resource: &Resource, subject: &str) -> String {
    let created = VerdictRow::created_at(subject).unwrap_or(Timestamp::from_millis(0));
    format!("{}/{}/#{}#{subject}", resource.account, resource.region, millis(created))
}

pub(super) fn subject_in(sk: &str) -> Option<&str> {
    let (_, rest) = sk.split_once("/#")?;
    Some(rest.split_once('#')?.1)
}

/// A resource whose newest verdict has findings that nobody waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFindingRow {
    /// The partition of its verdicts ([`VerdictRow::partition`]).
    pub subject: String,
    /// When the resource came into the state that was judged.
    pub since: Timestamp,
    /// The controls that failed or are undecided.
    pub controls: Vec<FoundControl>,
    /// Who created the resource, if that is known.
    pub owner: Option<String>,
    /// The first digits of the hash of the bundle.
    pub bundle: String,
}

impl OpenFindingRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "OpenFindingRow",
        says: "a resource with open findings, by the worst severity of them",
        pk: "K#open",
        sk: "<severity as a digit>#<account>/<region>/#<time>#<partition of the verdicts>",
    };
    /// One partition for all severities, which is read from its end: one request reads the worst findings and those that follow.
    pub(super) const PK: &str = "K#open";

    /// The open findings of this severity and of worse ones, the worst first, and of each severity the newest resources of each region.
    /// Several accounts are one query; a single account is a query for each severity.
    #[must_use]
    pub fn at_least(severity: &str, account: Option<&str>, region: Option<&str>) -> Vec<Query> {
        if account.is_none() {
            // Tildes come behind all keys.
            return vec![Query::between(Self::PK, Self::of_severity(severity), "~~").newest_first()];
        }
        let worse = SEVERITIES.into_iter().take(severity_rank(severity) + 1);
        let begin = |severity| format!("{}{}", Self::of_severity(severity), place(account, region));
        worse.map(|severity| Query::prefix(Self::PK, begin(severity)).newest_first()).collect()
    }

    /// The beginning of the sort keys of a severity: the worst has the largest digit.
    fn of_severity(severity: &str) -> String {
        format!("{}#", SEVERITIES.len() - severity_rank(severity))
    }

    /// The open findings of this worst severity on resources of a region that were created until then, the oldest first.
    #[must_use]
    pub fn created_until(severity: &str, account: &str, region: &str, until: Timestamp) -> Query {
        let begin = format!("{}{}", Self::of_severity(severity), place(Some(account), Some(region)));
        let until = format!("{begin}#{}#~", millis(until));
        Query::between(Self::PK, begin, until)
    }

    /// The key of the row of a resource under a severity.
    #[must_use]
    pub fn key(severity: &str, resource: &Resource, subject: &str) -> Key {
        Key::new(Self::PK, format!("{}{}", Self::of_severity(severity), sort_key(resource, subject)))
    }

    /// The open findings of a verdict; `None` if there are none.
    #[must_use]
    pub fn of_verdict(verdict: &VerdictRow, owner: Option<&str>) -> Option<Self> {
        let mut controls = FoundControl::in_verdict(verdict);
        controls.retain(|each| each.status != FoundControl::WAIVED);
        (!controls.is_empty()).then(|| Self {
            subject: verdict.pk.clone(),
            since: verdict.modified_at,
            controls,
            owner: owner.map(str::to_owned),
            bundle: bundle_mark(&verdict.bundle).to_owned(),
        })
    }

    /// The row; `None` if its subject is no resource.
    #[must_use]
    pub fn item(&self) -> Option<Item> {
        let resource = VerdictRow::resource(&self.subject)?;
        let severity = FoundControl::worst(&self.controls)?;
        let mut attributes = Attributes::from([
            (SINCE.into(), self.since.millis().into()),
            (CONTROLS.into(), FoundControl::write_all(&self.controls).into()),
            (BUNDLE.into(), self.bundle.clone().into()),
        ]);
        attributes.extend(self.owner.iter().map(|owner| (OWNER.to_owned(), owner.clone().into())));
        Some(Item { key: Self::key(severity, &resource, &self.subject), attributes })
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        (item.key.pk == Self::PK).then_some(())?;
        Some(Self {
            subject: subject_in(&item.key.sk)?.to_owned(),
            since: Timestamp::from_millis(item.number(SINCE)?),
            controls: FoundControl::parse_all(item.text(CONTROLS)?),
            owner: item.text(OWNER).map(str::to_owned),
            bundle: item.text(BUNDLE)?.to_owned(),
        })
    }
}

/// That a bundle found something wrong with a resource in one of its states. The row stays when the finding is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// When the resource came into the state that was judged.
    pub at: Timestamp,
    /// The partition of its verdicts.
    pub subject: String,
    /// The first digits of the hash of the bundle.
    pub bundle: String,
    /// Whether every control could be decided.
    pub is_known: bool,
    /// The mark that distinguishes one set of findings from another.
    pub mark: String,
    /// The controls that failed or are undecided.
    pub controls: Vec<FoundControl>,
    /// `enforce` or `observe`.
    pub mode: String,
    /// In the mode `observe`, the remedy that `enforce` would have carried out: `stop`, `delete`, `change` or `mark`.
    pub would: Option<String>,
}

impl FoundRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "FoundRow",
        says: "that a bundle found something wrong with a resource in one of its states, under the worst severity",
        pk: "K#found#<severity>",
        sk: "<time>#<partition of the verdicts>#<bundle>#<known>#<mark>",
    };
    const PREFIX: &str = "K#found#";
    /// The beginning of the partitions of all severities.
    pub const PARTITIONS: &str = Self::PREFIX;
    const VERSION: &str = "v";
    const MODE: &str = "mode";
    const WOULD: &str = "would";

    /// The findings of a verdict; `None` if it has none that count.
    #[must_use]
    pub fn of_verdict(verdict: &VerdictRow, mode: &str, would: Option<&str>) -> Option<Self> {
        let open = OpenFindingRow::of_verdict(verdict, None)?;
        Some(Self {
            at: verdict.modified_at,
            subject: open.subject,
            bundle: open.bundle,
            is_known: verdict.is_known,
            mark: verdict.findings_mark.clone(),
            controls: open.controls,
            mode: mode.to_owned(),
            would: would.map(str::to_owned),
        })
    }

    /// The rows with this worst severity between two times, both included; the newest first.
    #[must_use]
    pub fn between(severity: &str, from: Option<Timestamp>, until: Option<Timestamp>) -> Query {
        let bound = |time: Option<Timestamp>, end: &str| time.map_or(end.to_owned(), millis);
        let until = format!("{}#~", bound(until, "~"));
        Query::between(format!("{}{severity}", Self::PREFIX), bound(from, ""), until).newest_first()
    }

    /// The row's key.
    #[must_use]
    pub fn key(&self) -> Key {
        let severity = FoundControl::worst(&self.controls).unwrap_or_default();
        let sk = format!("{}#{}#{}", millis(self.at), self.subject, self.verdict());
        Key::new(format!("{}{severity}", Self::PREFIX), sk)
    }

    /// The verdict, as [`VerdictRow::id`] names it.
    #[must_use]
    pub fn verdict(&self) -> String {
        verdict_id(&self.bundle, self.is_known, &self.mark)
    }

    /// The write. The tags of the creating call can lead to another mode. So of two judgements of one state, the one
    /// with the stronger remedy counts.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, mut attributes } = self.item();
        attributes.remove(Self::VERSION);
        Write::Newest { key, version_attribute: Self::VERSION.into(), version: self.version(), attributes }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([
            (CONTROLS.into(), FoundControl::write_all(&self.controls).into()),
            (Self::MODE.into(), self.mode.clone().into()),
            (Self::WOULD.into(), self.would.clone().unwrap_or_default().into()),
        ]);
        attributes.insert(Self::VERSION.into(), self.version().into());
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.pk.strip_prefix(Self::PREFIX)?;
        let (_, rest) = item.key.sk.split_once('#')?;
        let mut parts = rest.rsplitn(4, '#').map(str::to_owned);
        let (mark, known, bundle, subject) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            at: leading_time(&item.key.sk)?,
            subject,
            bundle,
            is_known: known == "1",
            mark,
            controls: FoundControl::parse_all(item.text(CONTROLS)?),
            mode: item.text(Self::MODE)?.to_owned(),
            would: item.text(Self::WOULD).filter(|would| !would.is_empty()).map(str::to_owned),
        })
    }

    fn version(&self) -> String {
        let would = self.would.as_deref().unwrap_or_default();
        format!("{}#{would}#{}", u8::from(self.would.is_some()), self.mode)
    }
}
