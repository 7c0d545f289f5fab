//! The result of reading an execution's report. A missing report and a denied one are different results.

use sagewarden_lineage::s3::S3Location;

use super::execution::Execution;
use crate::ports::{Objects, PortError, PortErrorKind};
use crate::report_place::{VIOLATIONS, VIOLATIONS_SPELLINGS, key_in};

/// A report names at most a few thousand features.
pub(super) const MAX_REPORT: u64 = 8 * 1024 * 1024;

/// The result of reading a report.
pub(super) enum ReportReading {
    /// The report exists.
    Found { report: S3Location, bytes: Vec<u8> },
    /// It does not exist: there are no violations.
    Nothing,
    /// It does not exist, although it should.
    Missing { place: S3Location },
    /// It may not be read, whether or not it exists.
    Denied { place: S3Location, error: PortError },
}

/// Reads the report of an execution. A missing report means that there are no violations, unless the execution says
/// that there are some.
///
/// # Errors
/// When the service does not answer.
pub(super) async fn read_report(
    objects: &impl Objects,
    execution: &Execution,
) -> Result<ReportReading, PortError> {
    let mut denied = None;
    for output in &execution.outputs {
        for name in VIOLATIONS_SPELLINGS {
            let place = S3Location { bucket: output.bucket.clone(), key: key_in(&output.key, name) };
            match objects.read(&place.bucket, &place.key, MAX_REPORT).await {
                Ok(Some(bytes)) => return Ok(ReportReading::Found { report: place, bytes }),
                Ok(None) => {}
                Err(error) if error.kind() == PortErrorKind::Denied => {
                    denied.get_or_insert((place, error));
                }
                Err(error) => return Err(error),
            }
        }
    }
    if let Some((place, error)) = denied {
        return Ok(ReportReading::Denied { place, error });
    }
    let first = execution.outputs.first().filter(|_| execution.found_violations());
    Ok(first.map_or(ReportReading::Nothing, |output| {
        let key = key_in(&output.key, VIOLATIONS);
        ReportReading::Missing { place: S3Location { bucket: output.bucket.clone(), key } }
    }))
}
