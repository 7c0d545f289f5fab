//! The values of a sketch are nearly all of the file, so they are read faster than serde_json would.

use sagewarden_measure::scan;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads lists of lists of numbers.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<f64>>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    parse(raw.get().as_bytes())
        .ok_or_else(|| D::Error::custom("the `data` of a sketch is not made of lists of finite numbers"))
}

/// INVARIANT: the text is JSON. So anything between brackets and commas that begins like a number is a number.
fn parse(json: &[u8]) -> Option<Vec<Vec<f64>>> {
    let mut levels = Vec::new();
    let mut rest = json.trim_ascii().strip_prefix(b"[")?;
    loop {
        match rest.trim_ascii_start().split_first()? {
            (b',', after) => rest = after,
            (b'[', after) => {
                let end = memchr::memchr(b']', after)?;
                let (level, after) = after.split_at(end);
                levels.push(numbers(level)?);
                rest = after.strip_prefix(b"]")?;
            }
            (b']', _) => return Some(levels),
            _ => return None,
        }
    }
}

fn numbers(list: &[u8]) -> Option<Vec<f64>> {
    if list.trim_ascii().is_empty() {
        return Some(Vec::new());
    }
    let (mut numbers, mut start) = (Vec::with_capacity(list.len() / 8), 0);
    for end in memchr::memchr_iter(b',', list).chain([list.len()]) {
        let text = list.get(start..end)?.trim_ascii();
        let (_, number) = matches!(text, [b'-' | b'0'..=b'9', ..]).then(|| scan(text))?;
        if number.is_nan() {
            return None;
        }
        numbers.push(number);
        start = end + 1;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::schema::SketchData;

    fn read(data: &str) -> Result<Vec<Vec<f64>>, serde_json::Error> {
        let text = format!(r#"{{"parameters": {{"c": 0.64, "k": 2048.0}}, "data": {data}}}"#);
        serde_json::from_str::<SketchData>(&text).map(|sketch| sketch.data)
    }

    proptest! {
        #[test]
        fn the_numbers_are_those_that_were_written(levels in prop::collection::vec(prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 0..5), 0..4)) {
            for text in [serde_json::to_string(&levels)?, serde_json::to_string_pretty(&levels)?] {
                prop_assert_eq!(&read(&text)?, &levels);
            }
        }

        #[test]
        fn it_reads_what_serde_json_reads(text in r#"[\[\], 0-9.e"n-]{0,12}"#) {
            let text = format!("[{text}]");
            prop_assert_eq!(read(&text).ok(), serde_json::from_str::<Vec<Vec<f64>>>(&text).ok());
        }
    }

    #[test]
    fn lists_of_anything_else_are_refused() {
        assert_eq!(read("[ [ 1, -2.5E-7 ] , [ ] ]").unwrap(), [vec![1.0, -2.5e-7], vec![]]);
        assert_eq!(read("[[18446744073709551616]]").unwrap(), [[18_446_744_073_709_551_616.0]]);
        for data in [
            "null",
            "{}",
            "7",
            r#""[]""#,
            "[1]",
            "[[[1]]]",
            "[[null]]",
            r#"[["1"]]"#,
            r#"[[{"a": 1}]]"#,
            "[[1e999]]",
            "[[true]]",
        ] {
            let error = read(data).unwrap_err().to_string();
            assert!(error.contains("lists of finite numbers"), "{data}: {error}");
        }
        assert!(read("[[1,]]").is_err());
        assert!(read("[[1]").is_err());
    }
}
