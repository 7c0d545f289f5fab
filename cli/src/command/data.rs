//! What can be typed after `baseline`, `drift` and `quality`.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use sagewarden_measure::capture::{ColumnOrder, RowPath};
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::Problem;

use crate::command::format::OutputFormat;

pub(crate) const BASELINE_HELP: &str = "Examples:
  sagewarden baseline train.csv --out baseline
  sagewarden baseline train.parquet --out baseline
  sagewarden baseline sales.csv --period day --time sold_at --out baseline
  aws s3 cp s3://BUCKET/train.csv - | sagewarden baseline - --no-header --out baseline
  sagewarden baseline validation.csv --out baseline --problem binary --label churned --probability score

Without --problem the baseline is one of data quality, for `sagewarden drift`. Types are those of the texts, as Model Monitor's container has them: one text among numbers makes a column of texts, and so does a number like 1e-5. What exact mode makes of such a column stands beside, under `exact_statistics`, which Model Monitor does not know.

With --problem it is one of model quality, for `sagewarden quality`: DATA has a column of labels that are known and one of what the model said, as the container's suggest_baseline takes it. Every row must be right. What a metric is in DATA becomes its threshold.

The file is read once, in memory that does not grow with it, but for the scores of --probability (16 bytes a row).
Exit status: 0 written, 2 the file is not a table, has a row that cannot be used, or cannot be read.";

#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// Tables in CSV, JSON (a record a line, or a list of records) or Parquet, or - for standard input; several are one table
    #[arg(value_name = "DATA", required = true)]
    pub(crate) data: Vec<PathBuf>,
    /// The folder for statistics.json and constraints.json, made if need be
    #[arg(long, value_name = "DIR", default_value = "baseline")]
    pub(crate) out: PathBuf,
    /// The first row has values; columns are called _c0, _c1 and so on
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Texts that stand for a missing value, instead of what pandas, R and SQL write, such as nan, NA, NULL, None, ? and -
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) missing: Option<Vec<String>>,
    /// The largest distance of a column that is no drift, from 0 to 1 [default: 0.01 beyond chance in exact mode]
    #[arg(long, conflicts_with = "problem", value_name = "COLUMN=N", value_parser = column_threshold)]
    pub(crate) drift_threshold: Vec<(String, f64)>,
    /// Keep how far periods of the data are apart: `hour`, `day` or `week` with --time, `file`, or a column whose values name them.
    /// Exact mode then asks for a distance beyond that
    #[arg(long, value_name = "PERIOD", conflicts_with = "problem")]
    pub(crate) period: Option<String>,
    /// The column of times by which --period goes
    #[arg(long, value_name = "COLUMN", requires = "period")]
    pub(crate) time: Option<String>,
    /// Replace the files of an earlier baseline
    #[arg(long)]
    pub(crate) force: bool,
    /// Make a baseline of model quality; what the model predicts: one of two labels, one of several, or a number
    #[arg(long, value_enum, requires = "label")]
    pub(crate) problem: Option<ProblemKind>,
    /// The column of what is true: its name, or its place from 0
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) prediction: PredictionOptions,
}

/// Where a prediction stands, and what it means.
#[derive(Debug, Args)]
pub(crate) struct PredictionOptions {
    /// The column of the predicted label, or of the number of a regression: its name, or its place from 0
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) inference: Option<String>,
    /// The column of the probability of the positive label (binary); with it there are auc and curves
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) probability: Option<String>,
    /// A probability above it says the positive label, where no --inference does (binary) [default: 0.5]
    #[arg(long, value_name = "N", requires = "probability", conflicts_with = "inference", value_parser = finite)]
    pub(crate) threshold: Option<f64>,
    /// The label that the model looks for (binary) [default: 1]
    #[arg(long, value_name = "LABEL", requires = "problem")]
    pub(crate) positive: Option<String>,
}

fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "it is not a number".to_owned())
}

