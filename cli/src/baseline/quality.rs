//! `sagewarden baseline --problem`: what the container's `suggest_baseline` does for model quality.

use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{LabelledColumns, baseline};

use crate::baseline::data::{NUMBERS_ONLY, open};
use crate::command::BaselineOptions;
use crate::command::data::ProblemKind;
use crate::error::CommandError;
use crate::output;
use crate::quality;
use crate::quality::summary as quality_told;

pub(crate) fn run(options: &BaselineOptions, kind: ProblemKind) -> Result<ExitCode, CommandError> {
    // The container's files are made: its answers count.
    let settings = quality::settings(kind, Mode::Compat, &options.prediction)?;
    if kind != ProblemKind::Binary && options.prediction.inference.is_none() {
        return Err(CommandError::Option("say which column holds the prediction: --inference COLUMN"));
    }
    let columns = LabelledColumns {
        header: !options.no_header,
        ground_truth: options.label.clone().unwrap_or_default(),
        prediction: quality::attributes(&options.prediction),
    };
    let (input, progress) = open(&options.data)?;
    let mut input = BufReader::new(progress.wrap_read(input));
    let path = &options.data;
    let start = input.fill_buf().map_err(|source| CommandError::Unreadable { path: path.clone(), source })?;
    let suspicious = columns.header && has_numbers_only(start);
    if suspicious {
        // Before what fails because of it: such names are often doubled.
        output::warn(format_args!("warning: `{}`: {NUMBERS_ONLY}", path.display()));
    }
    let (statistics, constraints) = baseline(input, &columns, settings)
        .map_err(|source| CommandError::NoPairs { path: path.clone(), source })?;
    progress.finish_and_clear();
    let written = output::write(
        &options.out,
        &[("statistics.json", statistics.to_java_json()), ("constraints.json", constraints.to_java_json())],
    )?;
    output::say(&(quality_told::baseline(&statistics, &constraints) + &written))?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the first line is one of values.
fn has_numbers_only(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_number = |cell: &str| cell.trim().parse::<f64>().is_ok_and(f64::is_finite);
    str::from_utf8(line).is_ok_and(|line| line.split(',').all(is_number))
}
