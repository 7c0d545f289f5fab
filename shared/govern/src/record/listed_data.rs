//! Data that a job gets through a manifest: the job reads the objects in the manifest's list.

use sagewarden_events::Timestamp;
use sagewarden_lineage::edge::{InEdge, Relation};
use sagewarden_lineage::id::{NodeId, NodeKind};
use sagewarden_lineage::manifest::{ListedObjects, ManifestKind};
use sagewarden_lineage::observe::{DataReference, Observation};
use sagewarden_lineage::record::{NEVER_FILLED, Record};
use sagewarden_lineage::s3::S3Location;

use crate::outcome::Failure;
use crate::ports::{ObjectVersion, Objects, PortError, PortErrorKind};
use crate::record::data_versions::{MAX_OBJECTS, add_checksums, list, record_objects, versioned};

/// A manifest of a hundred thousand keys has about this size.
const MAX_MANIFEST: u64 = 8_000_000;
/// The most objects that are asked for one by one, if their folder has too many other objects to list.
const MAX_SINGLE: usize = 50;
/// Objects whose keys begin with another's.
const NEIGHBOURS: usize = 10;

/// One of the rights needed to read the list, or to look for its objects.
const DENIED: &str =
    "denied, s3:GetObject, s3:GetObjectVersion, s3:ListBucketVersions or kms:Decrypt is missing";

/// Why the objects of a manifest are not known, in words that are the same each time.
type Unknown = &'static str;

/// The node of the objects in a manifest, in place of the data of a prefix; the manifest itself is an input of its own.
/// If the list cannot be read, only the manifest is known, and a gap says so.
pub(crate) async fn listed_data(
    s3: &impl Objects,
    record: &mut Record,
    seen: &Observation,
    input: &DataReference,
    kind: ManifestKind,
) -> Result<Option<NodeId>, Failure> {
    let DataReference { role, location, as_of, .. } = input;
    let Some(listing) = list(s3, record, seen, input).await? else { return Ok(None) };
    let Some(manifest) = listing.objects.into_iter().next() else {
        record.gap(&seen.id, role, format!("{role}: no manifest existed at `{location}` at {as_of}"));
        return Ok(None);
    };
    let id = record.object(NodeKind::Dataset, &location.bucket, &versioned(&manifest));
    add_checksums(s3, record, NodeKind::Dataset, &location.bucket, std::slice::from_ref(&manifest)).await?;
    record.edge(&seen.id, &InEdge::new(Relation::ContributedTo, manifest_role(role), id));
    let listed = match listed_objects(s3, &location.bucket, &manifest, kind, *as_of).await? {
        Ok(listed) => listed,
        Err(why) => {
            let what = format!("{role}: the objects that `{location}` lists are not known: {why}");
            // Not the manifest in their place: it may be readable the next time, and an edge is for ever.
            record.gap(&seen.id, role, what);
            return Ok(None);
        }
    };
    let (ListedObjects { bucket, keys }, found) = listed;
    if found.len() < keys.len() {
        let what = format!(
            "{role}: {} of {} objects that `{location}` lists did not exist at {as_of}",
            keys.len() - found.len(),
            keys.len()
        );
        record.gap(&seen.id, NEVER_FILLED, what);
    }
    let place = S3Location { bucket, key: String::new() };
    Ok(record_objects(s3, record, NodeKind::Dataset, &place, &found, true).await?)
}

/// The objects in a manifest, with their versions at a time.
async fn listed_objects(
    s3: &impl Objects,
    bucket: &str,
    manifest: &ObjectVersion,
    kind: ManifestKind,
    as_of: Timestamp,
) -> Result<Result<(ListedObjects, Vec<ObjectVersion>), Unknown>, PortError> {
    let text = match s3.read_version(bucket, manifest, MAX_MANIFEST).await {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(Err("the manifest is gone")),
        Err(error) => return unknown(error),
    };
    let listed = match kind.read(&text) {
        Ok(listed) => listed,
        Err(why) => return Ok(Err(why)),
    };
    // One listing finds many objects; where too many others stand beside them, a few are asked for by name.
    let prefix = common_beginning(&listed);
    let beside = match s3.versions(&listed.bucket, &prefix, as_of, MAX_OBJECTS).await {
        Ok(listing) => listing,
        Err(error) => return unknown(error),
    };
    let mut found = beside.objects;
    if !beside.complete && listed.keys.len() > MAX_SINGLE {
        return Ok(Err("there are too many objects beside them"));
    }
    if !beside.complete {
        found.clear();
        for key in &listed.keys {
            match s3.versions(&listed.bucket, key, as_of, NEIGHBOURS).await {
                Ok(listing) => found.extend(listing.objects.into_iter().filter(|one| one.key == *key)),
                Err(error) => return unknown(error),
            }
        }
    }
    found.retain(|object| listed.keys.contains(&object.key));
    Ok(if found.is_empty() { Err("none of them existed then") } else { Ok((listed, found)) })
}

/// The role of the manifest itself, beside the role of the data.
fn manifest_role(role: &str) -> String {
    format!("manifest/{role}")
}

fn unknown<T>(error: PortError) -> Result<Result<T, Unknown>, PortError> {
    match error.kind() {
        _ if error.is_transient() => Err(error),
        PortErrorKind::Denied => Ok(Err(DENIED)),
        PortErrorKind::Invalid => Ok(Err("it is too large")),
        _ => Ok(Err("refused")),
    }
}

/// The common beginning of all keys.
fn common_beginning(listed: &ListedObjects) -> String {
    // The first and the last in order differ the soonest.
    let ends = listed.keys.first().zip(listed.keys.last());
    let same = |(first, last): (&String, &String)| {
        let pairs = first.chars().zip(last.chars());
        pairs.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    };
    ends.map(same).unwrap_or_default()
}