/// A column and its threshold.
fn column_threshold(text: &str) -> Result<(String, f64), String> {
    let (column, number) = text.rsplit_once('=').ok_or("it is not COLUMN=N")?;
    let threshold = number.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    let threshold = threshold.ok_or_else(|| format!("`{number}` is no distance between 0 and 1"))?;
    Ok((column.to_owned(), threshold))
}

/// What a model solves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProblemKind {
    Binary,
    Multiclass,
    Regression,
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Binary => Self::BinaryClassification,
            ProblemKind::Multiclass => Self::MulticlassClassification,
            ProblemKind::Regression => Self::Regression,
        }
    }
}

pub(crate) const DRIFT_HELP: &str = "Examples:
  sagewarden drift --baseline baseline captured/churn/AllTraffic/2022/04/18
  sagewarden drift --baseline baseline captured --out report
  aws s3 cp s3://BUCKET/KEY.jsonl - | sagewarden drift --baseline baseline -

CAPTURE is a file of captured events (data capture, JSON lines), a table (CSV with a header, JSON or Parquet, ending in .csv, .jsonl, .json or .parquet), a folder with such files at any depth, or - for captured events on standard input. Input is read once, in memory that does not grow with it. Beside a file of records of a batch transform job lie its answers, under the same name with .out: both are read, line by line.

Bodies are CSV, JSON (a row, a list of rows, one a line, or column by column) or arrays of NumPy. A side of the events that has exactly the columns of the baseline is compared alone, unless --columns says otherwise.

Exact mode finds distances above 0.01 beyond what chance explains, unless the baseline has another threshold than the 0.1 that Model Monitor suggests; one window in 500 in which nothing has changed has a feature that seems to drift.

--mode says whose verdict counts, for the exit status and for the files of --out: `exact` compares how often values occur; `compat` gives the answers of Model Monitor's container, its known defects included, and is what takes the place of its files. Both are computed, and what they disagree on is told.

Lines that cannot be used are counted on standard error, with the first of them; the others are used. The `outcome` of --format json is `compliant`, `partial` (no violation, but some lines could not be used), `violated` or `unknown`.
Exit status: 0 compliant or partial, 1 violated, 2 unknown: the command could not run, a file could not be read to its end, or nothing could be judged or compared.";

#[derive(Debug, Args)]
pub(crate) struct DriftOptions {
    /// The folder with constraints.json and statistics.json; without the latter, distributions are not compared
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: PathBuf,
    /// Captured events or tables: files, folders, or -
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// Whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// The folder for statistics.json, constraint_violations.json and report.html, made if need be; earlier ones are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What the columns of a row are: those of the output, then those of the input (Model Monitor's START), or the other way
    /// round (END), or one side only [default: START, or in exact mode the side that has all columns of the baseline]
    #[arg(long, value_enum)]
    pub(crate) columns: Option<DriftColumns>,
    /// Where the rows are in requests of JSON: a JSON pointer in which a * stands for the rows, such as /instances/*/features
    #[arg(long, value_name = "POINTER")]
    pub(crate) input_path: Option<RowPath>,
    /// The same for answers, such as /predictions/*
    #[arg(long, value_name = "POINTER")]
    pub(crate) output_path: Option<RowPath>,
    /// Texts that stand for a missing value, instead of what pandas, R and SQL write, such as nan, NA, NULL, None, ? and -
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) missing: Option<Vec<String>>,
    /// Columns that are not looked at, such as ids
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// The largest distance of a column that is no drift, from 0 to 1 [default: 0.01 beyond chance in exact mode]
    #[arg(long, value_name = "COLUMN=N", value_parser = column_threshold)]
    pub(crate) drift_threshold: Vec<(String, f64)>,
    /// CSV files have no header: their columns are those of the baseline
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Clarify's analysis.json of the baseline, for the report
    #[arg(long, value_name = "FILE", requires = "attribution_now", requires = "out")]
    pub(crate) attribution: Option<PathBuf>,
    /// Clarify's analysis.json of now
    #[arg(long, value_name = "FILE", requires = "attribution")]
    pub(crate) attribution_now: Option<PathBuf>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

