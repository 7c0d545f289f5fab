//! The files about the reasons of a window: Clarify's analysis and violations, and an evaluation that leads to alerts.

use sagewarden_monitor::{AttributedRows, Mode, WindowReport};

use super::compare::Reasons;
use super::unexplained::Unexplained;
use crate::clarify_files;
use crate::outcome::Failure;
use crate::ports::Monitor;
use crate::window::Window;
use crate::world::World;

/// Writes the files of a closed window. If the model cannot be explained, there are none, unless somebody must fix something.
///
/// # Errors
///
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
    let analysis = reasons.as_ref().ok().map(|reasons| &reasons.now);
    clarify_files::write(world, window, Monitor::ModelExplainability, analysis, &report).await
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
        distances: Vec::new(),
        predictions: Vec::new(),
        answers: None,
        input_first: false,
        differences: Vec::new(),
        baseline: None,
        baseline_digest: None,
        rewritten: None,
        labelled: None,
        attribution: Some(rows),
    }
}
