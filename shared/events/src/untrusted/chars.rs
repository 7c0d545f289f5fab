/// Characters that turn the direction of a text, so that it reads otherwise than it is.
pub(super) fn turns(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that end a line, in Unicode's or some program's opinion, or are none to be seen.
pub(super) fn breaks(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}
