//! Versioned objects of the simulated account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{OptionalExtension, Row, params};
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Files, Listing, ObjectVersion, Objects, PortError, PortErrorKind};
use sagewarden_lineage::s3::{Checksum, hex};
use sha2::{Digest, Sha256};

use crate::account::SimulatedAccount;
use crate::store::port_error;

impl SimulatedAccount {
    /// Makes a bucket. A bucket that was not made with this keeps versions.
    ///
    /// # Errors
    /// If the store fails.
    pub fn create_bucket(&self, name: &str, versioned: bool) -> Result<(), PortError> {
        self.store
            .execute(
                "INSERT OR REPLACE INTO buckets (name, versioned) VALUES (?1, ?2)",
                params![name, versioned],
            )
            .map_err(|error| port_error("make a bucket", error))?;
        Ok(())
    }

    /// Writes an object and sends its event. Returns its version id, if the bucket keeps versions.
    ///
    /// # Errors
    /// If the store fails.
    pub fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<String>, PortError> {
        let digest = hex(&Sha256::digest(body));
        // An entity tag has 32 digits, as in S3. Only S3 knows how to compute its value.
        let etag: String = digest.chars().take(32).collect();
        let version = self.insert_object(bucket, key, Some((body, &etag)), now)?;
        self.announce_object(bucket, key, body.len(), &etag, version.as_deref(), now)?;
        Ok(version)
    }

    /// Deletes an object: adds a delete marker if the bucket keeps versions, otherwise removes the object itself.
    ///
    /// # Errors
    /// If the store fails.
    pub fn delete_object(&self, bucket: &str, key: &str, now: Timestamp) -> Result<(), PortError> {
        self.insert_object(bucket, key, None, now)?;
        Ok(())
    }

    /// Every version of the objects under a prefix, the newest of each key first, and whether it is a delete marker: what
    /// `ListObjectVersions` lists.
    ///
    /// # Errors
    /// If the store fails.
    pub fn history(&self, bucket: &str, prefix: &str) -> Result<Vec<(ObjectVersion, bool)>, PortError> {
        let connection = self.store.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT key, version_id, etag, length(body), modified, body IS NULL FROM objects \
                 WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key, seq DESC",
            )?;
            statement.query_map(params![bucket, prefix], version)?.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|error| port_error("list versions of objects", error))
    }

    fn insert_object(
        &self,
        bucket: &str,
        key: &str,
        content: Option<(&[u8], &str)>,
        now: Timestamp,
    ) -> Result<Option<String>, PortError> {
        let connection = self.store.lock();
        let insert = || {
            let versioned: Option<bool> = connection
                .query_row("SELECT versioned FROM buckets WHERE name = ?1", params![bucket], |row| row.get(0))
                .optional()?;
            let version = versioned.unwrap_or(true).then(|| {
                let seed = format!("{bucket}/{key}/{}/{:?}", now.millis(), content.map(|(_, etag)| etag));
                hex(&Sha256::digest(seed)).chars().take(32).collect::<String>()
            });
            if version.is_none() {
                connection
                    .execute("DELETE FROM objects WHERE bucket = ?1 AND key = ?2", params![bucket, key])?;
            }
            let (body, etag) = content.unzip();
            connection.execute(
                "INSERT INTO objects (bucket, key, version_id, etag, modified, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![bucket, key, version, etag.unwrap_or_default(), now.millis(), body],
            )?;
            Ok(version)
        };
        insert().map_err(|error| port_error("write an object", error))
    }
}

fn within(
    at_most: u64,
    bucket: &str,
    key: &str,
    body: Option<Vec<u8>>,
) -> Result<Option<Vec<u8>>, PortError> {
    let size = body.as_ref().map_or(0, Vec::len);
    if u64::try_from(size).is_ok_and(|size| size <= at_most) {
        return Ok(body);
    }
    let message = format!("it has {size} bytes, more than {at_most}");
    Err(PortError::new(PortErrorKind::Invalid, format!("read `s3://{bucket}/{key}`"), message))
}

/// A version, and whether it is a delete marker.
fn version(row: &Row<'_>) -> rusqlite::Result<(ObjectVersion, bool)> {
    let millis: i64 = row.get(4)?;
    let size: Option<i64> = row.get(3)?;
    let object = ObjectVersion {
        key: row.get(0)?,
        version_id: row.get(1)?,
        etag: row.get(2)?,
        size: u64::try_from(size.unwrap_or_default()).unwrap_or_default(),
        modified_at: Timestamp::from_millis(millis.div_euclid(1000) * 1000),
    };
    Ok((object, row.get(5)?))
}

