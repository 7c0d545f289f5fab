//! The values of a column, written as the texts that a table in CSV would have.

use std::io::Write as _;
use std::ops::Range;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use sagewarden_events::Timestamp;
use sagewarden_measure::Cell;

use super::kind::Kind;

const DAY: i64 = 86_400_000;

/// A column of a row group. Holds some of its values.
pub(super) struct ParquetColumn {
    reader: ColumnReader,
    kind: Kind,
    text: Vec<u8>,
    /// The place of the text of each row; `None` if the row has no text.
    places: Vec<Option<Range<usize>>>,
}

impl ParquetColumn {
    pub(super) fn new(reader: ColumnReader, kind: Kind) -> Self {
        Self { reader, kind, text: Vec::new(), places: Vec::new() }
    }

    /// The value of a row of those that are held.
    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        let place = self.places.get(row).cloned().flatten();
        match place.and_then(|place| self.text.get(place)) {
            Some(text) => Cell::Text(text),
            None => Cell::Missing,
        }
    }

    /// Holds the next rows; how many there are.
    pub(super) fn read(&mut self, rows: usize) -> Result<usize, ParquetError> {
        let Self { reader, kind, text, places } = self;
        text.clear();
        places.clear();
        let kind = *kind;
        let mut held = Held { text, places };
        match reader {
            ColumnReader::BoolColumnReader(reader) => {
                held.read(reader, rows, |value, text| write!(text, "{value}"))
            }
            ColumnReader::Int32ColumnReader(reader) => held.read(reader, rows, |value, text| {
                let unsigned = kind == Kind::Unsigned;
                whole(
                    if unsigned { i128::from(value.cast_unsigned()) } else { i128::from(*value) },
                    kind,
                    text,
                )
            }),
            ColumnReader::Int64ColumnReader(reader) => held.read(reader, rows, |value, text| {
                let unsigned = kind == Kind::Unsigned;
                whole(
                    if unsigned { i128::from(value.cast_unsigned()) } else { i128::from(*value) },
                    kind,
                    text,
                )
            }),
            ColumnReader::Int96ColumnReader(reader) => held.read(reader, rows, |value, text| {
                write!(text, "{}", Timestamp::from_millis(value.to_millis()))
            }),
            ColumnReader::FloatColumnReader(reader) => held.read(reader, rows, |value, text| {
                float(value.is_finite(), value.fract() == 0.0, value, text)
            }),
            ColumnReader::DoubleColumnReader(reader) => held.read(reader, rows, |value, text| {
                float(value.is_finite(), value.fract() == 0.0, value, text)
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                held.read(reader, rows, |value, text| bytes(value.data(), kind, text))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                held.read(reader, rows, |value, text| bytes(value.data(), kind, text))
            }
        }
    }
}

/// Where values are written to.
struct Held<'a> {
    text: &'a mut Vec<u8>,
    places: &'a mut Vec<Option<Range<usize>>>,
}

impl Held<'_> {
    fn read<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        rows: usize,
        write: impl Fn(&T::T, &mut Vec<u8>) -> std::io::Result<()>,
    ) -> Result<usize, ParquetError> {
        let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::new());
        let (records, _, _) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
        let mut values = values.iter();
        for row in 0..records {
            // If a column may lack values, the level says whether a row has one.
            let is_there = levels.get(row).is_none_or(|level| *level > 0);
            let value = if is_there { values.next() } else { None };
            let start = self.text.len();
            if let Some(value) = value {
                write(value, self.text).map_err(|error| ParquetError::General(error.to_string()))?;
            }
            let place = start..self.text.len();
            self.places.push((!place.is_empty()).then_some(place));
        }
        Ok(records)
    }
}

fn whole(value: i128, kind: Kind, text: &mut Vec<u8>) -> std::io::Result<()> {
    let millis = |of: i128| i64::try_from(of).unwrap_or(i64::MAX);
    match kind {
        Kind::Decimal(scale) => decimal(value, scale, text),
        Kind::Date => {
            let time = Timestamp::from_millis(millis(value).saturating_mul(DAY)).to_string();
            write!(text, "{}", time.split('T').next().unwrap_or(&time))
        }
        Kind::Time(per_milli) => {
            write!(text, "{}", Timestamp::from_millis(millis(value).div_euclid(per_milli)))
        }
        Kind::Plain | Kind::Unsigned | Kind::Half => write!(text, "{value}"),
    }
}

/// Numbers are written without an exponent, because Model Monitor's container takes `1e5` for text. A value that is not a number is
/// missing.
fn float(
    is_finite: bool,
    is_whole: bool,
    value: &(impl std::fmt::Display + ?Sized),
    text: &mut Vec<u8>,
) -> std::io::Result<()> {
    match (is_finite, is_whole) {
        (true, true) => write!(text, "{value}.0"),
        (true, false) => write!(text, "{value}"),
        (false, _) => {
            let name = value.to_string();
            if name == "NaN" { Ok(()) } else { write!(text, "{name}") }
        }
    }
}

fn decimal(value: i128, scale: u32, text: &mut Vec<u8>) -> std::io::Result<()> {
    let scale = usize::try_from(scale).unwrap_or_default();
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, places) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    write!(text, "{sign}{whole}{point}{places}")
}

fn bytes(value: &[u8], kind: Kind, text: &mut Vec<u8>) -> std::io::Result<()> {
    match kind {
        Kind::Decimal(scale) => match big_endian(value) {
            Some(value) => decimal(value, scale, text),
            None => Err(std::io::Error::other("a decimal has more than 16 bytes")),
        },
        Kind::Half => {
            let value = value.try_into().map_or(f32::NAN, |bytes| half(u16::from_le_bytes(bytes)));
            float(value.is_finite(), value.fract() == 0.0, &value, text)
        }
        _ => text.write_all(value),
    }
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let fill = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut whole = [fill; 16];
    whole.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(whole))
}

/// IEEE 754 of 16 bits: one of sign, five of exponent, ten of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f32::from(bits & 0x3ff) / 1024.0);
    sign * match exponent {
        0 => fraction * 2_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + fraction) * 2_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> String {
        let mut text = Vec::new();
        write(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn values_are_written_as_a_table_of_texts_has_them() {
        for (value, kind, expect) in [
            (-7, Kind::Plain, "-7"),
            (12_345, Kind::Decimal(2), "123.45"),
            (-5, Kind::Decimal(2), "-0.05"),
            (5, Kind::Decimal(0), "5"),
            (19_723, Kind::Date, "2024-01-01"),
            (1_704_067_200_000_000, Kind::Time(1_000), "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(text(|text| whole(value, kind, text)), expect);
        }
        for (value, expect) in
            [(1.0, "1.0"), (0.1, "0.1"), (5e-5, "0.00005"), (f64::NAN, ""), (f64::INFINITY, "inf")]
        {
            assert_eq!(text(|text| float(value.is_finite(), value.fract() == 0.0, &value, text)), expect);
        }
        for (value, expect) in [(&[0xff, 0x85][..], "-1.23"), (&[0, 0x7b], "1.23"), (&[1, 0], "2.56")] {
            assert_eq!(text(|text| bytes(value, Kind::Decimal(2), text)), expect);
        }
        let halves = [0x3c00, 0xc000, 0x3555, 0x0001, 0x7c00].map(half);
        assert_eq!(halves, [1.0, -2.0, 0.333_251_95, 5.960_464_5e-8, f32::INFINITY]);
    }
}
