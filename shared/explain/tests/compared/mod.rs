//! A folder that `tests/python/explain.py` or `lightgbm_models.py` wrote: models, rows, and what the library itself said that each feature
//! added.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sagewarden_explain::{Model, RowBlock};
use serde_json::Value;

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// How far numbers may be apart, for 1 and for what is larger in proportion.
const TOLERANCE: f64 = 1e-5;

/// Reads all models of a folder, holds them against what their library said, and answers with how many there are of each format.
pub(crate) fn compare(folder: &Path) -> Result<BTreeMap<String, usize>> {
    let mut formats = BTreeMap::new();
    for path in files(folder)? {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name")?;
        let Some(case) = name.strip_suffix(".contributions.json") else { continue };
        let document: Value = serde_json::from_slice(&fs::read(&path)?)?;
        for model in files(folder)? {
            let Some(format) = format_of(&model, case) else { continue };
            let read = Model::read(File::open(&model)?, None);
            let read = read.map_err(|error| format!("{}: {error}", model.display()))?;
            let block = rows(&folder.join(format!("{case}.csv")), &read)?;
            hold(&read, &block, &document).map_err(|why| format!("{}: {why}", model.display()))?;
            *formats.entry(format).or_default() += 1;
        }
    }
    Ok(formats)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}

/// `json` of `CASE.json`; none of another case, and of what is no model.
fn format_of(path: &Path, case: &str) -> Option<String> {
    let format = path.file_name()?.to_str()?.strip_prefix(case)?.strip_prefix('.')?;
    (format != "csv" && format != "contributions.json").then(|| format.to_owned())
}

/// The rows of a table without a header.
fn rows(path: &Path, model: &Model) -> Result<RowBlock> {
    let text = fs::read_to_string(path)?;
    let mut block = RowBlock::new(text.lines().next().ok_or("no rows")?.split(',').count());
    for line in text.lines() {
        let row = line.split(',').map(|cell| model.value_of(cell.as_bytes()));
        block.push(row.collect::<std::result::Result<Vec<_>, _>>()?);
    }
    Ok(block)
}

fn hold(model: &Model, block: &RowBlock, document: &Value) -> Result<()> {
    let contributions = model.explain(block);
    let outputs = model.base_values().len();
    for row in 0..block.rows() {
        let expected = document.pointer(&format!("/contributions/{row}"));
        let margins = document.pointer(&format!("/margins/{row}")).ok_or("fewer margins")?;
        for (output, base) in model.base_values().iter().enumerate() {
            let mut own: Vec<f64> = contributions.row(output, row).collect();
            own.push(*base);
            // The oldest version says nothing that can be used of one kind of model.
            if let Some(expected) = expected {
                let expected = numbers(if outputs > 1 {
                    expected.get(output).ok_or("fewer outputs")?
                } else {
                    expected
                })?;
                assert_eq!(own.len(), expected.len());
                for (feature, (own, expected)) in own.iter().zip(&expected).enumerate() {
                    near(*own, *expected)
                        .map_err(|why| format!("row {row}, output {output}, feature {feature}: {why}"))?;
                }
            }
            let margin = if outputs > 1 && margins.is_array() {
                margins.get(output).ok_or("fewer outputs")?
            } else {
                margins
            };
            // Softmax says the class where the margin should be, in some versions.
            if let Some(margin) = margin.as_f64().filter(|_| outputs == 1 || margins.is_array()) {
                near(own.iter().sum(), margin)
                    .map_err(|why| format!("row {row}, output {output}, all together: {why}"))?;
            }
        }
    }
    Ok(())
}

fn numbers(list: &Value) -> Result<Vec<f64>> {
    let list = list.as_array().ok_or("no list")?;
    list.iter().map(|number| number.as_f64().ok_or_else(|| "no number".into())).collect()
}

fn near(own: f64, expected: f64) -> Result<()> {
    let apart = (own - expected).abs();
    if apart <= TOLERANCE * expected.abs().max(1.0) {
        return Ok(());
    }
    Err(format!("{own}, and the library says {expected}").into())
}
