//! Objects, and the quarantine of rejected records, through `aws-sdk-s3`.

mod checksum;
mod listing;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStreamError;
use sagewarden_aws::port_error;
use sagewarden_events::Timestamp;
use sagewarden_govern::ports::{
    Files, Listing, ObjectVersion, Objects, PortError, PortErrorKind, Quarantine, Rejected,
};
use sagewarden_lineage::s3::Checksum;

use crate::listing::AsOf;

/// What IAM must allow for each method. Tests compare this with the roles in the template, and with the calls.
pub const ACTIONS: &[(&str, &[&str])] = &[
    ("Objects::versioning", &["s3:GetBucketVersioning"]),
    ("Objects::versions", &["s3:ListBucketVersions"]),
    ("Objects::read", READ),
    ("Objects::entity_tag", &["s3:GetObject", "s3:ListBucket"]),
    ("Objects::read_version", READ_VERSION),
    ("Objects::checksum", READ_VERSION),
    ("Objects::keep_manifest", &["s3:PutObject"]),
    ("Files::stream", READ_VERSION),
    ("Files::write", WRITE),
    ("Quarantine::keep", &["s3:PutObject"]),
];
/// If a caller may not list a bucket, S3 answers that a missing object is forbidden ("GetObject", S3 API reference). To read an object that
/// is encrypted with a customer's key, the caller needs that key.
const READ: &[&str] = &["s3:GetObject", "s3:ListBucket", "kms:Decrypt"];
const READ_VERSION: &[&str] = &["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "kms:Decrypt"];
const WRITE: &[&str] = &["s3:PutObject", "kms:GenerateDataKey"];

/// S3 with the rights of the configuration.
#[derive(Clone, Debug)]
pub struct S3Objects {
    client: Client,
    manifests: Option<String>,
}

impl S3Objects {
    /// A client with this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), manifests: None }
    }

    /// Keeps manifests in this bucket: `manifests/<sha-256>.tsv`.
    #[must_use]
    pub fn with_manifests(self, bucket: impl Into<String>) -> Self {
        Self { manifests: Some(bucket.into()), ..self }
    }

    /// Begins to read; `None` if there is no object.
    async fn open(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Option<GetObjectOutput>, PortError> {
        let call =
            self.client.get_object().bucket(bucket).key(key).set_version_id(version.map(str::to_owned));
        match call.send().await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket" | "NoSuchVersion")) => {
                Ok(None)
            }
            Err(error) => Err(port_error(reading(bucket, key), error)),
        }
    }

    async fn content(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        at_most: u64,
    ) -> Result<Option<(Vec<u8>, String)>, PortError> {
        let context = reading(bucket, key);
        let Some(answer) = self.open(bucket, key, version).await? else { return Ok(None) };
        let size = answer.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        if size > at_most {
            let message = format!("it has {size} bytes, more than {at_most}");
            return Err(PortError::new(PortErrorKind::Invalid, context, message));
        }
        let etag = entity_tag(&answer);
        match answer.body.collect().await {
            Ok(body) => Ok(Some((body.to_vec(), etag))),
            Err(error) => Err(broken_off(context, error)),
        }
    }
}

fn reading(bucket: &str, key: &str) -> String {
    format!("read `s3://{bucket}/{key}`")
}

fn entity_tag(answer: &GetObjectOutput) -> String {
    answer.e_tag().unwrap_or_default().trim_matches('"').to_owned()
}

/// The connection ended before the content did.
fn broken_off(context: String, error: ByteStreamError) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context, error.to_string()).with_source(error)
}

/// How many entries a page of `ListObjectVersions` has, and how many pages old versions and delete markers may fill beside the pages that
/// the wanted keys need.
const PAGE: usize = 1_000;
const SPARE_PAGES: usize = 9;

impl Objects for S3Objects {
    async fn versioning(&self, bucket: &str) -> Result<Option<String>, PortError> {
        match self.client.get_bucket_versioning().bucket(bucket).send().await {
            Ok(answer) => Ok(answer.status().map(|status| status.as_str().to_owned())),
            Err(error) => Err(port_error(format!("read the versioning of bucket `{bucket}`"), error)),
        }
    }

