//! Labelled predictions as CSV: where the columns are, and what makes a row unusable.

use std::io::Read;

use csv::StringRecord;
use sagewarden_measure::MissingTexts;
use sagewarden_measure::csv::OtherSeparator;
use thiserror::Error;

use super::prediction::{Prediction, PredictionAttributes};
use super::unusable::UnusablePair;
use crate::labels::{first_rows, suspect};

/// Where in the data things stand: by the header's names, or by index (from 0), which also serves without a header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledColumns {
    /// The first line names the columns.
    pub header: bool,
    /// Holds the true label.
    pub ground_truth: String,
    /// The columns with the model's answers.
    pub prediction: PredictionAttributes,
    /// Texts that are no label.
    pub missing: MissingTexts,
}

/// Data that make no baseline.
#[derive(Debug, Error)]
pub enum UnreadableData {
    /// The reader failed, or the text is not UTF-8.
    #[error("the data cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A line that does not fit; line numbers count from 1.
    #[error("line {line}: {why}")]
    Line {
        /// Where.
        line: u64,
        /// The fault.
        why: String,
    },
    /// The labels as a whole do not fit the problem.
    #[error(transparent)]
    Labels(UnusablePair),
    /// Which of them is meant?
    #[error("the header has `{0}` more than once: name the column by its place, from 0")]
    Doubled(String),
    /// Another table than CSV: no column would be found.
    #[error("{0}")]
    Separator(OtherSeparator),
    /// The column would be compared with itself.
    #[error("`{0}` is both the label and the prediction: name the column of each")]
    SameColumn(String),
    /// Nothing to measure.
    #[error("the data has no rows")]
    Empty,
    /// With too few rows, or with only one label, the meaning of a score cannot be learned.
    #[error(
        "{pairs} rows are too few to calibrate: at least {fewest} are needed, with both labels among them"
    )]
    NoCalibration {
        /// Rows that there are.
        pairs: usize,
        /// Rows that it takes.
        fewest: usize,
    },
}

/// A column by its name, or else by its place.
fn place(header: &StringRecord, name: &str) -> Option<usize> {
    header.iter().position(|column| column == name).or_else(|| name.parse().ok())
}

/// Whether each column is one, and the label's is not the prediction's.
fn check(header: &StringRecord, columns: &LabelledColumns) -> Result<(), UnreadableData> {
    let LabelledColumns { ground_truth, prediction, .. } = columns;
    let said = || [&prediction.inference, &prediction.probability].into_iter().flatten();
    let is_doubled = |name: &&String| header.iter().filter(|column| column == name).count() > 1;
    if let Some(name) = std::iter::once(ground_truth).chain(said()).find(is_doubled) {
        return Err(UnreadableData::Doubled(name.clone()));
    }
    let label = place(header, ground_truth);
    if let Some(separator) = suspect(header).filter(|_| label.is_none()) {
        return Err(UnreadableData::Separator(separator));
    }
    match said().find(|name| label.is_some() && place(header, name) == label) {
        Some(name) => Err(UnreadableData::SameColumn(name.clone())),
        None => Ok(()),
    }
}

/// Hands over each row with its line. Every row must be right: data that silently lose rows are other data.
///
/// # Errors
/// At the first line that cannot be used, with its number; when there is no row.
pub(super) fn for_each_row(
    data: impl Read,
    columns: &LabelledColumns,
    mut each: impl FnMut(u64, &Prediction, &str) -> Result<(), UnusablePair>,
) -> Result<(), UnreadableData> {
    let mut reader = csv::ReaderBuilder::new().has_headers(columns.header).flexible(true).from_reader(data);
    let header = if columns.header { reader.headers()?.clone() } else { StringRecord::new() };
    check(&header, columns)?;
    let (first, separator) = first_rows(&mut reader, columns.header.then_some(&header))?;
    if let Some(separator) = separator {
        return Err(UnreadableData::Separator(separator));
    }
    let mut take = |row: &StringRecord| {
        let line = row.position().map_or(0, csv::Position::line);
        let lookup = |name: &str| row.get(place(&header, name)?);
        let fails = |why: String| UnreadableData::Line { line, why };
        let label = lookup(&columns.ground_truth)
            .ok_or_else(|| fails(format!("there is no column `{}` with the label", columns.ground_truth)))?;
        if label.trim().is_empty() {
            return Err(fails(format!("the label in `{}` is empty", columns.ground_truth)));
        }
        if columns.missing.contains(label.as_bytes()) {
            let (column, label) = (&columns.ground_truth, label.trim());
            return Err(fails(format!("the label in `{column}` is `{label}`, which means a missing value")));
        }
        let prediction = columns.prediction.read(lookup).map_err(|error| fails(error.to_string()))?;
        each(line, &prediction, label).map_err(|error| fails(error.to_string()))
    };
    first.iter().try_for_each(&mut take)?;
    let mut row = StringRecord::new();
    while reader.read_record(&mut row)? {
        take(&row)?;
    }
    if first.is_empty() { Err(UnreadableData::Empty) } else { Ok(()) }
}
