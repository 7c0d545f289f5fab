use super::chars::{breaks, turns};
use super::text::Untrusted;
use crate::git::ConsolePage;

/// A text in Markdown in which text of others has no effect: it is inside code spans, which no program interprets.
/// Only this program's own words and such code spans can be added to it.
///
/// ```compile_fail
/// let name = String::from("[approve](https://evil.example)");
/// sagewarden_events::Markdown::default().ours(&name);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// How many bytes of one text by others are shown.
    pub const MOST: usize = 300;

    /// Words of this program.
    #[must_use]
    pub fn ours(mut self, words: &'static str) -> Self {
        self.0.push_str(words);
        self
    }

    /// A number.
    #[must_use]
    pub fn number(mut self, number: usize) -> Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// The beginning of others' words, on one line, as a piece of code.
    #[must_use]
    pub fn code(mut self, words: Untrusted<'_>) -> Self {
        let Untrusted(text) = words;
        let shown = text.get(..text.floor_char_boundary(Self::MOST)).unwrap_or_default();
        self.0.push('`');
        self.0.extend(shown.chars().filter_map(plain));
        if shown.len() < text.len() {
            self.0.push_str("...");
        } else if shown.chars().filter_map(plain).next().is_none() {
            // Two backticks with nothing between them are not a code span.
            self.0.push(' ');
        }
        self.0.push('`');
        self
    }

    /// The number of a line, which leads to its page.
    #[must_use]
    pub fn line_link(mut self, line: usize, page: &ConsolePage) -> Self {
        self.0.extend(["[line ", &line.to_string(), "](", page.as_str(), ")"]);
        self
    }

    /// Another text behind this one.
    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// The finished text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn plain(char: char) -> Option<char> {
    match char {
        '`' => Some('\''),
        other if turns(other) => None,
        other if breaks(other) => Some(' '),
        other => Some(other),
    }
}
