//! A captured event in its line, before its bodies are read.

use std::ops::Range;

use serde_json::value::RawValue;

use super::json::{Items, skip_space, string_end};
use super::text::RawText;
use crate::issues::IssueKind;

/// An event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CapturedEvent<'a> {
    pub(super) bodies: [Option<Body<'a>>; 3],
    pub(super) event_id: Option<RawText<'a>>,
    pub(super) inference_id: Option<RawText<'a>>,
    pub(super) inference_time: Option<RawText<'a>>,
}

/// The side that the body belongs to; also its place in [`CapturedEvent::bodies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CapturedSide {
    Output = 0,
    Input = 1,
    Truth = 2,
}

/// A body of a request or an answer, or a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub(super) data: RawText<'a>,
    pub(super) encoding: Encoding,
}

/// How `data` is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    /// Whether the content is wrapped in base64.
    pub(super) base64: bool,
    /// The kind of the content; `None` if it is unknown.
    pub(super) content: Option<Content>,
    /// Whether its type is `text/plain`.
    pub(super) is_plain: bool,
}

/// The kinds that can be read as rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Csv,
    Json,
    /// NumPy's.
    Array,
    /// One text, whatever it looks like.
    Text,
}

/// A string that belongs to an event, and where it is in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextPlace {
    pub(super) role: Role,
    pub(super) inside: Range<usize>,
}

/// The role of a string in its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Data(CapturedSide),
    EventId,
    InferenceId,
    InferenceTime,
    /// Differs from event to event, but is not read.
    Unread,
}

impl<'a> CapturedEvent<'a> {
    pub(super) fn body(&self, side: CapturedSide) -> Option<&Body<'a>> {
        self.bodies.get(side as usize)?.as_ref()
    }

    /// Puts a string in its place. A body must be known already.
    pub(super) fn put(&mut self, role: Role, text: RawText<'a>) {
        match role {
            Role::Data(side) => {
                if let Some(Some(body)) = self.bodies.get_mut(side as usize) {
                    body.data = text;
                }
            }
            Role::EventId => self.event_id = Some(text),
            Role::InferenceId => self.inference_id = Some(text),
            Role::InferenceTime => self.inference_time = Some(text),
            Role::Unread => {}
        }
    }
}

/// Reads a line of any layout. `places` receives where its strings are. A line that ends too early is
/// [`IssueKind::CutOff`].
pub(super) fn parse<'a>(line: &'a str, places: &mut Vec<TextPlace>) -> Result<CapturedEvent<'a>, IssueKind> {
    places.clear();
    serde_json::from_str::<&RawValue>(line)
        .map_err(|error| if error.is_eof() { IssueKind::CutOff } else { IssueKind::NotJson })?;
    let mut walk = Walk { line, places, event: CapturedEvent::default(), is_event: false };
    walk.members(skip_space(line.as_bytes(), 0), Walk::top);
    if walk.is_event { Ok(walk.event) } else { Err(IssueKind::NotAnEvent) }
}

struct Walk<'a, 'p> {
    line: &'a str,
    places: &'p mut Vec<TextPlace>,
    event: CapturedEvent<'a>,
    is_event: bool,
}

