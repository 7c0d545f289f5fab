//! Questions, their bounds, and the reasons for refusing one.

use sagewarden_events::{ResourceKind, Timestamp};
use sagewarden_lineage::answer::{Format, NotReproducible};
use sagewarden_lineage::graph::StoppedBy;
use sagewarden_lineage::rows::SEVERITIES;
use sagewarden_lineage::walk::{Direction, Limits};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ports::PortError;

/// The kind of question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ask {
    /// Everything upstream of an entity, or everything downstream.
    #[default]
    Lineage,
    /// Which endpoints run something built from the entity.
    Impact,
    /// The differences between two models or deployments.
    Diff,
    /// The request that trains a model again.
    Reproduce,
    /// The history of an endpoint, or of another entity.
    History,
    /// Why a resource was stopped, changed, marked or reported.
    Why,
    /// The list of endpoints.
    Endpoints,
    /// The list of models in use, or of all models and packages.
    Models,
    /// The list of jobs.
    Jobs,
    /// The list of findings.
    Findings,
    /// The list of waived controls, and the resources that the waivers cover.
    Waivers,
    /// The list of what Sagewarden did about findings.
    Remedies,
    /// The list of jobs whose descriptions were erased.
    Erased,
    /// Each model in use, with the facts that a reviewer asks for.
    Inventory,
    /// Why there is no lineage of a resource, or no verdict on it.
    Gap,
}

impl Ask {
    /// Whether it is about everything, and names no entity.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::Endpoints
                | Self::Models
                | Self::Jobs
                | Self::Findings
                | Self::Waivers
                | Self::Remedies
                | Self::Erased
                | Self::Inventory
        )
    }
}

/// Which entries of a list are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryState {
    /// Open findings, live endpoints, models in use.
    Open,
    /// Closed findings, deleted endpoints, models no longer in use.
    Closed,
    /// Both.
    All,
}

/// The field by which findings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountBy {
    /// Who created the resource.
    Owner,
    /// The control.
    Control,
    /// The kind of the resource.
    Kind,
    /// The week in which the resource came into the state that was judged.
    Week,
}

/// A question.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question; `lineage` if absent.
    #[serde(default)]
    pub ask: Ask,
    /// The entity: `<kind>/<name>`, an ARN, `commit/<prefix>`, `s3://<bucket>/<key>` with or without
    /// `?versionId=<id>`, an image's `sha256:<digest>`, or an identity from another answer. An endpoint can be followed by
    /// `@<time>`: the deployment that was in force then. Lists have none.
    #[serde(default)]
    pub entity: String,
    /// For `diff`: the other entity.
    #[serde(default)]
    pub with: Option<String>,
    /// For `lineage`: which way; `both` is not one request but two.
    #[serde(default)]
    pub direction: Way,
    /// For the `lineage` of an endpoint: add its earlier deployments, the newest ten.
    #[serde(default)]
    pub past: bool,
    /// As of this time, in ISO 8601, or of the end of this day (`2026-03-02`, UTC); absent for now.
    #[serde(default)]
    pub at: Option<String>,
    /// The most steps to follow (default 16, at most 64).
    #[serde(default)]
    pub max_depth: Option<usize>,
    /// The most nodes in an answer (default and maximum 2,000).
    #[serde(default)]
    pub max_nodes: Option<usize>,
    /// The most requests to the table (default 200, at most 1,000).
    #[serde(default)]
    pub max_requests: Option<usize>,
    /// Continues an answer that was cut: its `cursor`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How the answer is to be shown.
    #[serde(default)]
    pub format: Format,
    /// For lists: only entries of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// For lists: only entries of this region.
    #[serde(default)]
    pub region: Option<String>,
    /// For lists: only entries whose owner has this text in the name, in upper or lower case.
    #[serde(default)]
    pub owner: Option<String>,
    /// For lists: only entries of this kind, as in an ARN (`training-job`).
    #[serde(default)]
    pub kind: Option<String>,
    /// For lists of findings: only findings of this severity or a worse one.
    #[serde(default)]
    pub severity: Option<String>,
    /// For lists of findings: only findings of this control.
    #[serde(default)]
    pub control: Option<String>,
    /// For lists: only entries that are not older than this: a day, a time, or a span such as `7d`, `24h` or `2w`.
    #[serde(default)]
    pub since: Option<String>,
    /// For lists: which entries.
    #[serde(default)]
    pub state: Option<EntryState>,
    /// For `findings`: only those whose resources `enforce` would have stopped or deleted.
    #[serde(default)]
    pub would_have_been_stopped: bool,
    /// For `findings`: count them instead.
    #[serde(default)]
    pub by: Option<CountBy>,
    /// For lists: the most rows on a page (default 100, at most 1,000).
    #[serde(default)]
    pub limit: Option<usize>,
    /// The time of the question, from the caller's clock. Spans in `since` need it.
    #[serde(skip)]
    pub now: Option<Timestamp>,
}

