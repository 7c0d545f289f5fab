//! A file that was judged.

use std::collections::BTreeSet;
use std::ops::Range;

use sagewarden_events::Timestamp;
use sagewarden_policy::intake::{Candidate, Intake, LargeDefinition, Unusable};
use sagewarden_policy::{Bundle, Finding, FindingStatus, Subject, Verdict, judge};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::check::files::Input;
use crate::check::locate::{Lines, Place};
use crate::check::{code, parallel, source};
use crate::input;

/// A file with the verdicts on its resources.
#[derive(Default)]
pub(crate) struct CheckedFile {
    /// As it was given.
    pub(crate) path: String,
    pub(crate) subjects: Vec<CheckedSubject>,
    /// Requests of kinds that have controls, which could not be read.
    pub(crate) undecided: Vec<String>,
    pub(crate) passed_over: Vec<String>,
    /// Why nothing in it could be judged.
    pub(crate) unusable: Option<String>,
    /// Of a folder, and none of ours.
    pub(crate) is_foreign: bool,
    /// Requests that could not be read, which the baseline lists.
    pub(crate) known_undecided: usize,
    /// How a baseline calls the file.
    pub(crate) baseline_name: String,
    /// What the baseline is to list of it.
    pub(crate) found: Vec<Known>,
    /// What the baseline lists of it, and nobody found.
    pub(crate) stale: Vec<Known>,
}

/// One thing of a file with its verdict.
pub(crate) struct CheckedSubject {
    pub(crate) candidate: Candidate,
    pub(crate) verdict: Verdict,
    /// Where each finding of the verdict stands.
    pub(crate) places: Vec<Place>,
    /// Which of them the baseline lists; empty without one.
    pub(crate) known: Vec<bool>,
}

/// A known finding. It has no line and no index of a list: what is written before it changes neither.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// From the folder of the baseline.
    pub(crate) file: String,
    /// Kind and name.
    pub(crate) resource: String,
    /// The field in the file's own words.
    pub(crate) path: String,
    pub(crate) control: String,
}

/// How files are judged.
pub(crate) struct Judging<'a> {
    pub(crate) bundle: &'a Bundle,
    /// The account that resources will be in, where they do not say so.
    pub(crate) account: Option<&'a str>,
    /// When what does not exist yet is judged.
    pub(crate) now: Timestamp,
}

impl CheckedFile {
    /// Reads and judges a file.
    pub(crate) fn judge(judging: &Judging<'_>, file: &Input) -> Self {
        let path = file.path.display().to_string();
        let unusable = |why: String| Self { path: path.clone(), unusable: Some(why), ..Self::default() };
        let bytes = match input::read_any(&file.path) {
            Ok(bytes) => bytes,
            Err(error) => return unusable(error.to_string()),
        };
        let text = match source::text(bytes) {
            Ok(text) => text,
            Err(why) => return unusable(format!("`{path}` cannot be read: {why}")),
        };
        if code::is_code(&file.path) {
            return Self::of_code(judging, file, &text);
        }
        if let Some(large) = source::large(&file.path, &text) {
            let mut checked = Self { path, ..Self::default() };
            checked.add_large(judging, &large, &Lines::of_json(&text));
            return checked;
        }
        let parts = match source::parts(&file.path, &text) {
            Ok(parts) => parts,
            Err(why) if file.is_found && is_foreign(&why, &text) => {
                return Self { path, is_foreign: true, ..Self::default() };
            }
            Err(why @ Unusable::NoControls(_)) => {
                return Self { path, passed_over: vec![why.to_string()], ..Self::default() };
            }
            Err(why) => return unusable(format!("`{path}` cannot be judged: {why}")),
        };
        Self::of_parts(judging, file, path, parts)
    }

    /// Reads and judges a file of code. In a folder, code that does not speak of SageMaker is somebody else's.
    fn of_code(judging: &Judging<'_>, file: &Input, text: &str) -> Self {
        let path = file.path.display().to_string();
        if file.is_found && !code::is_ours(text) {
            return Self { path, is_foreign: true, ..Self::default() };
        }
        match code::parts(&file.path, text) {
            Ok(parts) if parts.is_empty() && file.is_found => {
                Self { path, is_foreign: true, ..Self::default() }
            }
            Ok(parts) => Self::of_parts(judging, file, path, parts),
            // Others' code may be of another version of Python.
            Err(why) if file.is_found => {
                let passed_over = vec![format!("the code was not read: {why}")];
                Self { path, passed_over, ..Self::default() }
            }
            Err(why) => {
                Self { unusable: Some(format!("`{path}` cannot be judged: {why}")), path, ..Self::default() }
            }
        }
    }

    fn of_parts(judging: &Judging<'_>, file: &Input, path: String, parts: Vec<source::Part<'_>>) -> Self {
        let mut checked = Self { path, ..Self::default() };
        parts.into_iter().for_each(|part| checked.add(judging, part));
        if !checked.is_judged() && !file.is_found {
            let Self { path, .. } = &checked;
            checked.unusable = Some(format!("`{path}`: nothing could be judged: {}", checked.why_nothing()));
        }
        checked
    }

    /// Judges a document.
    pub(super) fn add(&mut self, judging: &Judging<'_>, mut part: source::Part<'_>) {
        judging.place(&mut part.intake);
        let verdicts = judging.verdicts(&part.intake.candidates);
        self.take(part.intake, verdicts, part.lines.as_ref());
    }

