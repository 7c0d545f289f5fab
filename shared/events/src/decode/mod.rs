//! From the text of an event to what it says.

mod cloudtrail;
mod codecommit;
mod field;
mod s3;
mod sagemaker;

pub use cloudtrail::{effect_of, known_calls, lineage_calls};
use serde_json::Value;
use thiserror::Error;

use crate::{ClockTicked, Event, Timestamp};
use field::Fields;

/// Why a text is no event that could ever be handled. An event of somebody else is no error: see [`Event::NotOurs`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecodable {
    /// It is no JSON.
    #[error("the event is no JSON: line {line}, column {column}: {reason}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// It is JSON, but no object.
    #[error("the event is no JSON object")]
    NotAnObject,
    /// A field that the event cannot be understood without is absent, null or empty.
    #[error("the event has no `{field}`")]
    Missing {
        /// The path of the field.
        field: String,
    },
    /// A field has a value that it cannot have.
    #[error("the event's `{field}` is `{found}`: {wanted} is wanted")]
    Invalid {
        /// The path of the field.
        field: String,
        /// What was found, cut.
        found: String,
        /// What would be right.
        wanted: &'static str,
    },
}

/// Reads an EventBridge event, or the older form of CodeCommit's triggers, which can tell of several references at once.
///
/// # Errors
/// When the text is no event, or one of ours that lacks what it needs.
pub fn decode(body: &str) -> Result<Vec<Event>, Undecodable> {
    let value: Value = serde_json::from_str(body).map_err(|error| Undecodable::NotJson {
        line: error.line(),
        column: error.column(),
        reason: error.to_string(),
    })?;
    if !value.is_object() {
        return Err(Undecodable::NotAnObject);
    }
    let fields = Fields::new(&value, "");
    if let Some(records) = fields.list("Records") {
        return codecommit::trigger(&records);
    }
    let source = fields.required("source")?;
    let detail_type = fields.required("detail-type")?;
    let reader = match (source.as_str(), detail_type.as_str()) {
        ("aws.sagemaker", "AWS API Call via CloudTrail") => cloudtrail::call_made,
        ("aws.sagemaker", name) if sagemaker::kind(name).is_some() => sagemaker::resource_changed,
        ("aws.codecommit", "CodeCommit Repository State Change") => codecommit::reference_changed,
        ("aws.s3", "Object Created") => s3::object_created,
        // "EventBridge events detail reference", EventBridge user guide: the detail is empty.
        ("aws.events", "Scheduled Event") => return Ok(vec![clock_ticked(&fields)?]),
        _ => return Ok(vec![Event::NotOurs { source, detail_type }]),
    };
    let envelope = Envelope {
        account: fields.required("account")?,
        region: fields.required("region")?,
        time: fields.required_time("time")?,
        resources: fields.strings("resources"),
        source,
        detail_type,
    };
    let detail = fields.object("detail").ok_or_else(|| Undecodable::Missing { field: "detail".into() })?;
    Ok(vec![reader(&envelope, &detail)?])
}

fn clock_ticked(fields: &Fields<'_>) -> Result<Event, Undecodable> {
    Ok(Event::ClockTicked(ClockTicked {
        account: fields.required("account")?,
        region: fields.required("region")?,
        time: fields.required_time("time")?,
    }))
}

/// What is around every event's detail.
struct Envelope {
    source: String,
    detail_type: String,
    account: String,
    region: String,
    time: Timestamp,
    resources: Vec<String>,
}

impl Envelope {
    fn not_ours(&self, what: &str) -> Event {
        Event::NotOurs { source: self.source.clone(), detail_type: format!("{}: {what}", self.detail_type) }
    }
}
