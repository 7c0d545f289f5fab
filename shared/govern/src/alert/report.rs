//! Where reports are, and what reading one comes to. That there is none is another thing than that it may not be read.

use sagewarden_events::{ObjectCreated, Timestamp};
use sagewarden_lineage::s3::S3Location;
use sagewarden_monitor::WindowReport;

use super::AlertDrift;
use super::execution::Execution;
use crate::ports::{Objects, PortError, PortErrorKind};
use crate::world::World;

/// The file's name in the container; AWS's table of outputs also spells it with an `s`.
const REPORT_NAMES: [&str; 2] = ["constraint_violations.json", "constraints_violations.json"];
/// A report names at most a few thousand features.
pub(super) const MAX_REPORT: u64 = 8 * 1024 * 1024;

/// What came of reading a report.
pub(super) enum Reading {
    /// It is there.
    Found { report: String, bytes: Vec<u8> },
    /// There is none: there are no violations.
    Nothing,
    /// There is none, although there should be.
    Missing { place: S3Location },
    /// It may not be read, whether it is there or not.
    Denied { place: S3Location, error: PortError },
}

/// The place of a report in Model Monitor's layout:
/// `<prefix>/<endpoint>/<schedule>/<yyyy>/<mm>/<dd>/<hh>/constraint_violations.json`.
pub(super) struct Place {
    /// Whether it is Sagewarden's own evaluation, which stands beside the report.
    pub(super) is_evaluation: bool,
    /// Everything before the file's name.
    pub(super) folder: String,
    pub(super) schedule: String,
    /// Absent where the layout has none (batch transforms).
    pub(super) endpoint: Option<String>,
    /// The hour in the key: of Sagewarden's own evaluations the end of the window.
    pub(super) hour: Option<Timestamp>,
}

/// Reads the key of an object; `None` when it is neither a report nor an evaluation.
pub(super) fn place_of(object: &ObjectCreated) -> Option<Place> {
    let (folder, name) = object.key.rsplit_once('/')?;
    let is_evaluation = name == WindowReport::FILE;
    if !is_evaluation && !REPORT_NAMES.contains(&name) {
        return None;
    }
    // A prefix that ends with a slash leaves two of them in the key.
    let mut parts = folder.rsplit('/').filter(|part| !part.is_empty());
    let time: Vec<&str> = parts.by_ref().take(4).collect();
    let is_dated = time.len() == 4 && time.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let schedule = parts.next().filter(|_| is_dated)?;
    let hour = match time.as_slice() {
        [hour, day, month, year] => Timestamp::from_text(&format!("{year}-{month}-{day}T{hour}:00:00Z")),
        _ => None,
    };
    Some(Place {
        is_evaluation,
        folder: folder.to_owned(),
        schedule: schedule.to_owned(),
        endpoint: parts.next().map(str::to_owned),
        hour,
    })
}

impl<W: World> AlertDrift<'_, W> {
    /// The report of an execution. A report that is missing means that there are no violations, unless the execution says
    /// otherwise.
    pub(super) async fn report_of(&self, execution: &Execution) -> Result<Reading, PortError> {
        let mut denied = None;
        for output in &execution.outputs {
            for name in REPORT_NAMES {
                let key = key_in(&output.key, name);
                let place = S3Location { bucket: output.bucket.clone(), key };
                match self.world.objects().read(&place.bucket, &place.key, MAX_REPORT).await {
                    Ok(Some(bytes)) => return Ok(Reading::Found { report: place.to_string(), bytes }),
                    Ok(None) => {}
                    Err(error) if error.kind() == PortErrorKind::Denied => {
                        denied.get_or_insert((place, error));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if let Some((place, error)) = denied {
            return Ok(Reading::Denied { place, error });
        }
        let told =
            execution.exit_message.as_deref().is_some_and(|text| text.starts_with("CompletedWithViolations"));
        let first = execution.outputs.first().filter(|_| told);
        Ok(first.map_or(Reading::Nothing, |output| {
            let key = key_in(&output.key, REPORT_NAMES[0]);
            Reading::Missing { place: S3Location { bucket: output.bucket.clone(), key } }
        }))
    }
}

pub(super) fn key_in(folder: &str, name: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_schedule_endpoint_and_hour() {
        let place = |key: &str| {
            let object = ObjectCreated {
                account: "1".into(),
                region: "r".into(),
                bucket: "b".into(),
                key: key.into(),
                version_id: None,
                etag: None,
                size: None,
                sequencer: None,
                time: Timestamp::from_millis(0),
            };
            place_of(&object).map(|place| {
                let hour = place.hour.map(|hour| hour.to_string()).unwrap_or_default();
                format!("{} {} {hour}", place.endpoint.unwrap_or_default(), place.schedule)
            })
        };
        let check = |key: &str, expect: Option<&str>| assert_eq!(place(key).as_deref(), expect, "{key}");
        let file = "constraint_violations.json";
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
}
