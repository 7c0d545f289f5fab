//! The places of monitoring reports, in Model Monitor's layout ("Schema for Violations" and "Schema for Statistics", SageMaker developer
//! guide): `<prefix>/<endpoint>/<schedule>/<yyyy>/<mm>/<dd>/<hh>/<file>`.
//!
//! Sagewarden writes its own reports in the same layout. Their schedule is [`WindowReport::SCHEDULE`], the hour is the one in which the
//! window ends, and each variant has a prefix of its own: `<prefix>/<variant>`. If a window changes after it was closed, the new result is
//! beside its report, under `<prefix>/rewritten/<digest of the files>/<variant>`.

use sagewarden_events::Timestamp;
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::WindowReport;

use crate::ports::Monitor;
use crate::window::Window;

/// The violations of a window or an execution.
pub(crate) const VIOLATIONS: &str = "constraint_violations.json";
/// Its names in the container: AWS's table of outputs also spells it with an `s`.
pub(crate) const VIOLATIONS_SPELLINGS: [&str; 2] = [VIOLATIONS, "constraints_violations.json"];

/// The prefix of results for windows that changed after they were closed.
const REWRITTEN: &str = "rewritten";

/// The kind of a file in a folder of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportFile {
    /// Sagewarden's own evaluation of a window.
    Evaluation,
    /// A report of violations.
    Violations,
}

/// The parts of a report's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportPlace {
    /// Which file.
    pub(crate) file: ReportFile,
    /// Everything before the file's name.
    pub(crate) folder: String,
    /// The name of the monitoring schedule.
    pub(crate) schedule: String,
    /// Absent where the layout has none (batch transforms).
    pub(crate) endpoint: Option<String>,
    /// The variant, in the layout of Sagewarden's own reports.
    pub(crate) variant: Option<String>,
    /// The hour: of Sagewarden's own reports the end of the window.
    pub(crate) hour: Option<Timestamp>,
}

impl ReportPlace {
    /// Reads the key of an object; `None` when it is neither an evaluation nor a report of violations.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let (folder, name) = key.rsplit_once('/')?;
        let file = match name {
            WindowReport::FILE => ReportFile::Evaluation,
            name if VIOLATIONS_SPELLINGS.contains(&name) => ReportFile::Violations,
            _ => return None,
        };
        // A prefix that ends with a slash leaves two of them in the key.
        let mut parts = folder.rsplit('/').filter(|part| !part.is_empty());
        let time: Vec<&str> = parts.by_ref().take(4).collect();
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let schedule = parts.next().filter(|_| time.len() == 4 && time.iter().all(is_number))?;
        let hour = match time.as_slice() {
            [hour, day, month, year] => Timestamp::from_text(&format!("{year}-{month}-{day}T{hour}:00:00Z")),
            _ => None,
        };
        Some(Self {
            file,
            folder: folder.to_owned(),
            schedule: schedule.to_owned(),
            endpoint: parts.next().map(str::to_owned),
            variant: parts.next().map(str::to_owned),
            hour,
        })
    }
}

/// A report of Sagewarden's own, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnReport {
    /// The report of a window that was judged while its files arrived.
    OfWindow,
    /// The report of a window that changed after it was closed.
    Rewritten,
}

/// Where `detect-drift` writes its reports below: the place that the settings name, else the stack's own bucket.
pub(crate) fn reports_below(evidence_bucket: &str, named: Option<&str>) -> String {
    named.map_or_else(
        || format!("s3://{evidence_bucket}/reports"),
        |place| place.trim_end_matches('/').to_owned(),
    )
}

/// The same for windows that changed after they were closed, with the digest of their files.
pub(crate) fn rewritten_below(below: &str, digest: &str) -> String {
    format!("{below}/{REWRITTEN}/{digest}")
}

/// Which report of a window `place` is below one of the places that `detect-drift` writes to; `None` if it writes no such key.
pub(crate) fn own_report(
    window: &Window,
    monitor: Monitor,
    place: &S3Location,
    below: &str,
) -> Option<OwnReport> {
    let folder = place.key.rsplit_once('/')?.0;
    let is_folder = |below: &str| {
        folder_of(window, monitor, below).is_some_and(|own| own.bucket == place.bucket && own.key == folder)
    };
    if is_folder(below) {
        return Some(OwnReport::OfWindow);
    }
    let root = format!("{}/{REWRITTEN}/", S3Location::parse(below)?.key);
    let digest = place.key.strip_prefix(root.trim_start_matches('/'))?.split('/').next()?;
    is_folder(&rewritten_below(below, digest)).then_some(OwnReport::Rewritten)
}

