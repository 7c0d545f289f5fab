//! A verdict on drift, for people and for machines.

use sagewarden_monitor::{
    Disagreement, DistributionGap, Evaluation, FeatureVerdict, GapPlace, Mode, Verdict,
};
use sagewarden_view::drift::TrendWindow;
use serde_json::{Value, json};

use crate::input::{Extent, Trouble};
use crate::output::{self, BAD, DIM, STRONG, counted, words};

/// Features without a violation that are shown; the report and the JSON have all.
const SHOWN: usize = 60;
/// Files with bad lines that are told one by one.
const FILES: usize = 20;

/// What was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) differences: &'a [Disagreement],
    pub(crate) troubles: &'a [Trouble],
    pub(crate) files: usize,
    pub(crate) windows: &'a [TrendWindow],
    pub(crate) has_statistics: bool,
}

/// The bad lines of each file.
pub(crate) fn warnings(troubles: &[Trouble]) -> Vec<String> {
    let mut lines = Vec::new();
    for trouble in troubles.iter().take(FILES) {
        let name = words(&trouble.name);
        lines.extend(trouble.issues.iter().map(|(kind, issue)| format!("`{name}`, {issue}: {kind}")));
        lines.extend(trouble.unusable.first.iter().map(|why| {
            let lines = &trouble.unusable.lines;
            let first = if lines.count == 1 { "" } else { "the first: " };
            format!("`{name}`, {lines}: {first}{why}")
        }));
        if trouble.is_empty {
            lines.push(format!("`{name}` has no rows"));
        }
        lines.extend(trouble.stopped.iter().map(|why| format!("`{name}` cannot be read to its end: {why}")));
    }
    if let Some(more) = troubles.len().checked_sub(FILES).filter(|more| *more > 0) {
        let bad: u64 = troubles.iter().skip(FILES).map(Trouble::count).sum();
        let more = counted(more as u64, "more file");
        let bad = counted(bad, "bad line");
        lines.push(format!("something is wrong with {more}, {bad} in all (--format json names them)"));
    }
    lines
}

impl Told<'_> {
    /// A table of the features, then what is wrong.
    pub(crate) fn text(&self) -> String {
        let Evaluation { rows, features, violations, notes, mode, .. } = self.evaluation;
        let mut table = output::table(
            ["Feature", "Type", "Distance", "Threshold", "Largest gap", "Verdict"]
                .map(str::to_owned)
                .to_vec(),
        );
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
        let mut text = format!("{STRONG}{rows} of {files}, {of}{STRONG:#}\n{table}\n");
        if left_out > 0 {
            let more = counted(left_out, "more feature");
            text += &format!("{DIM}and {more} without a violation{DIM:#}\n");
        }
        for violation in violations {
            let name = violation.feature_name.as_deref().unwrap_or("-");
            let check = violation.constraint_check_type.as_deref().unwrap_or("-");
            let why = violation.description.as_deref().unwrap_or_default();
            text += &format!("{BAD}{}{BAD:#}  {check}: {}\n", words(name), words(why));
        }
        for each in self.differences {
            let Disagreement { feature, check, compat, exact, why } = each;
            let (feature, compat, exact) = (words(feature), word(compat), word(exact));
            text += &format!(
                "modes differ  {feature}, {}: exact {exact}, compat {compat}: {why}\n",
                check.name()
            );
        }
        if !self.has_statistics {
            text += "note: the baseline has no statistics.json: distributions were not compared\n";
        }
        text.extend(notes.iter().map(|note| format!("note: {}\n", words(note))));
        text + &verdict(violations.len(), self.extent(), self.is_judged(), *mode)
    }

    fn extent(&self) -> Extent {
        Trouble::extent_of(self.troubles)
    }

    fn is_judged(&self) -> bool {
        self.evaluation.nothing_judged().is_none()
    }

    /// One document: the evaluation, and what is known besides.
    pub(crate) fn json(&self) -> Value {
        json!({
            "outcome": outcome(self.evaluation.violations.len(), self.extent(), self.is_judged()),
            "mode": self.evaluation.mode,
            "rows": self.evaluation.rows,
            "files": self.files,
            "windows": self.windows,
            "has_statistics": self.has_statistics,
            "features": self.evaluation.features,
            "violations": self.evaluation.violations,
            "differences": self.differences,
            "notes": self.evaluation.notes,
            "troubles": self.troubles.iter().map(Trouble::json).collect::<Vec<_>>(),
        })
    }
}

/// The verdict in a word, as the exit status has it: 0 for `compliant` and `partial`, 1 for `violated`, 2 for `unknown`.
pub(crate) fn outcome(violations: usize, extent: Extent, is_judged: bool) -> &'static str {
    match extent {
        Extent::NotAllFiles => "unknown",
        _ if !is_judged => "unknown",
        _ if violations > 0 => "violated",
        Extent::NotAllLines => "partial",
        Extent::All => "compliant",
    }
}

/// The last line for people.
pub(crate) fn verdict(violations: usize, extent: Extent, is_judged: bool, mode: Mode) -> String {
    let found = match (violations, extent) {
        (0, _) if !is_judged => format!("{BAD}No verdict{BAD:#}"),
        (0, Extent::All) => format!("{STRONG}No violation{STRONG:#}"),
        (0, _) => format!("{STRONG}No violation{STRONG:#} in what could be read"),
        (some, _) => format!("{BAD}{}{BAD:#}", counted(some as u64, "violation")),
    };
    format!("{found} (mode {})\n", mode.name())
}

pub(crate) fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Violated => "violated",
        Verdict::NotCompared(_) => "not compared",
    }
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
        Verdict::NotCompared(why) => format!("not compared: {why}"),
    };
    [
        words(&feature.name),
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
        GapPlace::Text(text) => format!("`{}`: {baseline} -> {current}", words(text)),
    }
}
