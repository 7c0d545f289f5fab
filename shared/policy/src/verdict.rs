//! A verdict: the findings, the outcome in one word, and the plan.

use sagewarden_events::{Change, Corrections};
use sagewarden_settings::Mode;
use serde::Serialize;

use crate::finding::{Finding, FindingStatus};

/// The outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// In one word.
    pub outcome: Judgement,
    /// In the order of control ids.
    pub findings: Vec<Finding>,
    /// The controls that were judged, in the order of their ids.
    pub checked: Vec<String>,
    /// The controls of the kind that were not judged, because the calls that they need were not made.
    pub skipped: Vec<String>,
    /// Those of the skipped controls that need a value which is known only at run time. Never kept: what runs has all values.
    #[serde(skip)]
    pub at_run_time: Vec<String>,
    /// The ARN of what started the resource on a user's behalf (a tuning job, a monitoring schedule, …).
    pub parent: Option<String>,
    /// The environment whose settings held, if any.
    pub environment: Option<String>,
    /// Whether violations were to be remedied there.
    pub mode: Mode,
    /// The hash of the bundle it was judged by.
    pub bundle: String,
    /// The plan.
    #[serde(skip)]
    pub plan: Plan,
    /// The plan if the mode, and the mode of each failed control, were `enforce`.
    #[serde(skip)]
    pub would: Option<Would>,
}

/// A remedy in one word, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Would {
    /// Mark it with a tag.
    Mark,
    /// Change settings in place.
    Change,
    /// Delete a model that nothing uses.
    Delete,
    /// Stop it.
    Stop,
}

impl Would {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Stop => "stop",
        }
    }
}

impl Verdict {
    /// The numbers of failed, undecided and waived controls that are not 0, each with its word.
    #[must_use]
    pub fn counted(&self) -> Vec<(usize, &'static str)> {
        Finding::counted(&self.findings)
    }
}

impl Finding {
    /// The numbers of failed, undecided and waived controls among these that are not 0, each with its word.
    #[must_use]
    pub fn counted<'a>(findings: impl IntoIterator<Item = &'a Self>) -> Vec<(usize, &'static str)> {
        let mut words = [
            (0, "failed", FindingStatus::Violation),
            (0, "undecided", FindingStatus::Unknown),
            (0, "waived", FindingStatus::Waived),
        ];
        // An expired waiver is not a control of the resource.
        for finding in findings.into_iter().filter(|one| one.control != "WAIVER-EXPIRED") {
            let of = words.iter_mut().filter(|(_, _, status)| *status == finding.status);
            of.for_each(|(number, ..)| *number += 1);
        }
        words.into_iter().filter(|(number, ..)| *number > 0).map(|(number, word, _)| (number, word)).collect()
    }
}

/// A verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Every control holds.
    Compliant,
    /// At least one control is violated.
    Violating,
    /// All violated controls are waived.
    Waived,
    /// Something could not be decided: no pass, and no ground for a remedy either.
    Unknown,
}

/// The remedy of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Report only, for this reason.
    Nothing(String),
    /// Mark it with a tag.
    Tag,
    /// Change settings in place.
    Change(Corrections),
    /// Delete the model when no endpoint configuration uses it.
    DeleteModelIfUnused,
    /// Stop it.
    Stop,
}

impl Plan {
    /// Whether an approval must be withdrawn.
    #[must_use]
    pub fn withdraws_approval(&self) -> bool {
        matches!(self, Self::Change(corrections) if corrections.settings.contains(&Change::WithdrawApproval))
    }
}

/// The word for findings.
pub(crate) fn outcome(findings: &[Finding]) -> Judgement {
    let any = |status: FindingStatus| findings.iter().any(|finding| finding.status == status);
    if any(FindingStatus::Violation) {
        Judgement::Violating
    } else if any(FindingStatus::Unknown) {
        Judgement::Unknown
    } else if any(FindingStatus::Waived) {
        Judgement::Waived
    } else {
        Judgement::Compliant
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_approval_is_taken_back_only_where_that_is_among_the_changes() {
        let change = |settings: &[Change]| {
            Plan::Change(Corrections {
                settings: settings.iter().copied().collect::<BTreeSet<_>>(),
                platform: None,
            })
        };
        assert!(change(&[Change::DisableDocker, Change::WithdrawApproval]).withdraws_approval());
        for plan in [change(&[Change::DisableDocker]), Plan::Stop, Plan::Tag, Plan::Nothing(String::new())] {
            assert!(!plan.withdraws_approval(), "{plan:?}");
        }
    }

    #[test]
    fn the_worst_finding_gives_the_word() {
        use FindingStatus::{Unknown, Violation, Waived};
        let check = |statuses: &[FindingStatus], expect: Judgement| {
            let finding = |status: &FindingStatus| Finding { status: *status, ..Finding::undone(1) };
            assert_eq!(outcome(&statuses.iter().map(finding).collect::<Vec<_>>()), expect, "{statuses:?}");
        };
        check(&[], Judgement::Compliant);
        check(&[Waived], Judgement::Waived);
        check(&[Waived, Unknown], Judgement::Unknown);
        check(&[Unknown, Waived, Violation], Judgement::Violating);
    }
}
