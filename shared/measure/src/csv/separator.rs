//! What separates the columns of a table that is not CSV. Its first two rows show it.

use std::fmt::{self, Display, Formatter};

use thiserror::Error;

/// The separator of a table that is not CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A semicolon: spreadsheets write it in languages with a decimal comma.
    Semicolon,
    /// A tab.
    Tab,
    /// A vertical bar.
    Bar,
    /// A colon.
    Colon,
    /// One space or several.
    Spaces,
    /// Another sign, which the first line names.
    Other(char),
}

/// The separator of a table that is not CSV, how it is known, and the cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OtherSeparator {
    /// The rows show it.
    #[error(
        "the columns seem to be separated by {0}: separate them by commas, and put fields that have a comma into quotes"
    )]
    Seen(Separator),
    /// The first line says it, in the way of spreadsheets: `sep=;`.
    #[error(
        "the first line says that the columns are separated by {0}: leave it out, separate them by commas, and put fields that have a comma into quotes"
    )]
    Said(Separator),
    /// The first line says that the separator is a comma.
    #[error("the first line, `sep=,`, is no row: leave it out")]
    SaidComma,
}

impl Separator {
    /// Those that no line has to name.
    pub(crate) const ALL: [Self; 5] = [Self::Semicolon, Self::Tab, Self::Bar, Self::Colon, Self::Spaces];

    fn of(sign: char) -> Self {
        let known = [
            (';', Self::Semicolon),
            ('\t', Self::Tab),
            ('|', Self::Bar),
            (':', Self::Colon),
            (' ', Self::Spaces),
        ];
        known
            .into_iter()
            .find(|(known, _)| *known == sign)
            .map_or(Self::Other(sign), |(_, separator)| separator)
    }

    /// Whether only words and sentences have it besides: then columns of numbers have to confirm it.
    fn is_of_prose(self) -> bool {
        matches!(self, Self::Colon | Self::Spaces)
    }

    /// The parts of a text between separators.
    fn parts(self, text: &str) -> Vec<&str> {
        match self {
            Self::Semicolon => text.split(';').collect(),
            Self::Tab => text.split('\t').collect(),
            Self::Bar => text.split('|').collect(),
            Self::Colon => text.split(':').collect(),
            Self::Spaces => text.split_ascii_whitespace().collect(),
            Self::Other(sign) => text.split(sign).collect(),
        }
    }

    /// Whether it separates numbers of which some have a decimal comma.
    pub(crate) fn divides_decimals(self, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        let parts = self.parts(&text);
        parts.len() > 1
            && parts.iter().all(|part| is_number(part))
            && parts.iter().any(|part| part.contains(','))
    }

    /// How many columns it would make of a text.
    pub(crate) fn columns(self, text: &[u8]) -> usize {
        let count = |byte: u8| memchr::memchr_iter(byte, text).count() + 1;
        match self {
            Self::Semicolon => count(b';'),
            Self::Tab => count(b'\t'),
            Self::Bar => count(b'|'),
            Self::Colon => count(b':'),
            Self::Spaces => text.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty()).count(),
            Self::Other(_) => 1,
        }
    }

    /// Whether it may separate the columns of a text: it makes several of it. Words have spaces, and times have colons, so these have to
    /// separate numbers.
    pub(crate) fn divides(self, text: &[u8]) -> bool {
        let are_numbers = || {
            let text = String::from_utf8_lossy(text);
            let parts = self.parts(&text);
            2 * parts.iter().filter(|part| is_value(self, part)).count() > parts.len()
        };
        self.columns(text) > 1 && (!self.is_of_prose() || are_numbers())
    }
}

impl Display for Separator {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Semicolon => out.write_str("`;`"),
            Self::Tab => out.write_str("tabs"),
            Self::Bar => out.write_str("`|`"),
            Self::Colon => out.write_str("`:`"),
            Self::Spaces => out.write_str("spaces"),
            Self::Other(sign) => write!(out, "`{sign}`"),
        }
    }
}

/// The shape of a row, as far as it shows a separator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowShape {
    /// The row with commas between its fields.
    text: String,
    /// How many fields it has.
    width: usize,
}

