//! The differences between two answers, with the verdicts on each.

use sagewarden_lineage::answer::{Difference, difference};

use super::lineage::lineage;
use super::question::{Bounds, NoAnswer, Question};
use super::reading::Reading;
use crate::newest_verdicts::newest_verdicts;
use crate::ports::Table;

/// Answers `diff`.
pub(super) async fn diff<T: Table>(
    reading: &Reading<'_, T>,
    question: &Question,
    bounds: Bounds,
) -> Result<Difference, NoAnswer> {
    let other = question.with.clone().unwrap_or_default();
    let one = lineage(reading, question, bounds).await?;
    let other = lineage(reading, &Question { entity: other, ..question.clone() }, bounds).await?;
    reading.begin_nodes();
    let verdicts_of_one = newest_verdicts(reading, &one.graph).await?;
    let verdicts_of_other = newest_verdicts(reading, &other.graph).await?;
    let mut found = difference((&one, &verdicts_of_one), (&other, &verdicts_of_other));
    found.requests = reading.requests();
    Ok(found)
}
