//! The escapes of JSON within texts.

/// How often JSON within JSON is decoded. The training toolkit decodes a hyperparameter twice at most.
const MOST_DECODED: usize = 8;

/// A text with its escapes of JSON resolved. For JSON within JSON this is repeated while it changes the text, at most eight times. The text
/// need not parse: Python reads texts that this program does not.
pub fn decodings(text: &str) -> impl Iterator<Item = String> + use<> {
    let next = |text: &str| Some(without_escapes(text)).filter(|next| next != text);
    std::iter::successors(next(text), move |text| next(text)).take(MOST_DECODED)
}

/// A text with the escapes of JSON resolved once (RFC 8259, section 7). A backslash before anything else stays.
fn without_escapes(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        resolved.push_str(before);
        let hex = escape.strip_prefix('u').and_then(|hex| hex.get(..4));
        let unit = hex.filter(|hex| !hex.starts_with('+')).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let (character, length) = match (escape.chars().next(), unit) {
            // Half of a surrogate pair stands for a character that no address has.
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