impl RowShape {
    /// The beginning of a row has to be enough.
    const LONGEST: usize = 16 << 10;

    /// The shape of a row, given its fields.
    pub fn of<'f>(fields: impl IntoIterator<Item = &'f [u8]>) -> Self {
        let (mut text, mut width) = (String::new(), 0);
        for field in fields {
            if text.len() <= Self::LONGEST {
                if width > 0 {
                    text.push(',');
                }
                text.push_str(&String::from_utf8_lossy(field));
            }
            width += 1;
        }
        Self { text, width }
    }

    /// The separator that a spreadsheet names in a first line such as `sep=;`; `None` for a row of data.
    #[must_use]
    pub fn said(&self) -> Option<OtherSeparator> {
        let begin = self.text.get(..4).filter(|begin| begin.eq_ignore_ascii_case("sep="))?;
        let mut signs = self.text.strip_prefix(begin)?.chars();
        match (signs.next()?, signs.next()) {
            (',', None) => Some(OtherSeparator::SaidComma),
            (sign, None) => Some(OtherSeparator::Said(Separator::of(sign))),
            _ => None,
        }
    }

    /// The separator that a row of one field may have, if nothing else is known than that it should have several.
    #[must_use]
    pub fn suspect(&self) -> Option<Separator> {
        let columns = |separator: &Separator| separator.parts(&self.text).len();
        let most = Separator::ALL.into_iter().rev().max_by_key(columns);
        most.filter(|separator| columns(separator) > 1 && self.width < columns(separator))
    }

    /// The separator that this row and the next one have, and that makes more sense than commas. One such row may be chance.
    #[must_use]
    pub fn separator(&self, next: &Self) -> Option<Separator> {
        let both = |separator: Separator| [separator.parts(&self.text), separator.parts(&next.text)];
        let fits = |separator: &Separator| {
            let [first, second] = both(*separator);
            let is_even = first.len() > 1 && first.len() == second.len();
            is_even
                && match (self.width, separator.is_of_prose()) {
                    (1, false) => true,
                    (1, true) => are_columns(*separator, &first, &second),
                    (_, true) => false,
                    (_, false) => self.commas_are_no_columns(next, *separator, &first, &second),
                }
        };
        // Of several with as many columns, the first one.
        Separator::ALL.into_iter().rev().filter(fits).max_by_key(|separator| both(*separator)[0].len())
    }

    /// Whether commas are a part of the values: of numbers in both rows, of texts with a space after each comma, or they divide one row into
    /// more fields than the other.
    fn commas_are_no_columns(
        &self,
        next: &Self,
        separator: Separator,
        first: &[&str],
        second: &[&str],
    ) -> bool {
        let mut all = first.iter().chain(second);
        let are_numbers = all.clone().all(|part| is_number(part)) && all.any(|part| part.contains(','));
        let is_spaced = |text: &str| {
            let sign = if separator == Separator::Tab { "\t " } else { "; " };
            text.matches(',').count() == text.matches(", ").count() && !text.contains(sign)
        };
        are_numbers || self.width != next.width || (is_spaced(&self.text) && is_spaced(&next.text))
    }
}

/// Whether the parts of two rows of one field are columns and not words: the first row has names, and the second one numbers; or both have
/// numbers. Times have colons, and numbers may have a space.
fn are_columns(separator: Separator, first: &[&str], second: &[&str]) -> bool {
    let numbers = |parts: &[&str]| parts.iter().filter(|part| is_value(separator, part)).count();
    let are_most = |parts: &[&str]| numbers(parts) > 1 && 2 * numbers(parts) > parts.len();
    // The date before a time ends with the hour.
    let is_time = |parts: &[&str]| {
        let mut after = parts.iter().skip(1);
        separator == Separator::Colon && after.all(|part| part.len() <= 2 || part.contains('.'))
    };
    are_most(second) && (numbers(first) == 0 || (are_most(first) && !is_time(second)))
}

