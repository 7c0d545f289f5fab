//! How exact mode allows for chance. A window is a sample, and so is the baseline. A share below the baseline's is a
//! violation only if so small a share is improbable for a sample of the same data.

use sagewarden_measure::Occurrences;
use serde::{Deserialize, Serialize};

/// How often a check may fail although nothing has changed: once in ten thousand windows.
pub(crate) const FALSE_ALARMS: f64 = 1e-4;

/// How much data a baseline was made from, if its statistics say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SampleSize {
    /// Rows.
    pub(crate) rows: Option<u64>,
    /// Rows with a value.
    pub(crate) values: Option<u64>,
    /// The smallest and the largest number.
    pub(crate) range: Option<(f64, f64)>,
}

/// How probable it is that at least this many values fall short, given how many values of the baseline's sample did.
/// If the size of that sample is unknown, its share counts as certain.
pub(crate) fn falling_short(short: Occurrences, kept: f64, besides: u64, sample: Option<u64>) -> f64 {
    match sample {
        Some(of) if of > 0 => {
            let count = ((1.0 - kept) * of as f64).round() as u64 + besides;
            short.by_chance(Occurrences { count: count.min(of), of })
        }
        _ => short.at_rate(1.0 - kept),
    }
}
