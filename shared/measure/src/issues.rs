//! Faults of an input whose other parts are used: counted, with the first lines that have them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The fault of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// A CSV row has more or fewer fields than the header, or than the first row if there is no header.
    Ragged,
    /// Bytes that are not valid UTF-8.
    NotUtf8,
    /// A row has more fields, or a field more bytes, than is read.
    TooLarge,
    /// A captured file ends within the line.
    CutOff,
    /// The line is longer than any request and answer of an endpoint.
    LineTooLong,
    /// The line is not valid JSON.
    NotJson,
    /// The line is JSON, but not a captured event.
    NotAnEvent,
    /// A captured event lacks the part that the columns come from.
    NoBody,
    /// The body is neither CSV nor JSON by its encoding and content type.
    UnknownEncoding,
    /// The body should be base64 and is not.
    NotBase64,
    /// The body should be JSON and is not.
    BodyNotJson,
    /// `NaN` or `Infinity` where JSON has a number; the cell counts as missing.
    NotANumber,
    /// There are objects or lists where cells should be.
    Nested,
    /// The path of the rows leads nowhere in this body.
    NothingAtPath,
    /// The bodies have no row.
    NoRows,
    /// Input and output have different numbers of rows, so that no rows can be joined.
    RowsDiffer,
    /// The row has more columns than are read.
    TooManyColumns,
    /// The body should be an array of NumPy, and is not one that can be read.
    NotAnArray,
    /// One body of the event names its cells and the other does not, and the columns cannot be matched.
    NamesOnOneSide,
    /// The cells of a row are not separated by commas.
    OtherSeparator,
    /// The answer is empty.
    EmptyAnswer,
    /// The answer is the message of an error.
    ErrorAnswer,
}

impl IssueKind {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Ragged,
        Self::NotUtf8,
        Self::TooLarge,
        Self::CutOff,
        Self::LineTooLong,
        Self::NotJson,
        Self::NotAnEvent,
        Self::NoBody,
        Self::UnknownEncoding,
        Self::NotBase64,
        Self::BodyNotJson,
        Self::NotANumber,
        Self::Nested,
        Self::NothingAtPath,
        Self::NoRows,
        Self::RowsDiffer,
        Self::TooManyColumns,
        Self::NotAnArray,
        Self::NamesOnOneSide,
        Self::OtherSeparator,
        Self::EmptyAnswer,
        Self::ErrorAnswer,
    ];

    /// The word for it in files: `not-json`.
    #[must_use]
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether nothing of the line is used. A row of a table that is not valid UTF-8 is used, with replaced
    /// characters; such a captured event is not used, and counts as lost.
    #[must_use]
    pub fn is_row_lost(self) -> bool {
        !matches!(self, Self::Ragged | Self::NotANumber)
    }
}

impl fmt::Display for IssueKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Ragged => "more or fewer fields than the table has columns",
            Self::NotUtf8 => "bytes that are not UTF-8",
            Self::TooLarge => "larger than what is read",
            Self::CutOff => "cut off, since the file was not written to its end",
            Self::LineTooLong => "longer than a captured event can be",
            Self::NotJson => "not valid JSON",
            Self::NotAnEvent => "JSON, but with neither `captureData` nor `groundTruthData`",
            Self::NoBody => {
                "the event lacks a body that columns are taken from: compare the setting with what the endpoint captures"
            }
            Self::UnknownEncoding => {
                "the body is not CSV, JSON or a NumPy array: list its content type in the endpoint's CaptureContentTypeHeader"
            }
            Self::NotBase64 => "the body is not base64",
            Self::BodyNotJson => "the body is not valid JSON",
            Self::NotANumber => "`NaN` and `Infinity` are not valid JSON; they count as missing",
            Self::Nested => {
                "objects or lists within a row: set the path that leads to the rows, such as `/instances/*/features`"
            }
            Self::NothingAtPath => "the path of the rows leads nowhere in the body",
            Self::NoRows => "the event has no rows",
            Self::RowsDiffer => "input and output have different numbers of rows, so none is used",
            Self::TooManyColumns => "the row has more columns than are read",
            Self::NotAnArray => {
                "the body is not a readable NumPy array: it is cut off, an archive of arrays, or holds pickled objects, records or complex numbers; send one array of numbers, as `np.save` writes it"
            }
            Self::NamesOnOneSide => {
                "one of the bodies names its cells, the other does not, and together they are not the baseline's columns"
            }
            Self::OtherSeparator => "the cells are not separated by commas, so the columns are not the baseline's",
            Self::EmptyAnswer => "the answer is empty",
            Self::ErrorAnswer => "the answer is the message of an error: look at the logs of the model's container",
        })
    }
}

