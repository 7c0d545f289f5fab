//! The options of `bias` and `attribution`.

use std::path::PathBuf;

use clap::Args;
use sagewarden_outcomes::bias::GroupRule;

use crate::command::data::{JudgingMode, missing_text};
use crate::command::format::OutputFormat;

pub(crate) const BIAS_HELP: &str = "Examples:
  sagewarden bias validation.csv --label Target=1 --predicted Predicted=1 --facet Sex=0 --subgroups Region --out bias
  sagewarden bias november.csv --label Target=1 --predicted 'Score>0.5' --facet 'Age>40' --facet Sex=0 --baseline bias
  sagewarden bias analysis.json --baseline constraints.json

TABLE is a CSV file with a header, or - for standard input. It has a row for each person, a column for each group that may be disadvantaged, and the true labels, the predictions, or both. TABLE may also be an analysis.json of Clarify.

A rule names a column and its values: COLUMN=VALUE, COLUMN=VALUE,VALUE or COLUMN>NUMBER. --facet chooses the rows of the group, which is compared with all other rows. --label and --predicted choose the favourable outcomes. Without a header, name a column by its position from 0.

The metrics, their names and their signs are Clarify's: CI, DPL, KL, JS, LP, TVD, KS and CDDL of the labels; DPPL, DI, DCA, DCR, RD, SD, DAR, DRR, AD, TE, CDDPL, FT and GE of the predictions. CDDL and CDDPL need --subgroups. The flip test (FT) needs numbers in all other columns, and at most 20,000 rows. A row without a label, a prediction or a value for the facet is left out: its field is empty, or has a text that means a missing value, such as NA. In mode `compat`, a row without a value for the facet counts as outside the group, as in Clarify. A note gives the number of such rows.

With --baseline, the command compares each metric with the same metric in an earlier analysis.json, or in Clarify's constraints.json. A metric is violated if it is now farther from 0. In mode `exact`, the disparate impact (DI), a ratio, is violated if it is farther from 1.

Exit status: 0 no violation, or no baseline, 1 at least one violation, 2 the command could not run, or nothing could be compared.";

#[derive(Debug, Args)]
pub(crate) struct BiasOptions {
    /// A CSV file with labels, predictions or both; or an analysis.json; or -
    #[arg(value_name = "TABLE")]
    pub(crate) data: PathBuf,
    /// The column of the true labels, and its favourable values
    #[arg(long, value_name = "RULE")]
    pub(crate) label: Option<GroupRule>,
    /// The column of the predictions, and its favourable values
    #[arg(long, value_name = "RULE")]
    pub(crate) predicted: Option<GroupRule>,
    /// The group to compare with all other rows; several groups are measured one by one
    #[arg(long, value_name = "RULE")]
    pub(crate) facet: Vec<GroupRule>,
    /// The column whose values are the subgroups of CDDL and CDDPL
    #[arg(long, value_name = "COLUMN")]
    pub(crate) subgroups: Option<String>,
    /// The file has no header: name columns by their position from 0
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Texts that mean a missing value, unless a rule names them; they replace the default: nan, NA, NULL, None, ?, - and others that
    /// pandas, R and SQL write
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true, value_parser = missing_text)]
    pub(crate) missing: Option<Vec<String>>,
    /// An earlier analysis.json or constraints.json, or the folder with it
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: Option<PathBuf>,
    /// The folder for analysis.json and constraint_violations.json; the command creates it and replaces earlier files
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The mode whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

pub(crate) const ATTRIBUTION_HELP: &str = "Examples:
  sagewarden explain --model model.tar.gz training.csv --format json > before.json
  sagewarden explain --model model.tar.gz november.csv --format json > now.json
  sagewarden attribution now.json --baseline before.json
  sagewarden attribution analysis.json --baseline constraints.json --out report

ANALYSIS is the output of `sagewarden explain --format json`, or an analysis.json of Clarify. The baseline is a file of the same kind.

The score is the normalised discounted cumulative gain (NDCG) of the features in their present order, weighted by their importance in the baseline. It is 1 if the order is unchanged. A score below 0.90 is a violation, as in Clarify.

Exit status: 0 no violation, 1 at least one, 2 the command could not run, or nothing could be compared.";

#[derive(Debug, Args)]
pub(crate) struct AttributionOptions {
    /// The present importance of the features
    #[arg(value_name = "ANALYSIS")]
    pub(crate) now: PathBuf,
    /// The earlier importance: a file, or the folder with analysis.json or constraints.json
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: PathBuf,
    /// The folder for constraint_violations.json; the command creates it and replaces an earlier file
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The mode whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
