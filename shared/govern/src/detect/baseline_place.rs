//! Where a baseline lies.

use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::s3::S3Location;
use sagewarden_settings::CapturedColumns;
use serde_json::Value as Json;

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
