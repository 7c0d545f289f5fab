//! Which part of an event has the columns that rows are compared with.

use std::collections::BTreeSet;

use super::event::CapturedSide;

/// The columns that rows are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedColumns {
    /// In their order.
    names: Vec<String>,
    known: BTreeSet<String>,
    /// How many of them nobody compares, so that rows may lack them.
    ignored: usize,
}

/// The part of an event that is the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fitted {
    /// Both sides.
    Joined,
    /// One of them.
    Alone(CapturedSide),
}

impl ExpectedColumns {
    /// Columns of these names.
    #[must_use]
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let known = names.iter().cloned().collect();
        Self { names, known, ignored: 0 }
    }

    /// The same, of which nobody compares these: rows may have all columns, or all but these.
    #[must_use]
    pub fn ignoring(self, ignored: &[String]) -> Self {
        let ignored = self.names.iter().filter(|name| ignored.contains(name)).count();
        Self { ignored, ..self }
    }

    /// Their names, in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether so many cells without names are all columns, or all but the ignored ones.
    pub(super) fn fits(&self, width: usize) -> bool {
        width == self.names.len() || width + self.ignored == self.names.len()
    }

    /// Whether these are the names of columns that follow each other.
    pub(super) fn are_in_a_row<'n>(&self, mut names: impl Iterator<Item = &'n [u8]>) -> bool {
        let Some(first) = names.next() else { return false };
        let mut expected = self.names.iter().map(String::as_bytes).skip_while(|name| *name != first);
        expected.next().is_some() && names.all(|name| expected.next() == Some(name))
    }

    /// Whether a column has this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// For cells without names, given how many each side has. The joined row comes first: a baseline of training data
    /// has the label as well.
    pub(super) fn of_widths(&self, output: usize, input: usize) -> Fitted {
        let all = self.names.len();
        match () {
            () if output + input == all => Fitted::Joined,
            () if input == all => Fitted::Alone(CapturedSide::Input),
            () if output == all => Fitted::Alone(CapturedSide::Output),
            () if self.fits(output + input) => Fitted::Joined,
            () if self.fits(input) => Fitted::Alone(CapturedSide::Input),
            () if self.fits(output) => Fitted::Alone(CapturedSide::Output),
            () => Fitted::Joined,
        }
    }

    /// For cells with names on both sides: a side with all columns is the row if the other side has none.
    pub(super) fn of_names<'n>(
        &self,
        output: impl Iterator<Item = &'n str> + Clone,
        input: impl Iterator<Item = &'n str> + Clone,
    ) -> Fitted {
        let (outputs, inputs) =
            (output.clone().any(|name| self.has(name)), input.clone().any(|name| self.has(name)));
        match (outputs, inputs) {
            (false, true) if self.are_all(input) => Fitted::Alone(CapturedSide::Input),
            (true, false) if self.are_all(output) => Fitted::Alone(CapturedSide::Output),
            _ => Fitted::Joined,
        }
    }

    /// Whether these are all columns, and perhaps more.
    pub(super) fn are_all<'n>(&self, names: impl Iterator<Item = &'n str>) -> bool {
        let found: BTreeSet<&str> = names.filter(|name| self.has(name)).collect();
        found.len() == self.known.len()
    }

    /// The names of this many cells without names, beside cells with names: the names that the others leave, or all
    /// names if the others have none of them. Also returns whether the others belong to the row. `None` if the number
    /// of cells fits neither.
    pub(super) fn left_by<'n>(
        &self,
        named: impl Iterator<Item = &'n str>,
        unnamed: usize,
    ) -> Option<(Vec<&str>, bool)> {
        let others: BTreeSet<&str> = named.collect();
        let left: Vec<&str> =
            self.names.iter().map(String::as_str).filter(|name| !others.contains(name)).collect();
        let has_some = left.len() < self.names.len();
        (left.len() == unnamed).then_some((left, has_some))
    }
}
