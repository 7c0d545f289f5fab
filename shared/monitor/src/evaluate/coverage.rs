//! How much evidence a verdict has: which features were compared, and which were not. If no feature was compared, the verdict is unknown.

use serde::{Deserialize, Serialize};

use super::level::detectable;
use super::verdict::{Evaluation, FeatureVerdict, Verdict};
use crate::mode::Mode;

/// Why a column is not compared: somebody has switched its comparison off.
pub(crate) const COMPARISON_OFF: &str = "its comparison is switched off (`perform_comparison`)";
/// The same for a column with all its checks switched off.
pub(crate) const CHECKS_OFF: &str = "its checks are switched off (`evaluate_constraints`)";
/// How many columns a sentence names.
const NAMED: usize = 3;

/// The evidence for a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct Coverage {
    /// How many features there are, in the baseline and in the data.
    #[serde(default)]
    pub features: u64,
    /// How many of them had their distribution compared with the baseline's.
    #[serde(default)]
    pub compared: u64,
    /// How many of these have drifted: the verdict on the window as a whole.
    #[serde(default)]
    pub drifted: u64,
    /// The others, in their order. At most [`Self::MOST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<NotCompared>,
}

/// A feature that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "a JSON object")]
pub struct NotCompared {
    /// The name of the feature.
    pub feature: String,
    /// The reason.
    pub why: String,
}

impl Coverage {
    /// How many features without a comparison are named.
    pub const MOST: usize = 1_000;
}

/// The smallest difference that a window with this number of rows can show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    /// A smaller gap between the distribution functions of numbers may be chance.
    pub gap: f64,
    /// How many rows show a gap of [`Self::ENOUGH`]; `None` if the baseline has too few rows for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Resolution {
    /// The gap of a normal distribution that moves by a quarter of a standard deviation.
    pub const ENOUGH: f64 = 0.1;
}

impl Evaluation {
    /// The smallest difference that the window can show, if numbers were compared in exact mode.
    #[must_use]
    pub fn resolution(&self) -> Option<Resolution> {
        let distances = || self.features.iter().filter_map(|feature| feature.distance.as_ref());
        let compared = distances().count();
        let smallest = distances().filter(|_| self.mode == Mode::Exact).min_by_key(|each| each.current_n)?;
        let (n, m) = (smallest.baseline_n, smallest.current_n);
        if n == 0 || m == 0 {
            return None;
        }
        let gap = detectable(compared, n, m);
        // The square of a gap is proportional to the sum of the inverse sizes.
        let both = 1.0 / n as f64 + 1.0 / m as f64;
        let rest = both * (Resolution::ENOUGH / gap).powi(2) - 1.0 / n as f64;
        let rows =
            (rest > 0.0).then(|| (1.0 / rest).ceil()).filter(|rows| *rows < 1e12).map(|rows| rows as u64);
        Some(Resolution { gap, rows })
    }

    /// The evidence for the verdict.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let compared = self.features.iter().filter(|feature| feature.distance.is_some()).count();
        let others = self.features.iter().filter_map(not_compared);
        let named =
            |(feature, why): (&str, &str)| NotCompared { feature: feature.to_owned(), why: why.to_owned() };
        Coverage {
            features: self.features.len() as u64,
            compared: compared as u64,
            drifted: self.features.iter().filter(|feature| feature.has_drifted()).count() as u64,
            not_compared: others.take(Coverage::MOST).map(named).collect(),
        }
    }

    /// Why a verdict without violations would mean nothing: no check applied, or [no distribution was
    /// compared](Self::nothing_compared). A violation counts even if some features were not compared, unless the
    /// baseline's two files do not belong together.
    #[must_use]
    pub fn nothing_judged(&self) -> Option<String> {
        if !self.violations.is_empty() {
            return self.of_two_baselines();
        }
        if self.features.iter().any(|feature| !feature.checks.is_empty()) {
            return self.nothing_compared().or_else(|| self.too_few_rows());
        }
        let why = self.features.iter().find_map(|feature| match &feature.verdict {
            Verdict::NotCompared(why) => Some(why.clone()),
            Verdict::Ok | Verdict::Violated => None,
        });
        Some(why.unwrap_or_else(|| "the baseline has no features".to_owned()))
    }

    /// Why nothing is known about drift, whatever else was found.
    #[must_use]
    pub fn nothing_known(&self) -> Option<String> {
        if self.violations.is_empty() { self.nothing_judged() } else { self.nothing_compared() }
    }

    /// Why nothing is known about drift, if no distribution was compared. If all comparisons of a baseline are
    /// switched off, somebody wants only its other checks.
    #[must_use]
    pub fn nothing_compared(&self) -> Option<String> {
        if self.features.iter().any(|feature| feature.distance.is_some()) {
            return None;
        }
        let wanted = |(_, why): &(&str, &str)| ![COMPARISON_OFF, CHECKS_OFF].contains(why);
        let missed: Vec<_> = self.features.iter().filter_map(not_compared).filter(wanted).collect();
        self.of_two_baselines().or_else(|| (!missed.is_empty()).then(|| in_words(&missed)))
    }

    /// Why no drift could have been seen, if chance explains a gap of 1 in every feature.
    fn too_few_rows(&self) -> Option<String> {
        let distances = || self.features.iter().filter_map(|feature| feature.distance.as_ref());
        let compared = distances().count();
        let shows_nothing = |n: u64, m: u64| n > 0 && m > 0 && detectable(compared, n, m) >= 1.0;
        let is_in_vain = self.mode == Mode::Exact
            && compared > 0
            && distances().all(|each| shows_nothing(each.baseline_n, each.current_n));
        let rows = self.resolution().and_then(|known| known.rows);
        let more = rows.map(|rows| format!(": {rows} rows show one of {}", Resolution::ENOUGH));
        let why = "with so few rows, chance may explain any gap between distributions";
        is_in_vain.then(|| format!("{why}{}", more.unwrap_or_default()))
    }

    /// The baseline has statistics and asks for distributions to be compared, but the statistics describe other data.
    fn of_two_baselines(&self) -> Option<String> {
        if self.features.iter().any(|feature| feature.distance.is_some()) {
            return None;
        }
        let foreign = self.foreign_statistics.as_ref()?;
        Some(format!("constraints.json and statistics.json come from different baselines: {foreign}"))
    }
}

fn not_compared(feature: &FeatureVerdict) -> Option<(&str, &str)> {
    feature.not_compared.as_deref().map(|why| (feature.name.as_str(), why))
}

/// The first of them, and how many more there are.
fn in_words(missed: &[(&str, &str)]) -> String {
    let mut words: Vec<String> =
        missed.iter().take(NAMED).map(|(feature, why)| format!("`{feature}`: {why}")).collect();
    if let Some(more) = missed.len().checked_sub(NAMED).filter(|more| *more > 0) {
        words.push(format!("and {more} more"));
    }
    words.join("; ")
}
