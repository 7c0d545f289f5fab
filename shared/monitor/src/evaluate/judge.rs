//! Judges a profile against a baseline: column by column, check by check.

use sagewarden_measure::{ColumnProfile, InferredType, Profile};

use super::answers::{ANSWERS, AnswerRate};
use super::baseline::Baseline;
use super::columns::AlignedColumns;
use super::coverage::{CHECKS_OFF, COMPARISON_OFF};
use super::expected::Expected;
use super::level::Found;
use super::reference::BaselineDistribution;
use super::settings::ColumnSettings;
use super::types::Types;
use super::verdict::{Check, Evaluation, FeatureVerdict, Verdict, violation};
use super::{checks, drift, level, range, spread};
use crate::constraints::FeatureConstraints;
use crate::mode::Mode;

/// Judges a profile against a baseline.
///
/// Data that does not belong to the baseline is not judged column by column: each column says why, and a note says so.
#[must_use]
pub fn evaluate(baseline: &Baseline, profile: &Profile, mode: Mode) -> Evaluation {
    let constraints = baseline.constraints();
    let AlignedColumns { matched, unknown, foreign, violations, mut notes } =
        AlignedColumns::align(constraints, profile, mode);
    let foreign = if profile.rows == 0 { Some("there are no rows".to_owned()) } else { foreign };
    notes.extend(foreign.clone());
    notes.extend(ragged(profile));
    // Without rows nothing is known, not even how many columns the data has.
    let violations = if profile.rows == 0 { Vec::new() } else { violations };
    let mut evaluation = Evaluation {
        mode,
        rows: profile.rows,
        answers: AnswerRate::of(profile.answers, baseline.failing()),
        features: Vec::new(),
        violations,
        notes,
        foreign_statistics: None,
    };
    let texts = baseline.texts();
    let mut found = Vec::new();
    for ((feature, expected), column) in constraints.features.iter().zip(baseline.expected(mode)).zip(matched)
    {
        let mut checks = Vec::new();
        let verdict = match (&foreign, column) {
            (Some(why), _) => unjudged(feature, &expected, column, why),
            (None, None) => unjudged(feature, &expected, column, "the data does not have it"),
            (None, Some(column)) => {
                let settings = ColumnSettings::of(&constraints.monitoring_config, feature, mode);
                let shows_likeness = column.is_prediction && texts.shows_likeness(&column.name);
                let judged = JudgedColumn { expected, column, settings, rows: profile.rows, shows_likeness };
                let verdict;
                (verdict, checks) = judge(&mut evaluation, feature, &judged);
                verdict
            }
        };
        evaluation.features.push(verdict);
        found.push(checks);
    }
    if mode == Mode::Exact {
        level::hold(&mut found);
    }
    conclude(&mut evaluation, found);
    let answers = evaluation.answers.filter(|_| mode == Mode::Exact && profile.rows > 0);
    let fault = answers.and_then(|answers| answers.fault());
    evaluation.violations.extend(fault.map(|text| violation(ANSWERS, Check::ErrorRate, text)));
    for column in unknown {
        let surplus = FeatureConstraints { name: column.name.clone(), ..FeatureConstraints::default() };
        let expected = Expected::nothing(baseline.missing(), mode);
        evaluation.features.push(unjudged(
            &surplus,
            &expected,
            Some(column),
            "the baseline does not have it",
        ));
    }
    evaluation
}

/// A column and its settings.
struct JudgedColumn<'a> {
    expected: Expected<'a>,
    column: &'a ColumnProfile,
    settings: ColumnSettings,
    rows: u64,
    /// Whether equal values mean equal predictions.
    shows_likeness: bool,
}

/// The facts of a column before the window is judged as a whole, and the results of its checks.
fn judge(
    evaluation: &mut Evaluation,
    feature: &FeatureConstraints,
    judged: &JudgedColumn<'_>,
) -> (FeatureVerdict, Found) {
    let JudgedColumn { expected, column, settings, rows, .. } = judged;
    if !settings.evaluate {
        return (unjudged(feature, expected, Some(column), CHECKS_OFF), Vec::new());
    }
    let mut found = checks::check(expected, column, settings, *rows);
    let compared = if settings.compare {
        drift::compare(expected, column, settings)
    } else {
        Err(COMPARISON_OFF.to_owned())
    };
    if let Ok(distance) = &compared {
        found.push(drift::check(distance, expected.mode));
    }
    found.extend(range::check(expected, column, settings));
    if judged.shows_likeness {
        found.extend(spread::check(expected, column, settings));
    }
    if let (Err(why), BaselineDistribution::Foreign(known)) = (&compared, expected.distribution)
        && why == known
        && evaluation.foreign_statistics.is_none()
    {
        evaluation.foreign_statistics = Some(format!("`{}`: {why}", feature.name));
    }
    evaluation.notes.extend(drift::notes(&feature.name, column, expected, compared.as_ref().ok()));
    let (distance, not_compared, verdict) = match compared {
        Ok(distance) => (Some(distance), None, Verdict::Ok),
        Err(why) => (None, Some(why.clone()), Verdict::NotCompared(why)),
    };
    let verdict =
        FeatureVerdict { distance, not_compared, verdict, ..unjudged(feature, expected, Some(column), "") };
    (verdict, found)
}

/// Writes down the checks of each column, and a violation for each that failed.
fn conclude(evaluation: &mut Evaluation, found: Vec<Found>) {
    for (feature, mut found) in evaluation.features.iter_mut().zip(found) {
        // If the distribution has moved, values beyond its range are no additional news.
        let has_moved =
            found.iter().any(|(result, _)| result.check == Check::BaselineDrift && !result.passed);
        found.retain(|(result, _)| result.check != Check::Range || !has_moved);
        let (checks, texts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        for (result, text) in checks.iter().zip(texts).filter(|(result, _)| !result.passed) {
            evaluation.violations.push(violation(&feature.name, result.check, text));
            feature.verdict = Verdict::Violated;
        }
        feature.checks = checks;
    }
}

/// A column that is not judged, and why.
fn unjudged(
    feature: &FeatureConstraints,
    expected: &Expected<'_>,
    column: Option<&ColumnProfile>,
    why: &str,
) -> FeatureVerdict {
    FeatureVerdict {
        name: feature.name.clone(),
        inferred_type: column.map_or(InferredType::Unknown, |column| Types::of(column, expected).inferred()),
        expected_type: expected.inferred_type,
        prediction: column.is_some_and(|column| column.is_prediction),
        checks: Vec::new(),
        distance: None,
        not_compared: Some(why.to_owned()),
        verdict: Verdict::NotCompared(why.to_owned()),
    }
}

/// Rows with another number of cells than most.
fn ragged(profile: &Profile) -> Option<String> {
    let (usual, of) = profile.widths.iter().max_by_key(|(_, rows)| **rows)?;
    let others: u64 = profile.widths.values().sum::<u64>() - of;
    let columns = if *usual == 1 { "column" } else { "columns" };
    let [most, more] = [*of, others]
        .map(|rows| if rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") });
    (others > 0).then(|| format!("{most} {usual} {columns}, {more} more or fewer"))
}
