//! `sagewarden demo`: the story of a credit model, shown as it happens.

mod files;
mod later;
mod neighbours;
mod step;
mod words;

use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, answer, lookup_lineage};
use sagewarden_lineage::answer::Format;
use sagewarden_local::{Clock, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_view::{lineage, reply};

use crate::command::demo::DemoOptions;
use crate::command::format::OutputFormat;
use crate::demo::files::{DemoFiles, write_objects, write_records};
use crate::demo::step::{PlayedStep, play};
use crate::error::CommandError;
use crate::output;
use crate::output::terminal::STRONG;

/// The story's first and second model.
const MODELS: [&str; 2] = [Story::MODEL, Story::SECOND_MODEL];

pub(crate) fn run(options: &DemoOptions) -> Result<ExitCode, CommandError> {
    let files = DemoFiles::prepare(&options.out)?;
    let bundle = Bundle::embedded()?.with_settings(&files::settings())?;
    let store = Store::create(&files.path(DemoFiles::STORE))?;
    let system = System::new(store, &files.path(DemoFiles::GIT), bundle, Story::ACCOUNT, Story::REGION)?;
    let steps = play_all(&system, options.format)?;
    let entity = format!("endpoint/{}", Story::ENDPOINT);
    let question = Question::about(&entity);
    let lineage = block_on(lookup_lineage(&system.store, &question))?;
    let whole = block_on(lookup_lineage(&system.store, &Question { past: true, ..question }))?;
    write_records(&files, &system, &steps, &lineage::html(&whole))?;
    write_objects(&files, &system)?;
    neighbours::play(&system)?;
    match options.format {
        OutputFormat::Text => {
            let tree = lineage::text(&lineage, Format::Tree);
            let difference = difference(&system)?;
            let impact = impact(&system)?;
            output::print_text(&format!(
                "{STRONG}{}. somebody asks where {entity} comes from{STRONG:#}\n{tree}\n\
                 {STRONG}{}. somebody asks what differs between the two models{STRONG:#}\n{difference}\n\
                 {STRONG}{}. somebody asks which endpoints run the artifact of unknown origin{STRONG:#}\n{impact}\n{}",
                steps.len() + 1,
                steps.len() + 2,
                steps.len() + 3,
                words::farewell(&files, &entity)
            ))?;
        }
        OutputFormat::Json => output::print_json(&words::document(&files, &steps, lineage::json(&lineage)))?,
    }
    if options.serve { later::serve_on(&system, &files, !options.no_open) } else { Ok(ExitCode::SUCCESS) }
}

/// Plays the story; people see each step when it has been played.
fn play_all(system: &System, format: OutputFormat) -> Result<Vec<PlayedStep>, CommandError> {
    let mut story = Story::new(system.account.clone(), system.git.clone(), Clock::Told(Story::demo_start()));
    let mut steps = Vec::new();
    // The retraining is the last step, because the labels give the reason for it.
    let (before, retraining) = Story::STEPS.split_at(Story::STEPS.len() - 1);
    for (index, step) in
        before.iter().chain([&Story::LABELS]).chain(retraining).chain([&Story::COMPONENTS]).enumerate()
    {
        let step = play(system, &mut story, step)?;
        if format == OutputFormat::Text {
            output::print_text(&words::step(index + 1, &step))?;
        }
        steps.push(step);
    }
    Ok(steps)
}

/// The endpoints that run what a component brought, for people.
fn impact(system: &System) -> Result<String, CommandError> {
    let question = Question { ask: Ask::Impact, ..Question::about(Story::foreign_artifact()) };
    let reply = block_on(answer(&system.store, &question, &|| false))?;
    Ok(reply::text(&reply, Format::Tree)?)
}

/// The differences between the two models, for people.
fn difference(system: &System) -> Result<String, CommandError> {
    let (one, other) = MODELS.map(|name| format!("model/{name}")).into();
    let question = Question { ask: Ask::Diff, with: Some(other), ..Question::about(one) };
    let reply = block_on(answer(&system.store, &question, &|| false))?;
    Ok(reply::text(&reply, Format::Tree)?)
}
