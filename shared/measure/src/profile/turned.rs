//! The columns of captured rows in the other order of request and answer, without reading the rows again.

use super::column::Categories;
use super::dataset::Profile;

impl Profile {
    /// Whether the order of request and answer decides which cell is in which column: rows have cells of both, without names.
    #[must_use]
    pub fn depends_on_order(&self) -> bool {
        let predictions = self.columns.iter().filter(|column| column.is_prediction).count();
        self.named < self.rows && predictions > 0 && predictions < self.columns.len()
    }

    /// The same rows with the cells of the answer last, if they were first. `None` if that cannot be known without reading the rows again: rows
    /// differ in width, lack ignored columns or have names, or a column does not have every detail. A text in the place of a number has
    /// none of the features of a text.
    #[must_use]
    pub fn with_answer_last(&self) -> Option<Self> {
        let width = self.columns.len();
        let answer = self.columns.iter().take_while(|column| column.is_prediction).count();
        let is_first = answer > 0 && !self.columns.iter().skip(answer).any(|column| column.is_prediction);
        let is_plain = self.named == 0 && self.ignored.is_empty() && self.texts.is_empty();
        let is_even = self.widths.len() == 1 && self.widths.contains_key(&width);
        let is_whole = self
            .columns
            .iter()
            .all(|column| column.numbers.is_some() && !matches!(column.categories, Categories::NotCounted));
        if !(is_first && answer < width && is_plain && is_even && is_whole) {
            return None;
        }
        let mut turned = self.clone();
        turned.columns.rotate_left(answer);
        for (column, place) in turned.columns.iter_mut().zip(&self.columns) {
            column.name.clone_from(&place.name);
        }
        Some(turned)
    }
}
