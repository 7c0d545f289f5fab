//! The counterpart of the container's `suggest_baseline`: metrics and thresholds from data with known labels.

use std::io::Read;

use super::classes::Classes;
use super::constraints::QualityConstraints;
use super::labelled::{LabelledColumns, UnreadableData, for_each_row};
use super::measure::{Quality, QualitySettings};
use super::multiclass::MAX_LABELS;
use super::problem::Problem;
use super::statistics::{Period, QualityStatistics};
use super::unusable::UnusablePair;
use crate::labels::canonical;

/// Reads labelled predictions as CSV, row by row, and makes the container's suggestion. Every row must be valid: a baseline that silently
/// leaves rows out would describe other data.
///
/// # Errors
///
/// At the first line that cannot be used, with its number.
pub fn baseline(
    data: impl Read,
    columns: &LabelledColumns,
    settings: QualitySettings,
) -> Result<(QualityStatistics, QualityConstraints), UnreadableData> {
    // Only a binary classifier has one.
    let positive = (settings.problem == Problem::BinaryClassification).then(|| canonical(&settings.positive));
    let mut classes = Classes::default();
    let mut quality = Quality::new(settings);
    let mut number: u64 = 0;
    for_each_row(data, columns, |line, prediction, label| {
        number += 1;
        if let Some(positive) = &positive {
            classes.add(positive, prediction, label, line);
        }
        // Rows have no id: their number decides which samples they are in.
        match quality.add(&number.to_string(), prediction, label) {
            // Which of the labels is one too many is known at the end.
            Err(UnusablePair::ThirdLabel { .. }) if classes.len() <= MAX_LABELS => Ok(()),
            measured => measured,
        }
    })?;
    if let Some(positive) = &positive {
        if let Some(why) = classes.lack_positive(positive) {
            return Err(UnreadableData::Labels(why));
        }
        if let Some((line, why)) = classes.third(positive) {
            return Err(UnreadableData::Line { line, why: why.to_string() });
        }
    }
    let statistics = quality.finish(Period::default());
    let constraints = QualityConstraints::suggest(&statistics);
    Ok((statistics, constraints))
}
