//! The resources in a file, or the reason why there are none.

use thiserror::Error;

use super::candidate::Candidate;

/// The contents of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intake {
    /// The resources to judge.
    pub candidates: Vec<Candidate>,
    /// Parts of a kind with controls that could not be read: whether they pass is unknown.
    pub undecided: Vec<String>,
    /// Parts without controls, in words.
    pub passed_over: Vec<String>,
    /// The undecided parts that are other files.
    elsewhere: Vec<Elsewhere>,
}

/// A part of a file that is another file, as the file names it.
#[derive(Clone, Debug, PartialEq)]
struct Elsewhere {
    path: String,
    /// The note about it, which is among the undecided parts.
    note: String,
}

impl Intake {
    pub(super) fn of(candidate: Candidate) -> Self {
        Self { candidates: vec![candidate], ..Self::default() }
    }

    /// Nothing but that something could not be read.
    #[must_use]
    pub fn undecided(note: String) -> Self {
        Self { undecided: vec![note], ..Self::default() }
    }

    /// Nothing but notes about what has no controls.
    #[must_use]
    pub fn passed_over(notes: Vec<String>) -> Self {
        Self { passed_over: notes, ..Self::default() }
    }

    /// Says which document, or which line, of a file of several it is of.
    pub fn number(&mut self, what: &str, number: usize) {
        for candidate in &mut self.candidates {
            let place = candidate.place.take();
            let place = place.map_or_else(String::new, |place| format!(", {place}"));
            candidate.place = Some(format!("{what} {number}{place}"));
        }
        let elsewhere = self.elsewhere.iter_mut().map(|other| &mut other.note);
        let undecided = self.undecided.iter_mut().chain(elsewhere);
        undecided.for_each(|note| *note = format!("{what} {number}: {note}"));
    }

    /// Adds an undecided part that is another file.
    pub(super) fn elsewhere(&mut self, note: String, path: &str) {
        self.elsewhere.push(Elsewhere { path: path.to_owned(), note: note.clone() });
        self.undecided.push(note);
    }

    /// Passes over the parts that are files which are judged themselves.
    pub fn pass_over_files(&mut self, is_judged: impl Fn(&str) -> bool) {
        for Elsewhere { path, note } in std::mem::take(&mut self.elsewhere) {
            if is_judged(&path) {
                self.undecided.retain(|undecided| *undecided != note);
                self.note(note.replace("check that file", "that file is judged by itself"));
            }
        }
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: String) {
        if !self.passed_over.contains(&note) {
            self.passed_over.push(note);
        }
    }

    /// Adds what another part of the same file holds.
    pub fn append(&mut self, part: Self) {
        self.candidates.extend(part.candidates);
        self.undecided.extend(part.undecided);
        self.elsewhere.extend(part.elsewhere);
        part.passed_over.into_iter().for_each(|note| self.note(note));
    }

    /// Whether it holds nothing at all, not even a note.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.undecided.is_empty() && self.passed_over.is_empty()
    }

    /// The same, below a part of the file without a name.
    pub(super) fn below(mut self, part: &str) -> Self {
        for candidate in &mut self.candidates {
            let below = if candidate.at.is_empty() { "" } else { "." };
            candidate.at = format!("{part}{below}{}", candidate.at);
        }
        self
    }

    /// Adds the content of a part of a file.
    pub(super) fn add(&mut self, part: Self, at: &str) {
        self.add_at(part, at, at);
    }

    /// Adds the content of a part that has another name than its path in the file.
    pub(super) fn add_at(&mut self, part: Self, named: &str, path: &str) {
        let within = |candidate: Candidate| candidate.within(named, path);
        self.candidates.extend(part.candidates.into_iter().map(within));
        let at = named;
        self.undecided.extend(part.undecided.into_iter().map(|note| format!("{at}: {note}")));
        let within = |Elsewhere { path, note }| Elsewhere { path, note: format!("{at}: {note}") };
        self.elsewhere.extend(part.elsewhere.into_iter().map(within));
        part.passed_over.into_iter().for_each(|note| self.note(format!("{at}: {note}")));
    }
}

/// A note about resources that are not judged.
pub(super) fn resources_without_controls(number: usize) -> String {
    format!("no controls for {number} other resource{}", if number == 1 { "" } else { "s" })
}

/// The path of a field of a part, which may be the whole.
pub(super) fn below(part: &str, field: &str) -> String {
    if part.is_empty() { field.to_owned() } else { format!("{part}.{field}") }
}

/// The note about a template of Helm's.
pub(super) const NOT_RENDERED: &str = "it is a Helm template that is not rendered: judge Helm's output with `helm template CHART | sagewarden check -`";

/// A file that holds nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// It cannot be read. The text says why, such as `not valid JSON: ...`.
    #[error("{0}")]
    NotJson(String),
    /// It is written in Terraform's own language, whose values only Terraform knows.
    #[error(
        "Terraform is judged by its plan: `terraform plan -out=p && terraform show -json p | sagewarden check -`"
    )]
    Language,
    /// It is a template of Helm's, which is YAML only once Helm has put the values in.
    #[error("{NOT_RENDERED}")]
    NotRendered,
    /// It is JSON of no known form.
    #[error(
        "no SageMaker resource with controls: this is not a Create request, Describe answer, event, log file, pipeline definition, \
         state machine, template, plan or manifest. A request names its resource (`TrainingJobName`, `ModelName`, \
         `EndpointConfigName`, …)"
    )]
    UnknownForm,
    /// It is of no known form, and has the fields of a request all the same.
    #[error(
        "it has the fields of a Create request but is not one: a request is the whole file, its name is a text, and it has no field of an event or a pipeline definition"
    )]
    NearlyKnown,
    /// It names a resource, but is not a request that creates one.
    #[error(
        "it has `{name}`, but lacks {missing} (null is no value) and every field that only `{operation}` takes: nobody can tell what it creates"
    )]
    OtherOperation {
        /// The field that names the resource.
        name: &'static str,
        /// The operation that creates such a resource.
        operation: &'static str,
        /// The fields by which the request is known, and which it lacks.
        missing: String,
    },
    /// It names what another operation creates.
    #[error("`{operation}` is not about what `{name}` names: that is `{other}`")]
    OtherRequest {
        /// The operation that was named.
        operation: String,
        /// The field that names the resource.
        name: &'static str,
        /// The operation that creates such a resource.
        other: &'static str,
    },
    /// It creates something that no control is about.
    #[error("nothing to judge: there are no controls for `{0}`")]
    NoControls(String),
    /// A call that asks for an address with which somebody signs in.
    #[error(
        "`{0}` signs somebody in: who may do that is judged once CloudTrail reports the call, and not before"
    )]
    SignIn(String),
    /// A call that creates nothing.
    #[error("no controls for `{0}`: only a Create request has all fields of a resource")]
    OtherCall(String),
    /// A call that the service refused, so that it created nothing.
    #[error("the call was refused with `{0}`: nothing was created")]
    Refused(String),
}
