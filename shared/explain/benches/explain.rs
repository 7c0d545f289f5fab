//! What explaining a row costs: `python shared/explain/benches/explain.py FOLDER` trains the model, runs this, and XGBoost beside it.
//!
//! FOLDER has `model.ubj` and `rows.f32`, values in little endian, row by row.
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::error::Error;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Instant;

use sagewarden_explain::{Importance, Model, RowBlock};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let Some(folder) = folder.map(PathBuf::from) else {
        println!("nothing is measured without a folder that explain.py made");
        return Ok(());
    };
    let began = Instant::now();
    let model = Model::read(File::open(folder.join("model.ubj"))?, None)?;
    let read = began.elapsed();
    let bytes = fs::read(folder.join("rows.f32"))?;
    let (values, _) = bytes.as_chunks::<4>();
    let began = Instant::now();
    let mut importance = Importance::of(&model);
    let mut block = RowBlock::new(model.features());
    for rows in values.chunks(model.features() * model.rows_per_block()) {
        block.clear();
        rows.chunks(model.features())
            .for_each(|row| block.push(row.iter().map(|value| f64::from(f32::from_le_bytes(*value)))));
        importance.add(&block, &model.explain(&block));
    }
    println!("{:.3} {:.4} {}", began.elapsed().as_secs_f64(), read.as_secs_f64(), importance.rows());
    Ok(())
}
