//! Verdicts on a resource, the remedies that followed, and when it last passed every control.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceKind, Timestamp};

use super::kind::{RowKind, earliest, leading_time, millis};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Value, Write};

/// How many digits of a bundle's hash are in keys: enough to distinguish bundles.
const MARK: usize = 12;

/// Rows about verdicts have partitions of their own, so that IAM can let one function alone write them. The second form is for kinds
/// without a node.
pub(super) const VERDICTS: &str = "V#<identity>, or V#R#<kind>#<account>/<region>/<name>@<ms>";
const PARTITION: &str = "V#";

/// The key of a row about verdicts on the resource of this name.
pub(super) fn key_in(pk: &str, sk: String) -> Key {
    Key::new(format!("{PARTITION}{pk}"), sk)
}

/// The resource of the verdicts in a partition.
pub(super) fn subject_of(key: &Key) -> Option<&str> {
    key.pk.strip_prefix(PARTITION)
}

/// The first digits of a bundle's hash.
#[must_use]
pub fn bundle_mark(bundle: &str) -> &str {
    bundle.get(..MARK).unwrap_or(bundle)
}

/// The text that distinguishes a verdict from others on one resource.
pub(super) fn verdict_id(bundle: &str, is_known: bool, findings_mark: &str) -> String {
    format!("{}#{}#{findings_mark}", bundle_mark(bundle), u8::from(is_known))
}

/// The newest verdict by a bundle on an incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// The partition of its resource ([`Self::partition`]).
    pub pk: String,
    /// The bundle's hash.
    pub bundle: String,
    /// The time of the resource's last change before it was judged.
    pub modified_at: Timestamp,
    /// When it was judged. Facts that a control joins (tags, roles, commits) can change while the resource does not. If one state was
    /// judged twice, the later judgement counts.
    pub judged_at: Timestamp,
    /// Whether every control could be decided.
    pub is_known: bool,
    /// The mark that distinguishes one set of findings from another.
    pub findings_mark: String,
    /// The outcome's word.
    pub outcome: String,
    /// The findings as JSON text.
    pub findings: String,
    /// The controls that were checked, with spaces between.
    pub checked: String,
}

