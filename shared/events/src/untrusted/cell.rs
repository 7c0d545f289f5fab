/// Puts an apostrophe before each character that a spreadsheet could take for the beginning of a formula ("CSV Injection", OWASP),
/// including the wide forms of East Asian scripts. A cell can also begin within a text: after a list separator of another country, or after
/// the end of a line.
pub(super) fn cell(text: &str) -> String {
    if is_number(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut begins = true;
    for (at, char) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        // Logs of builds take `::` at the beginning of a line, and `##[` anywhere, for a command.
        let is_command =
            rest.starts_with("##[") || rest.starts_with("##vso[") || (begins && rest.starts_with("::"));
        let is_formula = begins && matches!(char, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        // Only at the beginning of the text: spreadsheets skip a tab or a line break there, and take the rest for a formula.
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

/// A number is not a formula, and a data frame must read it as a number.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}