/// The direction of a lineage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Upstream: the inputs of the entity.
    #[default]
    Upstream,
    /// Downstream: the resources that were made from the entity.
    Downstream,
    /// Both.
    Both,
}

impl Way {
    pub(super) fn directions(self) -> &'static [Direction] {
        match self {
            Self::Upstream => &[Direction::Upstream],
            Self::Downstream => &[Direction::Downstream],
            Self::Both => &[Direction::Upstream, Direction::Downstream],
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    /// The address is not of a known form.
    #[error(
        "`{0}` is an unknown entity: write `<kind>/<name>` (such as training-job, processing-job, model, \
         model-package, endpoint-config or endpoint), an ARN, `commit/<first 7 or more digits>`, \
         `s3://<bucket>/<key>`, optionally with `?versionId=<id>`, or `sha256:<digest>`"
    )]
    Unaddressable(String),
    /// Nothing is recorded under this address.
    #[error("nothing is recorded about `{0}`")]
    Unknown(String),
    /// The entity is outside the scope; it may or may not be recorded.
    #[error("`{0}` is not in the scope of this function")]
    OutOfScope(String),
    /// Several nodes have this address.
    #[error("`{entity}` names {} nodes: ask for one of them: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// The question as it was asked.
        entity: String,
        /// The identities; each is a valid entity of a question.
        candidates: Vec<String>,
    },
    /// A field of the question is out of bounds.
    #[error("`{field}` {reason}")]
    BadField {
        /// Which field.
        field: &'static str,
        /// The fault.
        reason: String,
    },
    /// Nothing can be repeated.
    #[error(transparent)]
    NotReproducible(#[from] NotReproducible),
    /// The limits were reached before there was anything to answer.
    #[error("there is no answer within the limits: {}; raise them", .0.explain())]
    Stopped(StoppedBy),
    /// The table did not answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The bounds of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) limits: Limits,
    pub(super) requests: usize,
}

impl Question {
    /// The inputs of an entity.
    #[must_use]
    pub fn about(entity: impl Into<String>) -> Self {
        Self { entity: entity.into(), ..Self::default() }
    }

    pub(super) fn bounds(&self) -> Result<Bounds, NoAnswer> {
        let default = Limits::default();
        let max_depth = within("max_depth", self.max_depth, default.max_depth, 64)?;
        let max_nodes = within("max_nodes", self.max_nodes, default.max_nodes, default.max_nodes)?;
        let requests = within("max_requests", self.max_requests, 200, 1_000)?;
        Ok(Bounds { limits: Limits { max_depth, max_nodes }, requests })
    }