/// The folder of Sagewarden's reports on a window, below a place such as `s3://<bucket>/<prefix>`; `None` if that is not a place in S3.
pub(crate) fn folder_of(window: &Window, monitor: Monitor, below: &str) -> Option<S3Location> {
    let Window { endpoint, variant, end, .. } = window;
    let (below, hour) = (below.trim_end_matches('/'), end.hour_path());
    S3Location::parse(&format!("{below}/{variant}/{}/{}/{hour}", endpoint.name, monitor.schedule()))
}

/// The key of a file in a folder, which may be written with a slash at its end, or be the whole bucket.
pub(crate) fn key_in(folder: &str, name: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use sagewarden_events::{Resource, ResourceKind};

    use super::*;

    #[test]
    fn a_key_says_schedule_endpoint_and_hour() {
        let place = |key: &str| {
            ReportPlace::parse(key).map(|place| {
                let hour = place.hour.map(|hour| hour.to_string()).unwrap_or_default();
                format!("{} {} {hour}", place.endpoint.unwrap_or_default(), place.schedule)
            })
        };
        let check = |key: &str, expect: Option<&str>| assert_eq!(place(key).as_deref(), expect, "{key}");
        let file = VIOLATIONS;
        check(&format!("p/prod/quality/2026/03/03/09/{file}"), Some("prod quality 2026-03-03T09:00:00Z"));
        check(&format!("p//prod/quality/2026/03/03/09//{file}"), Some("prod quality 2026-03-03T09:00:00Z"));
        check(
            "prod/quality/2026/03/03/09/constraints_violations.json",
            Some("prod quality 2026-03-03T09:00:00Z"),
        );
        check(&format!("quality/2026/03/03/09/{file}"), Some(" quality 2026-03-03T09:00:00Z"));
        check(&format!("prod/quality/2026/03/xx/09/{file}"), None);
        check("prod/quality/2026/03/03/09/statistics.json", None);
        check(file, None);
    }

    #[test]
    fn what_is_written_about_a_window_is_found_again() {
        let time = |text: &str| Timestamp::from_text(text).unwrap();
        let window = Window {
            endpoint: Resource::in_region(ResourceKind::Endpoint, "1", "r", "prod"),
            variant: "AllTraffic".to_owned(),
            start: time("2026-03-03T09:00:00Z"),
            end: time("2026-03-03T10:00:00Z"),
        };
        for below in ["s3://bucket", "s3://bucket/reports", "s3://bucket/reports/"] {
            let folder = folder_of(&window, Monitor::DataQuality, below).unwrap();
            let place = ReportPlace::parse(&key_in(&folder.key, WindowReport::FILE)).unwrap();
            let expected = ReportPlace {
                file: ReportFile::Evaluation,
                folder: folder.key.clone(),
                schedule: WindowReport::SCHEDULE.to_owned(),
                endpoint: Some("prod".to_owned()),
                variant: Some("AllTraffic".to_owned()),
                hour: Some(window.end),
            };
            assert_eq!((folder.bucket.as_str(), place), ("bucket", expected), "{below}");
            let file = |folder: &S3Location| S3Location {
                key: key_in(&folder.key, WindowReport::FILE),
                ..folder.clone()
            };
            assert_eq!(
                own_report(&window, Monitor::DataQuality, &file(&folder), below),
                Some(OwnReport::OfWindow),
                "{below}"
            );
            let rewritten = folder_of(
                &window,
                Monitor::DataQuality,
                &rewritten_below(below.trim_end_matches('/'), "0a1b"),
            )
            .unwrap();
            assert_eq!(
                own_report(&window, Monitor::DataQuality, &file(&rewritten), below.trim_end_matches('/')),
                Some(OwnReport::Rewritten)
            );
            let planted = S3Location { key: format!("x/{}", folder.key), ..folder.clone() };
            assert_eq!(own_report(&window, Monitor::DataQuality, &file(&planted), below), None, "{below}");
            let elsewhere = S3Location { bucket: "data".to_owned(), ..folder.clone() };
            assert_eq!(own_report(&window, Monitor::DataQuality, &file(&elsewhere), below), None, "{below}");
            assert!(folder.key.ends_with("AllTraffic/prod/sagewarden-data-quality/2026/03/03/10"));
        }
        assert_eq!(folder_of(&window, Monitor::DataQuality, "/tmp"), None);
    }
}
