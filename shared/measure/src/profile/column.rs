//! The profile of a column.

use crate::cell::Cell;
use crate::datatype::{InferredType, TypeCounts};
use crate::missing::MissingTexts;
use crate::scan::{DataType, scan};
use crate::sketch::distinct::DistinctSketch;
use crate::sketch::kll::KllSketch;
use crate::sketch::texts::TextSample;

use super::numbers::{Moments, Numbers};
use super::texts::TextCounts;

/// How much detail the columns of a baseline need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Enough for a verdict: the numbers of columns of numbers, the texts of columns of texts, and types.
    Verdict,
    /// Enough for `statistics.json`: also how many different values there are.
    Statistics,
}

/// The profile of a column.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Rows without a value.
    pub missing: u64,
    /// The types of the values.
    pub types: TypeCounts,
    /// How many of the values are texts that mean a missing value. The container counts them as values, and so does `types`.
    pub markers: u64,
    /// Whether its values came from the answers of an endpoint: they are predictions.
    pub is_prediction: bool,
    pub(super) numbers: Option<Numbers>,
    pub(super) distinct: Option<DistinctSketch>,
    pub(super) categories: Categories,
    /// A sample of the texts, once there are too many to count; `None` if the detail does not include it.
    pub(super) sample: Option<TextSample>,
}

/// How often each text occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Categories {
    /// All of them.
    Counted(TextCounts),
    /// There are too many to count.
    TooMany,
    /// The detail does not include texts.
    NotCounted,
}

