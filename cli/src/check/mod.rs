//! `sagewarden check`: the verdict before anything is created. Beside it, in `replay.rs`, `sagewarden replay`: what became of recorded events.

mod builds;
mod cdk;
mod checked;
mod code;
mod files;
mod json_lines;
mod judging;
mod known;
mod lines;
mod parallel;
mod patterns;
mod print;
pub(crate) mod replay;
pub(crate) mod sarif;
mod source;
mod words;
mod yaml;

use std::process::ExitCode;

use sagewarden_govern::counted;
use sagewarden_policy::Bundle;
use sagewarden_policy::intake::Unusable;

use crate::check::checked::{CheckedFile, Tally};
use crate::check::files::{Files, Input};
use crate::check::judging::{Judging, Saying};
use crate::check::known::Baseline;
use crate::check::print::Printing;
use crate::command::check::CheckOptions;
use crate::error::CommandError;
use crate::input::progress::Done;
use crate::input::settings::{ByFile, InForce};
use crate::input::{bundle, now, settings};
use crate::output;

pub(crate) fn run(options: &CheckOptions) -> Result<ExitCode, CommandError> {
    let whole = options.bundle.as_deref().map(|place| (place, options.digest.as_deref()));
    let InForce { path, bundle } = settings::find(whole, options.settings.as_deref(), &options.files)?;
    let in_force = InForce { path, bundle: in_profile(options, bundle) };
    if options.profile.is_some() {
        in_force.bundle.idle().iter().for_each(|idle| output::warn(format_args!("note: {idle}")));
    }
    if options.lines {
        let account = options.account.as_deref();
        let judging = Judging { bundle: &in_force.bundle, account, now: now(), files: &[] };
        return lines::run(&judging, &in_force);
    }
    let files = Files::find(&options.files, options.pass_over);
    files.unreadable.iter().for_each(|error| output::warn(format_args!("error: {error}")));
    files.notes().for_each(|note| output::warn(format_args!("note: {note}")));
    if let Some(path) = &files.terraform {
        output::warn(format_args!("note: `{}` was not judged: {}", path.display(), Unusable::Language));
    }
    let baseline = options.baseline.as_deref().map(|path| Baseline::open(path, options.update_baseline));
    let baseline = baseline.transpose()?;
    let by_file = by_file(options, &in_force, &files);
    let (now, account) = (now(), options.account.as_deref());
    let mut printing = Printing::begin(options.format, &in_force, baseline.is_some());
    let mut tally = Tally { is_unusable: !files.unreadable.is_empty(), ..Tally::default() };
    let format = options.format;
    // Verdicts that can be printed at once are not kept. A baseline is compared with the findings of all files.
    let is_said = baseline.is_none() && print::is_said_at_once(format);
    let judged = |input: &Input, say: &mut dyn FnMut(&str, String)| {
        let (settings, are_others) = match by_file.of(&input.path) {
            Ok(found) => found,
            Err(why) => return (CheckedFile::unusable(&input.path, why), &in_force),
        };
        let judging = Judging { bundle: &settings.bundle, account, now, files: &files.inputs };
        let mut checked = judging.file(input, is_said.then_some(Saying { format, say }));
        if are_others && checked.is_judged() {
            checked.passed_over.push(words::settings(settings).trim_end().to_owned());
        }
        if let Some(baseline) = &baseline {
            baseline.mark(&mut checked);
        }
        (checked, settings)
    };
    let judge = |input: &Input| {
        if input.is_large {
            return Err(input.clone());
        }
        let mut said = String::new();
        let mut say = |path: &str, more: String| {
            said += &if said.is_empty() {
                print::heading(format, path)
            } else {
                print::between(format).to_owned()
            };
            said += &more;
        };
        let (checked, settings) = judged(input, &mut say);
        said += &print::of_file(format, settings, &checked);
        Ok((checked, said))
    };
    let mut done = Done::of(files.inputs.len());
    parallel::in_order(&files.inputs, judge, |ready| {
        // One large file after the other, each on all cores.
        let (mut checked, printed) = ready.unwrap_or_else(|large| {
            let (checked, settings) = judged(&large, &mut |path, said| printing.said(path, &said));
            let printed = print::of_file(format, settings, &checked);
            (checked, printed)
        });
        tally.add(&mut checked);
        if let Some(why) = &checked.unusable {
            done.beside(|| output::warn(format_args!("error: {why}")));
        }
        printing.file(checked, printed);
        done.step();
    });
    drop(done);
    if let Some(baseline) = &baseline {
        settle(baseline, &mut tally)?;
    }
    printing.end(&tally, files.passed_over)?;
    if options.pass_over && tally.is_without_result() {
        return Ok(ExitCode::SUCCESS);
    }
    if tally.is_without_result() {
        output::warn(format_args!("error: {}", CommandError::NoCandidate));
    }
    Ok(ExitCode::from(tally.status()))
}

/// A bundle in the profile of the call, which overrides the one in the settings.
fn in_profile(options: &CheckOptions, bundle: Bundle) -> Bundle {
    match options.profile {
        Some(profile) => bundle.with_profile(profile.profile()),
        None => bundle,
    }
}

/// The settings of each file.
fn by_file<'a>(options: &CheckOptions, in_force: &'a InForce, files: &Files) -> ByFile<'a> {
    if options.bundle.is_some() || options.settings.is_some() {
        return ByFile::one(in_force);
    }
    let paths = files.inputs.iter().map(|input| input.path.as_path());
    ByFile::nearest(in_force, paths, |path| {
        let bundle = in_profile(options, bundle::load(path.as_deref())?);
        Ok(InForce { path, bundle })
    })
}

/// Names the entries of the baseline that this run no longer finds, or writes the baseline anew.
fn settle(baseline: &Baseline, tally: &mut Tally) -> Result<(), CommandError> {
    if baseline.is_updated {
        let number = baseline.write(&tally.judged, std::mem::take(&mut tally.found))?;
        output::warn(format_args!("note: the baseline lists {}", counted(number as u64, "finding")));
        return Ok(());
    }
    tally.stale.extend(baseline.gone(&tally.judged));
    tally.stale.iter().for_each(|known| output::warn(words::stale(known)));
    Ok(())
}
