//! The files about the predictions of a window.

use sagewarden_monitor::{LabelledRows, Mode, WindowReport};

use super::files::LabelledFiles;
use super::measure::MeasuredPairs;
use super::read::LabelledPairs;
use super::watch::QualityWatch;
use crate::counted::counted;
use crate::detect::window_rows::CapturedFile;
use crate::window::Window;

/// Characters of an id that a sentence quotes.
const MAX_ID: usize = 100;

/// The contents of a window's evaluation.
pub(super) struct Findings<'a> {
    pub(super) watch: &'a QualityWatch,
    pub(super) window: &'a Window,
    pub(super) files: &'a LabelledFiles,
    pub(super) pairs: &'a LabelledPairs,
    /// `None` if no prediction has a label.
    pub(super) measured: Option<&'a MeasuredPairs>,
    /// A digest of the baseline, if there is one.
    pub(super) baseline: Option<String>,
    pub(super) complete: bool,
}

impl Findings<'_> {
    /// The evaluation, in the mode that leads to alerts.
    pub(super) fn report(&self, mode: Mode) -> WindowReport {
        let Self { watch, window, files, pairs, measured, baseline, complete } = self;
        let unknown = match measured {
            Some(measured) => measured.unknown.clone(),
            None => Some(self.without_labels()),
        };
        let of_mode = measured.filter(|_| unknown.is_none()).map(|measured| measured.of_mode(mode));
        let evaluated = of_mode.and_then(|measured| measured.evaluated.as_ref());
        let unreadable = &pairs.unreadable;
        WindowReport {
            version: 1,
            endpoint: window.endpoint.name.clone(),
            variant: window.variant.clone(),
            window: window.span(*complete),
            alert_mode: evaluated.map(|_| mode.name().to_owned()).unwrap_or_default(),
            rows: measured.map_or(0, |measured| measured.exact.statistics.item_count),
            files: files.captured.iter().map(CapturedFile::uri).collect(),
            unreadable: unreadable.iter().take(WindowReport::MAX_UNREADABLE).cloned().collect(),
            unreadable_lines: unreadable.iter().map(|lines| lines.count).sum(),
            gone: pairs.gone.clone(),
            coverage: None,
            violations: evaluated.map(|it| it.violations.violations.clone()).unwrap_or_default(),
            distances: Vec::new(),
            predictions: Vec::new(),
            answers: None,
            input_first: false,
            differences: measured
                .filter(|_| unknown.is_none())
                .map(MeasuredPairs::differences)
                .unwrap_or_default(),
            unknown,
            baseline: watch.constraints.as_ref().filter(|_| baseline.is_some()).map(ToString::to_string),
            baseline_digest: baseline.clone(),
            rewritten: None,
            labelled: Some(self.labelled_rows()),
            attribution: None,
        }
    }

    pub(super) fn labelled_rows(&self) -> LabelledRows {
        let Self { watch, files, pairs, measured, .. } = self;
        let problem = watch.measured.problem;
        let metrics = measured.map(|measured| &measured.exact.statistics);
        let metrics = metrics.into_iter().flat_map(|statistics| statistics.published());
        LabelledRows {
            problem: serde_json::to_value(problem)
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned))
                .unwrap_or_default(),
            predictions: pairs.joined.predictions.records,
            labels: pairs.joined.truths.records,
            matched: pairs.joined.pairs.len() as u64,
            unusable: measured.map_or(0, |measured| measured.unusable),
            is_sample: pairs.joined.is_sample(),
            ground_truth: format!("s3://{}", watch.place()),
            files: files.labels.iter().map(CapturedFile::uri).take(LabelledRows::MAX_FILES).collect(),
            metrics: metrics.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }

    /// Why no prediction has a label.
    fn without_labels(&self) -> String {
        let Self { watch, files, pairs, .. } = self;
        let place = watch.place();
        let predictions = counted(pairs.joined.predictions.records, "prediction");
        if files.labels.is_empty() {
            return format!("no file of labels came under s3://{place} for {predictions}");
        }
        let labels = counted(pairs.joined.truths.records, "label");
        let [prediction, label] = &pairs.first_ids;
        let shown =
            |id: &Option<String>| id.iter().flat_map(|id| id.chars()).take(MAX_ID).collect::<String>();
        let ids = match (prediction, label) {
            (Some(_), Some(_)) => {
                format!(
                    ": the first label is of `{}`, the first prediction is `{}`",
                    shown(label),
                    shown(prediction)
                )
            }
            _ => String::new(),
        };
        format!("{labels} came under s3://{place}, and none is of one of {predictions}{ids}")
    }
}
