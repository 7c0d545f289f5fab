//! Files of captured events in pieces of whole lines: where they are cut does not depend on who reads them.

use std::io::{self, Read};
use std::ops::Range;
use std::slice::Iter;

use indicatif::ProgressBar;

use crate::input::source::{BUFFER, MAX_LINE, Source};

/// A piece ends with its last whole line. It has at most this many bytes, and the bytes of one more read. A piece fits into the cache of a
/// core.
const PIECE: usize = 4 * BUFFER;

/// A piece of a file.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// Its place among all pieces, from 0.
    pub(super) number: u64,
    pub(super) source: &'a Source,
    /// Whether the file ends with it, and why early, if it does.
    pub(super) end: Option<FileEnd>,
}

/// The end of a file that was read.
#[derive(Debug)]
pub(super) struct FileEnd {
    pub(super) stopped: Option<String>,
}

/// Hands out one piece after the other.
pub(super) struct Pieces<'a> {
    files: Iter<'a, Source>,
    open: Option<(&'a Source, WholeLines)>,
    progress: &'a ProgressBar,
    next: u64,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(files: &'a [Source], progress: &'a ProgressBar) -> Self {
        Self { files: files.iter(), open: None, progress, next: 0 }
    }

    /// Puts the next piece into the block.
    pub(super) fn next(&mut self, block: &mut Block) -> Option<Piece<'a>> {
        block.clear();
        let source = match &self.open {
            Some((source, _)) => source,
            None => self.files.next()?,
        };
        let filled = self.fill(source, block);
        let number = self.next;
        self.next += 1;
        let end = match filled {
            Ok(true) => None,
            Ok(false) => Some(FileEnd { stopped: None }),
            Err(error) => Some(FileEnd { stopped: Some(error.to_string()) }),
        };
        if end.is_some() {
            self.open = None;
        }
        Some(Piece { number, source, end })
    }

    fn fill(&mut self, source: &'a Source, block: &mut Block) -> io::Result<bool> {
        let lines = match &mut self.open {
            Some((_, lines)) => lines,
            None => &mut self.open.insert((source, WholeLines::of(source.open()?))).1,
        };
        lines.fill(block, |bytes| self.progress.inc(bytes))
    }
}

/// Bytes that are used again for the next piece.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    filled: usize,
}

impl Block {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.filled = 0;
        if self.bytes.len() > 2 * PIECE {
            // A very long line had made the buffer large.
            self.bytes = Vec::new();
        }
    }

    fn begin_with(&mut self, bytes: &[u8]) {
        self.bytes.resize(self.bytes.len().max(bytes.len()), 0);
        self.bytes.get_mut(..bytes.len()).unwrap_or_default().copy_from_slice(bytes);
        self.filled = bytes.len();
    }

    fn part(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Where the next bytes go.
    fn room(&mut self) -> &mut [u8] {
        let end = self.filled + BUFFER;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(self.filled..end).unwrap_or_default()
    }
}

/// The lines of an input.
struct WholeLines {
    input: Box<dyn Read + Send>,
    /// The beginning of the line after the last piece.
    rest: Vec<u8>,
}

impl WholeLines {
    fn of(input: Box<dyn Read + Send>) -> Self {
        Self { input, rest: Vec::new() }
    }

    /// Fills a block with whole lines; returns whether there are more. If a line is longer than the limit, the block holds only a part of
    /// it that still exceeds the limit, so that the reader refuses it.
    fn fill(&mut self, block: &mut Block, progress: impl Fn(u64)) -> io::Result<bool> {
        block.begin_with(&self.rest);
        self.rest.clear();
        let mut skips = false;
        loop {
            let count = match self.input.read(block.room()) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            progress(count as u64);
            let mut new = block.filled..block.filled + count;
            if skips {
                let Some(end) = block.part(new.clone()).iter().position(is_end) else { continue };
                block.bytes.copy_within(new.start + end..new.end, new.start);
                new.end -= end;
                skips = false;
            }
            block.filled = new.end;
            if block.filled < PIECE {
                continue;
            }
            // A block that was full before has no end of a line before its new bytes.
            let from = if new.start < PIECE { 0 } else { new.start };
            if let Some(end) = block.part(from..new.end).iter().rposition(is_end) {
                let end = from + end + 1;
                self.rest.extend_from_slice(block.part(end..new.end));
                block.filled = end;
                return Ok(true);
            }
            if block.filled > MAX_LINE {
                block.filled = MAX_LINE + 1;
                skips = true;
            }
        }
    }
}

fn is_end(byte: &u8) -> bool {
    *byte == b'\n'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives this many bytes at once.
    struct Slow(Vec<u8>, usize);

    impl Read for Slow {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(room.len());
            room[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    /// The pieces of a text that arrives in chunks of this many bytes.
    fn pieces(text: &[u8], at_once: usize) -> Vec<Vec<u8>> {
        let mut lines = WholeLines::of(Box::new(Slow(text.to_vec(), at_once)));
        let (mut block, mut pieces) = (Block::default(), Vec::new());
        loop {
            let is_more = lines.fill(&mut block, |_| {}).unwrap();
            pieces.push(block.bytes().to_vec());
            if !is_more {
                return pieces;
            }
            block.clear();
        }
    }

    #[test]
    fn pieces_are_whole_lines_and_together_the_file() {
        let line = |index: usize| format!("{index} {}", "x".repeat(37 * index % 9_000));
        let text = (0..400).map(line).collect::<Vec<_>>().join("\n").into_bytes();
        let found = pieces(&text, BUFFER);
        assert!(found.len() > 5 && found.iter().all(|piece| piece.len() < PIECE + BUFFER));
        let (last, others) = found.split_last().unwrap();
        assert!(others.iter().all(|piece| piece.ends_with(b"\n")) && !last.ends_with(b"\n"));
        assert_eq!(found.concat(), text);
        assert_eq!(pieces(b"", BUFFER), [b""]);
        assert_eq!(pieces(b"a\n\nb\n", 1), [b"a\n\nb\n"]);
    }

    #[test]
    fn a_line_longer_than_a_piece_is_whole() {
        let text = [vec![b'a'; 10], vec![b'\n'], vec![b'b'; 3 * PIECE], b"\nc\n".to_vec()].concat();
        let found = pieces(&text, BUFFER);
        assert_eq!(found.concat(), text);
        assert!(found.iter().all(|piece| piece.ends_with(b"\n") || piece.is_empty()), "{}", found.len());
    }

    #[test]
    fn of_a_line_without_end_a_beginning_is_kept_that_is_too_long() {
        for end in ["\nnext\n", ""] {
            let text = [vec![b'x'; MAX_LINE + 5 * BUFFER], end.as_bytes().to_vec()].concat();
            let found = pieces(&text, BUFFER).concat();
            let (long, rest) = found.split_at(MAX_LINE + 1);
            assert!(long.iter().all(|byte| *byte == b'x'));
            assert_eq!(rest, end.as_bytes());
        }
    }
}
