//! Bias metrics compared with AWS's own library, and the reasons for metrics that are undefined.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::path::Path;

use sagewarden_measure::MissingTexts;
use sagewarden_monitor::Mode;
use sagewarden_outcomes::bias::{BiasColumns, GroupRule, MeasuredBias, UnreadableTable, measure};
use sagewarden_outcomes::clarify::{Analysis, BiasStage, bias_drift};
use serde_json::Value;

fn rule(text: &str) -> Option<GroupRule> {
    Some(text.parse().unwrap())
}

fn columns(facet: &str) -> BiasColumns {
    BiasColumns {
        header: true,
        label: rule("Target=1"),
        predicted: rule("Predicted=1"),
        facets: vec![facet.parse().unwrap()],
        subgroups: Some("Region".to_owned()),
        missing: MissingTexts::default(),
        mode: Mode::Exact,
    }
}

fn oracle(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn measured(table: &str, columns: &BiasColumns) -> MeasuredBias {
    measure(table.as_bytes(), columns).unwrap()
}

/// The metrics of a stage by AWS's library: name, description, value; none if it could not compute it.
fn expected(answer: &Value, stage: &str) -> Vec<(String, String, Option<f64>)> {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    };
    let text = |metric: &Value, key: &str| metric[key].as_str().unwrap().to_owned();
    let metrics = answer[stage].as_array().unwrap();
    metrics
        .iter()
        .map(|each| (text(each, "name"), text(each, "description"), number(&each["value"])))
        .collect()
}

#[test]
fn every_metric_is_that_of_awss_own_library() {
    for (name, facet, subgroups) in
        [("sex", "Sex=0", true), ("age", "Age>40", true), ("severe", "Sex=0", true), ("few", "Sex=0", false)]
    {
        let mut columns = columns(facet);
        columns.subgroups = columns.subgroups.filter(|_| subgroups);
        let measured = measured(&oracle(&format!("bias-{name}.csv")), &columns);
        let answer: Value = serde_json::from_str(&oracle(&format!("bias-{name}.json"))).unwrap();
        for (stage, key) in [(BiasStage::PreTraining, "pre"), (BiasStage::PostTraining, "post")] {
            let bias = measured.analysis.bias(stage).unwrap();
            assert_eq!(bias.other["label"], "Target");
            assert_eq!(bias.other["label_value_or_threshold"], "1");
            let facet = bias.facets.values().next().unwrap().first().unwrap();
            assert_eq!(facet.value(), answer["value_or_threshold"].as_str().unwrap(), "{name}");
            let expected = expected(&answer, key);
            assert_eq!(facet.metrics.len(), expected.len());
            for (metric, (its_name, description, value)) in facet.metrics.iter().zip(expected) {
                assert_eq!(
                    (metric.name.as_str(), metric.description.as_deref()),
                    (&*its_name, Some(&*description))
                );
                let is_same = match (metric.value, value) {
                    (Some(one), Some(other)) => one == other || (one - other).abs() < 1e-12,
                    (one, other) => one == other && metric.other.contains_key("error"),
                };
                assert!(is_same, "{name}, {its_name}: {:?} beside {value:?}", metric.value);
            }
        }
    }
}

#[test]
fn an_analysis_that_was_measured_is_compared_as_clarifys_is() {
    let text = oracle("bias-sex.csv");
    let columns = columns("Sex=0");
    let before = measured(&text, &columns).analysis;
    // It is a file as Clarify writes it.
    let before = Analysis::parse(serde_json::to_string(&before).unwrap().as_bytes()).unwrap();
    assert_eq!(bias_drift(&before, &before, Mode::Exact).violations().violations, []);
    let now = measured(&oracle("bias-severe.csv"), &columns).analysis;
    let violations = bias_drift(&before, &now, Mode::Compat).violations().violations;
    let names: Vec<&str> = violations.iter().filter_map(|each| each.metric_name.as_deref()).collect();
    assert!(names.contains(&"DPPL") && names.contains(&"RD"), "{names:?}");
}

#[test]
fn groups_above_a_number_are_compared_whatever_the_greatest_value_is() {
    let columns = BiasColumns { label: None, subgroups: None, ..columns("Age>40") };
    let table = |oldest: u32, said: u8| format!("Age,Predicted\n30,1\n35,1\n50,1\n{oldest},{said}\n");
    let [before, now] =
        [(70, 1), (71, 0)].map(|(oldest, said)| measured(&table(oldest, said), &columns).analysis);
    let exact = bias_drift(&before, &now, Mode::Exact);
    let found: Vec<&str> =
        exact.compared.iter().filter(|each| each.violated).map(|each| &*each.metric).collect();
    assert_eq!(found, ["DI", "DPPL", "FT"]);
    assert!(exact.compared.iter().all(|each| each.facet_value == "> 40"));
    assert_eq!(bias_drift(&before, &now, Mode::Compat).compared, []);
}

