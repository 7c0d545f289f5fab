//! What differs between the kinds of resource in the API: names, first states, refusals, spellings.

use std::collections::BTreeMap;

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_lineage::s3::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::account::{Document, Fault};

/// The status field of a kind and its first value.
pub(crate) fn first_status(kind: ResourceKind) -> Option<(&'static str, &'static str)> {
    let first = match kind {
        ResourceKind::Endpoint => "Creating",
        ResourceKind::MonitoringSchedule => "Scheduled",
        _ => "InProgress",
    };
    kind.status_field().map(|field| (field, first))
}

/// What a description holds from the first moment on beside the request.
pub(crate) fn begin(kind: ResourceKind, document: &mut Document, now: Timestamp) {
    match kind {
        ResourceKind::TrainingJob => {
            document.insert("SecondaryStatus".into(), "Starting".into());
            let first = json!([{ "Status": "Starting", "StartTime": seconds(now), "StatusMessage": "Starting the training job" }]);
            document.insert("SecondaryStatusTransitions".into(), first);
        }
        ResourceKind::MonitoringSchedule => {
            let config = document.get("MonitoringScheduleConfig");
            let endpoint = config
                .and_then(|config| {
                    config.pointer("/MonitoringJobDefinition/MonitoringInputs/0/EndpointInput/EndpointName")
                })
                .cloned();
            let kind = config.and_then(|config| config.get("MonitoringType")).cloned();
            document.insert("MonitoringType".into(), kind.unwrap_or_else(|| "DataQuality".into()));
            if let Some(endpoint) = endpoint {
                document.insert("EndpointName".into(), endpoint);
            }
        }
        _ => {}
    }
}

pub(crate) fn expect_status(
    document: &Document,
    field: &str,
    wanted: &str,
    refusal: &str,
) -> Result<(), Fault> {
    let status = document.get(field).and_then(Value::as_str).unwrap_or_default();
    if status == wanted { Ok(()) } else { Err(Fault::validation(format!("{refusal} {status}."))) }
}

pub(crate) fn not_found(resource: &Resource) -> Fault {
    match resource.kind {
        ResourceKind::Model | ResourceKind::EndpointConfig | ResourceKind::Endpoint => {
            Fault::validation(format!("Could not find {} \"{}\".", resource.kind, resource.arn()))
        }
        ResourceKind::MonitoringSchedule | ResourceKind::Trial => {
            Fault::new("ResourceNotFound", format!("{} does not exist.", resource.arn()))
        }
        _ => Fault::validation("Requested resource not found."),
    }
}

/// Epoch seconds with a fraction, as JSON 1.1 writes times.
pub(crate) fn seconds(time: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit a double exactly")]
    let seconds = time.millis() as f64 / 1000.0;
    json!(seconds)
}

/// `[{Key, Value}]` as a map.
pub(crate) fn tag_map(tags: Option<&Value>) -> BTreeMap<String, String> {
    let list = tags.and_then(Value::as_array);
    let pair =
        |tag: &Value| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()));
    list.into_iter().flatten().filter_map(pair).collect()
}

/// A registry that resolves every tag to one digest.
pub(crate) fn resolved(image: &str) -> String {
    if image.contains("@sha256:") {
        return image.to_owned();
    }
    let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
    format!("{repository}@sha256:{}", hex(&Sha256::digest(image)))
}

pub(crate) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}
