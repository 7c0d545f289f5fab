//! A file as it is judged: its text in any encoding of editors, as JSON or YAML.

use std::path::Path;

use sagewarden_policy::intake::{self, Intake, Unusable, without_mark};

use crate::check::locate::Lines;
use crate::check::yaml;

/// The endings of the files that are judged.
const ENDS: [&str; 6] = ["json", "yaml", "yml", "template", "py", "ipynb"];

/// Whether a file of a folder is looked at.
pub(crate) fn is_wanted(path: &Path) -> bool {
    path.extension().is_some_and(|end| ENDS.iter().any(|one| end.eq_ignore_ascii_case(one)))
}

/// A document of a file: its content and its place.
pub(crate) struct Part<'a> {
    pub(crate) intake: Intake,
    pub(crate) lines: Option<Lines<'a>>,
}

/// The text of bytes: UTF-8, or UTF-16 where it begins with its mark (Unicode standard, section 23.8).
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, &'static str> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
        text.ok().filter(|_| odd.is_empty()).ok_or("it is not text in UTF-16")
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8"),
    }
}

/// The documents of a text. Of YAML with several, those that are none of ours do not hide the others.
pub(crate) fn parts<'a>(path: &Path, text: &'a str) -> Result<Vec<Part<'a>>, Unusable> {
    let bare = without_mark(text).trim_start();
    let is_yaml = path == Path::new("-") || !has_end(path, "json") && is_wanted(path);
    let json = || intake::read(text).map(|intake| vec![Part { intake, lines: Lines::of_json(text) }]);
    if !is_yaml {
        return json();
    }
    if bare.starts_with(['{', '[']) {
        match json() {
            // Braces may be YAML's.
            Err(Unusable::NotJson(_)) => {}
            read => return read,
        }
    }
    let documents = yaml::documents(bare).map_err(Unusable::NotJson)?;
    let several = documents.len() > 1;
    let mut unusable = Unusable::UnknownForm;
    let mut parts = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        match intake::take(document.json) {
            Ok(mut intake) => {
                if several {
                    intake.number(index + 1);
                }
                parts.push(Part { intake, lines: Some(Lines::of(document.lines)) });
            }
            Err(why) => unusable = why,
        }
    }
    if parts.is_empty() { Err(unusable) } else { Ok(parts) }
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_the_encodings_that_editors_leave() {
        let wide = |unit: fn(u16) -> [u8; 2]| "\u{feff}{\"ä\": 1}".encode_utf16().flat_map(unit).collect();
        assert_eq!(text(wide(u16::to_le_bytes)).unwrap(), "{\"ä\": 1}");
        assert_eq!(text(wide(u16::to_be_bytes)).unwrap(), "{\"ä\": 1}");
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec()).unwrap(), "\u{feff}{}");
        assert!(text(vec![0xff, 0xfe, 0]).is_err() && text(vec![0xc0]).is_err());
    }
}
