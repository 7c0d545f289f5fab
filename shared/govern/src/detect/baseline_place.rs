//! Where a baseline lies.

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use sagewarden_settings::CapturedColumns;
use serde_json::Value as Json;

use crate::clarify_files::ANALYSIS;

/// Where a baseline is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaselinePlace {
    /// `constraints.json`
    pub(super) constraints: S3Location,
    /// `statistics.json`; without it, distributions are not compared.
    pub(super) statistics: Option<S3Location>,
    /// How it was found, for people.
    pub(super) found_by: String,
    /// The schedule that names it: metrics are published under the schedule's name, so that alarms on them keep
    /// working.
    pub(super) schedule: Option<String>,
    /// Which columns it has, if that does not depend on the settings.
    pub(super) columns: Option<CapturedColumns>,
}

impl BaselinePlace {
    /// The files by their names in Model Monitor's output.
    pub(super) fn in_folder(folder: &str, found_by: &str) -> Option<Self> {
        let folder = folder.trim_end_matches('/');
        let constraints = S3Location::parse(&format!("{folder}/constraints.json"))?;
        let statistics = S3Location::parse(&format!("{folder}/statistics.json"));
        Some(Self { constraints, statistics, found_by: found_by.to_owned(), schedule: None, columns: None })
    }

    /// `{"<constraints>":{"S3Uri":…},"<statistics>":{"S3Uri":…}}`, as several answers of the API have it.
    pub(super) fn of_resources(
        config: &Json,
        [constraints, statistics]: [&str; 2],
        found_by: &str,
    ) -> Option<Self> {
        let uri = |key: &str| S3Location::parse(config.get(key)?.get("S3Uri")?.as_str()?);
        Some(Self {
            constraints: uri(constraints)?,
            statistics: uri(statistics),
            found_by: found_by.to_owned(),
            schedule: None,
            columns: None,
        })
    }
}

/// The folder of the baseline that was made from a training job's data.
pub(crate) fn folder_of(evidence_bucket: &str, job: &NodeId) -> S3Location {
    S3Location {
        bucket: evidence_bucket.to_owned(),
        key: format!("baselines/{}", job.tail().replace('@', "/")),
    }
}

/// The training job whose model is explained by the file at a place: the other way round.
pub(crate) fn explained_job(evidence_bucket: &str, place: &S3Location) -> Option<NodeId> {
    let folder = place.key.strip_suffix(ANALYSIS)?.strip_suffix('/')?;
    let mut parts = folder.strip_prefix("baselines/")?.split('/');
    let job = Resource::in_region(ResourceKind::TrainingJob, parts.next()?, parts.next()?, parts.next()?);
    let job = NodeId::resource(&job, Timestamp::from_millis(parts.next()?.parse().ok()?))?;
    let own = folder_of(evidence_bucket, &job);
    (own.bucket == place.bucket && own.key == folder).then_some(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_of_a_jobs_own_baseline_leads_to_the_job() {
        let job = |bucket: &str, key: &str| {
            let place = S3Location { bucket: bucket.to_owned(), key: key.to_owned() };
            explained_job("evidence", &place).map(|job| job.to_string())
        };
        let key = "baselines/111122223333/eu-west-1/credit/1772442010000/analysis.json";
        assert_eq!(job("evidence", key).as_deref(), Some("tjob#111122223333/eu-west-1/credit@1772442010000"));
        assert_eq!(job("data", key), None, "anybody may write there");
        for other in [
            "baselines/111122223333/eu-west-1/credit/1772442010000/constraints.json",
            "baselines/111122223333/eu-west-1/credit/1772442010000/x/analysis.json",
            "baselines/111122223333/eu-west-1/credit/yesterday/analysis.json",
            "baselines/111122223333/eu-west-1/credit/01772442010000/analysis.json",
            "reports/111122223333/eu-west-1/credit/1772442010000/analysis.json",
            "analysis.json",
        ] {
            assert_eq!(job("evidence", other), None, "{other}");
        }
    }
}
