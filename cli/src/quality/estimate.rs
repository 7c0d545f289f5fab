//! Quality without labels: an estimate from the model's own probabilities.

use std::io::BufReader;
use std::process::ExitCode;

use sagewarden_govern::counted;
use sagewarden_monitor::Verdict;
use sagewarden_outcomes::quality::{
    Calibration, Estimation, Evaluated, LabelledColumns, PredictionAttributes, Problem, QualityConstraints,
    QualitySettings, QualityStatistics, evaluate,
};
use serde_json::{Value, json};

use crate::command::data::QualityOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::input::trouble::Trouble;
use crate::input::{self, Inputs, Wanted};
use crate::output::terminal::{DIM, STRONG};
use crate::output::{self, line, verdict};
use crate::quality::predictions::{self, Answer};
use crate::quality::settings::{attributes, missing};
use crate::quality::table::{MetricRow, rows, table};

/// Estimates, and judges by the thresholds of a measured baseline.
pub(super) fn run(
    options: &QualityOptions,
    settings: &QualitySettings,
    constraints: Option<&QualityConstraints>,
) -> Result<ExitCode, CommandError> {
    if settings.problem != Problem::BinaryClassification || options.prediction.probability.is_none() {
        return Err(CommandError::Option(
            "without --ground-truth, the command estimates quality from probabilities: pass --problem binary and --probability COLUMN",
        ));
    }
    let calibration = calibration(options, settings)?;
    let worth = calibration.as_ref().map(|calibration| (calibration.pairs, calibration.error_before));
    let captures = Inputs::find(&options.captures, Wanted::Lines)?;
    let mut estimation = Estimation::new(settings, calibration);
    let answer = Answer::At(attributes(&options.prediction));
    let (_, troubles) =
        predictions::read(&captures, options.output_path.as_ref(), &answer, |_, prediction, _| {
            estimation.add(&prediction)
        });
    verdict::warnings(&troubles).iter().for_each(|warning| output::warn(format_args!("warning: {warning}")));
    let statistics = estimation.finish();
    if statistics.item_count == 0 {
        return Err(CommandError::NothingRead("prediction", captures.named()));
    }
    let evaluated = constraints.map(|constraints| evaluate(&statistics, constraints, settings.mode));
    let estimate =
        Estimate { settings, statistics: &statistics, evaluated: evaluated.as_ref(), worth, constraints };
    match options.format {
        OutputFormat::Text => output::print_text(&estimate.text(&troubles))?,
        OutputFormat::Json => output::print_json(&estimate.json(&troubles))?,
    }
    captures.notes(".jsonl").iter().for_each(output::warn);
    Trouble::fail(&troubles)?;
    if evaluated.is_some() && !estimate.is_judged() {
        return Err(CommandError::NothingJudged(
            "the baseline has no threshold for a metric that can be estimated".to_owned(),
        ));
    }
    let is_violated = evaluated.is_some_and(|evaluated| !evaluated.violations.violations.is_empty());
    Ok(if is_violated { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn calibration(
    options: &QualityOptions,
    settings: &QualitySettings,
) -> Result<Option<Calibration>, CommandError> {
    let Some(path) = &options.calibrate else { return Ok(None) };
    let [label, score] = options.calibrate_columns.as_slice() else {
        return Err(CommandError::Option("--calibrate-columns names two columns: LABEL,SCORE"));
    };
    let columns = LabelledColumns {
        header: true,
        ground_truth: label.clone(),
        prediction: PredictionAttributes { inference: None, probability: Some(score.clone()) },
        missing: missing(options.missing.as_deref(), settings),
    };
    let input = BufReader::new(input::open(path)?);
    let calibration = Calibration::read(input, &columns, &settings.positive);
    calibration.map(Some).map_err(|source| CommandError::NoPairs { path: path.clone(), source })
}

struct Estimate<'a> {
    settings: &'a QualitySettings,
    statistics: &'a QualityStatistics,
    evaluated: Option<&'a Evaluated>,
    /// The number of pairs behind the calibration, and the mean error of the scores.
    worth: Option<(usize, f64)>,
    constraints: Option<&'a QualityConstraints>,
}

impl Estimate<'_> {
    fn rows(&self) -> Vec<MetricRow<'_>> {
        let constraints = self.constraints.and_then(|constraints| constraints.of(self.settings.problem));
        rows(self.statistics, constraints, self.evaluated)
    }

    fn is_judged(&self) -> bool {
        self.rows().iter().any(|row| matches!(row.verdict, Some(Verdict::Ok | Verdict::Violated)))
    }

    fn text(&self, troubles: &[Trouble]) -> String {
        let answers = counted(self.statistics.item_count, "prediction");
        let mut text = format!(
            "{STRONG}{answers}, binary classification, estimated without labels{STRONG:#}\n{}\n",
            table(self.statistics, &self.rows())
        );
        text += &match self.worth {
            None => "note: the estimate takes scores for probabilities; --calibrate learns from labelled scores how often they are right\n".to_owned(),
            Some((pairs, error)) => format!(
                "calibrated by {}: on average, a score differs by {error:.4} from how often it is right\n",
                counted(pairs as u64, "labelled score")
            ),
        };
        let Some(evaluated) = self.evaluated else {
            return text + &format!("{DIM}Without --baseline, nothing is judged{DIM:#}\n");
        };
        for violation in &evaluated.violations.violations {
            text += &format!(
                "estimated violation  {}\n",
                line(violation.description.as_deref().unwrap_or_default())
            );
        }
        let violations = evaluated.violations.violations.len();
        text + &verdict::last_line(
            violations,
            Trouble::extent_of(troubles),
            self.is_judged(),
            self.settings.mode,
        )
    }

    fn json(&self, troubles: &[Trouble]) -> Value {
        let violations = self.evaluated.map(|evaluated| &evaluated.violations.violations);
        let extent = Trouble::extent_of(troubles);
        let calibration =
            self.worth.map(|(pairs, error)| json!({ "pairs": pairs, "mean_error_before": error }));
        json!({
            "outcome": violations.map(|found| verdict::outcome(found.len(), extent, self.is_judged())),
            "mode": self.settings.mode,
            "problem": self.settings.problem,
            "is_estimate": true,
            "calibration": calibration,
            "predictions": self.statistics.item_count,
            "metrics": self.rows().iter().map(MetricRow::json).collect::<Vec<_>>(),
            "violations": violations,
            "troubles": troubles.iter().map(Trouble::json).collect::<Vec<_>>(),
        })
    }
}
