//! `sagewarden bias`: how a group of people fares, beside everybody else.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::ExitCode;

use sagewarden_govern::counted;
use sagewarden_measure::MissingTexts;
use sagewarden_monitor::{Mode, Violations};
use sagewarden_outcomes::bias::{BiasColumns, MeasuredBias, measure};
use sagewarden_outcomes::clarify::{
    Analysis, Bias, BiasDrift, BiasMetric, BiasStage, ComparedBias, bias_drift, compared_value,
};
use serde_json::{Value, json};

use crate::clarify::analysis;
use crate::command::clarify::BiasOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::input;
use crate::input::trouble::Extent;
use crate::output::grid::Grid;
use crate::output::terminal::{DIM, STRONG};
use crate::output::{self, line, verdict};

/// Facet, group and metric of a stage.
type MetricKey<'a> = (BiasStage, &'a str, String, &'a str);

pub(crate) fn run(options: &BiasOptions) -> Result<ExitCode, CommandError> {
    let mode = Mode::from(options.mode);
    let baseline = options.baseline.as_deref().map(analysis::read).transpose()?;
    let now = now(options)?;
    let drift = baseline.as_ref().map(|baseline| bias_drift(baseline, &now, mode));
    let violations = drift.as_ref().map(BiasDrift::violations);
    let summary = BiasSummary { now: &now, drift: drift.as_ref(), violations: violations.as_ref(), mode };
    match options.format {
        OutputFormat::Text => output::print_text(&summary.text())?,
        OutputFormat::Json => output::print_json(&summary.json()?)?,
    }
    if let Some(out) = &options.out {
        let mut files = vec![("analysis.json", pretty(&now)?)];
        if let Some(violations) = &violations {
            files.push(("constraint_violations.json", verdict::violations(violations)?));
        }
        output::write_beside(out, &files, options.format)?;
    }
    if let Some(why) = summary.no_verdict() {
        return Err(CommandError::NothingAlike(why));
    }
    let is_violated = violations.is_some_and(|found| !found.violations.is_empty());
    Ok(if is_violated { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn pretty(analysis: &Analysis) -> Result<String, CommandError> {
    Ok(serde_json::to_string_pretty(analysis).map_err(std::io::Error::from)? + "\n")
}

/// The metrics that this command computes, or that Clarify computed.
fn now(options: &BiasOptions) -> Result<Analysis, CommandError> {
    let path = &options.data;
    let (input, progress) = input::data(path)?;
    let mut input = BufReader::new(progress.wrap_read(input));
    let start = input.fill_buf().map_err(CommandError::unreadable(path))?;
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        if options.label.is_some() || options.predicted.is_some() || !options.facet.is_empty() {
            return Err(CommandError::Option(
                "an analysis.json has its facets already: --label, --predicted and --facet are for tables",
            ));
        }
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).map_err(CommandError::unreadable(path))?;
        return analysis::parse(&bytes, path);
    }
    if options.facet.is_empty() {
        return Err(CommandError::Option(
            "name the group that is compared with everybody else: --facet COLUMN=VALUE",
        ));
    }
    if options.label.is_none() && options.predicted.is_none() {
        return Err(CommandError::Option(
            "say which outcomes are favourable: --label COLUMN=VALUE, --predicted COLUMN=VALUE, or both",
        ));
    }
    let columns = BiasColumns {
        header: !options.no_header,
        label: options.label.clone(),
        predicted: options.predicted.clone(),
        facets: options.facet.clone(),
        subgroups: options.subgroups.clone(),
        missing: MissingTexts::named(options.missing.as_deref()),
        mode: options.mode.into(),
    };
    let MeasuredBias { analysis, rows, without_facet, without_outcome } =
        measure(input, &columns).map_err(|source| CommandError::NoBias { path: path.clone(), source })?;
    progress.finish_and_clear();
    let left_out = "are left out";
    let fate = match columns.mode {
        Mode::Compat => "count as outside of the group",
        Mode::Exact => left_out,
    };
    let without_outcome = without_outcome.into_iter().map(|without| (without, left_out));
    for ((column, without), fate) in
        without_outcome.chain(without_facet.into_iter().map(|without| (without, fate)))
    {
        let column = line(&column);
        output::warn(format_args!("note: rows without a value in `{column}` {fate}: {without} of {rows}"));
    }
    Ok(analysis)
}

struct BiasSummary<'a> {
    now: &'a Analysis,
    drift: Option<&'a BiasDrift>,
    violations: Option<&'a Violations>,
    mode: Mode,
}

