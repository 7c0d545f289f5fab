//! `sagewarden lineage`, `impact`, `diff`, `reproduce`, `history`, `why` and `explain-gap`: questions to a store about one thing. Questions
//! about everything are in [`list`].

mod components;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod stack;

use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{Ask, NoAnswer, Question, Way, answer};
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_local::Store;
use sagewarden_view::{lineage, reply};

use crate::command::ask::{AskOptions, DiffOptions, LineageOptions, WhyOptions};
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::output;
use crate::output::short::shortened;

pub(crate) fn lineage(options: &LineageOptions) -> Result<ExitCode, CommandError> {
    let direction = match (options.downstream, options.both) {
        (_, true) => Way::Both,
        (true, false) => Way::Downstream,
        (false, false) => Way::Upstream,
    };
    let format = Format::from(options.format);
    let past = options.past;
    print_answer(
        &options.about,
        Question { ask: Ask::Lineage, direction, past, format, ..question(&options.about) },
    )
}

pub(crate) fn ask(ask: Ask, options: &AskOptions, format: OutputFormat) -> Result<ExitCode, CommandError> {
    print_answer(options, Question { ask, format: format.into(), ..question(options) })
}

pub(crate) fn diff(options: &DiffOptions) -> Result<ExitCode, CommandError> {
    let with = Some(options.other.clone());
    let format = options.format.into();
    print_answer(&options.about, Question { ask: Ask::Diff, with, format, ..question(&options.about) })
}

/// The store knows resources without lineage by their ARN alone: a name that no entity has is looked for there.
pub(crate) fn why(options: &WhyOptions) -> Result<ExitCode, CommandError> {
    if let Some(name) = options.answering.stack() {
        return of_stack(name, options, Ask::Why);
    }
    let store = Store::open_to_read(options.answering.store())?;
    let entity = names::completed(&store, &options.resource)?;
    let asked =
        |entity: &str| Question { ask: Ask::Why, format: options.format.into(), ..Question::about(entity) };
    let answered = match block_on(answer(&store, &asked(&entity), &|| false)) {
        Err(NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_)) => {
            let arn = names::judged(&store, &entity)?.unwrap_or(entity);
            block_on(answer(&store, &asked(&arn), &|| false))
        }
        answered => answered,
    };
    print_reply(
        &answered.map_err(|refusal| names::refused(&store, refusal))?,
        options.format.into(),
        options.wide,
    )
}

/// As [`why`], but it also answers if the store knows nothing about the resource.
pub(crate) fn explain_gap(options: &WhyOptions) -> Result<ExitCode, CommandError> {
    if let Some(name) = options.answering.stack() {
        return of_stack(name, options, Ask::Gap);
    }
    let store = Store::open_to_read(options.answering.store())?;
    let entity = names::completed(&store, &options.resource)?;
    let entity =
        match block_on(answer(&store, &Question { ask: Ask::Why, ..Question::about(&*entity) }, &|| false)) {
            Err(NoAnswer::Unknown(_) | NoAnswer::Unaddressable(_)) => {
                names::judged(&store, &entity)?.unwrap_or(entity)
            }
            _ => entity,
        };
    let question = Question { ask: Ask::Gap, format: options.format.into(), ..Question::about(entity) };
    let reply = block_on(answer(&store, &question, &|| false))?;
    print_reply(&reply, question.format, options.wide)
}

/// A stack takes a resource by the form of its address alone.
fn of_stack(name: &str, options: &WhyOptions, ask: Ask) -> Result<ExitCode, CommandError> {
    let question = Question { ask, format: options.format.into(), ..Question::about(&*options.resource) };
    stack::print_answer((name, options.region.as_deref()), &options.answering, question, options.wide)
}

fn question(options: &AskOptions) -> Question {
    Question {
        at: options.at.clone(),
        max_depth: options.max_depth,
        max_nodes: options.max_nodes,
        cursor: options.cursor.clone(),
        ..Question::about(&options.entity)
    }
}

fn print_answer(options: &AskOptions, question: Question) -> Result<ExitCode, CommandError> {
    if let Some(name) = options.answering.stack() {
        let stack = (name, options.region.as_deref());
        return stack::print_answer(stack, &options.answering, question, options.wide);
    }
    let store = Store::open_to_read(options.answering.store())?;
    let question = named(&store, question)?;
    let reply =
        block_on(answer(&store, &question, &|| false)).map_err(|refusal| names::refused(&store, refusal))?;
    print_reply(&reply, question.format, options.wide)
}

fn print_reply(reply: &Reply, format: Format, wide: bool) -> Result<ExitCode, CommandError> {
    // A request that repeats a job is sent as it stands.
    let is_whole = wide || !output::is_terminal() || matches!(reply, Reply::Reproduction(_));
    let shown = if is_whole { str::to_owned } else { shortened };
    let mut text = match (reply, format) {
        (Reply::Lineage(answer), Format::Table) => components::table(&lineage::flat(answer), shown),
        (_, Format::Tree) => shown(&reply::text(reply, Format::Tree)?),
        (_, format) => reply::text(reply, format)?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    match format {
        Format::Tree | Format::Table => output::print_text(&text)?,
        _ => output::print_document(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The question with whole addresses instead of bare names.
fn named(store: &Store, question: Question) -> Result<Question, CommandError> {
    let with = question.with.as_deref().map(|with| names::completed(store, with)).transpose()?;
    Ok(Question { entity: names::completed(store, &question.entity)?, with, ..question })
}
