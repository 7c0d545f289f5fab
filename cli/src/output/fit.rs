//! Text for a terminal of a given width. A line that is too long continues below its own words and beside the branches of a tree. It is
//! never broken within a word, so that an ARN can still be copied.

use unicode_width::UnicodeWidthChar;

use crate::output::terminal::is_style;

/// The next line of a long line begins this far to the right.
const STEP: usize = 2;
/// The least room for words beside an indentation.
const NARROWEST: usize = 20;
/// At least these spaces stand between a label and its value.
const GAP: &str = "  ";

/// The text with its long lines divided.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        match columns(line) > width {
            true => lines.extend(divided(line, width)),
            false => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

fn divided(line: &str, width: usize) -> Vec<String> {
    let words = line.trim_start_matches(is_margin);
    let margin = line.strip_suffix(words).unwrap_or_default();
    let below = below(margin, words, width);
    let mut lines = vec![margin.to_owned()];
    let mut is_empty = true;
    for word in words.split_inclusive(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !is_empty && columns(last) + columns(word.trim_end()) > width {
            last.truncate(last.trim_end().len());
            lines.push(format!("{below}{word}"));
        } else {
            last.push_str(word);
        }
        is_empty = false;
    }
    lines
}

/// The beginning of a continued line: the margin and, if enough space is left for words, the space below the label.
fn below(margin: &str, words: &str, width: usize) -> String {
    let margin: String = margin
        .chars()
        .map(|char| match char {
            '├' | '│' => '│',
            _ => ' ',
        })
        .collect();
    let label = words.split_once(GAP).map(|(label, rest)| {
        let gap = GAP.len() + rest.len() - rest.trim_start().len();
        columns(label) + gap
    });
    let room = width.saturating_sub(columns(&margin) + NARROWEST);
    let step = label.filter(|label| *label <= room && *label <= NARROWEST).unwrap_or(STEP);
    margin + &" ".repeat(step)
}

/// The text with lines and branches of ASCII, for a terminal whose locale has no others. Names stay as they are.
pub(crate) fn plain(text: &str) -> String {
    text.replace(['├', '│'], "|").replace('└', "`").replace('─', "-").replace('…', "...")
}

/// A space, or a branch of a tree.
fn is_margin(char: char) -> bool {
    matches!(char, ' ' | '\u{a0}' | '│' | '├' | '└' | '─')
}

/// The columns that a text takes.
fn columns(text: &str) -> usize {
    text.chars().filter(|char| !is_style(*char)).map(|char| char.width().unwrap_or_default()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::terminal::BAD;

    #[test]
    fn long_lines_go_on_below_their_own_words() {
        for (text, expect) in [
            ("short\n", "short\n"),
            ("  one two three four five six", "  one two three four\n    five six"),
            ("  wanted    subnets of any VPC and groups", "  wanted    subnets of any VPC and groups"),
            (
                "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/x y",
                "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/x\n  y",
            ),
        ] {
            let width = if text.contains("wanted") { 60 } else { 20 };
            assert_eq!(wrapped(text, width), expect);
        }
        assert_eq!(
            wrapped("  wanted    subnets of any VPC and groups of any", 32),
            "  wanted    subnets of any VPC\n            and groups of any"
        );
    }

    #[test]
    fn a_tree_keeps_its_branches() {
        assert_eq!(
            wrapped("│   ├── one two three four\n│   └── one two three four", 20),
            "│   ├── one two\n│   │     three four\n│   └── one two\n│         three four"
        );
    }

    #[test]
    fn a_tree_can_be_drawn_in_ascii() {
        assert_eq!(plain("│   ├── 日本\n└── 4f8c…"), "|   |-- 日本\n`-- 4f8c...");
    }

    #[test]
    fn what_is_not_seen_takes_no_room() {
        let text = format!("{BAD}FAILED{BAD:#} one");
        assert_eq!(wrapped(&text, 10), text);
        assert_eq!(wrapped("日本 日本 x", 9), "日本 日本\n  x");
    }
}
