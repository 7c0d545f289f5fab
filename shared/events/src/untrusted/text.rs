use super::{cell, drawing, line, mail};

/// A text that somebody else wrote. It cannot be shown as it is: each method renders it for one kind of reader. JSON needs no such method,
/// and pages are written with `maud`, which escapes every text.
///
/// ```compile_fail
/// println!("{}", sagewarden_events::Untrusted::new("::error::"));
/// ```
#[derive(Clone, Copy)]
pub struct Untrusted<'a>(pub(super) &'a str);

impl<'a> Untrusted<'a> {
    /// A text of others.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Within a line of a terminal or a log: characters that move the cursor, end the line or turn its direction are escaped.
    #[must_use]
    pub fn line(self) -> String {
        line::line(self.0)
    }

    /// Within a line of a mail that EventBridge makes from a template. It has no quotation marks, backslashes or line breaks, and nothing
    /// that a program would turn into a link: `https[:]//`, `www[.]`, `example[.]com`.
    #[must_use]
    pub fn mail(self) -> String {
        mail::mail(self.0)
    }

    /// A cell of a CSV file that no spreadsheet takes for a formula: if it could begin one, it gets an apostrophe in front.
    #[must_use]
    pub fn cell(self) -> String {
        cell::cell(self.0)
    }

    /// A string of Graphviz's DOT language, with its quotation marks.
    #[must_use]
    pub fn dot(self) -> String {
        drawing::dot(self.0)
    }

    /// Between the quotation marks of a Mermaid text.
    #[must_use]
    pub fn mermaid(self) -> String {
        drawing::mermaid(self.0)
    }

    /// Within a plain text message of SARIF, in which `[text](place)` would be a link (section 3.11.6 of the standard).
    #[must_use]
    pub fn sarif(self) -> String {
        line::line(self.0).replace("](", "] (")
    }
}