pub(crate) const QUALITY_HELP: &str = "Examples:
  sagewarden quality --problem regression captured --ground-truth labels
  sagewarden quality --problem binary captured/churn/AllTraffic/2022/04/18 --ground-truth labels --probability 0 --baseline baseline --out report
  sagewarden quality --problem multiclass captured --ground-truth labels --output-path '/predictions/*' --inference predicted_label

CAPTURE is a file of captured events (data capture, JSON lines), a folder with files ending in .jsonl at any depth, or -. The prediction is taken from the answer that was captured: --inference, --probability and --threshold are what a model quality job calls InferenceAttribute, ProbabilityAttribute and ProbabilityThresholdAttribute. Unless the problem is binary, an answer of one column needs none of them.

--ground-truth has lines like {\"groundTruthData\": {\"data\": \"1\", \"encoding\": \"CSV\"}, \"eventMetadata\": {\"eventId\": \"ID\"}, \"eventVersion\": \"0\"}. ID is the inference id of the event, if its caller sent one, else its event id. Of several records with one id the last counts: files are read in the order that they are named in, those of a folder in the order of their names.

--mode says whose verdict counts: `compat` gives the answers of Model Monitor's container, which never judges f0_5; `exact` judges it. Both are computed, and what they disagree on is told. A standard deviation is told from 200 pairs on; the container draws its samples at random, so its digits are others.

Lines are read one at a time. What is held in memory are the ids with their predictions and labels, until all is read: some 400 bytes each, up to --max-ids.

Lines that cannot be used are counted on standard error, with the first of them; the others are used.
Exit status: 0 no violation, or no baseline to judge by, 1 at least one violation, 2 the command could not run, a file could not be read to its end, no label belongs to a prediction, nothing could be judged, or more than a tenth of the pairs could not be measured.";

#[derive(Debug, Args)]
pub(crate) struct QualityOptions {
    /// Captured events: files, folders, or -
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// What turned out to be true: files, folders, or -
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub(crate) ground_truth: Vec<PathBuf>,
    /// What the model predicts: one of two labels, one of several, or a number
    #[arg(long, value_enum)]
    pub(crate) problem: ProblemKind,
    /// The folder with constraints.json, which `sagewarden baseline --problem` makes; without it nothing is judged
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: Option<PathBuf>,
    /// The folder for statistics.json and constraint_violations.json, made if need be; earlier ones are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// Where in the ground truth the label stands: a place from 0 in CSV, a key or a pointer (/a/b) into JSON; default: the
    /// first field, or the whole
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) prediction: PredictionOptions,
    /// Where the answer stands in JSON: a JSON pointer in which a * stands for the rows, such as /predictions/*
    #[arg(long, value_name = "POINTER")]
    pub(crate) output_path: Option<RowPath>,
    /// At most so many ids are held; of more an even sample is measured
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) max_ids: usize,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

/// Whose verdict counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JudgingMode {
    Compat,
    Exact,
}

impl From<JudgingMode> for Mode {
    fn from(mode: JudgingMode) -> Self {
        match mode {
            JudgingMode::Compat => Self::Compat,
            JudgingMode::Exact => Self::Exact,
        }
    }
}

/// Model Monitor's `output_columns_position`, or one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftColumns {
    Start,
    End,
    Input,
    Output,
}

impl From<DriftColumns> for ColumnOrder {
    fn from(columns: DriftColumns) -> Self {
        match columns {
            DriftColumns::Start => Self::OutputFirst,
            DriftColumns::End => Self::InputFirst,
            DriftColumns::Input => Self::Input,
            DriftColumns::Output => Self::Output,
        }
    }
}
