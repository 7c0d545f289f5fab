//! A file as it is judged: its text in any encoding of editors, as JSON or YAML.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use memchr::memmem;
use sagewarden_policy::intake::{self, Intake, LargeDocument, Lines, Unusable, without_mark};

use crate::check::{json_lines, yaml};

/// The endings of the files that are judged.
const ENDS: [&str; 7] = ["json", "yaml", "yml", "template", "tfstate", "py", "ipynb"];

/// Bytes of a compressed file once it is unpacked. A log file of CloudTrail has a tenth of that.
const MOST_UNPACKED: u64 = 128 << 20;

/// Whether a file of a folder is looked at.
pub(crate) fn is_wanted(path: &Path) -> bool {
    let is_one_of = |path: &Path, ends: &[&str]| ends.iter().any(|end| has_end(path, end));
    let is_of_lines = |path: &Path| is_one_of(path, &json_lines::ENDS);
    // Collectors of logs compress their files.
    let is_log = |stem: &Path| has_end(stem, "json") || is_of_lines(stem);
    let is_compressed_log =
        || has_end(path, "gz") && path.file_stem().is_some_and(|stem| is_log(Path::new(stem)));
    !is_terraform(path) && (is_one_of(path, &ENDS) || is_of_lines(path) || is_compressed_log())
}

/// Whether a file is written in Terraform's own language, or in its form as JSON.
pub(crate) fn is_terraform(path: &Path) -> bool {
    has_end(path, "tf")
        || has_end(path, "json") && path.file_stem().is_some_and(|stem| has_end(Path::new(stem), "tf"))
}

/// A document of a file: its content and its place.
pub(crate) struct Part<'a> {
    pub(crate) intake: Intake,
    pub(crate) lines: Option<Lines<'a>>,
}

/// Bytes that are no text.
#[derive(Debug)]
pub(crate) struct NoText {
    pub(crate) why: &'static str,
    /// They speak of SageMaker all the same.
    pub(crate) is_ours: bool,
}

impl NoText {
    fn new(why: &'static str, bytes: &[u8]) -> Self {
        // In UTF-16, a zero stands beside each letter.
        let letters: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let has = |word: &str| memmem::find(&letters, word.as_bytes()).is_some();
        let is_ours = OURS.iter().any(|name| has(name)) || members().any(|member| has(&member));
        Self { why, is_ours }
    }
}

/// Words that every file about SageMaker has somewhere.
const OURS: [&str; 2] = ["SageMaker", "sagemaker"];

/// Whether a text speaks of SageMaker.
pub(crate) fn is_ours(text: &str) -> bool {
    OURS.iter().any(|name| text.contains(name))
}

/// Whether a text that cannot be parsed is probably a request, whose members say what it is about: it may not mention SageMaker.
pub(crate) fn names_a_resource(text: &str) -> bool {
    is_ours(text) || members().any(|member| text.contains(&member))
}

/// The members that name a resource, as JSON writes them.
fn members() -> impl Iterator<Item = String> {
    intake::creations()
        .map(|creation| creation.name)
        .filter(|name| *name != "Name")
        .map(|name| format!("\"{name}\""))
}

/// Decodes a text: UTF-8, or UTF-16 if it begins with a byte order mark (Unicode standard, section 23.8) or with an ASCII letter in two
/// bytes, as every document does.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, NoText> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
        text.ok().filter(|_| odd.is_empty()).ok_or_else(|| NoText::new("it is not text in UTF-16", rest))
    };
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { unpacked(&bytes)? } else { bytes };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [letter, 0, ..] if *letter > 0 => wide(&bytes, u16::from_le_bytes),
        [0, letter, ..] if *letter > 0 => wide(&bytes, u16::from_be_bytes),
        _ => {
            String::from_utf8(bytes).map_err(|error| NoText::new("it is not text in UTF-8", error.as_bytes()))
        }
    }
}

