//! Captured files that anybody who may write where an endpoint captures to can write.

use futures::executor::block_on;
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::Table as _;
use sagewarden_govern::{BASELINE_MISSING, FINDING_REWRITTEN};
use sagewarden_lineage::rows::OpenWindowRow;
use sagewarden_lineage::table::Write;
use sagewarden_local::Story;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::{Value, json};

use crate::traffic::{DAY, OVER, drifted, findings, history, of_type, put, rows, tick, watched};

const HOUR: i64 = 3_600;
const NINE: &str = "AllTraffic/2026/03/03/09";

fn open(local: &Local) -> Result<Vec<OpenWindowRow>> {
    let page =
        block_on(local.system.store.query(&OpenWindowRow::ended(Timestamp::from_millis(i64::MAX / 1_000))))?;
    Ok(page.items.iter().filter_map(OpenWindowRow::parse).collect())
}

#[test]
fn thousands_of_clean_rows_under_an_old_hour_turn_no_drift_into_none() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    let before = findings(&local)?[0].clone();
    let later = 18 * DAY;
    put(&local, NINE, "59-59-000-z.jsonl", &rows(3_000, "")?, later)?;
    // Over the very file that drifted, too.
    put(&local, NINE, "00-00-000-a.jsonl", &rows(3_000, "")?, later + 1)?;
    assert_eq!(findings(&local)?, std::slice::from_ref(&before), "nothing is judged before the clock ticks");
    for number in 0..3 {
        tick(&local, later + 300 * (number + 1))?;
    }
    let found = findings(&local)?;
    assert_eq!((found.len(), found[0].0), (1, before.0), "{found:?}");
    let verdicts: Vec<&String> = found[0].1.iter().collect();
    assert!(
        verdicts[0].starts_with(&format!(
            "rewritten after closing: 0 violations (nothing), with 2 files that came until {}",
            at(later + 1)
        )),
        "{verdicts:?}"
    );
    assert!(before.1.is_subset(&found[0].1) && verdicts.len() == 2, "{verdicts:?}");

    let told = of_type(&local, FINDING_REWRITTEN)?;
    assert_eq!(told.len(), 1, "{told:?}");
    let notice = &told[0];
    assert_eq!(notice["severity"], "high");
    assert_eq!(
        (&notice["before"]["violation_count"], &notice["after"]["violation_count"]),
        (&json!(before.0), &json!(0))
    );
    assert_eq!(
        notice["files"],
        json!([
            "s3://captured/traffic/prod/AllTraffic/2026/03/03/09/00-00-000-a.jsonl",
            "s3://captured/traffic/prod/AllTraffic/2026/03/03/09/59-59-000-z.jsonl"
        ])
    );
    let (history, lineage) = (history(&local)?, local.lineage("endpoint/prod")?.to_string());
    for words in ["when it was closed: ", "rewritten after closing: 0 violations"] {
        assert!(history.contains(words), "{history}");
        assert!(lineage.contains(words), "{lineage}");
    }
    assert_eq!(open(&local)?, []);
    Ok(())
}

#[test]
fn who_rewrites_again_and_again_sends_no_flood() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    for number in 0..8 {
        let after = 18 * DAY + number * HOUR;
        put(&local, NINE, &format!("59-59-000-{number}.jsonl"), &rows(30, "")?, after)?;
        tick(&local, after + 300)?;
    }
    let found = findings(&local)?;
    assert_eq!((of_type(&local, FINDING_REWRITTEN)?.len(), found[0].1.len()), (5, 6), "{found:?}");
    Ok(())
}

#[test]
fn drift_that_i_write_into_a_closed_window_is_no_finding_and_no_flood() -> Result<()> {
    let local = watched("")?;
    for hour in 0..3 {
        let folder = format!("AllTraffic/2026/03/03/{:02}", 9 + hour);
        put(&local, &folder, "00-00-000-a.jsonl", &rows(30, "")?, DAY + hour * HOUR + 60)?;
        tick(&local, OVER + hour * HOUR)?;
    }
    assert_eq!(findings(&local)?, []);
    for hour in 0..3 {
        let folder = format!("AllTraffic/2026/03/03/{:02}", 9 + hour);
        put(&local, &folder, "01-00-000-b.jsonl", &rows(300, "-0.")?, 18 * DAY + hour)?;
    }
    tick(&local, 18 * DAY + 300)?;
    let found = findings(&local)?;
    assert_eq!(found.iter().map(|(violations, _)| *violations).collect::<Vec<_>>(), [0, 0, 0], "{found:?}");
    assert!(found.iter().all(|(_, verdicts)| verdicts.len() == 1), "{found:?}");
    assert_eq!(of_type(&local, FINDING_REWRITTEN)?.len(), 1, "one in a quiet period of the endpoint");
    assert_eq!(of_type(&local, sagewarden_govern::DRIFT_ALERT)?, Vec::<Value>::new());
    Ok(())
}

