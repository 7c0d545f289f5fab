/// What a cell begins with that spreadsheets take for a formula ("CSV Injection", OWASP), the wide forms of East Asian scripts included.
/// A cell can begin within a text too: where a list separator of another country stands, or a line ends.
pub(super) fn cell(text: &str) -> String {
    if is_number(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut begins = true;
    for (at, char) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        // A log of a build takes `::` at the beginning of a line, and `##[` anywhere, for a command.
        let is_command =
            rest.starts_with("##[") || rest.starts_with("##vso[") || (begins && rest.starts_with("::"));
        let is_formula = begins && matches!(char, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        // The first character alone: a tab or a line break there is passed over, and what follows is a formula.
        let is_hidden = at == 0 && matches!(char, '\t' | '\r' | '\n');
        if is_command || is_formula || is_hidden {
            shown.push('\'');
        }
        if is_command && char == '#' {
            shown.push_str("#'");
        } else {
            shown.push(char);
        }
        begins = match char {
            ';' => true,
            '"' => begins,
            blank => char.is_control() || (begins && blank.is_whitespace()),
        };
    }
    shown
}

/// A number begins no formula, and a data frame is to read it as one.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}
