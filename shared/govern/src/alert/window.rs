//! A window of captured traffic, as Sagewarden's own evaluation reports it. The same window is reported again whenever data
//! arrives.

use sagewarden_events::{ObjectCreated, Resource, ResourceKind, Timestamp};
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::{CaptureWindow, ModeDifference, Violations, WindowReport};

use super::report::{MAX_REPORT, Place, key_in};
use super::silence::Silence;
use super::violations::{Found, Observed};
use super::wrong::{Unread, Wrong};
use super::{AlertDrift, PATIENCE_MS};
use crate::notify::Moment;
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Objects, PortErrorKind};
use crate::world::World;

/// Captured traffic of a variant.
pub(super) struct Window {
    pub(super) endpoint: Resource,
    pub(super) variant: String,
    pub(super) window: CaptureWindow,
    pub(super) rows: u64,
    /// Lines that could not be read.
    pub(super) unreadable_lines: u64,
    /// Files that were gone.
    pub(super) gone: usize,
    pub(super) mode: String,
    pub(super) differences: Vec<ModeDifference>,
    pub(super) baseline: Option<String>,
}

/// What stands for a variant that the report does not name.
const UNNAMED: &str = "-";

impl<W: World> AlertDrift<'_, W> {
    /// A window was evaluated. What is read is what stands there now, whichever version the event is about.
    pub(super) async fn on_window(&self, object: &ObjectCreated, place: &Place, moment: &Moment) -> Outcome {
        let evaluation =
            S3Location { bucket: object.bucket.clone(), key: key_in(&place.folder, WindowReport::FILE) };
        let (window, found) = match self.evaluation(object, place, &evaluation, moment).await? {
            Some(report) => evaluated(object, evaluation.to_string(), report),
            None if moment.now.millis() - object.time.millis() < PATIENCE_MS => {
                let context = format!("read `{evaluation}`");
                return Err(Failure::not_yet(context, "the evaluation of the window is not there"));
            }
            None => self.unevaluated(object, place).await?,
        };
        self.tell_violations(&Observed::Window(&window), &found, moment).await
    }

    /// What of a window's traffic could not be read is told, whether or not what could be read has moved: too few rows to be judged
    /// leave no report.
    pub(super) async fn on_evaluation(
        &self,
        object: &ObjectCreated,
        place: &Place,
        moment: &Moment,
    ) -> Outcome {
        let evaluation = S3Location { bucket: object.bucket.clone(), key: object.key.clone() };
        let Some(report) = self.evaluation(object, place, &evaluation, moment).await? else {
            return Ok(Done::Nothing(format!("`{evaluation}` is not there (any more)")));
        };
        if report.unreadable_lines == 0 && report.gone.is_empty() {
            return Ok(Done::Nothing(format!("all captured traffic of `{evaluation}` could be read")));
        }
        // Half a file of bad lines is another thing than a few in an hour: that is known once there is enough to be judged.
        let seen = report.rows + report.unreadable_lines;
        if !report.window.complete && seen < self.settings().detect.min_rows {
            return Ok(Done::Nothing(format!("too little is known of `{evaluation}` yet")));
        }
        let endpoint = endpoint(object, &report.endpoint);
        let end = report.window.end;
        let unread = Box::new(Unread { evaluation, report });
        self.tell_silence(&Silence::of_traffic(&endpoint, end, Wrong::TrafficUnreadable(unread)), moment)
            .await
    }

    /// The evaluation as it stands there now; `None` when it does not. That it may not be read is told.
    async fn evaluation(
        &self,
        object: &ObjectCreated,
        place: &Place,
        evaluation: &S3Location,
        moment: &Moment,
    ) -> Result<Option<WindowReport>, Failure> {
        let objects = self.world.objects();
        match objects.read(&evaluation.bucket, &evaluation.key, MAX_REPORT).await {
            Ok(Some(bytes)) => {
                let refused = |why: String| Failure::Reject(format!("`{evaluation}`: {why}"));
                let report = WindowReport::parse(&bytes).map_err(|error| refused(error.to_string()))?;
                let named = place.endpoint.as_deref().unwrap_or_default();
                if !report.endpoint.eq_ignore_ascii_case(named) {
                    return Err(refused(format!(
                        "it is of endpoint `{}`, not of `{named}`",
                        report.endpoint
                    )));
                }
                Ok(Some(report))
            }
            Ok(None) => Ok(None),
            Err(error) if error.kind() == PortErrorKind::Denied => {
                if let Some((name, end)) = place.endpoint.as_deref().zip(place.hour) {
                    let wrong = Wrong::ReportDenied { place: evaluation.clone() };
                    let silence = Silence::of_traffic(&endpoint(object, name), end, wrong);
                    self.tell_silence(&silence, moment).await?;
                }
                Err(Failure::Retry(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Files in Model Monitor's format without the evaluation beside them: the hour in the key, in which the window ended, is all
    /// that is known of it. Its length is that of the settings.
    async fn unevaluated(&self, object: &ObjectCreated, place: &Place) -> Result<(Window, Found), Failure> {
        let report = S3Location { bucket: object.bucket.clone(), key: object.key.clone() };
        let (Some(endpoint), Some(end)) = (&place.endpoint, place.hour) else {
            return Err(Failure::Reject(format!("`{report}` names no endpoint and hour in its key")));
        };
        let Some(bytes) = self.world.objects().read(&report.bucket, &report.key, MAX_REPORT).await? else {
            return Err(Failure::Reject(format!("`{report}` is not there (any more)")));
        };
        let violations =
            Violations::parse(&bytes).map_err(|error| Failure::Reject(format!("`{report}`: {error}")))?;
        let start = Timestamp::from_millis(end.millis() - self.settings().detect.window_hours * 3_600_000);
        let stand_in = WindowReport {
            version: 1,
            endpoint: endpoint.clone(),
            variant: String::new(),
            window: CaptureWindow { start, end, complete: false },
            alert_mode: String::new(),
            rows: 0,
            files: Vec::new(),
            unreadable: Vec::new(),
            unreadable_lines: 0,
            gone: Vec::new(),
            violations: violations.violations,
            differences: Vec::new(),
            baseline: None,
        };
        Ok(evaluated(object, report.to_string(), stand_in))
    }
}

fn evaluated(object: &ObjectCreated, place: String, report: WindowReport) -> (Window, Found) {
    let found = Found::of_window(place, &report);
    let named = Some(report.variant).filter(|variant| !variant.is_empty());
    let window = Window {
        endpoint: endpoint(object, &report.endpoint),
        variant: named.unwrap_or_else(|| UNNAMED.to_owned()),
        window: report.window,
        rows: report.rows,
        unreadable_lines: report.unreadable_lines,
        gone: report.gone.len(),
        mode: report.alert_mode,
        differences: report.differences,
        baseline: report.baseline,
    };
    (window, found)
}

fn endpoint(object: &ObjectCreated, name: &str) -> Resource {
    Resource::in_region(ResourceKind::Endpoint, &object.account, &object.region, name)
}
