//! Compares a window's attribution with the baseline's.

use std::collections::BTreeMap;

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{AttributedFeature, AttributedRows, Mode, Violation};
use sagewarden_outcomes::clarify::{Analysis, ExplainedModel, attribution_drift};

use super::baseline::BaselineReasons;
use super::sample::SampledRows;
use super::traffic::ExplainedTraffic;

/// The reasons of a window.
#[derive(Debug)]
pub(crate) struct Reasons {
    /// The evidence, for the evaluation.
    pub(crate) rows: AttributedRows,
    /// The files that the rows came from.
    pub(crate) files: Vec<String>,
    /// The reasons of now, in Clarify's form.
    pub(crate) now: Analysis,
    /// The reasons of the baseline.
    #[cfg(feature = "pages")]
    pub(crate) before: Option<Analysis>,
    /// Violations: outputs for which the order of the features changed too much.
    pub(crate) violations: Vec<Violation>,
    /// Why the absence of violations means nothing.
    pub(crate) unknown: Option<String>,
    /// Where the baseline is, and a digest of it.
    pub(crate) baseline: Option<(S3Location, String)>,
}

#[cfg(feature = "pages")]
impl Reasons {
    /// The attributions of the baseline and of the window.
    pub(crate) fn both(&self) -> Option<[&Analysis; 2]> {
        Some([self.before.as_ref()?, &self.now])
    }
}

/// Compares the reasons of a window with the baseline's, if there is one.
pub(super) fn compare(
    traffic: &ExplainedTraffic<'_>,
    sampled: SampledRows,
    now: ExplainedModel,
    before: Option<BaselineReasons>,
) -> Reasons {
    let analysis = now.analysis();
    let threshold = traffic.said.attribution.threshold.value();
    let baseline = before.as_ref().map(|before| (before.place.clone(), before.digest.clone()));
    let explained = before.as_ref().and_then(|before| ExplainedModel::of(&before.analysis));
    let drift = before.as_ref().map(|before| attribution_drift(&before.analysis, &analysis, Mode::Exact));
    let scores = drift.iter().flat_map(|drift| &drift.rankings).filter_map(|ranking| ranking.score);
    let score = scores.min_by(f64::total_cmp);
    let unknown = match &baseline {
        Some(_) if score.is_some() => None,
        Some((place, _)) => Some(format!("`{place}` has no SHAP values of trees to compare with")),
        None => {
            Some("there is no baseline of attributions: detect-drift makes it from training data".to_owned())
        }
    };
    let mut features = features(&now, explained.as_ref());
    let omitted = features.len().saturating_sub(AttributedRows::MAX_FEATURES);
    features.truncate(AttributedRows::MAX_FEATURES);
    let rows = AttributedRows {
        rows: now.rows,
        of: sampled.of,
        unusable: sampled.unusable,
        baseline: baseline.as_ref().map(|(place, _)| place.to_string()),
        score,
        threshold,
        is_broken: false,
        features,
        omitted,
        moved: explained.as_ref().and_then(|before| now.moved_since(before)),
        model: now.model,
    };
    Reasons {
        violations: drift.map(|drift| drift.violations(threshold).violations).unwrap_or_default(),
        rows,
        files: sampled.files,
        now: analysis,
        #[cfg(feature = "pages")]
        before: before.map(|before| before.analysis),
        unknown,
        baseline,
    }
}

fn features(now: &ExplainedModel, before: Option<&ExplainedModel>) -> Vec<AttributedFeature> {
    let before: BTreeMap<String, f64> = before.into_iter().flat_map(ExplainedModel::importances).collect();
    let feature = |(name, importance): (String, f64)| AttributedFeature {
        before: before.get(&name).copied(),
        name,
        importance,
    };
    now.importances().into_iter().map(feature).collect()
}
