//! The contributions of the features above one leaf to the answers for rows.
//!
//! A row reaches the leaf if every feature above the leaf lets it pass. For a set of known features, the share of rows that reach the leaf
//! is a product. A known feature contributes 0 or 1 (whether this row passes), an unknown one the share of training rows that pass. The
//! contribution of a feature is averaged over all orders in which features become known. It equals ((the row passes?) - share) times the
//! integral over t from 0 to 1 of the product, over the other features, of share * (1 - t) + (the row passes?) * t. The code integrates
//! that polynomial exactly and subtracts nothing in it, so that no digits are lost, however deep the tree is.

use crate::shap::quadrature::Rule;

/// Which of the features above a leaf let a row pass: a bit for each, in the order of the path.
pub(crate) type Pattern = u64;

/// A feature above the leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) feature: usize,
    /// The share of training rows that pass all splits by it.
    pub(crate) share: f64,
}

/// Buffers for the computation of a leaf.
#[derive(Debug)]
pub(crate) struct LeafSums {
    /// The rules for paths of 1, 2 and so on features.
    rules: Vec<Rule>,
    products: Vec<f64>,
    /// For each feature, its contribution for each pattern.
    tables: Vec<Vec<f32>>,
    integrals: Vec<f64>,
}

impl LeafSums {
    pub(crate) fn new(longest_path: usize) -> Self {
        let rules = (1..=longest_path).map(|features| Rule::new(features.div_ceil(2))).collect();
        Self { rules, products: Vec::new(), tables: Vec::new(), integrals: Vec::new() }
    }

    /// Adds the contributions of the features above a leaf of this value to the answer of each row.
    pub(crate) fn add(&mut self, path: &[Step], value: f64, rows: &[Pattern], columns: &mut [Vec<f64>]) {
        let Some(rule) = path.len().checked_sub(1).and_then(|place| self.rules.get(place)).cloned() else {
            return;
        };
        // Where patterns are fewer than rows, each is computed once.
        if path.len() < 16 && 1 << path.len() <= 2 * rows.len() {
            self.fill(path, value, &rule);
            for (step, table) in path.iter().zip(&self.tables) {
                if let Some(column) = columns.get_mut(step.feature) {
                    add_looked_up(column, rows, table);
                }
            }
        } else {
            for (row, pattern) in rows.iter().enumerate() {
                self.integrate(path, *pattern, &rule);
                for (place, (step, integral)) in path.iter().zip(&self.integrals).enumerate() {
                    let passes = f64::from(u8::from(pattern >> place & 1 == 1));
                    let sum = columns.get_mut(step.feature).and_then(|column| column.get_mut(row));
                    if let Some(sum) = sum {
                        *sum += value * (passes - step.share) * integral;
                    }
                }
            }
        }
    }

    /// The tables of all features.
    fn fill(&mut self, path: &[Step], value: f64, rule: &Rule) {
        let patterns = 1 << path.len();
        self.integrals.clear();
        self.integrals.resize(path.len() * patterns, 0.0);
        for (point, weight) in rule.points() {
            self.multiply(path, *point);
            for ((place, step), integrals) in
                path.iter().enumerate().zip(self.integrals.chunks_exact_mut(patterns))
            {
                // The factor of the feature itself is taken out again; it is never 0.
                let scale = weight / passing(step.share, *point);
                let half = 1 << place;
                let blocks = integrals.chunks_exact_mut(2 * half).zip(self.products.chunks_exact(2 * half));
                for (integrals, products) in blocks {
                    let upper = integrals.iter_mut().zip(products).skip(half);
                    upper.for_each(|(integral, product)| *integral += scale * product);
                }
            }
        }
        self.tables.resize(self.tables.len().max(path.len()), Vec::new());
        let all = self.integrals.chunks_exact(patterns).zip(&mut self.tables);
        for ((place, step), (integrals, table)) in path.iter().enumerate().zip(all) {
            table.clear();
            table.extend((0..patterns).map(|pattern| {
                let passes = pattern >> place & 1 == 1;
                let integral = integrals.get(pattern | 1 << place).copied().unwrap_or_default();
                let difference = if passes { 1.0 - step.share } else { -step.share };
                (value * difference * integral) as f32
            }));
        }
    }

    /// The products of all factors at a point, for each pattern.
    fn multiply(&mut self, path: &[Step], point: f64) {
        self.products.clear();
        self.products.push(1.0);
        for step in path {
            let (passes, fails) = (passing(step.share, point), step.share * (1.0 - point));
            let half = self.products.len();
            self.products.extend_from_within(..);
            for (place, product) in self.products.iter_mut().enumerate() {
                *product *= if place < half { fails } else { passes };
            }
        }
    }

    /// The integrals of one pattern, for each feature.
    fn integrate(&mut self, path: &[Step], pattern: Pattern, rule: &Rule) {
        self.integrals.clear();
        self.integrals.resize(path.len(), 0.0);
        for (point, weight) in rule.points() {
            self.products.clear();
            let factors = path.iter().enumerate().map(|(place, step)| {
                if pattern >> place & 1 == 1 {
                    passing(step.share, *point)
                } else {
                    step.share * (1.0 - point)
                }
            });
            self.products.extend(factors);
            let whole: f64 = self.products.iter().product();
            for (integral, factor) in self.integrals.iter_mut().zip(&self.products) {
                // It is 0 only where neither this row passes nor any other: then the feature adds nothing.
                if *factor > 0.0 {
                    *integral += weight * whole / factor;
                }
            }
        }
    }
}

fn passing(share: f64, point: f64) -> f64 {
    share * (1.0 - point) + point
}

/// The table has a power of two of entries.
fn add_looked_up(column: &mut [f64], rows: &[Pattern], table: &[f32]) {
    let mask = table.len().wrapping_sub(1);
    for (sum, pattern) in column.iter_mut().zip(rows) {
        *sum += f64::from(table.get(*pattern as usize & mask).copied().unwrap_or_default());
    }
}
