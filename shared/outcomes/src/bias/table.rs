//! A CSV table with labels, predictions or both, read once.

use std::collections::BTreeMap;
use std::io::Read;

use csv::StringRecord;
use sagewarden_measure::MissingTexts;
use sagewarden_measure::csv::OtherSeparator;
use sagewarden_monitor::Mode;
use serde_json::{Map, json};
use thiserror::Error;

use super::counts::{Counts, RowOutcome};
use super::flip_test::FlipTest;
use super::group::{Group, GroupRule};
use super::metrics::{post_training, pre_training};
use crate::clarify::{Analysis, Bias, Facet};
use crate::labels::{first_rows, number, suspect};

/// The columns of the table by their roles.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasColumns {
    /// The first line names the columns.
    pub header: bool,
    /// The column of the labels, and which of them are favourable.
    pub label: Option<GroupRule>,
    /// The column of the predictions, and which of them are favourable.
    pub predicted: Option<GroupRule>,
    /// Who is compared with all others: one group each.
    pub facets: Vec<GroupRule>,
    /// The column whose values are the subgroups of conditional demographic disparity.
    pub subgroups: Option<String>,
    /// Texts that mean a missing value, unless a rule names them.
    pub missing: MissingTexts,
    /// In compat mode, a row without a value for a facet is outside of the group, as in Clarify. In exact mode, it is on neither side.
    pub mode: Mode,
}

/// The result.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredBias {
    /// As Clarify writes it.
    pub analysis: Analysis,
    /// Rows of the table.
    pub rows: u64,
    /// Rows without a value in the column of a facet, by column.
    pub without_facet: BTreeMap<String, u64>,
    /// Rows that are left out because they have no label, or no prediction, by column.
    pub without_outcome: BTreeMap<String, u64>,
}

/// A table that cannot be measured.
#[derive(Debug, Error)]
pub enum UnreadableTable {
    /// The reader failed, or the text is not UTF-8.
    #[error("the table cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A line that does not fit; line numbers count from 1.
    #[error("line {line}: {why}")]
    Line {
        /// Where.
        line: u64,
        /// The fault.
        why: String,
    },
    /// Which of them is meant?
    #[error("the header has `{0}` more than once: name the column by its place, from 0")]
    Doubled(String),
    /// Another table than CSV: no column would be found.
    #[error("{0}")]
    Separator(OtherSeparator),
    /// A name that is not in the header.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// Nothing to measure.
    #[error("the table has no rows")]
    Empty,
    /// No value of the data fits the rule.
    #[error("no row has a favourable label: no value in `{0}` fits the rule")]
    NoFavourable(String),
}

/// Measures every facet before training (from labels) and after it (from predictions, beside labels where there are any).
///
/// # Errors
/// At the first line that cannot be used, with its number; when a column is not there, or no label is favourable.
pub fn measure(data: impl Read, columns: &BiasColumns) -> Result<MeasuredBias, UnreadableTable> {
    read(data, columns, &FlipTest::default())
}

/// The same of a table that does not have all features: without the flip test.
pub(super) fn measure_without_flips(
    data: impl Read,
    columns: &BiasColumns,
) -> Result<MeasuredBias, UnreadableTable> {
    read(data, columns, &FlipTest::not_asked())
}

fn read(data: impl Read, columns: &BiasColumns, flips: &FlipTest) -> Result<MeasuredBias, UnreadableTable> {
    let mut reader = csv::ReaderBuilder::new().has_headers(columns.header).flexible(true).from_reader(data);
    let header = if columns.header { reader.headers()?.clone() } else { StringRecord::new() };
    let mut tally = Tally::new(columns, &header, flips)?;
    let (first, separator) = first_rows(&mut reader, columns.header.then_some(&header))?;
    if let Some(separator) = separator {
        return Err(UnreadableTable::Separator(separator));
    }
    let mut take = |row: &StringRecord| {
        let line = row.position().map_or(0, csv::Position::line);
        tally.add(row).map_err(|why| UnreadableTable::Line { line, why })
    };
    first.iter().try_for_each(&mut take)?;
    let mut row = StringRecord::new();
    while reader.read_record(&mut row)? {
        take(&row)?;
    }
    tally.finish()
}

/// A rule with the place of its column.
struct Placed<'a> {
    rule: &'a GroupRule,
    place: usize,
    greatest: f64,
    missing: &'a MissingTexts,
    /// Rows without a value.
    without: u64,
}

/// One facet while the table is read.
struct FacetTally<'a> {
    placed: Placed<'a>,
    counts: Counts,
    flips: FlipTest,
}

struct Tally<'a> {
    label: Option<Placed<'a>>,
    predicted: Option<Placed<'a>>,
    facets: Vec<FacetTally<'a>>,
    subgroups: Option<usize>,
    rows: u64,
    has_favourable: bool,
    mode: Mode,
}

impl<'a> Tally<'a> {
    fn new(
        columns: &'a BiasColumns,
        header: &StringRecord,
        flips: &FlipTest,
    ) -> Result<Self, UnreadableTable> {
        let placed = |rule: &'a GroupRule| -> Result<Placed<'a>, UnreadableTable> {
            let (place, greatest) = (place(header, &rule.column)?, f64::NEG_INFINITY);
            Ok(Placed { rule, place, greatest, missing: &columns.missing, without: 0 })
        };
        let facet = |rule: &'a GroupRule| -> Result<FacetTally<'a>, UnreadableTable> {
            Ok(FacetTally { placed: placed(rule)?, counts: Counts::default(), flips: flips.clone() })
        };
        Ok(Self {
            label: columns.label.as_ref().map(placed).transpose()?,
            predicted: columns.predicted.as_ref().map(placed).transpose()?,
            facets: columns.facets.iter().map(facet).collect::<Result<_, _>>()?,
            subgroups: columns.subgroups.as_deref().map(|name| place(header, name)).transpose()?,
            rows: 0,
            has_favourable: false,
            mode: columns.mode,
        })
    }

