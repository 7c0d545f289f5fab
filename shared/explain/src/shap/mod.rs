//! The contribution of each feature to each answer.

mod leaf;
mod quadrature;
#[cfg(test)]
mod tests;
mod walk;

use crate::model::Model;
use crate::rows::RowBlock;
use crate::shap::walk::Walk;

/// The contribution of each feature to the answer for each row, in the margin of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// For each output, a column for each feature.
    columns: Vec<Vec<Vec<f64>>>,
}

impl Contributions {
    /// The contributions of a feature to the answers for a class or target, one for each row.
    #[must_use]
    pub fn column(&self, output: usize, feature: usize) -> &[f64] {
        let column = self.columns.get(output).and_then(|columns| columns.get(feature));
        column.map(Vec::as_slice).unwrap_or_default()
    }

    /// The contributions of the features to one answer, in the order of the features.
    pub fn row(&self, output: usize, row: usize) -> impl Iterator<Item = f64> {
        let columns = self.columns.get(output).map(Vec::as_slice).unwrap_or_default();
        columns.iter().filter_map(move |column| column.get(row).copied())
    }
}

impl Model {
    /// Explains the answers for all rows of a block. The contributions and [`Model::base_values`] add up to the margin.
    ///
    /// A block may have any number of rows; [`Model::rows_per_block`] is a good one.
    #[must_use]
    pub fn explain(&self, block: &RowBlock) -> Contributions {
        let outputs = self.base_values().len();
        let zeros = vec![vec![0.0; block.rows()]; self.features()];
        let mut columns = vec![zeros; outputs];
        let longest = self.trees.iter().map(|each| each.tree.longest_path).max().unwrap_or_default();
        let mut walk = Walk::new(block, longest);
        for each in &self.trees {
            if let Some(columns) = columns.get_mut(each.output) {
                walk.add(&each.tree, each.weight, columns);
            }
        }
        Contributions { columns }
    }
}

/// How much each feature matters over many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// For each output, the sums of the absolute values of each feature.
    sums: Vec<Vec<f64>>,
    /// The same of the values with their signs.
    signed: Vec<Vec<f64>>,
    rows: u64,
}

impl Importance {
    /// The contributions of no row.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let zeros = vec![vec![0.0; model.features()]; model.base_values().len()];
        Self { sums: zeros.clone(), signed: zeros, rows: 0 }
    }

    /// Counts the rows of a block.
    pub fn add(&mut self, block: &RowBlock, contributions: &Contributions) {
        for (output, (sums, signed)) in self.sums.iter_mut().zip(&mut self.signed).enumerate() {
            for (feature, (sum, signed)) in sums.iter_mut().zip(signed).enumerate() {
                let column = contributions.column(output, feature);
                *sum += column.iter().map(|value| value.abs()).sum::<f64>();
                *signed += column.iter().sum::<f64>();
            }
        }
        self.rows += block.rows() as u64;
    }

    /// How many rows were counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The mean of the absolute SHAP values of each feature, for one class or target.
    #[must_use]
    pub fn by_output(&self, output: usize) -> Vec<f64> {
        let rows = self.rows.max(1) as f64;
        self.sums.get(output).into_iter().flatten().map(|sum| sum / rows).collect()
    }

    /// The mean SHAP value of each feature with its sign, for one class or target. Together with the base value, these
    /// means are the mean answer: where two sets of rows differ, they say which feature moved it by how much.
    #[must_use]
    pub fn mean_by_output(&self, output: usize) -> Vec<f64> {
        let rows = self.rows.max(1) as f64;
        self.signed.get(output).into_iter().flatten().map(|sum| sum / rows).collect()
    }

    /// The mean of the absolute SHAP values of each feature, added up over all classes or targets.
    #[must_use]
    pub fn total(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.sums.first().map_or(0, Vec::len)];
        for output in 0..self.sums.len() {
            total.iter_mut().zip(self.by_output(output)).for_each(|(sum, each)| *sum += each);
        }
        total
    }
}
