//! Limits for the explanation of a window. `detect-drift` has 1,024 MB and a minute, and the data of the window needs them first
//! (`docs/BENCHMARKS.md` has the times).

/// Bytes of an archive with a model, at most; larger ones are not read.
pub(super) const MAX_ARCHIVE: u64 = 64 << 20;
/// Bytes of the model in it, at most.
pub(super) const MAX_MODEL: u64 = 64 << 20;
/// Bytes of captured files that a sample is drawn from. One file is read whatever its size.
pub(super) const MAX_CAPTURED: u64 = 16 << 20;
/// Bytes of the file with the importances of a baseline, at most.
pub(super) const MAX_ANALYSIS: u64 = 8 << 20;
/// Rows that are explained, at most.
const MAX_ROWS: usize = 1_000;
/// Fewer rows say little about importances.
const MIN_ROWS: usize = 50;
/// Values of a sample that are held, at most.
const MAX_VALUES: usize = 2_000_000;
/// Leaves times rows, at most. A second of a processor computes about a hundred million.
const MAX_LEAVES: usize = 20_000_000;
/// Contributions of a row, at most: one for each feature and class.
const MAX_CONTRIBUTIONS: usize = 20_000;

/// How many rows a model explains; or why it is too large to explain any.
pub(super) fn rows(features: usize, outputs: usize, leaves: usize) -> Result<usize, String> {
    let contributions = features.saturating_mul(outputs);
    if contributions > MAX_CONTRIBUTIONS {
        return Err(format!(
            "it has {features} features and {outputs} classes, so that a row has more than {MAX_CONTRIBUTIONS} SHAP values"
        ));
    }
    let rows = (MAX_VALUES / features.max(1)).min(MAX_LEAVES / leaves.max(1)).min(MAX_ROWS);
    if rows < MIN_ROWS {
        return Err(format!("it has {leaves} leaves, more than {}", MAX_LEAVES / MIN_ROWS));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_a_model_the_fewer_rows_it_explains_until_it_explains_none() {
        assert_eq!(rows(23, 1, 6_100), Ok(1_000));
        assert_eq!(rows(23, 1, 100_000), Ok(200));
        assert_eq!(rows(10_000, 1, 100), Ok(200));
        assert_eq!(rows(23, 1, 500_000), Err("it has 500000 leaves, more than 400000".to_owned()));
        let many = rows(1_000, 100, 100).unwrap_err();
        assert!(many.starts_with("it has 1000 features and 100 classes"), "{many}");
    }
}