impl VerdictRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "VerdictRow",
        says: "the newest verdict by a bundle, who created the resource, and the remedy",
        pk: VERDICTS,
        sk: "V#<bundle>",
    };
    /// The beginning of the partitions of verdicts.
    pub const PARTITIONS: &str = PARTITION;
    const PREFIX: &str = "V#";
    const WITHOUT_NODE: &str = "R#";

    /// The outcome's word.
    pub const OUTCOME: &str = "outcome";
    /// The findings as JSON text.
    pub const FINDINGS: &str = "findings";
    /// The controls that were checked.
    pub const CHECKED: &str = "checked";
    /// The whole hash of the bundle.
    pub const BUNDLE: &str = "bundle";
    /// The version of the verdict: `<time of the last change>#<time of the judgement>#<whether known>#<mark of the findings>`.
    pub const AS_OF: &str = "as_of";
    /// Who created the resource, as JSON text.
    pub const ACTOR: &str = "actor";
    /// The API call of the first remedy that took effect.
    pub const REMEDY: &str = "remedy";
    /// The result of that call.
    pub const REMEDY_RESULT: &str = "remedy_result";
    /// How long after the cause the call was made, in milliseconds.
    pub const REMEDY_AFTER_MS: &str = "remedy_after_ms";
    /// For each state that Sagewarden changed: when others had last changed the resource before.
    pub const CHANGED: &str = "remedy_changed";
    /// For each mark that Sagewarden set again: when somebody had removed the mark.
    pub const MARKED_AGAIN: &str = "remedy_marked_again";
    /// The controls that its tag names.
    pub const MARKED: &str = "remedy_marked";
    /// `yes` while a notebook instance waits to be started again, then `no`.
    pub const STOPPED_TO_CHANGE: &str = "stopped_to_change";
    /// The version of [`Self::MARKED`]: `<time of the last change>#<controls>`.
    pub const MARKED_AS_OF: &str = "remedy_marked_as_of";
    /// The version of this note: `<time of the last change>#<time of the note>#<step>`.
    pub const STOPPED_AS_OF: &str = "stopped_as_of";

    /// The partition of the verdicts on an incarnation. It contains the identity of its node. Kinds without a node have a form of their
    /// own.
    #[must_use]
    pub fn partition(resource: &Resource, created_at: Timestamp) -> String {
        NodeId::resource(resource, created_at).map_or_else(
            || {
                let Resource { kind, account, region, name, .. } = resource;
                let prefix = Self::WITHOUT_NODE;
                format!("{prefix}{}#{account}/{region}/{name}@{}", kind.segment(), created_at.millis())
            },
            |id| id.to_string(),
        )
    }

    /// The resource of a partition. Names of endpoints are in lower case.
    #[must_use]
    pub fn resource(pk: &str) -> Option<Resource> {
        let Some(rest) = pk.strip_prefix(Self::WITHOUT_NODE) else { return NodeId::parse(pk)?.as_resource() };
        let (segment, place) = rest.split_once('#')?;
        let (place, _) = place.rsplit_once('@')?;
        let mut parts = place.splitn(3, '/');
        let (account, region, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Resource::in_region(ResourceKind::from_segment(segment)?, account, region, name))
    }

    /// When the incarnation of a partition was created.
    #[must_use]
    pub fn created_at(pk: &str) -> Option<Timestamp> {
        pk.rsplit_once('@')?.1.parse().ok().map(Timestamp::from_millis)
    }

    /// Everything about the verdicts in a partition, of all bundles.
    #[must_use]
    pub fn and_judgements(pk: &str) -> Query {
        Query::whole(format!("{PARTITION}{pk}"))
    }

    /// Which of several verdicts holds: that on the newest state of the resource, then the newest judgement.
    #[must_use]
    pub fn order(&self) -> impl Ord + use<> {
        (self.modified_at, self.judged_at, self.is_known, self.findings_mark.clone())
    }

    /// The text that distinguishes this verdict from others on the resource: `<bundle>#<known>#<mark>`.
    #[must_use]
    pub fn id(&self) -> String {
        verdict_id(&self.bundle, self.is_known, &self.findings_mark)
    }

    /// Whether a row with this key holds a verdict, or will hold one.
    #[must_use]
    pub fn is(key: &Key) -> bool {
        subject_of(key).is_some() && key.sk.starts_with(Self::PREFIX)
    }

    /// The resource of a row about verdicts; `None` if the row is about something else.
    #[must_use]
    pub fn subject(key: &Key) -> Option<&str> {
        subject_of(key)
    }

    /// The verdicts in a partition, one for each bundle.
    #[must_use]
    pub fn of(pk: &str) -> Query {
        Query::prefix(format!("{PARTITION}{pk}"), Self::PREFIX)
    }

    /// The key of the verdict by a bundle.
    #[must_use]
    pub fn key(pk: &str, bundle: &str) -> Key {
        key_in(pk, format!("{}{}", Self::PREFIX, bundle_mark(bundle)))
    }

    /// The write of a verdict.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(&self.pk, &self.bundle),
            version_attribute: Self::AS_OF.into(),
            version: self.version(),
            attributes: self.attributes(),
        }
    }

    /// Who created the resource.
    #[must_use]
    pub fn write_actor(key: Key, actor: &str) -> Write {
        let once = Attributes::from([(Self::ACTOR.into(), actor.into())]);
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// The first remedy that took effect, with its time if it was noted.
    #[must_use]
    pub fn write_remedy(key: Key, action: &str, result: &str, after_ms: Option<i64>) -> Write {
        let mut once = Attributes::from([
            (Self::REMEDY.into(), action.into()),
            (Self::REMEDY_RESULT.into(), result.into()),
        ]);
        once.extend(after_ms.map(|after_ms| (Self::REMEDY_AFTER_MS.into(), after_ms.into())));
        Write::Merge { key, once, union: BTreeMap::new() }
    }

    /// Notes that Sagewarden is about to change the resource, which was last modified at that time. Repeated attempts count once.
    #[must_use]
    pub fn write_changed(key: Key, modified_at: Timestamp) -> Write {
        Self::note_time(key, Self::CHANGED, modified_at)
    }

    /// Notes that Sagewarden is about to set the mark again that somebody removed at that time. Repeated attempts count once.
    #[must_use]
    pub fn write_marked_again(key: Key, gone_at: Timestamp) -> Write {
        Self::note_time(key, Self::MARKED_AGAIN, gone_at)
    }

    /// Notes which controls its tag names.
    #[must_use]
    pub fn write_marked(key: Key, modified_at: Timestamp, controls: &str) -> Write {
        let version = format!("{}#{controls}", millis(modified_at));
        Self::note(key, Self::MARKED_AS_OF, version, Self::MARKED, controls.into())
    }

    /// Notes at `now` whether a notebook instance waits to be started again. If two notes have the same time, "it does not wait" wins.
    #[must_use]
    pub fn write_stopped(key: Key, modified_at: Timestamp, now: Timestamp, waits: bool) -> Write {
        let version = format!("{}#{}#{}", millis(modified_at), millis(now), u8::from(!waits));
        let word = if waits { "yes" } else { "no" };
        Self::note(key, Self::STOPPED_AS_OF, version, Self::STOPPED_TO_CHANGE, word.into())
    }

    /// When the notebook instance had last been modified before the note.
    #[must_use]
    pub fn stopped_as_of(row: &Item) -> Option<Timestamp> {
        leading_time(row.text(Self::STOPPED_AS_OF)?)
    }

    /// The row with only the verdict.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = self.attributes();
        attributes.insert(Self::AS_OF.into(), self.version().into());
        Item { key: Self::key(&self.pk, &self.bundle), attributes }
    }

    /// Reads a row; `None` if it is of another kind, or holds no verdict yet.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        item.key.sk.strip_prefix(Self::PREFIX)?;
        let pk = subject_of(&item.key)?.to_owned();
        let text = |name: &str| item.text(name).map(str::to_owned);
        let as_of = item.text(Self::AS_OF)?;
        let mut parts = as_of.splitn(4, '#').skip(1);
        let judged_at = leading_time(parts.next()?)?;
        Some(Self {
            pk,
            bundle: text(Self::BUNDLE)?,
            modified_at: leading_time(as_of)?,
            judged_at,
            is_known: parts.next()? == "1",
            findings_mark: parts.next()?.to_owned(),
            outcome: text(Self::OUTCOME)?,
            findings: text(Self::FINDINGS)?,
            checked: text(Self::CHECKED)?,
        })
    }

    fn version(&self) -> String {
        let [modified_at, judged_at] = [self.modified_at, self.judged_at].map(millis);
        format!("{modified_at}#{judged_at}#{}#{}", u8::from(self.is_known), self.findings_mark)
    }

    fn attributes(&self) -> Attributes {
        Attributes::from([
            (Self::OUTCOME.into(), self.outcome.clone().into()),
            (Self::FINDINGS.into(), self.findings.clone().into()),
            (Self::CHECKED.into(), self.checked.clone().into()),
            (Self::BUNDLE.into(), self.bundle.clone().into()),
        ])
    }

    fn note_time(key: Key, name: &str, time: Timestamp) -> Write {
        let union = BTreeMap::from([(name.to_owned(), BTreeSet::from([millis(time)]))]);
        Write::Merge { key, once: Attributes::new(), union }
    }

    fn note(key: Key, version_attribute: &str, version: String, name: &str, value: Value) -> Write {
        let attributes = Attributes::from([(name.to_owned(), value)]);
        Write::Newest { key, version_attribute: version_attribute.to_owned(), version, attributes }
    }
}