/// One kind of issue in an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// How many lines have it.
    pub count: u64,
    /// The first of them, from 1.
    pub lines: Vec<u64>,
    /// The option that would make the first of them readable, such as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// All issues of an input. Their size does not grow with the input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issues {
    kinds: BTreeMap<IssueKind, Issue>,
}

impl Issues {
    /// How many lines of a kind are named.
    pub const SHOWN: usize = 5;

    /// Counts a line, from 1.
    pub fn add(&mut self, kind: IssueKind, line: u64) {
        self.add_with_hint(kind, line, || None);
    }

    /// Counts a line, from 1. The hint is computed only for the first line of a kind.
    pub fn add_with_hint(&mut self, kind: IssueKind, line: u64, hint: impl FnOnce() -> Option<String>) {
        let issue = self.kinds.entry(kind).or_default();
        if issue.count == 0 {
            issue.hint = hint();
        }
        issue.count += 1;
        if issue.lines.len() < Self::SHOWN && issue.lines.last() != Some(&line) {
            issue.lines.push(line);
        }
    }

    /// Adds the issues of a later part of the same input, which begins after this many lines.
    pub fn append(&mut self, mut part: Self, after: u64) {
        let lines = part.kinds.values_mut().flat_map(|issue| &mut issue.lines);
        lines.for_each(|line| *line += after);
        self.merge(&part);
    }

    /// Adds the issues of a later part of the same input.
    pub fn merge(&mut self, later: &Self) {
        for (kind, more) in &later.kinds {
            let issue = self.kinds.entry(*kind).or_default();
            issue.count += more.count;
            if issue.hint.is_none() {
                issue.hint.clone_from(&more.hint);
            }
            let room = Self::SHOWN.saturating_sub(issue.lines.len());
            issue.lines.extend(more.lines.iter().take(room));
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// How many lines have an issue.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.kinds.values().map(|issue| issue.count).sum()
    }

    /// How many lines were not used because of an issue.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let lost = self.kinds.iter().filter(|(kind, _)| kind.is_row_lost());
        lost.map(|(_, issue)| issue.count).sum()
    }

    /// The issues of one kind.
    #[must_use]
    pub fn get(&self, kind: IssueKind) -> Option<&Issue> {
        self.kinds.get(&kind)
    }

    /// Each kind that occurs, in words: the lines, the fault, and the cure.
    pub fn in_words(&self) -> impl Iterator<Item = String> {
        self.iter().map(|(kind, issue)| {
            let hint = issue.hint.as_ref().map(|hint| format!(" ({hint})"));
            format!("{issue}: {kind}{}", hint.unwrap_or_default())
        })
    }

    /// Every kind that occurs.
    pub fn iter(&self) -> impl Iterator<Item = (IssueKind, &Issue)> {
        self.kinds.iter().map(|(kind, issue)| (*kind, issue))
    }
}

