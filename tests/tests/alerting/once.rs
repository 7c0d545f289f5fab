//! Reads that happen only once: the evaluation of a judged window, and the chain behind an endpoint.

use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{Event, ResourceKind, decode};
use sagewarden_govern::ports::PortError;
use sagewarden_govern::{Absent, Done, Moment, Ports, RETRAINING_SUGGESTED, route};
use sagewarden_local::{Call, Guard, Guarded};
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, at, endpoint_config, model};

use crate::monitors::{FOUND, REPORT, alerts, execute, monitored, of_type, settled};
use crate::windows::{DAY, evaluate, folder};

fn events(local: &Local) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for event in local.system.account.drain_events()? {
        events.extend(decode(&event.to_string())?);
    }
    Ok(events)
}

/// The keys that were read.
#[derive(Default)]
struct Reads(RefCell<Vec<String>>);

impl Guard for Reads {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.is_read() {
            self.0.borrow_mut().push(call.about.to_owned());
        }
        Ok(())
    }
}

#[test]
fn a_judged_window_has_one_event_that_matters_and_its_evaluation_is_read_once() -> Result<()> {
    let local = settled(monitored()?)?;
    evaluate(&local, 9, 1_000, true, &["f"], DAY + 3_700)?;
    let objects = Guarded::new(local.system.account.clone(), Reads::default());
    let world = local.system.world().with_objects(objects.clone(), Absent);
    let moment = Moment { now: at(DAY + 3_700), owner: "test".to_owned() };
    let mut outcomes = Vec::new();
    for event in events(&local)? {
        outcomes.extend(block_on(route::alert_drift(&world, &event, &moment)));
    }
    let beside =
        format!("`{}/constraint_violations.json` lies beside the evaluation of its window", folder(9));
    assert_eq!(outcomes.len(), 2);
    assert_eq!(outcomes[0].as_ref().ok(), Some(&Done::Nothing(beside)));
    assert!(
        matches!(&outcomes[1], Ok(Done::Acted(text)) if text.starts_with("alert sent: ")),
        "{outcomes:?}"
    );
    assert_eq!(objects.guard.0.take(), [format!("s3://sagewarden/{}/evaluation.json", folder(9))]);
    Ok(())
}

/// The partitions that were queried.
#[derive(Default)]
struct Queries(RefCell<Vec<String>>);

impl Guard for Queries {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if call.method == "Table::query" {
            self.0.borrow_mut().push(call.about.to_owned());
        }
        Ok(())
    }
}

#[test]
fn what_lies_behind_an_endpoint_is_found_out_once_for_alert_and_suggestion() -> Result<()> {
    let local = settled(monitored()?)?;
    local.create(ResourceKind::Model, &model("second"), 300)?;
    local.create(ResourceKind::EndpointConfig, &endpoint_config("c2", "second"), 301)?;
    let account = &local.system.account;
    account.update_endpoint("prod", "c2", None, at(400))?;
    account.finish_endpoint(&account.resource(ResourceKind::Endpoint, "prod"), at(500))?;
    local.settle()?;
    execute(&local, "e1", Some(REPORT), FOUND, DAY)?;
    let table = Guarded::new(local.system.store.clone(), Queries::default());
    let world = local.system.world().with_table(table.clone());
    let moment = Moment { now: at(DAY + 60), owner: "test".to_owned() };
    for event in events(&local)? {
        block_on(route::alert_drift(&world, &event, &moment)).transpose()?;
    }
    assert_eq!((alerts(&local)?.len(), of_type(&local, RETRAINING_SUGGESTED)?.len()), (1, 1));
    assert!(alerts(&local)?[0]["changed_by_deployment"]["changes"].is_array());
    // Only the comparison asks for the verdicts on the model before.
    let queries = table.guard.0.take();
    let of_former: Vec<&String> = queries.iter().filter(|partition| partition.contains("/m@")).collect();
    assert_eq!(of_former.len(), 1, "{queries:?}");
    Ok(())
}

/// The described resources, and the number of writes to the table.
#[derive(Default)]
struct Repeated(RefCell<Vec<String>>);

impl Guard for Repeated {
    fn ask(&self, call: Call<'_>) -> std::result::Result<(), PortError> {
        if matches!(call.method, "Account::describe" | "Table::write") {
            self.0.borrow_mut().push(format!("{} {}", call.method, call.about));
        }
        Ok(())
    }
}

#[test]
fn a_window_that_was_recorded_and_published_is_asked_about_and_not_recorded_anew() -> Result<()> {
    let local = settled(monitored()?)?;
    evaluate(&local, 9, 1_000, true, &["f"], DAY + 3_700)?;
    let events = events(&local)?;
    let deliver = |events: &[Event]| -> Vec<String> {
        let repeated = Rc::new(Repeated::default());
        let world = local.system.world();
        let world = Ports {
            account: Guarded::behind(world.account, &repeated),
            table: Guarded::behind(world.table, &repeated),
            remedies: world.remedies,
            objects: world.objects,
            files: world.files,
            source: world.source,
            roles: world.roles,
            keys: world.keys,
            bus: world.bus,
            metrics: world.metrics,
            given: world.given,
        };
        let moment = Moment { now: at(DAY + 3_700), owner: "test".to_owned() };
        for event in events {
            let _ended = block_on(route::alert_drift(&world, event, &moment));
        }
        repeated.0.take()
    };
    assert!(deliver(&events).iter().any(|call| call.starts_with("Table::write")));
    assert_eq!(alerts(&local)?.len(), 1);
    assert_eq!(deliver(&events), Vec::<String>::new(), "nothing is described or written the second time");
    assert_eq!(alerts(&local)?.len(), 1);
    // More rows are another evaluation, whose record is the newer one.
    evaluate(&local, 9, 2_000, true, &["f"], DAY + 3_800)?;
    assert!(!deliver(&self::events(&local)?).is_empty());
    assert!(local.lineage("endpoint/prod")?.to_string().contains("2000"));
    assert_eq!(alerts(&local)?.len(), 1);
    Ok(())
}
