//! The output of `sagewarden quality`: the metrics and the verdict on them, as text or as JSON.

use std::collections::BTreeMap;

use sagewarden_govern::counted;
use sagewarden_monitor::{Mode, Verdict, Violation};
use sagewarden_outcomes::quality::{DoubtfulQuality, JoinedPairs, QualityConstraint, SideCounts};
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::input::trouble::{Extent, Trouble};
use crate::output::terminal::{BAD, DIM, STRONG};
use crate::output::{line, verdict};
use crate::quality::measure::{Measured, ModeResult};
use crate::quality::settings::in_words;
use crate::quality::table::{MetricRow, confusion, rows, table};

/// The result.
#[derive(Clone, Copy)]
pub(crate) struct QualitySummary<'a> {
    pub(crate) mode: Mode,
    pub(crate) measured: &'a Measured,
    /// The constraints of the problem.
    pub(crate) constraints: Option<&'a BTreeMap<String, QualityConstraint>>,
    pub(crate) joined: &'a JoinedPairs,
    /// The numbers of files of captured events and of ground truth.
    pub(crate) files: (usize, usize),
    pub(crate) troubles: &'a [Trouble],
}

impl<'a> QualitySummary<'a> {
    fn rows(&self) -> Vec<MetricRow<'a>> {
        let counted = &self.measured.counted;
        rows(&counted.statistics, self.constraints, counted.evaluated.as_ref())
    }

    /// Why there is no verdict, even if no metric is violated.
    pub(crate) fn no_verdict(&self) -> Option<CommandError> {
        let all = self.joined.pairs.len();
        if self.measured.is_too_little(all) {
            return Some(CommandError::TooLittleMeasured {
                pairs: self.measured.counted.statistics.item_count,
                all,
            });
        }
        let ModeResult { statistics, evaluated } = &self.measured.counted;
        let is_judged = evaluated.is_some();
        match DoubtfulQuality::of(statistics, self.mode) {
            Some(DoubtfulQuality::NoLabelSaid) => Some(CommandError::NoLabelSaid),
            Some(few) if is_judged => Some(CommandError::NothingJudged(few.to_string())),
            _ if is_judged => self.nothing_judged().map(CommandError::NothingJudged),
            _ => None,
        }
    }

    /// Without a verdict, what is beyond its threshold is no violation.
    pub(crate) fn violations(&self) -> Option<Vec<&'a Violation>> {
        let evaluated = self.measured.counted.evaluated.as_ref()?;
        let violations = evaluated.violations.violations.iter();
        Some(violations.filter(|_| self.no_verdict().is_none()).collect())
    }

    /// Why no threshold applied, if none did.
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

    /// A table of the metrics, then the faults.
    pub(crate) fn text(&self) -> String {
        let result = &self.measured.counted;
        let (statistics, joined) = (&result.statistics, self.joined);
        let mut text = format!(
            "{STRONG}{}, {}{STRONG:#}\n",
            counted(statistics.item_count, "pair"),
            in_words(statistics.problem)
        );
        let pairs = joined.pairs.len();
        text += &side("prediction", joined.predictions, self.files.0, pairs, "label");
        text += &side("label", joined.truths, self.files.1, pairs, "prediction");
        text += &format!("{}\n", table(statistics, &self.rows()));
        text.extend(confusion(statistics).map(|table| format!("{table}\n")));
        if joined.is_sample() {
            text += "note: there are more ids than --max-ids: the metrics come from an even sample\n";
        }
        if let Some((id, why)) = &self.measured.first_unusable {
            let number = counted(self.measured.unusable, "pair");
            text += &format!(
                "note: {number} could not be measured, the first of them `{}`: {}\n",
                line(id),
                line(&why.to_string())
            );
        }
        let Some(found) = self.violations() else {
            return text + &format!("{DIM}Without --baseline, nothing is judged{DIM:#}\n");
        };
        for violation in &found {
            let words = violation.description.as_deref().unwrap_or_default();
            text += &format!("{BAD}violation{BAD:#}  {}\n", line(words));
        }
        for Difference { metric, exact, compat, why } in self.differences() {
            text += &verdict::difference(metric, &exact, &compat, why.as_deref());
        }
        let (violations, is_judged) = match self.no_verdict() {
            Some(_) => (0, false),
            None => (found.len(), true),
        };
        text + &verdict::last_line(violations, self.extent(), is_judged, self.mode)
    }

    /// Pairs that cannot be measured count like unread ones.
    fn extent(&self) -> Extent {
        let pairs = if self.measured.unusable > 0 { Extent::NotAllLines } else { Extent::All };
        Trouble::extent_of(self.troubles).max(pairs)
    }

    /// One document.
    pub(crate) fn json(&self) -> Value {
        let counted = &self.measured.counted;
        let (statistics, violations) = (&counted.statistics, self.violations());
        let outcome = if self.no_verdict().is_some() {
            Some("unknown")
        } else {
            violations.as_ref().map(|found| verdict::outcome(found.len(), self.extent(), true))
        };
        let differences = self
            .differences()
            .into_iter()
            .map(|each| json!({ "metric": each.metric, "exact": each.exact, "compat": each.compat }));
        let first_unusable = self.measured.first_unusable.as_ref();
        // They belong to no single file.
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
            "metrics": self.rows().iter().map(MetricRow::json).collect::<Vec<_>>(),
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
        let rows =
            |result: &'a ModeResult| rows(&result.statistics, self.constraints, result.evaluated.as_ref());
        let pairs = rows(counted).into_iter().zip(rows(other));
        pairs
            .filter_map(|(exact, compat)| Difference::of(exact.name, exact.verdict?, compat.verdict?))
            .collect()
    }
}

/// A metric that violates in one mode only.
struct Difference<'a> {
    metric: &'a str,
    exact: Verdict,
    compat: Verdict,
    why: Option<String>,
}

impl<'a> Difference<'a> {
    fn of(metric: &'a str, exact: Verdict, compat: Verdict) -> Option<Self> {
        let is_one = (exact == Verdict::Violated) != (compat == Verdict::Violated);
        let why = match (&exact, &compat) {
            (Verdict::NotCompared(why), _) | (_, Verdict::NotCompared(why)) => Some(why.clone()),
            _ => None,
        };
        is_one.then_some(Self { metric, exact, compat, why })
    }
}

/// `predictions: 200 in 1 file, 20 of them without a label`
fn side(what: &str, side: SideCounts, files: usize, pairs: usize, partner: &str) -> String {
    let SideCounts { records, repeated, unmatched, dropped } = side;
    let files = counted(files as u64, "file");
    let mut text = format!("{what}s: {records} in {files}, {pairs} with a {partner}, {unmatched} without");
    if repeated > 0 {
        text += &format!(", {repeated} replaced by a later one of the same id");
    }
    if dropped > 0 {
        text += &format!(", {dropped} left out");
    }
    text + "\n"
}

fn side_json(side: SideCounts, files: usize) -> Value {
    let SideCounts { records, repeated, unmatched, dropped } = side;
    json!({ "files": files, "records": records, "repeated": repeated, "unmatched": unmatched, "dropped": dropped })
}
