//! How the traffic of an endpoint drifts, from the evaluations that lie as evidence in the store.

use futures::executor::block_on;
use sagewarden_events::Timestamp;
use sagewarden_lineage::graph::Node;
use sagewarden_lineage::id::NodeKind;
use sagewarden_lineage::rows::node::{MONITORING_TYPE, URI};
use sagewarden_monitor::WindowReport;
use sagewarden_view::explorer::{Address, DriftPage, FeaturePoint, WindowPoint};

use crate::serve::answered::{Refused, SentPage};
use crate::serve::entity;
use crate::serve::explorer::{Explorer, at};

/// Windows of one page: three weeks of hours.
const WINDOWS: usize = 500;
/// The most objects of evidence that one page looks through.
const LISTED: usize = 100_000;
/// An evaluation, and the page of a window, in bytes.
const LARGEST: u64 = 8_000_000;
/// Metrics that are drawn even if they have no threshold.
const MEASURES: [&str; 7] = ["accuracy", "auc", "f1", "rmse", "mae", "r2", "score"];

pub(super) fn page(explorer: &Explorer, address: &Address, endpoint: &str) -> Result<SentPage, Refused> {
    let entity = entity::found(explorer, address, &format!("endpoint/{endpoint}"))?;
    let node = entity.lineage.as_ref().and_then(|answer| answer.graph.nodes.get(&answer.root));
    let name = node.map_or(endpoint, Node::name).to_owned();
    let findings: Vec<&Node> =
        entity.lineage.iter().flat_map(|answer| answer.graph.of_kind(NodeKind::Violation)).collect();
    let (windows, is_cut) = windows(explorer, &name, at(address), &findings)?;
    let page = DriftPage {
        endpoint: name,
        node: node.map(|node| node.id.clone()),
        windows,
        entries: entity.entries.clone(),
        is_cut,
    };
    explorer.shown(&page, address, entity.requests)
}

/// The windows of an endpoint, the oldest first, and whether there are older ones.
fn windows(
    explorer: &Explorer,
    endpoint: &str,
    at: Option<Timestamp>,
    findings: &[&Node],
) -> Result<(Vec<WindowPoint>, bool), Refused> {
    let bucket = explorer.evidence_bucket.as_str();
    let until = at.unwrap_or(Timestamp::from_millis(i64::MAX / 2));
    let listing = block_on(explorer.evidence.versions(bucket, "reports/", until, LISTED))?;
    let folder = format!("/{}/", endpoint.to_lowercase());
    let file = format!("/{}", WindowReport::FILE);
    let mut keys: Vec<_> = listing
        .objects
        .into_iter()
        .filter(|object| {
            let key = object.key.to_lowercase();
            key.contains(&folder) && key.ends_with(&file) && !key.starts_with("reports/rewritten/")
        })
        .collect();
    // The hour is at the end of a key.
    let hour =
        |key: &str| key.rsplit('/').skip(1).take(4).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    keys.sort_by_key(|object| hour(&object.key));
    let is_cut = keys.len() > WINDOWS;
    let mut windows = Vec::new();
    for object in keys.iter().rev().take(WINDOWS) {
        let body = block_on(explorer.evidence.read_version(bucket, object, LARGEST))?.unwrap_or_default();
        let folder = object.key.rsplit_once('/').map_or("", |(folder, _)| folder);
        // Somebody may have put another object there: it is left out.
        if let Ok(report) = WindowReport::parse(&body) {
            let place = format!("s3://{bucket}/{}", object.key);
            let finding = findings.iter().find(|node| node.text(URI) == Some(&place));
            windows.push(WindowPoint {
                report: entity::report_page(explorer, bucket, folder)?,
                finding: finding.map(|node| node.id.to_string()),
                ..point(&report, monitor(folder, finding.copied()))
            });
        }
    }
    windows.reverse();
    Ok((windows, is_cut || !listing.complete))
}

