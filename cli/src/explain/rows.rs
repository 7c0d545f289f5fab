//! Rows of a table, explained block by block.

use sagewarden_explain::{Importance, Model, NoValue, RowBlock};
use sagewarden_measure::{Cell, IssueKind, Issues, MissingTexts, RowSink};
use sagewarden_view::explanation::{ExplainedFeature, ExplainedOutput};

use crate::explain::columns::{Columns, Misfit};
use crate::explain::sample::Sample;

/// Takes the rows of a table. The first row that does not fit ends the reading.
pub(crate) struct RowExplainer<'a> {
    model: &'a Model,
    missing: MissingTexts,
    block: RowBlock,
    /// The values of one row, in the order of the features.
    row: Vec<f64>,
    seen: u64,
    misfit: Option<Misfit>,
    explained: Explained,
}

/// Sums over all rows.
pub(crate) struct Explained {
    pub(crate) columns: Columns,
    pub(crate) importance: Importance,
    pub(crate) sample: Sample,
    /// For each row and each output, the contribution of each column, and the base value; kept only if `--rows` asks for it.
    pub(crate) contributions: Option<Vec<f32>>,
}

impl<'a> RowExplainer<'a> {
    pub(crate) fn new(
        model: &'a Model,
        columns: Columns,
        missing: MissingTexts,
        keeps_contributions: bool,
    ) -> Self {
        let explained = Explained {
            importance: Importance::of(model),
            sample: Sample::new(model.features(), model.base_values().len()),
            contributions: keeps_contributions.then(Vec::new),
            columns,
        };
        let (block, row) = (RowBlock::new(model.features()), Vec::with_capacity(model.features()));
        Self { model, missing, block, row, seen: 0, misfit: None, explained }
    }

    /// The sums, unless a row did not fit. A row with too few or too many values most likely has its values in the wrong columns.
    pub(crate) fn finish(mut self, issues: &Issues) -> Result<Explained, Misfit> {
        self.explain();
        if let Some(misfit) = self.misfit {
            return Err(misfit);
        }
        let mut issues = issues.iter();
        let lost = issues.find(|(kind, _)| matches!(kind, IssueKind::Ragged | IssueKind::TooLarge));
        match lost {
            Some((kind, issue)) => Err(Misfit::Row(format!("{issue}: {kind}"))),
            None => Ok(self.explained),
        }
    }

    fn explain(&mut self) {
        let contributions = self.model.explain(&self.block);
        let (base_values, explained) = (self.model.base_values(), &mut self.explained);
        explained.importance.add(&self.block, &contributions);
        explained.sample.add(&self.block, &contributions, base_values.len());
        if let Some(kept) = &mut explained.contributions {
            for row in 0..self.block.rows() {
                for (output, base) in base_values.iter().enumerate() {
                    let features = explained.columns.features.iter();
                    kept.extend(features.map(|feature| {
                        contributions.column(output, *feature).get(row).copied().unwrap_or_default() as f32
                    }));
                    kept.push(*base as f32);
                }
            }
        }
        self.block.clear();
    }

    fn take(&mut self, cells: &[Cell<'_>]) -> Result<(), Misfit> {
        let columns = &self.explained.columns;
        self.row.clear();
        for place in &columns.places {
            let text = match cells.get(*place) {
                Some(Cell::Text(text)) if !self.missing.contains(text) => text.trim_ascii(),
                _ => b"",
            };
            self.row.push(self.model.value_of(text).map_err(|why| {
                let text = String::from_utf8_lossy(text).into_owned();
                let column = columns.name_at(*place).to_owned();
                match why {
                    NoValue::Text => Misfit::NoNumber { row: self.seen, column, text },
                    NoValue::Infinite => Misfit::Infinite { row: self.seen, column, text },
                }
            })?);
        }
        self.block.push(self.row.iter().copied());
        Ok(())
    }
}

impl RowSink for RowExplainer<'_> {
    fn positional(&mut self, cells: &[Cell<'_>]) {
        if self.misfit.is_some() {
            return;
        }
        self.seen += 1;
        self.misfit = self.take(cells).err();
        if self.block.rows() == self.model.rows_per_block() {
            self.explain();
        }
    }

    /// A table has none.
    fn named(&mut self, _: &[(&str, Cell<'_>)]) {}
}

impl Explained {
    /// The columns, those that matter most first.
    pub(crate) fn order(&self) -> Vec<(usize, f64)> {
        let total = self.importance.total();
        let features = self.columns.features.iter();
        let mut order: Vec<(usize, f64)> =
            features.map(|feature| total.get(*feature).copied().unwrap_or_default()).enumerate().collect();
        order.sort_by(|left, right| right.1.total_cmp(&left.1));
        order
    }

    fn feature(&self, column: usize) -> usize {
        self.columns.features.get(column).copied().unwrap_or_default()
    }

    pub(crate) fn name(&self, column: usize) -> &str {
        self.columns.names.get(column).map_or("", String::as_str)
    }

    /// The mean absolute SHAP values of a column, for each output.
    pub(crate) fn by_output(&self, outputs: usize, column: usize) -> Vec<f64> {
        let feature = self.feature(column);
        let each = (0..outputs).map(|output| self.importance.by_output(output));
        each.map(|values| values.get(feature).copied().unwrap_or_default()).collect()
    }

    /// The features of the page.
    pub(crate) fn features(&self, order: &[(usize, f64)]) -> Vec<ExplainedFeature> {
        let feature = |(column, mean_abs_shap): &(usize, f64)| {
            let feature = self.feature(*column);
            let values = self.sample.rows().iter().filter_map(|row| row.values.get(feature).copied());
            ExplainedFeature {
                name: self.name(*column).to_owned(),
                mean_abs_shap: *mean_abs_shap,
                values: values.collect(),
            }
        };
        order.iter().map(feature).collect()
    }

    /// The contributions of the features, for the page.
    pub(crate) fn outputs(&self, model: &Model, order: &[(usize, f64)]) -> Vec<ExplainedOutput> {
        let added = |output: usize, column: usize| {
            let feature = self.feature(column);
            let rows = self.sample.rows().iter();
            rows.filter_map(|row| row.added.get(output)?.get(feature).copied()).collect()
        };
        let output = |(output, base_value): (usize, &f64)| ExplainedOutput {
            base_value: *base_value,
            contributions: order.iter().map(|(column, _)| added(output, *column)).collect(),
        };
        model.base_values().iter().enumerate().map(output).collect()
    }
}
