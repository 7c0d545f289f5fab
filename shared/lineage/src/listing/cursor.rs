//! The place where a list continues, as text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The place after the last entry of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCursor {
    /// The list, as a question names it.
    pub list: String,
    /// The partition.
    pub pk: String,
    /// The sort key of the last row that was read there; absent at the beginning of the partition.
    pub after: Option<String>,
}

impl ListCursor {
    /// The text, for URLs and shells alike.
    #[must_use]
    pub fn write(&self) -> String {
        // INVARIANT: texts are always JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads what [`Self::write`] wrote; `None` if it is something else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.trim()).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let cursor = ListCursor {
            list: "findings".into(),
            pk: "x#high".into(),
            after: Some("1/r/#5#tjob#1/r/ä@5".into()),
        };
        let text = cursor.write();
        assert!(text.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char)), "{text}");
        assert_eq!(ListCursor::read(&format!(" {text}\n")), Some(cursor));
        for text in ["", "x", "e30", "!", "eyJsaXN0IjoxfQ"] {
            assert_eq!(ListCursor::read(text), None, "{text}");
        }
    }
}
