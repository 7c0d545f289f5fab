//! What a column looks like.

use crate::cell::Cell;
use crate::datatype::{InferredType, TypeCounts};
use crate::missing::MissingTexts;
use crate::scan::{DataType, scan};
use crate::sketch::distinct::DistinctSketch;
use crate::sketch::kll::KllSketch;
use crate::sketch::texts::TextSample;

use super::numbers::{Moments, Numbers};
use super::texts::TextCounts;

/// What is to be known of the columns of a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a verdict needs: numbers of what should be numbers, texts of what should be texts, and types.
    Verdict,
    /// What `statistics.json` needs: also how many different values there are.
    Statistics,
}

/// What a column looks like.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Rows without a value.
    pub missing: u64,
    /// The types of the values.
    pub types: TypeCounts,
    /// How many of the values are texts that stand for a missing one. The container takes them for values, and so do `types`.
    pub markers: u64,
    pub(super) numbers: Option<Numbers>,
    pub(super) distinct: Option<DistinctSketch>,
    pub(super) categories: Categories,
    /// Of the texts, once there are more than could be counted; none where nobody asked.
    pub(super) sample: Option<TextSample>,
}

/// How often each text occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Categories {
    /// All of them.
    Counted(TextCounts),
    /// More than could be counted.
    TooMany,
    /// Nobody asked.
    NotCounted,
}

impl ColumnProfile {
    /// A column of which everything is to be known.
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            missing: 0,
            types: TypeCounts::default(),
            markers: 0,
            numbers: Some(Numbers::default()),
            distinct: Some(DistinctSketch::default()),
            categories: Categories::Counted(TextCounts::default()),
            sample: Some(TextSample::default()),
        }
    }

    /// A column of which only that is to be known what a verdict needs.
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
                // What was counted before is in the sketch of distinct values.
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

    /// Adds the values of another column. What only one of them knows is not known of both.
    pub(super) fn merge(&mut self, other: &Self) {
        self.missing += other.missing;
        self.types.merge(&other.types);
        self.markers += other.markers;
        match (&mut self.numbers, &other.numbers) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => self.numbers = None,
        }
        match (&mut self.distinct, &other.distinct) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            _ => self.distinct = None,
        }
        let samples = self.sampled().zip(other.sampled());
        match (&mut self.categories, &other.categories) {
            (Categories::Counted(mine), Categories::Counted(theirs)) => {
                if !mine.merge(theirs) {
                    self.categories = Categories::TooMany;
                }
            }
            (Categories::NotCounted, _) | (_, Categories::NotCounted) => {
                self.categories = Categories::NotCounted
            }
            _ => self.categories = Categories::TooMany,
        }
        self.sample = samples.map(|(mut mine, theirs)| {
            mine.merge(&theirs);
            if self.categories == Categories::TooMany { mine } else { TextSample::default() }
        });
    }

    /// The sample of the texts, also where all of them were counted; none where nobody asked.
    #[must_use]
    pub fn sampled(&self) -> Option<TextSample> {
        let mut sample = self.sample.clone()?;
        if let Categories::Counted(counts) = &self.categories {
            counts.sorted().iter().for_each(|(text, count)| sample.add(text.as_bytes(), *count));
        }
        Some(sample)
    }

    /// Of numbers no sample is wanted, and none is stored.
    pub(super) fn sample_of_texts(&self) -> Option<&TextSample> {
        self.sample.as_ref().filter(|_| self.types.string > 0)
    }

    /// Values.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.types.total()
    }

    /// The moments of the values that are finite numbers (also in scientific notation, which is no number by its type); none
    /// where they were not asked for.
    #[must_use]
    pub fn numbers(&self) -> Option<Moments> {
        self.numbers.as_ref().map(Numbers::moments)
    }

    /// The sketch of the same values.
    #[must_use]
    pub fn sketch(&self) -> Option<&KllSketch> {
        self.numbers.as_ref().map(Numbers::sketch)
    }

    /// The sketch of the different texts; none where it was not asked for.
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
    /// Equal columns have seen the same; how they summed it up so far is their business.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.missing == other.missing
            && self.types == other.types
            && self.markers == other.markers
            && self.numbers() == other.numbers()
            && self.sketch() == other.sketch()
            && self.distinct == other.distinct
            && self.categories == other.categories
            && self.sample_of_texts() == other.sample_of_texts()
    }
}
