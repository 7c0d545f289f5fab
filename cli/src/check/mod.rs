//! `sagewarden check`: the verdict before anything is created. Beside it, in `replay.rs`, `sagewarden replay`: what became of recorded events.

mod checked;
mod locate;
pub(crate) mod replay;
mod sarif;
mod words;

use std::io;
use std::process::ExitCode;

use crate::check::checked::CheckedFile;
use crate::command::check::{CheckFormat, CheckOptions};
use crate::error::CommandError;
use crate::input::{bundle, now};
use crate::output;

pub(crate) fn run(options: &CheckOptions) -> Result<ExitCode, CommandError> {
    let bundle = bundle::load(options.settings.as_deref())?;
    let now = now();
    let mut checked = Vec::new();
    for path in &options.files {
        checked.push(CheckedFile::judge(&bundle, path, options.account.as_deref(), now)?);
    }
    match options.format {
        CheckFormat::Text => checked.iter().try_for_each(|each| output::print_text(&words::text(each)))?,
        CheckFormat::Json => output::print_json(&words::document(&bundle, &checked))?,
        CheckFormat::Sarif => {
            let log =
                serde_json::to_string_pretty(&sarif::log(&bundle, &checked)).map_err(io::Error::from)?;
            output::print_document(&format!("{log}\n"))?;
        }
    }
    if checked.iter().all(|file| file.verdicts.is_empty()) {
        return Err(CommandError::NoCandidate);
    }
    Ok(if checked.iter().all(CheckedFile::is_clean) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
