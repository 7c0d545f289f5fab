//! Judges a profile against a baseline, as Model Monitor's container does and as the mathematics would have it.
//!
//! Where the container's answer is not known from documentation or from files that it wrote, what is done instead stands beside
//! the code that does it.

mod baseline;
mod checks;
mod columns;
mod differences;
mod drift;
mod metrics;
mod settings;
mod texts;
mod types;

use sagewarden_measure::{ColumnProfile, InferredType, Profile};
use serde::{Deserialize, Serialize};

pub use baseline::Baseline;
pub use differences::{Difference, compare_modes};
pub use drift::{Distance, Gap, Method, Place};
pub use metrics::{Metric, MetricValue, metrics};

use crate::constraints::FeatureConstraints;
use crate::violations::Violation;
use baseline::Reference;
use columns::Columns;
use settings::Settings;
use types::Types;

/// Whose answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The container's, its known defects included.
    Compat,
    /// The right one.
    Exact,
}

impl Mode {
    /// As it is written in settings and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Exact => "exact",
        }
    }
}

/// What a check of the container is about, in its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Check {
    /// The share of values of the baseline's type.
    #[serde(rename = "data_type_check")]
    DataType,
    /// The share of rows with a value.
    #[serde(rename = "completeness_check")]
    Completeness,
    /// The distance between the distributions.
    #[serde(rename = "baseline_drift_check")]
    BaselineDrift,
    /// The share of values that the baseline has as well.
    #[serde(rename = "categorical_values_check")]
    CategoricalValues,
    /// Fewer columns than the baseline.
    #[serde(rename = "missing_column_check")]
    MissingColumn,
    /// More columns than the baseline.
    #[serde(rename = "extra_column_check")]
    ExtraColumn,
}

impl Check {
    /// Its name in `constraint_violations.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DataType => "data_type_check",
            Self::Completeness => "completeness_check",
            Self::BaselineDrift => "baseline_drift_check",
            Self::CategoricalValues => "categorical_values_check",
            Self::MissingColumn => "missing_column_check",
            Self::ExtraColumn => "extra_column_check",
        }
    }
}

/// How a check of a column came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Which.
    pub check: Check,
    /// What was seen: a share, or a distance. None where it is below the threshold, but too many different texts came to say by
    /// how much.
    pub observed: Option<f64>,
    /// A share must reach it, a distance must not exceed it.
    pub threshold: f64,
    /// Whether it does.
    pub passed: bool,
}

/// What is to be thought of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was compared, and all checks passed.
    Ok,
    /// A check failed.
    Violated,
    /// No check failed, but its distribution was not compared, and why.
    NotCompared(String),
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureVerdict {
    /// Its name in the baseline; in the data, where the baseline does not have it.
    pub name: String,
    /// Its type in the data. Numbers in scientific notation are texts to the container.
    pub inferred_type: InferredType,
    /// Its type in the baseline; unknown where the baseline does not have it.
    pub expected_type: InferredType,
    /// The checks that apply to it.
    pub checks: Vec<CheckResult>,
    /// Between the distributions, where they were compared.
    pub distance: Option<Distance>,
    /// Why they were not; also of a column that fails another check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
    /// What is to be thought of it.
    pub verdict: Verdict,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Whose.
    pub mode: Mode,
    /// How many rows were judged.
    pub rows: u64,
    /// In the order of the baseline; then columns that it does not have.
    pub features: Vec<FeatureVerdict>,
    /// As they stand in `constraint_violations.json`: columns first, then features in their order.
    pub violations: Vec<Violation>,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// The first column whose distribution should have been compared, but whose statistics are not those that its constraints were
    /// made with; and why that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_statistics: Option<String>,
}

impl Evaluation {
    /// Why a clean verdict would be none: not one check applied, or [not one distribution was compared](Self::nothing_compared).
    #[must_use]
    pub fn nothing_judged(&self) -> Option<String> {
        let is_judged =
            !self.violations.is_empty() || self.features.iter().any(|feature| !feature.checks.is_empty());
        if is_judged {
            return self.nothing_compared();
        }
        let why = self.features.iter().find_map(|feature| match &feature.verdict {
            Verdict::NotCompared(why) => Some(why.clone()),
            Verdict::Ok | Verdict::Violated => None,
        });
        Some(why.unwrap_or_else(|| "the baseline has no features".to_owned()))
    }

    /// Why nothing is known of drift although the baseline has statistics and wants distributions to be compared: they are not the
    /// statistics of its constraints, such as those of other data. Then the other checks may have passed, or failed.
    ///
    /// A baseline of constraints alone has nothing to compare with, and a column of texts that are all different has no
    /// distribution: neither is told here.
    #[must_use]
    pub fn nothing_compared(&self) -> Option<String> {
        if self.features.iter().any(|feature| feature.distance.is_some()) {
            return None;
        }
        let foreign = self.foreign_statistics.as_ref()?;
        Some(format!("constraints.json and statistics.json are not of one baseline: {foreign}"))
    }
}

