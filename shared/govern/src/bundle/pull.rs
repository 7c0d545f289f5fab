//! Reads the present files of a bundle in a bucket once, for callers such as the command.

use std::collections::BTreeMap;

use sagewarden_events::Timestamp;

use super::place::{BundlePlace, MAX_FILE, MAX_OBJECTS};
use crate::ports::{Objects, PortError, PortErrorKind};
use crate::window::DAY_MS;

/// The texts of a bundle's files, by their names in it.
///
/// # Errors
///
/// When the bucket does not answer, or does not hold a bundle.
pub async fn pull_bundle(
    objects: &impl Objects,
    place: &BundlePlace,
    now: Timestamp,
) -> Result<BTreeMap<String, String>, PortError> {
    let refuse = |reason: String| {
        PortError::new(PortErrorKind::Invalid, format!("read the bundle in {place}"), reason)
    };
    // A clock that is behind S3's must not hide files that were written a moment ago.
    let as_of = Timestamp::from_millis(now.millis() + DAY_MS);
    let listing = objects.versions(&place.0.bucket, &place.0.key, as_of, MAX_OBJECTS).await?;
    if !listing.complete {
        return Err(refuse(format!("more than {MAX_OBJECTS} objects are under the prefix")));
    }
    let mut texts = BTreeMap::new();
    for object in &listing.objects {
        let Some(name) = place.file(object) else { continue };
        let bytes = objects.read(&place.0.bucket, &object.key, MAX_FILE).await?;
        let bytes = bytes.ok_or_else(|| refuse(format!("`{name}` was deleted a moment ago")))?;
        let text = String::from_utf8(bytes).map_err(|_| refuse(format!("`{name}` is not text in UTF-8")))?;
        texts.insert(name.to_owned(), text);
    }
    if texts.is_empty() {
        return Err(refuse("there is no settings.toml and no policies/ under the prefix".to_owned()));
    }
    Ok(texts)
}
