//! What can be typed after `explain`.

use std::path::PathBuf;

use clap::Args;

use crate::command::format::OutputFormat;

pub(crate) const EXPLAIN_HELP: &str = "Examples:
  sagewarden explain --model model.tar.gz test.csv
  sagewarden explain --model model.tar.gz test.csv --label churned --out explanation
  aws s3 cp s3://BUCKET/rows.csv - | sagewarden explain --model xgboost-model - --rows --format json

FILE is a model of XGBoost's trees (gbtree, dart) as a training job leaves it: model.tar.gz, or the model itself in JSON, UBJSON, the older binary format or a pickle of a booster. A pickle is read and never executed.

ROWS is a CSV file with the features in the order of the training data, with or without a header: the first row is one where none of its fields is a number or empty. Where all names of the header are features that the model knows, columns are matched by name, in whatever order. Empty cells and NaN are missing values, and categories are the codes of the training data.

The answer is exact SHAP values, as `booster.predict(rows, pred_contribs=True)` computes them, in the margin of the model: for a logistic model the log-odds. `features` has the mean of each feature's absolute values, the largest first. With --rows, `contributions` has a list for each row: the features in the order of the columns, the base value last.

A model of several classes has a `base_value` and contributions for each class, in their order: `base_value` is a list, `contributions` a list of lists for each row, and `mean_abs_shap` is added up over the classes, which `by_class` has one by one.

Rows are read in blocks of at most 1,024, in memory that does not grow with them, unless --rows keeps the contributions: 4 bytes for each.
Exit status: 0 explained, 2 there is no model, or a row does not fit it.";

#[derive(Debug, Args)]
pub(crate) struct ExplanationOptions {
    /// The rows whose answers are explained: a CSV file, or - for standard input
    #[arg(value_name = "ROWS")]
    pub(crate) data: PathBuf,
    /// A model.tar.gz, or a bare model file
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The model in an archive that has several
    #[arg(long, value_name = "NAME")]
    pub(crate) member: Option<String>,
    /// A column that is no feature, such as the label, and is left out: its name, or its place from 0
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// Answer with the contributions of each row as well (--format json)
    #[arg(long)]
    pub(crate) rows: bool,
    /// The folder for explanation.html, made if need be; an earlier one is replaced
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Texts that stand for a missing value, instead of what pandas, R and SQL write, such as nan, NA, NULL, None, ? and -
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) missing: Option<Vec<String>>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
