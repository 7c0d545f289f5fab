//! The defects in the verdicts of a table.

use serde::Serialize;

/// The kinds of defect, and of notes that are worth knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// A row about verdicts cannot be read.
    Unreadable,
    /// A verdict contradicts itself.
    Contradiction,
    /// One row came twice, with different contents.
    Twice,
    /// A row names a verdict that does not exist.
    NoVerdict,
    /// The newest verdict by a bundle is gone, or older than another verdict by that bundle.
    TurnedBack,
    /// A verdict of the anchor does not exist any more.
    Missing,
    /// A verdict of the anchor has another content now.
    Changed,
    /// Not a gap: a verdict of the anchor is now known since an earlier time, because an earlier judgement arrived late.
    Earlier,
    /// Not a gap: a verdict was added before the last one of the anchor.
    Added,
}

impl Problem {
    /// The word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Contradiction => "contradiction",
            Self::Twice => "twice",
            Self::NoVerdict => "no-verdict",
            Self::TurnedBack => "turned-back",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Earlier => "earlier",
            Self::Added => "added",
        }
    }
}

/// A defect, or a note that is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Defect {
    /// The partition of the resource's verdicts. For a row that cannot be read, its own partition.
    pub resource: String,
    /// The kind of the defect.
    pub problem: Problem,
    /// Which verdict, if the defect is about one.
    pub verdict: Option<String>,
    /// One sentence.
    pub text: String,
}

impl Defect {
    pub(super) fn new(
        resource: &str,
        problem: Problem,
        verdict: Option<&str>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            resource: resource.to_owned(),
            problem,
            verdict: verdict.map(str::to_owned),
            text: text.into(),
        }
    }
}
