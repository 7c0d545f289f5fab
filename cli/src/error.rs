//! Why a command could not run.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sagewarden_explain::ModelError;
use sagewarden_govern::NoAnswer;
use sagewarden_govern::ports::PortError;
use sagewarden_lineage::audit::UnusableAnchor;
use sagewarden_local::{GitError, StoreError, StoryError};
use sagewarden_monitor::{UnreadableConstraints, UnreadableStatistics};
use sagewarden_outcomes::bias::UnreadableTable;
use sagewarden_outcomes::clarify::UnreadableAnalysis;
use sagewarden_outcomes::quality::{UnreadableData, UnusablePair};
use sagewarden_policy::BundleError;
use sagewarden_policy::export::ExportError;
use sagewarden_policy::export::roles::RoleError;
use sagewarden_settings::FileError;
use sagewarden_view::reply::NothingToWrite;
use thiserror::Error;

use crate::explain::columns::Misfit;
use crate::input::table::TableError;

/// Each message says what to do.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` cannot be written: {source}; choose a place that you may write to", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("`{}` is not empty and holds no earlier demo: name another folder with --out", .0.display())]
    Occupied(PathBuf),
    #[error("`{}` is not empty and holds no earlier site: name another folder with --out", .0.display())]
    OccupiedSite(PathBuf),
    #[cfg(feature = "aws")]
    #[error("`{}` is not empty and holds no earlier scan: name another folder with --out", .0.display())]
    OccupiedScan(PathBuf),
    #[cfg(feature = "aws")]
    #[error("`{}` holds a scan of {region}: name another folder with --out", folder.display())]
    OtherRegion { folder: PathBuf, region: String },
    #[cfg(feature = "aws")]
    #[error(
        "AWS does not accept the credentials: they may have expired, or the clock of this machine may be wrong; {0}"
    )]
    RefusedCredentials(String),
    #[cfg(feature = "aws")]
    #[error("unknown kind `{kind}`; {hint}")]
    UnknownKind { kind: String, hint: String },
    #[error("nothing could be judged: no file holds a resource with controls that work without the account")]
    NoCandidate,
    #[error("`{pattern}` fits nothing: {why}")]
    NoFit { pattern: String, why: String },
    #[error("`{}` is not a list of known findings: {why}", path.display())]
    NoKnownFindings { path: PathBuf, why: String },
    #[error("`{}` exists already: name another folder with --out, or replace it with --force", .0.display())]
    Exists(PathBuf),
    #[error("`{}`: {source}", path.display())]
    NoTable { path: PathBuf, source: TableError },
    #[error("`{}`: {source}", path.display())]
    NoModel { path: PathBuf, source: ModelError },
    #[error("`{}`: {source}", path.display())]
    Misfit { path: PathBuf, source: Misfit },
    #[error("`{}` holds no baseline: it has no constraints.json; `sagewarden baseline` makes one", .0.display())]
    NoBaseline(PathBuf),
    #[error(
        "`{}` holds no baseline: it has no constraints.json; `sagewarden baseline --problem {problem}` makes one",
        path.display()
    )]
    NoQualityBaseline { path: PathBuf, problem: &'static str },
    #[error("`{}`: {source}", path.display())]
    Constraints { path: PathBuf, source: UnreadableConstraints },
    #[error("`{}`: {source}", path.display())]
    Statistics { path: PathBuf, source: UnreadableStatistics },
    #[error("`{}`: {source}", path.display())]
    Analysis { path: PathBuf, source: UnreadableAnalysis },
    #[error("`{}` holds no captured events and no table: files end in .jsonl, .json, .csv or .parquet", .0.display())]
    NoCapture(PathBuf),
    #[error("`{}` holds no file that ends in .jsonl", .0.display())]
    NoLines(PathBuf),
    #[error(transparent)]
    NothingToWrite(#[from] NothingToWrite),
    #[error(
        "`{}` has answers of a batch transform job, and its records `{}` do not lie beside it: put them there",
        answers.display(), records.display()
    )]
    NoRecords { answers: PathBuf, records: PathBuf },
    #[error("no row could be read from {0}: the warnings say why")]
    NoRows(String),
    #[error("no {0} could be read from {1}: the warnings say why")]
    NothingRead(&'static str, String),
    #[error(transparent)]
    Unjoined(#[from] Unjoined),
    #[error("none of {pairs} pairs can be measured: {why}")]
    NothingMeasured { pairs: usize, why: UnusablePair },
    #[error("`{}` has no constraints of {problem}: `sagewarden baseline --problem` makes them", path.display())]
    OtherBaseline { path: PathBuf, problem: &'static str },
    #[error("`{}`: {source}", path.display())]
    NoBias { path: PathBuf, source: UnreadableTable },
    #[error("`{}`: {source}", path.display())]
    NoPairs { path: PathBuf, source: UnreadableData },
    #[error("{0}")]
    Option(&'static str),
    #[error("the baseline has no column `{0}`: `constraints.json` names its columns")]
    NoSuchColumn(String),
    #[error("the data has no column `{0}`, which --text names")]
    NoTextColumn(String),
    #[error("the data has no column `{0}`, which --period and --time name")]
    NoPeriodColumn(String),
    #[error("there are more than {0} periods: name longer ones with --period, such as `week`")]
    TooManyPeriods(usize),
    #[error(
        "periods in the data: {found}; with 200 rows or more: {counting}; a baseline by period needs at least two of these"
    )]
    TooFewPeriods { found: usize, counting: usize },
    #[error("{} could not be read to the end: the answer covers the rest", files(first, *more))]
    NotRead { first: String, more: usize },
    #[error(
        "no verdict: {lost} lines could not be used, and {used} rows could: the warnings above say why (at most a tenth may be lost)"
    )]
    TooLittleRead { lost: u64, used: u64 },
    #[cfg(feature = "aws")]
    #[error(
        "no AWS credentials: {0}; name a profile with --profile or AWS_PROFILE, or sign in (`aws sso login`)"
    )]
    NoCredentials(String),
    #[cfg(feature = "aws")]
    #[error("`{0}` is no region: name one with --region, such as eu-west-1")]
    NoRegion(String),
    #[error("only {pairs} of {all} pairs could be measured: no verdict")]
    TooLittleMeasured { pairs: u64, all: usize },
    #[error(
        "no prediction is one of the labels: is it a probability? name the label's column with --inference"
    )]
    NoLabelSaid,
    #[error("`{}` is not a complete export of the lineage table: {source}", path.display())]
    NoExport { path: PathBuf, source: serde_json::Error },
    #[error("`{}` cannot be used: {source}", path.display())]
    NoAnchor { path: PathBuf, source: UnusableAnchor },
    #[error("`{}` exists already, and `verify` never replaces an anchor: name another file with --anchor", .0.display())]
    AnchorExists(PathBuf),
    #[error(
        "it holds no verdict: name an export of the whole table, or compare it with an earlier anchor (--against)"
    )]
    NoVerdicts,
    #[error("nothing could be judged: {0}")]
    NothingJudged(String),
    #[error("nothing could be compared: {0}")]
    NothingAlike(String),
    #[error("no distribution could be compared: {0}")]
    NothingCompared(String),
    #[error("unknown control `{id}`; {hint}")]
    UnknownControl { id: String, hint: String },
    #[error("the settings cannot be used: {0}")]
    Settings(BundleError),
    #[error("the bundle in `{place}` cannot be used: {source}")]
    RefusedBundle { place: String, source: BundleError },
    #[error("the bundle in `{place}` has the digest {hash}, not {digest}")]
    OtherBundle { place: String, hash: String, digest: String },
    #[error("`{0}` is not a place in a bucket: write `s3://BUCKET/PREFIX`")]
    NoPlace(String),
    #[cfg(not(feature = "aws"))]
    #[error(
        "this build cannot read the bucket `{0}`: install the command with `cargo install --locked --path cli --features aws`, or copy \
         the bundle (`aws s3 cp --recursive {0} DIR`) and name the folder"
    )]
    NoBuckets(String),
    #[cfg(feature = "aws")]
    #[error(transparent)]
    NoReply(#[from] sagewarden_invoke::NoReply),
    #[error(
        "the command cannot read the list that the stack sent: install the command in the version of the stack, or deploy this version: {0}"
    )]
    OtherAnswer(serde_json::Error),
    #[error(transparent)]
    WrongRoutes(FileError),
    #[error("`{}` has no route: begin one with the line `[[routes]]`", .0.display())]
    NoRoute(PathBuf),
    #[error(
        "the route `{name}` names too much: its event pattern has {length} characters, and EventBridge takes {most}; use `*`, or divide it \
         into two routes"
    )]
    LongRoute { name: String, length: usize, most: usize },
    #[error("the template has {0}: divide the file, and deploy a stack for each part")]
    LongTemplate(String),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Role(#[from] RoleError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Story(#[from] StoryError),
    #[error(transparent)]
    Port(#[from] PortError),
    #[error("{}", with_options(.0))]
    NoAnswer(#[from] NoAnswer),
    #[error("unknown entity `{entity}`; {hint}")]
    UnknownEntity { entity: String, hint: String },
    #[error("the address {address} cannot be used: {source}; name another port with --port")]
    Address { address: SocketAddr, source: io::Error },
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// A refusal that names the options of the command instead of the fields of a question.
fn with_options(refusal: &NoAnswer) -> String {
    match refusal {
        NoAnswer::BadField { field: "entity", reason } => format!("the entity {reason}"),
        NoAnswer::BadField { field: "state", reason } => format!("`--open`, `--closed` or `--all` {reason}"),
        NoAnswer::BadField { field, reason } => format!("`--{}` {reason}", field.replace('_', "-")),
        other => other.to_string(),
    }
}

/// Predictions and labels without a common id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "none of {labels} labels belongs to one of {predictions} predictions: {ids}; the first prediction is `{prediction}`{time}, the first \
     label `{label}`: send the ids of the labels as InferenceId when the endpoint is invoked, or name ground truth of the same hours"
)]
pub(crate) struct Unjoined {
    pub(crate) predictions: u64,
    pub(crate) labels: u64,
    /// Which ids the predictions have.
    pub(crate) ids: String,
    /// The id of the first prediction.
    pub(crate) prediction: String,
    /// When the predictions were made, in words that follow that id.
    pub(crate) time: String,
    /// The id of the first label.
    pub(crate) label: String,
}

fn files(first: &str, more: usize) -> String {
    match more {
        0 => format!("`{first}`"),
        1 => format!("`{first}` and 1 more file"),
        more => format!("`{first}` and {more} more files"),
    }
}

impl CommandError {
    /// The exit status of a command that could not run; 1 is for commands that ran and found something.
    pub(crate) const EXIT: u8 = 2;

    /// The error for a file that cannot be read.
    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::Unreadable { path, source }
    }

    /// The error for a file or folder that cannot be written.
    pub(crate) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        |source| Self::Unwritable { path, source }
    }

    /// Whether the reader went away (`| head`), which is not an error.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
