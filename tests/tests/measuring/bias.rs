//! How groups of people fared: measured as soon as labels say it, and published where a group fares worse than before.

use std::fmt::Write as _;

use sagewarden_events::ClockTicked;
use sagewarden_govern::ports::Objects as _;
use sagewarden_govern::{MeasureQuality, Moment, World as _};

use super::due::Heard;
use super::*;

const BIAS: &str = "reports/AllTraffic/prod/sagewarden-model-bias/2026/03/03/10";

/// Settings with groups, by the second value of a request.
fn with(bias: &str) -> String {
    format!("{WATCHED}[drift.detect.endpoints.bias]\n{bias}\n")
}

const FACETS: &str = "facets = { sex = \"1=2\" }\nfavourable = [\"0\"]\nbaseline = \"s3://baselines/bias\"";

/// Clarify's metrics of the baseline: hardly a difference.
const BEFORE: &str = r#"{"version":"1.0","post_training_bias_metrics":{"label":"label","facets":{"sex":[
    {"value_or_threshold":"2","metrics":[{"name":"DPPL","value":0.02},{"name":"AD","value":-0.01}]}]}}}"#;

/// Four hundred people; of the women the model denies every `worse`th, of the men every tenth. All of them would have paid.
fn people(local: &Local, worse: u64) -> Result<()> {
    let (mut calls, mut labels) = (String::new(), String::new());
    for number in 0..400_u64 {
        let (sex, turn) = (1 + number % 2, number / 2);
        let is_denied = turn.is_multiple_of(if sex == 2 { worse } else { 10 });
        let score = if is_denied { "0.9" } else { "0.1" };
        writeln!(
            calls,
            "{}",
            captured_event(&format!("call-{number}"), &format!("7,{sex}"), &format!("{score}\n"))
        )?;
        // One in a hundred does not pay: the classes must be two.
        let label = u8::from(number % 100 == 99);
        let truth = json!({ "data": label.to_string(), "encoding": "CSV" });
        let record =
            json!({ "groundTruthData": truth, "eventMetadata": { "eventId": format!("call-{number}") } });
        writeln!(labels, "{record}")?;
    }
    put(local, "captured", &format!("traffic/prod/AllTraffic/{HOUR}/00-00-000-a.jsonl"), &calls, BEGIN + 60)?;
    labelled(local, "a", &labels, "2026/03/03/11", BEGIN + 2 * 3_600)?;
    local.settle()?;
    Ok(())
}

fn judged(bias: &str, worse: u64) -> Result<Local> {
    let local = serving(&with(bias))?;
    put(&local, "baselines", "bias/analysis.json", BEFORE, 150)?;
    people(&local, worse)?;
    tick(&local, CLOSED)?;
    tick(&local, LAST)?;
    Ok(local)
}

fn bias_file(local: &Local, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(block_on(local.system.account.read(System::EVIDENCE_BUCKET, &format!("{BIAS}/{name}"), 1 << 20))?)
}

fn published(local: &Local, detail_type: &str) -> Result<Vec<Value>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type);
    Ok(sent.map(|notice| notice.detail).filter(|detail| detail["monitoring_type"] == "ModelBias").collect())
}