impl fmt::Display for Issue {
    /// `line 7`, `lines 7, 9`, `1200 lines, the first 7, 9, 12, 20, 21`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let lines = lines.join(", ");
        match self.count {
            1 => write!(out, "line {lines}"),
            count if count <= Issues::SHOWN as u64 => write!(out, "lines {lines}"),
            count => write!(out, "{count} lines, the first {lines}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_told_and_all_are_counted() {
        let mut issues = Issues::default();
        assert!(issues.is_empty());
        for (lines, text) in
            [(7..8, "line 7"), (9..10, "lines 7, 9"), (20..1220, "1202 lines, the first 7, 9, 20, 21, 22")]
        {
            lines.for_each(|line| issues.add(IssueKind::Ragged, line));
            assert_eq!(issues.get(IssueKind::Ragged).map(Issue::to_string).as_deref(), Some(text));
        }
        assert_eq!(issues.get(IssueKind::NotUtf8), None);
        assert_eq!((issues.count(), issues.lost()), (1202, 0), "rows that do not fit are used");
        issues.add(IssueKind::NotJson, 5);
        assert_eq!((issues.count(), issues.lost()), (1203, 1));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let lines = [(IssueKind::Ragged, 3), (IssueKind::NotUtf8, 4), (IssueKind::Ragged, 5)];
        for cut in 0..=lines.len() {
            let (mut first, mut second, mut whole) =
                (Issues::default(), Issues::default(), Issues::default());
            for (index, (kind, line)) in lines.into_iter().enumerate() {
                if index < cut { &mut first } else { &mut second }.add(kind, line);
                whole.add(kind, line);
            }
            let mut twice = first.clone();
            first.merge(&second);
            assert_eq!(first, whole, "cut at {cut}");
            twice.append(second, 0);
            assert_eq!(twice, whole, "cut at {cut}");
        }
    }

    #[test]
    fn lines_of_a_part_are_counted_from_where_the_whole_begins() {
        let (mut whole, mut part) = (Issues::default(), Issues::default());
        whole.add(IssueKind::NotJson, 3);
        part.add(IssueKind::NotJson, 2);
        part.add_with_hint(IssueKind::Nested, 4, || Some("a path".to_owned()));
        whole.append(part, 10);
        let words: Vec<String> = whole.in_words().collect();
        assert_eq!(words[0], "lines 3, 12: not valid JSON");
        assert!(words[1].starts_with("line 14: ") && words[1].ends_with("(a path)"), "{}", words[1]);
    }

    #[test]
    fn every_kind_has_a_word_for_files_and_a_sentence_for_people() {
        let names: std::collections::BTreeSet<String> =
            IssueKind::ALL.into_iter().map(IssueKind::name).collect();
        let sentences: std::collections::BTreeSet<String> =
            IssueKind::ALL.iter().map(IssueKind::to_string).collect();
        assert_eq!((names.len(), sentences.len()), (IssueKind::ALL.len(), IssueKind::ALL.len()));
        assert_eq!(IssueKind::NotUtf8.name(), "not-utf8");
        assert_eq!(IssueKind::NotJson.to_string(), "not valid JSON");
        let used: Vec<IssueKind> = IssueKind::ALL.into_iter().filter(|kind| !kind.is_row_lost()).collect();
        assert_eq!(used, [IssueKind::Ragged, IssueKind::NotANumber]);
    }

    #[test]
    fn five_lines_are_told_each_once_and_of_more_that_they_are_the_first() {
        let told = |lines: &[u64]| {
            let mut issues = Issues::default();
            lines.iter().for_each(|line| issues.add(IssueKind::NotJson, *line));
            issues.iter().map(|(kind, issue)| (kind, issue.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(told(&[1, 2, 3, 4, 5]), [(IssueKind::NotJson, "lines 1, 2, 3, 4, 5".to_owned())]);
        assert_eq!(
            told(&[1, 2, 3, 4, 5, 6]),
            [(IssueKind::NotJson, "6 lines, the first 1, 2, 3, 4, 5".to_owned())]
        );
        assert_eq!(told(&[7, 7]), [(IssueKind::NotJson, "lines 7".to_owned())], "two events of one line");
        let mut first = Issues::default();
        let mut second = Issues::default();
        (1..=3).for_each(|line| first.add(IssueKind::NotJson, line));
        (4..=9).for_each(|line| second.add(IssueKind::NotJson, line));
        first.merge(&second);
        let issue = first.get(IssueKind::NotJson).unwrap();
        assert_eq!((issue.count, issue.lines.as_slice()), (9, [1, 2, 3, 4, 5].as_slice()));
    }
}
