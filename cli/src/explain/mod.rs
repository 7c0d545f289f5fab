//! `sagewarden explain`: what each feature added to the answers of a model.

pub(crate) mod columns;
mod rows;
mod sample;
mod summary;

use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use sagewarden_explain::Model;
use sagewarden_measure::MissingTexts;
use sagewarden_measure::csv::{CsvError, CsvTable, Header};
use sagewarden_view::explanation::ExplanationReport;

use crate::command::explain::ExplanationOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::explain::columns::Columns;
use crate::explain::rows::{Explained, RowExplainer};
use crate::explain::summary::ExplanationSummary;
use crate::{input, output};

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

pub(crate) fn run(options: &ExplanationOptions) -> Result<ExitCode, CommandError> {
    if options.rows && options.format == OutputFormat::Text {
        return Err(CommandError::Option("--rows needs --format json"));
    }
    let model = model(options)?;
    let explained = explain(&model, options)?;
    let summary = ExplanationSummary { model: &model, explained: &explained };
    match options.format {
        OutputFormat::Text => output::print_text(&summary.text())?,
        OutputFormat::Json => output::print_document(summary.json()?)?,
    }
    if let Some(out) = &options.out {
        write(out, options, &model, &explained)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn model(options: &ExplanationOptions) -> Result<Model, CommandError> {
    let path = &options.model;
    let file = input::open(path)?;
    let model = Model::read(BufReader::with_capacity(BUFFER, file), options.member.as_deref());
    model.map_err(|source| CommandError::NoModel { path: path.clone(), source })
}

/// Reads the rows once.
fn explain(model: &Model, options: &ExplanationOptions) -> Result<Explained, CommandError> {
    let path = &options.data;
    let no_table = |source: CsvError| CommandError::NoTable { path: path.clone(), source: source.into() };
    let (input, progress) = input::data(path)?;
    let input = BufReader::with_capacity(BUFFER, progress.wrap_read(input));
    let table = CsvTable::open(input, Header::Detect).map_err(no_table)?;
    let misfit = |source| CommandError::Misfit { path: path.clone(), source };
    let columns = match Columns::fit(model, &table, options.label.as_deref()) {
        Ok(columns) => columns,
        // Columns between other separators do not fit either.
        Err(why) => {
            table.refuse_other_separator(model.features()).map_err(no_table)?;
            return Err(misfit(why));
        }
    };
    let missing = MissingTexts::named(options.missing.as_deref());
    let mut explainer = RowExplainer::new(model, columns, missing, options.rows);
    let issues = table.read_into(&mut explainer).map_err(no_table)?;
    progress.finish_and_clear();
    explainer.finish(&issues).map_err(misfit)
}

fn write(
    out: &Path,
    options: &ExplanationOptions,
    model: &Model,
    explained: &Explained,
) -> Result<(), CommandError> {
    let name = options.model.file_name().unwrap_or(options.model.as_os_str()).to_string_lossy();
    let order = explained.order();
    let report = ExplanationReport {
        title: &name,
        objective: model.objective(),
        trees: model.trees(),
        rows: explained.importance.rows(),
        every: explained.sample.every(),
        features: &explained.features(&order),
        outputs: &explained.outputs(model, &order),
    };
    output::write_beside(out, &[("explanation.html", report.html())], options.format)
}
