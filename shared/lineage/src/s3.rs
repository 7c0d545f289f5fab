//! S3 locations and the versions of their objects.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// One object version, with the facts that the lineage needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionedObject {
    /// Its key.
    pub key: String,
    /// Absent if the bucket keeps no versions. The content may then be gone, and the identity is weak.
    pub version_id: Option<String>,
    /// The entity tag. It is a change mark, not a hash of the content.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified_at: Timestamp,
}

impl VersionedObject {
    /// The version in identities: the version id, else entity tag and time.
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

/// S3's checksum of the content of a version. S3 computed it when the object was written; Sagewarden computes nothing. An entity tag is not
/// a checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Such as `SHA256` or `CRC64NVME`.
    pub algorithm: String,
    /// In base64, as S3 has it. A composite checksum ends in a dash and the number of parts.
    pub value: String,
    /// Whether it covers the checksums of the parts, and not the content.
    pub composite: bool,
}

impl Checksum {
    /// The SHA-256 of the whole content in lower-case hexadecimal, if this checksum is one.
    #[must_use]
    pub fn sha256(&self) -> Option<String> {
        if self.algorithm != "SHA256" || self.composite {
            return None;
        }
        let bytes = STANDARD.decode(&self.value).ok().filter(|bytes| bytes.len() == 32)?;
        Some(hex(&bytes))
    }
}

/// The objects under a prefix, at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSet<'a> {
    /// Their bucket.
    pub bucket: &'a str,
    /// The prefix in the question.
    pub prefix: &'a str,
    /// One version for each key.
    pub objects: &'a [VersionedObject],
    /// False if there were more objects than were read.
    pub complete: bool,
}

impl ObjectSet<'_> {
    /// The sorted lines `s3://<bucket>/<key>`, version and size, with tabs between; If a set is incomplete, its first line says so, so that
    /// its digest differs from the digest of a complete set. Two listings with the same objects always have the same
    /// manifest.
    #[must_use]
    pub fn manifest(&self) -> String {
        let mut lines: Vec<String> = self
            .objects
            .iter()
            .map(|object| {
                format!("s3://{}/{}\t{}\t{}\n", self.bucket, object.key, object.version(), object.size)
            })
            .collect();
        lines.sort();
        let cut = if self.complete { String::new() } else { format!("# {}\n", self.cut()) };
        cut + &lines.concat()
    }

    /// The SHA-256 of the manifest: the identity of the set.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.manifest()))
    }

    /// Why the identity is weak, if it is.
    #[must_use]
    pub fn weakness(&self) -> Option<String> {
        let cut = (!self.complete).then(|| self.cut());
        let unversioned = self.objects.iter().find_map(VersionedObject::weakness).map(str::to_owned);
        let reasons: Vec<String> = cut.into_iter().chain(unversioned).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    fn cut(&self) -> String {
        format!("only the first {} of more objects were looked at", self.objects.len())
    }
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
        let set = |objects: &[VersionedObject], complete: bool| {
            ObjectSet { bucket: "b", prefix: "", objects, complete }.digest()
        };
        let forward = set(&[object("a"), object("c")], true);
        assert_eq!(forward, set(&[object("c"), object("a")], true));
        assert_ne!(forward, set(&[object("a")], true));
        assert_ne!(forward, set(&[object("a"), object("c")], false), "what is cut is no whole set");
    }

    #[test]
    fn the_manifest_is_what_is_hashed_and_says_when_it_is_cut() {
        let objects = [VersionedObject {
            key: "k".into(),
            version_id: None,
            etag: "e".into(),
            size: 7,
            modified_at: Timestamp::from_millis(5),
        }];
        let mut set = ObjectSet { bucket: "b", prefix: "", objects: &objects, complete: true };
        assert_eq!(set.manifest(), "s3://b/k\tetag:e:5\t7\n");
        assert_eq!(set.digest(), hex(&Sha256::digest(set.manifest())));
        assert_eq!(set.weakness().as_deref(), Some("the bucket keeps no versions"));
        set.complete = false;
        let cut = "only the first 1 of more objects were looked at";
        assert_eq!(set.manifest(), format!("# {cut}\ns3://b/k\tetag:e:5\t7\n"));
        assert_eq!(set.weakness(), Some(format!("{cut}; the bucket keeps no versions")));
    }

    #[test]
    fn only_a_sha256_of_the_whole_object_is_a_hash_of_it() {
        let check = |algorithm: &str, value: &str, composite: bool, expect: Option<&str>| {
            let checksum = Checksum { algorithm: algorithm.into(), value: value.into(), composite };
            assert_eq!(checksum.sha256().as_deref(), expect, "{checksum:?}");
        };
        // The SHA-256 of the empty text.
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        check("SHA256", empty, false, Some(hash));
        check("SHA256", empty, true, None);
        check("SHA256", &format!("{empty}-2"), true, None);
        check("SHA1", empty, false, None);
        check("SHA256", "no base64", false, None);
    }

    #[test]
    fn a_location_is_written_as_it_is_read() {
        for uri in ["s3://b/k/l", "s3://b/"] {
            assert_eq!(S3Location::parse(uri).unwrap().to_string(), uri);
        }
    }

    #[test]
    fn a_version_is_its_id_or_its_entity_tag_with_the_time() {
        let object = |version_id: Option<&str>| VersionedObject {
            key: "k".into(),
            version_id: version_id.map(str::to_owned),
            etag: "e".into(),
            size: 1,
            modified_at: Timestamp::from_millis(5),
        };
        let [versioned, weak] = [object(Some("v")), object(None)];
        assert_eq!((versioned.version().as_str(), versioned.weakness()), ("v", None));
        assert_eq!(
            (weak.version().as_str(), weak.weakness()),
            ("etag:e:5", Some("the bucket keeps no versions"))
        );
        let set = |objects: &[VersionedObject]| {
            ObjectSet { bucket: "b", prefix: "", objects, complete: true }.weakness()
        };
        assert_eq!((set(std::slice::from_ref(&versioned)), set(&[versioned, weak]).is_some()), (None, true));
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
