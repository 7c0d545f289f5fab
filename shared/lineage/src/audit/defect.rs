//! What is wrong with the verdicts of a table.

use serde::Serialize;

/// What sort of thing is wrong, or worth knowing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// A row about verdicts cannot be read.
    Unreadable,
    /// A verdict contradicts itself.
    Contradiction,
    /// One row came twice, and says two things.
    Twice,
    /// Something names a verdict that is not there.
    NoVerdict,
    /// The newest verdict by a bundle is gone, or older than one that the bundle had come to.
    TurnedBack,
    /// A verdict of the anchor is not there any more.
    Missing,
    /// A verdict of the anchor says something else now.
    Changed,
    /// No gap: a verdict of the anchor was known earlier, since an earlier judgement arrived late.
    Earlier,
    /// No gap: a verdict was added before the last one of the anchor.
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

/// Something that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Defect {
    /// The partition of the resource's verdicts; of a row that cannot be read, its own.
    pub resource: String,
    /// Of what sort it is.
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
