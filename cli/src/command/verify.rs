//! What can be typed after `verify`.

use std::path::PathBuf;

use clap::Args;

use crate::command::format::OutputFormat;

pub(crate) const VERIFY_HELP: &str = "Examples:
  sagewarden verify sagewarden-demo/sagewarden.db
  aws dynamodb scan --table-name TABLE --consistent-read | sagewarden verify - --anchor 2026-03.json
  gunzip -c AWSDynamoDB/EXPORT/data/*.json.gz | sagewarden verify - --against 2026-03.json --anchor 2026-04.json

The verdicts of each resource make a chain of digests. By itself a table shows verdicts that contradict themselves, and those that a notice or another row names and that are gone. An anchor shows the rest: each verdict in it must still be there and say the same. Keep anchors where nobody who administers the table can write, and write their digests down.

A verdict that was added between others is named, and is no gap: it arrived late. Verify when nothing is being judged, or again after some minutes: what is being written looks half done.
Only digests are kept in memory, some 1 KB for each verdict.
Exit status: 0 nothing is missing, 1 something is missing or was changed, 2 a file cannot be read.";

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// A store, files of an export to S3 in DynamoDB JSON (unpacked; all of one export), or what `aws dynamodb scan` answered; - for
    /// standard input
    #[arg(value_name = "STORE|EXPORT", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// An earlier anchor: what it names must still be there
    #[arg(long, value_name = "ANCHOR")]
    pub(crate) against: Option<PathBuf>,
    /// Write an anchor of what is there now, if nothing is wrong; a file that is there is not replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Option<PathBuf>,
    /// How to answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
}
