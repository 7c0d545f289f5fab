//! Finds secrets in the text of a JSON document, in place. Everything else stays byte for byte, including repeated keys, blanks, and
//! numbers of any length. Reading and writing the document again would change these.

use std::ops::Range;

use super::edit::{Edit, RedactedText};
use super::names::{REDACTED, names_secret};

/// How deep documents may be nested. No document that this system reads is nested deeper; a deeper one is read as plain text.
const DEEPEST: usize = 256;
/// Fields that name the content of the field `Value` beside them, as in tags and parameters.
const LABELS: [&str; 4] = ["name", "key", "Name", "Key"];
const LABELLED: [&str; 2] = ["value", "Value"];

/// How a text in a string is redacted, at a depth.
type Within = fn(&str, usize) -> Option<RedactedText>;

/// The secrets of a document with what replaces them; `None` if the text is not valid JSON. `depth` counts the strings around the document.
pub(super) fn edits(document: &str, depth: usize, within: Within) -> Option<Vec<Edit>> {
    let mut scan = Scan { edits: Vec::new(), frames: vec![Frame::default()], depth, within };
    let mut tokens = Tokens { document, at: 0 };
    while let Some(token) = tokens.next()? {
        match token {
            Token::Open => scan.open()?,
            Token::Close => scan.close()?,
            Token::Text(_, text) if tokens.is_key() => scan.frame()?.key = Some(text),
            Token::Text(range, text) => scan.text(range, text)?,
            Token::Number(range) => scan.number(range)?,
            Token::Word => {}
        }
    }
    (scan.frames.len() == 1).then_some(scan.edits)
}

enum Token {
    Open,
    Close,
    Text(Range<usize>, String),
    Number(Range<usize>),
    /// `true`, `false` or `null`.
    Word,
}

struct Tokens<'a> {
    document: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn rest(&self) -> &'a str {
        self.document.get(self.at..).unwrap_or_default()
    }

    /// The next token, or none at the end; `None` if the text is not JSON.
    #[expect(clippy::option_option, reason = "the end of a document is no fault of it")]
    fn next(&mut self) -> Option<Option<Token>> {
        let blank = |char: char| matches!(char, ' ' | '\t' | '\r' | '\n' | ',' | ':' | '\u{feff}');
        self.at += self.rest().len() - self.rest().trim_start_matches(blank).len();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Some(None) };
        let token = match first {
            '{' | '[' => {
                self.at += 1;
                Token::Open
            }
            '}' | ']' => {
                self.at += 1;
                Token::Close
            }
            '"' => {
                self.at += length_of_string(self.rest())?;
                let literal = self.document.get(start..self.at)?;
                // Half of a surrogate pair is not a character, so its escape is read letter by letter.
                let text = serde_json::from_str(literal).unwrap_or_else(|_| literal.to_owned());
                Token::Text(start..self.at, text)
            }
            _ => {
                let word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '+' | '.');
                let length: usize =
                    self.rest().chars().take_while(|char| word(*char)).map(char::len_utf8).sum();
                let plain = self.rest().get(..length)?;
                self.at += length;
                match plain {
                    "true" | "false" | "null" => Token::Word,
                    number => number.parse::<f64>().ok().map(|_| Token::Number(start..self.at))?,
                }
            }
        };
        Some(Some(token))
    }

    /// Whether the next token is the colon after a name.
    fn is_key(&self) -> bool {
        self.rest().trim_start().starts_with(':')
    }
}

/// The string with both quotation marks; `None` if the second is missing.
fn length_of_string(text: &str) -> Option<usize> {
    let mut escaped = true;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// An object or array that has begun.
#[derive(Default)]
struct Frame {
    /// The name of the present field, or of the field that holds the array.
    key: Option<String>,
    /// Whether the argument before was a flag of a secret.
    follows_flag: bool,
    /// The value of `Name` or `Key`, and the place of `Value`.
    label: Option<String>,
    labelled: Option<Range<usize>>,
}

struct Scan {
    edits: Vec<Edit>,
    frames: Vec<Frame>,
    depth: usize,
    within: Within,
}

impl Scan {
    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// Members of an array count under the array's name.
    fn open(&mut self) -> Option<()> {
        let key = self.frame()?.key.clone();
        self.frames.push(Frame { key, ..Frame::default() });
        (self.frames.len() <= DEEPEST).then_some(())
    }

    fn close(&mut self) -> Option<()> {
        let frame = self.frames.pop().filter(|_| !self.frames.is_empty())?;
        let is_secret = frame.label.is_some_and(|label| names_secret(&label));
        if let Some(range) = frame.labelled.filter(|_| is_secret) {
            self.redact(range);
        }
        Some(())
    }

    fn text(&mut self, range: Range<usize>, text: String) -> Option<()> {
        let (depth, within) = (self.depth, self.within);
        let frame = self.frame()?;
        let follows = std::mem::take(&mut frame.follows_flag);
        let name = frame.key.clone().unwrap_or_default();
        frame.follows_flag = text.starts_with('-') && names_secret(&text);
        if LABELS.contains(&name.as_str()) {
            frame.label = Some(text.clone());
        } else if LABELLED.contains(&name.as_str()) {
            frame.labelled = Some(range.clone());
        }
        if (names_secret(&name) || (follows && !text.starts_with('-'))) && !text.is_empty() {
            self.redact(range);
        } else if let Some(redacted) = within(&text, depth + 1) {
            let by = serde_json::Value::String(redacted.text).to_string();
            self.edits.push(Edit { range, by, count: redacted.count });
        }
        Some(())
    }

    fn number(&mut self, range: Range<usize>) -> Option<()> {
        let frame = self.frame()?;
        let name = frame.key.clone().unwrap_or_default();
        if LABELLED.contains(&name.as_str()) {
            frame.labelled = Some(range.clone());
        }
        if names_secret(&name) {
            self.redact(range);
        }
        Some(())
    }

    fn redact(&mut self, range: Range<usize>) {
        self.edits.push(Edit { range, by: format!("\"{REDACTED}\""), count: 1 });
    }
}
