//! Texts that mean a missing value, in formats that have no other way to express one.

use crate::scan::{DataType, scan};

/// Texts that mean a missing value. None of them is a number: a number would look like a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTexts {
    /// In ascending order.
    texts: Vec<Box<[u8]>>,
    /// A bit for each byte that one of them, or a space before it, begins with: this passes over most other texts at
    /// once.
    begins: [u64; 4],
    /// A bit for each length that one of them has.
    lengths: u64,
}

impl MissingTexts {
    /// The texts that pandas reads as missing (`read_csv`, `na_values`), the texts that R, SQL and databases write,
    /// and those found in public data sets. If the baseline lists such a text among a column's values, it is a value
    /// there: `NA` is Namibia to some.
    pub const USUAL: [&str; 22] = [
        "#N/A", "#N/A N/A", "#NA", "-", "-NaN", "-nan", "<NA>", "?", "N/A", "NA", "NAN", "NULL", "NaN",
        "NaT", "None", "\\N", "n/a", "na", "nan", "null", "1.#IND", "1.#QNAN",
    ];

    /// These texts. Spaces around them do not count.
    #[must_use]
    pub fn new<Text: AsRef<str>>(texts: impl IntoIterator<Item = Text>) -> Self {
        let trimmed = |text: Text| Box::from(text.as_ref().as_bytes().trim_ascii());
        let mut texts: Vec<Box<[u8]>> = texts.into_iter().map(trimmed).collect();
        texts.retain(|text| Self::may_stand_for_nothing(text));
        texts.sort();
        let lengths = texts.iter().fold(0, |lengths, text| lengths | length(text));
        let mut begins = [0; 4];
        let firsts = texts.iter().filter_map(|text| text.first().copied());
        for byte in firsts.chain(b" \t\n\x0c\r".iter().copied()) {
            if let Some(bits) = begins.get_mut(usize::from(byte >> 6)) {
                *bits |= 1 << (byte & 63);
            }
        }
        Self { texts, begins, lengths }
    }

    /// These texts, if somebody has named some, else the usual ones.
    #[must_use]
    pub fn named(texts: Option<&[String]>) -> Self {
        texts.map_or_else(Self::default, Self::new)
    }

    /// The same without this text: where somebody has named it, it is a value.
    #[must_use]
    pub fn without(&self, value: &str) -> Self {
        let value = value.trim().as_bytes();
        let others = self.iter().filter(|text| *text != value);
        Self::new(others.map(String::from_utf8_lossy))
    }

    /// Whether a text may mean a missing value: numbers and truth values may not.
    #[must_use]
    pub fn may_stand_for_nothing(text: &[u8]) -> bool {
        let (data_type, number) = scan(text);
        !text.trim_ascii().is_empty() && data_type == DataType::String && number.is_nan()
    }

    /// Whether a text means a missing value.
    #[must_use]
    #[inline]
    pub fn contains(&self, text: &[u8]) -> bool {
        let Some(first) = text.first() else { return false };
        let begins = self.begins.get(usize::from(first >> 6)).copied().unwrap_or_default();
        begins >> (first & 63) & 1 != 0 && self.is_listed(text.trim_ascii())
    }

    fn is_listed(&self, text: &[u8]) -> bool {
        self.lengths & length(text) != 0 && self.texts.binary_search_by(|known| (**known).cmp(text)).is_ok()
    }

    /// All of them, in one order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.texts.iter().map(AsRef::as_ref)
    }
}

impl Default for MissingTexts {
    fn default() -> Self {
        Self::new(Self::USUAL)
    }
}

fn length(text: &[u8]) -> u64 {
    1 << text.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pandas_r_and_sql_write_for_nothing_is_missing_and_what_looks_like_it_is_not() {
        let usual = MissingTexts::default();
        for text in MissingTexts::USUAL {
            assert!(usual.contains(text.as_bytes()), "{text}");
            assert!(usual.contains(format!(" {text}\t").as_bytes()), "{text}");
        }
        assert_eq!(usual.iter().count(), MissingTexts::USUAL.len());
        for text in
            ["", " ", "0", "-1", "--", "nana", "Nan a", "none of it", "unknown", "inf", "NB", "??", "."]
        {
            assert!(!usual.contains(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_list_of_ones_own_replaces_the_usual_one_and_numbers_are_no_part_of_it() {
        let own =
            MissingTexts::new([" missing ", "-999", "1e9", "true", "", "unbekannt".repeat(20).as_str()]);
        assert_eq!(own.iter().count(), 2);
        assert!(own.contains(b"missing") && own.contains("unbekannt".repeat(20).as_bytes()));
        for text in ["nan", "-999", "1e9", "true", ""] {
            assert!(!own.contains(text.as_bytes()), "{text}");
        }
        let named = MissingTexts::default().without(" None ");
        assert!(!named.contains(b"None") && named.contains(b"NA"));
    }
}
