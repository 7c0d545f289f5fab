//! Computes from `ListObjectVersions` which objects were under a prefix at a point in time.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion as Entry};
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Listing, ObjectVersion};

/// Collects, for each key, its newest entry that is not later than the given time.
pub(crate) struct AsOf {
    /// In whole seconds, as S3 gives times. So an object that was written within the second of the question counts.
    until: i64,
    keys: BTreeMap<String, Newest>,
}

struct Newest {
    modified: i64,
    /// Decides between a version and a marker of the same second.
    latest: bool,
    /// `None` for a delete marker.
    object: Option<ObjectVersion>,
}

impl AsOf {
    pub(crate) fn new(as_of: Timestamp) -> Self {
        Self { until: as_of.millis().div_euclid(1000), keys: BTreeMap::new() }
    }

    pub(crate) fn version(&mut self, entry: &Entry) {
        let (Some(key), Some(modified)) = (entry.key(), entry.last_modified().map(DateTime::secs)) else {
            return;
        };
        let object = ObjectVersion {
            key: key.to_owned(),
            // The id of the only version in a bucket that keeps no versions.
            version_id: entry.version_id().filter(|id| *id != "null").map(str::to_owned),
            etag: entry.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
            size: entry.size().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            modified_at: Timestamp::from_millis(modified * 1000),
        };
        self.add(key, Newest { modified, latest: entry.is_latest() == Some(true), object: Some(object) });
    }

    pub(crate) fn marker(&mut self, entry: &DeleteMarkerEntry) {
        let (Some(key), Some(modified)) = (entry.key(), entry.last_modified().map(DateTime::secs)) else {
            return;
        };
        self.add(key, Newest { modified, latest: entry.is_latest() == Some(true), object: None });
    }

    /// Entries of a key come newest first. So if two have the same second, the one that comes first stays.
    fn add(&mut self, key: &str, entry: Newest) {
        if entry.modified > self.until {
            return;
        }
        match self.keys.get(key) {
            Some(held) if (held.modified, held.latest) >= (entry.modified, entry.latest) => {}
            _ => {
                self.keys.insert(key.to_owned(), entry);
            }
        }
    }

    /// Keys that held an object.
    pub(crate) fn count(&self) -> usize {
        self.keys.values().filter(|entry| entry.object.is_some()).count()
    }

    pub(crate) fn listing(self, at_most: usize, all_seen: bool) -> Listing {
        let mut objects: Vec<ObjectVersion> =
            self.keys.into_values().filter_map(|entry| entry.object).collect();
        let complete = all_seen && objects.len() <= at_most;
        objects.truncate(at_most);
        Listing { objects, complete }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(key: &str, id: &str, seconds: i64, latest: bool) -> Entry {
        let entry = Entry::builder().key(key).version_id(id).e_tag("\"e\"").size(1).is_latest(latest);
        entry.last_modified(DateTime::from_secs(seconds)).build()
    }

    fn marker(key: &str, seconds: i64, latest: bool) -> DeleteMarkerEntry {
        let entry = DeleteMarkerEntry::builder().key(key).is_latest(latest);
        entry.last_modified(DateTime::from_secs(seconds)).build()
    }

    fn ids(found: AsOf) -> Vec<Option<String>> {
        found.listing(10, true).objects.into_iter().map(|object| object.version_id).collect()
    }

    #[test]
    fn the_newest_version_that_is_not_later_counts() {
        let mut found = AsOf::new(Timestamp::from_millis(20_900));
        for entry in [version("a", "3", 21, true), version("a", "2", 20, false), version("a", "1", 10, false)]
        {
            found.version(&entry);
        }
        assert_eq!(ids(found), [Some("2".to_owned())]);
    }

    #[test]
    fn a_deleted_object_is_not_there_until_it_comes_back() {
        let mut found = AsOf::new(Timestamp::from_millis(20_000));
        found.version(&version("a", "1", 10, false));
        found.marker(&marker("a", 15, true));
        found.version(&version("b", "2", 16, true));
        found.marker(&marker("b", 15, false));
        assert_eq!(ids(found), [Some("2".to_owned())]);
    }

    #[test]
    fn within_one_second_the_latest_entry_decides() {
        let mut found = AsOf::new(Timestamp::from_millis(20_000));
        found.version(&version("a", "1", 15, false));
        found.marker(&marker("a", 15, true));
        found.marker(&marker("b", 15, false));
        found.version(&version("b", "2", 15, true));
        assert_eq!(ids(found), [Some("2".to_owned())]);
    }

    #[test]
    fn a_bucket_without_versions_has_no_version_ids() {
        let mut found = AsOf::new(Timestamp::from_millis(20_000));
        found.version(&version("a", "null", 15, true));
        let object = found.listing(10, true).objects.remove(0);
        assert_eq!((object.version_id, object.etag.as_str()), (None, "e"));
    }

    #[test]
    fn more_keys_than_asked_for_make_the_listing_incomplete() {
        let mut found = AsOf::new(Timestamp::from_millis(20_000));
        found.version(&version("a", "1", 15, true));
        found.version(&version("b", "2", 15, true));
        let listing = found.listing(1, true);
        assert_eq!((listing.objects.len(), listing.complete), (1, false));
    }
}
