//! The requests with which a window is explained: an even sample that depends only on the set of the window's files.
//!
//! Files are taken in the order of a digest, as long as they fit. The sample keeps the rows with the smallest ranks; a rank is a digest of
//! the file and the row's place in it. So the order of events does not matter, and no file outweighs the others.

use std::collections::HashMap;
use std::str::FromStr;

use sagewarden_explain::Model;
use sagewarden_measure::capture::{
    CaptureFormat, CaptureReader, CapturedRecord, CapturedRow, ColumnOrder, RecordSink, RowPath,
};
use sagewarden_measure::{Cell, MissingTexts};
use sagewarden_settings::CapturedColumns;

use super::limits::{self, MAX_CAPTURED};
use super::smallest::{Rank, Smallest, digest};
use super::traffic::ExplainedTraffic;
use super::unexplained::Unexplained;
use crate::detect::window_rows::CapturedFile;
use crate::outcome::Failure;
use crate::ports::Files as _;
use crate::world::World;

/// One row in this many may not fit the model. More, and they are most likely requests to another one.
const MOST_UNUSABLE: u64 = 10;
/// Characters of a value that a reason quotes.
const MAX_SHOWN: usize = 40;

/// A sample of rows.
#[derive(Debug, Default)]
pub(super) struct SampledRows {
    /// The values of each row, in the order of the model's features.
    pub(super) rows: Vec<Vec<f64>>,
    /// The names of the features.
    pub(super) names: Vec<String>,
    /// Rows in the files.
    pub(super) of: u64,
    /// Rows that do not fit.
    pub(super) unusable: u64,
    /// The files.
    pub(super) files: Vec<String>,
}

/// Draws rows of a window.
///
/// # Errors
///
/// If no row fits the model, or S3 does not answer.
pub(super) async fn sample(
    world: &impl World,
    model: &Model,
    traffic: &ExplainedTraffic<'_>,
) -> Result<SampledRows, Unexplained> {
    let most = limits::rows(model.features(), model.base_values().len(), model.leaves());
    let most = most.map_err(Unexplained::NoSuchModel)?;
    let missing = world.settings().drift.detect.missing_texts.as_deref();
    let names = names(model, traffic);
    let mut drawn = DrawnRows::new(model, names, MissingTexts::named(missing), most);
    let mut reader = CaptureReader::new(format(traffic)?);
    let mut files = Vec::new();
    for file in chosen(traffic.files) {
        drawn.begin(file);
        let mut take = |piece: &[u8]| reader.push(piece, &mut drawn);
        let streamed = world.files().stream(&file.bucket, &file.object, &mut take).await;
        let is_there = streamed.map_err(Unexplained::of_file)?;
        // Lines that cannot be read are reported by the evaluation of the data.
        let _issues = reader.finish(&mut drawn);
        if is_there {
            files.push(file.uri());
        }
    }
    files.sort();
    drawn.finish(files)
}

/// The files that are read: in the order of a digest, each that still fits; if none fits, the smallest.
fn chosen(files: &[CapturedFile]) -> Vec<&CapturedFile> {
    let mut ordered: Vec<&CapturedFile> = files.iter().filter(|file| file.object.size > 0).collect();
    ordered.sort_by_cached_key(|file| (digest(&file.id()), file.id()));
    let mut left = MAX_CAPTURED;
    let mut chosen = Vec::new();
    for file in &ordered {
        if let Some(rest) = left.checked_sub(file.object.size) {
            left = rest;
            chosen.push(*file);
        }
    }
    if chosen.is_empty() {
        chosen.extend(ordered.into_iter().min_by_key(|file| file.object.size));
    }
    chosen
}

/// The names of the features: the model's own, else the names that the baseline has for the columns of requests.
fn names(model: &Model, traffic: &ExplainedTraffic<'_>) -> Vec<String> {
    let (features, columns) = (model.features(), traffic.columns);
    if !model.names().is_empty() {
        return model.names().to_vec();
    }
    let outputs = columns.len().checked_sub(features);
    let named = match (outputs, traffic.said.columns.unwrap_or_default()) {
        (Some(outputs), CapturedColumns::OutputFirst) => columns.get(outputs..),
        (Some(_), CapturedColumns::Input | CapturedColumns::InputFirst) => columns.get(..features),
        _ => None,
    };
    let numbered = || (0..features).map(|feature| format!("f{feature}")).collect();
    named.map_or_else(numbered, <[String]>::to_vec)
}

