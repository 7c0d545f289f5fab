//! The rate of errors: the share of events whose answer is none. A baseline is made of data, so it does not know the rate of its time. Exact mode
//! allows a fixed one.

use sagewarden_measure::{AnswerCounts, Occurrences};
use serde::{Deserialize, Serialize};

use super::odds::FALSE_ALARMS;
use super::texts;
use super::verdict::{Check, violation};
use crate::violations::Violation;

/// The name under which failed answers are reported. A threshold for this name is the rate that is allowed.
pub(crate) const ANSWERS: &str = "Answers";
/// The rate that is allowed if nobody has set another one: more than one answer in a hundred is a finding, as with distances.
pub(crate) const ALLOWED: f64 = 0.01;

/// The rate of errors in a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRate {
    /// The answers, and those that are none.
    #[serde(flatten)]
    pub counts: AnswerCounts,
    /// The share of answers that failed.
    pub failed: f64,
    /// The share that is no finding.
    pub allowed: f64,
}

impl AnswerRate {
    /// `None` if no answers were captured.
    pub(crate) fn of(counts: AnswerCounts, allowed: f64) -> Option<Self> {
        let expected = counts.expected();
        let failed = counts.failed() as f64 / expected as f64;
        (expected > 0).then_some(Self { counts, failed, allowed })
    }

    /// The violation, if more answers failed than is allowed, and chance does not explain it.
    pub(crate) fn violation(&self) -> Option<Violation> {
        let Self { counts, failed, allowed } = *self;
        let is_more = failed > allowed;
        let p_value = Occurrences { count: counts.failed(), of: counts.expected() }.at_rate(allowed);
        let text = || texts::answers(1.0 - allowed, 1.0 - failed, &counts.in_words().unwrap_or_default());
        (is_more && p_value < FALSE_ALARMS).then(|| violation(ANSWERS, Check::ErrorRate, text()))
    }
}
