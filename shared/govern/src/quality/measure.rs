//! Turns joined pairs into metrics and a verdict, in both modes.

use sagewarden_events::Timestamp;
use sagewarden_monitor::{Mode, ModeDifference, Violation};
use sagewarden_outcomes::quality::{
    DoubtfulQuality, Evaluated, JoinedPairs, Period, Quality, QualityConstraints, QualitySettings,
    QualityStatistics, evaluate,
};

use crate::counted::counted;
use crate::window::Window;

/// One pair in this many may be left out. Pairs are seldom left out at random, and leaving out a share moves an
/// accuracy by as much.
const MOST_UNUSABLE: u64 = 10;

/// The result of one mode.
#[derive(Debug)]
pub(super) struct MeasuredMode {
    pub(super) statistics: QualityStatistics,
    /// `None` without a baseline.
    pub(super) evaluated: Option<Evaluated>,
}

/// The results of both modes.
#[derive(Debug)]
pub(super) struct MeasuredPairs {
    pub(super) compat: MeasuredMode,
    pub(super) exact: MeasuredMode,
    /// Pairs that could not be measured.
    pub(super) unusable: u64,
    /// Why there is no verdict, if there is none.
    pub(super) unknown: Option<String>,
}

impl MeasuredPairs {
    pub(super) fn of_mode(&self, mode: Mode) -> &MeasuredMode {
        match mode {
            Mode::Compat => &self.compat,
            Mode::Exact => &self.exact,
        }
    }

    /// Metrics on which the modes disagree.
    pub(super) fn differences(&self) -> Vec<ModeDifference> {
        let [compat, exact] = [&self.compat, &self.exact].map(violations);
        let only = |some: &[Violation], others: &[Violation], mode: &str| {
            let is_alone = |violation: &&Violation| {
                !others.iter().any(|other| other.metric_name == violation.metric_name)
            };
            let difference = |violation: &Violation| ModeDifference {
                feature: violation.metric_name.clone().unwrap_or_default(),
                text: format!("only {mode} mode: {}", violation.description.clone().unwrap_or_default()),
            };
            some.iter().filter(is_alone).map(difference).collect::<Vec<_>>()
        };
        let mut differences = only(exact, compat, "exact");
        differences.extend(only(compat, exact, "compat"));
        differences
    }
}

fn violations(mode: &MeasuredMode) -> &[Violation] {
    mode.evaluated.as_ref().map_or(&[], |evaluated| &evaluated.violations.violations)
}

/// Measures the pairs, and judges them if there is a baseline. Few pairs have no verdict if exact mode leads to alerts.
pub(super) fn measure(
    joined: &JoinedPairs,
    settings: &QualitySettings,
    constraints: Option<&QualityConstraints>,
    window: &Window,
    alert_mode: Mode,
) -> MeasuredPairs {
    let mut left_out = (0, None);
    let mut of_mode = |mode: Mode| {
        let mut quality = Quality::new(QualitySettings { mode, ..settings.clone() });
        left_out = quality.add_all(joined);
        let statistics = quality.finish(period(window));
        let evaluated = constraints.map(|constraints| evaluate(&statistics, constraints, mode));
        MeasuredMode { statistics, evaluated }
    };
    let (compat, exact) = (of_mode(Mode::Compat), of_mode(Mode::Exact));
    let (unusable, first) = left_out;
    let pairs = joined.pairs.len() as u64;
    let unknown = if unusable.saturating_mul(MOST_UNUSABLE) > pairs {
        let why = first.map(|(id, why)| format!("; of the first, `{id}`: {why}")).unwrap_or_default();
        Some(format!("{} of {} could not be measured{why}", unusable, counted(pairs, "pair")))
    } else {
        match DoubtfulQuality::of(&exact.statistics, alert_mode) {
            Some(DoubtfulQuality::NoLabelSaid) => Some(
                "no label that is true was ever predicted: `inference` may name another column".to_owned(),
            ),
            Some(few) if constraints.is_some() => Some(few.to_string()),
            _ => nothing_compared(constraints, &exact),
        }
    };
    MeasuredPairs { compat, exact, unusable, unknown }
}

/// Why the absence of violations means nothing: no threshold applied.
fn nothing_compared(constraints: Option<&QualityConstraints>, measured: &MeasuredMode) -> Option<String> {
    let Some((constraints, evaluated)) = constraints.zip(measured.evaluated.as_ref()) else {
        return Some("there is no baseline of model quality to compare with".to_owned());
    };
    let thresholds = constraints.of(measured.statistics.problem).map_or(0, |all| all.len());
    if thresholds > evaluated.skipped.len() {
        return None;
    }
    let first = evaluated.skipped.first().map(|skipped| format!("of `{}`, {}", skipped.metric, skipped.why));
    Some(first.unwrap_or_else(|| "the baseline has no thresholds".to_owned()))
}

fn period(window: &Window) -> Period {
    let text = |time: Timestamp| Some(time.to_string());
    Period { start_time: text(window.start), end_time: text(window.end) }
}
