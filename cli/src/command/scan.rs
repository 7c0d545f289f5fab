//! The options of `scan`.

use std::path::PathBuf;

use clap::Args;

/// The text below the options.
pub(crate) const SCAN_HELP: &str = "Examples:\n  sagewarden scan --policy > policy.json\n  sagewarden scan --region eu-west-1 --dry-run\n  sagewarden scan --region eu-west-1 --profile audit --since 90d --settings infra/settings.toml\n  sagewarden scan --region eu-west-1 --kinds endpoint,model,notebook-instance\n\nThe command only reads: it sends no call that could change something, and stops nothing.\nThe folder gets a page (report.html), findings.json, findings.csv, findings.sarif, and a store that answers `why`, `lineage` and `history` with --store DIR/sagewarden.db.\nExit status: 0 every control passed, 1 at least one failed or is undecided, 2 the scan did not finish, or nothing failed and not every kind could be listed.";

#[derive(Debug, Args)]
pub(crate) struct ScanOptions {
    /// The region to scan, such as eu-west-1; default: the one of the environment or the profile
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// A profile of AWS's shared configuration
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// Send all calls to this address instead of AWS
    #[arg(long, value_name = "URL", value_parser = crate::command::answering::address)]
    pub(crate) endpoint_url: Option<String>,
    /// Scan these kinds only, such as training-job,endpoint,model; default: all
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) kinds: Vec<String>,
    /// Leave out jobs and executions that are older than this, in days (90d) or hours (12h); lasting resources are always scanned
    #[arg(long, value_name = "AGE", default_value = "90d")]
    pub(crate) since: String,
    /// The folder for the page, the findings and the store
    #[arg(long, value_name = "DIR", default_value = "sagewarden-scan")]
    pub(crate) out: PathBuf,
    /// The settings.toml to judge by; default: the built-in one, which allows any VPC and the account's own keys
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// At most N calls to SageMaker a second
    #[arg(long, value_name = "N", default_value_t = 5.0)]
    pub(crate) rate: f64,
    /// Count the resources, and print how many calls a scan makes and how long they take; scan nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Continue an earlier scan into the same folder
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) resume: bool,
    /// Do not ask S3: the lineage has no versions of data, and controls that need a bucket's settings are undecided
    #[arg(long)]
    pub(crate) no_data: bool,
    /// Print the IAM policy that a scan needs, and scan nothing
    #[arg(long, conflicts_with_all = ["dry_run", "resume"])]
    pub(crate) policy: bool,
}
