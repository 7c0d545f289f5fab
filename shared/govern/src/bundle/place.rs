//! Where a bundle lies in a bucket, and how much is read there.

use std::fmt;

use sagewarden_lineage::s3::S3Location;

use crate::ports::ObjectVersion;

/// Objects under the prefix, those that are no part of the bundle included.
pub(super) const MAX_OBJECTS: usize = 200;
pub(super) const MAX_FILE: u64 = 1024 * 1024;

/// Where a bundle lies: `settings.toml` and `policies/` under a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundlePlace(pub(super) S3Location);

impl BundlePlace {
    /// Reads `s3://<bucket>/<prefix>/`; the last `/` may be missing.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        let mut place = S3Location::parse(uri)?;
        if !place.key.is_empty() && !place.key.ends_with('/') {
            place.key.push('/');
        }
        Some(Self(place))
    }

    /// The name of a file of the bundle, as [`Bundle::from_files`] knows it; `None` for any other object.
    pub(super) fn file<'a>(&self, object: &'a ObjectVersion) -> Option<&'a str> {
        let name = object.key.strip_prefix(&self.0.key)?;
        let policy = name.strip_prefix("policies/").is_some_and(|name| {
            !name.contains('/') && (name.ends_with(".cedar") || name == "schema.cedarschema")
        });
        (policy || name == "settings.toml").then_some(name)
    }
}

impl fmt::Display for BundlePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