    /// Refuses fields that do not fit together.
    pub(super) fn check(&self) -> Result<(), NoAnswer> {
        let refuse =
            |field: &'static str, reason: &str| Err(NoAnswer::BadField { field, reason: reason.to_owned() });
        let asks_lineage = self.ask == Ask::Lineage;
        self.check_list()?;
        match self.ask {
            Ask::Diff if self.with.is_none() => {
                return refuse("with", "is missing: say what it is compared with");
            }
            Ask::Diff => {}
            _ if self.with.is_some() => return refuse("with", "is only for `diff`"),
            _ => {}
        }
        if self.at.is_some() && self.ask.is_list() && !matches!(self.ask, Ask::Endpoints | Ask::Inventory) {
            return refuse("at", "is only for `endpoints` and `inventory` among the lists");
        }
        if self.at.is_some() && self.ask == Ask::Why {
            return refuse("at", "is not for `why`: the answer lists earlier verdicts with their times");
        }
        if self.direction != Way::Upstream && !asks_lineage {
            return refuse("direction", "is only for `lineage`");
        }
        if self.past && (!asks_lineage || self.at.is_some() || self.cursor.is_some()) {
            return refuse("past", "is only for `lineage`, without `at` and `cursor`");
        }
        if self.direction == Way::Both && self.cursor.is_some() {
            return refuse("cursor", "goes one way: continue with `direction` as `upstream` or `downstream`");
        }
        if self.cursor.is_some() && matches!(self.ask, Ask::Diff | Ask::Reproduce | Ask::Why | Ask::Gap) {
            return refuse("cursor", "is for `lineage`, `impact`, `history` and lists");
        }
        let is_plain = matches!(self.format, Format::Json | Format::Tree | Format::Table);
        if self.ask.is_list() && !is_plain && !matches!(self.format, Format::Csv | Format::Html) {
            return refuse("format", "is only for `lineage`: ask for `json`, `table`, `csv` or `html`");
        }
        if !asks_lineage && !self.ask.is_list() && !is_plain {
            return refuse("format", "is only for `lineage`: ask for `json` or `tree`");
        }
        Ok(())
    }

    /// Refuses fields of lists in other questions, fields that a list does not have, and words that mean nothing.
    fn check_list(&self) -> Result<(), NoAnswer> {
        let refuse = |field: &'static str, reason: String| Err(NoAnswer::BadField { field, reason });
        let about_findings = self.ask == Ask::Findings;
        let with_severity = matches!(self.ask, Ask::Findings | Ask::Waivers | Ask::Remedies);
        let none = |given: bool, allowed: bool| given && !allowed;
        if !self.ask.is_list() && self.entity.is_empty() {
            return refuse("entity", "is missing: name what you ask about".to_owned());
        }
        if self.ask.is_list() && !self.entity.is_empty() {
            return refuse(
                "entity",
                "is not for lists: narrow a list down with `account`, `kind` or `owner`".to_owned(),
            );
        }
        let fields = [
            ("account", self.account.is_some(), self.ask.is_list()),
            ("region", self.region.is_some(), self.ask.is_list()),
            ("owner", self.owner.is_some(), self.ask.is_list()),
            ("kind", self.kind.is_some(), self.ask.is_list() && self.ask != Ask::Inventory),
            ("since", self.since.is_some(), self.ask.is_list()),
            ("limit", self.limit.is_some(), self.ask.is_list()),
            ("severity", self.severity.is_some(), with_severity),
            ("control", self.control.is_some(), with_severity),
            (
                "state",
                self.state.is_some(),
                about_findings || matches!(self.ask, Ask::Endpoints | Ask::Models),
            ),
            ("would_have_been_stopped", self.would_have_been_stopped, about_findings),
            ("by", self.by.is_some(), about_findings),
        ];
        if let Some((field, ..)) = fields.into_iter().find(|(_, given, allowed)| none(*given, *allowed)) {
            return refuse(field, format!("is not for `{}`", self.ask_word()));
        }
        if self.by.is_some() && self.cursor.is_some() {
            return refuse("cursor", "does not go with `by`: `by` counts everything".to_owned());
        }
        if let Some(severity) = self.severity.as_deref().filter(|word| !SEVERITIES.contains(word)) {
            return refuse("severity", format!("is `{severity}`: write one of {}", SEVERITIES.join(", ")));
        }
        if let Some(account) = self.account.as_deref().filter(|text| !is_account(text)) {
            return refuse("account", format!("is `{account}`: write the 12 digits of an account"));
        }
        if let Some(region) = self.region.as_deref().filter(|text| !is_region(text)) {
            return refuse("region", format!("is `{region}`: write a region such as eu-west-1"));
        }
        if let Some(control) = self.control.as_deref().filter(|text| !is_control(text)) {
            return refuse(
                "control",
                format!("is `{control}`: write the name of a control, such as TRN-NET-01"),
            );
        }
        if let Some(kind) = self.kind.as_deref().filter(|word| ResourceKind::from_segment(word).is_none()) {
            return refuse(
                "kind",
                format!(
                    "is `{kind}`: write the type in an ARN, such as training-job, model or notebook-instance; an execution has the type `pipeline`"
                ),
            );
        }
        Ok(())
    }

