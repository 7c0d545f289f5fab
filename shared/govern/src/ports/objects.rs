//! The object store: listings, contents, and files that are too large to be held.

use sagewarden_events::Timestamp;
use sagewarden_lineage::s3::Checksum;

use super::error::PortError;

/// A version of an S3 object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// Absent when the bucket keeps no versions.
    pub version_id: Option<String>,
    /// The entity tag, without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// S3's `LastModified`, in whole seconds.
    pub modified_at: Timestamp,
}

/// The objects that stood under a prefix at a point in time, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// One version a key.
    pub objects: Vec<ObjectVersion>,
    /// False when there were more keys, or more versions, than were looked at.
    pub complete: bool,
}

/// The object store.
pub trait Objects {
    /// The objects at `prefix` (a key, or the beginning of keys) at `as_of`: for each key the newest version that was written by then and
    /// is not a delete marker. Looks at no more than `at_most` keys.
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError>;

    /// Whether a bucket keeps versions, as `GetBucketVersioning` says: `Enabled`, `Suspended`, or nothing when it never did.
    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError>;

    /// The newest content of an object; `None` if it does not exist. Larger than `at_most` bytes is an `Invalid` error.
    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError>;

    /// The entity tag of the newest content, without quotes; `None` if there is no object. Another content has another tag.
    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError>;

    /// The content of this version; `None` when it no longer exists. Content larger than `at_most` bytes is an `Invalid` error.
    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError>;

    /// The checksum of this version's content; `None` when the store has none, or the version no longer exists. A missing permission is a
    /// `Denied` error.
    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError>;

    /// Keeps a manifest in the system's own store, under its digest; returns its place. `None` if there is no
    /// such place. The same manifest again changes nothing.
    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError>;
}

/// Files that are too large to be held, and files that Sagewarden writes.
pub trait Files {
    /// Hands over the content of this version piece by piece, from its beginning to its end; false when it no longer exists. After an
    /// error, `take` has got a part of it.
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError>;

    /// Writes a file, and replaces an existing one.
    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError>;
}
