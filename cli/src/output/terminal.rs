//! Text for a terminal, with control sequences of this program only. Names of columns, files and resources, and texts
//! of captured traffic are others' words: in them a sequence could clear the screen, hide a line, or write another one over it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Effects, Reset};

/// Marks the beginning and the end of emphasized text: `{STRONG}text{STRONG:#}`. Until the text is printed, the mark is a character that
/// Unicode reserves for programs and that no text contains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style(char);

pub(crate) const STRONG: Style = Style('\u{fdd0}');
pub(crate) const BAD: Style = Style('\u{fdd1}');
pub(crate) const DIM: Style = Style('\u{fdd2}');
const END: char = '\u{fdd3}';

impl fmt::Display for Style {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_char(if out.alternate() { END } else { self.0 })
    }
}

/// Text of this program, with others' words in it, as a person may see it.
pub(crate) fn for_people(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            shown.push('\n');
        }
        let line = for_builds(line);
        if is_plain(&line) {
            shown.push_str(&line);
        } else {
            show(&line, &mut shown);
        }
    }
    shown
}

/// Whether a line has printable characters of ASCII only, as most have: there is nothing to replace in it.
fn is_plain(line: &str) -> bool {
    line.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn show(line: &str, shown: &mut String) {
    for char in line.chars() {
        let style = match char {
            '\u{fdd0}' => anstyle::Style::new().bold().render().to_string(),
            '\u{fdd1}' => AnsiColor::Red.on_default().effects(Effects::BOLD).render().to_string(),
            '\u{fdd2}' => anstyle::Style::new().dimmed().render().to_string(),
            END => Reset.render().to_string(),
            char if is_dangerous(char) => char.escape_default().to_string(),
            char => {
                shown.push(char);
                continue;
            }
        };
        shown.push_str(&style);
    }
}

/// Texts on standard output that a build would take for its own commands, with their replacements. GitHub and Azure look for them anywhere
/// in a line (`ActionCommand.cs` of the runner, "Logging commands" of Azure Pipelines), and GitHub looks for `::` at the beginning of a
/// line.
const COMMANDS: [(&str, &str); 2] = [("##[", "#\\u{23}["), ("##vso[", "#\\u{23}vso[")];
const AT_BEGINNING: (&str, &str) = ("::", "\\u{3a}:");

/// A line that no build takes for a command.
fn for_builds(line: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(line);
    if line.contains("##") {
        for (command, instead) in COMMANDS {
            shown = Cow::Owned(shown.replace(command, instead));
        }
    }
    let (mark, instead) = AT_BEGINNING;
    let words = shown.trim_start_matches(|char: char| char.is_whitespace() || is_style(char));
    match words.strip_prefix(mark) {
        Some(rest) => {
            let before = shown.get(..shown.len() - words.len()).unwrap_or_default();
            Cow::Owned(format!("{before}{instead}{rest}"))
        }
        None => shown,
    }
}

/// Whether a character is a mark of a style.
pub(crate) fn is_style(char: char) -> bool {
    matches!(char, '\u{fdd0}'..=END)
}

/// A document for a program. JSON has control characters in its strings only, some of them as they are: there `\u009b` means the same, and
/// `\u0023` the sign of a build's command.
pub(crate) fn for_programs(text: String) -> String {
    let is_plain = |byte| (b' '..=b'~').contains(&byte) || is_white(char::from(byte));
    if text.bytes().all(is_plain) && !text.contains("##") {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let text = &text.replace("##[", "\\u0023#[").replace("##vso[", "\\u0023#vso[");
    for char in text.chars() {
        match char {
            char if is_white(char) => shown.push(char),
            char if is_dangerous(char) => shown.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => shown.push(char),
        }
    }
    shown
}

/// The text between the values of a document.
fn is_white(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\t')
}

/// Control characters, and those that turn the direction of a text.
fn is_dangerous(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHERS: &str = "##[x]\u{1b}[31mred\u{1b}[2J\r\u{9b}2J\u{202e}\u{7f}";

    #[test]
    fn only_sequences_of_this_program_are_printed() {
        let text = for_people(&format!("{BAD}{OTHERS}{BAD:#}\n{STRONG}\u{fc}{STRONG:#}{DIM}.{DIM:#}"));
        let red = "#\\u{23}[x]\\u{1b}[31mred\\u{1b}[2J\\r\\u{9b}2J\\u{202e}\\u{7f}";
        assert_eq!(
            text,
            format!("\u{1b}[1m\u{1b}[31m{red}\u{1b}[0m\n\u{1b}[1m\u{fc}\u{1b}[0m\u{1b}[2m.\u{1b}[0m")
        );
    }

    #[test]
    fn no_line_is_a_command_of_a_build() {
        for (text, expect) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("a\n \u{a0}::add-mask::x\nb::c", "a\n \u{a0}\\u{3a}:add-mask::x\nb::c"),
            ("a ##[error]x ##vso[task.complete]", "a #\\u{23}[error]x #\\u{23}vso[task.complete]"),
        ] {
            assert_eq!(for_people(text), expect);
        }
        let styled = for_people(&format!("{STRONG}::error::x{STRONG:#}"));
        assert_eq!(styled, "\u{1b}[1m\\u{3a}:error::x\u{1b}[0m");
    }

    #[test]
    fn documents_mean_what_they_meant() {
        let document = serde_json::json!({ OTHERS: [OTHERS] });
        let shown = for_programs(format!("{document:#}"));
        assert!(!shown.chars().any(|char| char != '\n' && is_dangerous(char)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), document);
    }
}
