//! How many answers of an endpoint were none. Data capture has no field for the status of an answer, so its content has to show it.

use serde::{Deserialize, Serialize};

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAnswer {
    /// The event has no answer, although others have one.
    Absent,
    /// The answer is empty.
    Empty,
    /// The answer is the message of an error.
    Error,
    /// The answer cannot be read.
    Unreadable,
}

/// The answers in captured events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerCounts {
    /// Events with an answer that was read.
    pub given: u64,
    /// Events without any. If no event has one, the endpoint captures none.
    pub absent: u64,
    /// Events with an empty one.
    pub empty: u64,
    /// Events whose answer is the message of an error.
    pub errors: u64,
    /// Events whose answer cannot be read.
    pub unreadable: u64,
}

impl AnswerCounts {
    /// Counts an answer that is none.
    pub fn add(&mut self, failed: FailedAnswer) {
        let count = match failed {
            FailedAnswer::Absent => &mut self.absent,
            FailedAnswer::Empty => &mut self.empty,
            FailedAnswer::Error => &mut self.errors,
            FailedAnswer::Unreadable => &mut self.unreadable,
        };
        *count += 1;
    }

    /// Adds the answers of other events.
    pub fn merge(&mut self, other: &Self) {
        self.given += other.given;
        self.absent += other.absent;
        self.empty += other.empty;
        self.errors += other.errors;
        self.unreadable += other.unreadable;
    }

    /// Whether no count is larger than that.
    pub(crate) fn is_below(&self, most: u64) -> bool {
        let Self { given, absent, empty, errors, unreadable } = *self;
        [given, absent, empty, errors, unreadable].into_iter().all(|count| count <= most)
    }

    /// How many events should have an answer: none if the endpoint captures requests alone.
    #[must_use]
    pub fn expected(&self) -> u64 {
        if self.given + self.empty + self.errors + self.unreadable == 0 {
            0
        } else {
            self.given + self.failed()
        }
    }

    /// How many of them have none.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.absent + self.empty + self.errors + self.unreadable
    }

    /// `12 of 500 answers failed: 10 empty, 2 errors`; `None` if none failed.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let each = [
            (self.absent, "absent"),
            (self.empty, "empty"),
            (self.errors, "with the message of an error"),
            (self.unreadable, "unreadable"),
        ];
        let (failed, expected) = (self.failed(), self.expected());
        let each: Vec<String> = each
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (failed > 0 && expected > 0)
            .then(|| format!("{failed} of {expected} answers failed: {}", each.join(", ")))
    }
}
