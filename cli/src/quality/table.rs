//! The table of metrics with their thresholds, and the table of confusion.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_govern::counted;
use sagewarden_monitor::Verdict;
use sagewarden_outcomes::quality::{
    Evaluated, GREATER_THAN, LESS_THAN, MeasuredMetric as Metric, Problem, QualityConstraint,
    QualityConstraints, QualityStatistics, violation_name,
};
use serde_json::{Value, json};

use crate::output::grid::Grid;
use crate::output::terminal::STRONG;
use crate::output::{self, line};
use crate::quality::settings::in_words;

/// The most labels in a shown confusion matrix; the files have all labels.
const LABELS: usize = 8;
/// The suffix of a metric of the best constant classifier, which the table shows beside the metric itself.
const BEST_CONSTANT: &str = "_best_constant_classifier";

/// A metric, or a threshold whose metric was not measured.
pub(crate) struct MetricRow<'a> {
    pub(crate) name: &'a str,
    metric: Option<Metric>,
    best_constant: Option<f64>,
    constraint: Option<&'a QualityConstraint>,
    pub(crate) verdict: Option<Verdict>,
}

/// The metrics with their thresholds, then the thresholds without a measured metric.
pub(crate) fn rows<'a>(
    statistics: &'a QualityStatistics,
    constraints: Option<&'a BTreeMap<String, QualityConstraint>>,
    evaluated: Option<&Evaluated>,
) -> Vec<MetricRow<'a>> {
    let constraint = |name: &str| constraints?.get(name);
    let row = |name: &'a str, metric: Option<Metric>| MetricRow {
        name,
        metric,
        best_constant: statistics.best_constant(name),
        constraint: constraint(name),
        verdict: constraint(name).and(evaluated).map(|evaluated| verdict(name, evaluated)),
    };
    let metrics = statistics.metrics.iter().map(|(name, metric)| (name.as_str(), *metric));
    let area = statistics.au_prc.map(|value| ("au_prc", Metric { value, standard_deviation: f64::NAN }));
    let known: BTreeMap<&str, Metric> = metrics.clone().chain(area).collect();
    // The value of the best constant classifier stands beside the metric, unless it has a threshold of its own.
    let is_shown = |name: &str| !name.ends_with(BEST_CONSTANT) || constraint(name).is_some();
    let shown = metrics.chain(area).filter(|(name, _)| is_shown(name));
    let mut rows: Vec<MetricRow<'a>> = shown.map(|(name, metric)| row(name, Some(metric))).collect();
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

impl MetricRow<'_> {
    pub(crate) fn json(&self) -> Value {
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

    /// The condition that the metric must meet.
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

/// The content of a column.
type Column<'a> = &'a dyn Fn(&MetricRow<'_>) -> String;

/// The columns that have a value in some row.
pub(crate) fn table(statistics: &QualityStatistics, rows: &[MetricRow<'_>]) -> Grid {
    let has_constants = statistics.problem != Problem::Regression;
    // The container's best constant classifier of two labels is the one that always says yes.
    let is_binary = statistics.problem == Problem::BinaryClassification;
    let constant = if is_binary { "Always positive" } else { "Best constant" };
    let has_deviations =
        rows.iter().any(|row| row.metric.is_some_and(|metric| !metric.standard_deviation.is_nan()));
    let has_thresholds = rows.iter().any(|row| row.constraint.is_some());
    let has_verdicts = rows.iter().any(|row| row.verdict.is_some());
    let columns: [(bool, &str, Column<'_>); 6] = [
        (true, "Metric", &|row| line(row.name)),
        (true, "Value", &|row| row.metric.map_or_else(|| "-".to_owned(), |metric| number(metric.value))),
        (has_deviations, "Standard deviation", &|row| match row.metric {
            Some(metric) if !metric.standard_deviation.is_nan() => number(metric.standard_deviation),
            _ => "-".to_owned(),
        }),
        (has_constants, constant, &|row| row.best_constant.map_or_else(|| "-".to_owned(), number)),
        (has_thresholds, "Threshold", &|row| row.threshold()),
        (has_verdicts, "Verdict", &|row| match &row.verdict {
            None => "-".to_owned(),
            Some(Verdict::NotCompared(why)) => format!("not compared: {}", line(why)),
            Some(verdict) => output::verdict::word(verdict).to_owned(),
        }),
    ];
    let shown = || columns.iter().filter(|(is_shown, ..)| *is_shown);
    let mut table = Grid::new(shown().map(|(_, head, _)| *head));
    for row in rows {
        table.add_row(shown().map(|(.., cell)| cell(row)).collect::<Vec<_>>());
    }
    table
}

/// True labels as rows, predicted labels as columns.
pub(crate) fn confusion(statistics: &QualityStatistics) -> Option<Grid> {
    let labels: BTreeSet<&String> = statistics.confusion.keys().collect();
    if labels.is_empty() || labels.len() > LABELS {
        return None;
    }
    let heads = labels.iter().map(|label| format!("predicted {}", line(label)));
    let mut table = Grid::new(std::iter::once("Confusion".to_owned()).chain(heads));
    for (label, row) in &statistics.confusion {
        let counts = labels.iter().map(|label| row.get(*label).copied().unwrap_or(0).to_string());
        table.add_row(std::iter::once(format!("true {}", line(label))).chain(counts).collect::<Vec<_>>());
    }
    Some(table)
}

/// Four digits, if these are enough.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "undefined".to_owned(),
        0.0 => "0".to_owned(),
        1e-3..1e9 => format!("{value:.4}"),
        _ => format!("{value:.3e}"),
    }
}

/// The metrics of a baseline, with the thresholds that it sets.
pub(crate) fn baseline(statistics: &QualityStatistics, constraints: &QualityConstraints) -> String {
    let rows = rows(statistics, constraints.of(statistics.problem), None);
    let rows_of = counted(statistics.item_count, "row");
    format!("{STRONG}{rows_of}, {}{STRONG:#}\n{}\n", in_words(statistics.problem), table(statistics, &rows))
}
