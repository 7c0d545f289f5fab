//! The content of the places that a resource read and wrote: versions of objects, sets of them, and checksums from S3.

use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::observe::{DataReference, Observation};
use sagewarden_lineage::record::{MAX_MEMBERS, NEVER_FILLED, Record};
use sagewarden_lineage::rows::node::{
    CHECKSUM, CHECKSUM_ALGORITHM, CHECKSUM_SHA256, CHECKSUM_TYPE, MANIFEST,
};
use sagewarden_lineage::s3::{Checksum, ObjectSet, S3Location, VersionedObject};
use sagewarden_lineage::table::Attributes;

use crate::outcome::Failure;
use crate::ports::{Listing, ObjectVersion, Objects, PortError, PortErrorKind};

/// Objects looked at under one prefix: ten requests where the bucket holds no older versions. A dataset with more is marked as
/// incomplete and weak.
pub(crate) const MAX_OBJECTS: usize = 10_000;
/// The most objects of a set whose checksums are read, one request each; the checksum of a single object is always read.
const MAX_CHECKSUMS: usize = 10;

/// The missing permission if a listing or a read is denied, for the answer that lacks the fact.
pub(crate) const LIST: &str = "s3:ListBucketVersions is missing";
pub(crate) const READ: &str = "s3:GetObject, s3:GetObjectVersion or kms:Decrypt is missing";

/// The node of what stood at a location: one object, or the set of all objects under a prefix.
pub(crate) async fn record_versions(
    s3: &impl Objects,
    record: &mut Record,
    seen: &Observation,
    reference: &DataReference,
    kind: NodeKind,
) -> Result<Option<NodeId>, Failure> {
    let DataReference { role, location, as_of, single, .. } = reference;
    let Some(listing) = list(s3, record, seen, reference).await? else { return Ok(None) };
    let complete = listing.complete || *single;
    if !complete {
        record.gap(
            &seen.id,
            NEVER_FILLED,
            format!("{role} has more objects under `{location}` than were looked at"),
        );
    }
    if listing.objects.is_empty() {
        record.gap(&seen.id, role, format!("{role}: no object existed at `{location}` at {as_of}"));
    }
    Ok(record_objects(s3, record, kind, location, &listing.objects, complete).await?)
}

/// The node of objects: the object itself if there is exactly one, else the set of them.
pub(crate) async fn record_objects(
    s3: &impl Objects,
    record: &mut Record,
    kind: NodeKind,
    place: &S3Location,
    found: &[ObjectVersion],
    complete: bool,
) -> Result<Option<NodeId>, PortError> {
    let objects: Vec<VersionedObject> = found.iter().map(versioned).collect();
    Ok(match objects.as_slice() {
        [] => None,
        [object] if complete => {
            let id = record.object(kind, &place.bucket, object);
            add_checksums(s3, record, kind, &place.bucket, found).await?;
            Some(id)
        }
        objects => {
            let set = ObjectSet { bucket: &place.bucket, prefix: &place.key, objects, complete };
            Some(record_set(s3, record, &set, found).await?)
        }
    })
}

/// The relevant objects at a location; `None` when they cannot be listed, which is recorded.
pub(crate) async fn list(
    s3: &impl Objects,
    record: &mut Record,
    seen: &Observation,
    reference: &DataReference,
) -> Result<Option<Listing>, Failure> {
    let DataReference { role, location, as_of, since, single, .. } = reference;
    let listed = s3.versions(&location.bucket, &location.key, *as_of, MAX_OBJECTS).await;
    let mut listing = match listed {
        Ok(listing) => listing,
        // Somebody else's bucket, such as AWS's sample data: the rest of the job is recorded all the same.
        Err(error) if !error.is_transient() => {
            let why = match error.kind() {
                PortErrorKind::Denied => format!("denied, {LIST}"),
                kind => kind.word().to_owned(),
            };
            let what = format!("{role}: the objects at `{location}` cannot be listed: {why}");
            record.gap(&seen.id, role, what);
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    // S3 gives times in whole seconds: an object written in the second of the start counts as written after it.
    let from = since.map_or(i64::MIN, |time| time.millis() / 1000 * 1000);
    listing
        .objects
        .retain(|object| object.modified_at.millis() >= from && (!single || object.key == location.key));
    Ok(Some(listing))
}

/// All objects under a prefix. The members of a large set are in a manifest, whose digest is the identity.
async fn record_set(
    s3: &impl Objects,
    record: &mut Record,
    set: &ObjectSet<'_>,
    objects: &[ObjectVersion],
) -> Result<NodeId, PortError> {
    let id = record.object_set(set);
    if set.objects.len() > MAX_MEMBERS {
        if let Some(place) = s3.keep_manifest(&set.digest(), &set.manifest()).await? {
            record.facts(&id, Attributes::from([(MANIFEST.into(), place.into())]));
        }
    } else if objects.len() <= MAX_CHECKSUMS {
        add_checksums(s3, record, NodeKind::Dataset, set.bucket, objects).await?;
    }
    Ok(id)
}

/// The checksums of objects. If the permission is missing, only the checksum is missing.
pub(crate) async fn add_checksums(
    s3: &impl Objects,
    record: &mut Record,
    kind: NodeKind,
    bucket: &str,
    objects: &[ObjectVersion],
) -> Result<(), PortError> {
    for object in objects {
        match s3.checksum(bucket, object).await {
            Ok(Some(checksum)) => {
                let version = versioned(object).version();
                let id = match kind {
                    NodeKind::Artifact => NodeId::artifact(bucket, &object.key, &version),
                    _ => NodeId::dataset(bucket, &object.key, &version),
                };
                record.facts(&id, checksum_facts(&checksum));
            }
            Ok(None) => {}
            Err(error) if !error.is_transient() => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn checksum_facts(checksum: &Checksum) -> Attributes {
    let kind = if checksum.composite { "COMPOSITE" } else { "FULL_OBJECT" };
    let (name, value) = match checksum.sha256() {
        Some(digest) => (CHECKSUM_SHA256, digest),
        None => (CHECKSUM, format!("{} {}", checksum.algorithm, checksum.value)),
    };
    Attributes::from([
        (CHECKSUM_ALGORITHM.into(), checksum.algorithm.clone().into()),
        (CHECKSUM_TYPE.into(), kind.into()),
        (name.into(), value.into()),
    ])
}

/// A version of an object as identities name it.
pub(crate) fn versioned(object: &ObjectVersion) -> VersionedObject {
    let ObjectVersion { key, version_id, etag, size, modified_at } = object.clone();
    VersionedObject { key, version_id, etag, size, modified_at }
}
