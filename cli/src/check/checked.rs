//! A file that was judged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sagewarden_policy::intake::{Candidate, Lines, Place};
use sagewarden_policy::{Finding, FindingStatus, Verdict};
use serde::{Deserialize, Serialize};

/// A file with the verdicts on its resources.
#[derive(Default)]
pub(crate) struct CheckedFile {
    /// As it was given.
    pub(crate) path: String,
    pub(crate) subjects: Vec<CheckedSubject>,
    /// Requests that could not be read although controls apply to their kind.
    pub(crate) undecided: Vec<String>,
    pub(crate) passed_over: Vec<String>,
    /// The same, to find a note again: a large file has tens of thousands.
    pub(crate) noted: BTreeSet<String>,
    /// Why nothing in it could be judged.
    pub(crate) unusable: Option<String>,
    /// The file was found in a folder, and has nothing to do with SageMaker.
    pub(crate) is_foreign: bool,
    /// The state of its verdicts that are printed already.
    pub(crate) said: Said,
    /// Requests that could not be read, which the baseline lists.
    pub(crate) known_undecided: usize,
    /// How a baseline calls the file.
    pub(crate) baseline_name: String,
    /// Its entries for the new baseline.
    pub(crate) found: Vec<Known>,
    /// Its entries in the baseline that this run no longer finds.
    pub(crate) stale: Vec<Known>,
}

/// A summary of verdicts that are printed and no longer in memory.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) is_begun: bool,
    pub(crate) is_judged: bool,
    pub(crate) is_open: bool,
}

impl Said {
    /// Together with the summary of later verdicts.
    pub(crate) fn and(self, next: Self) -> Self {
        Self {
            is_begun: self.is_begun || next.is_begun,
            is_judged: self.is_judged || next.is_judged,
            is_open: self.is_open || next.is_open,
        }
    }
}

/// Why controls of a subject were not judged.
pub(crate) const NEEDS_ACCOUNT: &str = "needs access to the account";
pub(crate) const NEEDS_RUN: &str = "needs a value that is known only at run time";

/// One thing of a file with its verdict.
pub(crate) struct CheckedSubject {
    pub(crate) candidate: Candidate,
    pub(crate) verdict: Verdict,
    /// Where each finding of the verdict stands.
    pub(crate) places: Vec<Place>,
    /// Which of them the baseline lists; empty without one.
    pub(crate) known: Vec<bool>,
}

/// A known finding. It has no line and no index of a list, because text that is added before it would change both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `file`, `resource`, `path` and `control`")]
pub(crate) struct Known {
    /// From the folder of the baseline.
    pub(crate) file: String,
    /// Kind and name.
    pub(crate) resource: String,
    /// The field in the file's own words.
    pub(crate) path: String,
    pub(crate) control: String,
}

impl CheckedFile {
    /// A file at a path, of which nothing is known yet.
    pub(crate) fn of(path: String) -> Self {
        Self { path, ..Self::default() }
    }

    /// A file that cannot be judged.
    pub(crate) fn unusable(path: &Path, why: &str) -> Self {
        let why = format!("`{}` was not judged: {why}", path.display());
        Self { unusable: Some(why), ..Self::of(path.display().to_string()) }
    }

    /// Adds notes, each once.
    pub(crate) fn pass_over(&mut self, notes: Vec<String>) {
        for note in notes {
            if self.noted.insert(note.clone()) {
                self.passed_over.push(note);
            }
        }
    }

    /// Whether there is any result.
    pub(crate) fn is_judged(&self) -> bool {
        self.said.is_judged
            || self.known_undecided > 0
            || !self.undecided.is_empty()
            || self.subjects.iter().any(CheckedSubject::is_judged)
    }

    /// Whether nothing was found in the file: neither a result nor a note.
    pub(crate) fn is_empty(&self) -> bool {
        !self.said.is_begun
            && self.subjects.is_empty()
            && self.undecided.is_empty()
            && self.passed_over.is_empty()
    }

