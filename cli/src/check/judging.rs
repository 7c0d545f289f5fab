//! Reads and judges a file of any form.

use std::ops::Range;
use std::path::Path;

use sagewarden_events::Timestamp;
use sagewarden_govern::counted;
use sagewarden_policy::intake::{self, Candidate, Intake, LargeDocument, Lines, Unusable};
use sagewarden_policy::{Bundle, Subject, Verdict, judge};

use crate::check::checked::{CheckedFile, CheckedSubject, Said};
use crate::check::files::Input;
use crate::check::json_lines::NumberedLine;
use crate::check::{cdk, code, json_lines, known, parallel, print, source};
use crate::command::check::CheckFormat;
use crate::input;

/// How files are judged.
#[derive(Clone, Copy)]
pub(crate) struct Judging<'a> {
    pub(crate) bundle: &'a Bundle,
    /// The account that resources will be in, where they do not say so.
    pub(crate) account: Option<&'a str>,
    /// The time of judging, for resources that do not exist yet.
    pub(crate) now: Timestamp,
    /// The files of this run: a file that another one names may be among them.
    pub(crate) files: &'a [Input],
}

/// Prints the verdicts on the resources of a file as soon as they exist, instead of keeping them.
pub(crate) struct Saying<'s> {
    pub(crate) format: CheckFormat,
    /// Takes the file's path, and the printed verdicts on some of its resources.
    pub(crate) say: &'s mut dyn FnMut(&str, String),
}

/// The verdicts of one batch.
#[derive(Default)]
struct Batch {
    /// Those that are kept.
    subjects: Vec<CheckedSubject>,
    /// The printed text of verdicts that are not kept.
    said: String,
    state: Said,
    undecided: Vec<String>,
    passed_over: Vec<String>,
    /// Lines without a resource to judge.
    others: Vec<(usize, Unusable)>,
}

/// Resources, parts of a large document, or lines that are judged at a time by each thread.
const AT_A_TIME: usize = 16;

/// Lines that cannot be read and are named; more are counted.
const SHOWN: usize = 10;

/// Where the verdicts of a file go. If they are printed at once, it has their format.
#[derive(Clone)]
struct Goal {
    path: String,
    format: Option<CheckFormat>,
}

/// The reading of one file.
struct FileReading<'a, 's> {
    judging: &'a Judging<'a>,
    file: &'a Input,
    checked: CheckedFile,
    saying: Option<Saying<'s>>,
}

impl Judging<'_> {
    /// Reads and judges a file.
    pub(crate) fn file(&self, file: &Input, saying: Option<Saying<'_>>) -> CheckedFile {
        let checked = CheckedFile::of(file.path.display().to_string());
        let named = self.account.is_none().then(|| cdk::account_of(&file.path)).flatten();
        let judging = Judging { account: self.account.or(named.as_deref()), ..*self };
        let mut reading = FileReading { judging: &judging, file, checked, saying };
        if let Err(why) = reading.read() {
            reading.checked.unusable = Some(why);
        }
        reading.checked
    }

    /// Judges the resources of a request that stands alone.
    pub(crate) fn request(&self, checked: &mut CheckedFile, intake: Intake) {
        let goal = Goal { path: checked.path.clone(), format: None };
        keep(checked, self.intake(&goal, intake, None));
    }

    fn intake(&self, goal: &Goal, mut intake: Intake, lines: Option<&Lines<'_>>) -> Batch {
        self.place(&mut intake.candidates);
        let batch = self.candidates(goal, &intake.candidates, lines);
        Batch { undecided: intake.undecided, passed_over: intake.passed_over, ..batch }
    }

    /// Puts resources into the account that was named at the call or by the CDK.
    fn place(&self, candidates: &mut [Candidate]) {
        if let Some(account) = self.account {
            candidates.iter_mut().for_each(|one| one.resource.account = account.to_owned());
        }
    }

    fn candidates(&self, goal: &Goal, candidates: &[Candidate], lines: Option<&Lines<'_>>) -> Batch {
        let judge = |one: &Candidate| CheckedSubject::of(one, self.verdict(one), lines);
        let subjects: Vec<_> = candidates.iter().map(judge).collect();
        let Some(format) = goal.format else { return Batch { subjects, ..Batch::default() } };
        let state = Said {
            is_begun: !subjects.is_empty(),
            is_judged: subjects.iter().any(CheckedSubject::is_judged),
            is_open: subjects.iter().any(CheckedSubject::is_open),
        };
        Batch { said: print::of_subjects(format, &goal.path, &subjects), state, ..Batch::default() }
    }

    /// Whether a file that another one names by its path from there is judged in this run.
    fn is_judged(&self, from: &Path, path: &str) -> bool {
        let is_local = !path.contains("://") && !Path::new(path).is_absolute();
        let named = known::tidy(&from.parent().unwrap_or(Path::new("")).join(path));
        is_local
            && self.files.iter().any(|file| {
                file.path.ends_with(named.file_name().unwrap_or_default()) && known::tidy(&file.path) == named
            })
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

    fn line(&self, goal: &Goal, line: NumberedLine<'_>) -> Batch {
        match intake::read(line.text) {
            Ok(mut intake) => {
                intake.number("line", line.number);
                self.intake(goal, intake, Some(&Lines::of_json_from(line.text, line.number)))
            }
            Err(why) => Batch { others: vec![(line.number, why)], ..Batch::default() },
        }
    }
}

