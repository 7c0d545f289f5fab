//! Columns of free text: not the texts themselves are profiled, but features computed from them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::cell::Cell;
use crate::refusals::Refusals;
use crate::text_features::{COUNT, SHARES, SUFFIXES, features};

/// Columns of free text. Each is taken apart into features: a column `answer` becomes `answer.characters`, `answer.words` and so on. The
/// texts themselves are not kept.
#[derive(Clone, Debug, Default)]
pub struct FreeTexts {
    /// The names of the features, by the name of the column.
    columns: BTreeMap<String, [String; COUNT]>,
    refusals: Arc<Refusals>,
}

impl FreeTexts {
    /// Columns of these names.
    #[must_use]
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>, refusals: Arc<Refusals>) -> Self {
        let named = |name: String| {
            let features = SUFFIXES.map(|suffix| format!("{name}{suffix}"));
            (name, features)
        };
        Self { columns: names.into_iter().map(|name| named(name.into())).collect(), refusals }
    }

    /// Those that were taken apart into columns of these names: all features of each stand side by side.
    #[must_use]
    pub fn among(names: &[&str], refusals: Arc<Refusals>) -> Self {
        let found = (0..names.len()).filter_map(|at| text_at(names, at));
        Self::new(found, refusals)
    }

    /// Whether there are no such columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Whether a column is the feature of a text.
    #[must_use]
    pub fn has_feature(&self, name: &str) -> bool {
        self.columns.values().flatten().any(|feature| feature == name)
    }

    /// Whether equal values of a column may mean equal values of what it was made from. Of a text's features, only the length says so: most
    /// texts have no digits, and few are refusals.
    #[must_use]
    pub fn shows_likeness(&self, name: &str) -> bool {
        let is_first = |features: &[String; COUNT]| features.first().is_some_and(|first| first == name);
        !self.has_feature(name) || self.columns.values().any(is_first)
    }

    /// Whether a column is a share of a text's characters, which an empty text does not have.
    #[must_use]
    pub fn has_share(&self, name: &str) -> bool {
        let shares = |features: &[String; COUNT]| {
            features.get(SHARES).unwrap_or_default().iter().any(|feature| feature == name)
        };
        self.columns.values().any(shares)
    }

    /// The columns of a row, with the features in the place of each text.
    #[must_use]
    pub fn apart<Name: Into<String>>(&self, names: impl IntoIterator<Item = Name>) -> Vec<String> {
        let mut apart = Vec::new();
        for name in names.into_iter().map(Into::into) {
            match self.columns.get(&name) {
                Some(features) => apart.extend(features.iter().cloned()),
                None => apart.push(name),
            }
        }
        apart
    }

    /// The columns of a row before they were taken apart.
    #[must_use]
    pub fn together<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        let (mut together, mut at) = (Vec::new(), 0);
        while let Some(name) = names.get(at) {
            match text_at(names, at).filter(|text| self.columns.contains_key(*text)) {
                Some(text) => {
                    together.push(text);
                    at += COUNT;
                }
                None => {
                    together.push(name);
                    at += 1;
                }
            }
        }
        together
    }

    fn features(&self, cell: Cell<'_>) -> [Option<String>; COUNT] {
        match cell {
            Cell::Missing => features("", &self.refusals),
            Cell::Text(text) => features(&String::from_utf8_lossy(text), &self.refusals),
        }
    }
}

/// Takes the texts of rows apart.
#[derive(Clone, Debug, Default)]
pub(super) struct RowTexts {
    columns: FreeTexts,
    /// Whether the cell at a place of a table's row is a text.
    places: Vec<bool>,
}

impl RowTexts {
    /// For rows that become rows of these columns.
    pub(super) fn of(columns: FreeTexts, names: &[&str]) -> Self {
        let is_text = |name: &str| columns.columns.contains_key(name);
        let places = columns.together(names).into_iter().map(is_text).collect();
        Self { columns, places }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The features of the text of this name.
    pub(super) fn features_of(&self, name: &str) -> Option<&[String; COUNT]> {
        self.columns.columns.get(name)
    }

    /// The places of the columns that each cell of a table's row becomes: several for a text.
    pub(super) fn of_cells(&self, columns: &[&str]) -> Vec<Range<usize>> {
        let mut end = 0;
        let cells = self.columns.together(columns).into_iter().map(|name| {
            let start = end;
            end += self.features_of(name).map_or(1, |features| features.len());
            start..end
        });
        cells.collect()
    }

    pub(super) fn into_columns(self) -> FreeTexts {
        self.columns
    }

    /// Hands on a row of a table.
    pub(super) fn positional(&self, cells: &[Cell<'_>], take: impl FnOnce(&[Cell<'_>])) {
        let is_text = self.places.iter().copied().chain(std::iter::repeat(false));
        let apart: Vec<_> = cells
            .iter()
            .zip(is_text)
            .map(|(cell, is_text)| (*cell, is_text.then(|| self.columns.features(*cell))))
            .collect();
        let mut row = Vec::with_capacity(cells.len() + COUNT);
        for (cell, features) in &apart {
            match features {
                Some(features) => row.extend(features.iter().map(cell_of)),
                None => row.push(*cell),
            }
        }
        take(&row);
    }

    /// Hands on cells under their names.
    pub(super) fn named(&self, cells: &[(&str, Cell<'_>)], take: impl FnOnce(&[(&str, Cell<'_>)])) {
        let apart: Vec<_> = cells
            .iter()
            .map(|(name, cell)| {
                self.columns.columns.get(*name).map(|names| (names, self.columns.features(*cell)))
            })
            .collect();
        let mut row = Vec::with_capacity(cells.len() + COUNT);
        for (cell, features) in cells.iter().zip(&apart) {
            match features {
                Some((names, values)) => {
                    row.extend(names.iter().map(String::as_str).zip(values.iter().map(cell_of)));
                }
                None => row.push(*cell),
            }
        }
        take(&row);
    }
}

impl PartialEq for RowTexts {
    /// How rows are read is nothing that was seen.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

fn cell_of(value: &Option<String>) -> Cell<'_> {
    value.as_deref().map_or(Cell::Missing, |text| Cell::Text(text.as_bytes()))
}

/// The text whose features begin at a place.
fn text_at<'n>(names: &[&'n str], at: usize) -> Option<&'n str> {
    let text = names.get(at)?.strip_suffix(SUFFIXES.first()?)?;
    let features = names.get(at..at + COUNT)?;
    let fits = |(name, suffix): (&&str, &&str)| name.strip_prefix(text) == Some(*suffix);
    features.iter().zip(&SUFFIXES).all(fits).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strs(names: &[String]) -> Vec<&str> {
        names.iter().map(String::as_str).collect()
    }

    #[test]
    fn columns_that_were_taken_apart_are_found_again() {
        let texts = FreeTexts::new(["prompt", "answer"], Arc::default());
        let apart = texts.apart(["answer", "score", "prompt"]);
        assert_eq!(apart.len(), 2 * COUNT + 1);
        let found = FreeTexts::among(&strs(&apart), Arc::default());
        assert_eq!(found.names().collect::<Vec<_>>(), ["answer", "prompt"]);
        assert_eq!(found.together(&strs(&apart)), ["answer", "score", "prompt"]);
        assert!(found.has_feature("answer.refused") && found.has_share("prompt.letters"));
        assert!(!found.has_share("answer.words") && !found.has_feature("score"));
        // Columns that happen to be called so.
        let some = ["user.characters", "user.words", "a", "b", "c", "d", "e", "f", "g", "h"];
        let found = FreeTexts::among(&some, Arc::default());
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(found.together(&some), some);
    }
}
