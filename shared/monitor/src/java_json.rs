//! JSON as the containers write it: Jackson's default pretty printer, and Java's numbers. If a file of theirs and one
//! of ours have the same contents, they are equal byte by byte.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::java_number::java_double;

/// The text of a value.
#[must_use]
pub fn to_string(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    // Writing structures of numbers and texts into memory does not fail.
    if value.serialize(&mut Serializer::with_formatter(&mut text, Jackson::default())).is_err() {
        text.clear();
    }
    String::from_utf8(text).unwrap_or_default()
}

/// One key of an object on a line, lists on one line, `" : "` after a key, blanks inside brackets.
#[derive(Default)]
struct Jackson {
    depth: usize,
    /// Whether the list or object that ends has an element.
    filled: bool,
}

impl Jackson {
    fn new_line(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Jackson {
    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(java_double(value).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.filled = false;
        out.write_all(b"[ ")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        // The blank of an empty list, `[ ]`, stands after the bracket.
        out.write_all(if self.filled { b" ]" } else { b"]" })
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        if self.filled {
            self.new_line(out)?;
        } else {
            out.write_all(b" ")?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        self.new_line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b" : ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_stand_in_a_line_and_keys_each_in_its_own() {
        let value =
            json!({ "a": [], "b": [[1.0, 2.5e-7], []], "c": {}, "d": [{ "e": null }, { "e": "\"" }] });
        let expected = r#"{
  "a" : [ ],
  "b" : [ [ 1.0, 2.5E-7 ], [ ] ],
  "c" : { },
  "d" : [ {
    "e" : null
  }, {
    "e" : "\""
  } ]
}"#;
        assert_eq!(to_string(&value), expected);
    }
}
