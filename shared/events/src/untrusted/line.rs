use super::chars::{breaks, turns};

pub(super) fn line(text: &str) -> String {
    // Most texts have printable characters of ASCII only: there is nothing to replace in them.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if breaks(char) || turns(char) || is_unassigned(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Characters that Unicode reserves for internal use of programs. The command marks the beginning of bold and red text with them.
fn is_unassigned(char: char) -> bool {
    matches!(char, '\u{fdd0}'..='\u{fdef}')
}
