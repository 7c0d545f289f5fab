//! The baseline of a model's attribution: the analysis that the settings name, else the analysis of its training data.

use sagewarden_lineage::s3::{S3Location, hex};
use sagewarden_outcomes::clarify::Analysis;
use sagewarden_settings::WatchedAttribution;
use sha2::{Digest as _, Sha256};

use super::deployed::DeployedModel;
use super::limits::MAX_ANALYSIS;
use super::unexplained::Unexplained;
use crate::clarify_files::ANALYSIS;
use crate::detect::baseline_place::folder_of;
use crate::ports::{Objects as _, PortError};
use crate::world::World;

/// The reasons of before.
#[derive(Debug)]
pub(super) struct BaselineReasons {
    pub(super) analysis: Analysis,
    pub(super) place: S3Location,
    pub(super) digest: String,
}

/// The baseline of a model; `None` if there is none.
///
/// # Errors
///
/// If the settings name one that cannot be used, or S3 does not answer.
pub(super) async fn find(
    world: &impl World,
    said: &WatchedAttribution,
    served: &DeployedModel,
) -> Result<Option<BaselineReasons>, Unexplained> {
    if let Some(folder) = &said.baseline {
        let place = S3Location::parse(&format!("{}/{ANALYSIS}", folder.trim_end_matches('/')));
        let place = place.ok_or_else(|| Unexplained::Broken(format!("`{folder}` is not a folder in S3")))?;
        let found = read(world, place).await?;
        return match found {
            Some(found) => Ok(Some(found)),
            None => Err(Unexplained::Broken(format!(
                "the settings name `{folder}` as the baseline of attributions, but it has no `{ANALYSIS}`: \
                 `sagewarden explain --out` makes it"
            ))),
        };
    }
    for job in &served.training {
        let S3Location { bucket, key } = folder_of(world.evidence_bucket(), job);
        let place = S3Location { bucket, key: format!("{key}/{ANALYSIS}") };
        if let Some(found) = read(world, place).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn read(world: &impl World, place: S3Location) -> Result<Option<BaselineReasons>, Unexplained> {
    let bytes = bytes(world, &place).await.map_err(Unexplained::of_file)?;
    let Some(bytes) = bytes else { return Ok(None) };
    let digest = hex(&Sha256::digest(&bytes)).chars().take(16).collect();
    let analysis = Analysis::parse(&bytes).map_err(|error| {
        Unexplained::Broken(format!("the baseline of attributions `{place}` cannot be used: {error}"))
    })?;
    Ok(Some(BaselineReasons { analysis, place, digest }))
}

async fn bytes(world: &impl World, place: &S3Location) -> Result<Option<Vec<u8>>, PortError> {
    world.objects().read(&place.bucket, &place.key, MAX_ANALYSIS).await
}