impl FileReading<'_, '_> {
    /// Reads and judges it.
    ///
    /// # Errors
    /// Why it is unusable.
    fn read(&mut self) -> Result<(), String> {
        let bytes = input::read_any(&self.file.path).map_err(|error| error.to_string())?;
        let text = match source::text(bytes) {
            Ok(text) => text,
            Err(no_text) if self.file.is_found && !no_text.is_ours => {
                self.checked.is_foreign = true;
                return Ok(());
            }
            Err(no_text) => return Err(format!("`{}` cannot be read: {}", self.checked.path, no_text.why)),
        };
        self.form(&text)?;
        let checked = &mut self.checked;
        let is_silent = !checked.said.is_begun && checked.subjects.is_empty() && checked.undecided.is_empty();
        // If a folder holds a template or plan that has nothing to do with SageMaker, a note about it would only disturb.
        if self.file.is_found && is_silent && !source::is_ours(&text) {
            checked.passed_over.clear();
            checked.is_foreign = true;
        }
        Ok(())
    }

    fn form(&mut self, text: &str) -> Result<(), String> {
        if code::is_code(&self.file.path) {
            return self.code(text);
        }
        if let Some(large) = source::large(&self.file.path, text) {
            return self.large(&large, &Lines::of_json(text));
        }
        if let Some(lines) = json_lines::of(&self.file.path, text) {
            return self.lines(text, &lines);
        }
        match source::parts(&self.file.path, text) {
            Ok(parts) => self.parts(parts),
            Err(why @ (Unusable::NoControls(_) | Unusable::SignIn(_))) if !self.file.is_found => {
                self.checked.passed_over.push(why.to_string());
                Ok(())
            }
            Err(why) => self.refuse(&why, text),
        }
    }

    /// The file cannot be used. In a folder, it may have nothing to do with SageMaker.
    fn refuse(&mut self, why: &Unusable, text: &str) -> Result<(), String> {
        if self.file.is_found && is_foreign(why, text) {
            self.checked.is_foreign = true;
            return Ok(());
        }
        Err(match why {
            Unusable::NotJson(why) => format!("`{}` cannot be read: {why}", self.checked.path),
            why => format!("`{}` cannot be judged: {why}", self.checked.path),
        })
    }

    /// Code. In a folder, code that does not mention SageMaker is not judged.
    fn code(&mut self, text: &str) -> Result<(), String> {
        if self.file.is_found && !code::is_ours(text) {
            self.checked.is_foreign = true;
            return Ok(());
        }
        match code::parts(&self.file.path, text) {
            Ok(parts) if parts.is_empty() && self.file.is_found => self.checked.is_foreign = true,
            Ok(parts) => return self.parts(parts),
            Err(why) => return Err(format!("`{}` cannot be judged: {why}", self.checked.path)),
        }
        Ok(())
    }

    fn parts(&mut self, parts: Vec<source::Part<'_>>) -> Result<(), String> {
        let (judging, goal) = (self.judging, self.goal());
        for source::Part { mut intake, lines } in parts {
            intake.pass_over_files(|path| judging.is_judged(&self.file.path, path));
            let Intake { mut candidates, undecided, passed_over, .. } = intake;
            judging.place(&mut candidates);
            self.in_turn(&candidates, |some| judging.candidates(&goal, some, lines.as_ref()));
            keep(&mut self.checked, Batch { undecided, passed_over, ..Batch::default() });
        }
        self.judged()
    }

    /// The parts of a large document: no more of them are held than are being judged.
    fn large(&mut self, large: &LargeDocument<'_>, lines: &Lines<'_>) -> Result<(), String> {
        let (judging, goal) = (self.judging, self.goal());
        let numbers: Vec<usize> = (0..large.len()).collect();
        self.in_turn(&numbers, |some| {
            let range = Range {
                start: some.first().copied().unwrap_or(0),
                end: some.last().map_or(0, |last| last + 1),
            };
            judging.intake(&goal, large.part(range), Some(lines))
        });
        self.checked.passed_over.extend(large.note());
        self.judged()
    }

