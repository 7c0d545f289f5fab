//! The files about the reasons of a window: Clarify's analysis and violations, and an evaluation that leads to alerts.

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{AttributedRows, Mode, Violations, WindowReport};
use serde::Serialize;
use serde_json::json;

use super::baseline::FILE;
use super::compare::Reasons;
use super::unexplained::Unexplained;
use crate::outcome::Failure;
use crate::ports::{Files as _, Monitor};
use crate::report_place::{VIOLATIONS, folder_of, key_in, reports_below};
use crate::window::Window;
use crate::world::World;

/// Writes the files of a closed window. A model that cannot be explained leaves nothing, unless something must be
/// mended.
///
/// # Errors
/// When S3 does not answer.
pub(crate) async fn write(
    world: &impl World,
    window: &Window,
    reasons: &Result<Reasons, Unexplained>,
    threshold: f64,
) -> Result<(), Failure> {
    let report = match reasons {
        Ok(reasons) => known(window, reasons),
        Err(unexplained) if unexplained.is_broken() => broken(window, &unexplained.why(), threshold),
        Err(_) => return Ok(()),
    };
    let below = reports_below(world.evidence_bucket(), world.settings().drift.detect.reports.as_deref());
    let folder = folder_of(window, Monitor::ModelExplainability, &below)
        .ok_or_else(|| Failure::Reject(format!("`{below}` is not a folder in S3")))?;
    if let Ok(reasons) = reasons {
        put(world, &folder, FILE, &reasons.now).await?;
        // Clarify's container leaves none if there are no violations. Here a window may be closed twice, and must not keep those of
        // the first time.
        let violations = Violations {
            version: Some(json!("1.0")),
            violations: reasons.violations.clone(),
            ..Violations::default()
        };
        put(world, &folder, VIOLATIONS, &violations).await?;
    }
    // This file comes last: `alert-drift` reacts to its event, and then finds the other files in place.
    put(world, &folder, WindowReport::FILE, &report).await
}

async fn put(
    world: &impl World,
    folder: &S3Location,
    name: &str,
    document: &impl Serialize,
) -> Result<(), Failure> {
    let body = serde_json::to_string_pretty(document).map_err(|error| Failure::Reject(error.to_string()))?;
    let key = key_in(&folder.key, name);
    Ok(world.files().write(&folder.bucket, &key, "application/json", body.as_bytes()).await?)
}

fn known(window: &Window, reasons: &Reasons) -> WindowReport {
    let (baseline, baseline_digest) = reasons.baseline.clone().unzip();
    WindowReport {
        alert_mode: reasons.rows.score.map(|_| Mode::Exact.name().to_owned()).unwrap_or_default(),
        rows: reasons.rows.rows,
        files: reasons.files.clone(),
        unknown: reasons.unknown.clone(),
        violations: reasons.violations.clone(),
        baseline: baseline.map(|place| place.to_string()),
        baseline_digest,
        ..empty(window, reasons.rows.clone())
    }
}

fn broken(window: &Window, why: &str, threshold: f64) -> WindowReport {
    let rows = AttributedRows { threshold, is_broken: true, ..AttributedRows::default() };
    WindowReport { unknown: Some(why.to_owned()), ..empty(window, rows) }
}

fn empty(window: &Window, rows: AttributedRows) -> WindowReport {
    WindowReport {
        version: 1,
        endpoint: window.endpoint.name.clone(),
        variant: window.variant.clone(),
        window: window.span(true),
        alert_mode: String::new(),
        rows: 0,
        files: Vec::new(),
        unreadable: Vec::new(),
        unreadable_lines: 0,
        gone: Vec::new(),
        coverage: None,
        unknown: None,
        violations: Vec::new(),
        differences: Vec::new(),
        baseline: None,
        baseline_digest: None,
        rewritten: None,
        labelled: None,
        attribution: Some(rows),
    }
}
