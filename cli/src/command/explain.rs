//! The options of `explain`.

use std::path::PathBuf;

use clap::Args;

use crate::command::data::missing_text;
use crate::command::format::OutputFormat;

pub(crate) const EXPLAIN_HELP: &str = "Examples:
  sagewarden explain --model model.tar.gz test.csv
  sagewarden explain --model model.tar.gz test.csv --label churned --out explanation
  aws s3 cp s3://BUCKET/rows.csv - | sagewarden explain --model xgboost-model - --rows --format json

FILE is an XGBoost model of trees (gbtree, dart) as a training job leaves it: model.tar.gz, or the model itself in JSON, UBJSON, the older binary format, or a pickle of a booster. The command reads a pickle and never executes it. A LightGBM model is its text (`save_model`), or a pickle of a booster.

ROWS is a CSV file with the features in the order of the training data. It may have a header: the command takes the first row for one if none of its fields is empty or a number, or if its three fields or more count the columns (0,1,2), as pandas writes them. If the model knows every name in the header, columns are matched by name, in any order. Empty cells and NaN are missing values. Write categories as their codes in the training data.

The answer is exact SHAP values, as XGBoost's `booster.predict(rows, pred_contribs=True)` and LightGBM's `booster.predict(rows, pred_contrib=True)` compute them. They are in the margin of the model: log-odds for a logistic model. `features` has the mean absolute value of each feature, the largest first. With --rows, `contributions` has a list for each row: the features in the order of the columns, then the base value.

For a model of several classes, `base_value` is a list with one value for each class, and `contributions` has a list of lists for each row. `mean_abs_shap` is the sum over the classes; `by_class` has each class.

The command reads rows in blocks of at most 1,024, in memory that does not grow with them. With --rows it keeps 4 bytes for each contribution.
Exit status: 0 explained, 2 the model cannot be read, or a row does not fit it.";

#[derive(Debug, Args)]
pub(crate) struct ExplanationOptions {
    /// The rows to explain: a CSV file, or - for standard input
    #[arg(value_name = "ROWS")]
    pub(crate) data: PathBuf,
    /// A model.tar.gz, or a bare model file
    #[arg(long, value_name = "FILE")]
    pub(crate) model: PathBuf,
    /// The name of the model, in an archive that has several
    #[arg(long, value_name = "NAME")]
    pub(crate) member: Option<String>,
    /// A column to leave out, such as the label: its name, or its position from 0
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// Add the contributions of each row to the answer (--format json)
    #[arg(long)]
    pub(crate) rows: bool,
    /// The folder for explanation.html; the command creates it and replaces an earlier page
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Texts that mean a missing value; they replace the default: nan, NA, NULL, None, ?, - and others that pandas, R and SQL write
    #[arg(long, value_name = "TEXT", value_delimiter = ',', allow_hyphen_values = true, value_parser = missing_text)]
    pub(crate) missing: Option<Vec<String>>,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