#[test]
fn predictions_alone_have_the_metrics_that_need_no_labels() {
    let table = "Sex,Predicted\n0,1\n0,0\n1,1\n1,1\n";
    let columns = BiasColumns { label: None, subgroups: None, ..columns("Sex=0") };
    let measured = measured(table, &columns);
    assert_eq!(measured.analysis.bias(BiasStage::PreTraining), None);
    let bias = measured.analysis.bias(BiasStage::PostTraining).unwrap();
    let facet = &bias.facets["Sex"][0];
    let known: Vec<(&str, f64)> =
        facet.metrics.iter().filter_map(|metric| Some((metric.name.as_str(), metric.value?))).collect();
    assert_eq!(known, [("DI", 0.5), ("DPPL", 0.5), ("FT", -0.5)]);
}

#[test]
fn a_group_of_nobody_or_everybody_has_no_metrics_and_says_why() {
    let table = "Sex,Target,Predicted\n0,1,1\n0,0,1\n,1,0\n";
    for (facet, mode, why) in [
        ("Sex=7", Mode::Compat, "no row belongs to the group"),
        ("Sex=0", Mode::Exact, "every row belongs to the group"),
        ("Sex=0", Mode::Compat, ""),
    ] {
        let columns = BiasColumns { subgroups: None, mode, ..columns(facet) };
        let measured = measured(table, &columns);
        assert_eq!(measured.without_facet.get("Sex"), Some(&1));
        let metrics = &measured.analysis.bias(BiasStage::PreTraining).unwrap().facets["Sex"][0].metrics;
        let error = metrics.iter().find(|metric| metric.name == "DPL").unwrap().other.get("error");
        assert_eq!(error.map_or("", |error| error.as_str().unwrap()), why);
    }
}

/// Rows without a label, a prediction or a group would otherwise be unfavourable, or outside of the group.
#[test]
fn rows_that_lack_a_value_are_left_out_and_counted() {
    let whole = "Sex,Target,Predicted\n0,1,1\n0,0,1\n1,1,0\n1,1,1\n";
    let columns = BiasColumns { subgroups: None, ..columns("Sex=0") };
    let expect = measured(whole, &columns);
    for missing in ["NA", "nan", " None ", ""] {
        let gaps =
            [[missing, "1", "0"], ["0", missing, "0"], ["1", "1", missing]].map(|row| row.join(",") + "\n");
        let found = measured(&(whole.to_owned() + &gaps.concat()), &columns);
        assert_eq!(found.analysis, expect.analysis, "{missing:?}");
        assert_eq!(found.rows, 7);
        assert_eq!(found.without_facet, [("Sex".to_owned(), 1)].into());
        assert_eq!(found.without_outcome, [("Predicted".to_owned(), 1), ("Target".to_owned(), 1)].into());
    }
    // A rule that names such a text means it.
    let named = BiasColumns { facets: vec!["Sex=NA".parse().unwrap()], ..columns };
    let found = measured(&whole.replace("0,0,1", "NA,0,1"), &named);
    assert_eq!((found.without_facet.len(), found.without_outcome.len()), (0, 0));
    assert_eq!(found.analysis.bias(BiasStage::PreTraining).unwrap().facets["Sex"][0].value(), "NA");
}

#[test]
fn a_table_that_does_not_fit_is_refused_with_its_line() {
    let refused = |table: &str, facet: &str| {
        let columns = BiasColumns { subgroups: None, ..columns(facet) };
        measure(table.as_bytes(), &columns).unwrap_err().to_string()
    };
    let head = "Sex,Age,Target,Predicted\n";
    assert_eq!(refused(&format!("{head}0,30,1\n"), "Sex=0"), "line 2: there is no column `Predicted`");
    assert_eq!(refused(&format!("{head}0,old,1,1\n"), "Age>40"), "line 2: `old` in `Age` is not a number");
    assert_eq!(refused(&format!("{head}0,30,1,1\n"), "Gender=0"), "there is no column `Gender`");
    assert_eq!(refused(head, "Sex=0"), "the table has no rows");
    let other = refused("Sex;Target;Predicted\n0;1;1\n", "Sex=0");
    assert!(other.starts_with("the columns seem to be separated by `;`: separate them by commas"), "{other}");
    assert_eq!(
        refused(&format!("{head}0,30,0,1\n"), "Sex=0"),
        "no row has a favourable label: no value in `Target` fits the rule"
    );
    let doubled = refused("Sex,Sex,Target,Predicted\n0,0,1,1\n", "Sex=0");
    assert_eq!(doubled, "the header has `Sex` more than once: name the column by its place, from 0");
    let cut = measure(
        &b"Sex,Target\n0,\xff\n"[..],
        &BiasColumns { predicted: None, subgroups: None, ..columns("Sex=0") },
    );
    assert!(matches!(cut, Err(UnreadableTable::Csv(_))), "{cut:?}");
}