/// A number, or an entry of a sparse row: `3:0.5`.
fn is_value(separator: Separator, part: &str) -> bool {
    let entry = part.split_once(':').filter(|_| separator == Separator::Spaces);
    is_number(part) || entry.is_some_and(|(place, number)| is_number(place) && is_number(number))
}

/// A number, perhaps with a decimal comma.
fn is_number(part: &str) -> bool {
    let part = part.trim();
    !part.is_empty() && part.replacen(',', ".", 1).parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(row: &str) -> RowShape {
        RowShape::of(row.split(',').map(str::as_bytes))
    }

    #[test]
    fn two_rows_show_what_separates_them() {
        use Separator::{Bar, Colon, Semicolon, Spaces, Tab};
        for (first, second, expect) in [
            ("a;b;c", "1;2;3", Some(Semicolon)),
            ("a;b;c", "1,5;2,5;3,5", Some(Semicolon)),
            ("1,5;2,5", "3,5;4,5", Some(Semicolon)),
            ("-1,5;2", "3;4,5", Some(Semicolon)),
            ("a;b, c;d", "e;f, g;h", Some(Semicolon)),
            ("Bob;High St, Leeds;30", "Al;Low St;31", Some(Semicolon)),
            ("a\tb, c\td", "e\tf, g\th", Some(Tab)),
            ("a|b", "1|2", Some(Bar)),
            ("a:b:c", "1:2:3", Some(Colon)),
            ("10:200:3", "4:500:6", Some(Colon)),
            ("2026-01-01T12:30:00Z", "2026-01-02T12:30:00Z", None),
            ("a b c", "1 2 3", Some(Spaces)),
            ("sepal width petal kind", "5.1 3.5 1.4 setosa", Some(Spaces)),
            ("a   b", "1   2", Some(Spaces)),
            ("1 1:0.5 3:2", "0 1:0.25 2:1", Some(Spaces)),
            // Values that have such signs.
            ("a,b;c", "1,2;3", None),
            ("a;b,c;d", "e;f,g;h", None),
            ("tags,more", "a;b,c;d", None),
            ("a;b", "1", None),
            ("time", "12:30", None),
            ("12:30:00", "12:31:00", None),
            ("12:30:00.5", "12:31:00.25", None),
            ("2026-01-01 12:30", "2026-01-02 12:30", None),
            ("2026-01-01T12:30:00", "2026-01-02T12:30:00", None),
            ("customer name", "John Smith", None),
            ("the plan", "plan 1", None),
            ("https://a", "https://b", None),
            ("who knows", "I do", None),
            ("a b,c d", "1 2,3 4", None),
            ("", "", None),
        ] {
            assert_eq!(shape(first).separator(&shape(second)), expect, "{first} {second}");
        }
    }

    #[test]
    fn a_spreadsheet_says_its_separator_in_the_first_line() {
        let said = |line: &str| shape(line).said().map(|said| said.to_string());
        assert!(said("sep=;").unwrap().contains("separated by `;`: leave it out"));
        assert!(said("SEP=\t").unwrap().contains("separated by tabs"));
        assert!(said("sep=^").unwrap().contains("separated by `^`"));
        assert_eq!(said("sep=,").unwrap(), "the first line, `sep=,`, is no row: leave it out");
        for row in ["sep", "sep=", "sep=ab", "sep=a,b", "separator", "a,b"] {
            assert_eq!(said(row), None, "{row}");
        }
    }

    #[test]
    fn a_row_of_too_few_fields_has_a_suspect() {
        assert_eq!(shape("a;b;c").suspect(), Some(Separator::Semicolon));
        assert_eq!(shape("1,5;2,5").suspect(), None, "commas make more of it");
        assert_eq!(shape("a;b, c;d").suspect(), Some(Separator::Semicolon));
        assert_eq!(shape("a b").suspect(), Some(Separator::Spaces));
        assert_eq!(shape("a").suspect(), None);
        assert!(Separator::Spaces.divides(b"1 2 x") && !Separator::Spaces.divides(b"a b c"));
        assert!(Separator::Semicolon.divides(b"a;b") && !Separator::Semicolon.divides(b"a"));
    }
}
