//! The system's own event bus.

use sagewarden_events::Untrusted;
use serde::Serialize;
use serde_json::Value;

use super::error::PortError;

/// Something that Sagewarden says to the world, as an event on its own bus (`source` is `sagewarden`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// The `detail-type`.
    pub detail_type: &'static str,
    /// ARNs that the event is about.
    pub resources: Vec<String>,
    // INVARIANT: its lines can stand in a mail: `new` is the only way to set it.
    detail: Value,
}

/// The fields of a notice's `detail` that the template puts between quotation marks, line by line, to make a mail of them.
const LINES: [&str; 3] = ["text", "about", "advice"];

impl Notice {
    /// A notice whose lines are safe in a mail, whatever names and reasons they quote.
    #[must_use]
    pub fn new(detail_type: &'static str, resources: Vec<String>, mut detail: Value) -> Self {
        for line in LINES {
            if let Some(Value::String(text)) = detail.get_mut(line) {
                *text = Untrusted::new(text).mail();
            }
        }
        Self { detail_type, resources, detail }
    }

    /// The `detail`.
    #[must_use]
    pub fn detail(&self) -> &Value {
        &self.detail
    }

    /// The same with another field in its `detail`.
    #[must_use]
    pub fn with(self, name: &str, value: Value) -> Self {
        let mut detail = self.detail;
        if let Some(fields) = detail.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
        Self::new(self.detail_type, self.resources, detail)
    }
}

/// The system's own event bus.
pub trait Bus {
    /// Publishes a notice; success only when the bus has taken it.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_lines_of_a_mail_hold_no_quotation_marks_no_links_and_no_line_breaks() {
        let detail = json!({ "text": "it said \"no\"\n  twice", "advice": "see https://evil.example", "reason": "a \"b\"\nc" });
        let expected = json!({ "text": "it said 'no' twice", "advice": "see https[:]//evil.example", "reason": "a \"b\"\nc" });
        let notice = Notice::new("t", Vec::new(), detail).with("about", "\\".into());
        assert_eq!(notice.with("about", json!("/")).detail, {
            let mut expected = expected;
            expected["about"] = "/".into();
            expected
        });
    }
}