impl<'a> Walk<'a, '_> {
    /// Calls for each member of the object that begins at `at`; makes no call if it is not an object.
    fn members(&mut self, at: usize, mut member: impl FnMut(&mut Self, &str, Range<usize>)) {
        let text = self.line.as_bytes();
        if text.get(at) != Some(&b'{') {
            return;
        }
        let mut items = Items::of(at);
        while let Some((key, value)) = items.member(text) {
            if let Some(key) = self.raw(key).and_then(RawText::text) {
                member(self, &key, value);
            }
        }
    }

    fn top(&mut self, key: &str, value: Range<usize>) {
        match key {
            "captureData" if self.is_object(&value) => {
                self.is_event = true;
                self.members(value.start, Self::side);
            }
            "groundTruthData" if self.is_object(&value) => {
                self.is_event = true;
                self.body(CapturedSide::Truth, value);
            }
            "eventMetadata" => self.members(value.start, Self::metadata),
            _ => {}
        }
    }

    fn is_object(&self, value: &Range<usize>) -> bool {
        self.line.as_bytes().get(value.start) == Some(&b'{')
    }

    fn side(&mut self, key: &str, value: Range<usize>) {
        match key {
            "endpointInput" => self.body(CapturedSide::Input, value),
            "endpointOutput" | "batchTransformOutput" => self.body(CapturedSide::Output, value),
            _ => {}
        }
    }

    fn body(&mut self, side: CapturedSide, value: Range<usize>) {
        let (mut data, mut encoding, mut content_type) = (None, None, None);
        self.members(value.start, |walk, key, value| {
            let text = walk.string(&value);
            match key {
                "data" => data = text.map(|text| (text, value)),
                "encoding" => encoding = text,
                "observedContentType" => content_type = text,
                _ => {}
            }
        });
        let Some((data, value)) = data else { return };
        let encoding = Encoding::of(encoding, content_type);
        if let Some(slot) = self.event.bodies.get_mut(side as usize) {
            *slot = Some(Body { data, encoding });
            self.place(Role::Data(side), &value);
        }
    }

    fn metadata(&mut self, key: &str, value: Range<usize>) {
        let role = match key {
            "eventId" => Role::EventId,
            "inferenceId" => Role::InferenceId,
            "inferenceTime" => Role::InferenceTime,
            "customAttributes" => return self.custom_attributes(value),
            _ => return,
        };
        if let Some(text) = self.string(&value) {
            self.event.put(role, text);
            self.place(role, &value);
        }
    }

    /// A list of strings, which callers may set to something else with each request.
    fn custom_attributes(&mut self, value: Range<usize>) {
        let text = self.line.as_bytes();
        if text.get(value.start) != Some(&b'[') {
            return;
        }
        let mut items = Items::of(value.start);
        while let Some(item) = items.element(text) {
            if text.get(item.start) == Some(&b'"') {
                self.place(Role::Unread, &item);
            }
        }
    }

    /// Notes where a string is. If a key occurs several times, the last one counts, as with other readers of JSON.
    fn place(&mut self, role: Role, quoted: &Range<usize>) {
        if role != Role::Unread {
            self.places.retain(|place| place.role != role);
        }
        self.places.push(TextPlace { role, inside: quoted.start + 1..quoted.end - 1 });
    }

    fn string(&self, value: &Range<usize>) -> Option<RawText<'a>> {
        let quoted = self.line.get(value.clone())?;
        quoted.starts_with('"').then(|| self.raw(value.start + 1..value.end - 1)).flatten()
    }

    fn raw(&self, inside: Range<usize>) -> Option<RawText<'a>> {
        let (_, escaped) = string_end(self.line.as_bytes(), inside.start)?;
        Some(RawText { inside: self.line.as_bytes().get(inside)?, escaped })
    }
}

impl Encoding {
    /// Content types that are listed neither as CSV nor as JSON are captured as base64; then the type gives the kind.
    fn of(encoding: Option<RawText<'_>>, content_type: Option<RawText<'_>>) -> Self {
        let content_type = content_type.and_then(RawText::text).unwrap_or_default().to_ascii_lowercase();
        let by_type = match content_type.as_str() {
            csv if csv.contains("csv") => Some(Content::Csv),
            json if json.contains("json") => Some(Content::Json),
            array if array.contains("x-npy") => Some(Content::Array),
            _ => None,
        };
        let (base64, content) = match encoding.and_then(RawText::text).as_deref() {
            Some("CSV") => (false, Some(Content::Csv)),
            Some("JSON") => (false, Some(Content::Json)),
            Some("BASE64") => (true, by_type),
            Some(_) => (false, None),
            None => (false, by_type),
        };
        Self { base64, content, is_plain: content_type.trim_start().starts_with("text/plain") }
    }
}
