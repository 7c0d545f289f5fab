//! Buckets of the emulator.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::Result;
use crate::aws::Aws;
use crate::aws::REGION;

/// Makes a bucket that keeps versions, announces its objects to EventBridge, and encrypts them with a customer's key of its own.
///
/// # Errors
/// When the emulator refuses.
pub fn make_bucket(aws: &mut Aws, bucket: &str) -> Result<()> {
    let place = json!({ "LocationConstraint": REGION });
    aws.call("s3", "create_bucket", json!({ "Bucket": bucket, "CreateBucketConfiguration": place }))?;
    let key = aws.call("kms", "create_key", json!({ "Description": bucket }))?;
    let arn = key.pointer("/KeyMetadata/Arn").ok_or("the key has no ARN")?;
    let by_key = json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn });
    let rules = json!({ "Rules": [{ "ApplyServerSideEncryptionByDefault": by_key }] });
    let encryption = json!({ "Bucket": bucket, "ServerSideEncryptionConfiguration": rules });
    aws.call("s3", "put_bucket_encryption", encryption)?;
    let versions = json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Enabled" } });
    aws.call("s3", "put_bucket_versioning", versions)?;
    let events = json!({ "Bucket": bucket, "NotificationConfiguration": { "EventBridgeConfiguration": {} } });
    aws.call("s3", "put_bucket_notification_configuration", events)?;
    Ok(())
}

/// Writes texts under a prefix.
///
/// # Errors
/// When the emulator refuses.
pub fn upload(aws: &mut Aws, bucket: &str, prefix: &str, texts: &BTreeMap<String, String>) -> Result<()> {
    for (name, text) in texts {
        let put = json!({ "Bucket": bucket, "Key": format!("{prefix}{name}"), "Body": text });
        aws.call("s3", "put_object", put)?;
    }
    Ok(())
}

/// Puts an object.
///
/// # Errors
/// If the emulator refuses it.
pub fn put_object(aws: &mut Aws, bucket: &str, key: &str, body: &[u8]) -> Result<()> {
    let body = json!({ "base64": BASE64_STANDARD.encode(body) });
    aws.call("s3", "put_object", json!({ "Bucket": bucket, "Key": key, "Body": body }))?;
    Ok(())
}
