//! The clock asks every schedule whether it ran: silence is not health.

use sagewarden_events::ResourceKind;
use sagewarden_govern::MONITORING_FAILED;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};
use serde_json::{Value, json};

use crate::monitors::{
    FOUND, REPORT, deliver, execute, history, monitored, of_type, scheduled, settled, start, tick, with_drift,
};

const HOUR: i64 = 3_600;
/// 10:50 on the second day: whatever was due at 10:00 has had its 20 minutes, and 30 more.
const NOW: i64 = 86_400 + HOUR + 50 * 60;

/// The causes that were published, with the time.
fn told(local: &Local) -> Result<Vec<(String, String)>> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let told = of_type(local, MONITORING_FAILED)?;
    Ok(told.iter().map(|each| (text(each, "cause"), text(each, "at"))).collect())
}

fn time(after: i64) -> String {
    at(after).to_string()
}

/// Executions in the hours before [`NOW`], except at these hours.
fn ran_but(local: &Local, missing: &[i64]) -> Result<()> {
    for ago in (0..8).filter(|ago| !missing.contains(ago)) {
        let job = start(local, &format!("e{ago}"), 86_400 + HOUR - ago * HOUR + 600)?;
        let message = "Completed: Job completed successfully with no violations.";
        local.system.account.finish_processing(&job, Some(message), at(86_400 + 2 * HOUR - ago * HOUR))?;
    }
    local.settle()?;
    Ok(())
}

#[test]
fn what_ran_is_no_news_and_what_did_not_is_told_once() -> Result<()> {
    let local = settled(monitored()?)?;
    ran_but(&local, &[])?;
    let words = deliver(&local, &tick(NOW), NOW)?;
    // The canary of enforcement is another matter.
    let of_drift: Vec<&str> = words.lines().filter(|line| !line.starts_with("enforce-policy ")).collect();
    let nothing = [
        "detect-drift nothing: no window is over",
        "alert-drift nothing: 1 monitoring schedules ran as they should",
    ];
    assert_eq!(of_drift, nothing);
    assert_eq!(told(&local)?, []);

    let local = settled(monitored()?)?;
    ran_but(&local, &[2])?;
    for _ in 0..2 {
        deliver(&local, &tick(NOW), NOW)?;
    }
    let due = time(86_400 - HOUR);
    assert_eq!(told(&local)?, [("execution-missing".to_owned(), due.clone())]);
    let said = of_type(&local, MONITORING_FAILED)?.remove(0);
    let text = format!(
        "endpoint prod is not watched: the execution of schedule quality that was due at {due} did not run"
    );
    assert_eq!(said["text"], text);
    let history = history(&local)?;
    assert!(
        history.contains("schedule quality has no result: an execution that was due did not run"),
        "{history}"
    );
    assert!(local.lineage("endpoint/prod")?.to_string().contains("execution-missing"));
    Ok(())
}

#[test]
fn an_execution_is_not_missed_before_delay_and_grace_are_over() -> Result<()> {
    let check = |settings: &str, now: i64, expect: usize| -> Result<()> {
        let local = settled(with_drift(settings)?)?;
        ran_but(&local, &[0])?;
        deliver(&local, &tick(now), now)?;
        assert_eq!(told(&local)?.len(), expect, "{settings} {}", time(now));
        Ok(())
    };
    check("", NOW - 1, 0)?;
    check("", NOW, 1)?;
    check("execution_grace_minutes = 31", NOW, 0)?;
    check("execution_grace_minutes = 0", NOW - 30 * 60, 1)
}

#[test]
fn many_that_are_missing_are_one_alert_in_quiet_hours_and_each_is_recorded() -> Result<()> {
    let check = |settings: &str, expect: usize| -> Result<()> {
        let local = settled(with_drift(settings)?)?;
        for hour in 0..3 {
            deliver(&local, &tick(NOW + hour * HOUR), NOW + hour * HOUR)?;
        }
        assert_eq!(told(&local)?.len(), expect, "{settings}");
        let recorded = history(&local)?.matches("an execution that was due did not run").count();
        // Six hours are looked back to, and two more come.
        assert_eq!(recorded, 8);
        Ok(())
    };
    check("", 1)?;
    check("quiet_hours_after_alert = 0", 8)
}

