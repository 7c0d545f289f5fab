//! Labels are text that may represent a number: `1`, `1.0` and ` 1` are one label.

use std::io::Read;

use csv::{Reader, StringRecord};
use sagewarden_measure::csv::{OtherSeparator, RowShape};

/// A label as it is compared and written: numbers without superfluous zeros, anything else without the space around it.
pub(crate) fn canonical(label: &str) -> String {
    let label = label.trim();
    match number(label) {
        // Adding zero makes `-0` a `0`.
        Some(number) => format!("{}", number + 0.0),
        None => label.to_owned(),
    }
}

/// A finite number, as people and programs write one; Rust would also take `nan` and `infinity`, which are names.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let starts = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !starts {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The shape of a row, which shows what separates its columns.
fn shape(row: &StringRecord) -> RowShape {
    RowShape::of(row.iter().map(str::as_bytes))
}

/// What separates the columns of a table instead of commas, if a column is not there. One row is enough to suspect it then.
pub(crate) fn suspect(header: &StringRecord) -> Option<OtherSeparator> {
    let shape = shape(header);
    shape.said().or_else(|| shape.suspect().map(OtherSeparator::Seen))
}

/// The first rows of a table, at most two, and what separates their columns instead of commas.
pub(crate) fn first_rows(
    reader: &mut Reader<impl Read>,
    header: Option<&StringRecord>,
) -> csv::Result<(Vec<StringRecord>, Option<OtherSeparator>)> {
    let rows: Vec<StringRecord> = reader.records().take(2).collect::<csv::Result<_>>()?;
    let mut shapes = header.into_iter().chain(&rows).map(shape);
    let first = shapes.next();
    let seen = first.as_ref().zip(shapes.next()).and_then(|(first, next)| first.separator(&next));
    let said = first.as_ref().and_then(RowShape::said);
    Ok((rows, said.or(seen.map(OtherSeparator::Seen))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_one_label() {
        for (label, expect) in [
            ("1", "1"),
            (" 1.0\n", "1"),
            ("01", "1"),
            ("-0.0", "0"),
            ("1e2", "100"),
            ("0.50", "0.5"),
            ("yes ", "yes"),
            ("nan", "nan"),
            ("Infinity", "Infinity"),
            ("1e999", "1e999"),
            ("", ""),
        ] {
            assert_eq!(canonical(label), expect, "{label:?}");
        }
    }
}
