//! Addresses without escapes. A letter may stand there as an escape, also of an escape (`%255F`), or in a form that clients fold into it.

/// How often escapes are resolved: more layers than any client writes.
const LAYERS: usize = 4;

/// A text without escapes, and where each of its bytes begins in the text with them; `None` if there are none.
pub(super) fn unescaped(text: &str) -> Option<(String, Vec<usize>)> {
    let mut letters: Vec<(char, usize)> =
        text.char_indices().map(|(at, letter)| (folded(letter), at)).collect();
    let mut is_other = letters.iter().map(|(letter, _)| *letter).ne(text.chars());
    for _ in 0..LAYERS {
        let shorter = resolved(&letters);
        if shorter.len() == letters.len() {
            break;
        }
        is_other = true;
        letters = shorter;
    }
    is_other.then(|| {
        let mut plain = String::new();
        let mut places = Vec::new();
        for (letter, at) in letters {
            plain.push(letter);
            places.resize(plain.len(), at);
        }
        places.push(text.len());
        (plain, places)
    })
}

fn resolved(letters: &[(char, usize)]) -> Vec<(char, usize)> {
    let mut found = Vec::with_capacity(letters.len());
    let mut rest = letters;
    while let Some(((letter, at), behind)) = rest.split_first() {
        let code = match behind {
            [(high, _), (low, _), ..] if *letter == '%' => high.to_digit(16).zip(low.to_digit(16)),
            _ => None,
        };
        // Only ASCII has a meaning in an address.
        let code = code.and_then(|(high, low)| char::from_u32(high * 16 + low)).filter(char::is_ascii);
        found.push((code.unwrap_or(*letter), *at));
        rest = code.and_then(|_| behind.get(2..)).unwrap_or(behind);
    }
    found
}

/// The wide forms of the marks in an address (Unicode, compatibility decomposition).
fn folded(letter: char) -> char {
    match letter {
        '\u{ff20}' | '\u{fe6b}' => '@',
        '\u{ff1a}' | '\u{fe55}' => ':',
        '\u{ff0f}' => '/',
        '\u{ff1d}' => '=',
        other => other,
    }
}
