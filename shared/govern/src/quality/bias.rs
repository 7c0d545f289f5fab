//! How groups of people fared: the pairs of a window's model quality, measured as Clarify measures bias. The files are
//! Clarify's, with an evaluation beside them that leads to alerts.

use std::collections::BTreeMap;

use sagewarden_lineage::s3::hex;
use sagewarden_monitor::{LabelledRows, MetricGroup, Mode, Violation, WindowReport};
use sagewarden_outcomes::bias::{PairBias, measure_pairs};
use sagewarden_outcomes::clarify::{Analysis, BiasStage, bias_drift, bias_metrics};
use sha2::{Digest as _, Sha256};

use super::report::Findings;
use super::watch::BiasWatch;
use crate::clarify_files;
use crate::outcome::Failure;
use crate::ports::{Monitor, Objects as _};
use crate::world::World;

/// Bytes of the baseline: twenty metrics for each group.
const MAX_ANALYSIS: u64 = 2 << 20;

/// The verdict on the groups.
#[derive(Debug, Default)]
struct JudgedBias {
    violations: Vec<Violation>,
    /// Why the absence of violations means nothing.
    unknown: Option<String>,
    /// Where the baseline is, and a digest of it.
    baseline: Option<(String, String)>,
}

/// Measures the groups of a window and writes the result; returns the metrics to publish.
///
/// # Errors
/// When S3 does not answer, or the baseline cannot be used.
pub(super) async fn judge(
    world: &impl World,
    watch: &BiasWatch,
    findings: &Findings<'_>,
) -> Result<Vec<MetricGroup>, Failure> {
    let measured = measure_pairs(&findings.pairs.joined.pairs, &watch.rules);
    let judged = match &measured {
        Ok(measured) => compare(world, watch, measured, findings).await?,
        Err(error) => JudgedBias { unknown: Some(error.to_string()), ..JudgedBias::default() },
    };
    let measured = measured.as_ref().ok();
    let report = report(findings, measured, judged);
    let analysis = measured.map(|measured| &measured.analysis);
    clarify_files::write(world, findings.window, Monitor::ModelBias, analysis, &report).await?;
    Ok(analysis.map(bias_metrics).unwrap_or_default())
}

async fn compare(
    world: &impl World,
    watch: &BiasWatch,
    measured: &PairBias,
    findings: &Findings<'_>,
) -> Result<JudgedBias, Failure> {
    let pairs = findings.pairs.joined.pairs.len() as u64;
    let absent = measured.without_facet.iter().find(|(_, without)| **without == pairs);
    let unknown = absent.map(|(facet, _)| {
        format!(
            "no request has a value for facet `{facet}`: its column is a key of a JSON request, or a place in a row, from 0"
        )
    });
    if unknown.is_some() {
        return Ok(JudgedBias { unknown, ..JudgedBias::default() });
    }
    let Some((before, baseline)) = baseline(world, watch).await? else {
        let unknown = Some("there is no baseline of bias to compare with".to_owned());
        return Ok(JudgedBias { unknown, ..JudgedBias::default() });
    };
    let drift = bias_drift(&before, &measured.analysis, Mode::Exact);
    let unknown = drift.nothing_compared();
    let drift = drift.beyond_chance(&measured.parts, Mode::Exact);
    Ok(JudgedBias { violations: drift.violations().violations, unknown, baseline: Some(baseline) })
}

/// The baseline's metrics, with their place and a digest of the file; `None` if the settings name no file, or it does not exist.
async fn baseline(
    world: &impl World,
    watch: &BiasWatch,
) -> Result<Option<(Analysis, (String, String))>, Failure> {
    let Some(place) = &watch.baseline else { return Ok(None) };
    let bytes = world.objects().read(&place.bucket, &place.key, MAX_ANALYSIS).await?;
    let Some(bytes) = bytes else { return Ok(None) };
    let digest: String = hex(&Sha256::digest(&bytes)).chars().take(16).collect();
    let analysis = Analysis::parse(&bytes)
        .map_err(|error| Failure::Reject(format!("the baseline `{place}` cannot be used: {error}")))?;
    Ok(Some((analysis, (place.to_string(), digest))))
}

fn report(findings: &Findings<'_>, measured: Option<&PairBias>, judged: JudgedBias) -> WindowReport {
    let (baseline, baseline_digest) = judged.baseline.unzip();
    let is_judged = judged.unknown.is_none();
    let metrics = measured.map(|measured| metrics(&measured.analysis)).unwrap_or_default();
    let labelled = LabelledRows { metrics, ..findings.labelled_rows() };
    WindowReport {
        alert_mode: if is_judged { Mode::Exact.name().to_owned() } else { String::new() },
        rows: labelled.matched,
        unreadable: Vec::new(),
        unreadable_lines: 0,
        gone: Vec::new(),
        violations: judged.violations,
        distances: Vec::new(),
        predictions: Vec::new(),
        answers: None,
        input_first: false,
        differences: Vec::new(),
        unknown: judged.unknown,
        baseline,
        baseline_digest,
        labelled: Some(labelled),
        ..findings.report(Mode::Exact)
    }
}

/// The metrics that have a value, by facet, group and name.
fn metrics(analysis: &Analysis) -> BTreeMap<String, f64> {
    let stages = [BiasStage::PreTraining, BiasStage::PostTraining];
    let facets = stages.into_iter().filter_map(|stage| analysis.bias(stage)).flat_map(|bias| &bias.facets);
    let groups = facets.flat_map(|(facet, groups)| groups.iter().map(move |group| (facet, group)));
    let named = groups.flat_map(|(facet, group)| {
        let of = move |metric: &str| format!("{facet}={} {metric}", group.value());
        group.metrics.iter().filter_map(move |metric| Some((of(&metric.name), metric.value?)))
    });
    named.filter(|(_, value)| value.is_finite()).collect()
}
