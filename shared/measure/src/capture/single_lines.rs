//! The usual event: bodies of one line of CSV, which are split in place.

use super::event::{Body, CapturedEvent, CapturedSide, Content};
use super::format::{CaptureFormat, ColumnOrder};
use super::path::RowPath;

/// The lines of all bodies that are read, if each is one line of CSV without quotes.
pub(super) fn single_lines<'a>(
    event: &CapturedEvent<'a>,
    format: &CaptureFormat,
) -> Option<[Option<&'a [u8]>; 3]> {
    let mut lines = [None; 3];
    for &side in format.order.sides() {
        if let (Some(line), Some(body)) = (lines.get_mut(side as usize), event.body(side)) {
            *line = Some(single_line(side, body, format)?);
        }
    }
    // If only the answer counts, the request says whether its cells are one row or several.
    let [answer, ..] = lines;
    let request = event.body(CapturedSide::Input).filter(|_| format.order == ColumnOrder::Output);
    match (answer, request) {
        (Some(line), Some(body)) if line.contains(&b',') => {
            single_line(CapturedSide::Input, body, format).map(|_| lines)
        }
        _ => Some(lines),
    }
}

fn single_line<'a>(side: CapturedSide, body: &Body<'a>, format: &CaptureFormat) -> Option<&'a [u8]> {
    let is_csv = !body.encoding.base64 && format.content(side, body) == Some(Content::Csv);
    let is_json = |line: &&[u8]| matches!(line.first(), Some(b'{' | b'['));
    body.data.single_line().filter(|line| is_csv && !line.is_empty() && !is_json(line))
}

impl CaptureFormat {
    /// The type of a body. Somebody who sets a path into a body knows that it is JSON.
    pub(super) fn content(&self, side: CapturedSide, body: &Body<'_>) -> Option<Content> {
        let is_text = self.plain_texts && body.encoding.is_plain && self.path(side).is_none();
        if is_text { Some(Content::Text) } else { body.encoding.content }
    }

    pub(super) fn path(&self, side: CapturedSide) -> Option<&RowPath> {
        match side {
            CapturedSide::Input => self.input_path.as_ref(),
            CapturedSide::Output => self.output_path.as_ref(),
            CapturedSide::Truth => None,
        }
    }
}
