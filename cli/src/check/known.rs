//! Known findings: a file that lists them, so that a build fails only for new ones. `--update-baseline` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use sagewarden_policy::intake::Place;
use sagewarden_policy::{Finding, FindingStatus};
use serde::{Deserialize, Serialize};

use crate::check::checked::{CheckedFile, CheckedSubject, Known};
use crate::error::CommandError;
use crate::input;

/// The version of the file's form, for later versions of this program.
const VERSION: u8 = 1;
/// The word in place of a control if a request could not be read.
const UNREADABLE: &str = "undecided";

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `version` and `findings`, as --update-baseline writes it"
)]
struct KnownList {
    version: u8,
    findings: Vec<Known>,
}

/// The known findings of all files.
pub(crate) struct Baseline {
    path: PathBuf,
    /// The folder that the file lies in.
    folder: PathBuf,
    by_file: BTreeMap<String, Vec<Known>>,
    /// Whether every finding of this run becomes a known one.
    pub(crate) is_updated: bool,
}

impl Baseline {
    /// Reads a baseline; one that is updated need not be there yet.
    pub(crate) fn open(path: &Path, is_updated: bool) -> Result<Self, CommandError> {
        let unusable = |why: String| CommandError::NoKnownFindings { path: path.to_owned(), why };
        let absolute = std::path::absolute(path).map_err(CommandError::unreadable(path))?;
        let folder = tidy(absolute.parent().unwrap_or(Path::new("/")));
        let mut baseline = Self { path: path.to_owned(), folder, by_file: BTreeMap::new(), is_updated };
        if is_updated && !path.exists() {
            return Ok(baseline);
        }
        if !path.exists() {
            return Err(unusable("there is no such file: --update-baseline creates it".to_owned()));
        }
        let document: KnownList =
            serde_json::from_str(&input::text(path)?).map_err(|error| unusable(error.to_string()))?;
        if document.version != VERSION {
            return Err(unusable(format!(
                "its version is {}, and this program reads {VERSION}",
                document.version
            )));
        }
        for known in document.findings {
            baseline.by_file.entry(known.file.clone()).or_default().push(known);
        }
        Ok(baseline)
    }

    /// Marks the known findings of a judged file, and keeps the entries that this run no longer finds.
    pub(crate) fn mark(&self, checked: &mut CheckedFile) {
        checked.baseline_name = self.name(&checked.path);
        if checked.unusable.is_some() {
            return;
        }
        let mut listed = self.by_file.get(&checked.baseline_name).cloned().unwrap_or_default();
        let mut found = Vec::new();
        let mut is_known = |known: Known| {
            let at = listed.iter().position(|one| *one == known);
            at.map(|at| listed.swap_remove(at));
            found.push(known);
            self.is_updated || at.is_some()
        };
        for subject in &mut checked.subjects {
            let of = |(finding, place): (&Finding, &Place)| {
                finding.status != FindingStatus::Waived
                    && is_known(key(&checked.baseline_name, subject, finding, place))
            };
            subject.known = subject.verdict.findings.iter().zip(&subject.places).map(of).collect();
        }
        let notes = std::mem::take(&mut checked.undecided);
        let (known, undecided): (Vec<_>, Vec<_>) = notes.into_iter().partition(|note| {
            is_known(Known {
                file: checked.baseline_name.clone(),
                resource: String::new(),
                path: without_indices(note),
                control: UNREADABLE.to_owned(),
            })
        });
        checked.undecided = undecided;
        checked.known_undecided = known.len();
        checked.passed_over.extend(known.into_iter().map(|note| format!("known: {note}")));
        if self.is_updated {
            checked.found = found;
        } else {
            checked.stale = listed;
        }
    }

    /// The entries of files that no longer exist.
    pub(crate) fn gone(&self, judged: &BTreeSet<String>) -> Vec<Known> {
        let is_gone = |file: &str| file != "-" && !judged.contains(file) && !self.folder.join(file).exists();
        self.by_file.iter().filter(|(file, _)| is_gone(file)).flat_map(|(_, known)| known.clone()).collect()
    }

    /// Writes the findings of this run, and the entries of existing files that this run did not judge.
    pub(crate) fn write(
        &self,
        judged: &BTreeSet<String>,
        mut found: Vec<Known>,
    ) -> Result<usize, CommandError> {
        let is_left = |file: &str| file == "-" || self.folder.join(file).exists();
        let others = self.by_file.iter().filter(|(file, _)| !judged.contains(*file) && is_left(file));
        found.extend(others.flat_map(|(_, known)| known.clone()));
        found.sort();
        let number = found.len();
        let document = KnownList { version: VERSION, findings: found };
        let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from)? + "\n";
        fs::write(&self.path, text).map_err(CommandError::unwritable(&self.path))?;
        Ok(number)
    }

    /// The name of a file in a baseline: its path relative to the baseline's folder, so that it does not depend on the working directory.
    fn name(&self, path: &str) -> String {
        let Ok(absolute) = std::path::absolute(path) else { return path.to_owned() };
        if path == "-" {
            return path.to_owned();
        }
        let file = tidy(&absolute);
        let common =
            self.folder.components().zip(file.components()).take_while(|(one, other)| one == other).count();
        let up = self.folder.components().skip(common).map(|_| "..".to_owned());
        let down = file.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
        up.chain(down).collect::<Vec<_>>().join("/")
    }
}

fn key(file: &str, subject: &CheckedSubject, finding: &Finding, place: &Place) -> Known {
    let candidate = &subject.candidate;
    let path = place.path.as_deref().or(candidate.place.as_deref()).unwrap_or_default();
    Known {
        file: file.to_owned(),
        resource: format!("{}/{}", candidate.kind().segment(), candidate.resource.name),
        path: named(&without_indices(path), finding),
        control: finding.control.clone(),
    }
}

/// A path that ends in any name, with the names that are found there: another secret is another finding.
fn named(path: &str, finding: &Finding) -> String {
    if path.ends_with(".*") { format!("{path} {}", finding.actual) } else { path.to_owned() }
}

/// A path without the indices of lists: `Steps[2].Arguments` is `Steps[].Arguments`.
fn without_indices(path: &str) -> String {
    let mut parts = path.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('[');
        text.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    text
}

/// A path without `.` and `..`, whatever links there are.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            other => tidy.push(other),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_path_from_the_baseline() {
        let baseline = Baseline {
            path: "/a/b/known.json".into(),
            folder: "/a/b".into(),
            by_file: BTreeMap::new(),
            is_updated: false,
        };
        assert_eq!(baseline.name("/a/b/c/m.json"), "c/m.json");
        assert_eq!(baseline.name("/a/b/./x/../c/m.json"), "c/m.json");
        assert_eq!(baseline.name("/a/d/m.json"), "../d/m.json");
        assert_eq!(baseline.name("-"), "-");
    }

    #[test]
    fn a_path_is_known_without_its_indices() {
        assert_eq!(without_indices("Steps[12].Arguments.Inputs[0]"), "Steps[].Arguments.Inputs[]");
        assert_eq!(without_indices("VpcConfig.Subnets"), "VpcConfig.Subnets");
    }
}
