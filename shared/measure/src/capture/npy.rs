//! Arrays of NumPy (`application/x-npy`), which the SageMaker SDK by default sends to most endpoints of frameworks.
//!
//! Format: "numpy.lib.format" in NumPy's documentation, versions 1 to 3. Numbers, truth values and texts are read;
//! pickled objects, records and complex numbers are not. A crate for the format would bring a grammar of Python's
//! literals, while only three keys are needed.

use std::fmt::Write as _;

use crate::issues::IssueKind;

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy allows no more axes.
const MAX_AXES: usize = 64;

/// Whether a body begins as an array does, whatever its content type says.
pub(super) fn is_npy(body: &[u8]) -> bool {
    body.starts_with(MAGIC)
}

/// Whether a body begins as a ZIP archive does, in which `np.savez` puts arrays.
pub(super) fn is_archive(body: &[u8]) -> bool {
    body.starts_with(b"PK\x03\x04")
}

/// The array as a list of rows in JSON. The first axis counts the rows; the values of the other axes form one row,
/// the last axis fastest. An array with one axis is one row.
pub(super) fn rows(body: &[u8], most: usize) -> Result<String, IssueKind> {
    let array = Array::parse(body).ok_or(IssueKind::NotAnArray)?;
    if array.width > most && array.height > 0 {
        return Err(IssueKind::TooManyColumns);
    }
    let mut json = String::from("[");
    for row in 0..array.height {
        json.push_str(if row == 0 { "[" } else { ",[" });
        for column in 0..array.width {
            if column > 0 {
                json.push(',');
            }
            let item = array.item(row, column).ok_or(IssueKind::NotAnArray)?;
            array.scalar.write(item, array.is_big_endian, &mut json).ok_or(IssueKind::NotAnArray)?;
        }
        json.push(']');
    }
    json.push(']');
    Ok(json)
}

/// The type of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scalar {
    Bool,
    Signed(usize),
    Unsigned(usize),
    /// A number of two, four or eight bytes.
    Float(usize),
    /// Bytes of text, padded by zeros.
    Bytes(usize),
    /// Characters of four bytes each, padded by zeros.
    Text(usize),
}

/// An array with all its items.
#[derive(Debug)]
struct Array<'a> {
    scalar: Scalar,
    is_big_endian: bool,
    is_fortran: bool,
    shape: Vec<usize>,
    height: usize,
    width: usize,
    items: &'a [u8],
}

impl<'a> Array<'a> {
    /// INVARIANT: there are as many bytes of items as the shape and the type say, so a false shape allocates nothing.
    fn parse(body: &'a [u8]) -> Option<Self> {
        let rest = body.strip_prefix(MAGIC)?;
        let (version, rest) = rest.split_at_checked(2)?;
        let (length, rest) = match version.first()? {
            1 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
            }
            _ => return None,
        };
        let (header, items) = rest.split_at_checked(length)?;
        let header = std::str::from_utf8(header).ok()?;
        let (scalar, is_big_endian) = Scalar::parse(text(value(header, "descr")?)?)?;
        let is_fortran = value(header, "fortran_order")?.starts_with("True");
        let shape = shape(value(header, "shape")?)?;
        let (height, width) = match shape.as_slice() {
            [] => (1, 1),
            [only] => (1, *only),
            [rows, others @ ..] => {
                (*rows, others.iter().try_fold(1_usize, |sum, axis| sum.checked_mul(*axis))?)
            }
        };
        let bytes = height.checked_mul(width)?.checked_mul(scalar.bytes())?;
        (bytes == items.len() && scalar.bytes() > 0).then_some(Self {
            scalar,
            is_big_endian,
            is_fortran,
            shape,
            height,
            width,
            items,
        })
    }

    fn item(&self, row: usize, column: usize) -> Option<&'a [u8]> {
        let place = if self.is_fortran && self.shape.len() > 1 {
            self.fortran_place(row, column)?
        } else {
            row * self.width + column
        };
        let start = place * self.scalar.bytes();
        self.items.get(start..start + self.scalar.bytes())
    }

    /// For arrays in which the first axis is the fastest.
    fn fortran_place(&self, row: usize, mut column: usize) -> Option<usize> {
        let (_, others) = self.shape.split_first()?;
        let mut stride = self.height * others.iter().product::<usize>();
        let mut place = row;
        for axis in others.iter().rev() {
            stride = stride.checked_div(*axis)?;
            place += column % axis * stride;
            column /= axis;
        }
        Some(place)
    }
}

/// The text after a key of the header, which is the `repr` of a dictionary.
fn value<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let found =
        ['\'', '"'].into_iter().find_map(|quote| header.split_once(&format!("{quote}{key}{quote}")))?;
    Some(found.1.trim_start().strip_prefix(':')?.trim_start())
}

fn text(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    value.get(1..)?.split_once(quote).map(|(inside, _)| inside)
}

