//! An endpoint whose captured traffic is watched, and what anybody who may write to data buckets can do to it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use futures::executor::block_on;
use sagewarden_govern::{Ask, Question, answer};
use sagewarden_lineage::answer::Format;
use sagewarden_lineage::rows::{NodeRow, node};
use sagewarden_local::Story;
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, captured_event, scattered};
use sagewarden_view::reply;
use serde_json::{Value, json};

pub(crate) const DAY: i64 = 86_400;
/// The hour from 09:00 on is over at 10:15.
pub(crate) const OVER: i64 = DAY + 3_600 + 16 * 60;

/// The endpoint `prod`, which captures its traffic, and a baseline of three columns of whole numbers that are not negative.
pub(crate) fn watched(detect: &str) -> Result<Local> {
    let settings = format!(
        "{SETTINGS}\n[drift.detect]\nmin_rows = 20\n{detect}\n[[drift.detect.endpoints]]\nendpoint = \"prod\"\nbaseline = \"s3://baselines/b\"\n"
    );
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let feature = |name: &str| json!({ "name": name, "inferred_type": "Integral", "completeness": 1.0, "num_constraints": { "is_non_negative": true } });
    let features = ["_c0", "_c1", "_c2"].map(feature);
    let constraints = json!({ "version": 0.0, "features": features }).to_string();
    local.system.account.put_object("baselines", "b/constraints.json", constraints.as_bytes(), at(0))?;
    local.serve_captured("s3://captured/traffic")?;
    local.settle()?;
    Ok(local)
}

/// So many captured events; with `-0.` as their sign they have drifted.
pub(crate) fn rows(count: u64, sign: &str) -> Result<String> {
    let mut lines = String::new();
    for number in 0..count {
        let mixed = scattered(number);
        let input = format!("{sign}{},{}", 10_000 + mixed % 990_000, 1 + mixed % 4);
        writeln!(lines, "{}", captured_event(&format!("e-{number}"), &input, "1\n"))?;
    }
    Ok(lines)
}

/// A file where the endpoint captures to.
pub(crate) fn put(local: &Local, hour: &str, file: &str, lines: &str, after: i64) -> Result<Vec<String>> {
    let key = format!("traffic/prod/{hour}/{file}");
    local.system.account.put_object("captured", &key, lines.as_bytes(), at(after))?;
    local.settle()
}

/// A window with 30 rows that have drifted, alerted on and closed.
pub(crate) fn drifted(local: &Local) -> Result<()> {
    put(local, "AllTraffic/2026/03/03/09", "00-00-000-a.jsonl", &rows(30, "-0.")?, DAY + 60)?;
    tick(local, OVER)?;
    assert_eq!(findings(local)?.len(), 1, "{:?}", findings(local)?);
    Ok(())
}

/// The clock ticks, and the parts that were handed on are done.
pub(crate) fn tick(local: &Local, after: i64) -> Result<()> {
    let event = json!({
        "version": "0", "id": format!("tick-{after}"), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": Story::ACCOUNT, "time": at(after), "region": Story::REGION,
        "resources": ["arn:aws:events:eu-west-1:111122223333:rule/clock"], "detail": {},
    });
    block_on(local.system.deliver(&event.to_string(), at(after)))?;
    local.settle()?;
    Ok(())
}

/// The recorded findings: the number of violations, and their verdicts.
pub(crate) fn findings(local: &Local) -> Result<Vec<(i64, BTreeSet<String>)>> {
    let items = local.system.store.items()?;
    let nodes = items.iter().filter_map(NodeRow::parse).map(|row| row.item());
    let found = nodes.filter_map(|item| {
        let verdicts = item.set(node::VERDICTS).map(str::to_owned).collect();
        Some((item.number(node::VIOLATIONS)?, verdicts))
    });
    Ok(found.collect())
}

/// The details of published notices of a type.
pub(crate) fn of_type(local: &Local, detail_type: &str) -> Result<Vec<Value>> {
    let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == detail_type);
    Ok(sent.map(|notice| notice.detail).collect())
}

/// The history of the endpoint in lines.
pub(crate) fn history(local: &Local) -> Result<String> {
    let question = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    Ok(reply::text(&block_on(answer(&local.system.store, &question, &|| false))?, Format::Tree)?)
}
