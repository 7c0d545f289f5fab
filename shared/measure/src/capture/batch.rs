//! The files of a batch transform job: a file of records and, beside it, a file of answers under the same name with
//! `.out`. The job splits both by line, so that line i of one belongs to line i of the other.

use super::event::{Body, CapturedEvent, Content, Encoding};
use super::format::CaptureFormat;
use super::out::Out;
use super::record::RecordSink;
use super::rows::RowReader;
use super::text::RawText;
use crate::issues::{IssueKind, Issues};

/// Makes rows of records and their answers, as [`CaptureReader`](super::CaptureReader) does of captured events.
#[derive(Debug, Default)]
pub struct BatchReader {
    format: CaptureFormat,
    rows: RowReader,
    issues: Issues,
    /// A line as a string of JSON, where it has quotes.
    quoted: [String; 2],
}

impl BatchReader {
    /// For jobs of one model.
    #[must_use]
    pub fn new(format: CaptureFormat) -> Self {
        Self { format, ..Self::default() }
    }

    /// Takes a record and its answer, which are line `number` of their files, without the line ends.
    pub fn pair(&mut self, number: u64, input: &[u8], output: &[u8], sink: &mut dyn RecordSink) {
        if input.len().max(output.len()) > self.format.max_line {
            return self.issues.add(IssueKind::LineTooLong, number);
        }
        let [quoted_output, quoted_input] = &mut self.quoted;
        let (Some(output), Some(input)) = (raw(output, quoted_output), raw(input, quoted_input)) else {
            return self.issues.add(IssueKind::NotUtf8, number);
        };
        // JSON is seen as such.
        let encoding = Encoding { base64: false, content: Some(Content::Csv), is_plain: false };
        let body = |data| Some(Body { data, encoding });
        let event = CapturedEvent { bodies: [body(output), body(input), None], ..CapturedEvent::default() };
        let issues = &mut self.issues;
        let mut out = Out { sink, issue: &mut |kind, hint| issues.add_with_hint(kind, number, hint) };
        self.rows.read(&event, &self.format, &mut out);
    }

    /// The issues since the last call.
    pub fn finish(&mut self) -> Issues {
        std::mem::take(&mut self.issues)
    }
}

/// A line as it would stand in a captured event. `None` if it is not valid UTF-8.
fn raw<'l>(line: &'l [u8], quoted: &'l mut String) -> Option<RawText<'l>> {
    let text = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
    // Several records may be one request.
    if !text.contains(['"', '\\', '\n']) {
        return Some(RawText { inside: text.as_bytes(), escaped: false });
    }
    *quoted = serde_json::Value::from(text).to_string();
    Some(RawText { inside: quoted.as_bytes().get(1..quoted.len() - 1)?, escaped: true })
}
