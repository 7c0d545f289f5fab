//! Remedies for resources that a sweep found: none, unless the settings allow them.

use sagewarden_events::{Resource, ResourceKind};
use sagewarden_govern::{POLICY_VIOLATION, REMEDIATION_DONE};
use sagewarden_policy::Bundle;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, training_job};
use serde_json::{Value, json};

use super::{HOUR, hour};

fn open(name: &str) -> Value {
    let mut job = training_job(name, &[]);
    job["VpcConfig"] = json!(null);
    job
}

fn status(local: &Local, job: &Resource) -> Result<Value> {
    Ok(local.system.account.describe_document(job)?["TrainingJobStatus"].clone())
}

#[test]
fn what_a_sweep_finds_is_told_and_left_and_a_late_event_still_stops_it() -> Result<()> {
    let local = Local::new()?;
    hour(&local, at(0))?;
    let job = local.create(ResourceKind::TrainingJob, &open("open"), 60)?;
    let late = local.system.account.drain_events()?;
    hour(&local, at(HOUR))?;
    assert_eq!(status(&local, &job)?, "InProgress");
    let told = |kind: &str| -> Result<Vec<Value>> {
        let sent = local.sent()?.into_iter().filter(|notice| notice.detail_type == kind);
        Ok(sent.map(|notice| notice.detail).collect())
    };
    let findings = told(POLICY_VIOLATION)?;
    assert_eq!(findings.len(), 1);
    let result = findings[0]["remediation"]["result"].as_str().unwrap_or_default();
    assert_eq!(result, "a sweep found it, and `[reconcile] enforce` does not let it remedy");
    assert_eq!(
        (&findings[0]["mode"], &findings[0]["remediation"]["action"]),
        (&json!("enforce"), &json!(null))
    );
    // The sweep looks at it again as long as it runs, and says nothing more.
    hour(&local, at(2 * HOUR))?;
    assert_eq!((told(POLICY_VIOLATION)?.len(), status(&local, &job)?), (1, json!("InProgress")));
    for event in late {
        local.deliver(&event.to_string())?;
    }
    assert_ne!(status(&local, &job)?, "InProgress");
    assert_eq!((told(POLICY_VIOLATION)?.len(), told(REMEDIATION_DONE)?.len()), (1, 1));
    Ok(())
}

#[test]
fn a_remedy_that_is_under_way_is_left_to_its_event() -> Result<()> {
    let local = Local::new()?;
    hour(&local, at(0))?;
    let job = local.create(ResourceKind::TrainingJob, &open("open"), 60)?;
    local.settle()?;
    assert_ne!(status(&local, &job)?, "InProgress");
    let sent = local.sent()?.len();
    hour(&local, at(HOUR))?;
    hour(&local, at(2 * HOUR))?;
    assert_eq!(local.sent()?.len(), sent);
    Ok(())
}

#[test]
fn with_enforce_it_stops_what_is_younger_than_its_first_sweep() -> Result<()> {
    let settings = format!("{SETTINGS}\n[reconcile]\nenforce = true\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    let older = local.create(ResourceKind::TrainingJob, &open("older"), 0)?;
    hour(&local, at(HOUR))?;
    let younger = local.create(ResourceKind::TrainingJob, &open("younger"), HOUR + 60)?;
    hour(&local, at(2 * HOUR))?;
    assert_eq!(status(&local, &older)?, "InProgress");
    assert_ne!(status(&local, &younger)?, "InProgress");
    Ok(())
}