/// When a bundle first reached a verdict on an incarnation. Its facts stay readable after a later verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementRow(
    /// The verdict, with the time of the first such judgement.
    pub VerdictRow,
);

impl JudgementRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "JudgementRow",
        says: "when a bundle first came to this verdict on a resource",
        pk: VERDICTS,
        sk: "VJ#<bundle>#<known>#<mark>",
    };
    pub(super) const PREFIX: &str = "VJ#";
    /// The version: the earliest judgement wins.
    pub const FIRST: &str = "first";
    /// When the bundle first reached it.
    pub const JUDGED_AT: &str = "judged_at";
    /// The time of the resource's last change before it was judged.
    pub const MODIFIED_AT: &str = "modified_at";

    /// The judgements in a partition.
    #[must_use]
    pub fn of(pk: &str) -> Query {
        Query::prefix(format!("{PARTITION}{pk}"), Self::PREFIX)
    }

    /// The write: the earliest judgement wins.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: self.key(),
            version_attribute: Self::FIRST.into(),
            version: earliest(self.0.judged_at),
            attributes: self.attributes(),
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = self.attributes();
        attributes.insert(Self::FIRST.into(), earliest(self.0.judged_at).into());
        Item { key: self.key(), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let key = item.key.sk.strip_prefix(Self::PREFIX)?;
        let pk = subject_of(&item.key)?.to_owned();
        let text = |name: &str| item.text(name).map(str::to_owned);
        let mut parts = key.splitn(3, '#').skip(1);
        Some(Self(VerdictRow {
            pk,
            bundle: text(VerdictRow::BUNDLE)?,
            is_known: parts.next()? == "1",
            findings_mark: parts.next()?.to_owned(),
            modified_at: leading_time(item.text(Self::MODIFIED_AT)?)?,
            judged_at: leading_time(item.text(Self::JUDGED_AT)?)?,
            outcome: text(VerdictRow::OUTCOME)?,
            findings: text(VerdictRow::FINDINGS)?,
            checked: text(VerdictRow::CHECKED)?,
        }))
    }

    fn key(&self) -> Key {
        key_in(&self.0.pk, format!("{}{}", Self::PREFIX, self.0.id()))
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = self.0.attributes();
        attributes.insert(Self::JUDGED_AT.into(), millis(self.0.judged_at).into());
        attributes.insert(Self::MODIFIED_AT.into(), millis(self.0.modified_at).into());
        attributes
    }
}