fn format(traffic: &ExplainedTraffic<'_>) -> Result<CaptureFormat, Failure> {
    let path = traffic.said.input_path.as_deref().map(RowPath::from_str).transpose();
    let input_path = path.map_err(|error| Failure::Reject(error.to_string()))?;
    Ok(CaptureFormat { order: ColumnOrder::Input, input_path, ..CaptureFormat::default() })
}

/// Takes rows, and holds those with the smallest ranks.
#[derive(Debug)]
pub(super) struct DrawnRows<'a> {
    model: &'a Model,
    names: Vec<String>,
    places: HashMap<String, usize>,
    missing: MissingTexts,
    held: Smallest<Vec<f64>>,
    /// The digest and the place of the file that is being read, and how many of its rows were seen.
    file: (u64, String, u64),
    seen: u64,
    unusable: u64,
    /// Why the first row does not fit.
    first: Option<String>,
}

impl<'a> DrawnRows<'a> {
    pub(super) fn new(model: &'a Model, names: Vec<String>, missing: MissingTexts, most: usize) -> Self {
        let places = names.iter().cloned().zip(0..).collect();
        Self {
            model,
            names,
            places,
            missing,
            held: Smallest::new(most),
            file: (0, String::new(), 0),
            seen: 0,
            unusable: 0,
            first: None,
        }
    }

    fn begin(&mut self, file: &CapturedFile) {
        self.file = (digest(&file.id()), file.uri(), 0);
    }

    /// A row, or why it does not fit.
    pub(super) fn take(&mut self, row: Result<Vec<f64>, String>) {
        let (file, uri, place) = &mut self.file;
        *place += 1;
        self.seen += 1;
        match row {
            Ok(values) => {
                self.held.offer(Rank::of(*file, *place), || values);
            }
            Err(why) => {
                self.unusable += 1;
                self.first.get_or_insert_with(|| format!("of the first, row {place} of {uri}: {why}"));
            }
        }
    }

    /// The values of a row in the order of the features.
    pub(super) fn values(&self, cells: &[Cell<'_>]) -> Result<Vec<f64>, String> {
        if cells.len() != self.names.len() {
            return Err(format!(
                "it has {} values, and the model {} features",
                cells.len(),
                self.names.len()
            ));
        }
        cells.iter().zip(&self.names).map(|(cell, name)| self.value(cell, name)).collect()
    }

    /// The same of values under names. A feature that a request does not name is a missing value.
    fn named(&self, cells: &[(&str, Cell<'_>)]) -> Result<Vec<f64>, String> {
        let mut values = vec![f64::NAN; self.names.len()];
        let mut found = 0;
        for (name, cell) in cells {
            let place = self.places.get(*name).copied();
            if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                *value = self.value(cell, name)?;
                found += 1;
            }
        }
        let first = self.names.first().map_or("", String::as_str);
        if found > 0 { Ok(values) } else { Err(format!("it has no feature of the model, such as `{first}`")) }
    }

    fn value(&self, cell: &Cell<'_>, name: &str) -> Result<f64, String> {
        let text = match cell {
            Cell::Text(text) if !self.missing.contains(text) => text,
            _ => return Ok(f64::NAN),
        };
        self.model.value_of(text).map_err(|why| {
            let shown: String = String::from_utf8_lossy(text).chars().take(MAX_SHOWN).collect();
            format!("`{shown}` in column `{name}` is {why}")
        })
    }

    /// The rows, in the order of their ranks.
    pub(super) fn finish(self, files: Vec<String>) -> Result<SampledRows, Unexplained> {
        let Self { names, held, seen, unusable, first, .. } = self;
        let first = first.map(|first| format!("; {first}")).unwrap_or_default();
        if unusable.saturating_mul(MOST_UNUSABLE) > seen {
            let why = format!("{unusable} of {seen} rows do not fit the model{first}");
            return Err(Unexplained::Broken(why));
        }
        let rows = held.into_ordered();
        if rows.is_empty() {
            return Err(Unexplained::NoSuchModel("the window has no captured request".to_owned()));
        }
        Ok(SampledRows { rows, names, of: seen, unusable, files })
    }
}

impl RecordSink for DrawnRows<'_> {
    fn record(&mut self, record: &CapturedRecord<'_>) {
        let row = match record.input {
            CapturedRow::Absent => return,
            CapturedRow::Positional(cells) => self.values(cells),
            CapturedRow::Named(cells) => self.named(cells),
        };
        self.take(row);
    }
}

#[cfg(test)]
mod tests {
    use sagewarden_events::Timestamp;

