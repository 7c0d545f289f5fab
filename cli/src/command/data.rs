//! The options of `baseline`, `drift` and `quality`.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use sagewarden_measure::MissingTexts;
use sagewarden_measure::capture::{ColumnOrder, RowPath};
use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::Problem;

use crate::command::format::OutputFormat;

pub(crate) const BASELINE_HELP: &str = "Examples:
  sagewarden baseline train.csv --out baseline
  sagewarden baseline train.parquet --out baseline
  sagewarden baseline sales.csv --period day --time sold_at --out baseline
  sagewarden baseline chats.jsonl --text answer,prompt --out baseline
  aws s3 cp s3://BUCKET/train.csv - | sagewarden baseline - --no-header --out baseline
  sagewarden baseline validation.csv --out baseline --problem binary --label churned --probability score

Without --problem, the command makes a baseline of data quality, for `sagewarden drift`. It infers types as Model Monitor's container does: one text among numbers, or a number written like 1e-5, makes the column a String. For such a column, `exact_statistics` has what exact mode reads instead; Model Monitor ignores that key.

With --problem, the command makes a baseline of model quality, for `sagewarden quality`. DATA needs a column with the true labels and a column with the predictions, as the container's suggest_baseline does. Every row must be valid. The value of each metric on DATA becomes its threshold.

The command reads the file once, in memory that does not grow with it. With --probability it keeps 16 bytes a row.
Exit status: 0 written, 2 the file cannot be read, is not a table, or has an invalid row.";

#[derive(Debug, Args)]
pub(crate) struct BaselineOptions {
    /// Tables in CSV, JSON (a record a line, or a list of records) or Parquet, or - for standard input; several make one table
    #[arg(value_name = "DATA", required = true)]
    pub(crate) data: Vec<PathBuf>,
    /// The folder for statistics.json and constraints.json; the command creates it
    #[arg(long, value_name = "DIR", default_value = "baseline")]
    pub(crate) out: PathBuf,
    /// The first row is data; the columns get the names _c0, _c1 and so on
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Texts that mean a missing value; they replace the default: nan, NA, NULL, None, ?, - and others that pandas, R and SQL write
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true, value_parser = missing_text)]
    pub(crate) missing: Option<Vec<String>>,
    /// Columns of free text, such as prompts and answers of a language model: their lengths, the kinds of their characters, and whether
    /// they are empty or refusals become columns, such as answer.words; the texts themselves are not kept
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', conflicts_with = "problem")]
    pub(crate) text: Vec<String>,
    /// A phrase that makes an answer a refusal, in upper or lower case; these phrases replace the built-in English ones
    #[arg(long, value_name = "PHRASE", requires = "text")]
    pub(crate) refusal: Option<Vec<String>>,
    /// The largest distance of a column that is not drift, from 0 to 1 [default: 0.01 beyond chance in exact mode]
    #[arg(long, conflicts_with = "problem", value_name = "COLUMN=N", value_parser = column_threshold)]
    pub(crate) drift_threshold: Vec<(String, f64)>,
    /// Keep the distances between periods of the data: `hour`, `day` or `week` with --time, `file`, or a column whose values name them.
    /// Exact mode then reports only larger distances
    #[arg(long, value_name = "PERIOD", conflicts_with = "problem")]
    pub(crate) period: Option<String>,
    /// The column of times that --period uses
    #[arg(long, value_name = "COLUMN", requires = "period")]
    pub(crate) time: Option<String>,
    /// Replace the files of an earlier baseline
    #[arg(long)]
    pub(crate) force: bool,
    /// Make a baseline of model quality for a model that predicts one of two labels, one of several, or a number
    #[arg(long, value_enum, requires = "label")]
    pub(crate) problem: Option<ProblemKind>,
    /// The column of the true label: its name, or its position from 0
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) prediction: PredictionOptions,
}

/// The columns of a prediction, and how to read them.
#[derive(Debug, Args)]
pub(crate) struct PredictionOptions {
    /// The column of the predicted label, or of the predicted number: its name, or its position from 0
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) inference: Option<String>,
    /// The column of the probability of the positive label (binary); needed for auc and curves
    #[arg(long, value_name = "COLUMN", requires = "problem")]
    pub(crate) probability: Option<String>,
    /// Predict the positive label above this probability, if --inference is absent (binary) [default: 0.5]
    #[arg(long, value_name = "N", requires = "probability", conflicts_with = "inference", value_parser = finite)]
    pub(crate) threshold: Option<f64>,
    /// The label that the model looks for (binary) [default: 1]
    #[arg(long, value_name = "LABEL", requires = "problem")]
    pub(crate) positive: Option<String>,
}

fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "not a number".to_owned())
}

/// The same rule as for `missing_texts` of the settings.
pub(crate) fn missing_text(text: &str) -> Result<String, String> {
    let wanted =
        "not a text that can stand for a missing value: it must be no number, no truth value and not empty";
    if MissingTexts::may_stand_for_nothing(text.as_bytes()) {
        Ok(text.to_owned())
    } else {
        Err(wanted.to_owned())
    }
}

/// A column and its threshold.
fn column_threshold(text: &str) -> Result<(String, f64), String> {
    let (column, number) = text.rsplit_once('=').ok_or("not COLUMN=N")?;
    let threshold = number.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    let threshold = threshold.ok_or_else(|| format!("`{number}` is not a distance from 0 to 1"))?;
    Ok((column.to_owned(), threshold))
}

/// The problem that a model solves.
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

CAPTURE is one of these:
  a file of captured events (JSON lines, as data capture writes them)
  a table: CSV with a header, JSON or Parquet, whose name ends in .csv, .jsonl, .json or .parquet
  a file of records of a batch transform job; its answers lie beside it, in a file with .out added to the name, one for each record or all in one line
  a folder with such files, at any depth
  - for captured events on standard input
The command reads its input once, in memory that does not grow with it.

Bodies of events are CSV, JSON (one row, a list of rows, one row a line, or column by column) or NumPy arrays. If the requests alone, or the answers alone, have exactly the columns of the baseline, only these are compared. If only the order with the answer's columns last explains the traffic, the command takes that order and says so. --columns overrides both. Rows may lack the columns of --ignore, such as the label.

--mode chooses the verdict that decides the exit status and the files of --out. `exact` compares how often values occur. `compat` repeats the answers of Model Monitor's container, its known defects included; use it to replace the container's files. The command computes both and prints where they differ.

In exact mode, a feature has drifted if its distance exceeds 0.01 by more than chance explains. A baseline with a threshold other than Model Monitor's suggested 0.1 overrides 0.01. In one of 500 windows without any change, some feature is reported all the same.

The command skips lines that it cannot use, counts them on standard error, and prints the first of them. The `outcome` of --format json is `compliant`, `partial` (no violation, but some lines were skipped), `violated` or `unknown`.
Exit status: 0 compliant or partial, 1 violated, 2 unknown: the command could not run, could not read a file to its end, or had nothing to compare.";

#[derive(Debug, Args)]
pub(crate) struct DriftOptions {
    /// The folder with constraints.json and statistics.json; without the latter, distributions are not compared
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: PathBuf,
    /// Captured events or tables: files, folders, or -
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// The mode whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// The folder for statistics.json, constraint_violations.json and report.html; the command creates it and replaces earlier files
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The columns of a row: start puts the answer's before the request's, end after them, as Model Monitor's START and END;
    /// input and output take one side only [default: start, or in exact mode the side that has all columns of the baseline]
    #[arg(long, value_enum)]
    pub(crate) columns: Option<DriftColumns>,
    /// The path of the rows in a JSON request: a JSON pointer with a * for the rows, such as /instances/*/features
    #[arg(long, value_name = "POINTER")]
    pub(crate) input_path: Option<RowPath>,
    /// The path of the rows in a JSON answer, such as /predictions/*
    #[arg(long, value_name = "POINTER")]
    pub(crate) output_path: Option<RowPath>,
    /// Texts that mean a missing value; they replace the default: nan, NA, NULL, None, ?, - and others that pandas, R and SQL write
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true, value_parser = missing_text)]
    pub(crate) missing: Option<Vec<String>>,
    /// A phrase that makes an answer of free text a refusal; make the baseline with the same phrases
    #[arg(long, value_name = "PHRASE")]
    pub(crate) refusal: Option<Vec<String>>,
    /// Columns to leave out, such as ids; rows may lack them
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// The largest distance of a column that is not drift, from 0 to 1 [default: 0.01 beyond chance in exact mode]
    #[arg(long, value_name = "COLUMN=N", value_parser = column_threshold)]
    pub(crate) drift_threshold: Vec<(String, f64)>,
    /// CSV files have no header; the columns are in the order of the baseline
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Clarify's analysis.json from the time of the baseline, for the report
    #[arg(long, value_name = "FILE", requires = "attribution_now", requires = "out")]
    pub(crate) attribution: Option<PathBuf>,
    /// Clarify's analysis.json of today, for the report
    #[arg(long, value_name = "FILE", requires = "attribution")]
    pub(crate) attribution_now: Option<PathBuf>,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

