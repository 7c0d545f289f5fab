//! A profile as bytes, so that it can be kept for each captured file and merged later.
//!
//! Layout: `SWPROFIL`, the version (one byte), the profile in [postcard]'s encoding (numbers in 7 bits a byte, so that counts are
//! short), and xxHash64 of all that as eight bytes, the lowest first. Values of a sketch are stored as whole numbers where they are
//! decimals of one scale (23.75 and 8.5 as 2375 and 850), in four bytes where they are single-precision numbers, else in eight.
//!
//! 1,000 rows with 20 columns (12 of fractions, of which 4 have 17 digits, 5 of whole numbers, 3 of few texts) take about 75 kB; with
//! 17 digits in all columns of numbers about 150 kB.
//!
//! [postcard]: https://postcard.jamesmunns.com/wire-format

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xxhash_rust::xxh64::xxh64;

use super::column::{Categories, ColumnProfile};
use super::dataset::Profile;
use super::free_texts::RowTexts;
use super::names::Names;
use super::numbers::{Moments, Numbers};
use super::texts::TextCounts;
use crate::answers::AnswerCounts;
use crate::datatype::TypeCounts;
use crate::sketch::distinct::DistinctSketch;
use crate::sketch::kll::KllSketch;
use crate::sketch::texts::TextSample;

const MAGIC: &[u8] = b"SWPROFIL";
const VERSION: u8 = 5;
const CHECK: usize = 8;
/// More than any profile can have counted; sums of such counts do not overflow.
const MOST: u64 = 1 << 48;
/// More levels than a sketch of that many numbers can have.
const LEVELS: usize = 48;
/// More values than a level can have.
const LEVEL: usize = 1 << 14;
/// Decimals of a value that is stored as a whole number.
const SCALES: [f64; 7] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
/// Whole numbers up to here are exact as floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Bytes that are not a stored profile.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum UnreadableProfile {
    /// Something else.
    #[error("this is not a stored profile")]
    NoProfile,
    /// Written by another version.
    #[error("this profile has format {0}, but this version reads format {VERSION}: profile the data again")]
    OtherVersion(u8),
    /// Bytes were lost or changed.
    #[error("this stored profile is damaged: profile the data again")]
    Damaged,
}

impl Profile {
    /// The profile as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        let start = bytes.len();
        match postcard::to_extend(&Stored::from(self), bytes) {
            Ok(mut bytes) => {
                bytes.extend(xxh64(&bytes, 0).to_le_bytes());
                bytes
            }
            // Structures of numbers and texts can always be written to memory.
            Err(_) => Vec::with_capacity(start),
        }
    }

    /// Reads a stored profile.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableProfile> {
        let Some([version, rest @ ..]) = bytes.strip_prefix(MAGIC) else {
            return Err(UnreadableProfile::NoProfile);
        };
        if *version != VERSION {
            return Err(UnreadableProfile::OtherVersion(*version));
        }
        let stored = rest.split_last_chunk::<CHECK>().and_then(|(body, check)| {
            let covered = bytes.get(..bytes.len() - CHECK)?;
            (xxh64(covered, 0).to_le_bytes() == *check).then_some(body)
        });
        let (stored, rest) = stored
            .and_then(|body| postcard::take_from_bytes::<Stored>(body).ok())
            .ok_or(UnreadableProfile::Damaged)?;
        let whole = rest.is_empty().then_some(stored).and_then(Stored::profile);
        whole.ok_or(UnreadableProfile::Damaged)
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    rows: u64,
    widths: Vec<(u64, u64)>,
    named: u64,
    unlisted: u64,
    answers: AnswerCounts,
    expected: u64,
    columns: Vec<StoredColumn>,
}

#[derive(Serialize, Deserialize)]
struct StoredColumn {
    name: String,
    missing: u64,
    fractional: u64,
    integral: u64,
    boolean: u64,
    string: u64,
    markers: u64,
    is_prediction: bool,
    numbers: Option<StoredNumbers>,
    distinct: Option<Registers>,
    categories: StoredCategories,
    sample: Option<StoredSample>,
}

