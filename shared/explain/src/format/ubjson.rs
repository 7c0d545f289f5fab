//! UBJSON, the default since 2.1: JSON in bytes, with typed arrays. This reader reads everything that XGBoost writes, and also other types
//! of lengths and counted objects, which the standard allows.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::NoModel;
use crate::format::document::Written;
use crate::raw::RawModel;

/// How deep lists and objects may be nested. A model has nine levels.
const DEEPEST: usize = 64;

pub(super) fn read(bytes: &[u8]) -> Result<RawModel, NoModel> {
    let mut input = Input { all: bytes, at: 0, depth: 0 };
    let written: Written = serde_path_to_error::deserialize(Unread { input: &mut input, kind: None })
        .map_err(|error| {
            let Fault { at, problem } = error.inner();
            let at = at.map(|at| format!(" (byte {at})")).unwrap_or_default();
            NoModel::Ubjson { path: error.path().to_string(), problem: format!("{problem}{at}") }
        })?;
    written.into_raw()
}

/// The fault, and its byte.
#[derive(Debug)]
struct Fault {
    at: Option<usize>,
    problem: String,
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.problem)
    }
}

impl serde::de::Error for Fault {
    /// The reader that finds the fault does not know the byte; [`Unread`] adds it.
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self { at: None, problem: problem.to_string() }
    }
}

/// The bytes, and how far they are read.
#[derive(Debug)]
struct Input<'de> {
    all: &'de [u8],
    at: usize,
    depth: usize,
}

impl<'de> Input<'de> {
    fn fault<T>(&self, problem: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { at: Some(self.at), problem: problem.into() })
    }

    fn peek(&self) -> Option<u8> {
        self.all.get(self.at).copied()
    }

    /// The next byte, if it is this one.
    fn take_if(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn bytes(&mut self, count: usize) -> Result<&'de [u8], Fault> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.all.get(self.at..end));
        let Some(taken) = taken else { return self.fault("the file ends here") };
        self.at += count;
        Ok(taken)
    }

    fn fixed<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Fault> {
        let taken = self.bytes(COUNT)?;
        taken.first_chunk().copied().map_or_else(|| self.fault("the file ends here"), Ok)
    }

    /// The next byte that says what follows; bytes that say nothing are passed over.
    fn kind(&mut self) -> Result<u8, Fault> {
        loop {
            let [kind] = self.fixed()?;
            if kind != b'N' {
                return Ok(kind);
            }
        }
    }

    fn integer(&mut self, kind: u8) -> Result<i64, Fault> {
        Ok(match kind {
            b'i' => i64::from(i8::from_be_bytes(self.fixed()?)),
            b'U' | b'C' => i64::from(u8::from_be_bytes(self.fixed()?)),
            b'I' => i64::from(i16::from_be_bytes(self.fixed()?)),
            b'l' => i64::from(i32::from_be_bytes(self.fixed()?)),
            b'L' => i64::from_be_bytes(self.fixed()?),
            _ => return self.fault("expected a whole number"),
        })
    }

    fn length(&mut self) -> Result<usize, Fault> {
        let kind = self.kind()?;
        let length = self.integer(kind)?;
        usize::try_from(length).or_else(|_| self.fault(format!("{length} is not a length")))
    }

    fn text(&mut self) -> Result<&'de str, Fault> {
        let length = self.length()?;
        let bytes = self.bytes(length)?;
        std::str::from_utf8(bytes).or_else(|_| self.fault("the text is not UTF-8"))
    }

    /// The type that all entries have, and how many there are, where that stands before them.
    fn announced(&mut self) -> Result<(Option<u8>, Option<usize>), Fault> {
        let kind = if self.take_if(b'$') { Some(self.kind()?) } else { None };
        let count = if self.take_if(b'#') { Some(self.length()?) } else { None };
        if kind.is_some() && count.is_none() {
            return self.fault("a list with a type has no count");
        }
        // Entries without a byte of their own could be as many as a number can say.
        if kind.is_some_and(|kind| matches!(kind, b'Z' | b'T' | b'F')) {
            return self.fault("a list has a type that takes no room");
        }
        Ok((kind, count))
    }
}

/// A value that is still to be read. Its kind is known if it is an entry of a typed list.
struct Unread<'a, 'de> {
    input: &'a mut Input<'de>,
    kind: Option<u8>,
}

impl<'de> Deserializer<'de> for Unread<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let at = self.input.at;
        self.visit(visitor).map_err(|fault| Fault { at: fault.at.or(Some(at)), ..fault })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.kind.is_none() && self.input.take_if(b'Z') {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Unread<'_, 'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Self { input, kind } = self;
        match kind.map_or_else(|| input.kind(), Ok)? {
            b'[' => Entries::within(input, b']', |entries| visitor.visit_seq(entries)),
            b'{' => Entries::within(input, b'}', |entries| visitor.visit_map(entries)),
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f32(f32::from_be_bytes(input.fixed()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(input.fixed()?)),
            b'S' => visitor.visit_borrowed_str(input.text()?),
            kind => visitor.visit_i64(input.integer(kind)?),
        }
    }
}

/// The rest of a list or an object.
struct Entries<'a, 'de> {
    input: &'a mut Input<'de>,
    kind: Option<u8>,
    /// How many entries; none where a byte ends them.
    left: Option<usize>,
    end: u8,
}

impl<'a, 'de> Entries<'a, 'de> {
    /// Reads all entries of a list or an object, which must not be too deep.
    fn within<T>(
        input: &'a mut Input<'de>,
        end: u8,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if input.depth >= DEEPEST {
            return input.fault("it is nested too deeply");
        }
        input.depth += 1;
        let (kind, left) = input.announced()?;
        let mut entries = Self { input, kind, left, end };
        let value = read(&mut entries)?;
        entries.input.depth -= 1;
        Ok(value)
    }

    /// Whether there is one more.
    fn has_next(&mut self) -> bool {
        match &mut self.left {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => !self.input.take_if(self.end),
        }
    }

    fn value(&mut self) -> Unread<'_, 'de> {
        Unread { input: self.input, kind: self.kind }
    }
}

impl<'de> SeqAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.has_next() { seed.deserialize(self.value()).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if !self.has_next() {
            return Ok(None);
        }
        let key = self.input.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self.value())
    }
}
