//! Files of a window that were written after it was closed, and later than capture writes any. The result of the window stays. The result
//! with these files is written beside it, so that nobody can erase a finding by writing files.

use std::collections::BTreeSet;

use sagewarden_events::Timestamp;
use sagewarden_monitor::{Mode, RewrittenAfter, WindowReport, evaluate};
use sagewarden_settings::{DetectedEndpoint, JudgedBy};

use super::judge::{pretty, report, reports_folder};
use super::profiles::Profiles;
use super::read_baselines::FoundBaseline;
use super::window_rows::{CapturedFile, WindowFiles, digest};
use super::write::write;
use crate::counted::counted;
use crate::outcome::{Done, Outcome};
use crate::report_place::{reports_below, rewritten_below};
use crate::window::Window;
use crate::world::World;

/// A closed window, with the files that have arrived since.
pub(super) struct Rewritten {
    pub(super) files: WindowFiles,
    /// When it was due to be closed.
    pub(super) closed_at: Timestamp,
}

impl Rewritten {
    fn written_at(&self) -> Timestamp {
        let times = self.files.late.iter().map(|file| file.object.modified_at);
        times.max().unwrap_or(self.closed_at)
    }

    fn after(&self) -> RewrittenAfter {
        let named = self.files.late.iter().take(WindowReport::MAX_REWRITTEN);
        RewrittenAfter {
            closed_at: self.closed_at,
            written_at: self.written_at(),
            files: named.map(CapturedFile::uri).collect(),
            count: u64::try_from(self.files.late.len()).unwrap_or(u64::MAX),
        }
    }
}

/// Writes the result of all files, under a digest of them: each change has a place of its own.
///
/// # Errors
/// When a service does not answer.
pub(super) async fn judge_rewritten(
    world: &impl World,
    window: &Window,
    found: &FoundBaseline,
    said: &DetectedEndpoint,
    rewritten: &Rewritten,
) -> Outcome {
    let detect = &world.settings().drift.detect;
    let all = &rewritten.files.all;
    let merged = Profiles { world, found, said }.of(all).await?;
    let mode = match detect.alert_mode {
        JudgedBy::Compat => Mode::Compat,
        JudgedBy::Exact => Mode::Exact,
    };
    let evaluation = (merged.profile.rows > 0).then(|| evaluate(&found.baseline, &merged.profile, mode));
    let judged = evaluation.as_ref().map(|evaluation| (evaluation, Vec::new()));
    let report = WindowReport {
        rewritten: Some(rewritten.after()),
        ..report(window, all, &merged, judged, found, true)
    };
    let below = reports_below(world.evidence_bucket(), detect.reports.as_deref());
    let folder = reports_folder(window, &rewritten_below(&below, &digest(all)))?;
    write(world, &folder, WindowReport::FILE, pretty(&report)?).await?;
    let features: BTreeSet<String> = report.violations.iter().map(|violation| violation.subject()).collect();
    Ok(Done::Acted(format!(
        "{} of {} arrived after the window from {} was closed: {} in {features:?}; report {folder}",
        counted(rewritten.files.late.len(), "file"),
        window.endpoint,
        window.start,
        counted(report.violations.len(), "violation"),
    )))
}
