//! The escapes of JSON within texts.

/// A text with the escapes of JSON resolved once (RFC 8259, section 7). A backslash before anything else stays.
#[must_use]
pub fn without_escapes(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        resolved.push_str(before);
        let hex = escape.strip_prefix('u').and_then(|hex| hex.get(..4));
        let unit = hex.filter(|hex| !hex.starts_with('+')).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let (character, length) = match (escape.chars().next(), unit) {
            // Half of a pair is a character that no address has.
            (_, Some(unit)) => (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), 5),
            (Some(same @ ('/' | '\\' | '"')), _) => (same, 1),
            (Some('n'), _) => ('\n', 1),
            (Some('r'), _) => ('\r', 1),
            (Some('t'), _) => ('\t', 1),
            (Some('b' | 'f'), _) => (' ', 1),
            _ => ('\\', 0),
        };
        resolved.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    resolved + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_once_and_other_backslashes_stay() {
        for (text, resolved) in [
            (r"\u00733:\/\/b", "s3://b"),
            (r"s3:\\/\\/b", r"s3:\/\/b"),
            (r"a\tb\nc\rd\be", "a\tb\nc\rd e"),
            (r"C:\data \u00 \u+123 \", r"C:\data \u00 \u+123 \"),
            (r"\ud800", "\u{fffd}"),
        ] {
            assert_eq!(without_escapes(text), resolved, "{text}");
        }
    }
}
