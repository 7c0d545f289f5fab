//! `sagewarden baseline`: what Model Monitor would suggest for a CSV file.

mod data;
mod header;
mod period;
mod periods;
mod quality;
mod suggestion;

use std::process::ExitCode;

use crate::command::data::BaselineOptions;
use crate::error::CommandError;
use crate::output;

/// A baseline of model quality where a problem is named, else one of data quality.
pub(crate) fn run(options: &BaselineOptions) -> Result<ExitCode, CommandError> {
    let files = ["statistics.json", "constraints.json"].map(|name| options.out.join(name));
    if let Some(path) = files.iter().find(|path| !options.force && path.exists()) {
        return Err(CommandError::Exists(path.clone()));
    }
    let suggestion = match options.problem {
        Some(kind) => quality::baseline(options, kind)?,
        None => data::baseline(options)?,
    };
    let written = output::write(&options.out, &suggestion.files)?;
    output::print_text(&(suggestion.table + &written))?;
    Ok(ExitCode::SUCCESS)
}