/// The limit below which the hashes of texts are counted; the hashes, and how often each occurs.
type StoredSample = (u64, Vec<(u64, u64)>);

#[derive(Serialize, Deserialize)]
struct StoredNumbers {
    count: u64,
    whole: u64,
    /// Sum, mean, m2, min, max; none of no numbers.
    moments: Option<[f64; 5]>,
    levels: Vec<Level>,
    compactions: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
enum Level {
    Decimal(u8, Vec<i64>),
    Single(Vec<f32>),
    Double(Vec<f64>),
}

#[derive(Serialize, Deserialize)]
enum Registers {
    /// The values that are not zero, with their places.
    Few(Vec<(u16, u8)>),
    All(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
enum StoredCategories {
    Counted(Vec<(String, u64)>),
    TooMany,
    NotCounted,
}

impl From<&Profile> for Stored {
    fn from(profile: &Profile) -> Self {
        Self {
            rows: profile.rows,
            widths: profile.widths.iter().map(|(width, rows)| (*width as u64, *rows)).collect(),
            named: profile.named,
            unlisted: profile.unlisted,
            answers: profile.answers,
            expected: profile.names.expected as u64,
            columns: profile.columns.iter().map(StoredColumn::from).collect(),
        }
    }
}

impl Stored {
    fn profile(self) -> Option<Profile> {
        let width = |(width, rows): (u64, u64)| Some((usize::try_from(width).ok()?, count(rows)?));
        let columns: Vec<ColumnProfile> =
            self.columns.into_iter().map(StoredColumn::column).collect::<Option<_>>()?;
        let mut names = Names::of(&columns);
        names.expected = usize::try_from(count(self.expected)?).ok()?;
        Some(Profile {
            rows: count(self.rows)?,
            widths: self.widths.into_iter().map(width).collect::<Option<_>>()?,
            named: count(self.named)?,
            unlisted: count(self.unlisted)?,
            answers: self.answers.is_below(MOST).then_some(self.answers)?,
            columns,
            names,
            texts: RowTexts::default(),
            is_part: false,
            ignored: Vec::new(),
            missing: Arc::default(),
        })
    }
}

impl From<&ColumnProfile> for StoredColumn {
    fn from(column: &ColumnProfile) -> Self {
        let TypeCounts { fractional, integral, boolean, string } = column.types;
        Self {
            name: column.name.clone(),
            missing: column.missing,
            fractional,
            integral,
            boolean,
            string,
            markers: column.markers,
            is_prediction: column.is_prediction,
            numbers: column.numbers.as_ref().map(StoredNumbers::from),
            distinct: column.distinct.as_ref().map(Registers::from),
            categories: match &column.categories {
                Categories::Counted(counts) => StoredCategories::Counted(
                    counts.sorted().into_iter().map(|(text, count)| (text.to_owned(), count)).collect(),
                ),
                Categories::TooMany => StoredCategories::TooMany,
                Categories::NotCounted => StoredCategories::NotCounted,
            },
            sample: column.sample_of_texts().map(|sample| (sample.below(), sample.each().collect())),
        }
    }
}

impl StoredColumn {
    fn column(self) -> Option<ColumnProfile> {
        Some(ColumnProfile {
            name: self.name,
            missing: count(self.missing)?,
            types: TypeCounts {
                fractional: count(self.fractional)?,
                integral: count(self.integral)?,
                boolean: count(self.boolean)?,
                string: count(self.string)?,
            },
            markers: (self.markers <= self.string).then_some(self.markers)?,
            is_prediction: self.is_prediction,
            numbers: whole(self.numbers.map(StoredNumbers::numbers))?,
            distinct: whole(self.distinct.map(Registers::sketch))?,
            categories: match self.categories {
                StoredCategories::Counted(counts) => Categories::Counted(text_counts(&counts)?),
                StoredCategories::TooMany => Categories::TooMany,
                StoredCategories::NotCounted => Categories::NotCounted,
            },
            sample: whole(self.sample.map(|(below, counts)| TextSample::of(below, counts)))?,
        })
    }
}

impl From<&Numbers> for StoredNumbers {
    fn from(numbers: &Numbers) -> Self {
        let Moments { count, sum, mean, m2, min, max, whole } = numbers.moments();
        Self {
            count,
            whole,
            moments: (count > 0).then_some([sum, mean, m2, min, max]),
            levels: numbers.sketch().levels().iter().map(|level| Level::of(level)).collect(),
            compactions: numbers.sketch().compactions().to_vec(),
        }
    }
}

impl StoredNumbers {
    fn numbers(self) -> Option<Numbers> {
        let levels: Vec<Vec<f64>> = self.levels.into_iter().map(Level::values).collect::<Option<_>>()?;
        let sizes = (1..=LEVELS).contains(&levels.len()) && levels.len() == self.compactions.len();
        if !sizes || levels.iter().any(|level| level.len() > LEVEL) {
            return None;
        }
        let sketch = KllSketch::from_parts(levels, self.compactions);
        let moments = match self.moments {
            None => Moments::default(),
            Some([sum, mean, m2, min, max]) if min <= max => {
                let whole = (self.whole <= self.count).then_some(self.whole)?;
                Moments { count: self.count, sum, mean, m2, min, max, whole }
            }
            Some(_) => return None,
        };
        (sketch.weight() == self.count && moments.count == self.count)
            .then(|| Numbers::from_parts(sketch, moments))
    }
}

impl Level {
    fn of(values: &[f64]) -> Self {
        let decimal = (0_u8..).zip(SCALES).find_map(|(places, scale)| {
            let each = values.iter().map(|value| {
                let whole = (value * scale).round();
                let same = whole.abs() < EXACT && (whole / scale).to_bits() == value.to_bits();
                same.then_some(whole as i64)
            });
            each.collect::<Option<Vec<i64>>>().map(|values| Self::Decimal(places, values))
        });
        let single = || {
            let each = values.iter().map(|value| {
                let single = *value as f32;
                (f64::from(single).to_bits() == value.to_bits()).then_some(single)
            });
            each.collect::<Option<Vec<f32>>>().map(Self::Single)
        };
        decimal.or_else(single).unwrap_or_else(|| Self::Double(values.to_vec()))
    }

    fn values(self) -> Option<Vec<f64>> {
        let values: Vec<f64> = match self {
            Self::Decimal(places, values) => {
                let scale = SCALES.get(usize::from(places))?;
                values.into_iter().map(|value| value as f64 / scale).collect()
            }
            Self::Single(values) => values.into_iter().map(f64::from).collect(),
            Self::Double(values) => values,
        };
        values.iter().all(|value| value.is_finite()).then_some(values)
    }
}

impl From<&DistinctSketch> for Registers {
    fn from(sketch: &DistinctSketch) -> Self {
        let registers = sketch.registers();
        let few: Vec<(u16, u8)> = (0..)
            .zip(registers)
            .filter(|(_, value)| **value > 0)
            .map(|(place, value)| (place, *value))
            .collect();
        // A place takes one or two bytes.
        if 3 * few.len() < registers.len() { Self::Few(few) } else { Self::All(registers.to_vec()) }
    }
}

impl Registers {
    fn sketch(self) -> Option<DistinctSketch> {
        let registers = match self {
            Self::All(registers) => registers,
            Self::Few(few) => {
                let mut registers = DistinctSketch::default().registers().to_vec();
                for (place, value) in few {
                    *registers.get_mut(usize::from(place))? = value;
                }
                registers
            }
        };
        DistinctSketch::from_registers(&registers)
    }
}

fn text_counts(stored: &[(String, u64)]) -> Option<TextCounts> {
    let mut counts = TextCounts::default();
    stored
        .iter()
        .all(|(text, times)| count(*times).is_some_and(|times| counts.add(text.as_bytes(), times)))
        .then_some(counts)
}

/// A count that can be.
fn count(count: u64) -> Option<u64> {
    (count <= MOST).then_some(count)
}

/// Present data must be complete.
fn whole<Part>(part: Option<Option<Part>>) -> Option<Option<Part>> {
    match part {
        None => Some(None),
        Some(part) => part.map(Some),
    }
}