impl ColumnProfile {
    /// A column with every detail.
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            missing: 0,
            types: TypeCounts::default(),
            markers: 0,
            is_prediction: false,
            numbers: Some(Numbers::default()),
            distinct: Some(DistinctSketch::default()),
            categories: Categories::Counted(TextCounts::default()),
            sample: Some(TextSample::default()),
        }
    }

    /// A column with only the details that a verdict needs.
    pub(super) fn expected(name: String, expected: InferredType, detail: Detail) -> Self {
        let whole = Self::new(name);
        match (detail, expected) {
            (Detail::Statistics, InferredType::Integral | InferredType::Fractional) => {
                Self { sample: None, ..whole }
            }
            (Detail::Statistics, _) => whole,
            (Detail::Verdict, InferredType::Integral | InferredType::Fractional) => {
                Self { distinct: None, categories: Categories::NotCounted, sample: None, ..whole }
            }
            (Detail::Verdict, InferredType::String) => Self { distinct: None, numbers: None, ..whole },
            (Detail::Verdict, InferredType::Unknown) => {
                let categories = Categories::NotCounted;
                Self { distinct: None, numbers: None, categories, sample: None, ..whole }
            }
        }
    }

    /// Adds a cell.
    #[inline]
    pub(super) fn add(&mut self, cell: Cell<'_>, missing: &MissingTexts) {
        match cell {
            Cell::Missing => self.missing += 1,
            Cell::Text(text) => self.add_text(text, missing),
        }
    }

    #[inline]
    fn add_text(&mut self, text: &[u8], missing: &MissingTexts) {
        let (data_type, number) = scan(text);
        self.types.add(data_type);
        if data_type == DataType::String && missing.contains(text) {
            self.markers += 1;
        }
        if let Some(numbers) = &mut self.numbers
            && !number.is_nan()
        {
            numbers.push(number);
        }
        if let Categories::Counted(counts) = &mut self.categories {
            if counts.count_known(text) {
                // The sketch of distinct values already has the texts that were counted before.
                return;
            }
            if !counts.add(text, 1) {
                if let Some(sample) = &mut self.sample {
                    counts.sorted().iter().for_each(|(text, count)| sample.add(text.as_bytes(), *count));
                }
                self.categories = Categories::TooMany;
            }
        } else if let Some(sample) = &mut self.sample {
            sample.add(text, 1);
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.insert(text);
        }
    }

    /// The same column, which keeps all its numbers until another one takes them.
    pub(super) fn into_part(self) -> Self {
        Self { numbers: self.numbers.map(|_| Numbers::unlimited()), ..self }
    }

    /// A copy that does not keep all numbers.
    pub(super) fn to_whole(&self) -> Self {
        let numbers = self.numbers.as_ref().map(Numbers::to_whole);
        Self { numbers, ..self.clone() }
    }

    /// Adds the values of another column. If only one of them has a detail, the sum does not have it.
    pub(super) fn merge(&mut self, other: &Self) {
        self.missing += other.missing;
        self.types.merge(&other.types);
        self.markers += other.markers;
        self.is_prediction |= other.is_prediction;
        match (&mut self.numbers, &other.numbers) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => self.numbers = None,
        }
        match (&mut self.distinct, &other.distinct) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => self.distinct = None,
        }
        match (&mut self.categories, &other.categories) {
            (Categories::Counted(mine), Categories::Counted(theirs)) if mine.has_room_for(theirs) => {
                mine.merge(theirs);
                self.sample = self.sample.take().filter(|_| other.sample.is_some());
            }
            (Categories::NotCounted, _) | (_, Categories::NotCounted) => {
                self.categories = Categories::NotCounted;
                self.sample = self.sample.take().and(other.sample.as_ref()).map(|_| TextSample::default());
            }
            _ => self.join_samples(other),
        }
    }

    /// There are too many texts to count all of them.
    fn join_samples(&mut self, other: &Self) {
        let mine = match self.categories {
            Categories::TooMany => self.sample.take(),
            _ => self.sampled(),
        };
        self.categories = Categories::TooMany;
        self.sample = mine.zip(other.sample.as_ref()).map(|(mut mine, theirs)| {
            match other.categories {
                Categories::TooMany => mine.merge(theirs),
                _ => other.sampled().iter().for_each(|theirs| mine.merge(theirs)),
            }
            mine
        });
    }

    /// The sample of the texts, even if all of them were counted; `None` if the detail does not include it.
    #[must_use]
    pub fn sampled(&self) -> Option<TextSample> {
        let mut sample = self.sample.clone()?;
        if let Categories::Counted(counts) = &self.categories {
            counts.sorted().iter().for_each(|(text, count)| sample.add(text.as_bytes(), *count));
        }
        Some(sample)
    }

    /// A column of numbers needs no sample, and none is stored.
    pub(super) fn sample_of_texts(&self) -> Option<&TextSample> {
        self.sample.as_ref().filter(|_| self.types.string > 0)
    }

    /// Values.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.types.total()
    }

    /// The moments of the values that are finite numbers (including scientific notation, which does not have the type
    /// of a number); `None` if the detail does not include them.
    #[must_use]
    pub fn numbers(&self) -> Option<Moments> {
        self.numbers.as_ref().map(Numbers::moments)
    }

    /// The sketch of the same values.
    #[must_use]
    pub fn sketch(&self) -> Option<&KllSketch> {
        self.numbers.as_ref().map(Numbers::sketch)
    }

    /// The sketch of the different texts; `None` if the detail does not include it.
    #[must_use]
    pub fn distinct(&self) -> Option<&DistinctSketch> {
        self.distinct.as_ref()
    }

    /// How often each text occurs.
    #[must_use]
    pub fn categories(&self) -> &Categories {
        &self.categories
    }
}

impl PartialEq for ColumnProfile {
    /// Equal columns have seen the same values, even if they have summed them up differently so far.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.missing == other.missing
            && self.types == other.types
            && self.markers == other.markers
            && self.is_prediction == other.is_prediction
            && self.numbers() == other.numbers()
            && self.sketch() == other.sketch()
            && self.distinct == other.distinct
            && self.categories == other.categories
            && self.sample_of_texts() == other.sample_of_texts()
    }
}
