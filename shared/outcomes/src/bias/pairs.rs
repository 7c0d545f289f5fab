//! Bias of predictions that were joined with their labels.

use std::collections::BTreeMap;

use sagewarden_measure::{MissingTexts, mixed};
use sagewarden_monitor::Mode;

use super::group::{Group, GroupRule};
use super::table::{BiasColumns, MeasuredBias, UnreadableTable, measure_without_flips};
use crate::clarify::Analysis;
use crate::quality::LabelledPair;

/// The name of the column of labels; Clarify's file has it as the label's header.
const LABEL: &str = "label";
const PREDICTED: &str = "predicted";
const SUBGROUP: &str = "subgroup";
/// Parts that are left out, one after the other, to see how far chance moves a metric.
const PARTS: u64 = 20;

/// How pairs are measured.
#[derive(Clone, Debug, PartialEq)]
pub struct PairRules {
    /// Which labels are favourable.
    pub favourable: Group,
    /// The label that a probability is of.
    pub positive: String,
    /// A probability above it says that label.
    pub threshold: f64,
    /// The groups, each under a name; their values are the first facets of each prediction, in this order.
    pub facets: Vec<(String, Group)>,
    /// Whether the last facet of each prediction is a subgroup of conditional demographic disparity.
    pub has_subgroups: bool,
    /// Texts that mean a missing value, unless a group has them.
    pub missing: MissingTexts,
}

/// The metrics of pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct PairBias {
    /// As Clarify writes it.
    pub analysis: Analysis,
    /// The same without each twentieth of the pairs.
    pub parts: Vec<Analysis>,
    /// Pairs without a value for a facet, by its name.
    pub without_facet: BTreeMap<String, u64>,
}

/// Measures pairs before training (their labels) and after it (the model's answers).
///
/// # Errors
///
/// If a pair has no prediction, or no label is favourable.
pub fn measure_pairs(pairs: &[LabelledPair], rules: &PairRules) -> Result<PairBias, UnreadableTable> {
    let rule = |column: &str, group: Group| GroupRule { column: column.to_owned(), group };
    let columns = BiasColumns {
        header: true,
        label: Some(rule(LABEL, rules.favourable.clone())),
        predicted: Some(rule(PREDICTED, Group::Values(vec!["1".to_owned()]))),
        facets: rules.facets.iter().map(|(name, group)| rule(name, group.clone())).collect(),
        subgroups: rules.has_subgroups.then(|| SUBGROUP.to_owned()),
        missing: rules.missing.clone(),
        mode: Mode::Exact,
    };
    let measured = |left_out: Option<u64>| -> Result<MeasuredBias, UnreadableTable> {
        measure_without_flips(table(pairs, rules, left_out)?.as_slice(), &columns)
    };
    let whole = measured(None)?;
    // A part that cannot be measured says that chance decides everything.
    let parts = (0..PARTS).map(|part| measured(Some(part)).map(|found| found.analysis).unwrap_or_default());
    Ok(PairBias { analysis: whole.analysis, parts: parts.collect(), without_facet: whole.without_facet })
}

/// The pairs as a table, perhaps without an even sample of them.
fn table(
    pairs: &[LabelledPair],
    rules: &PairRules,
    left_out: Option<u64>,
) -> Result<Vec<u8>, UnreadableTable> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let names = rules.facets.iter().map(|(name, _)| name.as_str());
    let subgroup = rules.has_subgroups.then_some(SUBGROUP);
    table.write_record([LABEL, PREDICTED].into_iter().chain(names).chain(subgroup))?;
    let width = rules.facets.len() + usize::from(rules.has_subgroups);
    for (place, pair) in (0..).zip(pairs) {
        if left_out == Some(mixed(place) % PARTS) {
            continue;
        }
        let said = match is_favourable(pair, rules) {
            Some(true) => "1",
            Some(false) => "0",
            None => "",
        };
        let facets = (0..width).map(|facet| pair.prediction.facets.get(facet).map_or("", |text| text));
        table.write_record([pair.label.as_str(), said].into_iter().chain(facets))?;
    }
    table.into_inner().map_err(|error| UnreadableTable::Csv(error.into_error().into()))
}

/// Whether the model said a favourable label. Where it gave a probability, there are two labels.
fn is_favourable(pair: &LabelledPair, rules: &PairRules) -> Option<bool> {
    match (&pair.prediction.label, pair.prediction.probability) {
        (Some(label), _) => rules.favourable.has(label),
        (None, Some(probability)) => {
            let is_positive = probability > rules.threshold;
            rules.favourable.has(&rules.positive).map(|is_good| is_good == is_positive)
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clarify::{BiasStage, bias_drift};
    use crate::quality::{Order, Prediction};

    fn rules() -> PairRules {
        PairRules {
            favourable: Group::Values(vec!["0".into()]),
            positive: "1".into(),
            threshold: 0.5,
            facets: vec![("sex".into(), Group::Values(vec!["2".into()]))],
            has_subgroups: false,
            missing: MissingTexts::default(),
        }
    }

    /// People of whom every `worse`th in group 2 is denied, and every tenth of all others.
    fn pairs(count: usize, worse: usize) -> Vec<LabelledPair> {
        let pair = |number: usize| {
            let is_inside = number.is_multiple_of(2);
            let turn = number / 2;
            let is_denied = turn.is_multiple_of(if is_inside { worse } else { 10 });
            LabelledPair {
                id: format!("{number}").into(),
                prediction: Prediction {
                    probability: Some(if is_denied { 0.9 } else { 0.1 }),
                    facets: vec![if is_inside { "2" } else { "1" }.into()],
                    ..Prediction::default()
                },
                label: "0".to_owned(),
                order: Order::default(),
            }
        };
        (0..count).map(pair).collect()
    }

    fn value(analysis: &Analysis, metric: &str) -> Option<f64> {
        let facet = &analysis.bias(BiasStage::PostTraining)?.facets.get("sex")?.first()?.metrics;
        facet.iter().find(|each| each.name == metric)?.value
    }

    #[test]
    fn what_a_probability_says_is_favourable_or_not_by_its_label() {
        let found = measure_pairs(&pairs(400, 5), &rules()).unwrap();
        let difference = value(&found.analysis, "DPPL").unwrap();
        assert!((difference - 0.1).abs() < 1e-12, "nine of ten beside four of five: {difference}");
        assert_eq!((found.parts.len(), value(&found.analysis, "FT")), (20, None));
    }

    #[test]
    fn a_metric_is_violated_only_beyond_chance() {
        let before = measure_pairs(&pairs(2_000, 10), &rules()).unwrap().analysis;
        let violated = |count: usize, worse: usize| {
            let now = measure_pairs(&pairs(count, worse), &rules()).unwrap();
            let drift = bias_drift(&before, &now.analysis, Mode::Exact);
            let certain = drift.clone().beyond_chance(&now.parts, Mode::Exact);
            let has = |violations: sagewarden_monitor::Violations| {
                violations.violations.iter().any(|each| each.metric_name.as_deref() == Some("DPPL"))
            };
            (has(drift.violations()), has(certain.violations()))
        };
        assert_eq!(violated(40, 4), (true, false), "of forty people, chance explains it");
        assert_eq!(violated(2_000, 4), (true, true));
        assert_eq!(violated(2_000, 10), (false, false));
    }

    #[test]
    fn without_a_favourable_label_nothing_is_measured() {
        let rules = PairRules { favourable: Group::Values(vec!["9".into()]), ..rules() };
        let error = measure_pairs(&pairs(40, 5), &rules).unwrap_err().to_string();
        assert!(error.starts_with("no row has a favourable label"), "{error}");
    }
}
