//! `sagewarden check`: the verdict before anything is created. Beside it, in `replay.rs`, `sagewarden replay`: what became of recorded events.

mod builds;
mod checked;
mod files;
mod locate;
mod parallel;
mod print;
pub(crate) mod replay;
mod sarif;
mod source;
mod words;
mod yaml;

use std::process::ExitCode;

use crate::check::checked::{CheckedFile, Judging, Tally};
use crate::check::files::Files;
use crate::check::print::Printing;
use crate::command::check::CheckOptions;
use crate::error::CommandError;
use crate::input::{now, settings};
use crate::output;

pub(crate) fn run(options: &CheckOptions) -> Result<ExitCode, CommandError> {
    let mut in_force = settings::find(options.settings.as_deref(), &options.files)?;
    if let Some(profile) = options.profile {
        in_force.bundle = in_force.bundle.with_profile(profile.profile());
        in_force.bundle.idle().iter().for_each(|idle| output::warn(format_args!("note: {idle}")));
    }
    let files = Files::find(&options.files);
    files.unreadable.iter().for_each(|error| output::warn(format_args!("error: {error}")));
    let account = options.account.as_deref();
    let judging = Judging { bundle: &in_force.bundle, account, now: now() };
    let mut printing = Printing::begin(options.format, &in_force);
    let mut tally = Tally { is_unusable: !files.unreadable.is_empty(), ..Tally::default() };
    let judge = |input: &files::Input| {
        let checked = CheckedFile::judge(&judging, input);
        let printed = printing_of(options, &checked);
        (checked, printed)
    };
    parallel::in_order(&files.inputs, judge, |(checked, printed)| {
        tally.add(&checked);
        if let Some(why) = &checked.unusable {
            output::warn(format_args!("error: {why}"));
        }
        printing.file(checked, printed);
    });
    printing.end(&tally, files.passed_over)?;
    if tally.status() == CommandError::EXIT && !tally.is_unusable {
        output::warn(format_args!("error: {}", CommandError::NoCandidate));
    }
    Ok(ExitCode::from(tally.status()))
}

/// What is printed of a file alone, made where the file is judged.
fn printing_of(options: &CheckOptions, checked: &CheckedFile) -> String {
    print::of_file(options.format, checked)
}
