//! The commands that an alert names.

use futures::executor::block_on;
use sagewarden_events::decode;
use sagewarden_govern::{Moment, route};
use sagewarden_tests::Result;
use sagewarden_tests::local::at;

use super::monitors::{FOUND, REPORT, alerts, execute, monitored, settled};

#[test]
fn an_alert_names_commands_that_ask_the_stack_it_came_from() -> Result<()> {
    for (stack, options) in
        [(None, ""), (Some("governance".to_owned()), " --stack governance --region eu-west-1")]
    {
        let local = settled(monitored()?)?;
        execute(&local, "e1", Some(REPORT), FOUND, 86_400)?;
        let mut world = local.system.world();
        world.given.stack = stack;
        let moment = Moment { now: at(86_500), owner: "test".to_owned() };
        for event in local.system.account.drain_events()? {
            for event in decode(&event.to_string())? {
                let _ended = block_on(route::alert_drift(&world, &event, &moment));
            }
        }
        let alert = alerts(&local)?.pop().ok_or("no alert")?;
        let history = format!("sagewarden history endpoint/prod{options}");
        assert_eq!(alert["look_at"][1], history, "{alert:#}");
        let lineage = alert["look_at"][0].as_str().unwrap_or_default();
        assert!(lineage.starts_with("sagewarden lineage endpoint/prod@2026-"), "{lineage}");
        assert!(lineage.ends_with(&format!("Z{options}")), "{lineage}");
        let advice = alert["advice"].as_str().unwrap_or_default();
        assert!(
            advice.contains(&format!("`{history}`")) && advice.contains(&format!("`{lineage}`")),
            "{advice}"
        );
    }
    Ok(())
}
