//! A baseline that is prepared for many comparisons.

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_measure::capture::ExpectedColumns;
use sagewarden_measure::{Detail, FreeTexts, InferredType, MissingTexts, Profile, Refusals};

use super::answers::{ALLOWED, ANSWERS};
use super::described::Described;
use super::expected::Expected;
use super::reference::{BaselineDistribution, ExactReference, Reference, size};
use crate::constraints::{Constraints, FeatureConstraints, Switch};
use crate::mode::Mode;
use crate::statistics::{FeatureStatistics, Statistics};

/// The baseline that data is compared with.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    constraints: Constraints,
    /// One for each column of the constraints.
    references: Vec<Reference>,
    /// The number of rows that it was made from.
    rows: Option<u64>,
    missing: Arc<MissingTexts>,
    refusals: Arc<Refusals>,
    /// Columns of which nothing is checked, because somebody said so.
    ignored: Vec<String>,
    /// The share of answers that may fail, if somebody has set it.
    failing: Option<f64>,
}

/// The reason for a column that could have been compared if the two files belonged together.
const NOT_ITS_OWN: &str = "the baseline's statistics do not have it";

impl Baseline {
    /// Prepares everything that is the same for every comparison. Without statistics, distributions are not compared.
    #[must_use]
    pub fn new(statistics: Option<&Statistics>, constraints: Constraints) -> Self {
        let by_name: BTreeMap<&str, &FeatureStatistics> = statistics
            .iter()
            .flat_map(|statistics| statistics.features.iter().rev())
            .map(|feature| (feature.name.as_str(), feature))
            .collect();
        let distribution = |constraints: &FeatureConstraints| match by_name.get(constraints.name.as_str()) {
            Some(feature) => BaselineDistribution::of(feature, constraints.inferred_type),
            None if statistics.is_none() => BaselineDistribution::nothing("the baseline has no statistics"),
            // A column without values lacks nothing.
            None if constraints.inferred_type == InferredType::Unknown => {
                BaselineDistribution::nothing(NOT_ITS_OWN)
            }
            None => BaselineDistribution::Foreign(NOT_ITS_OWN.to_owned()),
        };
        let exact = |constraints: &FeatureConstraints| {
            let known = by_name.get(constraints.name.as_str())?.exact_statistics.as_ref()?;
            (constraints.inferred_type != InferredType::Unknown).then(|| ExactReference::of(known))
        };
        let reference = |constraints: &FeatureConstraints| Reference {
            distribution: distribution(constraints),
            size: by_name.get(constraints.name.as_str()).map(|known| size(known)).unwrap_or_default(),
            exact: exact(constraints),
            described: by_name.get(constraints.name.as_str()).map(|known| Described::of(known)),
            season: by_name.get(constraints.name.as_str()).and_then(|known| known.between_periods),
        };
        let references = constraints.features.iter().map(reference).collect();
        let rows = statistics.map(|statistics| statistics.dataset.item_count).filter(|rows| *rows > 0);
        Self { constraints, references, rows, ..Self::default() }
    }

    /// The same baseline, from what [`Self::prepared`] returned for these constraints.
    pub(super) fn of_prepared(
        (references, rows): (Vec<Reference>, Option<u64>),
        constraints: Constraints,
    ) -> Option<Self> {
        let is_whole = references.len() == constraints.features.len();
        let of = |references| Self { constraints, references, rows, ..Self::default() };
        is_whole.then_some(references).map(of)
    }

    /// Everything that was prepared: one reference for each column, and the number of rows.
    pub(super) fn prepared(&self) -> (&[Reference], Option<u64>) {
        (&self.references, self.rows)
    }

    /// The same baseline, for data in which these texts mean a missing value.
    #[must_use]
    pub fn with_missing(self, missing: MissingTexts) -> Self {
        Self { missing: Arc::new(missing), ..self }
    }

    /// The same baseline, for data in which answers with these phrases are refusals.
    #[must_use]
    pub fn with_refusals(self, refusals: Refusals) -> Self {
        Self { refusals: Arc::new(refusals), ..self }
    }

    /// The same baseline without checks of these columns, which rows may lack, and the names that it does not have.
    #[must_use]
    pub fn ignoring(mut self, names: &[String]) -> (Self, Vec<&str>) {
        let mut unknown = Vec::new();
        for name in names {
            match self.constraints.features.iter_mut().find(|feature| feature.name == *name) {
                Some(feature) => {
                    let own = feature.monitoring_config_overrides.get_or_insert_default();
                    own.evaluate_constraints = Some(Switch::Disabled);
                    self.ignored.push(name.clone());
                }
                None if name == ANSWERS => self.failing = Some(1.0),
                None => unknown.push(name.as_str()),
            }
        }
        (self, unknown)
    }

    /// The same baseline, with these thresholds for its columns; returns the names that it does not have.
    #[must_use]
    pub fn with_thresholds<'n>(
        mut self,
        thresholds: impl IntoIterator<Item = (&'n str, f64)>,
    ) -> (Self, Vec<&'n str>) {
        let mut unknown = Vec::new();
        for (name, threshold) in thresholds {
            if self.constraints.set_threshold(name, threshold) {
                continue;
            }
            if name == ANSWERS {
                self.failing = Some(threshold);
            } else {
                unknown.push(name);
            }
        }
        (self, unknown)
    }

    /// The share of answers that may fail.
    pub(crate) fn failing(&self) -> f64 {
        self.failing.unwrap_or(ALLOWED)
    }

    /// An empty profile, with the columns of the baseline and the details that a comparison needs.
    #[must_use]
    pub fn empty_profile(&self, detail: Detail) -> Profile {
        let features = self.constraints.features.iter();
        let numeric = features.clone().zip(&self.references).filter(|(_, reference)| reference.has_numbers());
        Profile::for_features(features.map(|feature| (feature.name.as_str(), feature.inferred_type)), detail)
            .with_numbers_of(numeric.map(|(feature, _)| feature.name.as_str()))
            .with_missing(Arc::clone(&self.missing))
            .ignoring(&self.ignored)
            .with_texts(self.texts())
    }

    /// The columns of free text, whose features the baseline has.
    #[must_use]
    pub fn texts(&self) -> FreeTexts {
        FreeTexts::among(&self.constraints.names(), Arc::clone(&self.refusals))
    }

    /// The columns that captured rows are to have: a free text is one of them, not its features.
    #[must_use]
    pub fn expected_columns(&self) -> Arc<ExpectedColumns> {
        let columns = ExpectedColumns::new(self.texts().together(&self.constraints.names()));
        Arc::new(columns.ignoring(&self.ignored))
    }

    /// How many rows it was made from, if its statistics say so.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    pub(crate) fn reference(&self, name: &str) -> Option<&Reference> {
        let mut each = self.constraints.features.iter().zip(&self.references);
        each.find(|(feature, _)| feature.name == name).map(|(_, reference)| reference)
    }

    /// The texts that mean a missing value.
    #[must_use]
    pub fn missing(&self) -> &MissingTexts {
        &self.missing
    }

    /// The constraints of the columns.
    #[must_use]
    pub fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// The expectations about each column.
    pub(crate) fn expected(&self, mode: Mode) -> impl Iterator<Item = Expected<'_>> {
        let each = self.constraints.features.iter().zip(&self.references);
        each.map(move |(feature, reference)| Expected::of(feature, reference, &self.missing, mode))
    }
}
