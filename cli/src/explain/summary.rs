//! The output of `sagewarden explain`: the importance of each feature, as text or as JSON.

use std::io;

use sagewarden_explain::Model;
use sagewarden_govern::counted;
use serde::Serialize;

use crate::explain::rows::Explained;
use crate::output::grid::Grid;
use crate::output::line;
use crate::output::terminal::{DIM, STRONG};

/// Features that are shown; the JSON has all.
const SHOWN: usize = 20;

/// The result.
#[derive(Clone, Copy)]
pub(crate) struct ExplanationSummary<'a> {
    pub(crate) model: &'a Model,
    pub(crate) explained: &'a Explained,
}

/// One number, or one for each class.
#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

#[derive(Serialize)]
struct ExplanationDocument<'a> {
    objective: &'a str,
    trees: usize,
    rows: u64,
    base_value: OneOrMore<f64>,
    features: Vec<FeatureImportance<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contributions: Option<Vec<OneOrMoreRows<'a>>>,
}

#[derive(Serialize)]
struct FeatureImportance<'a> {
    name: &'a str,
    mean_abs_shap: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_class: Option<Vec<f64>>,
}

/// The contributions of one row, or one for each class.
#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMoreRows<'a> {
    One(&'a [f32]),
    More(Vec<&'a [f32]>),
}

impl ExplanationSummary<'_> {
    /// A table of the features that matter most.
    pub(crate) fn text(&self) -> String {
        let order = self.explained.order();
        let whole: f64 = order.iter().map(|(_, value)| value).sum();
        let mut table = Grid::new(["Feature", "Mean |SHAP|", "Share"]);
        for (column, value) in order.iter().take(SHOWN) {
            let share = if whole > 0.0 { value / whole * 100.0 } else { 0.0 };
            table.add_row([
                line(self.explained.name(*column)),
                format!("{value:.6}"),
                format!("{share:.1} %"),
            ]);
        }
        let more = match order.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("{DIM}and {}{DIM:#}\n", counted(more as u64, "more feature")),
        };
        let rows = counted(self.explained.importance.rows(), "row");
        let trees = counted(self.model.trees() as u64, "tree");
        let objective = line(self.model.objective());
        let base: Vec<String> = self.model.base_values().iter().map(|base| format!("{base:.6}")).collect();
        format!(
            "{STRONG}{rows}, {}, {trees}, {objective}{STRONG:#}\n{table}\n{more}base value  {} (margin)\n",
            counted(order.len() as u64, "feature"),
            base.join(", ")
        )
    }

    /// One document.
    pub(crate) fn json(&self) -> io::Result<String> {
        let outputs = self.model.base_values().len();
        let features = self.explained.order().into_iter().map(|(column, mean_abs_shap)| FeatureImportance {
            name: self.explained.name(column),
            mean_abs_shap,
            by_class: (outputs > 1).then(|| self.explained.by_output(outputs, column)),
        });
        let document = ExplanationDocument {
            objective: self.model.objective(),
            trees: self.model.trees(),
            rows: self.explained.importance.rows(),
            base_value: match self.model.base_values() {
                [only] => OneOrMore::One(*only),
                all => OneOrMore::More(all.to_vec()),
            },
            features: features.collect(),
            contributions: self.explained.contributions.as_deref().map(|kept| self.contributions(kept)),
        };
        Ok(serde_json::to_string(&document)? + "\n")
    }

    fn contributions<'b>(&self, kept: &'b [f32]) -> Vec<OneOrMoreRows<'b>> {
        let (outputs, width) = (self.model.base_values().len(), self.model.features() + 1);
        let rows = kept.chunks_exact(outputs * width);
        let row = |row: &'b [f32]| match outputs {
            1 => OneOrMoreRows::One(row),
            _ => OneOrMoreRows::More(row.chunks_exact(width).collect()),
        };
        rows.map(row).collect()
    }
}
