use std::fmt::Write as _;

use super::chars::{breaks, turns};

/// A line break is written `\n`; other control characters have no place in a label.
pub(super) fn dot(text: &str) -> String {
    let mut shown = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            other if breaks(other) => shown.push(' '),
            other if turns(other) => {}
            other => shown.push(other),
        }
    }
    shown.push('"');
    shown
}

/// Each character that could end the text, begin a tag or an entity, or mean Markdown becomes an entity code.
pub(super) fn mermaid(text: &str) -> String {
    let mut shown = String::new();
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => shown.push(' '),
            other if breaks(other) || turns(other) => {}
            plain if plain.is_alphanumeric() || " -./:@_,=()?+".contains(plain) => shown.push(plain),
            other => {
                let _ = write!(shown, "#{};", u32::from(other));
            }
        }
    }
    shown
}