impl Objects for SimulatedAccount {
    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        let versioned: Option<bool> = self
            .store
            .row("SELECT versioned FROM buckets WHERE name = ?1", params![bucket], |row| row.get(0))
            .map_err(|error| port_error("read a bucket", error))?;
        Ok(versioned.unwrap_or(true).then(|| "Enabled".to_owned()))
    }

    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        // S3 gives times in whole seconds, so an object that was written within the second of the question counts.
        let until = as_of.millis().div_euclid(1000) * 1000 + 999;
        let connection = self.store.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT key, version_id, etag, length(body), modified, body IS NULL FROM objects AS o \
                 WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 AND modified <= ?3 AND seq = \
                 (SELECT max(seq) FROM objects WHERE bucket = o.bucket AND key = o.key AND modified <= ?3) ORDER BY key",
            )?;
            let rows = statement.query_map(params![bucket, prefix, until], version)?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        let found = read().map_err(|error| port_error("list objects", error))?;
        let mut objects: Vec<ObjectVersion> =
            found.into_iter().filter(|(_, deleted)| !deleted).map(|(object, _)| object).collect();
        let complete = objects.len() <= at_most;
        objects.truncate(at_most);
        Ok(Listing { objects, complete })
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        let body: Option<Option<Vec<u8>>> = self
            .store
            .row(
                "SELECT body FROM objects WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1",
                params![bucket, key],
                |row| row.get(0),
            )
            .map_err(|error| port_error("read an object", error))?;
        within(at_most, bucket, key, body.flatten())
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        within(at_most, bucket, &object.key, self.body_of(bucket, object)?)
    }

    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError> {
        let newest = "SELECT iif(body IS NULL, NULL, etag) FROM objects WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1";
        let tag: Option<Option<String>> = self
            .store
            .row(newest, params![bucket, key], |row| row.get(0))
            .map_err(|error| port_error("read an entity tag", error))?;
        Ok(tag.flatten())
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        // Every write asks for a SHA-256, as `put_object` does with `ChecksumAlgorithm`.
        Ok(self.body_of(bucket, object)?.map(|body| Checksum {
            algorithm: "SHA256".to_owned(),
            value: STANDARD.encode(Sha256::digest(body)),
            composite: false,
        }))
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        self.store
            .execute("INSERT OR IGNORE INTO manifests (digest, text) VALUES (?1, ?2)", params![digest, text])
            .map_err(|error| port_error("keep a manifest", error))?;
        Ok(Some(format!("manifests/{digest}.tsv")))
    }
}

impl Files for SimulatedAccount {
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError> {
        /// In pieces, as from a network: code that reads files must not rely on whole lines.
        const PIECE: usize = 4_099;
        let Some(body) = self.body_of(bucket, object)? else { return Ok(false) };
        body.chunks(PIECE).for_each(take);
        Ok(true)
    }

    async fn write(&self, bucket: &str, key: &str, _: &str, body: &[u8]) -> Result<(), PortError> {
        self.put_object(bucket, key, body, self.newest_object()?)?;
        Ok(())
    }
}

impl SimulatedAccount {
    /// A stored manifest.
    ///
    /// # Errors
    /// If the store fails.
    pub fn manifest(&self, digest: &str) -> Result<Option<String>, PortError> {
        self.store
            .row("SELECT text FROM manifests WHERE digest = ?1", params![digest], |row| row.get(0))
            .map_err(|error| port_error("read a manifest", error))
    }

    /// The account has no clock. A function that writes an object reacts to the newest object, so the time of that object counts.
    fn newest_object(&self) -> Result<Timestamp, PortError> {
        let newest: Option<Option<i64>> = self
            .store
            .row("SELECT max(modified) FROM objects", [], |row| row.get(0))
            .map_err(|error| port_error("read the newest object", error))?;
        Ok(Timestamp::from_millis(newest.flatten().unwrap_or_default()))
    }

    fn body_of(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Vec<u8>>, PortError> {
        let body: Option<Option<Vec<u8>>> = self
            .store
            .row(
                "SELECT body FROM objects WHERE bucket = ?1 AND key = ?2 AND version_id IS ?3 AND etag = ?4",
                params![bucket, object.key, object.version_id, object.etag],
                |row| row.get(0),
            )
            .map_err(|error| port_error("read an object", error))?;
        Ok(body.flatten())
    }
}
