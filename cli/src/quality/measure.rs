//! The metrics of a model in both modes, and whether they say enough for a verdict.

use sagewarden_monitor::Mode;
use sagewarden_outcomes::quality::{
    Evaluated, JoinedPairs, Period, Quality, QualityConstraints, QualitySettings, QualityStatistics,
    UnusablePair, evaluate,
};

use crate::error::CommandError;
use crate::input::trouble::is_too_little;

/// The result of one mode.
pub(crate) struct ModeResult {
    pub(crate) statistics: QualityStatistics,
    /// None without a baseline.
    pub(crate) evaluated: Option<Evaluated>,
}

/// The results of both modes.
pub(crate) struct Measured {
    /// The result of the mode that counts.
    pub(crate) counted: ModeResult,
    pub(crate) other: ModeResult,
    /// Pairs that could not be measured, and the first of them.
    pub(crate) unusable: u64,
    pub(crate) first_unusable: Option<(Box<str>, UnusablePair)>,
}

impl Measured {
    /// Whether so many pairs are unusable that a verdict would say nothing about the model.
    pub(crate) fn is_too_little(&self, pairs: usize) -> bool {
        is_too_little(self.unusable, (pairs as u64).saturating_sub(self.unusable))
    }
}

/// Measures the pairs, and judges them if there is a baseline.
pub(crate) fn measure(
    joined: &JoinedPairs,
    settings: &QualitySettings,
    constraints: Option<&QualityConstraints>,
) -> Result<Measured, CommandError> {
    let mut left_out = (0, None);
    let mut result = |mode: Mode| {
        let mut quality = Quality::new(QualitySettings { mode, ..settings.clone() });
        left_out = quality.add_all(joined);
        let statistics = quality.finish(Period::default());
        let evaluated = constraints.map(|constraints| evaluate(&statistics, constraints, mode));
        ModeResult { statistics, evaluated }
    };
    let other = result(if settings.mode == Mode::Exact { Mode::Compat } else { Mode::Exact });
    let counted = result(settings.mode);
    let (unusable, first_unusable) = left_out;
    match first_unusable {
        Some((_, why)) if counted.statistics.item_count == 0 => {
            Err(CommandError::NothingMeasured { pairs: joined.pairs.len(), why })
        }
        first_unusable => Ok(Measured { counted, other, unusable, first_unusable }),
    }
}
