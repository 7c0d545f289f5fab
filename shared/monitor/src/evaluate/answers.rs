//! The rate of errors: the share of events whose answer is none. A baseline is made of data, so it does not know the rate of its time. Exact mode
//! allows a fixed one.

use sagewarden_measure::{AnswerCounts, Occurrences};
use serde::{Deserialize, Serialize};

use super::odds::FALSE_ALARMS;
use super::texts;

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

    /// The text of a violation, if more answers failed than is allowed, and chance does not explain it.
    pub(crate) fn fault(&self) -> Option<String> {
        let Self { counts, failed, allowed } = *self;
        let p_value = Occurrences { count: counts.failed(), of: counts.expected() }.at_rate(allowed);
        let is_found = failed > allowed && p_value < FALSE_ALARMS;
        is_found.then(|| texts::answers(1.0 - allowed, 1.0 - failed, &counts.in_words().unwrap_or_default()))
    }
}
