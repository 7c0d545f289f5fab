//! S3 locations and the versions of what stands there.

use std::fmt;

use sagewarden_events::Timestamp;
use sha2::{Digest, Sha256};

/// `s3://<bucket>/<key or prefix>`
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct S3Location {
    /// The bucket.
    pub bucket: String,
    /// A key, or the beginning of keys; empty for the whole bucket.
    pub key: String,
}

impl S3Location {
    /// Reads an `s3://` URI.
    #[must_use]
    pub fn parse(uri: &str) -> Option<Self> {
        let (bucket, key) = match uri.strip_prefix("s3://")?.split_once('/') {
            Some((bucket, key)) => (bucket, key),
            None => (uri.strip_prefix("s3://")?, ""),
        };
        (!bucket.is_empty()).then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// One object version, as it goes into the lineage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionedObject {
    /// Its key.
    pub key: String,
    /// Absent when the bucket keeps no versions: then the content may be gone, and the identity is weak.
    pub version_id: Option<String>,
    /// The entity tag. It is a change mark, not a hash of the content.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified_at: Timestamp,
}

impl VersionedObject {
    /// What stands for the version in identities: the version id, else entity tag and time.
    #[must_use]
    pub fn version(&self) -> String {
        self.version_id.clone().unwrap_or_else(|| format!("etag:{}:{}", self.etag, self.modified_at.millis()))
    }

    /// Why the identity is weak, if it is.
    #[must_use]
    pub fn weakness(&self) -> Option<&'static str> {
        self.version_id.is_none().then_some("the bucket keeps no versions")
    }
}

/// The SHA-256 over the sorted lines `(key, version, size)`: the identity of all objects under a prefix. Two listings with
/// the same objects have the same digest, whoever made them.
#[must_use]
pub fn manifest_digest(bucket: &str, objects: &[VersionedObject]) -> String {
    let mut lines: Vec<String> = objects
        .iter()
        .map(|object| format!("s3://{bucket}/{}\t{}\t{}\n", object.key, object.version(), object.size))
        .collect();
    lines.sort();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line.as_bytes());
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_with_and_without_a_key() {
        let check = |uri: &str, expect: Option<(&str, &str)>| {
            let read = S3Location::parse(uri);
            assert_eq!(read.as_ref().map(|l| (l.bucket.as_str(), l.key.as_str())), expect, "{uri}");
        };
        check("s3://b/k/x.csv", Some(("b", "k/x.csv")));
        check("s3://b", Some(("b", "")));
        check("s3:///k", None);
        check("https://b/k", None);
    }

    #[test]
    fn the_digest_of_a_manifest_ignores_the_order_of_the_listing() {
        let object = |key: &str| VersionedObject {
            key: key.into(),
            version_id: Some("v".into()),
            etag: "e".into(),
            size: 1,
            modified_at: Timestamp::from_millis(0),
        };
        let forward = manifest_digest("b", &[object("a"), object("c")]);
        assert_eq!(forward, manifest_digest("b", &[object("c"), object("a")]));
        assert_ne!(forward, manifest_digest("b", &[object("a")]));
    }
}
