//! The options of `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::command::format::OutputFormat;

pub(crate) const VERIFY_HELP: &str = "Examples:
  sagewarden verify sagewarden-demo/sagewarden.db
  aws dynamodb scan --table-name TABLE --consistent-read | sagewarden verify - --anchor 2026-03.json
  gunzip -c AWSDynamoDB/EXPORT/data/*.json.gz | sagewarden verify - --against 2026-03.json --anchor 2026-04.json

The verdicts of each resource form a chain of digests. The table alone shows a verdict that contradicts its chain, and a missing verdict that a notice or another row names. An earlier anchor shows every other change: each verdict in it must still exist and be unchanged. Keep anchors where no administrator of the table can write, and note their digests.

If a verdict was added between older ones, the command names it. That is not a gap: the verdict arrived late. Run the command while nothing is being judged, or run it again after some minutes: a write in progress looks incomplete.

The command keeps only digests in memory, some 1 KB for each verdict.
Exit status: 0 nothing is missing, 1 a verdict is missing or was changed, 2 a file cannot be read.";

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// A store, all unpacked files of one export to S3 in DynamoDB JSON, or the answer of `aws dynamodb scan`; - for standard input
    #[arg(value_name = "STORE|EXPORT", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// An earlier anchor: every verdict that it names must still exist
    #[arg(long, value_name = "ANCHOR")]
    pub(crate) against: Option<PathBuf>,
    /// Write an anchor of the present verdicts if nothing is wrong; the command never replaces an existing file
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Option<PathBuf>,
    /// The format of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