    fn add(&mut self, row: &StringRecord) -> Result<(), String> {
        self.rows += 1;
        let (label, predicted) = (outcome(self.label.as_mut(), row)?, outcome(self.predicted.as_mut(), row)?);
        // A row that lacks one of them would count in some metrics and not in others.
        let (Some(label), Some(predicted)) = (label, predicted) else { return Ok(()) };
        let outcome = RowOutcome { label, predicted };
        self.has_favourable |= outcome.label == Some(true);
        let subgroup = self.subgroups.map(|place| row.get(place).unwrap_or_default().trim());
        let no_features =
            [self.label.as_ref(), self.predicted.as_ref()].map(|placed| placed.map(|placed| placed.place));
        for facet in &mut self.facets {
            let is_inside = match (facet.placed.is_inside(row)?, self.mode) {
                (Some(is_inside), _) => is_inside,
                (None, Mode::Compat) => false,
                (None, Mode::Exact) => continue,
            };
            facet.counts.add(is_inside, outcome, subgroup);
            let Some(predicted) = outcome.predicted else { continue };
            let is_feature =
                |place: usize| !no_features.contains(&Some(place)) && place != facet.placed.place;
            let features = row.iter().enumerate().filter(|(place, _)| is_feature(*place));
            facet.flips.add(is_inside, features.map(|(_, value)| number(value)).collect(), predicted);
        }
        Ok(())
    }

    fn finish(self) -> Result<MeasuredBias, UnreadableTable> {
        if self.rows == 0 {
            return Err(UnreadableTable::Empty);
        }
        if let Some(label) = self.label.as_ref().filter(|_| !self.has_favourable) {
            return Err(UnreadableTable::NoFavourable(label.rule.column.clone()));
        }
        let has_subgroups = self.subgroups.is_some();
        let pre = self
            .label
            .as_ref()
            .map(|label| bias(label, &self.facets, |facet| pre_training(&facet.counts, has_subgroups)));
        let post = self.predicted.as_ref().map(|predicted| {
            let named = self.label.as_ref().unwrap_or(predicted);
            bias(named, &self.facets, |facet| post_training(&facet.counts, has_subgroups, &facet.flips))
        });
        let without =
            |placed: &Placed<'_>| (placed.without > 0).then(|| (placed.rule.column.clone(), placed.without));
        Ok(MeasuredBias {
            analysis: Analysis {
                version: Some(json!("1.0")),
                pre_training_bias_metrics: pre,
                post_training_bias_metrics: post,
                ..Analysis::default()
            },
            rows: self.rows,
            without_facet: self.facets.iter().filter_map(|facet| without(&facet.placed)).collect(),
            without_outcome: [&self.label, &self.predicted]
                .into_iter()
                .flatten()
                .filter_map(without)
                .collect(),
        })
    }
}

impl Placed<'_> {
    fn value<'r>(&self, row: &'r StringRecord) -> Result<&'r str, String> {
        row.get(self.place).ok_or_else(|| format!("there is no column `{}`", self.rule.column))
    }

    /// Whether the row is in the group; `None` if it has no value.
    fn is_inside(&mut self, row: &StringRecord) -> Result<Option<bool>, String> {
        let value = self.value(row)?.trim();
        let inside = self.rule.group.has(value);
        if value.is_empty() || (self.missing.contains(value.as_bytes()) && inside != Some(true)) {
            self.without += 1;
            return Ok(None);
        }
        if let (Group::Above(_), Some(number)) = (&self.rule.group, number(value)) {
            self.greatest = self.greatest.max(number);
        }
        inside.map(Some).ok_or_else(|| format!("`{value}` in `{}` is not a number", self.rule.column))
    }
}

/// Whether the value in the column is favourable, if there is such a column; `None` if the row has no value.
fn outcome(column: Option<&mut Placed<'_>>, row: &StringRecord) -> Result<Option<Option<bool>>, String> {
    let Some(column) = column else { return Ok(Some(None)) };
    Ok(column.is_inside(row)?.map(Some))
}

/// A column by its name, or else by its place.
fn place(header: &StringRecord, name: &str) -> Result<usize, UnreadableTable> {
    let mut named = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(place, _)| place);
    match (named.next(), named.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(UnreadableTable::Doubled(name.to_owned())),
        (None, _) => {
            let place: Option<usize> = name.parse().ok();
            let is_there = |place: &usize| header.is_empty() || *place < header.len();
            place.filter(is_there).ok_or_else(|| match suspect(header) {
                Some(separator) => UnreadableTable::Separator(separator),
                None => UnreadableTable::NoColumn(name.to_owned()),
            })
        }
    }
}

fn bias(
    label: &Placed<'_>,
    facets: &[FacetTally<'_>],
    metrics: impl Fn(&FacetTally<'_>) -> Vec<crate::clarify::BiasMetric>,
) -> Bias {
    let mut by_name: BTreeMap<String, Vec<Facet>> = BTreeMap::new();
    for facet in facets {
        let Placed { rule, greatest, .. } = &facet.placed;
        by_name.entry(rule.column.clone()).or_default().push(Facet {
            value_or_threshold: Some(json!(rule.group.value_or_threshold(*greatest))),
            metrics: metrics(facet),
            other: Map::new(),
        });
    }
    let mut other = Map::new();
    other.insert("label".to_owned(), json!(label.rule.column));
    let favourable = label.rule.group.value_or_threshold(label.greatest);
    other.insert("label_value_or_threshold".to_owned(), json!(favourable));
    Bias { facets: by_name, other }
}
