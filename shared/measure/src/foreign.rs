//! Files that are not text in UTF-8, recognized by their first bytes.

use std::io::{self, Read};

use thiserror::Error;

/// The kind of a file that is not text in UTF-8, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Foreign {
    /// Text in which each character has two bytes (or four).
    #[error("it is text in UTF-16: convert it to UTF-8")]
    Utf16,
    /// Compressed by gzip.
    #[error("it is compressed (gzip): unpack it first")]
    Gzip,
    /// Compressed by Zstandard.
    #[error("it is compressed (zstd): unpack it first")]
    Zstandard,
    /// A zip file; office programs write these, too.
    #[error("it is a zip archive: unpack it first; a workbook has to be saved as CSV in UTF-8")]
    Zip,
    /// A table, but of another kind.
    #[error(
        "it is Parquet: convert it to CSV in UTF-8, for example with `pandas.read_parquet(FILE).to_csv(TABLE, index=False)`"
    )]
    Parquet,
}

/// The first bytes of each kind.
const BEGINNINGS: [(&[u8], Foreign); 6] = [
    (b"\xff\xfe", Foreign::Utf16),
    (b"\xfe\xff", Foreign::Utf16),
    (b"\x1f\x8b", Foreign::Gzip),
    (b"\x28\xb5\x2f\xfd", Foreign::Zstandard),
    (b"PK\x03\x04", Foreign::Zip),
    // A column may be called `PAR1`; in a Parquet file, the next byte is not text.
    (b"PAR1\x15", Foreign::Parquet),
];

impl Foreign {
    /// How many bytes the check needs.
    pub const BYTES: usize = 5;

    /// The kind of a file with these first bytes; `None` if it may be text.
    #[must_use]
    pub fn of(beginning: &[u8]) -> Option<Self> {
        BEGINNINGS.iter().find(|(bytes, _)| beginning.starts_with(bytes)).map(|(_, foreign)| *foreign)
    }

    /// The first bytes of an input, however few it gives at a time; fewer than [`Self::BYTES`] if the input is
    /// shorter.
    ///
    /// # Errors
    /// When the input ends with an error.
    pub fn beginning(input: &mut impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        input.take(Self::BYTES as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_by_its_beginning() {
        for (bytes, foreign) in [
            (&b"\xff\xfea\0"[..], Some(Foreign::Utf16)),
            (b"\xfe\xff\0a", Some(Foreign::Utf16)),
            (b"\x1f\x8b\x08\0", Some(Foreign::Gzip)),
            (b"\x28\xb5\x2f\xfd\0", Some(Foreign::Zstandard)),
            (b"PK\x03\x04", Some(Foreign::Zip)),
            (b"PAR1\x15\x04", Some(Foreign::Parquet)),
            (b"PAR1,x", None),
            (b"PK,x", None),
            (b"\xef\xbb\xbfa", None),
            (b"a", None),
            (b"", None),
        ] {
            assert_eq!(Foreign::of(bytes), foreign, "{bytes:?}");
        }
    }

    #[test]
    fn the_beginning_is_whole_and_what_follows_is_left() {
        let mut input: &[u8] = b"abcdef";
        assert_eq!((Foreign::beginning(&mut input).unwrap(), input), (b"abcde".to_vec(), &b"f"[..]));
        assert_eq!(Foreign::beginning(&mut &b"ab"[..]).unwrap(), b"ab");
    }
}
