//! The output of `sagewarden drift`: the verdict on every feature, as text or as JSON.

use sagewarden_govern::counted;
use sagewarden_monitor::{
    Check, Disagreement, DistributionGap, Evaluation, FeatureVerdict, GapPlace, Resolution, Verdict,
};
use sagewarden_view::drift::TrendWindow;
use serde::Serialize;
use serde_json::{Value, json};

use crate::input::trouble::{Extent, Trouble, is_too_little};
use crate::output::grid::Grid;
use crate::output::line;
use crate::output::terminal::{BAD, DIM, STRONG};
use crate::output::verdict;

/// The note on a column that the baseline does not have.
const NOT_EXPECTED: &str = "the baseline does not have it";
/// Features without a violation that are shown; the report and the JSON have all.
const SHOWN: usize = 60;
/// Beside the container's name for drift, if the feature is a prediction.
const PREDICTION_DRIFT: &str = " (prediction drift)";

/// The findings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DriftSummary<'a> {
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) differences: &'a [Disagreement],
    pub(crate) troubles: &'a [Trouble],
    pub(crate) files: usize,
    pub(crate) windows: &'a [TrendWindow],
    pub(crate) has_statistics: bool,
}

impl DriftSummary<'_> {
    /// A table of the features, then the violations and notes.
    pub(crate) fn text(&self) -> String {
        let Evaluation { rows, features, violations, notes, mode, .. } = self.evaluation;
        let mut table = Grid::new(["Feature", "Type", "Distance", "Threshold", "Largest gap", "Verdict"]);
        let mut left_out = 0;
        for (place, feature) in features.iter().enumerate() {
            if place < SHOWN || feature.verdict == Verdict::Violated {
                table.add_row(row(feature));
            } else {
                left_out += 1;
            }
        }
        let (rows, files) = (counted(*rows, "row"), counted(self.files as u64, "file"));
        let of = counted(features.len() as u64, "feature");
        let mut text = format!("{STRONG}{rows} of {files}, {of}{STRONG:#}\n");
        // A fact that all features share becomes a note.
        let shared = self.why_nothing_is_compared();
        if shared.is_none() {
            text += &format!("{table}\n");
        }
        if left_out > 0 && shared.is_none() {
            let more = counted(left_out, "more feature");
            text += &format!("{DIM}and {more} without a violation{DIM:#}\n");
        }
        for violation in violations {
            let name = violation.feature_name.as_deref().unwrap_or("-");
            let check = violation.constraint_check_type.as_deref().unwrap_or("-");
            let why = violation.description.as_deref().unwrap_or_default();
            let kind = if check == Check::BaselineDrift.name() && self.is_prediction(name) {
                PREDICTION_DRIFT
            } else {
                ""
            };
            text += &format!("{BAD}{}{BAD:#}  {}{kind}: {}\n", line(name), line(check), line(why));
        }
        for each in self.differences {
            let Disagreement { feature, check, compat, exact, why } = each;
            let subject = format!("{}, {}", line(feature), check.name());
            text += &verdict::difference(&subject, exact, compat, Some(why));
        }
        if !self.has_statistics {
            text += "note: the baseline has no statistics.json: distributions were not compared\n";
        }
        let coverage = self.evaluation.coverage();
        if coverage.compared < coverage.features {
            let of = counted(coverage.features, "feature");
            text += &format!("note: {} of {of} compared with the baseline\n", coverage.compared);
        }
        if coverage.compared > 1 && coverage.drifted > 0 {
            let share = 100.0 * coverage.drifted as f64 / coverage.compared as f64;
            text += &format!(
                "note: {} of {} compared features have drifted ({share:.0} %)\n",
                coverage.drifted, coverage.compared
            );
        }
        let failed = self.evaluation.answers.and_then(|answers| answers.counts.in_words());
        text.extend(failed.map(|failed| format!("note: {failed}\n")));
        text.extend(self.resolution());
        text.extend(
            shared
                .filter(|why| !notes.iter().any(|note| note == why))
                .map(|why| format!("note: {}\n", line(why))),
        );
        text.extend(notes.iter().map(|note| format!("note: {}\n", line(note))));
        text + &verdict::last_line(violations.len(), self.extent(), self.is_judged(), *mode)
    }

    fn is_prediction(&self, name: &str) -> bool {
        self.evaluation.predictions().any(|feature| feature.name == name)
    }

    /// The differences that so few rows cannot show.
    fn resolution(&self) -> Option<String> {
        let Resolution { gap, rows } =
            self.evaluation.resolution().filter(|known| known.gap > Resolution::ENOUGH)?;
        let more = match rows {
            Some(rows) => format!("{rows} rows show one of {}", Resolution::ENOUGH),
            None => "the baseline has too few rows for more".to_owned(),
        };
        Some(format!(
            "note: with so few rows, only gaps above {gap:.2} between distributions of numbers are noticed; {more}\n"
        ))
    }

    /// Why none of several features was compared, if the reason is the same for all features of the baseline.
    fn why_nothing_is_compared(&self) -> Option<&str> {
        let expected = || {
            self.evaluation
                .features
                .iter()
                .filter(|feature| feature.not_compared.as_deref() != Some(NOT_EXPECTED))
        };
        let (first, more) = (expected().next()?, expected().nth(1));
        let is_same = |feature: &FeatureVerdict| {
            feature.checks.is_empty() && feature.not_compared == first.not_compared
        };
        more.filter(|_| expected().all(is_same)).and(first.not_compared.as_deref())
    }

    fn extent(&self) -> Extent {
        Trouble::extent_of(self.troubles)
    }

    fn is_judged(&self) -> bool {
        let Evaluation { rows, violations, .. } = self.evaluation;
        self.evaluation.nothing_judged().is_none()
            && (!violations.is_empty() || !is_too_little(Trouble::lost(self.troubles), *rows))
    }

    /// One document: the evaluation, and further facts.
    pub(crate) fn json(&self) -> DriftDocument<'_> {
        let facts = json!({
            "outcome": verdict::outcome(self.evaluation.violations.len(), self.extent(), self.is_judged()),
            "mode": self.evaluation.mode,
            "rows": self.evaluation.rows,
            "files": self.files,
            "has_statistics": self.has_statistics,
            "coverage": self.evaluation.coverage(),
            "resolution": self.evaluation.resolution(),
            "answers": self.evaluation.answers,
            "features": self.evaluation.features,
            "violations": self.evaluation.violations,
            "differences": self.differences,
            "notes": self.evaluation.notes,
            "troubles": self.troubles.iter().map(Trouble::json).collect::<Vec<_>>(),
        });
        DriftDocument { facts, windows: self.windows }
    }
}