pub(crate) const QUALITY_HELP: &str = "Examples:
  sagewarden quality --problem regression captured --ground-truth labels
  sagewarden quality --problem binary captured/churn/AllTraffic/2022/04/18 --ground-truth labels --probability 0 --baseline baseline --out report
  sagewarden quality --problem multiclass captured --ground-truth labels --output-path '/predictions/*' --inference predicted_label
  sagewarden quality --problem binary captured --probability 0 --calibrate validation.csv --baseline baseline

CAPTURE is a file of captured events (JSON lines, as data capture writes them), a folder with files ending in .jsonl, at any depth, or -. The prediction comes from the captured answer. --inference, --probability and --threshold mean what InferenceAttribute, ProbabilityAttribute and ProbabilityThresholdAttribute mean to a model quality job. If the problem is not binary and the answer has one column, none of them is needed.

--ground-truth has lines like {\"groundTruthData\": {\"data\": \"1\", \"encoding\": \"CSV\"}, \"eventMetadata\": {\"eventId\": \"ID\"}, \"eventVersion\": \"0\"}. ID is the inference id of the event if its caller sent one, else its event id. If several records have the same id, the last one counts. A text that means a missing value, such as NA, is no label, unless --positive names it. Files are read in the order of the command line, those of a folder by name.

Without --ground-truth, the command estimates the quality of a binary classifier from its own probabilities (confidence-based performance estimation): of ten predictions with 0.8, eight are probably right. The estimate holds while scores keep their meaning; --calibrate learns that meaning from labelled scores. An estimate shows a change of the inputs. It misses a change of what the inputs mean: only labels show that.

--mode chooses the verdict that counts: `compat` repeats the answers of Model Monitor's container, which never judges f0_5; `exact` judges it. The command computes both and prints where they differ. With 200 pairs or more, it prints standard deviations; their digits differ from the container's, which samples at random.

The command reads one line at a time. It keeps each id with its prediction and label, some 400 bytes each, up to --max-ids. It skips lines that it cannot use, counts them on standard error, and prints the first of them.
Exit status: 0 no violation, or no baseline given; 1 at least one violation; 2 the command could not run, could not read a file to its end, found no label for any prediction, had nothing to judge, or could not measure more than a tenth of the pairs.";

#[derive(Debug, Args)]
pub(crate) struct QualityOptions {
    /// Captured events: files, folders, or -
    #[arg(value_name = "CAPTURE", required = true)]
    pub(crate) captures: Vec<PathBuf>,
    /// The true labels: files, folders, or -; without them, the command estimates the quality of a binary classifier
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) ground_truth: Vec<PathBuf>,
    /// Labelled scores that calibrate an estimate: a CSV file with a header
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ground_truth", "out"])]
    pub(crate) calibrate: Option<PathBuf>,
    /// The columns of that file: first the label, then the score
    #[arg(long, value_name = "LABEL,SCORE", requires = "calibrate", value_delimiter = ',', num_args = 1, default_values = ["label", "score"])]
    pub(crate) calibrate_columns: Vec<String>,
    /// What the model predicts: one of two labels, one of several labels, or a number
    #[arg(long, value_enum)]
    pub(crate) problem: ProblemKind,
    /// The folder with constraints.json, which `sagewarden baseline --problem` makes; without it, the command measures and does not judge
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline: Option<PathBuf>,
    /// The folder for statistics.json and constraint_violations.json; the command creates it and replaces earlier files
    #[arg(long, value_name = "DIR", requires = "ground_truth")]
    pub(crate) out: Option<PathBuf>,
    /// The mode whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// The label in the ground truth: a position from 0 in CSV, a key or a pointer (/a/b) in JSON [default: the first field
    /// of CSV, the whole of JSON]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// Texts that are no label; they replace the default: nan, NA, NULL, None, ?, - and others that pandas, R and SQL write
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true, value_parser = missing_text)]
    pub(crate) missing: Option<Vec<String>>,
    #[command(flatten)]
    pub(crate) prediction: PredictionOptions,
    /// The path of the rows in a JSON answer: a JSON pointer with a * for the rows, such as /predictions/*
    #[arg(long, value_name = "POINTER")]
    pub(crate) output_path: Option<RowPath>,
    /// Keep at most N ids; of more ids, measure an even sample
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) max_ids: usize,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

/// The mode whose verdict counts.
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