impl BiasSummary<'_> {
    /// Why there is no verdict, if one was asked for. What is violated is a verdict.
    fn no_verdict(&self) -> Option<String> {
        if self.violations.is_some_and(|found| !found.violations.is_empty()) {
            return None;
        }
        self.drift?.nothing_compared().map(|why| line(&why))
    }

    fn compared(&self) -> BTreeMap<MetricKey<'_>, &ComparedBias> {
        let compared = self.drift.into_iter().flat_map(|drift| &drift.compared);
        compared
            .map(|each| {
                ((each.stage, each.facet.as_str(), each.facet_value.clone(), each.metric.as_str()), each)
            })
            .collect()
    }

    fn text(&self) -> String {
        let compared = self.compared();
        let mut text = String::new();
        let stages =
            [(BiasStage::PreTraining, "In the labels"), (BiasStage::PostTraining, "In the predictions")];
        for (stage, title) in stages {
            let Some(bias) = self.now.bias(stage) else { continue };
            for (facet, group, metrics) in groups(bias) {
                text += &format!(
                    "{STRONG}{title}: {}, beside everybody else{STRONG:#}\n",
                    line(&named(facet, &group))
                );
                text += &format!("{}\n", self.table(stage, facet, &group, metrics, &compared));
            }
        }
        text += &self.not_compared();
        let Some(violations) = self.violations else {
            return text + &format!("{DIM}Without --baseline, nothing is judged{DIM:#}\n");
        };
        let is_judged = self.no_verdict().is_none();
        text + &verdict::last_line(violations.violations.len(), Extent::All, is_judged, self.mode)
    }

    /// A line for each group and reason, however many metrics it concerns.
    fn not_compared(&self) -> String {
        let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for each in self.drift.into_iter().flat_map(|drift| &drift.incomparable) {
            let (group, metric) = each.metric.rsplit_once(" / ").unwrap_or(("", &each.metric));
            groups.entry((group, each.why)).or_default().push(metric);
        }
        let of_group = |((group, why), metrics): ((&str, &str), Vec<&str>)| {
            let shown = match metrics.as_slice() {
                [only] => line(only),
                all => counted(all.len() as u64, "metric"),
            };
            format!("{DIM}not compared  {}, {shown}: {why}{DIM:#}\n", line(group))
        };
        groups.into_iter().map(of_group).collect()
    }

    fn table(
        &self,
        stage: BiasStage,
        facet: &str,
        group: &str,
        metrics: &[BiasMetric],
        compared: &BTreeMap<MetricKey<'_>, &ComparedBias>,
    ) -> Grid {
        let heads: &[&str] = if self.drift.is_some() {
            &["Metric", "Value", "Baseline", "Verdict"]
        } else {
            &["Metric", "Value"]
        };
        let mut table = Grid::new(heads.iter().copied());
        for metric in metrics {
            let name = metric.description.as_deref().unwrap_or(&metric.name);
            let mut row = vec![line(name), shown(metric)];
            if self.drift.is_some() {
                let found =
                    compared.get(&(stage, facet, compared_value(group, self.mode), metric.name.as_str()));
                row.push(found.map_or_else(|| "-".to_owned(), |each| number(each.baseline)));
                row.push(
                    found
                        .map_or("not compared", |each| if each.violated { "violated" } else { "ok" })
                        .to_owned(),
                );
            }
            table.add_row(row);
        }
        table
    }

    fn json(&self) -> Result<Value, CommandError> {
        let outcome = self
            .violations
            .map(|found| verdict::outcome(found.violations.len(), Extent::All, self.no_verdict().is_none()));
        let incomparable = self.drift.into_iter().flat_map(|drift| &drift.incomparable);
        let incomparable = incomparable.map(|each| json!({ "metric": each.metric, "why": each.why }));
        Ok(json!({
            "outcome": outcome,
            "mode": self.mode,
            "analysis": serde_json::to_value(self.now).map_err(std::io::Error::from)?,
            "violations": self.violations.map(|found| &found.violations),
            "not_compared": incomparable.collect::<Vec<_>>(),
        }))
    }
}

fn groups(bias: &Bias) -> impl Iterator<Item = (&str, String, &[BiasMetric])> {
    bias.facets.iter().flat_map(|(facet, groups)| {
        groups.iter().map(move |group| (facet.as_str(), group.value(), group.metrics.as_slice()))
    })
}

/// `Sex = 0`, or `Age in (40, 79]`.
fn named(facet: &str, group: &str) -> String {
    let verb = if group.starts_with('(') { "in" } else { "=" };
    format!("{facet} {verb} {group}")
}

fn shown(metric: &BiasMetric) -> String {
    match (metric.value, metric.other.get("error").and_then(Value::as_str)) {
        (Some(value), _) => number(value),
        (None, Some(why)) => format!("- ({})", line(why)),
        (None, None) => "-".to_owned(),
    }
}

fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { "infinite".to_owned() }
}
