//! Walks JSON that is known to be valid, by byte positions, without building anything.
//!
//! INVARIANT: the text was accepted by `serde_json`. On other text the walk ends early; it never panics.

use std::ops::Range;

use memchr::memchr2;

/// The end of the string whose inside begins at `at`: the place of its closing quote, and whether there are escapes in it.
/// None when it does not end, or has an escape that JSON does not know.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let found = at + memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(found) == Some(&b'"') {
            return Some((found, escaped));
        }
        escaped = true;
        at = match text.get(found + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => found + 2,
            b'u' if text.get(found + 2..found + 6)?.iter().all(u8::is_ascii_hexdigit) => found + 6,
            _ => return None,
        };
    }
}

/// The first place from `at` on that is no white space.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// The end of the value that begins at `at`.
pub(super) fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => Some(string_end(text, at + 1)?.0 + 1),
        b'{' | b'[' => container_end(text, at),
        _ => {
            let rest = text.get(at..)?;
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
            Some(at + rest.iter().position(is_end).unwrap_or(rest.len()))
        }
    }
}

fn container_end(text: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => at = string_end(text, at + 1)?.0,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// What is in a list or an object, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Items {
    at: usize,
}

impl Items {
    /// Of the list or object that begins at `at`.
    pub(super) fn of(at: usize) -> Self {
        Self { at: at + 1 }
    }

    /// The next element of a list.
    pub(super) fn element(&mut self, text: &[u8]) -> Option<Range<usize>> {
        let start = self.start(text)?;
        let end = value_end(text, start)?;
        self.at = end;
        Some(start..end)
    }

    /// The next member of an object: the inside of its key, and its value.
    pub(super) fn member(&mut self, text: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
        let key = self.start(text)? + 1;
        let key_end = string_end(text, key)?.0;
        let colon = skip_space(text, key_end + 1);
        let start = skip_space(text, colon + 1);
        let end = value_end(text, start)?;
        self.at = end;
        Some((key..key_end, start..end))
    }

    /// Where the next one begins.
    fn start(&self, text: &[u8]) -> Option<usize> {
        let mut start = skip_space(text, self.at);
        if text.get(start) == Some(&b',') {
            start = skip_space(text, start + 1);
        }
        (!matches!(text.get(start)?, b']' | b'}')).then_some(start)
    }
}
