//! Which column of a table is which feature of a model.

use std::collections::HashMap;
use std::io::BufRead;

use sagewarden_explain::Model;
use sagewarden_govern::counted;
use sagewarden_measure::csv::CsvTable;
use thiserror::Error;

/// A table, or a row of it, that does not fit the model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Misfit {
    #[error("the rows have {}, and the model has {}", counted(*columns as u64, "column"), counted(*features as u64, "feature"))]
    Count { columns: usize, features: usize },
    #[error(
        "the rows have {columns} columns, one more than the model has features ({features}): if one of them is the label, leave it out \
         with --label COLUMN (its name, or its place from 0)"
    )]
    OneMore { columns: usize, features: usize },
    #[error("there is no column `{0}`: --label takes a name, or a place from 0")]
    NoColumn(String),
    #[error(
        "column `{column}` is not a feature of the model, although `{known}` is one: name the columns as in the training data"
    )]
    Unknown { column: String, known: String },
    #[error("{0}")]
    Row(String),
    #[error(
        "row {row}, column `{column}`: `{text}` is not a number; write categories as the codes of the training data, and name texts that mean `missing` with --missing"
    )]
    NoNumber { row: u64, column: String, text: String },
    #[error("row {row}, column `{column}`: `{text}` is not a finite number in the model's precision")]
    Infinite { row: u64, column: String, text: String },
}

/// The columns that are features, in their order.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Their names: from the header, else from the model, else `f0` and so on.
    pub(crate) names: Vec<String>,
    /// The feature of each column.
    pub(crate) features: Vec<usize>,
    /// The column of each feature, among all columns of the table.
    pub(crate) places: Vec<usize>,
}

impl Columns {
    /// Matches the columns of a table with the features of a model; the label is left out.
    pub(crate) fn fit<Input: BufRead>(
        model: &Model,
        table: &CsvTable<Input>,
        label: Option<&str>,
    ) -> Result<Self, Misfit> {
        let all = table.columns();
        let label = label.map(|label| place(all, label)).transpose()?;
        let columns: Vec<usize> = (0..all.len()).filter(|column| Some(*column) != label).collect();
        let features = model.features();
        match columns.len() {
            fits if fits == features => {}
            more if more == features + 1 && label.is_none() => {
                return Err(Misfit::OneMore { columns: more, features });
            }
            columns => return Err(Misfit::Count { columns, features }),
        }
        let header: Option<Vec<&String>> =
            table.has_header().then(|| columns.iter().filter_map(|column| all.get(*column)).collect());
        let by_name = header.as_deref().map(|header| by_name(model.names(), header)).transpose()?.flatten();
        let names = match (header, model.names()) {
            (Some(header), _) => header.into_iter().cloned().collect(),
            (None, []) => (0..features).map(|feature| format!("f{feature}")).collect(),
            (None, names) => names.to_vec(),
        };
        let features = by_name.unwrap_or_else(|| (0..features).collect());
        let mut places = vec![0; features.len()];
        for (column, feature) in columns.iter().zip(&features) {
            if let Some(place) = places.get_mut(*feature) {
                *place = *column;
            }
        }
        Ok(Self { names, features, places })
    }

    /// The name of a column, by its place among all columns of the table.
    pub(crate) fn name_at(&self, column: usize) -> &str {
        let feature = self.places.iter().position(|place| *place == column);
        let own = feature.and_then(|feature| self.features.iter().position(|each| *each == feature));
        own.and_then(|own| self.names.get(own)).map_or("", String::as_str)
    }
}

/// The column that has a name, or else a place from 0.
fn place(columns: &[String], label: &str) -> Result<usize, Misfit> {
    let named = columns.iter().position(|column| column == label);
    let place = || label.parse().ok().filter(|place| *place < columns.len());
    named.or_else(place).ok_or_else(|| Misfit::NoColumn(label.to_owned()))
}

/// The feature of each column, if all columns have names of features. If no column has one, the order decides. If only some have one, that
/// is an error.
fn by_name(features: &[String], header: &[&String]) -> Result<Option<Vec<usize>>, Misfit> {
    let known: HashMap<&String, usize> = features.iter().zip(0..).collect();
    if known.len() < features.len() {
        return Ok(None);
    }
    let found = || header.iter().map(|name| known.get(*name).copied());
    let Some(first) = header.iter().find(|name| known.contains_key(**name)) else { return Ok(None) };
    match header.iter().find(|name| !known.contains_key(**name)) {
        Some(column) => Err(Misfit::Unknown { column: (*column).clone(), known: (*first).clone() }),
        None => Ok(found().collect()),
    }
}