/// Judges a profile against a baseline.
///
/// Data that does not belong to the baseline is not judged column by column: each column says why, and a note says so.
#[must_use]
pub fn evaluate(baseline: &Baseline, profile: &Profile, mode: Mode) -> Evaluation {
    let constraints = baseline.constraints();
    let Columns { matched, unknown, foreign, violations, mut notes } =
        Columns::align(constraints, profile, mode);
    let foreign = if profile.rows == 0 { Some("there are no rows".to_owned()) } else { foreign };
    notes.extend(foreign.clone());
    notes.extend(ragged(profile));
    // Of no rows nothing is known, not even how many columns they have.
    let violations = if profile.rows == 0 { Vec::new() } else { violations };
    let mut evaluation = Evaluation {
        mode,
        rows: profile.rows,
        features: Vec::new(),
        violations,
        notes,
        foreign_statistics: None,
    };
    for ((feature, reference), column) in constraints.features.iter().zip(baseline.references()).zip(matched)
    {
        let verdict = match (&foreign, column) {
            (Some(why), _) => unjudged(feature, column, mode, why),
            (None, None) => unjudged(feature, column, mode, "the data does not have it"),
            (None, Some(column)) => {
                let settings = Settings::of(&constraints.monitoring_config, feature);
                judge(&mut evaluation, feature, &Judged { reference, column, settings, rows: profile.rows })
            }
        };
        evaluation.features.push(verdict);
    }
    for column in unknown {
        let surplus = FeatureConstraints { name: column.name.clone(), ..FeatureConstraints::default() };
        evaluation.features.push(unjudged(&surplus, Some(column), mode, "the baseline does not have it"));
    }
    evaluation
}

/// A column and what it is judged by.
struct Judged<'a> {
    reference: &'a Reference,
    column: &'a ColumnProfile,
    settings: Settings,
    rows: u64,
}

fn judge(evaluation: &mut Evaluation, feature: &FeatureConstraints, judged: &Judged<'_>) -> FeatureVerdict {
    let Judged { reference, column, settings, rows } = judged;
    let mode = evaluation.mode;
    if !settings.evaluate {
        return unjudged(feature, Some(column), mode, "its checks are switched off (`evaluate_constraints`)");
    }
    let mut found = checks::check(feature, column, settings, *rows, mode);
    let compared = if settings.compare {
        drift::compare(reference, column, settings, mode)
    } else {
        Err("its comparison is switched off (`perform_comparison`)".to_owned())
    };
    if let Ok(distance) = &compared {
        found.push(drift::check(distance));
    }
    if let (Err(why), Reference::Foreign(known)) = (&compared, reference)
        && why == known
        && evaluation.foreign_statistics.is_none()
    {
        evaluation.foreign_statistics = Some(format!("`{}`: {why}", feature.name));
    }
    evaluation.notes.extend(drift::note(&feature.name, column, compared.as_ref().ok(), mode));
    let violated = found.iter().any(|(result, _)| !result.passed);
    let (checks, texts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    for (result, text) in checks.iter().zip(texts).filter(|(result, _)| !result.passed) {
        evaluation.violations.push(violation(&feature.name, result.check, text));
    }
    let (distance, not_compared, verdict) = match compared {
        Ok(distance) => (Some(distance), None, Verdict::Ok),
        Err(why) => (None, Some(why.clone()), Verdict::NotCompared(why)),
    };
    let verdict = if violated { Verdict::Violated } else { verdict };
    FeatureVerdict { checks, distance, not_compared, verdict, ..unjudged(feature, Some(column), mode, "") }
}

/// A column that is not judged, and why.
fn unjudged(
    feature: &FeatureConstraints,
    column: Option<&ColumnProfile>,
    mode: Mode,
    why: &str,
) -> FeatureVerdict {
    FeatureVerdict {
        name: feature.name.clone(),
        inferred_type: column.map_or(InferredType::Unknown, |column| Types::of(column, mode).inferred()),
        expected_type: feature.inferred_type,
        checks: Vec::new(),
        distance: None,
        not_compared: Some(why.to_owned()),
        verdict: Verdict::NotCompared(why.to_owned()),
    }
}

fn violation(feature: &str, check: Check, description: String) -> Violation {
    Violation {
        feature_name: Some(feature.to_owned()),
        constraint_check_type: Some(check.name().to_owned()),
        description: Some(description),
        ..Violation::default()
    }
}

/// Rows that have not as many cells as most.
fn ragged(profile: &Profile) -> Option<String> {
    let (usual, of) = profile.widths.iter().max_by_key(|(_, rows)| **rows)?;
    let others: u64 = profile.widths.values().sum::<u64>() - of;
    let columns = if *usual == 1 { "column" } else { "columns" };
    let [most, more] = [*of, others]
        .map(|rows| if rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") });
    (others > 0).then(|| format!("{most} {usual} {columns}, {more} more or fewer"))
}

#[cfg(test)]
mod tests;