#[test]
fn a_file_that_is_as_late_as_capture_may_be_is_judged_as_ever_and_both_verdicts_stay() -> Result<()> {
    let local = watched("")?;
    drifted(&local)?;
    put(&local, NINE, "59-59-000-z.jsonl", &rows(30, "")?, OVER + HOUR)?;
    tick(&local, OVER + HOUR + 300)?;
    let found = findings(&local)?;
    assert_eq!(found[0].1.len(), 2, "{found:?}");
    assert!(found[0].1.iter().all(|verdict| verdict.starts_with("when it was closed: ")), "{found:?}");
    assert_eq!(of_type(&local, FINDING_REWRITTEN)?, Vec::<Value>::new());
    assert_eq!(open(&local)?, []);
    Ok(())
}

#[test]
fn hours_before_the_endpoint_and_hours_to_come_open_no_window() -> Result<()> {
    let local = watched("")?;
    let sent = local.sent()?.len();
    for (number, hour) in (0..).zip([
        // The endpoint did not exist.
        "AllTraffic/2019/01/01/00",
        "AllTraffic/2026/03/02/08",
        // It is not there yet.
        "AllTraffic/2026/03/03/10",
        "AllTraffic/2099/01/01/00",
        // It has no such variant.
        "Invented/2026/03/03/09",
        // There was no capture then.
        "AllTraffic/2026/03/02/20",
    ]) {
        let outcomes = put(&local, hour, "00-00-000-a.jsonl", &rows(30, "-0.")?, DAY + number)?;
        assert_eq!(outcomes, Vec::<String>::new(), "{hour}");
        assert_eq!(open(&local)?, [], "{hour}");
    }
    assert_eq!(local.sent()?.len(), sent, "and nobody hears of them");
    put(&local, NINE, "00-00-000-a.jsonl", &rows(30, "-0.")?, DAY + 60)?;
    assert_eq!(open(&local)?.len(), 1);
    Ok(())
}

#[test]
fn sixty_tiny_files_of_old_hours_do_not_hold_up_the_window_that_is_over() -> Result<()> {
    let local = watched("")?;
    for number in 0..60 {
        let hour = format!("AllTraffic/2019/01/{:02}/{:02}", 1 + number / 24, number % 24);
        put(&local, &hour, "00-00-000-a.jsonl", &rows(1, "")?, DAY)?;
    }
    drifted(&local)?;
    assert_eq!(open(&local)?, [], "one tick was enough");
    // There is no notice about hours without traffic, and a notice that the judged hour has no statistics to be compared with.
    let told = of_type(&local, BASELINE_MISSING)?;
    assert!(
        told.len() == 1 && told[0]["why"].as_str().is_some_and(|why| why.starts_with("nothing in")),
        "{told:?}"
    );
    Ok(())
}

#[test]
fn a_flood_of_windows_of_one_endpoint_delays_no_other() -> Result<()> {
    let local = watched("")?;
    put(&local, NINE, "00-00-000-a.jsonl", &rows(30, "-0.")?, DAY + 60)?;
    // However somebody got them opened: newer ones than the others' window, and many.
    let endpoint = Resource::in_region(ResourceKind::Endpoint, Story::ACCOUNT, Story::REGION, "flooded");
    let row = |number: i64| {
        let [start, end] = [DAY + HOUR, DAY + 2 * HOUR].map(at);
        Write::Put(
            OpenWindowRow { endpoint: endpoint.clone(), variant: format!("v{number}"), start, end }.item(),
        )
    };
    block_on(local.system.store.write(&(0..900).map(row).collect::<Vec<_>>()))?;
    tick(&local, DAY + 3 * HOUR + 60)?;
    let left = open(&local)?;
    assert!(left.iter().all(|window| window.endpoint == endpoint), "the window of prod is closed");
    assert_eq!(left.len(), 880, "and of the flood no more than some");
    Ok(())
}