    /// Judges the document of each line. It passes over documents of other programs, as in a folder.
    fn lines(&mut self, text: &str, lines: &[NumberedLine<'_>]) -> Result<(), String> {
        let (judging, goal) = (self.judging, self.goal());
        let others = self.in_turn(lines, |some| {
            let batches = some.iter().map(|line| judging.line(&goal, *line));
            batches.reduce(|all, one| all.and(&goal, one)).unwrap_or_default()
        });
        let (mut foreign, mut broken) = (0_u64, Vec::new());
        for (number, why) in others {
            match why {
                Unusable::NotJson(why) => broken.push(format!("line {number}: {why}")),
                Unusable::NearlyKnown => self.checked.passed_over.push(format!("line {number}: {why}")),
                _ => foreign += 1,
            }
        }
        if self.checked.is_empty() {
            let why = broken.into_iter().next().map_or(Unusable::UnknownForm, Unusable::NotJson);
            return self.refuse(&why, text);
        }
        let more = broken.len().saturating_sub(SHOWN) as u64;
        broken.truncate(SHOWN);
        broken.extend((more > 0).then(|| format!("{} cannot be read", counted(more, "other line"))));
        self.checked.undecided.extend(broken);
        let note = || format!("{} with nothing to judge", counted(foreign, "line"));
        self.checked.passed_over.extend((foreign > 0).then(note));
        self.judged()
    }

    /// A file that the user named is unusable if nothing in it could be judged.
    fn judged(&self) -> Result<(), String> {
        if self.checked.is_judged() || self.file.is_found {
            return Ok(());
        }
        Err(format!("`{}`: nothing could be judged: {}", self.checked.path, self.checked.why_nothing()))
    }

    fn goal(&self) -> Goal {
        Goal { path: self.checked.path.clone(), format: self.saying.as_ref().map(|saying| saying.format) }
    }

    /// Judges parts of the file, on all cores if the file is large, and prints or keeps the verdicts in the order of the parts. Returns the
    /// lines without a resource to judge.
    fn in_turn<T: Sync>(
        &mut self,
        parts: &[T],
        judge: impl Fn(&[T]) -> Batch + Sync,
    ) -> Vec<(usize, Unusable)> {
        let at_a_time = if self.file.is_large { AT_A_TIME } else { parts.len().max(1) };
        let some: Vec<&[T]> = parts.chunks(at_a_time).collect();
        let mut others = Vec::new();
        let Self { checked, saying, .. } = self;
        parallel::in_order(
            &some,
            |some| judge(some),
            |mut batch| {
                others.append(&mut batch.others);
                if let Some(saying) = saying.as_mut().filter(|_| batch.state.is_begun) {
                    (saying.say)(&checked.path, std::mem::take(&mut batch.said));
                }
                keep(checked, batch);
            },
        );
        others
    }
}

impl Batch {
    /// Together with the batch that follows it.
    fn and(mut self, goal: &Goal, next: Self) -> Self {
        if let Some(format) = goal.format.filter(|_| self.state.is_begun && next.state.is_begun) {
            self.said.push_str(print::between(format));
        }
        self.said.push_str(&next.said);
        self.state = self.state.and(next.state);
        self.subjects.extend(next.subjects);
        self.undecided.extend(next.undecided);
        self.passed_over.extend(next.passed_over);
        self.others.extend(next.others);
        self
    }
}

/// Adds a batch to the results of the file. It keeps each note once.
fn keep(checked: &mut CheckedFile, batch: Batch) {
    checked.said = checked.said.and(batch.state);
    checked.subjects.extend(batch.subjects);
    checked.undecided.extend(batch.undecided);
    checked.pass_over(batch.passed_over);
}

/// Whether a file of a folder has nothing to do with SageMaker: JSON of another kind, or a text that does not mention SageMaker.
fn is_foreign(why: &Unusable, text: &str) -> bool {
    match why {
        Unusable::UnknownForm | Unusable::OtherOperation { .. } => true,
        Unusable::OtherCall(_) | Unusable::NoControls(_) | Unusable::SignIn(_) => true,
        Unusable::NotJson(_) => !source::names_a_resource(text),
        Unusable::NotRendered => !source::is_ours(text),
        Unusable::NearlyKnown | Unusable::OtherRequest { .. } | Unusable::Refused(_) | Unusable::Language => {
            false
        }
    }
}
