//! The quality of a model, for people and for machines.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::Table;
use sagewarden_monitor::{Mode, Verdict};
use sagewarden_outcomes::quality::{
    Evaluated, GREATER_THAN, JoinedPairs, LESS_THAN, MeasuredMetric as Metric, Problem, QualityConstraint,
    QualityConstraints, QualityStatistics, SideCounts, violation_name,
};
use serde_json::{Value, json};

use crate::drift::summary::{self as drift_told, word};
use crate::error::CommandError;
use crate::input::{Extent, Trouble};
use crate::output::{self, BAD, DIM, STRONG};
use crate::quality::Measured;

/// Labels whose confusion is shown; the files have it of all.
const LABELS: usize = 8;
/// What is told of a metric beside its value.
const BEST_CONSTANT: &str = "_best_constant_classifier";

/// What was found.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) mode: Mode,
    pub(crate) measured: &'a Measured,
    /// Of the problem.
    pub(crate) constraints: Option<&'a BTreeMap<String, QualityConstraint>>,
    pub(crate) joined: &'a JoinedPairs,
    /// Of captured events and of ground truth.
    pub(crate) files: (usize, usize),
    pub(crate) troubles: &'a [Trouble],
}

/// A metric, or a threshold of one that there is not.
struct Row<'a> {
    name: &'a str,
    metric: Option<Metric>,
    best_constant: Option<f64>,
    constraint: Option<&'a QualityConstraint>,
    verdict: Option<Verdict>,
}

/// The problem in words.
pub(crate) fn named(problem: Problem) -> &'static str {
    match problem {
        Problem::BinaryClassification => "binary classification",
        Problem::MulticlassClassification => "multiclass classification",
        Problem::Regression => "regression",
    }
}

