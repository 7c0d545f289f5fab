//! A bundle from a bucket. This needs a build with AWS's SDK (feature `aws`).

use std::collections::BTreeMap;

use sagewarden_govern::BundlePlace;

use crate::error::CommandError;

/// The texts of a bundle's files, by their names in it.
#[cfg(feature = "aws")]
pub(crate) fn texts(place: &BundlePlace) -> Result<BTreeMap<String, String>, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = sagewarden_aws::load_config(|_| {}).await;
        let objects = sagewarden_s3::S3Objects::new(&config);
        Ok(sagewarden_govern::pull_bundle(&objects, place, super::now()).await?)
    })
}

/// Says how a bucket can be read.
#[cfg(not(feature = "aws"))]
pub(crate) fn texts(place: &BundlePlace) -> Result<BTreeMap<String, String>, CommandError> {
    Err(CommandError::NoBuckets(place.to_string()))
}