fn shape(value: &str) -> Option<Vec<usize>> {
    let (inside, _) = value.strip_prefix('(')?.split_once(')')?;
    let axes =
        inside.split(',').map(|axis| axis.trim().trim_end_matches('L')).filter(|axis| !axis.is_empty());
    let axes: Vec<usize> = axes.map(|axis| axis.parse().ok()).collect::<Option<_>>()?;
    (axes.len() <= MAX_AXES).then_some(axes)
}

impl Scalar {
    /// Such as `<f8`: the order of the bytes, the kind and the size.
    fn parse(description: &str) -> Option<(Self, bool)> {
        let kind = description.trim_start_matches(['<', '>', '|', '=']);
        let mut characters = kind.chars();
        let letter = characters.next()?;
        let size: usize = characters.as_str().parse().ok()?;
        let scalar = match (letter, size) {
            ('b', 1) => Self::Bool,
            ('i', 1 | 2 | 4 | 8) => Self::Signed(size),
            ('u', 1 | 2 | 4 | 8) => Self::Unsigned(size),
            ('f', 2 | 4 | 8) => Self::Float(size),
            ('S' | 'a', _) => Self::Bytes(size),
            ('U', _) => Self::Text(size.checked_mul(4)?),
            _ => return None,
        };
        Some((scalar, description.starts_with('>')))
    }

    fn bytes(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Signed(size)
            | Self::Unsigned(size)
            | Self::Float(size)
            | Self::Bytes(size)
            | Self::Text(size) => size,
        }
    }

    /// Writes an item as JSON; `None` if it is not valid text.
    fn write(self, item: &[u8], is_big_endian: bool, json: &mut String) -> Option<()> {
        match self {
            Self::Bool => json.push_str(if item == [0] { "false" } else { "true" }),
            Self::Unsigned(_) => write!(json, "{}", whole(item, is_big_endian)).ok()?,
            Self::Signed(size) => {
                let unused = 64 - 8 * u32::try_from(size).ok()?;
                // Extends the sign of the item to 64 bits.
                let number = (whole(item, is_big_endian) << unused).cast_signed() >> unused;
                write!(json, "{number}").ok()?;
            }
            Self::Float(size) => {
                let bits = whole(item, is_big_endian);
                match size {
                    2 => {
                        number(half(u16::try_from(bits).ok()?).into(), &half(u16::try_from(bits).ok()?), json)
                    }
                    4 => {
                        let float = f32::from_bits(u32::try_from(bits).ok()?);
                        number(float.into(), &float, json);
                    }
                    _ => number(f64::from_bits(bits), &f64::from_bits(bits), json),
                }
            }
            Self::Bytes(_) => quoted(std::str::from_utf8(item).ok()?, json),
            Self::Text(_) => {
                let (characters, _) = item.as_chunks::<4>();
                let characters = characters
                    .iter()
                    .map(|each| char::from_u32(u32::try_from(whole(each, is_big_endian)).ok()?));
                quoted(&characters.collect::<Option<String>>()?, json);
            }
        }
        Some(())
    }
}

fn whole(item: &[u8], is_big_endian: bool) -> u64 {
    let add = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
    if is_big_endian { item.iter().fold(0, add) } else { item.iter().rev().fold(0, add) }
}

/// As Python writes it, but without an exponent if that is short: a number must look as it does in the table of the
/// baseline. NaN is a missing value; infinity is a text, as it is in a table.
fn number(value: f64, shortest: &(impl std::fmt::Display + std::fmt::LowerExp), json: &mut String) {
    let start = json.len();
    let written = if value.is_nan() {
        write!(json, "null")
    } else if value.is_infinite() {
        write!(json, "\"{shortest}\"")
    } else if value == 0.0 || (1e-30..1e30).contains(&value.abs()) {
        write!(json, "{shortest}")
    } else {
        write!(json, "{shortest:e}")
    };
    let is_whole = written.is_ok()
        && json
            .get(start..)
            .is_some_and(|text| text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()));
    if is_whole {
        json.push_str(".0");
    }
}

/// IEEE 754 binary16, in a number that holds it exactly.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x3ff);
    match exponent {
        // Below the smallest normal number the unit is 2 to the power of -24.
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | (fraction << 13)),
    }
}

