use super::chars::{breaks, turns};

/// Endings of host names that mail programs turn into links by themselves. There are too many to list all: these are cheap to register.
const HOSTS: [&str; 34] = [
    "ai", "app", "be", "biz", "ca", "ch", "cloud", "club", "cn", "co", "com", "de", "dev", "eu", "fr",
    "info", "io", "it", "link", "live", "me", "net", "nl", "online", "org", "page", "pl", "ru", "shop",
    "site", "top", "uk", "us", "xyz",
];
/// Schemes, before a colon, that a click opens even without `//`.
const SCHEMES: [&str; 3] = ["mailto", "javascript", "vbscript"];

/// EventBridge escapes nothing that it puts into a template ("Common issues with transforming input", EventBridge user guide).
pub(super) fn mail(text: &str) -> String {
    let plain: String = text.chars().filter_map(plain).collect();
    let words: Vec<String> = plain.split_whitespace().map(unlinked).collect();
    words.join(" ")
}

fn plain(char: char) -> Option<char> {
    match char {
        '"' => Some('\''),
        '\\' => Some('/'),
        other if turns(other) || is_invisible(other) => None,
        other if breaks(other) => Some(' '),
        other => Some(other),
    }
}

/// Characters without width. Between the letters of a link, they would hide it from this check, but not from the program that opens it.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// A word that no program turns into a link. Places in S3 stay as they are: no mail program knows them.
fn unlinked(word: &str) -> String {
    let mut shown = String::with_capacity(word.len());
    for (at, char) in word.char_indices() {
        let (before, after) =
            (word.get(..at).unwrap_or_default(), word.get(at + char.len_utf8()..).unwrap_or_default());
        match char {
            ':' if opens(before, after) => shown.push_str("[:]"),
            '.' if is_of_host(before, after) => shown.push_str("[.]"),
            _ => shown.push(char),
        }
    }
    shown
}

fn opens(before: &str, after: &str) -> bool {
    let letters =
        before.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'));
    let scheme = before.get(letters.len()..).unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    let is_known = SCHEMES.iter().any(|known| scheme.ends_with(known));
    (is_known && !after.is_empty()) || (after.starts_with("//") && scheme != "s3")
}

fn is_of_host(before: &str, after: &str) -> bool {
    let end = after.find(|char: char| !char.is_alphanumeric() && char != '-').unwrap_or(after.len());
    let label = after.get(..end).unwrap_or_default();
    let begins = before.chars().next_back().is_some_and(char::is_alphanumeric);
    let www = before.len() >= 3
        && before.get(before.len() - 3..).is_some_and(|head| head.eq_ignore_ascii_case("www"))
        && !label.is_empty();
    www || (begins && HOSTS.iter().any(|known| label.eq_ignore_ascii_case(known)))
}
