//! The files of a verdict in Clarify's form: the analysis, its violations, and the evaluation that leads to alerts.

use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{Violations, WindowReport};
use sagewarden_outcomes::clarify::Analysis;
use serde::Serialize;
use serde_json::json;

use crate::outcome::Failure;
use crate::ports::{Files as _, Monitor};
use crate::report_place::{VIOLATIONS, folder_of, key_in, reports_below};
use crate::window::Window;
use crate::world::World;

/// The name of an analysis, in reports and in baselines.
pub(crate) const ANALYSIS: &str = "analysis.json";

/// Writes the files of a window. Without an analysis there is only the evaluation.
///
/// # Errors
/// When S3 does not answer.
pub(crate) async fn write(
    world: &impl World,
    window: &Window,
    monitor: Monitor,
    analysis: Option<&Analysis>,
    report: &WindowReport,
) -> Result<(), Failure> {
    let below = reports_below(world.evidence_bucket(), world.settings().drift.detect.reports.as_deref());
    let folder = folder_of(window, monitor, &below)
        .ok_or_else(|| Failure::Reject(format!("`{below}` is not a folder in S3")))?;
    if let Some(analysis) = analysis {
        put(world, &folder, ANALYSIS, analysis).await?;
        // Clarify's container writes no such file if there are no violations. Here a window may be judged twice, and the violations of the
        // first time must not stay.
        let violations = Violations {
            version: Some(json!("1.0")),
            violations: report.violations.clone(),
            ..Violations::default()
        };
        put(world, &folder, VIOLATIONS, &violations).await?;
    }
    // This file comes last: `alert-drift` reacts to its event, and then finds the other files in place.
    put(world, &folder, WindowReport::FILE, report).await
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