#[test]
fn a_group_that_fares_worse_than_before_is_an_alert_with_facet_group_and_metric() -> Result<()> {
    let local = judged(FACETS, 3)?;
    let analysis: Value = serde_json::from_slice(&bias_file(&local, "analysis.json")?.ok_or("no analysis")?)?;
    let group = &analysis["post_training_bias_metrics"]["facets"]["sex"][0];
    assert_eq!(group["value_or_threshold"], "2", "Clarify's form");
    assert_eq!(
        analysis["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"].as_array().map(Vec::len),
        Some(8)
    );
    let violations = Violations::parse(&bias_file(&local, "constraint_violations.json")?.ok_or("none")?)?;
    let found: Vec<String> = violations.violations.iter().map(|each| each.subject()).collect();
    assert!(found.contains(&"sex=2 / DPPL".to_owned()), "{found:?}");
    let alerts = published(&local, DRIFT_ALERT)?;
    assert_eq!((alerts.len(), &alerts[0]["severity"]), (1, &json!("critical")));
    let first = &alerts[0]["violations"][0];
    assert_eq!((&first["facet"], &first["facet_value"]), (&json!("sex"), &json!("2")));
    assert!(alerts[0]["text"].as_str().unwrap_or_default().contains("sex=2 / "), "{}", alerts[0]["text"]);
    assert_eq!(published(&local, MONITORING_FAILED)?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn a_difference_that_chance_explains_is_kept_and_not_published() -> Result<()> {
    let local = judged(FACETS, 10)?;
    let report = WindowReport::parse(&bias_file(&local, WindowReport::FILE)?.ok_or("no evaluation")?)?;
    assert_eq!(report.violations, []);
    let metrics = report.labelled.ok_or("no metrics")?.metrics;
    assert!(metrics.contains_key("sex=2 DPPL") && metrics.contains_key("sex=2 CI"), "{metrics:?}");
    assert_eq!(published(&local, DRIFT_ALERT)?, Vec::<Value>::new());
    assert!(local.lineage("endpoint/prod")?.to_string().contains("model-bias"), "it is a fact all the same");
    Ok(())
}

#[test]
fn bias_metrics_are_those_of_clarify_and_leave_with_the_last_measurement() -> Result<()> {
    let check = |settings: &str, expect: usize| -> Result<()> {
        let settings = with(FACETS).replacen("min_rows = 20\n", &format!("min_rows = 20\n{settings}"), 1);
        let local = serving(&settings)?;
        put(&local, "baselines", "bias/analysis.json", BEFORE, 150)?;
        people(&local, 3)?;
        tick(&local, CLOSED)?;
        let world = local.system.world().with_metrics(Heard::default());
        for after in [LAST, LAST + 300] {
            let (account, region) = (Story::ACCOUNT.to_owned(), Story::REGION.to_owned());
            let ticked = ClockTicked { account, region, time: at(after), part: None };
            let moment = Moment { now: at(after), owner: "t".to_owned() };
            block_on(MeasureQuality { world: &world }.measure_due(&ticked, &moment))?;
        }
        let heard = world.metrics().0.take();
        let dppl = "ModelBias sagewarden-model-bias 2026-03-03T10:00:00Z bias_metric_DPPL BiasStage=Post-Training Label=label \
                    LabelValue=0 Facet=sex FacetValue=2";
        assert_eq!(heard.iter().filter(|each| *each == dppl).count(), expect, "{heard:#?}");
        assert_eq!(
            heard.iter().any(|each| each.contains("bias_metric_CI BiasStage=Pre-training")),
            expect > 0
        );
        Ok(())
    };
    check("", 1)?;
    check("publish_metrics = false\n", 0)
}

#[test]
fn groups_that_cannot_be_judged_are_published() -> Result<()> {
    let elsewhere = FACETS.replace("1=2", "9=2");
    let unnamed = FACETS.replace("s3://baselines/bias", "s3://baselines/none");
    let good = FACETS.replace("[\"0\"]", "[\"9\"]");
    for (bias, expect) in [
        (&elsewhere, "no request has a value for facet `sex`"),
        (&unnamed, "there is no baseline of bias to compare with"),
        (&good, "no row has a favourable label"),
    ] {
        let local = judged(bias, 3)?;
        let failed = published(&local, MONITORING_FAILED)?;
        assert_eq!(failed.len(), 1, "{bias}");
        assert_eq!(failed[0]["cause"], "bias-unmeasured");
        let reason = failed[0]["reason"].as_str().unwrap_or_default();
        assert!(reason.starts_with(expect), "{reason}");
    }
    Ok(())
}

#[test]
fn without_a_label_nothing_is_said_of_groups() -> Result<()> {
    let local = serving(&with(FACETS))?;
    captured(&local, 0..50, BEGIN + 60)?;
    local.settle()?;
    tick(&local, CLOSED)?;
    tick(&local, LAST)?;
    assert!(bias_file(&local, WindowReport::FILE)?.is_none());
    assert_eq!(sent(&local, MONITORING_FAILED)?[0]["cause"], "labels-missing");
    Ok(())
}
