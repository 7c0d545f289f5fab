//! Features of a free text, in any language.

use crate::refusals::Refusals;

/// How many features a text has.
pub(crate) const COUNT: usize = 9;

/// The ends of the names of a text's features, after the name of the column, in their order.
pub(crate) const SUFFIXES: [&str; COUNT] = [
    ".characters",
    ".words",
    ".letters",
    ".digits",
    ".punctuation",
    ".spaces",
    ".non_ascii",
    ".empty",
    ".refused",
];

/// Which of them are shares of the characters: a text without characters has none.
pub(crate) const SHARES: std::ops::Range<usize> = 2..7;

/// The features as cells of a row. A text that is missing is an empty one: a table in CSV knows no difference.
pub(crate) fn features(text: &str, refusals: &Refusals) -> [Option<String>; COUNT] {
    let (mut characters, mut counts) = (0_u64, [0_u64; 5]);
    for letter in text.chars() {
        characters += 1;
        let is = [
            letter.is_alphabetic(),
            letter.is_numeric(),
            is_punctuation(letter),
            letter.is_whitespace(),
            !letter.is_ascii(),
        ];
        counts.iter_mut().zip(is).for_each(|(count, is)| *count += u64::from(is));
    }
    // Always with a point: else a share of 0 or 1 would be a whole number.
    let share = |count: u64| (characters > 0).then(|| format!("{:.4}", count as f64 / characters as f64));
    let [letters, digits, punctuation, spaces, non_ascii] = counts.map(share);
    let is_empty = text.trim().is_empty();
    [
        Some(characters.to_string()),
        Some(text.split_whitespace().count().to_string()),
        letters,
        digits,
        punctuation,
        spaces,
        non_ascii,
        Some(is_empty.to_string()),
        Some((!is_empty && refusals.are_in(text)).to_string()),
    ]
}

/// Punctuation of ASCII, and of the scripts that have signs of their own. The standard library does not have Unicode's categories.
fn is_punctuation(letter: char) -> bool {
    letter.is_ascii_punctuation()
        || matches!(
            letter,
            '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
                | '\u{55a}'..='\u{55f}' | '\u{589}' | '\u{5be}' | '\u{5f3}' | '\u{5f4}'
                | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{6d4}' | '\u{964}' | '\u{965}'
                | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
                | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}'
                | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}'
                | '\u{ff5b}'..='\u{ff65}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_kinds_have_the_features_that_they_show() {
        for (text, expect) in [
            ("", "0 0 - - - - - true false"),
            (" \n", "2 0 0.0000 0.0000 0.0000 1.0000 0.0000 true false"),
            ("Hi, 42!", "7 2 0.2857 0.2857 0.2857 0.1429 0.0000 false false"),
            ("one\ntwo\r\n", "9 2 0.6667 0.0000 0.0000 0.3333 0.0000 false false"),
            // An emoji is neither a letter nor punctuation.
            ("ok \u{1f600}", "4 2 0.5000 0.0000 0.0000 0.2500 0.2500 false false"),
            // Words without spaces between them are one.
            (
                "\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}\u{3002}",
                "6 1 0.6667 0.0000 0.3333 0.0000 1.0000 false false",
            ),
            ("\u{663}\u{664}", "2 1 0.0000 1.0000 0.0000 0.0000 1.0000 false false"),
            ("I can\u{2019}t help with it", "20 5 0.7500 0.0000 0.0500 0.2000 0.0500 false true"),
            ("42", "2 1 0.0000 1.0000 0.0000 0.0000 0.0000 false false"),
        ] {
            let found =
                features(text, &Refusals::default()).map(|cell| cell.unwrap_or_else(|| "-".to_owned()));
            assert_eq!(found.join(" "), expect, "{text:?}");
        }
    }
}