/// When a changeable resource last passed every control of a bundle. A failure after that time is a new finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplianceRow {
    /// The partition of the verdicts ([`VerdictRow::partition`]).
    pub pk: String,
    /// The first digits of the bundle's hash.
    pub bundle: String,
    /// The time of the resource's last change before it was judged.
    pub kept_at: Timestamp,
}

impl ComplianceRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "ComplianceRow",
        says: "when a changeable resource last passed every control of a bundle",
        pk: VERDICTS,
        sk: "VK#<bundle>",
    };
    pub(super) const PREFIX: &str = "VK#";
    const KEPT_AT: &str = "kept_at";

    /// The row's key.
    #[must_use]
    pub fn key(pk: &str, bundle: &str) -> Key {
        key_in(pk, format!("{}{}", Self::PREFIX, bundle_mark(bundle)))
    }

    /// The write. The row holds only this register.
    #[must_use]
    pub fn write(&self) -> Write {
        Write::Newest {
            key: Self::key(&self.pk, &self.bundle),
            version_attribute: Self::KEPT_AT.into(),
            version: millis(self.kept_at),
            attributes: Attributes::new(),
        }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let attributes = Attributes::from([(Self::KEPT_AT.into(), millis(self.kept_at).into())]);
        Item { key: Self::key(&self.pk, &self.bundle), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        let bundle = item.key.sk.strip_prefix(Self::PREFIX)?.to_owned();
        let kept_at = leading_time(item.text(Self::KEPT_AT)?)?;
        Some(Self { pk: subject_of(&item.key)?.to_owned(), bundle, kept_at })
    }
}