    async fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        as_of: Timestamp,
        at_most: usize,
    ) -> Result<Listing, PortError> {
        let mut found = AsOf::new(as_of);
        let mut pages = at_most.div_ceil(PAGE) + SPARE_PAGES;
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let call = self
                .client
                .list_object_versions()
                .bucket(bucket)
                .prefix(prefix)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker);
            let page = match call.send().await {
                Ok(page) => page,
                Err(error) if error.code() == Some("NoSuchBucket") => {
                    return Ok(Listing { objects: Vec::new(), complete: true });
                }
                Err(error) => {
                    let context = format!("list the versions under `s3://{bucket}/{prefix}`");
                    return Err(port_error(context, error));
                }
            };
            page.versions().iter().for_each(|version| found.version(version));
            page.delete_markers().iter().for_each(|marker| found.marker(marker));
            pages -= 1;
            let more = page.is_truncated() == Some(true);
            if !more || pages == 0 || found.count() > at_most {
                return Ok(found.listing(at_most, !more));
            }
            key_marker = page.next_key_marker;
            version_marker = page.next_version_id_marker;
        }
    }

    async fn read(&self, bucket: &str, key: &str, at_most: u64) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.content(bucket, key, None, at_most).await?.map(|(body, _)| body))
    }

    async fn read_version(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        at_most: u64,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let found = self.content(bucket, &object.key, object.version_id.as_deref(), at_most).await?;
        // If the bucket keeps no versions, the key may have another content by now.
        Ok(found.filter(|(_, etag)| *etag == object.etag).map(|(body, _)| body))
    }

    async fn entity_tag(&self, bucket: &str, key: &str) -> Result<Option<String>, PortError> {
        checksum::entity_tag(&self.client, bucket, key).await
    }

    async fn checksum(&self, bucket: &str, object: &ObjectVersion) -> Result<Option<Checksum>, PortError> {
        checksum::of(&self.client, bucket, object).await
    }

    async fn keep_manifest(&self, digest: &str, text: &str) -> Result<Option<String>, PortError> {
        let Some(bucket) = &self.manifests else { return Ok(None) };
        let key = format!("manifests/{digest}.tsv");
        let place = format!("s3://{bucket}/{key}");
        let call = self.client.put_object().bucket(bucket).key(key).content_type("text/tab-separated-values");
        // The name is the hash of the content, so an existing object is the same.
        match call.if_none_match("*").body(text.as_bytes().to_vec().into()).send().await {
            Ok(_) => Ok(Some(place)),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(Some(place)),
            Err(error) => Err(port_error(format!("keep the manifest `{place}`"), error)),
        }
    }
}

impl Files for S3Objects {
    async fn stream(
        &self,
        bucket: &str,
        object: &ObjectVersion,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, PortError> {
        let answer = self.open(bucket, &object.key, object.version_id.as_deref()).await?;
        // If the bucket keeps no versions, the key may have another content by now.
        let Some(mut answer) = answer.filter(|answer| entity_tag(answer) == object.etag) else {
            return Ok(false);
        };
        while let Some(piece) = answer.body.next().await {
            take(&piece.map_err(|error| broken_off(reading(bucket, &object.key), error))?);
        }
        Ok(true)
    }

    async fn write(&self, bucket: &str, key: &str, content_type: &str, body: &[u8]) -> Result<(), PortError> {
        let call = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        match call.body(body.to_vec().into()).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(port_error(format!("write `s3://{bucket}/{key}`"), error)),
        }
    }
}

/// A bucket that keeps rejected records: `rejected/<function>/<yyyy>/<mm>/<dd>/<message id>.json`.
#[derive(Clone, Debug)]
pub struct S3Quarantine {
    client: Client,
    bucket: String,
}

impl S3Quarantine {
    /// A client with this configuration for this bucket.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: Client::new(config), bucket: bucket.into() }
    }
}

impl Quarantine for S3Quarantine {
    async fn keep(&self, rejected: &Rejected) -> Result<(), PortError> {
        let key = quarantine_key(rejected);
        let context = format!("keep a rejected record as `s3://{}/{key}`", self.bucket);
        let body = serde_json::to_vec(rejected)
            .map_err(|error| PortError::new(PortErrorKind::Invalid, &context, error.to_string()))?;
        let call = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/json");
        call.body(body.into()).send().await.map_err(|error| port_error(context, error))?;
        Ok(())
    }
}

fn quarantine_key(rejected: &Rejected) -> String {
    let day = rejected.time.day_path();
    format!("rejected/{}/{day}/{}.json", rejected.function, rejected.message_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_records_are_filed_by_function_and_day() {
        let time = Timestamp::from_millis(1_772_442_000_000);
        let rejected = Rejected::new("record-commit", "m-1", time, "no detail", "{}");
        assert_eq!(quarantine_key(&rejected), "rejected/record-commit/2026/03/02/m-1.json");
    }
}
