//! Labels are text that may represent a number: `1`, `1.0` and ` 1` are one label.

use csv::StringRecord;

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

/// What separates columns, if a header is a single field with another separator than commas.
pub(crate) fn other_separator(header: &StringRecord) -> Option<&'static str> {
    let only = header.get(0).filter(|_| header.len() == 1)?;
    [(';', "`;`"), ('\t', "tabs"), ('|', "`|`")]
        .into_iter()
        .find(|(separator, _)| only.contains(*separator))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_one_field_may_have_another_separator() {
        for (header, expect) in [
            (&["a;b"][..], Some("`;`")),
            (&["a\tb"], Some("tabs")),
            (&["a|b"], Some("`|`")),
            (&["a"], None),
            (&["a", "b;c"], None),
            (&[], None),
        ] {
            assert_eq!(other_separator(&StringRecord::from(header)), expect);
        }
    }

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
