//! Models in JSON, UBJSON, XGBoost's binary format and pickles: the seeds have one of each. Whatever can be read can be explained, and the
//! explanation of a row does not depend on how many rows are explained with it.
#![no_main]

use sagewarden_explain::RowBlock;

use libfuzzer_sys::fuzz_target;

/// Enough that what a leaf adds is looked up in a table.
const MANY: usize = 64;
/// Where numbers are so large that their sums are infinite, nothing is compared.
const LARGEST: f64 = 1e30;

fuzz_target!(|bytes: &[u8]| {
    let Ok(model) = sagewarden_explain::parse(bytes) else { return };
    if model.features() * model.base_values().len() > 10_000 {
        return;
    }
    let row = || (0..model.features()).map(|feature| [0.0, -1.5, f64::NAN, 3.0][feature % 4]);
    let (mut one, mut many) = (RowBlock::new(model.features()), RowBlock::new(model.features()));
    one.push(row());
    (0..MANY).for_each(|_| many.push(row()));
    let (one, many) = (model.explain(&one), model.explain(&many));
    for output in 0..model.base_values().len() {
        let largest = one.row(output, 0).map(f64::abs).fold(1.0, f64::max);
        for (alone, together) in one.row(output, 0).zip(many.row(output, MANY - 1)) {
            assert!(largest > LARGEST || (alone - together).abs() <= 1e-4 * largest, "{alone} and {together}");
        }
    }
});