impl<'a> Told<'a> {
    fn rows(&self) -> Vec<Row<'a>> {
        let counted = &self.measured.counted;
        rows(&counted.statistics, self.constraints, counted.evaluated.as_ref())
    }

    /// Why there is no verdict, however clean it would be.
    pub(crate) fn no_verdict(&self) -> Option<CommandError> {
        let all = self.joined.pairs.len();
        if self.measured.is_too_little(all) {
            return Some(CommandError::TooLittleMeasured {
                pairs: self.measured.counted.statistics.item_count,
                all,
            });
        }
        if said_no_label(&self.measured.counted.statistics) {
            return Some(CommandError::NoLabelSaid);
        }
        self.measured
            .counted
            .evaluated
            .as_ref()
            .and_then(|_| self.nothing_judged())
            .map(CommandError::NothingJudged)
    }

    /// Why not one threshold applied, if none did.
    fn nothing_judged(&self) -> Option<String> {
        let rows = self.rows();
        let mut verdicts = rows.iter().filter_map(|row| row.verdict.as_ref());
        if verdicts.clone().any(|verdict| !matches!(verdict, Verdict::NotCompared(_))) {
            return None;
        }
        let why = verdicts.find_map(|verdict| match verdict {
            Verdict::NotCompared(why) => Some(format!("of the first threshold, {why}")),
            Verdict::Ok | Verdict::Violated => None,
        });
        Some(why.unwrap_or_else(|| "the baseline has no thresholds".to_owned()))
    }

    /// A table of the metrics, then what is wrong.
    pub(crate) fn text(&self) -> String {
        let counted = &self.measured.counted;
        let (statistics, joined) = (&counted.statistics, self.joined);
        let mut text = format!(
            "{STRONG}{}, {}{STRONG:#}\n",
            output::counted(statistics.item_count, "pair"),
            named(statistics.problem)
        );
        let pairs = joined.pairs.len();
        text += &side("prediction", joined.predictions, self.files.0, pairs, "label");
        text += &side("label", joined.truths, self.files.1, pairs, "prediction");
        text += &format!("{}\n", table(statistics, &self.rows()));
        text.extend(confusion(statistics).map(|table| format!("{table}\n")));
        if joined.is_sample() {
            text += "note: there are more ids than --max-ids: what is measured is an even sample\n";
        }
        if let Some((id, why)) = &self.measured.first_unusable {
            let number = output::counted(self.measured.unusable, "pair");
            text += &format!("note: {number} could not be measured; of the first, `{id}`: {why}\n");
        }
        let Some(evaluated) = &counted.evaluated else {
            return text + &format!("{DIM}Nothing is judged without --baseline{DIM:#}\n");
        };
        for violation in &evaluated.violations.violations {
            let words = violation.description.as_deref().unwrap_or_default();
            text += &format!("{BAD}violation{BAD:#}  {words}\n");
        }
        for Difference { metric, exact, compat, why } in self.differences() {
            let (exact, compat) = (word(&exact), word(&compat));
            text += &format!("modes differ  {metric}: exact {exact}, compat {compat}{why}\n");
        }
        if self.no_verdict().is_some() {
            return text + &format!("{BAD}No verdict{BAD:#} (mode {})\n", self.mode.name());
        }
        let violations = evaluated.violations.violations.len();
        text + &drift_told::verdict(violations, self.extent(), true, self.mode)
    }

    /// Pairs that cannot be measured are as good as unread.
    fn extent(&self) -> Extent {
        let pairs = if self.measured.unusable > 0 { Extent::NotAllLines } else { Extent::All };
        Trouble::extent_of(self.troubles).max(pairs)
    }

    /// One document.
    pub(crate) fn json(&self) -> Value {
        let counted = &self.measured.counted;
        let (statistics, evaluated) = (&counted.statistics, counted.evaluated.as_ref());
        let violations = evaluated.map(|evaluated| &evaluated.violations.violations);
        let outcome = if self.no_verdict().is_some() {
            Some("unknown")
        } else {
            violations.map(|found| drift_told::outcome(found.len(), self.extent(), true))
        };
        let differences = self
            .differences()
            .into_iter()
            .map(|each| json!({ "metric": each.metric, "exact": each.exact, "compat": each.compat }));
        let first_unusable = self.measured.first_unusable.as_ref();
        // They are of no one file.
        let pairs = first_unusable.map(|(id, why)| {
            let unusable = json!({ "count": self.measured.unusable, "id": id, "first": why.to_string() });
            json!({ "file": null, "unusable": unusable })
        });
        json!({
            "outcome": outcome,
            "mode": self.mode,
            "problem": statistics.problem,
            "pairs": statistics.item_count,
            "predictions": side_json(self.joined.predictions, self.files.0),
            "labels": side_json(self.joined.truths, self.files.1),
            "is_sample": self.joined.is_sample(),
            "unusable_pairs": self.measured.unusable,
            "first_unusable": first_unusable.map(|(id, why)| json!({ "id": id, "why": why.to_string() })),
            "metrics": self.rows().iter().map(Row::json).collect::<Vec<_>>(),
            "confusion_matrix": statistics.confusion,
            "violations": violations,
            "differences": differences.collect::<Vec<_>>(),
            "troubles": self.troubles.iter().map(Trouble::json).chain(pairs).collect::<Vec<_>>(),
        })
    }

    /// Metrics that violate in one mode only.
    fn differences(&self) -> Vec<Difference<'a>> {
        let Measured { counted, other, .. } = self.measured;
        let (counted, other) = match self.mode {
            Mode::Exact => (counted, other),
            Mode::Compat => (other, counted),
        };
        let rows = |answers: &'a crate::quality::Answers| {
            rows(&answers.statistics, self.constraints, answers.evaluated.as_ref())
        };
        let pairs = rows(counted).into_iter().zip(rows(other));
        pairs
            .filter_map(|(exact, compat)| Difference::of(exact.name, exact.verdict?, compat.verdict?))
            .collect()
    }
}

/// Whether several labels are true and none of them was ever predicted.
fn said_no_label(statistics: &QualityStatistics) -> bool {
    let confusion = &statistics.confusion;
    let is_true =
        |label: &String| confusion.get(label).is_some_and(|row| row.values().any(|count| *count > 0));
    let mut said = confusion.values().flatten().filter(|(_, count)| **count > 0).map(|(label, _)| label);
    statistics.problem == Problem::MulticlassClassification && !said.any(is_true)
}

