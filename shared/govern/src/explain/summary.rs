//! The attributions of a model over a sample of rows.

use sagewarden_explain::{Importance, Model, RowBlock};
use sagewarden_outcomes::clarify::{ExplainedFeature, ExplainedLabel, ExplainedModel};

use super::sample::SampledRows;

/// Explains the rows of a sample, block by block.
pub(super) fn summary(model: &Model, uri: &str, sampled: &SampledRows) -> ExplainedModel {
    let mut importance = Importance::of(model);
    for rows in sampled.rows.chunks(model.rows_per_block()) {
        let mut block = RowBlock::new(model.features());
        rows.iter().for_each(|row| block.push(row.iter().copied()));
        importance.add(&block, &model.explain(&block));
    }
    let label = |(output, base_value): (usize, &f64)| {
        let (sizes, means) = (importance.by_output(output), importance.mean_by_output(output));
        let values = sampled.names.iter().zip(sizes.into_iter().zip(means));
        let feature = |(name, (mean_abs_shap, mean)): (&String, (f64, f64))| ExplainedFeature {
            name: name.clone(),
            mean_abs_shap,
            mean_shap: Some(mean),
        };
        ExplainedLabel { base_value: *base_value, features: values.map(feature).collect() }
    };
    ExplainedModel {
        model: uri.to_owned(),
        rows: importance.rows(),
        labels: model.base_values().iter().enumerate().map(label).collect(),
    }
}
