//! Decodes the text of an event.

mod cloudtrail;
mod codecommit;
mod envelope;
mod error;
mod field;
mod s3;
mod sagemaker;

pub use cloudtrail::{effect_of, is_for_the_lineage_alone, known_calls, lineage_calls};
pub use sagemaker::state_change_of;
use serde_json::Value;

use crate::event::{ClockTicked, Event};
use crate::watch::{WatchPart, WatchScope, Watched};
use envelope::Envelope;
pub use error::Undecodable;
use field::Fields;

/// Reads an EventBridge event, or the older form of CodeCommit's triggers, which can name several references at once.
///
/// # Errors
/// If the text is not an event, or is an event of our sources that lacks a required field.
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
        ("aws.sagemaker", name) if sagemaker::state_change_of(name).is_some() => sagemaker::resource_changed,
        ("aws.codecommit", "CodeCommit Repository State Change") => codecommit::reference_changed,
        ("aws.s3", "Object Created") => s3::object_created,
        // "EventBridge events detail reference", EventBridge user guide: the detail is empty.
        ("aws.events", "Scheduled Event") => return Ok(vec![clock_ticked(&fields)?]),
        (WatchPart::SOURCE, WatchPart::DETAIL_TYPE) => return Ok(vec![watch_continued(&fields)?]),
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
        part: None,
    }))
}

/// The time of the envelope is the time when the part was handed on. The time of the tick is in the detail, and that one counts.
fn watch_continued(fields: &Fields<'_>) -> Result<Event, Undecodable> {
    let detail = fields.object("detail").ok_or_else(|| fields.missing("detail"))?;
    let word = detail.required("watch")?;
    let watched = Watched::parse(&word).ok_or_else(|| {
        detail.invalid(
            "watch",
            &Value::String(word),
            "`schedules`, `endpoints`, `windows`, `labels` or `account`",
        )
    })?;
    let scope = match detail.text("from") {
        Some(from) => WatchScope::From(from),
        None => WatchScope::These(detail.strings("these")),
    };
    Ok(Event::ClockTicked(ClockTicked {
        account: fields.required("account")?,
        region: fields.required("region")?,
        time: detail.required_time("tick")?,
        part: Some(WatchPart { watched, scope }),
    }))
}
