//! What can be typed after `bias` and `attribution`.

use std::path::PathBuf;

use clap::Args;
use sagewarden_outcomes::bias::GroupRule;

use crate::command::data::JudgingMode;
use crate::command::format::OutputFormat;

pub(crate) const BIAS_HELP: &str = "Examples:
  sagewarden bias validation.csv --label Target=1 --predicted Predicted=1 --facet Sex=0 --subgroups Region --out bias
  sagewarden bias november.csv --label Target=1 --predicted 'Score>0.5' --facet 'Age>40' --facet Sex=0 --baseline bias
  sagewarden bias analysis.json --baseline constraints.json

TABLE is a CSV file with a header, or - for standard input: a row for each person, with the column of the group that may be disadvantaged, and with what was true, what the model said, or both. Or it is an analysis.json that Clarify wrote.

A rule names a column and its values: COLUMN=VALUE, COLUMN=VALUE,VALUE or COLUMN>NUMBER. --facet says which rows are the group that is compared with all others; --label and --predicted say which outcomes are favourable. A column without a header is named by its place from 0.

The metrics, their names and their signs are Clarify's: CI, DPL, KL, JS, LP, TVD, KS and CDDL of the labels; DPPL, DI, DCA, DCR, RD, SD, DAR, DRR, AD, TE, CDDPL, FT and GE of the predictions. CDDL and CDDPL need --subgroups. The flip test (FT) needs numbers in all other columns, and at most 20,000 rows. A row without a value for a facet counts as outside of the group, as in Clarify, and a note says how many there are.

With --baseline each metric is compared with that of an earlier analysis.json (or of Clarify's constraints.json): it is violated if it is farther from 0 than there. In mode `exact` the disparate impact (DI), a ratio, is compared by how far it is from 1.

Exit status: 0 no violation, or no baseline, 1 at least one violation, 2 the command could not run, or nothing could be compared.";

#[derive(Debug, Args)]
pub(crate) struct BiasOptions {
    /// A CSV file with labels, predictions or both; or an analysis.json; or -
    #[arg(value_name = "TABLE")]
    pub(crate) data: PathBuf,
    /// The column of what was true, and its favourable values
    #[arg(long, value_name = "RULE")]
    pub(crate) label: Option<GroupRule>,
    /// The column of what the model said, and its favourable values
    #[arg(long, value_name = "RULE")]
    pub(crate) predicted: Option<GroupRule>,
    /// The group that is compared with everybody else; several are measured one by one
    #[arg(long, value_name = "RULE")]
    pub(crate) facet: Vec<GroupRule>,
    /// The column whose values are the subgroups of CDDL and CDDPL
    #[arg(long, value_name = "COLUMN")]
    pub(crate) subgroups: Option<String>,
    /// The file has no header: columns are named by their place from 0
    #[arg(long)]
    pub(crate) no_header: bool,
    /// An earlier analysis.json or constraints.json, or the folder with it
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: Option<PathBuf>,
    /// The folder for analysis.json and constraint_violations.json, made if need be; earlier ones are replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}

pub(crate) const ATTRIBUTION_HELP: &str = "Examples:
  sagewarden explain --model model.tar.gz training.csv --format json > before.json
  sagewarden explain --model model.tar.gz november.csv --format json > now.json
  sagewarden attribution now.json --baseline before.json
  sagewarden attribution analysis.json --baseline constraints.json --out report

ANALYSIS is what `sagewarden explain --format json` wrote, or an analysis.json of Clarify. The baseline is a file of the same kind.

The score is the normalised discounted cumulative gain (NDCG) of the features in the order in which they matter now, weighed by how much they mattered in the baseline: 1 when the order is the same. Below 0.90 it is a violation, as in Clarify.

Exit status: 0 no violation, 1 at least one, 2 the command could not run, or nothing could be compared.";

#[derive(Debug, Args)]
pub(crate) struct AttributionOptions {
    /// What matters now
    #[arg(value_name = "ANALYSIS")]
    pub(crate) now: PathBuf,
    /// What mattered before: a file, or the folder with analysis.json or constraints.json
    #[arg(long, value_name = "PATH")]
    pub(crate) baseline: PathBuf,
    /// The folder for constraint_violations.json, made if need be; an earlier one is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Whose verdict counts
    #[arg(long, value_enum, default_value_t = JudgingMode::Exact)]
    pub(crate) mode: JudgingMode,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
