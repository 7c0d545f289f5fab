//! The checksums that S3 keeps of an object ("Checking object integrity in Amazon S3", user guide). `HeadObject` answers them with
//! the permission that reading needs; `GetObjectAttributes` would need more.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::types::{ChecksumMode, ChecksumType};
use sagewarden_aws::port_error;
use sagewarden_govern::ports::{ObjectVersion, PortError, PortErrorKind};
use sagewarden_lineage::s3::Checksum;

pub(crate) async fn of(
    client: &Client,
    bucket: &str,
    object: &ObjectVersion,
) -> Result<Option<Checksum>, PortError> {
    let context = format!("read the checksum of `s3://{bucket}/{}`", object.key);
    let call = client
        .head_object()
        .bucket(bucket)
        .key(&object.key)
        .set_version_id(object.version_id.clone())
        .checksum_mode(ChecksumMode::Enabled);
    match call.send().await {
        // If the bucket keeps no versions, the key may have another content by now.
        Ok(answer) if answer.e_tag().unwrap_or_default().trim_matches('"') == object.etag => {
            Ok(read(&answer))
        }
        Ok(_) => Ok(None),
        Err(error) => {
            let of = (object.key.as_str(), object.version_id.as_deref());
            absent(client, bucket, of, context, error).await
        }
    }
}

/// The entity tag of the newest content.
pub(crate) async fn entity_tag(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<Option<String>, PortError> {
    match client.head_object().bucket(bucket).key(key).send().await {
        Ok(answer) => Ok(answer.e_tag().map(|tag| tag.trim_matches('"').to_owned())),
        Err(error) => {
            let context = format!("read the entity tag of `s3://{bucket}/{key}`");
            absent(client, bucket, (key, None), context, error).await
        }
    }
}

/// The answer to `HEAD` has no body, and therefore no error code. It has only the status.
async fn absent<T>(
    client: &Client,
    bucket: &str,
    (key, version): (&str, Option<&str>),
    context: String,
    error: SdkError<HeadObjectError>,
) -> Result<Option<T>, PortError> {
    match status(&error) {
        Some(404 | 405) => Ok(None),
        Some(403) => Err(PortError::new(PortErrorKind::Denied, context, "access denied").with_source(error)),
        Some(400) => Err(reason(client, bucket, (key, version), context).await),
        _ => Err(port_error(context, error)),
    }
}

/// Finds out why S3 refused `HEAD` as a bad request: the token has expired, or the reader must send the key of the object. `GET` needs the
/// same permission and answers with the code, so this asks for the first byte.
async fn reason(
    client: &Client,
    bucket: &str,
    (key, version): (&str, Option<&str>),
    context: String,
) -> PortError {
    let call = client.get_object().bucket(bucket).key(key).range("bytes=0-0");
    match call.set_version_id(version.map(str::to_owned)).send().await {
        Ok(_) => {
            let message = "`HEAD` was refused as a bad request, and `GET` was not";
            PortError::new(PortErrorKind::Unavailable, context, message)
        }
        Err(error) => port_error(context, error),
    }
}

fn status<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The strongest first. An object has one checksum, and S3 may have added others.
fn read(answer: &HeadObjectOutput) -> Option<Checksum> {
    let kept = [
        ("SHA256", answer.checksum_sha256()),
        ("SHA1", answer.checksum_sha1()),
        ("CRC64NVME", answer.checksum_crc64_nvme()),
        ("CRC32C", answer.checksum_crc32_c()),
        ("CRC32", answer.checksum_crc32()),
    ];
    let (algorithm, value) = kept.into_iter().find_map(|(name, value)| Some((name, value?)))?;
    // If there is a dash, the number of parts follows it, even if the type is absent.
    let composite = answer.checksum_type() == Some(&ChecksumType::Composite) || value.contains('-');
    Some(Checksum { algorithm: algorithm.to_owned(), value: value.to_owned(), composite })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_over_parts_is_distinguished_from_one_over_the_content() {
        let full =
            HeadObjectOutput::builder().checksum_sha256("aa==").checksum_type(ChecksumType::FullObject);
        assert_eq!(
            read(&full.build()).map(|sum| (sum.algorithm, sum.composite)),
            Some(("SHA256".into(), false))
        );
        let parts =
            HeadObjectOutput::builder().checksum_sha256("aa==-2").checksum_type(ChecksumType::Composite);
        assert_eq!(read(&parts.build()).map(|sum| sum.composite), Some(true));
        let untold = HeadObjectOutput::builder().checksum_crc32("aa==-3").build();
        assert_eq!(read(&untold).map(|sum| (sum.algorithm, sum.composite)), Some(("CRC32".into(), true)));
        assert_eq!(read(&HeadObjectOutput::builder().e_tag("e").build()), None);
    }
}