    pub(crate) fn why_nothing(&self) -> &'static str {
        if self.is_empty() {
            "no request in it creates a resource"
        } else if self.subjects.is_empty() && !self.said.is_begun {
            "there are no controls for it; the notes say why"
        } else {
            "every control needs access to the account or a value that is known only at run time"
        }
    }

    /// Whether every failed or undecided control is a known finding.
    pub(crate) fn is_clean(&self) -> bool {
        self.undecided.is_empty() && !self.said.is_open && !self.subjects.iter().any(CheckedSubject::is_open)
    }

    /// The controls that were not judged for some resource of the file, by reason, in words.
    pub(crate) fn left(&self) -> Vec<String> {
        let mut by_reason: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (why, left) in self.subjects.iter().flat_map(CheckedSubject::left) {
            by_reason.entry(why).or_default().extend(left);
        }
        let by_reason = by_reason.into_iter().filter(|(_, left)| !left.is_empty());
        let words = |(why, left): (&str, BTreeSet<&str>)| {
            format!("not checked here ({why}): {}", left.into_iter().collect::<Vec<_>>().join(", "))
        };
        by_reason.map(words).collect()
    }

    fn known(&self) -> usize {
        self.known_undecided + self.subjects.iter().map(CheckedSubject::number_known).sum::<usize>()
    }
}

impl CheckedSubject {
    /// The controls that were not judged, by reason.
    pub(crate) fn left(&self) -> [(&'static str, Vec<&str>); 2] {
        let Verdict { skipped, at_run_time, .. } = &self.verdict;
        let (run, account) =
            skipped.iter().map(String::as_str).partition(|id| at_run_time.iter().any(|later| later == id));
        [(NEEDS_ACCOUNT, account), (NEEDS_RUN, run)]
    }

    /// A verdict with the places of its findings. The document itself is not looked at any more.
    pub(crate) fn of(candidate: &Candidate, verdict: Verdict, lines: Option<&Lines<'_>>) -> Self {
        let place = |field: &str| {
            let fields: Vec<&str> = field.split(", ").collect();
            lines.map(|lines| lines.place(candidate, &fields)).unwrap_or_default()
        };
        let places = verdict.findings.iter().map(|finding| place(&finding.field)).collect();
        Self { candidate: candidate.bare(), verdict, places, known: Vec::new() }
    }

    /// Whether a control was judged.
    pub(crate) fn is_judged(&self) -> bool {
        !self.verdict.checked.is_empty()
    }

    /// Whether a finding is open: a failed or undecided control that is neither waived nor known.
    pub(crate) fn is_open(&self) -> bool {
        self.findings().any(|(finding, _, is_known)| !is_known && finding.status != FindingStatus::Waived)
    }

    /// The findings, where each stands, and whether the baseline lists it.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&Finding, &Place, bool)> {
        let known = self.known.iter().copied().chain(std::iter::repeat(false));
        self.verdict
            .findings
            .iter()
            .zip(&self.places)
            .zip(known)
            .map(|((one, place), is_known)| (one, place, is_known))
    }

    pub(crate) fn number_known(&self) -> usize {
        self.known.iter().filter(|is_known| **is_known).count()
    }

    /// How many controls failed, are undecided, waived and known.
    pub(crate) fn counted(&self) -> Vec<(usize, &'static str)> {
        let open = self.findings().filter(|(_, _, is_known)| !is_known).map(|(finding, ..)| finding);
        let mut counted = Finding::counted(open);
        let known = self.number_known();
        counted.extend((known > 0).then_some((known, "known")));
        counted
    }
}

/// The numbers of verdicts over all files.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: usize,
    pub(crate) foreign: usize,
    pub(crate) is_judged: bool,
    pub(crate) is_broken: bool,
    pub(crate) is_unusable: bool,
    /// Findings that the baseline lists.
    pub(crate) known: usize,
    /// Its entries that this run no longer finds.
    pub(crate) stale: Vec<Known>,
    /// Its new entries.
    pub(crate) found: Vec<Known>,
    /// The files that were judged, as the baseline calls them.
    pub(crate) judged: BTreeSet<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, file: &mut CheckedFile) {
        self.known += file.known();
        self.stale.append(&mut file.stale);
        self.found.append(&mut file.found);
        if file.unusable.is_none() && !file.baseline_name.is_empty() {
            self.judged.insert(std::mem::take(&mut file.baseline_name));
        }
        self.files += 1;
        self.foreign += usize::from(file.is_foreign);
        self.is_judged |= file.is_judged();
        self.is_broken |= !file.is_clean();
        self.is_unusable |= file.unusable.is_some();
    }

    /// Whether every file could be used, but none had anything to judge.
    pub(crate) fn is_without_result(&self) -> bool {
        !self.is_broken && !self.is_unusable && !self.is_judged
    }

    /// The exit status: a failed control counts, whatever else could not be judged.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self { is_broken: true, .. } => 1,
            Self { is_unusable: true, .. } | Self { is_judged: false, .. } => 2,
            _ => 0,
        }
    }
}