/// The type of a monitor: a finding says it, else the folder of its reports.
fn monitor(folder: &str, finding: Option<&Node>) -> String {
    let schedule = folder.rsplit('/').nth(4).unwrap_or_default();
    let known = match schedule.strip_prefix("sagewarden-").unwrap_or(schedule) {
        "data-quality" => "DataQuality",
        "model-quality" => "ModelQuality",
        "model-bias" => "ModelBias",
        "model-explainability" => "ModelExplainability",
        other => other,
    };
    finding.and_then(|node| node.text(MONITORING_TYPE)).unwrap_or(known).to_owned()
}

fn point(report: &WindowReport, monitor: String) -> WindowPoint {
    WindowPoint {
        start: report.window.start,
        variant: report.variant.clone(),
        rows: report.rows,
        violations: report.violations.len(),
        points: points(report, &monitor),
        monitor,
        report: None,
        finding: None,
    }
}

fn points(report: &WindowReport, monitor: &str) -> Vec<FeaturePoint> {
    // Few rows are far from a baseline by chance: the verdict says which distance counts.
    let is_violated = |feature: &str| {
        report.violations.iter().any(|violation| violation.feature_name.as_deref() == Some(feature))
    };
    let distance = report.distances.iter().map(|each| FeaturePoint {
        name: each.feature.clone(),
        value: each.value,
        threshold: Some(each.threshold),
        is_violated: each.value > each.threshold && is_violated(&each.feature),
    });
    let is_judged_by_reasons = monitor == "ModelExplainability";
    let reasons = report.attribution.as_ref().filter(|_| is_judged_by_reasons);
    let score = reasons.and_then(|reasons| Some((reasons.score?, reasons.threshold)));
    let score = score.map(|(value, threshold)| FeaturePoint {
        name: "score".to_owned(),
        value,
        threshold: Some(threshold),
        is_violated: value < threshold,
    });
    distance.chain(score).chain(measures(report)).collect()
}

/// Metrics with a violation, and the usual metrics. The description of a violation names the threshold that was exceeded.
fn measures(report: &WindowReport) -> Vec<FeaturePoint> {
    let bound = |name: &str| {
        let broken =
            report.violations.iter().find(|violation| violation.metric_name.as_deref() == Some(name))?;
        broken.description.as_deref()?.split('\'').nth(1)?.parse::<f64>().ok()
    };
    let metrics = report.labelled.iter().flat_map(|labelled| &labelled.metrics);
    let points = metrics.map(|(name, value)| {
        let threshold = bound(name);
        FeaturePoint { name: name.clone(), value: *value, threshold, is_violated: threshold.is_some() }
    });
    points.filter(|point| point.is_violated || MEASURES.contains(&point.name.as_str())).collect()
}

/// The page that monitoring wrote about a window. It serves no other object of the bucket: an evaluation must lie beside the page.
pub(super) fn report(explorer: &Explorer, bucket: &str, key: &str) -> Result<SentPage, Refused> {
    let unknown = || Refused::unknown(format!("there is no report of a window at `s3://{bucket}/{key}`"));
    let (folder, name) = key.rsplit_once('/').ok_or_else(unknown)?;
    if name != WindowReport::PAGE || !explorer.shows(bucket) {
        return Err(unknown());
    }
    let evaluation = format!("{folder}/{}", WindowReport::FILE);
    let evaluation = block_on(explorer.evidence.read(bucket, &evaluation, LARGEST))?.ok_or_else(unknown)?;
    WindowReport::parse(&evaluation).map_err(|_| unknown())?;
    let body = block_on(explorer.evidence.read(bucket, key, LARGEST))?.ok_or_else(unknown)?;
    let body = String::from_utf8(body).map_err(|_| unknown())?;
    Ok(SentPage {
        status: 200,
        content_type: "text/html; charset=utf-8",
        body,
        location: None,
        is_foreign: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_is_known_by_its_folder() {
        let folder = "reports/AllTraffic/prod/sagewarden-model-quality/2026/03/03/10";
        assert_eq!(monitor(folder, None), "ModelQuality");
        assert_eq!(monitor("reports/x", None), "");
    }
}
