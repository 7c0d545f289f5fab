//! The policies that a command judges by.

use std::path::Path;

use sagewarden_govern::BundlePlace;
use sagewarden_policy::Bundle;

use crate::error::CommandError;
use crate::input::{self, bucket, now};

/// The built-in policies with the settings of a file, or the built-in ones.
pub(crate) fn load(settings: Option<&Path>) -> Result<Bundle, CommandError> {
    let bundle = Bundle::embedded()?;
    let Some(path) = settings else { return Ok(bundle) };
    let text = input::text(path)?;
    let bundle = bundle.with_settings(&text).and_then(|bundle| bundle.granted_by(now()));
    bundle.map_err(|error| CommandError::Settings(error.in_file(&path.display().to_string())))
}

/// A whole bundle, from a folder or a bucket. Its hash must begin with `digest`.
pub(crate) fn whole(place: &str, digest: Option<&str>) -> Result<Bundle, CommandError> {
    let refused = |source| CommandError::RefusedBundle { place: place.to_owned(), source };
    let bundle = match of_bucket(place)? {
        Some(of_bucket) => Bundle::from_files(&bucket::texts(&of_bucket)?),
        None => Bundle::from_dir(Path::new(place)),
    };
    let bundle = bundle.and_then(|bundle| bundle.granted_by(now())).map_err(refused)?;
    check(&bundle, place, digest)?;
    Ok(bundle)
}

/// The place in a bucket that is named; `None` for a folder.
pub(crate) fn of_bucket(place: &str) -> Result<Option<BundlePlace>, CommandError> {
    if !place.starts_with("s3://") {
        return Ok(None);
    }
    let parsed = BundlePlace::parse(place).ok_or_else(|| CommandError::NoPlace(place.to_owned()))?;
    Ok(Some(parsed))
}

/// Refuses a bundle that is another one than the digest says.
pub(crate) fn check(bundle: &Bundle, place: &str, digest: Option<&str>) -> Result<(), CommandError> {
    /// The fewest digits of a digest. Nobody can find another bundle with the same digits by trying.
    const LEAST: usize = 12;
    match digest.map(str::to_ascii_lowercase) {
        Some(digest) if digest.len() < LEAST => Err(CommandError::Option("a digest has at least 12 digits")),
        Some(digest) if !bundle.hash().starts_with(&digest) => {
            Err(CommandError::OtherBundle { place: place.to_owned(), hash: bundle.hash().to_owned(), digest })
        }
        _ => Ok(()),
    }
}