#[test]
fn schedules_run_at_their_own_times() -> Result<()> {
    let check = |expression: Option<&str>, now: i64, expect: &[i64]| -> Result<()> {
        let local = settled(scheduled("quiet_hours_after_alert = 0", expression)?)?;
        deliver(&local, &tick(now), now)?;
        let due: Vec<String> = told(&local)?.into_iter().map(|(_, at)| at).collect();
        let expect: Vec<String> = expect.iter().map(|after| time(*after)).collect();
        assert_eq!(due, expect, "{expression:?}");
        Ok(())
    };
    // The story begins at 09:00.
    check(Some("cron(0 12 ? * * *)"), NOW, &[])?;
    check(Some("cron(0 10 ? * * *)"), NOW, &[86_400 + HOUR])?;
    check(Some("cron(0 0/2 ? * * *)"), NOW, &[86_400 - 3 * HOUR, 86_400 - HOUR, 86_400 + HOUR])?;
    check(Some("NOW"), 200 + 50 * 60, &[200 - HOUR])?;
    // At a time that the service chose, on the day that ended at midnight.
    check(None, 2 * 86_400 - 9 * HOUR + 50 * 60, &[86_400 - 9 * HOUR])
}

#[test]
fn a_schedule_that_failed_or_was_stopped_is_told() -> Result<()> {
    let local = settled(monitored()?)?;
    let account = &local.system.account;
    account.set_running(&account.resource(ResourceKind::MonitoringSchedule, "quality"), false, at(4_000))?;
    local.settle()?;
    deliver(&local, &tick(NOW), NOW)?;
    deliver(&local, &tick(NOW + HOUR), NOW + HOUR)?;
    assert_eq!(told(&local)?, [("schedule-stopped".to_owned(), time(4_000))]);

    let local = settled(monitored()?)?;
    local.system.account.fail_schedule("quality", "the role is gone", at(5_000))?;
    local.settle()?;
    deliver(&local, &tick(NOW), NOW)?;
    assert_eq!(told(&local)?, [("schedule-failed".to_owned(), time(5_000))]);
    assert_eq!(of_type(&local, MONITORING_FAILED)?.remove(0)["reason"], "the role is gone");
    Ok(())
}

#[test]
fn an_execution_that_failed_before_it_had_a_job_is_found_in_the_list() -> Result<()> {
    let local = settled(monitored()?)?;
    ran_but(&local, &[0])?;
    local.system.account.fail_execution("quality", "Job inputs had no data", at(86_400 + HOUR))?;
    deliver(&local, &tick(NOW), NOW)?;
    assert_eq!(told(&local)?, [("execution-failed".to_owned(), time(86_400 + HOUR))]);
    Ok(())
}

#[test]
fn an_execution_whose_event_was_lost_is_told_once_by_clock_and_event() -> Result<()> {
    let local = settled(monitored()?)?;
    ran_but(&local, &[0])?;
    let job = start(&local, "e0", 86_400 + HOUR + 600)?;
    local.system.account.fail_processing(&job, "AlgorithmError", at(86_400 + HOUR + 700))?;
    let late = local.system.account.drain_events()?;
    deliver(&local, &tick(NOW), NOW)?;
    assert_eq!(told(&local)?.len(), 1);
    for event in late {
        deliver(&local, &event.to_string(), NOW)?;
    }
    assert_eq!(told(&local)?.len(), 1);
    Ok(())
}

#[test]
fn a_schedule_without_an_endpoint_is_not_asked() -> Result<()> {
    let local = Local::new()?;
    let config = json!({ "MonitoringType": "DataQuality", "MonitoringJobDefinition": { "MonitoringInputs": [{ "BatchTransformInput": {} }] } });
    let batch = json!({ "MonitoringScheduleName": "batch", "MonitoringScheduleConfig": config });
    local.create(ResourceKind::MonitoringSchedule, &batch, 200)?;
    local.settle()?;
    deliver(&local, &tick(NOW), NOW)?;
    assert_eq!(told(&local)?, []);
    Ok(())
}

#[test]
fn violations_and_silence_do_not_hide_each_other() -> Result<()> {
    let local = settled(monitored()?)?;
    execute(&local, "found", Some(REPORT), FOUND, 86_400)?;
    local.settle()?;
    deliver(&local, &tick(NOW), NOW)?;
    assert_eq!(crate::alerts(&local)?.len(), 1);
    assert_eq!(told(&local)?.len(), 1);
    Ok(())
}
