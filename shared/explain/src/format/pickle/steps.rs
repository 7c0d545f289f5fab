//! The steps of a pickle, each a byte and what follows it (`pickletools` of Python 3.13 names them all).

use std::borrow::Cow;

use crate::error::NoModel;

/// A step, with the data that matters here.
#[derive(Debug)]
pub(super) enum Opcode<'a> {
    Stop,
    Mark,
    Pop,
    PopMark,
    Duplicate,
    /// Puts a value on the stack.
    Bytes(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    Other,
    EmptyList,
    EmptyTuple,
    EmptyDict,
    Name(&'a [u8]),
    /// The same, whose names are the two values on top of the stack.
    NameOfStack,
    /// Replaces this many values, or all values since the mark, by one.
    Tuple(usize),
    TupleSinceMark,
    ListSinceMark,
    DictSinceMark,
    OtherSinceMark,
    /// Adds to the value below.
    Append,
    AppendsSinceMark,
    SetItem,
    SetItemsSinceMark,
    AddSinceMark,
    /// Makes an object of a class and arguments.
    Call,
    CallSinceMark,
    CallWithNamedArguments,
    /// Gives an object its state.
    Build,
    /// Stores the top of the stack under a number, or pushes a stored value.
    Put(u64),
    Memoize,
    Get(u64),
    /// Replaces a value by one that is not needed.
    Replace,
    Nothing,
}

/// The bytes, and how far they are read.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Steps<'a> {
    pub(super) fn fault<T>(&self, problem: impl Into<String>) -> Result<T, NoModel> {
        Err(NoModel::Pickle { at: self.at, problem: problem.into() })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], NoModel> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let Some(taken) = taken else { return self.fault("the file ends within a step") };
        self.at += count;
        Ok(taken)
    }

    /// A number of this many bytes, at most eight, in little endian.
    fn number(&mut self, bytes: usize) -> Result<u64, NoModel> {
        let taken = self.take(bytes)?;
        Ok(taken.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Reads a number of this many bytes, and then as many bytes as that number says.
    fn counted(&mut self, bytes: usize) -> Result<&'a [u8], NoModel> {
        let count = self.number(bytes)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn line(&mut self) -> Result<&'a [u8], NoModel> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return self.fault("the file ends within a line");
        };
        let line = self.take(end + 1)?;
        Ok(line.get(..end).unwrap_or_default())
    }

    fn number_in_line(&mut self) -> Result<u64, NoModel> {
        let line = self.line()?;
        let number = std::str::from_utf8(line).ok().and_then(|text| text.parse().ok());
        number.map_or_else(|| self.fault("expected a number"), Ok)
    }

    fn text(&mut self, bytes: usize) -> Result<Opcode<'a>, NoModel> {
        // Python writes halves of surrogate pairs, which are not UTF-8; the wanted keys have none.
        Ok(Opcode::Text(String::from_utf8_lossy(self.counted(bytes)?)))
    }

    fn skip(&mut self, bytes: usize) -> Result<Opcode<'a>, NoModel> {
        self.take(bytes).map(|_| Opcode::Other)
    }

    fn skip_line(&mut self) -> Result<Opcode<'a>, NoModel> {
        self.line().map(|_| Opcode::Other)
    }

    /// The next step.
    pub(super) fn next(&mut self) -> Result<Opcode<'a>, NoModel> {
        let code = self.number(1)? as u8;
        Ok(match code {
            b'.' => Opcode::Stop,
            b'(' => Opcode::Mark,
            b'0' => Opcode::Pop,
            b'1' => Opcode::PopMark,
            b'2' => Opcode::Duplicate,
            b'N' | 0x88 | 0x89 | 0x8f => Opcode::Other,
            b'I' | b'L' | b'F' | b'P' => self.skip_line()?,
            b'K' => self.skip(1)?,
            b'M' => self.skip(2)?,
            b'J' => self.skip(4)?,
            b'G' => self.skip(8)?,
            0x8a => self.counted(1).map(|_| Opcode::Other)?,
            0x8b => self.counted(4).map(|_| Opcode::Other)?,
            b'S' => Opcode::Bytes(Cow::Owned(quoted(self.line()?))),
            b'U' | b'C' => Opcode::Bytes(Cow::Borrowed(self.counted(1)?)),
            b'T' | b'B' => Opcode::Bytes(Cow::Borrowed(self.counted(4)?)),
            0x8e | 0x96 => Opcode::Bytes(Cow::Borrowed(self.counted(8)?)),
            b'V' => Opcode::Text(Cow::Owned(unescaped(self.line()?))),
            0x8c => self.text(1)?,
            b'X' => self.text(4)?,
            0x8d => self.text(8)?,
            b']' => Opcode::EmptyList,
            b')' => Opcode::EmptyTuple,
            b'}' => Opcode::EmptyDict,
            b'c' => {
                self.line()?;
                Opcode::Name(self.line()?)
            }
            0x93 => Opcode::NameOfStack,
            0x85..=0x87 => Opcode::Tuple(usize::from(code - 0x84)),
            b't' => Opcode::TupleSinceMark,
            b'l' => Opcode::ListSinceMark,
            b'd' => Opcode::DictSinceMark,
            0x91 => Opcode::OtherSinceMark,
            b'a' => Opcode::Append,
            b'e' => Opcode::AppendsSinceMark,
            b's' => Opcode::SetItem,
            b'u' => Opcode::SetItemsSinceMark,
            0x90 => Opcode::AddSinceMark,
            b'R' | 0x81 => Opcode::Call,
            b'o' => Opcode::CallSinceMark,
            b'i' => {
                self.line()?;
                self.line()?;
                Opcode::CallSinceMark
            }
            0x92 => Opcode::CallWithNamedArguments,
            b'b' => Opcode::Build,
            b'p' => Opcode::Put(self.number_in_line()?),
            b'q' => Opcode::Put(self.number(1)?),
            b'r' => Opcode::Put(self.number(4)?),
            0x94 => Opcode::Memoize,
            b'g' => Opcode::Get(self.number_in_line()?),
            b'h' => Opcode::Get(self.number(1)?),
            b'j' => Opcode::Get(self.number(4)?),
            b'Q' => Opcode::Replace,
            0x80 => self.take(1).map(|_| Opcode::Nothing)?,
            0x95 => self.take(8).map(|_| Opcode::Nothing)?,
            0x82 => self.skip(1)?,
            0x83 => self.skip(2)?,
            0x84 => self.skip(4)?,
            0x98 => Opcode::Nothing,
            0x97 => Opcode::Other,
            _ => {
                self.at -= 1;
                return self.fault(format!("unknown step {code:#04x}"));
            }
        })
    }
}

/// The text of Python's quotes: only what names are written with is looked for.
fn quoted(line: &[u8]) -> Vec<u8> {
    let inner = line.trim_ascii();
    inner.get(1..inner.len().saturating_sub(1)).unwrap_or_default().to_vec()
}

/// Python's `raw-unicode-escape`: each byte is a character, except for `\u` and `\U` with their digits.
fn unescaped(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [b'u', digits @ ..] if *first == b'\\' => character(digits, 4),
            [b'U', digits @ ..] if *first == b'\\' => character(digits, 8),
            _ => None,
        };
        let (next, left) = escaped.unwrap_or((char::from(*first), after));
        text.push(next);
        rest = left;
    }
    text
}

fn character(after: &[u8], digits: usize) -> Option<(char, &[u8])> {
    let (digits, left) = after.split_at_checked(digits)?;
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((char::from_u32(number)?, left))
}
