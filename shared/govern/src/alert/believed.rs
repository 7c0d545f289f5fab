//! Which evaluations are believed. Anybody who may write to a bucket can write a file that looks like Sagewarden's
//! own. So its place decides, with the window that `detect-drift` opened and the files that it noted. The contents of
//! the document must agree with them.

use sagewarden_events::{ObjectCreated, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::rows::CapturedFileRow;
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{CaptureWindow, WindowReport};

use crate::ports::{Monitor, PortError};
use crate::quality;
use crate::record::closure::query_all;
use crate::report_place::{OwnReport, ReportPlace, own_report, reports_below};
use crate::window::{HOUR_MS, Window};
use crate::world::World;

/// A window is a part of a day, in hours.
const LONGEST_MS: i64 = 24 * HOUR_MS;

/// A place that `detect-drift` writes to, and the facts that its key states.
pub(super) struct OwnPlace {
    /// Whether the evaluation is about data or about predictions.
    pub(super) monitor: Monitor,
    /// The window that ends at that time, with the length that the settings have now.
    pub(super) window: Window,
    pub(super) kind: OwnReport,
    /// Where the evaluation is.
    pub(super) evaluation: S3Location,
}

impl OwnPlace {
    /// `None` if `detect-drift` writes no evaluation there: below another prefix, or in a bucket that is neither the
    /// stack's own nor named by the settings.
    pub(super) fn of(world: &impl World, object: &ObjectCreated, place: &ReportPlace) -> Option<Self> {
        let detect = &world.settings().drift.detect;
        let (account, region) = (&object.account, &object.region);
        let (monitor, end) = (Monitor::named(&place.schedule)?, place.hour?);
        let window = Window {
            endpoint: Resource::in_region(
                ResourceKind::Endpoint,
                account,
                region,
                place.endpoint.as_deref()?,
            ),
            variant: place.variant.clone()?,
            start: Timestamp::from_millis(end.millis() - detect.window_hours * HOUR_MS),
            end,
        };
        let evaluation = S3Location { bucket: object.bucket.clone(), key: object.key.clone() };
        // The settings may name another place only since a later time than the evaluation in the stack's own bucket.
        let places =
            [None, detect.reports.as_deref()].map(|named| reports_below(world.evidence_bucket(), named));
        let kind = places.iter().find_map(|below| own_report(&window, monitor, &evaluation, below))?;
        Some(Self { monitor, window, kind, evaluation })
    }

    /// The window that a report claims to be about. Earlier settings may have given it another length.
    pub(super) fn window_of(&self, span: CaptureWindow) -> Window {
        Window { start: span.start, ..self.window.clone() }
    }

    /// Why a report about such a window with these files cannot be genuine at this place; `None` if it can.
    pub(super) fn contradiction(&self, report: &WindowReport, files: &[CapturedFileRow]) -> Option<String> {
        let Window { endpoint, variant, end, .. } = &self.window;
        if !report.endpoint.eq_ignore_ascii_case(&endpoint.name) {
            return Some(format!("it is of endpoint `{}`, not of `{}`", report.endpoint, endpoint.name));
        }
        if report.variant != *variant {
            return Some(format!("it is of variant `{}`, not of `{variant}`", report.variant));
        }
        let CaptureWindow { start: from, end: until, .. } = report.window;
        let length = until.millis() - from.millis();
        if until != *end || length % HOUR_MS != 0 || !(HOUR_MS..=LONGEST_MS).contains(&length) {
            return Some(format!("it is of a window from {from} to {until}, not of one that ends at {end}"));
        }
        if (self.kind == OwnReport::Rewritten) != report.rewritten.is_some() {
            return Some("its place and its `rewritten` disagree".to_owned());
        }
        if is_of_predictions(self.monitor) != report.labelled.is_some() {
            return Some("its place and its `labelled` disagree".to_owned());
        }
        if self.monitor == Monitor::ModelExplainability && report.attribution.is_none() {
            return Some("it has no `attribution`".to_owned());
        }
        let is_known =
            |uri: &&String| files.iter().any(|file| format!("s3://{}/{}", file.bucket, file.key) == **uri);
        if let Some(unknown) = report.files.iter().find(|uri| !is_known(uri)) {
            return Some(format!("it names {unknown}, which was never noted as a file of the window"));
        }
        let bytes = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        let counted = report.rows.saturating_add(report.unreadable_lines);
        // A row of a capture file takes more than a byte.
        (counted > bytes).then(|| format!("it counts {counted} rows and lines in files of {bytes} bytes"))
    }
}

/// Whether the evaluation joins predictions with labels: its windows may be longer than windows of traffic.
fn is_of_predictions(monitor: Monitor) -> bool {
    matches!(monitor, Monitor::ModelQuality | Monitor::ModelBias)
}

/// The files that `detect-drift` noted for a window; none if it never opened the window.
pub(super) async fn noted_files(
    world: &impl World,
    monitor: Monitor,
    window: &Window,
) -> Result<Vec<CapturedFileRow>, PortError> {
    let table = world.table();
    if is_of_predictions(monitor) {
        return quality::files::noted_files(table, &world.settings().drift.detect, window).await;
    }
    let rows = query_all(table, CapturedFileRow::of(&window.open_row().partition())).await?;
    Ok(rows.iter().filter_map(CapturedFileRow::parse).collect())
}