/// Records that a resource of this name was judged, even if it is gone before anything else about it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRow {
    /// Its ARN in lower case.
    pub arn: String,
    /// The partition of its verdicts.
    pub verdicts: String,
    /// The partitions of the verdicts of all its incarnations that were judged.
    pub incarnations: BTreeSet<String>,
    /// For a monitoring schedule: the endpoint that it watches.
    pub endpoint: Option<String>,
}

impl JudgedRow {
    /// This kind of row, as ARCHITECTURE.md describes it.
    pub const KIND: RowKind = RowKind {
        row: "JudgedRow",
        says: "that a resource was judged, and the endpoint that a schedule watches",
        pk: "K#judged#<ARN in lower case>",
        sk: "#",
    };
    /// The beginning of the partitions.
    pub const PREFIX: &str = "K#judged#";
    const SK: &str = "#";
    const ID: &str = "id";
    const INCARNATIONS: &str = "ids";
    const ENDPOINT: &str = "endpoint";

    /// The known facts of a resource that was judged.
    #[must_use]
    pub fn of(resource: &Resource, verdicts: &str, endpoint: Option<&str>) -> Self {
        let arn = resource.arn().to_lowercase();
        let incarnations = BTreeSet::from([verdicts.to_owned()]);
        Self { arn, verdicts: verdicts.to_owned(), incarnations, endpoint: endpoint.map(str::to_owned) }
    }

    /// The row's key.
    #[must_use]
    pub fn key(resource: &Resource) -> Key {
        Self::key_of(&resource.arn().to_lowercase())
    }

    /// The write. If several incarnations have one name, the first to arrive counts, and all are named.
    #[must_use]
    pub fn write(&self) -> Write {
        let Item { key, attributes: mut once } = self.item();
        once.remove(Self::INCARNATIONS);
        let union = BTreeMap::from([(Self::INCARNATIONS.to_owned(), self.incarnations.clone())]);
        Write::Merge { key, once, union }
    }

    /// The row.
    #[must_use]
    pub fn item(&self) -> Item {
        let mut attributes = Attributes::from([(Self::ID.into(), self.verdicts.clone().into())]);
        attributes.extend(self.endpoint.iter().map(|name| (Self::ENDPOINT.into(), name.clone().into())));
        if !self.incarnations.is_empty() {
            attributes.insert(Self::INCARNATIONS.into(), Value::Set(self.incarnations.clone()));
        }
        Item { key: Self::key_of(&self.arn), attributes }
    }

    /// Reads a row; `None` if it is of another kind.
    #[must_use]
    pub fn parse(item: &Item) -> Option<Self> {
        Some(Self {
            arn: Self::arn_of(&item.key).filter(|_| item.key.sk == Self::SK)?.to_owned(),
            verdicts: item.text(Self::ID)?.to_owned(),
            incarnations: item.set(Self::INCARNATIONS).map(str::to_owned).collect(),
            endpoint: item.text(Self::ENDPOINT).map(str::to_owned),
        })
    }

    /// All rows under the ARN: this row, and the notices about the resource.
    #[must_use]
    pub fn and_notices(resource: &Resource) -> Query {
        Query::whole(Self::partition(&resource.arn().to_lowercase()))
    }

    pub(super) fn partition(arn: &str) -> String {
        format!("{}{arn}", Self::PREFIX)
    }

    pub(super) fn arn_of(key: &Key) -> Option<&str> {
        key.pk.strip_prefix(Self::PREFIX)
    }

    fn key_of(arn: &str) -> Key {
        Key::new(Self::partition(arn), Self::SK)
    }
}