    fn take(&mut self, intake: Intake, verdicts: Vec<Verdict>, lines: Option<&Lines<'_>>) {
        let judged = intake.candidates.into_iter().zip(verdicts);
        self.subjects.extend(judged.map(|(one, verdict)| CheckedSubject::of(one, verdict, lines)));
        self.undecided.extend(intake.undecided);
        if intake.passed_over.is_empty() {
            return;
        }
        let known: BTreeSet<&String> = self.passed_over.iter().collect();
        let new: Vec<String> = intake.passed_over.into_iter().filter(|note| !known.contains(note)).collect();
        self.passed_over.extend(new);
    }

    /// Judges a large definition, some steps at a time: no more of them are held than are being judged.
    fn add_large(&mut self, judging: &Judging<'_>, large: &LargeDefinition<'_>, lines: &Lines<'_>) {
        let ranges: Vec<_> = (0..large.len())
            .step_by(AT_A_TIME)
            .map(|first| first..(first + AT_A_TIME).min(large.len()))
            .collect();
        let judge = |range: &Range<usize>| {
            let mut intake = large.part(range.clone());
            judging.place(&mut intake);
            let verdicts: Vec<Verdict> = intake.candidates.iter().map(|one| judging.verdict(one)).collect();
            (intake, verdicts)
        };
        parallel::in_order(&ranges, judge, |(intake, verdicts)| self.take(intake, verdicts, Some(lines)));
    }

    /// Whether there is any result.
    pub(crate) fn is_judged(&self) -> bool {
        self.known_undecided > 0
            || !self.undecided.is_empty()
            || self.subjects.iter().any(|one| !one.verdict.checked.is_empty())
    }

    fn why_nothing(&self) -> &'static str {
        if self.subjects.is_empty() && self.passed_over.is_empty() {
            "no request in it creates anything"
        } else if self.subjects.is_empty() {
            "there are no controls for it; the notes say why"
        } else {
            "every control needs what the account knows"
        }
    }

    /// Whether nothing is broken or undecided but what is known.
    pub(crate) fn is_clean(&self) -> bool {
        let mut findings = self.subjects.iter().flat_map(CheckedSubject::findings);
        let is_open = |(finding, _, is_known): (&Finding, &Place, bool)| {
            !is_known && finding.status != FindingStatus::Waived
        };
        self.undecided.is_empty() && !findings.any(is_open)
    }

    fn known(&self) -> usize {
        self.known_undecided + self.subjects.iter().map(CheckedSubject::number_known).sum::<usize>()
    }
}

/// Whether a file of a folder is somebody else's: JSON of another kind, or a text that does not speak of SageMaker.
fn is_foreign(why: &Unusable, text: &str) -> bool {
    match why {
        Unusable::UnknownForm | Unusable::OtherOperation { .. } => true,
        Unusable::OtherCall(_) | Unusable::NoControls(_) => true,
        Unusable::NotJson(_) => !text.contains("SageMaker") && !text.contains("sagemaker"),
        Unusable::NearlyKnown | Unusable::Refused(_) | Unusable::Language => false,
    }
}

/// Requests of one file that are worth the other cores.
const MANY: usize = 256;

/// Steps of a large definition that are held at a time, for each thread.
const AT_A_TIME: usize = 16;

impl Judging<'_> {
    /// Puts resources into the account that was named at the call.
    fn place(&self, intake: &mut Intake) {
        if let Some(account) = self.account {
            intake.candidates.iter_mut().for_each(|one| one.resource.account = account.to_owned());
        }
    }

    /// The verdicts on the resources in a file, in its order.
    fn verdicts(&self, candidates: &[Candidate]) -> Vec<Verdict> {
        if candidates.len() < MANY {
            return candidates.iter().map(|one| self.verdict(one)).collect();
        }
        let mut verdicts = Vec::with_capacity(candidates.len());
        parallel::in_order(candidates, |one| self.verdict(one), |verdict| verdicts.push(verdict));
        verdicts
    }

    fn verdict(&self, candidate: &Candidate) -> Verdict {
        let joined = candidate.joined();
        let subject = Subject {
            resource: &candidate.resource,
            document: &candidate.document,
            as_of: candidate.changed_at().unwrap_or(self.now),
            joined: &joined,
        };
        judge(self.bundle, &subject)
    }
}

impl CheckedSubject {
    /// A verdict with the places of its findings. The document itself is not looked at any more.
    fn of(mut candidate: Candidate, verdict: Verdict, lines: Option<&Lines<'_>>) -> Self {
        let place = |field: &str| {
            let fields: Vec<&str> = field.split(", ").collect();
            lines.map(|lines| lines.place(&candidate, &fields)).unwrap_or_default()
        };
        let places = verdict.findings.iter().map(|finding| place(&finding.field)).collect();
        candidate.document = Json::Null;
        Self { candidate, verdict, places, known: Vec::new() }
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

    /// How many of the controls are broken, undecided, waived and known.
    pub(crate) fn counted(&self) -> Vec<(usize, &'static str)> {
        let open = self.findings().filter(|(_, _, is_known)| !is_known).map(|(finding, ..)| finding);
        let mut counted = Finding::counted(open);
        let known = self.number_known();
        counted.extend((known > 0).then_some((known, "known")));
        counted
    }
}

/// What the verdicts of all files come to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: usize,
    pub(crate) foreign: usize,
    pub(crate) is_judged: bool,
    pub(crate) is_broken: bool,
    pub(crate) is_unusable: bool,
    /// Findings that the baseline lists.
    pub(crate) known: usize,
    /// What it lists, and nobody found.
    pub(crate) stale: Vec<Known>,
    /// What it is to list.
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

    /// Whether all could be used, and nothing was judged.
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
