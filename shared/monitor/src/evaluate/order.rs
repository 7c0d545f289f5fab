//! Whether the answer's cells are the first columns of the baseline or the last ones. If nobody has said it, the first ones are assumed. If
//! only the other order explains the traffic, that order counts.

use sagewarden_measure::{ColumnProfile, Profile};

use super::baseline::Baseline;
use super::expected::Expected;
use super::judge::evaluate;
use super::reference::is_numeric;
use super::types::Types;
use super::verdict::{Check, Evaluation, Verdict};
use crate::mode::Mode;

impl Evaluation {
    /// A note on traffic that may be explained by the other order of request and answer.
    pub const OTHER_ORDER: &str = "cells without names get the baseline's columns in order, the answer's cells first; if the answer's columns are the last ones of the baseline, pass --columns end";
    /// A note on traffic that only the other order explains.
    pub const ANSWER_LAST: &str = "the answer's columns are taken for the last ones of the baseline, because the rows differ from it in the other order (as with --columns end)";

    /// Whether everything is explained: no violation, and a verdict.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.violations.is_empty() && self.nothing_judged().is_none()
    }
}

/// Whether the rows, with the answer's cells last, may be what the baseline expects, although this evaluation of them with the answer's cells
/// first has violations. In the wrong order, most columns have other values, or at least the first or the last one.
#[must_use]
pub fn may_have_answer_last(baseline: &Baseline, profile: &Profile, exact: &Evaluation) -> bool {
    let of_columns = [Check::MissingColumn, Check::ExtraColumn].map(Check::name);
    let is_of_columns =
        |check: &Option<String>| check.as_deref().is_some_and(|check| of_columns.contains(&check));
    profile.depends_on_order()
        && !exact.violations.iter().any(|violation| is_of_columns(&violation.constraint_check_type))
        && (most_are_violated(exact) || an_end_is_violated(exact))
        && may_fit(baseline, profile)
}

fn most_are_violated(evaluation: &Evaluation) -> bool {
    let violated = evaluation.features.iter().filter(|feature| feature.verdict == Verdict::Violated).count();
    violated > 1 && 2 * violated > evaluation.features.len()
}

/// Whether the first or the last column of the baseline is violated.
fn an_end_is_violated(evaluation: &Evaluation) -> bool {
    let ends = [evaluation.features.first(), evaluation.features.last()];
    ends.into_iter().flatten().any(|feature| feature.verdict == Verdict::Violated)
}

/// Whether each column, at its place in the other order, has numbers where the baseline has numbers, and their mean within the baseline's
/// range. Columns that are ignored or taken apart have places of their own: nothing is known about them here.
fn may_fit(baseline: &Baseline, profile: &Profile) -> bool {
    let answer = profile.columns.iter().take_while(|column| column.is_prediction).count();
    let is_prefix = answer > 0 && !profile.columns.iter().skip(answer).any(|column| column.is_prediction);
    let is_even = profile.columns.len() == baseline.constraints().features.len();
    if !is_prefix || !is_even || !baseline.texts().is_empty() {
        return true;
    }
    let request_first = profile.columns.iter().skip(answer).chain(profile.columns.iter().take(answer));
    baseline.expected(Mode::Exact).zip(request_first).all(|(expected, column)| may_be(&expected, column))
}

fn may_be(expected: &Expected<'_>, column: &ColumnProfile) -> bool {
    let types = Types::of(column, expected);
    if !is_numeric(expected.inferred_type) || types.present() == 0 {
        return true;
    }
    let mean = column.numbers().filter(|numbers| numbers.count > 0).map(|numbers| numbers.mean);
    let is_within =
        mean.zip(expected.size.range).is_none_or(|(mean, (least, most))| least <= mean && mean <= most);
    is_numeric(types.inferred()) && is_within
}

/// The same rows with the answer's cells last, and their evaluation, if only this order explains them. Without all details in the profile,
/// that is not known: then the result is `None`, too.
#[must_use]
pub fn explained_with_answer_last(
    baseline: &Baseline,
    profile: &Profile,
    exact: &Evaluation,
) -> Option<(Profile, Evaluation)> {
    if !may_have_answer_last(baseline, profile, exact) {
        return None;
    }
    let turned = profile.with_answer_last()?;
    let mut evaluation = evaluate(baseline, &turned, Mode::Exact);
    let is_explained = evaluation.is_explained();
    evaluation.notes.push(Evaluation::ANSWER_LAST.to_owned());
    is_explained.then_some((turned, evaluation))
}
