//! The objects of the simulated account behind something that counts what is asked, or refuses it.

use std::rc::Rc;

use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{Files, Listing, ObjectVersion, Objects, PortError};
use sagewarden_lineage::s3::Checksum;
use sagewarden_local::{SimulatedAccount, System};

/// What is asked before the account is.
pub trait Guard {
    /// Somebody lists versions.
    ///
    /// # Errors
    /// What is answered instead.
    fn list(&self, bucket: &str) -> Result<(), PortError> {
        let _ = bucket;
        Ok(())
    }

    /// Somebody reads an object's newest content, or the content of a version piece by piece.
    ///
    /// # Errors
    /// What is answered instead.
    fn read(&self, bucket: &str, key: &str) -> Result<(), PortError> {
        let _ = (bucket, key);
        Ok(())
    }
}

/// The account's objects, but for what the guard has to say. Its clones have one guard.
#[derive(Debug)]
pub struct Guarded<G> {
    /// Holds the objects.
    pub account: SimulatedAccount,
    /// Is asked first.
    pub guard: Rc<G>,
}

impl<G> Clone for Guarded<G> {
    fn clone(&self) -> Self {
        Self { account: self.account.clone(), guard: Rc::clone(&self.guard) }
    }
}

impl<G> Guarded<G> {
    /// The objects of a system behind a guard.
    pub fn new(system: &System, guard: G) -> Self {
        Self { account: system.account.clone(), guard: Rc::new(guard) }
    }
}

impl<G: Guard> Objects for Guarded<G> {
    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        self.guard.list(bucket)?;
        self.account.versions(bucket, prefix, as_of, at_most).await
    }

    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        self.account.versioning(bucket).await
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        self.guard.read(bucket, key)?;
        self.account.read(bucket, key, at_most).await
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.account.read_version(bucket, object, at_most).await
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        self.account.checksum(bucket, object).await
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        self.account.keep_manifest(digest, text).await
    }
}

impl<G: Guard> Files for Guarded<G> {
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError> {
        self.guard.read(bucket, &object.key)?;
        self.account.stream(bucket, object, take).await
    }

    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError> {
        self.account.write(bucket, key, content_type, body).await
    }
}