fn quoted(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text.trim_end_matches('\0')).to_string());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An array as NumPy saves it.
    fn npy(description: &str, fortran: bool, shape: &str, items: &[u8]) -> Vec<u8> {
        let fortran = if fortran { "True" } else { "False" };
        let header = format!("{{'descr': '{description}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let header = format!("{header:117}\n");
        [MAGIC, &[1, 0], &u16::try_from(header.len()).unwrap().to_le_bytes(), header.as_bytes(), items]
            .concat()
    }

    fn check(body: &[u8], expect: Result<&str, IssueKind>) {
        assert_eq!(rows(body, 6), expect.map(str::to_owned), "{}", String::from_utf8_lossy(body));
    }

    fn floats(numbers: &[f64]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn the_first_axis_is_that_of_the_rows() {
        let items = floats(&[1.0, 2.5, -3.0, 4.0, 5.0, 6.0]);
        check(&npy("<f8", false, "(2, 3)", &items), Ok("[[1.0,2.5,-3.0],[4.0,5.0,6.0]]"));
        check(&npy("<f8", true, "(2, 3)", &items), Ok("[[1.0,-3.0,5.0],[2.5,4.0,6.0]]"));
        check(&npy("<f8", false, "(6,)", &items), Ok("[[1.0,2.5,-3.0,4.0,5.0,6.0]]"));
        check(&npy("<f8", false, "(3, 1, 2)", &items), Ok("[[1.0,2.5],[-3.0,4.0],[5.0,6.0]]"));
        check(&npy("<f8", true, "(1, 3, 2)", &items), Ok("[[1.0,4.0,2.5,5.0,-3.0,6.0]]"));
        check(&npy("<f8", false, "()", &items[..8]), Ok("[[1.0]]"));
        check(&npy("<f8", false, "(0, 3)", &[]), Ok("[]"));
        check(&npy("<f8", false, "(1, 7)", &floats(&[0.0; 7])), Err(IssueKind::TooManyColumns));
    }

    #[test]
    fn items_of_every_kind_are_written_as_a_table_has_them() {
        check(
            &npy("<f4", false, "(2,)", &[0.1_f32.to_le_bytes(), 1e-5_f32.to_le_bytes()].concat()),
            Ok("[[0.1,0.00001]]"),
        );
        check(&npy(">f8", false, "(1,)", &0.1_f64.to_be_bytes()), Ok("[[0.1]]"));
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 0.0];
        check(&npy("<f8", false, "(5,)", &floats(&odd)), Ok(r#"[[null,"inf","-inf",1e300,0.0]]"#));
        check(
            &npy("<f2", false, "(4,)", &[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7e]),
            Ok("[[1.0,-2.0,0.000000059604645,null]]"),
        );
        check(
            &npy("<i8", false, "(2,)", &[(-7_i64).to_le_bytes(), 9_i64.to_le_bytes()].concat()),
            Ok("[[-7,9]]"),
        );
        check(&npy("|i1", false, "(2,)", &[0xff, 0x7f]), Ok("[[-1,127]]"));
        check(&npy("|u1", false, "(2,)", &[0xff, 0x7f]), Ok("[[255,127]]"));
        check(&npy("|b1", false, "(2,)", &[0, 1]), Ok("[[false,true]]"));
        check(&npy("|S3", false, "(2,)", b"a\"\0bcd"), Ok(r#"[["a\"","bcd"]]"#));
        let text: Vec<u8> = ['\u{e9}', '\0'].iter().flat_map(|each| (*each as u32).to_le_bytes()).collect();
        check(&npy("<U2", false, "(1,)", &text), Ok("[[\"\u{e9}\"]]"));
    }

    #[test]
    fn what_is_cut_pickled_or_lies_about_its_size_is_no_array() {
        let whole = npy("<f8", false, "(2, 3)", &floats(&[0.0; 6]));
        assert!(is_npy(&whole) && !is_npy(&whole[..5]));
        for length in 0..whole.len() {
            check(&whole[..length], Err(IssueKind::NotAnArray));
        }
        for (description, shape) in [
            ("|O", "(1,)"),
            ("<c16", "(1,)"),
            ("<f8", "(3,)"),
            ("<f8", "(18446744073709551615, 2)"),
            ("<f8", "(-1,)"),
            ("<U0", "(1000000000,)"),
            ("|S0", "(1,)"),
            ("<f16", "(1,)"),
            ("", "(1,)"),
            ("<f8", "1"),
        ] {
            check(&npy(description, false, shape, &[0; 8]), Err(IssueKind::NotAnArray));
        }
        let records = String::from_utf8_lossy(&whole[10..128]).replace("'<f8'", "[('a', '<f8')]");
        assert_eq!(text(value(&records, "descr").unwrap()), None);
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_fail_and_what_it_reads_is_json(
            start in prop::collection::vec(any::<u8>(), 0..40), description in "[<>|]?[bifuSUO][0-9]{1,2}", shape in "\\([0-9]{0,2},? ?[0-9]{0,2}\\)",
            fortran in any::<bool>(), items in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let _ = rows(&[MAGIC, &start].concat(), 100);
            if let Ok(json) = rows(&npy(&description, fortran, &shape, &items), 100) {
                prop_assert!(serde_json::from_str::<Vec<Vec<serde_json::Value>>>(&json).is_ok(), "{}", json);
            }
        }

        #[test]
        fn halves_are_what_they_are(bits in any::<u16>()) {
            // The definition of the format, as the reference for the test.
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
            let size = match exponent {
                0 => fraction * 2_f64.powi(-24),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
            };
            let signed = if bits >> 15 == 1 { -size } else { size };
            prop_assert!(f64::from(half(bits)) == signed || (signed.is_nan() && half(bits).is_nan()));
        }
    }
}
