//! `sagewarden lineage`, `impact`, `diff`, `reproduce` and `history`: questions to a store.

use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, Way, answer};
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_local::Store;
use sagewarden_view::{lineage, reply};

use crate::command::{AskOptions, DiffOptions, LineageOptions, PlainFormat};
use crate::error::CommandError;
use crate::output;

pub(crate) fn lineage(options: &LineageOptions) -> Result<ExitCode, CommandError> {
    let direction = match (options.downstream, options.both) {
        (_, true) => Way::Both,
        (true, false) => Way::Downstream,
        (false, false) => Way::Upstream,
    };
    let format = Format::from(options.format);
    let past = options.past;
    tell(&options.about, Question { ask: Ask::Lineage, direction, past, format, ..question(&options.about) })
}

pub(crate) fn ask(ask: Ask, options: &AskOptions, format: PlainFormat) -> Result<ExitCode, CommandError> {
    tell(options, Question { ask, format: format.into(), ..question(options) })
}

pub(crate) fn diff(options: &DiffOptions) -> Result<ExitCode, CommandError> {
    let with = Some(options.other.clone());
    let format = options.format.into();
    tell(&options.about, Question { ask: Ask::Diff, with, format, ..question(&options.about) })
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

fn tell(options: &AskOptions, question: Question) -> Result<ExitCode, CommandError> {
    let store = Store::open(&options.store)?;
    let reply = block_on(answer(&store, &question, &|| false))?;
    let mut text = match (&reply, question.format) {
        (Reply::Lineage(answer), Format::Table) => output::components(&lineage::flat(answer)),
        (_, format) => reply::text(&reply, format),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    match question.format {
        Format::Tree | Format::Table => output::say(&text)?,
        _ => output::hand_over(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}