/// The content of a compressed file, as CloudTrail writes its log files.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, NoText> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(MOST_UNPACKED + 1).read_to_end(&mut unpacked);
    match read {
        Err(_) => Err(NoText::new("it is compressed, and damaged", &unpacked)),
        Ok(_) if unpacked.len() as u64 > MOST_UNPACKED => {
            Err(NoText::new("it is compressed, and unpacks to more than 128 MB", &unpacked))
        }
        Ok(_) => Ok(unpacked),
    }
}

/// A large definition of a pipeline or plan, which is JSON in a file of any name.
pub(crate) fn large<'a>(path: &Path, text: &'a str) -> Option<LargeDocument<'a>> {
    if is_terraform(path) { None } else { LargeDocument::of(text) }
}

/// The documents of a text. If some documents of a YAML file have nothing to do with SageMaker, the others still count.
pub(crate) fn parts<'a>(path: &Path, text: &'a str) -> Result<Vec<Part<'a>>, Unusable> {
    let bare = without_mark(text).trim_start();
    let is_json = ["json", "tfstate"].iter().any(|end| has_end(path, end));
    let is_yaml = path == Path::new("-") || !is_json && is_wanted(path);
    if is_terraform(path) {
        return Err(Unusable::Language);
    }
    let json = || intake::read(text).map(|intake| vec![Part { intake, lines: Some(Lines::of_json(text)) }]);
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
    let (documents, broken_off) = yaml::documents(bare);
    let several = documents.len() + usize::from(broken_off.is_some()) > 1;
    let mut unusable = Unusable::UnknownForm;
    let mut parts = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        match intake::take(document.json) {
            Ok(mut intake) => {
                if several {
                    intake.number("document", index + 1);
                }
                parts.push(Part { intake, lines: Some(Lines::of(document.lines)) });
            }
            Err(why) => unusable = why,
        }
    }
    match (broken_off, parts.is_empty()) {
        (Some(_), true) if is_unrendered(bare) => Err(Unusable::NotRendered),
        (Some(why), true) => Err(Unusable::NotJson(why)),
        (None, true) => Err(unusable),
        (broken_off, false) => {
            // The documents before the fault are judged.
            let rest = broken_off.map(|why| {
                let why = if is_unrendered(bare) { Unusable::NotRendered.to_string() } else { why };
                format!("the rest of the file cannot be read: {why}")
            });
            parts.extend(rest.map(|note| Part { intake: Intake::undecided(note), lines: None }));
            Ok(parts)
        }
    }
}

/// Whether there is an action of Helm's in a text. `${{` is an expression of GitHub's workflows.
fn is_unrendered(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with('$')))
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
        assert_eq!(text(b"{\0}\0".to_vec()).unwrap(), "{}");
        assert_eq!(text(b"\0{\0}".to_vec()).unwrap(), "{}");
        assert!(text(vec![0xff, 0xfe, 0]).is_err() && text(vec![0xc0]).is_err());
    }

    #[test]
    fn each_ending_is_one_of_a_hook() {
        let hooks = include_str!("../../../.pre-commit-hooks.yaml");
        let patterns: Vec<&str> = hooks.lines().filter(|line| line.starts_with("  files: ")).collect();
        let [files, code, folders] = patterns.as_slice() else { unreachable!("three hooks") };
        for end in ENDS.iter().chain(&json_lines::ENDS) {
            let is_code = ["py", "ipynb"].contains(end);
            let end = if end.ends_with("ml") { "ya?ml" } else { *end };
            let names = |pattern: &str| pattern.split(['(', '|', ')']).any(|one| one == end);
            assert!(names(folders), "{end}");
            assert_eq!((names(files), names(code)), (!is_code, is_code), "{end}");
        }
    }

    #[test]
    fn what_is_no_text_may_speak_of_sagemaker_all_the_same() {
        let check = |bytes: &[u8], expect: bool| {
            let no_text = text(bytes.to_vec()).unwrap_err();
            assert_eq!(no_text.is_ours, expect, "{bytes:?} {}", no_text.why);
        };
        check(b"\xc0 AWS::SageMaker::Model", true);
        check(b"\xc0 Gr\xfc\xdfe", false);
        check(b"\xff\xfes\0a\0g\0e\0m\0a\0k\0e\0r\0.", true);
        check(b"\x1f\x8b\x08 sagemaker", false);
    }
}
