//! The options of `list`, `inventory` and `findings`.

use clap::{Args, ValueEnum};
use sagewarden_govern::{Ask, CountBy, EntryState};
use sagewarden_lineage::answer::Format;

use crate::command::answering::Answering;

pub(crate) const LIST_HELP: &str = "Examples:
  sagewarden list endpoints
  sagewarden list findings --severity high --owner ana
  sagewarden list jobs --since 7d --kind training-job --format csv
  sagewarden list findings --closed --since 2026-03-01 --format json

An incomplete list says so and names the --cursor that continues it.
Exit status: 0 answered, 2 no answer.";

pub(crate) const INVENTORY_HELP: &str = "Examples:
  sagewarden inventory
  sagewarden inventory --at 2025-12-31 --format csv > inventory.csv

Exit status: 0 answered, 2 no answer.";

pub(crate) const FINDINGS_HELP: &str = "Examples:
  sagewarden findings --severity critical
  sagewarden findings --would-have-been-stopped --since 7d --by owner

Exit status: 0 answered, 2 no answer.";

pub(crate) const EXPLAIN_GAP_HELP: &str = "Examples:
  sagewarden explain-gap training-job/credit-train-001
  sagewarden explain-gap arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/ana

Exit status: 0 answered, 2 no answer.";

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Endpoints; --closed: those that were deleted
    Endpoints,
    /// Models and packages behind live endpoints; --all: all that are recorded
    Models,
    /// Jobs of all kinds
    Jobs,
    /// Open findings; --closed: closed findings; --all: both
    Findings,
    /// Waived controls, and the resources that the waivers cover
    Waivers,
    /// What Sagewarden did about findings
    Remedies,
    /// Jobs whose descriptions somebody erased
    Erased,
}

impl From<Listed> for Ask {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::Endpoints => Self::Endpoints,
            Listed::Models => Self::Models,
            Listed::Jobs => Self::Jobs,
            Listed::Findings => Self::Findings,
            Listed::Waivers => Self::Waivers,
            Listed::Remedies => Self::Remedies,
            Listed::Erased => Self::Erased,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EntriesOptions {
    /// What to list
    #[arg(value_enum)]
    pub(crate) listed: Listed,
    #[command(flatten)]
    pub(crate) narrowed: Narrowed,
    #[command(flatten)]
    pub(crate) states: States,
    /// For findings, waivers and remedies: only this severity or a worse one: critical, high, medium, low, info
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<String>,
    /// For findings, waivers and remedies: only this control
    #[arg(long, value_name = "ID")]
    pub(crate) control: Option<String>,
    /// Only resources of this kind, as in an ARN, such as training-job
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// For endpoints: as of this time, or as of the end of this day in UTC
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InventoryOptions {
    #[command(flatten)]
    pub(crate) narrowed: Narrowed,
    /// Answer as of this time, such as 2026-03-02T12:00:00Z, or as of the end of this day in UTC, such as 2026-03-02
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FindingsOptions {
    #[command(flatten)]
    pub(crate) narrowed: Narrowed,
    #[command(flatten)]
    pub(crate) states: States,
    /// Only this severity or a worse one: critical, high, medium, low, info
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<String>,
    /// Only this control
    #[arg(long, value_name = "ID")]
    pub(crate) control: Option<String>,
    /// Only resources of this kind, as in an ARN, such as training-job
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only resources that the mode `enforce` would have stopped or deleted
    #[arg(long)]
    pub(crate) would_have_been_stopped: bool,
    /// Count the findings instead
    #[arg(long, value_enum)]
    pub(crate) by: Option<Counted>,
}

/// The options that narrow every list down, and the form in which it is shown.
#[derive(Debug, Args)]
pub(crate) struct Narrowed {
    #[command(flatten)]
    pub(crate) answering: Answering,
    /// Only this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Only this region; with --stack, it is also the region of the stack
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Only entries whose owner has this text in the name
    #[arg(long, value_name = "TEXT")]
    pub(crate) owner: Option<String>,
    /// Only entries that are not older than a day, a time, or a span such as 7d, 24h or 2w
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// At most about N rows on a page
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Read at most N times from the store for one page
    #[arg(long, value_name = "N")]
    pub(crate) max_requests: Option<usize>,
    /// Continue an incomplete list
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// The format of the list
    #[arg(long, value_enum, default_value_t = EntryFormat::Table)]
    pub(crate) format: EntryFormat,
    /// Print ARNs, times and digests whole; without it, a terminal shows them shortened
    #[arg(long)]
    pub(crate) wide: bool,
}

#[derive(Debug, Args)]
pub(crate) struct States {
    /// Only entries that are open, live or in use now (the default)
    #[arg(long, conflicts_with_all = ["closed", "all"])]
    open: bool,
    /// Only entries that are closed, deleted or no longer in use
    #[arg(long, conflicts_with = "all")]
    closed: bool,
    /// Both
    #[arg(long)]
    all: bool,
}

impl States {
    pub(crate) fn state(&self) -> Option<EntryState> {
        match (self.open, self.closed, self.all) {
            (true, ..) => Some(EntryState::Open),
            (_, true, _) => Some(EntryState::Closed),
            (.., true) => Some(EntryState::All),
            _ => None,
        }
    }
}

/// The formats of a list, as they are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EntryFormat {
    Table,
    Csv,
    Json,
    Html,
}

impl From<EntryFormat> for Format {
    fn from(format: EntryFormat) -> Self {
        match format {
            EntryFormat::Table => Self::Table,
            EntryFormat::Csv => Self::Csv,
            EntryFormat::Json => Self::Json,
            EntryFormat::Html => Self::Html,
        }
    }
}

/// The field by which findings are counted, as users type it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Counted {
    Owner,
    Control,
    Kind,
    Week,
}

impl From<Counted> for CountBy {
    fn from(counted: Counted) -> Self {
        match counted {
            Counted::Owner => Self::Owner,
            Counted::Control => Self::Control,
            Counted::Kind => Self::Kind,
            Counted::Week => Self::Week,
        }
    }
}
