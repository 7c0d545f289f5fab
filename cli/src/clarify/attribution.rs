//! `sagewarden attribution`: do the features that mattered still matter in the same order?

use std::process::ExitCode;

use sagewarden_monitor::Mode;
use sagewarden_outcomes::clarify::{AttributionDrift, LIMIT, Ranking, attribution_drift};
use serde_json::{Value, json};

use crate::clarify::analysis;
use crate::command::clarify::AttributionOptions;
use crate::command::format::OutputFormat;
use crate::error::CommandError;
use crate::input::trouble::Extent;
use crate::output::grid::Grid;
use crate::output::terminal::{BAD, DIM};
use crate::output::{self, line, verdict};

pub(crate) fn run(options: &AttributionOptions) -> Result<ExitCode, CommandError> {
    let mode = Mode::from(options.mode);
    let drift = attribution_drift(&analysis::read(&options.baseline)?, &analysis::read(&options.now)?, mode);
    match options.format {
        OutputFormat::Text => output::print_text(&text(&drift, mode))?,
        OutputFormat::Json => output::print_json(&document(&drift, mode))?,
    }
    let violations = drift.violations(LIMIT);
    if let Some(out) = &options.out {
        let file = ("constraint_violations.json", verdict::violations(&violations)?);
        output::write_beside(out, &[file], options.format)?;
    }
    if !is_judged(&drift) {
        return Err(CommandError::NothingAlike(why_not(&drift)));
    }
    Ok(if violations.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn is_judged(drift: &AttributionDrift) -> bool {
    drift.rankings.iter().any(|ranking| ranking.score.is_some())
}

fn why_not(drift: &AttributionDrift) -> String {
    if !drift.rankings.is_empty() {
        return "in the baseline, no feature has an attribution".to_owned();
    }
    drift.unmatched.first().map_or_else(
        || "neither file has attributions (`explanations` with `global_shap_values`)".to_owned(),
        |first| line(first),
    )
}

fn text(drift: &AttributionDrift, mode: Mode) -> String {
    let mut table = Grid::new(["Label", "Method", "NDCG", "Must be", "Verdict"]);
    for ranking in &drift.rankings {
        table.add_row([
            line(&ranking.label),
            line(&ranking.explainer),
            ranking.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.4}")),
            format!(">= {LIMIT}"),
            word(ranking).to_owned(),
        ]);
    }
    let mut text = if drift.rankings.is_empty() { String::new() } else { format!("{table}\n") };
    for ranking in &drift.rankings {
        let lists = [("gone", &ranking.only_in_baseline), ("new", &ranking.only_live)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty());
        for (what, features) in lists {
            let names: Vec<String> = features.iter().map(|name| format!("`{}`", line(name))).collect();
            text += &format!("{DIM}{what}: {}{DIM:#}\n", names.join(", "));
        }
    }
    for unmatched in &drift.unmatched {
        text += &format!("{BAD}not compared{BAD:#}  {}\n", line(unmatched));
    }
    let violations = drift.violations(LIMIT).violations.len();
    text + &verdict::last_line(violations, Extent::All, is_judged(drift), mode)
}

fn word(ranking: &Ranking) -> &'static str {
    match ranking.score {
        None => "not compared",
        Some(_) if ranking.is_below(LIMIT) => "violated",
        Some(_) => "ok",
    }
}

fn document(drift: &AttributionDrift, mode: Mode) -> Value {
    let ranking = |each: &Ranking| {
        json!({
            "label": each.label,
            "method": each.explainer,
            "ndcg": each.score,
            "verdict": word(each),
            "only_in_baseline": each.only_in_baseline,
            "only_now": each.only_live,
        })
    };
    let violations = drift.violations(LIMIT).violations;
    json!({
        "outcome": verdict::outcome(violations.len(), Extent::All, is_judged(drift)),
        "mode": mode,
        "threshold": LIMIT,
        "rankings": drift.rankings.iter().map(ranking).collect::<Vec<_>>(),
        "unmatched": drift.unmatched,
        "violations": violations,
    })
}
