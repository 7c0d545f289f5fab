//! `sagewarden completions` and `sagewarden man`: the files that an installation puts beside the program.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::command::Arguments;
use crate::command::install::{CompletionsOptions, ManualOptions};
use crate::error::CommandError;
use crate::output;

pub(crate) fn completions(options: &CompletionsOptions) -> Result<ExitCode, CommandError> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, name, &mut script);
    output::print_document(String::from_utf8_lossy(&script).into_owned())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn manual(options: &ManualOptions) -> Result<ExitCode, CommandError> {
    match &options.out {
        Some(folder) => write_pages(folder)?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            output::print_document(String::from_utf8_lossy(&page).into_owned())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `sagewarden.1`, and `sagewarden-check.1` and its like for the commands.
fn write_pages(folder: &Path) -> Result<(), CommandError> {
    fs::create_dir_all(folder).map_err(CommandError::unwritable(folder))?;
    clap_mangen::generate_to(Arguments::command(), folder).map_err(CommandError::unwritable(folder))?;
    output::print_text(&format!("Written  {}\n", output::line(&folder.display().to_string())))?;
    Ok(())
}
