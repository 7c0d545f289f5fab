//! `sagewarden list`, `inventory` and `findings`: questions about everything.

use std::process::ExitCode;

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, answer};
use sagewarden_lineage::answer::{Format, Reply};
use sagewarden_lineage::listing::Listing;
use sagewarden_local::Store;
use sagewarden_policy::Bundle;
use sagewarden_view::listing::{closing, list_table};
use sagewarden_view::reply;

use crate::ask::stack;
use crate::command::list::{EntriesOptions, FindingsOptions, InventoryOptions, Narrowed};
use crate::error::CommandError;
use crate::input::nearest::Nearest;
use crate::input::now;
use crate::output::grid::Grid;
use crate::output::short::shortened;
use crate::output::{self, line};

pub(crate) fn list(options: &EntriesOptions) -> Result<ExitCode, CommandError> {
    let question = Question {
        ask: options.listed.into(),
        state: options.states.state(),
        severity: options.severity.clone(),
        control: options.control.clone(),
        kind: options.kind.clone(),
        at: options.at.clone(),
        ..narrowed(&options.narrowed)
    };
    print_list(&options.narrowed, &question)
}

pub(crate) fn inventory(options: &InventoryOptions) -> Result<ExitCode, CommandError> {
    let question = Question { ask: Ask::Inventory, at: options.at.clone(), ..narrowed(&options.narrowed) };
    print_list(&options.narrowed, &question)
}

pub(crate) fn findings(options: &FindingsOptions) -> Result<ExitCode, CommandError> {
    let question = Question {
        ask: Ask::Findings,
        state: options.states.state(),
        severity: options.severity.clone(),
        control: options.control.clone(),
        kind: options.kind.clone(),
        would_have_been_stopped: options.would_have_been_stopped,
        by: options.by.map(Into::into),
        ..narrowed(&options.narrowed)
    };
    print_list(&options.narrowed, &question)
}

fn narrowed(options: &Narrowed) -> Question {
    Question {
        account: options.account.clone(),
        region: options.region.clone(),
        owner: options.owner.clone(),
        since: options.since.clone(),
        limit: options.limit,
        max_requests: options.max_requests,
        cursor: options.cursor.clone(),
        format: options.format.into(),
        now: Some(now()),
        ..Question::default()
    }
}

fn print_list(options: &Narrowed, question: &Question) -> Result<ExitCode, CommandError> {
    if let Some(control) = &question.control {
        name_unknown(control)?;
    }
    let reply = reply(options, question)?;
    match (&reply, question.format) {
        (Reply::Listing(listing), Format::Table) => output::print_text(&table(listing, options.wide))?,
        (Reply::Listing(listing), format) => {
            // These formats have no place for it.
            if !listing.complete && matches!(format, Format::Csv | Format::Html) {
                output::warn(format_args!("note: {}", closing(listing).trim_end()));
            }
            print_document(&reply, format)?;
        }
        (_, format) => print_document(&reply, format)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// An older version may have had the control: its findings are still in the store. So the list is shown all the same.
fn name_unknown(control: &str) -> Result<(), CommandError> {
    let bundle = Bundle::embedded()?;
    if bundle.controls().any(|known| known.id.eq_ignore_ascii_case(control)) {
        return Ok(());
    }
    let mut nearest = Nearest::to(control);
    bundle.controls().for_each(|known| nearest.consider(&known.id, &known.id));
    let hint = nearest.question().map(|question| format!("; {question}")).unwrap_or_default();
    output::warn(format_args!("note: this version has no control `{}`{hint}", line(control)));
    Ok(())
}

fn print_document(reply: &Reply, format: Format) -> Result<(), CommandError> {
    let mut text = reply::text(reply, format)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    output::print_document(text)?;
    Ok(())
}

/// The reply of the store or of the stack: a document of a stack becomes the list that it was written from.
fn reply(options: &Narrowed, question: &Question) -> Result<Reply, CommandError> {
    let Some(name) = options.answering.stack() else {
        let store = Store::open_to_read(options.answering.store())?;
        return Ok(block_on(answer(&store, question, &|| false))?);
    };
    let document = Question { format: Format::Json, ..question.clone() };
    let answer = stack::ask((name, options.region.as_deref()), &options.answering, &document)?;
    let listing = serde_json::from_value(answer);
    Ok(Reply::Listing(listing.map_err(CommandError::OtherAnswer)?))
}

/// The columns that have a value in at least one row, and the number of rows.
fn table(listing: &Listing, is_wide: bool) -> String {
    let whole = is_wide || !output::is_terminal();
    let shown = |cell: &str| if whole { line(cell) } else { shortened(&line(cell)) };
    let flat = list_table(listing);
    let is_said =
        |column: usize| flat.rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let columns: Vec<usize> = (0..flat.heads.len()).filter(|column| is_said(*column)).collect();
    if columns.is_empty() {
        return closing(listing);
    }
    let mut grid = Grid::new(columns.iter().filter_map(|column| flat.heads.get(*column).copied()));
    for row in &flat.rows {
        grid.add_row(
            columns.iter().map(|column| row.get(*column).map_or_else(String::new, |cell| shown(cell))),
        );
    }
    format!("{grid}\n\n{}", closing(listing))
}
