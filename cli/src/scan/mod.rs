//! `sagewarden scan`: judges the resources of an account, without a deployment. It needs AWS's SDK (feature `aws`).

#[cfg(feature = "aws")]
mod estimate;
#[cfg(feature = "aws")]
mod files;
#[cfg(feature = "aws")]
mod found;
#[cfg(feature = "aws")]
mod kinds;
#[cfg(feature = "aws")]
mod policy;
#[cfg(feature = "aws")]
mod posture;
#[cfg(feature = "aws")]
mod sarif;
#[cfg(feature = "aws")]
mod served;
#[cfg(feature = "aws")]
mod walk;
#[cfg(feature = "aws")]
mod world;

use std::process::ExitCode;

use crate::command::scan::ScanOptions;
use crate::error::CommandError;

/// Says how to get the command.
#[cfg(not(feature = "aws"))]
pub(crate) fn run(_: &ScanOptions) -> Result<ExitCode, CommandError> {
    Err(CommandError::Option(
        "this build cannot scan: it has no AWS SDK; install one with `cargo install --locked --path cli --features aws`, or the wheel",
    ))
}

/// The story: the policy alone, or an estimate, the walk through the account, and the files that it leaves.
#[cfg(feature = "aws")]
pub(crate) fn run(options: &ScanOptions) -> Result<ExitCode, CommandError> {
    let kinds = kinds::chosen(&options.kinds)?;
    if options.policy {
        crate::output::print_json(&policy::document(&kinds, !options.no_data))?;
        return Ok(ExitCode::SUCCESS);
    }
    let since = kinds::since(&options.since, crate::input::now())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(walk::run(options, &kinds, since))
}