    use super::*;
    use crate::ports::ObjectVersion;

    fn file(name: &str, size: u64) -> CapturedFile {
        CapturedFile {
            bucket: "b".to_owned(),
            object: ObjectVersion {
                key: name.to_owned(),
                version_id: None,
                etag: "e".to_owned(),
                size,
                modified_at: Timestamp::from_millis(0),
            },
            sequencer: None,
        }
    }

    /// A model of two features, whose one tree is a leaf.
    fn model() -> Model {
        let json = r#"{"learner":{"learner_model_param":{"base_score":"0","num_class":"0","num_feature":"2"},
            "objective":{"name":"reg:squarederror"},"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[{
            "tree_param":{},"left_children":[-1],"right_children":[-1],"split_indices":[0],"split_conditions":[0.5],
            "default_left":[0],"sum_hessian":[1]}]}}}}"#;
        Model::read(json.as_bytes(), None).unwrap()
    }

    fn drawn(model: &Model, most: usize) -> DrawnRows<'_> {
        DrawnRows::new(model, vec!["a".into(), "b".into()], MissingTexts::named(None), most)
    }

    #[test]
    fn no_more_is_read_than_fits_and_at_least_one_file() {
        let names = |files: &[CapturedFile]| -> Vec<String> {
            let mut names: Vec<String> = chosen(files).iter().map(|file| file.object.key.clone()).collect();
            names.sort();
            names
        };
        let half = MAX_CAPTURED / 2;
        assert_eq!(names(&[file("a", half), file("b", half), file("empty", 0)]), ["a", "b"]);
        assert_eq!(names(&[file("a", half), file("b", half), file("c", half)]).len(), 2);
        assert_eq!(names(&[file("large", MAX_CAPTURED + 2), file("huge", MAX_CAPTURED * 9)]), ["large"]);
        assert_eq!(names(&[]), Vec::<String>::new());
    }

    #[test]
    fn rows_that_do_not_fit_are_named_by_file_row_and_column() {
        let model = model();
        let mut drawn = drawn(&model, 20);
        drawn.begin(&file("f.jsonl", 1));
        for row in ["1,2", "1,x", "1,", "inf,1", "1", "NA,3"] {
            let cells: Vec<Cell<'_>> = row.split(',').map(|text| Cell::Text(text.as_bytes())).collect();
            drawn.take(drawn.values(&cells));
        }
        assert_eq!((drawn.seen, drawn.unusable), (6, 3));
        let Err(Unexplained::Broken(why)) = drawn.finish(Vec::new()) else { panic!("half of them") };
        let expect = "3 of 6 rows do not fit the model; of the first, row 2 of s3://b/f.jsonl: `x` in column `b` is not a number";
        assert_eq!(why, expect);
    }

    #[test]
    fn named_values_are_put_in_the_order_of_the_features() {
        let model = model();
        let drawn = drawn(&model, 1);
        let text = |text: &'static str| Cell::Text(text.as_bytes());
        assert_eq!(
            drawn.named(&[("b", text("2")), ("a", text("1")), ("id", text("x"))]).unwrap(),
            [1.0, 2.0]
        );
        let some = drawn.named(&[("b", text("2"))]).unwrap();
        assert!(some[0].is_nan() && some[1] == 2.0);
        assert_eq!(
            drawn.named(&[("id", text("x"))]).unwrap_err(),
            "it has no feature of the model, such as `a`"
        );
    }
}
