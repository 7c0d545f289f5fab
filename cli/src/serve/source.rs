//! What the pages read: a store on this machine, or the table and the evidence of a deployed stack.

use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{
    Claim, Claimed, Listing, ObjectVersion, Objects, PortError, PortErrorKind, Table,
};
use sagewarden_lineage::table::{Attributes, Item, Key, Page, Query, Write};
use sagewarden_local::{SimulatedAccount, Store};

#[cfg(feature = "aws")]
use crate::serve::remote::Remote;

/// The rows of lineage and verdicts. Nobody writes through it.
#[derive(Debug)]
pub(crate) enum ReadTable {
    Local(Store),
    #[cfg(feature = "aws")]
    Stack(Remote<sagewarden_dynamodb::DynamoTable>),
}

/// The evidence of monitoring.
#[derive(Debug)]
pub(crate) enum Evidence {
    /// The buckets of a store.
    Local(SimulatedAccount),
    #[cfg(feature = "aws")]
    Stack(Remote<sagewarden_s3::S3Objects>),
}

impl ReadTable {
    /// The store on this machine, if it is one. Only such a store can be looked through: reading a whole table of DynamoDB costs money.
    pub(crate) fn store(&self) -> Option<&Store> {
        match self {
            Self::Local(store) => Some(store),
            #[cfg(feature = "aws")]
            Self::Stack(_) => None,
        }
    }
}

impl Table for ReadTable {
    async fn write(&self, _: &[Write]) -> Result<(), PortError> {
        Err(read_only())
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Item>, PortError> {
        match self {
            Self::Local(store) => store.get(keys).await,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let keys = keys.to_vec();
                remote.call(|table| async move { table.get(&keys).await }).await
            }
        }
    }

    async fn query(&self, query: &Query) -> Result<Page, PortError> {
        match self {
            Self::Local(store) => store.query(query).await,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let query = query.clone();
                remote.call(|table| async move { table.query(&query).await }).await
            }
        }
    }

    async fn claim(&self, _: &Claim) -> Result<Claimed, PortError> {
        Err(read_only())
    }

    async fn settle(&self, _: &Claim, _: Attributes) -> Result<(), PortError> {
        Err(read_only())
    }

    async fn release(&self, _: &Claim) -> Result<(), PortError> {
        Err(read_only())
    }
}

fn read_only() -> PortError {
    PortError::new(PortErrorKind::Invalid, "write to the lineage table", "pages only read")
}

impl Evidence {
    /// The objects below a prefix as of a time; no more than `at_most` keys are looked at.
    pub(crate) async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        match self {
            Self::Local(objects) => objects.versions(bucket, prefix, as_of, at_most).await,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
                let list = |objects: sagewarden_s3::S3Objects| async move {
                    objects.versions(&bucket, &prefix, as_of, at_most).await
                };
                remote.call(list).await
            }
        }
    }

    /// The content of a version of an object.
    pub(crate) async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        match self {
            Self::Local(objects) => objects.read_version(bucket, object, at_most).await,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let (bucket, object) = (bucket.to_owned(), object.clone());
                let read = |objects: sagewarden_s3::S3Objects| async move {
                    objects.read_version(&bucket, &object, at_most).await
                };
                remote.call(read).await
            }
        }
    }

    /// The newest content of an object.
    pub(crate) async fn read(
        &self,
        bucket: &str,
        key: &str,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        match self {
            Self::Local(objects) => objects.read(bucket, key, at_most).await,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let (bucket, key) = (bucket.to_owned(), key.to_owned());
                let read = |objects: sagewarden_s3::S3Objects| async move {
                    objects.read(&bucket, &key, at_most).await
                };
                remote.call(read).await
            }
        }
    }

    /// Whether there is an object.
    pub(crate) async fn has(&self, bucket: &str, key: &str) -> Result<bool, PortError> {
        let tag = match self {
            Self::Local(objects) => objects.entity_tag(bucket, key).await?,
            #[cfg(feature = "aws")]
            Self::Stack(remote) => {
                let (bucket, key) = (bucket.to_owned(), key.to_owned());
                let tag = |objects: sagewarden_s3::S3Objects| async move {
                    objects.entity_tag(&bucket, &key).await
                };
                remote.call(tag).await?
            }
        };
        Ok(tag.is_some())
    }
}
