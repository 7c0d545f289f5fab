//! The faults of files that were read, and how much of the files could be used.

use sagewarden_measure::{Issue, Issues};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::input::source::Source;

/// The faults of one file.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) name: String,
    pub(crate) issues: Issues,
    /// Lines that could be read but not used.
    pub(crate) unusable: Unusable,
    /// Why it could not be read to its end.
    pub(crate) stopped: Option<String>,
    /// The file was read, and is empty.
    pub(crate) is_empty: bool,
}

/// At most one in this many lines, or pairs of predictions and labels, may be lost. They are seldom random (a model that fails answers with an
/// error), and they can hide a change of that size: a tenth exceeds the margin of most thresholds.
const MOST_LOST: u64 = 10;

/// Whether so many were lost that the absence of violations says nothing about the data.
pub(crate) fn is_too_little(lost: u64, used: u64) -> bool {
    lost.saturating_mul(MOST_LOST) > lost.saturating_add(used)
}

/// How much of the files could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    All,
    /// Some lines could not be used.
    NotAllLines,
    /// Some files could not be read, or not to their end.
    NotAllFiles,
}

/// Unusable lines, each for a reason of its own; the reason of the first is kept.
#[derive(Debug, Default)]
pub(crate) struct Unusable {
    pub(crate) lines: Issue,
    pub(crate) first: Option<String>,
}

impl Unusable {
    pub(crate) fn add(&mut self, line: u64, why: impl ToString) {
        self.lines.count += 1;
        if self.lines.lines.len() < Issues::SHOWN {
            self.lines.lines.push(line);
        }
        self.first.get_or_insert_with(|| why.to_string());
    }
}

impl Trouble {
    /// None when nothing is wrong.
    pub(crate) fn of(
        source: &Source,
        issues: Issues,
        unusable: Unusable,
        stopped: Option<String>,
        found: u64,
    ) -> Option<Self> {
        let is_wrong = !issues.is_empty() || unusable.lines.count > 0 || stopped.is_some();
        let is_empty = found == 0 && !is_wrong;
        (is_wrong || is_empty).then(|| Self { name: source.name(), issues, unusable, stopped, is_empty })
    }

    /// How many lines have something wrong.
    pub(crate) fn count(&self) -> u64 {
        self.issues.count() + self.unusable.lines.count
    }

    fn extent(&self) -> Extent {
        match self {
            Self { stopped: Some(_), .. } => Extent::NotAllFiles,
            Self { issues, unusable, .. } if issues.lost() + unusable.lines.count > 0 => Extent::NotAllLines,
            _ => Extent::All,
        }
    }

    /// The least extent of all files.
    pub(crate) fn extent_of(troubles: &[Self]) -> Extent {
        troubles.iter().map(Self::extent).max().unwrap_or(Extent::All)
    }

    /// How many lines of all files were not used.
    pub(crate) fn lost(troubles: &[Self]) -> u64 {
        troubles.iter().map(|trouble| trouble.issues.lost() + trouble.unusable.lines.count).sum()
    }

    /// A file could not be read to its end, so the rest of it is unknown.
    pub(crate) fn fail(troubles: &[Self]) -> Result<(), CommandError> {
        let mut stopped = troubles.iter().filter(|trouble| trouble.stopped.is_some());
        let Some(first) = stopped.next() else { return Ok(()) };
        Err(CommandError::NotRead { first: first.name.clone(), more: stopped.count() })
    }

    pub(crate) fn json(&self) -> Value {
        let mut trouble = json!({ "file": self.name, "issues": self.issues, "stopped": self.stopped });
        if let (Some(why), Some(object)) = (&self.unusable.first, trouble.as_object_mut()) {
            let Issue { count, lines, .. } = &self.unusable.lines;
            object.insert("unusable".to_owned(), json!({ "count": count, "lines": lines, "first": why }));
        }
        trouble
    }
}
