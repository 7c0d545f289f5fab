//! A report that may not be read is another thing than one that is not there.

use std::cell::Cell;

use futures::executor::block_on;
use sagewarden_events::{Event, decode};
use sagewarden_govern::ports::{PortError, PortErrorKind};
use sagewarden_govern::route;
use sagewarden_govern::{Absent, Failure, MONITORING_FAILED, Moment, Outcome};
use sagewarden_local::{Call, Guard, Guarded, SimulatedAccount};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at};

use crate::monitors::{FOLDER, FOUND, REPORT, alerts, execute, monitored, of_type, settled};

/// Objects whose content may not be read until it is granted.
#[derive(Default)]
struct Denying {
    granted: Cell<bool>,
}

impl Guard for Denying {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if self.granted.get() || !call.is_read() {
            return Ok(());
        }
        let context = format!("read `{}`", call.about);
        Err(PortError::new(PortErrorKind::Denied, context, "AccessDenied: Access Denied"))
    }
}

fn handle(local: &Local, objects: &Guarded<SimulatedAccount, Denying>, event: &Event) -> Outcome {
    let world = local.system.world().with_objects(objects.clone(), Absent);
    let moment = Moment { now: at(86_430), owner: "test".to_owned() };
    let outcome = block_on(route::alert_drift(&world, event, &moment));
    outcome.unwrap_or_else(|| Err(Failure::Reject(format!("{event:?} is not for it"))))
}

/// Delivers the waiting events to `alert-drift` alone; returns how many are to be retried.
fn deliver(local: &Local, objects: &Guarded<SimulatedAccount, Denying>, events: &[Event]) -> usize {
    let outcomes = events.iter().map(|event| handle(local, objects, event));
    outcomes.filter(|outcome| matches!(outcome, Err(Failure::Retry(_)))).count()
}

fn check(local: &Local, permission: &str) -> Result<()> {
    let objects = Guarded::new(local.system.account.clone(), Denying::default());
    let mut events = Vec::new();
    for event in local.system.account.drain_events()? {
        events.extend(decode(&event.to_string())?);
    }
    events.retain(|event| match event {
        Event::ResourceChanged(change) => change.resource.name == "e1",
        other => matches!(other, Event::ObjectCreated(_)),
    });
    for _ in 0..2 {
        assert!(deliver(local, &objects, &events) > 0, "it comes again");
    }
    let told = of_type(local, MONITORING_FAILED)?;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["cause"], "report-denied");
    assert!(told[0]["advice"].as_str().is_some_and(|words| words.contains(permission)), "{}", told[0]);
    assert_eq!(alerts(local)?.len(), 0);
    objects.guard.granted.set(true);
    assert_eq!(deliver(local, &objects, &events), 0);
    assert_eq!(alerts(local)?.len(), 1, "what it says is told after all");
    assert_eq!(of_type(local, MONITORING_FAILED)?.len(), 1);
    Ok(())
}

#[test]
fn a_report_that_may_not_be_read_is_told_with_the_permission_that_is_missing() -> Result<()> {
    let local = settled(monitored()?)?;
    execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
    let permission = format!("s3:GetObject on arn:aws:s3:::bucket/{FOLDER}/constraint_violations.json");
    check(&local, &permission)
}

#[test]
fn an_evaluation_that_may_not_be_read_is_told_as_well() -> Result<()> {
    let local = settled(monitored()?)?;
    crate::windows::evaluate(&local, 9, 1_000, true, &["f"], 86_400)?;
    let folder = crate::windows::folder(9);
    check(&local, &format!("s3:GetObject on arn:aws:s3:::sagewarden/{folder}/evaluation.json"))
}