    /// The word of the question.
    #[must_use]
    pub fn ask_word(&self) -> String {
        // INVARIANT: a variant without content is always a text.
        serde_json::to_value(self.ask)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// How many rows a page of a list has.
    pub(super) fn page_size(&self) -> Result<usize, NoAnswer> {
        within("limit", self.limit, 100, 1_000)
    }

    /// The oldest time of a list; a day means its beginning.
    pub(super) fn since(&self) -> Result<Option<Timestamp>, NoAnswer> {
        let Some(text) = self.since.as_deref() else { return Ok(None) };
        let bad =
            |reason: &str| NoAnswer::BadField { field: "since", reason: format!("is `{text}`: {reason}") };
        if let Some(span) = span(text) {
            let now = self.now.ok_or_else(|| bad("spans are not possible here: write a day or a time"))?;
            return Ok(Some(Timestamp::from_millis((now.millis() - span).max(0))));
        }
        let begin = Timestamp::from_text(&format!("{text}T00:00:00Z"));
        // A number alone would mean seconds since 1970, which nobody types: it is a span whose unit is missing.
        let time = || Timestamp::from_text(text).filter(|_| text.contains('-'));
        begin.or_else(time).map(Some).ok_or_else(|| {
            bad("write a day such as 2026-03-02, a time such as 2026-03-02T10:00:00Z, or a span such as 7d, 24h or 2w")
        })
    }

    pub(super) fn time(&self) -> Result<Option<Timestamp>, NoAnswer> {
        self.at.as_deref().map(|text| time("at", text)).transpose()
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|letter| letter.is_ascii_digit())
}

/// Whether a text has the form of a region's name: words and a number, such as `eu-west-1` or `us-gov-east-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_lowercase());
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    words.split('-').count() > 1 && words.split('-').all(is_word) && number.parse::<u8>().is_ok()
}

/// Whether a text has the form of a control's name, in upper or lower case.
fn is_control(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &str| part.len() == 3 && part.bytes().all(|letter| letter.is_ascii_alphabetic());
    matches!(parts.as_slice(), [kind, area, number] if is_word(kind) && is_word(area) && number.len() == 2 && number.parse::<u8>().is_ok())
}

/// A span of time in milliseconds: `7d`, `24h` or `2w`.
fn span(text: &str) -> Option<i64> {
    const HOUR: i64 = 3_600_000;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "h" => HOUR,
        "d" => 24 * HOUR,
        "w" => 7 * 24 * HOUR,
        _ => return None,
    };
    let number: u32 = number.parse().ok()?;
    i64::from(number).checked_mul(unit)
}

/// Reads a time of a question; a day means its end.
pub(super) fn time(field: &'static str, text: &str) -> Result<Timestamp, NoAnswer> {
    Timestamp::end_of_day(text).or_else(|| Timestamp::from_text(text)).ok_or_else(|| NoAnswer::BadField {
        field,
        reason: format!(
            "is `{text}`: write a day such as 2026-03-02, or a time such as 2026-03-02T10:00:00Z"
        ),
    })
}

fn within(field: &'static str, asked: Option<usize>, default: usize, most: usize) -> Result<usize, NoAnswer> {
    match asked {
        None => Ok(default),
        Some(number) if (1..=most).contains(&number) => Ok(number),
        Some(number) => {
            Err(NoAnswer::BadField { field, reason: format!("is {number}: it must be from 1 to {most}") })
        }
    }
}