struct Difference<'a> {
    metric: &'a str,
    exact: Verdict,
    compat: Verdict,
    why: String,
}

impl<'a> Difference<'a> {
    fn of(metric: &'a str, exact: Verdict, compat: Verdict) -> Option<Self> {
        let is_one = (exact == Verdict::Violated) != (compat == Verdict::Violated);
        let why = match (&exact, &compat) {
            (Verdict::NotCompared(why), _) | (_, Verdict::NotCompared(why)) => format!(": {why}"),
            _ => String::new(),
        };
        is_one.then_some(Self { metric, exact, compat, why })
    }
}

/// The metrics with their thresholds, then the thresholds of what is not measured.
fn rows<'a>(
    statistics: &'a QualityStatistics,
    constraints: Option<&'a BTreeMap<String, QualityConstraint>>,
    evaluated: Option<&Evaluated>,
) -> Vec<Row<'a>> {
    let constraint = |name: &str| constraints?.get(name);
    let row = |name: &'a str, metric: Option<Metric>| Row {
        name,
        metric,
        best_constant: statistics.best_constant(name),
        constraint: constraint(name),
        verdict: constraint(name).and(evaluated).map(|evaluated| verdict(name, evaluated)),
    };
    let metrics = statistics.metrics.iter().map(|(name, metric)| (name.as_str(), *metric));
    let area = statistics.au_prc.map(|value| ("au_prc", Metric { value, standard_deviation: f64::NAN }));
    let known: BTreeMap<&str, Metric> = metrics.clone().chain(area).collect();
    // What the best constant classifier has stands beside the metric, unless it has a threshold of its own.
    let is_shown = |name: &str| !name.ends_with(BEST_CONSTANT) || constraint(name).is_some();
    let shown = metrics.chain(area).filter(|(name, _)| is_shown(name));
    let mut rows: Vec<Row<'a>> = shown.map(|(name, metric)| row(name, Some(metric))).collect();
    let unmeasured = constraints.into_iter().flatten().filter(|(name, _)| !known.contains_key(name.as_str()));
    rows.extend(unmeasured.map(|(name, _)| row(name, None)));
    rows
}

fn verdict(metric: &str, evaluated: &Evaluated) -> Verdict {
    if let Some(skipped) = evaluated.skipped.iter().find(|skipped| skipped.metric == metric) {
        return Verdict::NotCompared(skipped.why.to_owned());
    }
    let name = violation_name(metric);
    let mut violations = evaluated.violations.violations.iter();
    match violations.any(|violation| violation.metric_name.as_deref() == Some(name)) {
        true => Verdict::Violated,
        false => Verdict::Ok,
    }
}

impl Row<'_> {
    fn json(&self) -> Value {
        let known = |value: f64| value.is_finite().then_some(value);
        json!({
            "name": self.name,
            "value": self.metric.and_then(|metric| known(metric.value)),
            "standard_deviation": self.metric.and_then(|metric| known(metric.standard_deviation)),
            "best_constant_classifier": self.best_constant.and_then(known),
            "threshold": self.constraint.and_then(|constraint| constraint.threshold),
            "comparison_operator": self.constraint.and_then(|constraint| constraint.comparison_operator.as_ref()),
            "verdict": self.verdict,
        })
    }

    /// What the metric must be.
    fn threshold(&self) -> String {
        let Some((threshold, operator)) = self
            .constraint
            .and_then(|constraint| Some((constraint.threshold?, constraint.comparison_operator.as_deref()?)))
        else {
            return "-".to_owned();
        };
        match operator {
            LESS_THAN => format!(">= {}", number(threshold)),
            GREATER_THAN => format!("<= {}", number(threshold)),
            other => format!("{other} {}", number(threshold)),
        }
    }
}

