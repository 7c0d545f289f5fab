//! Answers that are none. An event of data capture has no status: it has the content type, the mode, the data and the encoding of each body.
//! So an answer has failed if the event lacks it, if it is empty, or if its text is the message of an error.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use serde_json::value::RawValue;

use super::event::{Body, CapturedEvent, CapturedSide, Content};
use super::format::CaptureFormat;
use super::json::{Items, skip_space};
use super::path::follow;
use crate::answers::FailedAnswer;

/// Parts of the names that a JSON message of an error has. A body without any of them is not looked at more closely.
const PARTS: [&[u8]; 4] = [b"rror", b"essage", b"xception", b"detail"];
/// Names of members that hold the error itself.
const ERRORS: [&str; 7] =
    ["error", "Error", "errors", "errorMessage", "ErrorCode", "exception", "OriginalMessage"];
/// Beside a message, one of these makes it an error, as TorchServe writes it.
const CODES: [&str; 4] = ["code", "type", "status", "statusCode"];
/// How the text of an error begins, in lower case.
const BEGINNINGS: [&str; 6] = [
    "<!doctype html",
    "<html",
    "internal server error",
    "traceback (most recent call last)",
    "error:",
    "exception:",
];
/// A longer text is an answer.
const LONGEST: usize = 64 << 10;
/// A longer text is not blank: blanks of JSON strings are escapes.
const BLANK: usize = 16;

/// Why the answer of an event is none; `None` if it may be one, or if answers do not count.
pub(super) fn failed(event: &CapturedEvent<'_>, format: &CaptureFormat) -> Option<FailedAnswer> {
    if !format.order.sides().contains(&CapturedSide::Output) {
        return None;
    }
    let Some(body) = event.body(CapturedSide::Output) else {
        return event.body(CapturedSide::Input).map(|_| FailedAnswer::Absent);
    };
    // The features of a free text count empty ones.
    if format.content(CapturedSide::Output, body) == Some(Content::Text) {
        return None;
    }
    match body.data.inside.first() {
        Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'[') => None,
        _ if is_blank(body) => Some(FailedAnswer::Empty),
        _ => is_error(body, format).then_some(FailedAnswer::Error),
    }
}

/// A space is a cell.
fn is_blank(body: &Body<'_>) -> bool {
    let is_empty = |text: &str| text.trim_matches(['\r', '\n']).is_empty();
    body.data.inside.len() <= BLANK && body.data.text().is_some_and(|text| is_empty(&text))
}

fn is_error(body: &Body<'_>, format: &CaptureFormat) -> bool {
    if body.data.inside.len() > LONGEST {
        return false;
    }
    let text = if body.encoding.base64 { decoded(body) } else { seen(body) };
    let Some(text) = text else { return false };
    let text = text.trim_start();
    if text.starts_with('{') { is_message(text, format) } else { begins_like_error(text) }
}

/// The text of a body that may be an error: an object with one of the names, or a text.
fn seen<'a>(body: &Body<'a>) -> Option<Cow<'a, str>> {
    let inside = body.data.inside;
    let is_object = inside.trim_ascii_start().starts_with(b"{");
    let has_name = || PARTS.iter().any(|part| memmem::find(inside, part).is_some());
    if is_object && !has_name() { None } else { body.data.text() }
}

/// The same for base64, whose first bytes show whether it is an object, or text at all.
fn decoded<'a>(body: &Body<'_>) -> Option<Cow<'a, str>> {
    let text = body.data.text()?;
    let text = text.trim_end();
    let first = BASE64_STANDARD.decode(text.get(..4)?).ok()?;
    let is_text = first.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'{' | b'<'));
    let bytes = is_text.then(|| BASE64_STANDARD.decode(text).ok()).flatten()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Compares bytes: a letter of another script may begin within the length.
fn begins_like_error(text: &str) -> bool {
    let begins = |beginning: &str| {
        text.as_bytes()
            .get(..beginning.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(beginning.as_bytes()))
    };
    BEGINNINGS.into_iter().any(begins)
}

/// Whether an object is the message of an error, and not an answer: nothing is at the path of the answer, no member is an expected column, and one of
/// them holds an error.
fn is_message(text: &str, format: &CaptureFormat) -> bool {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return false;
    }
    let path = format.path(CapturedSide::Output);
    if path.is_some_and(|path| follow(text, skip_space(text.as_bytes(), 0), &path.to_list).is_some()) {
        return false;
    }
    let mut items = Items::of(0);
    let (mut has_error, mut has_message, mut has_code, mut members) = (false, false, false, 0);
    let mut has_detail = false;
    while let Some((key, value)) = items.member(text.as_bytes()) {
        let (Some(key), Some(value)) = (text.get(key), text.get(value)) else { return false };
        if format.fit.as_deref().is_some_and(|expected| expected.has(key)) {
            return false;
        }
        members += 1;
        has_error |= ERRORS.contains(&key) && says_something(value);
        has_message |= matches!(key, "message" | "Message") && says_something(value);
        has_detail |= key == "detail" && says_something(value);
        has_code |= CODES.contains(&key);
    }
    has_error || (has_message && has_code) || (has_detail && members == 1)
}

/// A text, a list or an object that is not empty, or `true`. A number may be an answer.
fn says_something(value: &str) -> bool {
    let is_empty = matches!(value, "\"\"" | "[]" | "{}");
    !is_empty && (value.starts_with(['"', '[', '{']) || value == "true")
}
