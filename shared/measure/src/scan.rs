//! One pass over a text: its type by deequ's rules, and its number if it has one.

/// How many digits surely fit into 64 bits.
const DIGITS: usize = 19;
/// Whole numbers below are exact as floating-point numbers.
const EXACT: u64 = 1 << 53;
/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The type of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// `^(-|\+)? ?\d+\.\d+$`: a point, and digits on both sides. The container does not read scientific notation as a number
    /// (its documentation asks to convert it).
    Fractional,
    /// `^(-|\+)? ?\d+$`
    Integral,
    /// `true` or `false`
    Boolean,
    /// Anything else.
    String,
}

impl DataType {
    /// The type of a text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        scan(text).0
    }
}

/// The type of a text, and the finite number that it is, or NaN. Numbers in scientific notation are numbers, whatever their type.
#[must_use]
pub fn scan(text: &[u8]) -> (DataType, f64) {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let digits = match unsigned {
        [b' ', rest @ ..] => rest,
        _ => unsigned,
    };
    let (mut mantissa, mut whole) = (0_u64, 0_usize);
    let mut bytes = digits.iter();
    let stop = loop {
        match bytes.next() {
            Some(byte @ b'0'..=b'9') => {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
                whole += 1;
            }
            stop => break stop,
        }
    };
    if whole == 0 {
        return other(text);
    }
    let data_type = match stop {
        None => DataType::Integral,
        Some(b'.') => DataType::Fractional,
        Some(_) => return other(text),
    };
    let mut decimals = 0_usize;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return other(text);
        }
        mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
        decimals += 1;
    }
    if data_type == DataType::Fractional && decimals == 0 {
        return other(text);
    }
    let exact = whole + decimals <= DIGITS && (decimals == 0 || mantissa < EXACT);
    let number = match POWERS.get(decimals) {
        // With a space after the sign, deequ reads a whole number, and Spark no number.
        _ if digits.len() + 2 == text.len() => f64::NAN,
        Some(power) if exact => {
            // Signed numbers are converted by one instruction, and whole ones need no division.
            let number = if mantissa < EXACT { mantissa as i64 as f64 } else { mantissa as f64 };
            let number = if decimals == 0 { number } else { number / power };
            if negative { -number } else { number }
        }
        _ => parse(text),
    };
    (data_type, number)
}

/// A cell that is neither a whole number nor a decimal fraction.
#[cold]
fn other(text: &[u8]) -> (DataType, f64) {
    match text {
        b"true" | b"false" => (DataType::Boolean, f64::NAN),
        [b'0'..=b'9' | b'+' | b'-' | b'.' | b' ' | b'\t', ..] => (DataType::String, parse(text)),
        _ => (DataType::String, f64::NAN),
    }
}

/// The finite number that a text is, spaces around it aside.
fn parse(text: &[u8]) -> f64 {
    match fast_float2::parse::<f64, _>(text.trim_ascii()) {
        Ok(number) if number.is_finite() => number,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn types_are_those_of_deequ() {
        use DataType::{Boolean, Fractional, Integral, String};
        for (text, data_type, number) in [
            ("0", Integral, 0.0),
            ("-17", Integral, -17.0),
            ("+ 17", Integral, f64::NAN),
            (" 17", Integral, 17.0),
            ("007", Integral, 7.0),
            ("18446744073709551615", Integral, 18_446_744_073_709_551_615.0),
            ("9999999999999999999", Integral, 9_999_999_999_999_999_999.0),
            ("1.0", Fractional, 1.0),
            ("-0.0", Fractional, -0.0),
            ("- 1.5", Fractional, f64::NAN),
            ("0.036397725343704224", Fractional, 0.036_397_725_343_704_224),
            ("1.", String, 1.0),
            (".5", String, 0.5),
            ("1e5", String, 1e5),
            ("1.5E-7", String, 1.5e-7),
            ("1e999", String, f64::NAN),
            ("NaN", String, f64::NAN),
            ("-Infinity", String, f64::NAN),
            ("inf", String, f64::NAN),
            ("-inf", String, f64::NAN),
            ("1.5 ", String, 1.5),
            ("  1", String, 1.0),
            ("1,5", String, f64::NAN),
            ("0x1F", String, f64::NAN),
            ("1_000", String, f64::NAN),
            ("1.2.3", String, f64::NAN),
            ("-", String, f64::NAN),
            ("", String, f64::NAN),
            (" ", String, f64::NAN),
            ("true", Boolean, f64::NAN),
            ("True", String, f64::NAN),
            ("\u{664}", String, f64::NAN),
        ] {
            let (found, value) = scan(text.as_bytes());
            assert_eq!(found, data_type, "`{text}`");
            assert_eq!(value.to_bits(), number.to_bits(), "`{text}`: {value}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_standard_library(text in "[-+]?[0-9]{1,25}(\\.[0-9]{1,25})?") {
            let (_, number) = scan(text.as_bytes());
            prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
        }

        #[test]
        fn shortest_texts_give_the_number_back(number in any::<f64>()) {
            let (_, read) = scan(number.to_string().as_bytes());
            if number.is_finite() {
                prop_assert_eq!(read.to_bits(), number.to_bits());
            } else {
                prop_assert!(read.is_nan());
            }
        }

        #[test]
        fn any_text_has_a_type(text in any::<Vec<u8>>()) {
            let (_, number) = scan(&text);
            prop_assert!(!number.is_infinite());
        }
    }
}
