//! How often each text of a column occurs, as long as there are few different ones.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;

/// Counts of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextCounts {
    counts: HashMap<Box<[u8]>, u64, FixedState>,
    bytes: usize,
}

impl TextCounts {
    /// How many different texts are counted at most.
    pub const TEXTS: usize = 512;
    /// How many bytes these texts have at most.
    pub const BYTES: usize = 64 << 10;

    /// How many different texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often a text occurs.
    #[must_use]
    pub fn get(&self, text: &str) -> u64 {
        self.counts.get(text.as_bytes()).copied().unwrap_or_default()
    }

    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Each text with its count, in the order of the texts.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&str, u64)> {
        let each = self.counts.iter();
        // Only UTF-8 is put in.
        let mut sorted: Vec<(&str, u64)> =
            each.map(|(text, count)| (std::str::from_utf8(text).unwrap_or_default(), *count)).collect();
        sorted.sort_unstable();
        sorted
    }

    /// Counts a text that was seen before; returns whether it was.
    #[inline]
    pub(crate) fn count_known(&mut self, text: &[u8]) -> bool {
        match self.counts.get_mut(text) {
            Some(count) => {
                *count += 1;
                true
            }
            None => false,
        }
    }

    /// Adds a text this many times; false if there are too many different ones now. Bytes that are not valid UTF-8
    /// are read as Java reads them.
    pub(crate) fn add(&mut self, text: &[u8], times: u64) -> bool {
        let text: Cow<'_, str> = String::from_utf8_lossy(text);
        if let Some(count) = self.counts.get_mut(text.as_bytes()) {
            *count += times;
            return true;
        }
        self.bytes += text.len();
        self.counts.insert(text.as_bytes().into(), times);
        self.counts.len() <= Self::TEXTS && self.bytes <= Self::BYTES
    }

    /// Whether there are still few enough different texts once others are added.
    pub(crate) fn has_room_for(&self, other: &Self) -> bool {
        let new = other.counts.keys().filter(|text| !self.counts.contains_key(*text));
        let (texts, bytes) = new.fold((0, 0), |(texts, bytes), text| (texts + 1, bytes + text.len()));
        self.counts.len() + texts <= Self::TEXTS && self.bytes + bytes <= Self::BYTES
    }

    /// Adds other counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (text, count) in &other.counts {
            self.add(text, *count);
        }
    }
}
