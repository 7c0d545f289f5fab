//! Ground truth: one JSON object a line, as AWS documents it:
//! `{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "aaaa-bbbb-cccc"}, "eventVersion": "0"}`.
//! `eventId` is the record's inference id if the caller gave it one, else its event id.

use sagewarden_measure::MissingTexts;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// The true outcome of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Names the record.
    pub id: String,
    /// The label, or the number of a regression, as text.
    pub label: String,
}

/// A line without a true label.
#[derive(Debug, Error)]
pub enum UnreadableTruth {
    /// Not the documented object.
    #[error("the line is not ground truth: {}", of_line(.0))]
    NoRecord(#[from] serde_json::Error),
    /// An encoding that is not documented for labels.
    #[error("a label has the encoding `{0}`: write labels as `CSV` or `JSON`")]
    Encoding(String),
    /// Nothing at the attribute.
    #[error("the ground truth `{0}` has no label{1}")]
    NoLabel(String, String),
    /// A text that stands for a missing label.
    #[error("the ground truth `{0}` has no label: `{1}` means a missing value")]
    Missing(String, String),
    /// Nothing to match it by.
    #[error("the ground truth has an empty `eventId`")]
    NoId,
}

/// The fault without the number of the line: the line was read alone, so the number is always 1.
fn of_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
#[serde(rename_all = "camelCase")]
struct Line {
    ground_truth_data: Data,
    event_metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
struct Data {
    data: Value,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
#[serde(rename_all = "camelCase")]
struct Metadata {
    event_id: String,
}

impl Truth {
    /// Reads a line. `attribute` is the `GroundTruthAttribute`, if one is set: an index into CSV, a key (or `$.key`, or a pointer
    /// `/a/b`) into JSON; without it the first cell, or the whole, is the label. A text that means a missing value is no label.
    ///
    /// # Errors
    /// When the line is not the documented object or has no label.
    pub fn parse(
        line: &str,
        attribute: Option<&str>,
        missing: &MissingTexts,
    ) -> Result<Self, UnreadableTruth> {
        let Line { ground_truth_data: truth, event_metadata } = serde_json::from_str(line)?;
        let id = event_metadata.event_id;
        if id.is_empty() {
            return Err(UnreadableTruth::NoId);
        }
        let label = match (truth.encoding.as_deref().unwrap_or("CSV"), &truth.data) {
            ("CSV", Value::String(text)) => cell(text, attribute),
            ("JSON", Value::String(text)) => inside(&serde_json::from_str(text)?, attribute),
            // Some write the value itself instead of its text.
            ("CSV" | "JSON", value) => inside(value, attribute),
            (other, _) => return Err(UnreadableTruth::Encoding(other.to_owned())),
        };
        match label.filter(|label| !label.is_empty()) {
            Some(label) if missing.contains(label.as_bytes()) => Err(UnreadableTruth::Missing(id, label)),
            Some(label) => Ok(Self { id, label }),
            None => {
                let at = attribute.map_or_else(String::new, |at| format!(" at `{at}`"));
                Err(UnreadableTruth::NoLabel(id, at))
            }
        }
    }
}

fn cell(text: &str, attribute: Option<&str>) -> Option<String> {
    let index = attribute.and_then(|at| at.parse().ok()).unwrap_or(0);
    if !text.contains('"') {
        // The usual label. Making a reader of CSV takes ten times as long as reading the line.
        let line = text.split(['\r', '\n']).find(|line| !line.is_empty())?;
        return line.split(',').nth(index).map(|cell| cell.trim().to_owned());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    reader.read_record(&mut row).ok()?;
    row.get(index).map(|cell| cell.trim().to_owned())
}

fn inside(value: &Value, attribute: Option<&str>) -> Option<String> {
    let at = attribute.map(|path| path.trim_start_matches("$."));
    let found = match at {
        Some(path) if path.starts_with('/') => value.pointer(path)?,
        Some(path) if value.is_object() => path.split('.').try_fold(value, |value, key| value.get(key))?,
        Some(path) if value.is_array() => value.get(path.parse::<usize>().ok()?)?,
        _ => value,
    };
    match found {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(data: &str, encoding: &str) -> String {
        let truth = serde_json::json!({
            "groundTruthData": { "data": data, "encoding": encoding },
            "eventMetadata": { "eventId": "a", "inferenceTime": "{%s}" },
            "eventVersion": "0",
        });
        truth.to_string()
    }

    fn parse(line: &str, attribute: Option<&str>) -> Result<Truth, UnreadableTruth> {
        Truth::parse(line, attribute, &MissingTexts::default())
    }

    fn check(data: &str, encoding: &str, attribute: Option<&str>, expect: &str) {
        let truth = parse(&line(data, encoding), attribute).unwrap();
        assert_eq!(truth, Truth { id: "a".into(), label: expect.into() });
    }

    #[test]
    fn labels_are_read_in_either_encoding() {
        check("1", "CSV", None, "1");
        check("1\n", "CSV", None, "1");
        check("\r\n 1 ,2\r\n3", "CSV", None, "1");
        check("\"a, b\",2", "CSV", None, "a, b");
        check("7,0.5", "CSV", Some("1"), "0.5");
        check("\"yes\"", "JSON", None, "yes");
        check("{\"label\": 2.50}", "JSON", Some("label"), "2.5");
        check("{\"a\": {\"b\": true}}", "JSON", Some("$.a.b"), "true");
        check("{\"a\": {\"b\": 3}}", "JSON", Some("/a/b"), "3");
        let bare = r#"{"groundTruthData":{"data":1,"encoding":"CSV"},"eventMetadata":{"eventId":"a"}}"#;
        assert_eq!(parse(bare, None).unwrap().label, "1");
    }

    #[test]
    fn a_line_without_a_label_says_what_is_wrong() {
        for (text, expect) in [
            (line("1", "BASE64"), "a label has the encoding `BASE64`: write labels as `CSV` or `JSON`"),
            (line("", "CSV"), "the ground truth `a` has no label"),
            (line("1", "CSV").replace("\"a\"", "\"\""), "the ground truth has an empty `eventId`"),
        ] {
            assert_eq!(parse(&text, None).unwrap_err().to_string(), expect);
        }
        let error = parse(&line("1", "CSV"), Some("3")).unwrap_err().to_string();
        assert_eq!(error, "the ground truth `a` has no label at `3`");
        for text in ["", "[]", "{}", r#"{"groundTruthData":{"data":"1"}}"#] {
            let error = parse(text, None).unwrap_err().to_string();
            assert!(error.starts_with("the line is not ground truth: "), "{error}");
        }
    }

    #[test]
    fn a_text_that_means_a_missing_value_is_no_label_unless_somebody_has_named_it() {
        for (data, encoding) in [("NA", "CSV"), (" nan\n", "CSV"), ("\"None\"", "JSON"), ("NULL", "CSV")] {
            let error = parse(&line(data, encoding), None).unwrap_err();
            assert!(matches!(error, UnreadableTruth::Missing(..)), "{error}");
        }
        let error = parse(&line("NA", "CSV"), None).unwrap_err().to_string();
        assert_eq!(error, "the ground truth `a` has no label: `NA` means a missing value");
        let named = MissingTexts::default().without("None");
        assert_eq!(Truth::parse(&line("None", "CSV"), None, &named).unwrap().label, "None");
    }
}
