//! Answers of a deployed stack: its function `lookup-lineage` is asked. It needs AWS's SDK (feature `aws`).

use std::process::ExitCode;

use csv::ReaderBuilder;
use sagewarden_govern::{Ask, Question};
use sagewarden_lineage::answer::Format;
use serde_json::Value;

use crate::command::answering::Answering;
use crate::error::CommandError;
use crate::output;
use crate::output::grid::Grid;
use crate::output::line;
use crate::output::short::shortened;

/// Asks the function `lookup-lineage` of the stack.
#[cfg(feature = "aws")]
pub(super) fn ask(
    (stack, region): (&str, Option<&str>),
    answering: &Answering,
    question: &Question,
) -> Result<Value, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = config(region, answering).await?;
        Ok(sagewarden_invoke::LookupFunction::of_stack(&config, stack).ask(question).await?)
    })
}

/// The SDK's configuration for a stack in its region, or the environment's.
#[cfg(feature = "aws")]
pub(crate) async fn config(
    region: Option<&str>,
    answering: &Answering,
) -> Result<sagewarden_aws::SdkConfig, CommandError> {
    use sagewarden_aws::{Meter, Reading, load_reading_config};

    /// A question is one call, and a page a few: no rate limit is needed.
    const RATE: f64 = 100.0;
    let (region, profile) = (region.map(str::to_owned), answering.profile.clone());
    let endpoint_url = answering.endpoint_url.clone();
    let reading = Reading { region, profile, endpoint_url, rate: RATE, tell: unanswered };
    let config = load_reading_config(&reading, &Meter::default()).await;
    if config.region().is_none() {
        return Err(CommandError::Option("no region: name one with --region, such as eu-west-1"));
    }
    credentials(&config, answering.profile.as_deref()).await?;
    Ok(config)
}

/// Asks for credentials, as the first call does.
#[cfg(feature = "aws")]
pub(crate) async fn credentials(
    config: &sagewarden_aws::SdkConfig,
    profile: Option<&str>,
) -> Result<(), CommandError> {
    let region = config.region().map(|region| region.as_ref().to_owned()).unwrap_or_default();
    if !sagewarden_govern::is_region(&region) {
        return Err(CommandError::NoRegion(region));
    }
    sagewarden_aws::check_credentials(config).await.map_err(|why| match profile {
        Some(profile) => CommandError::NoCredentials(format!("profile `{profile}`: {why}")),
        None => CommandError::NoCredentials(why),
    })
}

/// Prints that AWS has not answered, and that it is asked again.
#[cfg(feature = "aws")]
pub(crate) fn unanswered(said: &str) {
    crate::output::warn(format_args!("  {}", crate::output::line(said)));
}

/// How to get a command that can ask a stack.
#[cfg(not(feature = "aws"))]
pub(crate) const NO_SDK: CommandError = CommandError::Option(
    "this build cannot ask a stack: it has no AWS SDK; install one with `cargo install --locked --path cli --features aws`",
);

/// Says how to get a command that can ask.
#[cfg(not(feature = "aws"))]
pub(super) fn ask(_: (&str, Option<&str>), _: &Answering, _: &Question) -> Result<Value, CommandError> {
    Err(NO_SDK)
}

/// Asks about one thing, and prints the answer as if it were one of a store.
pub(super) fn print_answer(
    stack: (&str, Option<&str>),
    answering: &Answering,
    question: Question,
    wide: bool,
) -> Result<ExitCode, CommandError> {
    let wanted = question.format;
    // The function answers a table as a list of objects, whose columns have no order. CSV keeps their order.
    let format = if wanted == Format::Table { Format::Csv } else { wanted };
    let question = Question { format, ..question };
    let answer = ask(stack, answering, &question)?;
    // A request that repeats a job is sent as it stands.
    let is_whole = wide || !output::is_terminal() || question.ask == Ask::Reproduce;
    let shown = if is_whole { str::to_owned } else { shortened };
    match (wanted, answer.get("text").and_then(Value::as_str)) {
        (Format::Tree, Some(text)) => output::print_text(&ended(shown(text)))?,
        (Format::Table, Some(text)) => output::print_text(&components(text, shown))?,
        (_, Some(text)) => output::print_document(ended(text.to_owned()))?,
        (_, None) => output::print_document(format!("{answer:#}\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn ended(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The flat table turned on its side, as [`super::components::table`] turns it.
fn components(csv: &str, shown: fn(&str) -> String) -> String {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let rows: Vec<_> = reader.records().filter_map(Result::ok).collect();
    let Some(names) = rows.first() else { return String::new() };
    let side = |column: usize| {
        let cell = move |row: &csv::StringRecord| {
            row.get(column).map_or_else(String::new, |cell| shown(&line(unguarded(cell))))
        };
        rows.iter().map(cell).collect::<Vec<_>>()
    };
    let mut table = Grid::new(side(0));
    for column in 1..names.len() {
        table.add_row(side(column));
    }
    format!("{table}\n")
}

/// Removes the apostrophe that keeps a spreadsheet from running a cell as a formula: see [`sagewarden_events::Untrusted::cell`].
fn unguarded(cell: &str) -> &str {
    let guarded = cell.strip_prefix('\'');
    guarded.filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r'])).unwrap_or(cell)
}