/// The document. There may be many windows, so they are not copied into it.
#[derive(Debug, Serialize)]
pub(crate) struct DriftDocument<'a> {
    #[serde(flatten)]
    facts: Value,
    windows: &'a [TrendWindow],
}

fn row(feature: &FeatureVerdict) -> [String; 6] {
    let kind = if feature.inferred_type == feature.expected_type {
        format!("{:?}", feature.inferred_type)
    } else {
        format!("{:?} (was {:?})", feature.inferred_type, feature.expected_type)
    };
    let distance = feature.distance.as_ref();
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    let failed: Vec<&str> =
        feature.checks.iter().filter(|check| !check.passed).map(|check| check.check.name()).collect();
    let verdict = match &feature.verdict {
        Verdict::Ok => "ok".to_owned(),
        Verdict::Violated => failed.join(", "),
        Verdict::NotCompared(why) => format!("not compared: {}", line(why)),
    };
    let name = line(&feature.name);
    [
        if feature.prediction { format!("{name} (prediction)") } else { name },
        kind,
        number(distance.map(|distance| distance.value)),
        distance.map_or_else(|| "-".to_owned(), |distance| distance.threshold.to_string()),
        distance.and_then(|distance| distance.at.as_ref()).map_or_else(|| "-".to_owned(), gap),
        verdict,
    ]
}

fn gap(gap: &DistributionGap) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (baseline, current) = (percent(gap.baseline), percent(gap.current));
    match &gap.place {
        GapPlace::Number(at) => format!("up to {at}: {baseline} -> {current}"),
        GapPlace::Text(text) => format!("`{}`: {baseline} -> {current}", line(text)),
    }
}
