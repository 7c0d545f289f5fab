//! S3's `Object Created` in its EventBridge form, whose keys are not URL-encoded. "Event message structure", S3 user guide,
//! chapter EventBridge.

use super::envelope::Envelope;
use super::error::Undecodable;
use super::field::Fields;
use crate::event::{Event, ObjectCreated};

pub(super) fn object_created(envelope: &Envelope, detail: &Fields<'_>) -> Result<Event, Undecodable> {
    let bucket = detail.object("bucket").ok_or_else(|| detail.missing("bucket"))?;
    let object = detail.object("object").ok_or_else(|| detail.missing("object"))?;
    Ok(Event::ObjectCreated(ObjectCreated {
        account: envelope.account.clone(),
        region: envelope.region.clone(),
        bucket: bucket.required("name")?,
        key: object.required("key")?,
        version_id: object.text("version-id"),
        etag: object.text("etag"),
        size: object.get("size").and_then(serde_json::Value::as_u64),
        sequencer: object.text("sequencer"),
        time: envelope.time,
    }))
}
