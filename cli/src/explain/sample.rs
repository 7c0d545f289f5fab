//! The rows that are drawn: an even sample of a table of unknown length.

use sagewarden_explain::{Contributions, RowBlock};

/// Rows that are drawn, at most.
const MOST: usize = 1_000;
/// Numbers that are kept for it, at most: models of a thousand classes have fewer rows drawn.
const NUMBERS: usize = 8_000_000;

/// Rows with their values and contributions. It holds every n-th row; when it is full, it drops every second one and doubles n.
#[derive(Debug)]
pub(crate) struct Sample {
    rows: Vec<SampledRow>,
    every: u64,
    seen: u64,
    most: usize,
}

#[derive(Debug)]
pub(crate) struct SampledRow {
    /// The values of all features.
    pub(crate) values: Vec<f32>,
    /// For each output, what all features added.
    pub(crate) added: Vec<Vec<f32>>,
}

impl Sample {
    pub(crate) fn new(features: usize, outputs: usize) -> Self {
        let most = (NUMBERS / (features * (outputs + 1)).max(1)).clamp(2, MOST);
        Self { rows: Vec::new(), every: 1, seen: 0, most }
    }

    /// One of this many rows is kept.
    pub(crate) fn every(&self) -> u64 {
        self.every
    }

    pub(crate) fn rows(&self) -> &[SampledRow] {
        &self.rows
    }

    pub(crate) fn add(&mut self, block: &RowBlock, contributions: &Contributions, outputs: usize) {
        for row in 0..block.rows() {
            if self.seen.is_multiple_of(self.every) {
                if self.rows.len() == self.most {
                    self.halve();
                }
                if self.seen.is_multiple_of(self.every) {
                    self.rows.push(SampledRow::of(block, contributions, outputs, row));
                }
            }
            self.seen += 1;
        }
    }

    fn halve(&mut self) {
        let mut is_kept = false;
        self.rows.retain(|_| {
            is_kept = !is_kept;
            is_kept
        });
        self.every *= 2;
    }
}

impl SampledRow {
    fn of(block: &RowBlock, contributions: &Contributions, outputs: usize, row: usize) -> Self {
        let value = |feature| block.column(feature).get(row).map_or(f32::NAN, |value| *value as f32);
        let added = |output| contributions.row(output, row).map(|value| value as f32).collect();
        Self { values: (0..block.features()).map(value).collect(), added: (0..outputs).map(added).collect() }
    }
}
