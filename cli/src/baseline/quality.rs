//! A baseline of model quality: the container's `suggest_baseline` makes the same from a CSV file with labels and predictions.

use std::io::{BufRead, BufReader};

use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{LabelledColumns, baseline as suggest};

use crate::baseline::header::NUMBERS_ONLY;
use crate::baseline::suggestion::Suggestion;
use crate::command::data::{BaselineOptions, ProblemKind};
use crate::error::CommandError;
use crate::quality::settings::{attributes, missing, settings};
use crate::quality::table;
use crate::{input, output};

/// Makes the baseline of a file.
pub(crate) fn baseline(options: &BaselineOptions, kind: ProblemKind) -> Result<Suggestion, CommandError> {
    // The container's files are made: its answers count.
    let settings = settings(kind, Mode::Compat, &options.prediction)?;
    if kind != ProblemKind::Binary && options.prediction.inference.is_none() {
        return Err(CommandError::Option("say which column holds the prediction: --inference COLUMN"));
    }
    let columns = LabelledColumns {
        header: !options.no_header,
        ground_truth: options.label.clone().unwrap_or_default(),
        prediction: attributes(&options.prediction),
        missing: missing(options.missing.as_deref(), &settings),
    };
    let [path] = options.data.as_slice() else {
        return Err(CommandError::Option("name one table: a baseline of model quality is made from one"));
    };
    let (input, progress) = input::data(path)?;
    let mut input = BufReader::new(progress.wrap_read(input));
    let start = input.fill_buf().map_err(CommandError::unreadable(path))?;
    let suspicious = columns.header && has_numbers_only(start);
    if suspicious {
        // The warning comes before errors that follow from it: such names often occur twice.
        output::warn(format_args!("warning: `{}`: {NUMBERS_ONLY}", path.display()));
    }
    let (statistics, constraints) = suggest(input, &columns, settings)
        .map_err(|source| CommandError::NoPairs { path: path.clone(), source })?;
    progress.finish_and_clear();
    let files =
        [("statistics.json", statistics.to_java_json()), ("constraints.json", constraints.to_java_json())];
    let files = files.map(|(name, text)| (name, text.into_bytes())).to_vec();
    Ok(Suggestion { files, table: table::baseline(&statistics, &constraints) })
}

/// Whether the first line is one of values.
fn has_numbers_only(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_number = |cell: &str| cell.trim().parse::<f64>().is_ok_and(f64::is_finite);
    str::from_utf8(line).is_ok_and(|line| line.split(',').all(is_number))
}
