//! JSON strings as they stand in a line.

use std::borrow::Cow;

use memchr::memchr;

/// The inside of a JSON string, in a line or body that is UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawText<'a> {
    /// Between the quotes.
    pub(super) inside: &'a [u8],
    /// Whether it has escapes.
    pub(super) escaped: bool,
}

impl<'a> RawText<'a> {
    /// The decoded text; `None` if it has half of a surrogate pair.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        if !self.escaped {
            return str::from_utf8(self.inside).ok().map(Cow::Borrowed);
        }
        let mut text = String::new();
        self.append_to(&mut text)?;
        Some(Cow::Owned(text))
    }

    /// Appends the decoded text; `None` if it has half of a surrogate pair.
    pub(super) fn append_to(self, text: &mut String) -> Option<()> {
        let mut rest = str::from_utf8(self.inside).ok()?;
        if self.escaped {
            while let Some(at) = memchr(b'\\', rest.as_bytes()) {
                text.push_str(rest.get(..at)?);
                let (letter, after) = escape(rest.get(at + 1..)?)?;
                text.push(letter);
                rest = after;
            }
        }
        text.push_str(rest);
        Some(())
    }

    /// The text, if it is one line without escapes, except for a line end.
    pub(super) fn single_line(self) -> Option<&'a [u8]> {
        if !self.escaped {
            return Some(self.inside);
        }
        let line = self.inside.strip_suffix(b"\\n")?;
        memchr(b'\\', line).is_none().then_some(line)
    }
}

/// The character of an escape (`rest` begins after its backslash), and the text after it.
fn escape(rest: &str) -> Option<(char, &str)> {
    let letter = match rest.as_bytes().first()? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return code_point(rest),
        other => char::from(*other),
    };
    Some((letter, rest.get(1..)?))
}

fn code_point(rest: &str) -> Option<(char, &str)> {
    let (first, after) = code_unit(rest)?;
    if let Some(letter) = char::from_u32(first) {
        return Some((letter, after));
    }
    let (second, after) = code_unit(after.strip_prefix('\\')?)?;
    let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let letter = char::decode_utf16(pair).next()?.ok()?;
    Some((letter, after))
}

fn code_unit(rest: &str) -> Option<(u32, &str)> {
    let rest = rest.strip_prefix('u')?;
    Some((u32::from_str_radix(rest.get(..4)?, 16).ok()?, rest.get(4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(inside: &[u8]) -> RawText<'_> {
        RawText { inside, escaped: inside.contains(&b'\\') }
    }

    #[test]
    fn a_text_says_what_its_escapes_stand_for() {
        let check = |inside: &[u8], expect: Option<&str>| {
            assert_eq!(raw(inside).text().as_deref(), expect, "{inside:?}");
            let mut text = "before ".to_owned();
            let appended = raw(inside).append_to(&mut text);
            assert_eq!(appended.is_some(), expect.is_some());
            assert!(expect.is_none_or(|expect| text == format!("before {expect}")), "{text}");
        };
        check(b"plain", Some("plain"));
        check(br"a\nb\tc\rd\be\ff", Some("a\nb\tc\rd\u{8}e\u{c}f"));
        check(br#"\"\\\/"#, Some("\"\\/"));
        check(br"x\u00e9y\ud83d\ude00z", Some("x\u{e9}y\u{1f600}z"));
        check(br"\ud83d", None);
        check(br"\ud83dx", None);
        check(br"\ud83d\u0041", None);
        check(b"\xff", None);
    }

    #[test]
    fn one_line_stands_as_it_is_but_for_its_end() {
        assert_eq!(raw(b"1,2").single_line(), Some(&b"1,2"[..]));
        assert_eq!(raw(br"1,2\n").single_line(), Some(&b"1,2"[..]));
        assert_eq!((raw(br"1\n2\n").single_line(), raw(br"1\t2").single_line()), (None, None));
    }
}
