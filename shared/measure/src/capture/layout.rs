//! The fast way to read a line: by the layout of one before it.
//!
//! The lines of a file differ only in their bodies, ids and times. So once a line has been parsed, the texts between
//! those strings are kept, and other lines are compared with them. A line that is equal outside of its strings, and
//! has valid strings in their places, is the same JSON with other strings.

use super::event::{Body, CapturedEvent, Role, TextPlace};
use super::json::string_end;
use super::text::RawText;

/// How many layouts are tried. Lines alternate between a few at most: with an inference id and without, of two clients.
const KEPT: usize = 4;

/// The layouts of lines before.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    /// The latest layout that fitted is first.
    kept: Vec<Layout>,
    learned: u64,
    fitted: u64,
}

#[derive(Debug)]
struct Layout {
    pieces: Vec<Piece>,
    end: Box<[u8]>,
    /// The bodies, with empty data.
    bodies: [Option<Body<'static>>; 3],
}

/// The text before a string, and the role of the string.
#[derive(Debug)]
struct Piece {
    before: Box<[u8]>,
    role: Role,
}

/// Whether all of it is printable ASCII: then it is UTF-8, and has no control characters, which JSON forbids in strings.
pub(super) fn is_plain(line: &[u8]) -> bool {
    // It checks eight bytes at a time, without an early exit. The compiler would check byte by byte if the program is
    // built for size, and that would take a seventh of the time of a verdict.
    let (words, rest) = line.as_chunks::<8>();
    let mut last = [b' '; 8];
    last.get_mut(..rest.len()).unwrap_or_default().copy_from_slice(rest);
    let plain = words.iter().fold(plain_bytes(u64::from_ne_bytes(last)), |plain, word| {
        plain & plain_bytes(u64::from_ne_bytes(*word))
    });
    plain == HIGHEST_BITS
}

const HIGHEST_BITS: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each byte that is from 0x20 to 0x7f.
fn plain_bytes(word: u64) -> u64 {
    const FROM_SPACE: u64 = 0x6060_6060_6060_6060;
    (word & FROM_SPACE).wrapping_add(FROM_SPACE) & !word & HIGHEST_BITS
}

impl Layouts {
    /// Reads a plain line that is laid out like one before.
    pub(super) fn read<'a>(&mut self, line: &'a [u8]) -> Option<CapturedEvent<'a>> {
        let (place, event) =
            self.kept.iter().enumerate().find_map(|(place, layout)| Some((place, layout.read(line)?)))?;
        if place > 0 {
            self.kept.swap(0, place);
        }
        self.fitted += 1;
        Some(event)
    }

    /// Remembers the layout of a plain line.
    pub(super) fn learn(&mut self, line: &str, event: &CapturedEvent<'_>, places: &mut [TextPlace]) {
        // If each line has a layout of its own, learning them is in vain.
        if self.learned > 64 && self.fitted < self.learned {
            return;
        }
        self.learned += 1;
        if let Some(layout) = Layout::of(line, event, places) {
            self.kept.truncate(KEPT - 1);
            self.kept.insert(0, layout);
        }
    }
}

impl Layout {
    fn of(line: &str, event: &CapturedEvent<'_>, places: &mut [TextPlace]) -> Option<Self> {
        places.sort_by_key(|place| place.inside.start);
        let (mut pieces, mut at) = (Vec::with_capacity(places.len()), 0);
        for TextPlace { role, inside } in places {
            pieces.push(Piece { before: line.get(at..inside.start)?.as_bytes().into(), role: *role });
            at = inside.end;
        }
        let nothing = RawText { inside: b"", escaped: false };
        let bodies = event.bodies.map(|body| body.map(|body| Body { data: nothing, ..body }));
        Some(Self { pieces, end: line.get(at..)?.as_bytes().into(), bodies })
    }

    fn read<'a>(&self, text: &'a [u8]) -> Option<CapturedEvent<'a>> {
        let mut event = CapturedEvent { bodies: self.bodies, ..CapturedEvent::default() };
        let mut at = 0;
        for Piece { before, role } in &self.pieces {
            text.get(at..)?.strip_prefix(&**before)?;
            at += before.len();
            let (end, escaped) = string_end(text, at)?;
            event.put(*role, RawText { inside: text.get(at..end)?, escaped });
            at = end;
        }
        (text.get(at..)? == &*self.end).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_lines_have_no_other_byte(mut line in "[ -\\x7f]{0,200}", odd in any::<u8>(), place in any::<prop::sample::Index>()) {
            prop_assert!(is_plain(line.as_bytes()));
            line.push(' ');
            let mut line = line.into_bytes();
            let place = place.index(line.len());
            line[place] = odd;
            prop_assert_eq!(is_plain(&line), (0x20..0x80).contains(&odd));
        }
    }
}