/// What stands in a column.
type Column<'a> = &'a dyn Fn(&Row<'_>) -> String;

/// The columns that say something.
fn table(statistics: &QualityStatistics, rows: &[Row<'_>]) -> Table {
    let has_constants = statistics.problem != Problem::Regression;
    // The container's best constant classifier of two labels is the one that always says yes.
    let is_binary = statistics.problem == Problem::BinaryClassification;
    let constant = if is_binary { "Always positive" } else { "Best constant" };
    let has_deviations =
        rows.iter().any(|row| row.metric.is_some_and(|metric| !metric.standard_deviation.is_nan()));
    let has_thresholds = rows.iter().any(|row| row.constraint.is_some());
    let has_verdicts = rows.iter().any(|row| row.verdict.is_some());
    let columns: [(bool, &str, Column<'_>); 6] = [
        (true, "Metric", &|row| row.name.to_owned()),
        (true, "Value", &|row| row.metric.map_or_else(|| "-".to_owned(), |metric| number(metric.value))),
        (has_deviations, "Standard deviation", &|row| match row.metric {
            Some(metric) if !metric.standard_deviation.is_nan() => number(metric.standard_deviation),
            _ => "-".to_owned(),
        }),
        (has_constants, constant, &|row| row.best_constant.map_or_else(|| "-".to_owned(), number)),
        (has_thresholds, "Threshold", &|row| row.threshold()),
        (has_verdicts, "Verdict", &|row| match &row.verdict {
            None => "-".to_owned(),
            Some(Verdict::NotCompared(why)) => format!("not compared: {why}"),
            Some(verdict) => word(verdict).to_owned(),
        }),
    ];
    let shown = || columns.iter().filter(|(is_shown, ..)| *is_shown);
    let mut table = output::table(shown().map(|(_, head, _)| (*head).to_owned()).collect());
    for row in rows {
        table.add_row(shown().map(|(.., cell)| cell(row)).collect::<Vec<_>>());
    }
    table
}

/// What is true a row, what was predicted a column.
fn confusion(statistics: &QualityStatistics) -> Option<Table> {
    let labels: BTreeSet<&String> = statistics.confusion.keys().collect();
    if labels.is_empty() || labels.len() > LABELS {
        return None;
    }
    let heads = labels.iter().map(|label| format!("predicted {label}"));
    let mut table = output::table(std::iter::once("Confusion".to_owned()).chain(heads).collect());
    for (label, row) in &statistics.confusion {
        let counts = labels.iter().map(|label| row.get(*label).copied().unwrap_or(0).to_string());
        table.add_row(std::iter::once(format!("true {label}")).chain(counts).collect::<Vec<_>>());
    }
    Some(table)
}

/// Four digits where that says enough.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "undefined".to_owned(),
        0.0 => "0".to_owned(),
        1e-3..1e9 => format!("{value:.4}"),
        _ => format!("{value:.3e}"),
    }
}

/// `predictions: 200 in 1 file, 20 of them without a label`
fn side(what: &str, side: SideCounts, files: usize, pairs: usize, partner: &str) -> String {
    let SideCounts { records, repeated, unmatched, dropped } = side;
    let files = output::counted(files as u64, "file");
    let mut text = format!("{what}s: {records} in {files}, {pairs} with a {partner}, {unmatched} without");
    if repeated > 0 {
        text += &format!(", {repeated} replaced by a later one of the same id");
    }
    if dropped > 0 {
        text += &format!(", {dropped} let go");
    }
    text + "\n"
}

fn side_json(side: SideCounts, files: usize) -> Value {
    let SideCounts { records, repeated, unmatched, dropped } = side;
    json!({ "files": files, "records": records, "repeated": repeated, "unmatched": unmatched, "dropped": dropped })
}

/// What a baseline asks for.
pub(crate) fn baseline(statistics: &QualityStatistics, constraints: &QualityConstraints) -> String {
    let rows = rows(statistics, constraints.of(statistics.problem), None);
    let rows_of = output::counted(statistics.item_count, "row");
    format!("{STRONG}{rows_of}, {}{STRONG:#}\n{}\n", named(statistics.problem), table(statistics, &rows))
}
