//! Weights decide which model of an endpoint answers how often. They change without a configuration; shadows answer nobody.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::rc::Rc;

use futures::executor::block_on;
use sagewarden_events::{Actor, ResourceKind, decode};
use sagewarden_govern::{Ask, Moment, Question, answer, route};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::chain::Chain;
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::rows::node::TRAFFIC;
use sagewarden_local::{Counts, System};
use sagewarden_tests::local::{Local, at, model};
use sagewarden_tests::{Result, guarded};
use serde_json::{Value, json};

fn caller() -> Actor {
    Actor { arn: Some("arn:aws:iam::111122223333:user/eve".to_owned()), ..Actor::default() }
}

fn variant(name: &str, model: &str) -> Value {
    json!({ "VariantName": name, "ModelName": model, "InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge" })
}

/// The endpoint `prod` serves the models `m` and `other`, and has `shade` in its shadow.
fn serving() -> Result<Local> {
    let local = Local::new()?;
    for name in ["m", "other", "shade"] {
        local.create(ResourceKind::Model, &model(name), 0)?;
    }
    let config = json!({
        "EndpointConfigName": "c",
        "ProductionVariants": [variant("champion", "m"), variant("challenger", "other")],
        "ShadowProductionVariants": [variant("shadow", "shade")],
    });
    local.create(ResourceKind::EndpointConfig, &config, 1)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "c" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 2)?;
    local.system.account.finish_endpoint(&endpoint, at(100))?;
    local.settle()?;
    Ok(local)
}

/// Somebody changes variants, and the endpoint is in service again half a minute later.
fn change(local: &Local, variants: &Value, after: i64) -> Result<()> {
    let request = json!({ "EndpointName": "prod", "DesiredWeightsAndCapacities": variants });
    let endpoint = local.system.account.update_weights(&request, &caller(), at(after))?;
    local.system.account.finish_endpoint(&endpoint, at(after + 30))?;
    local.settle()?;
    Ok(())
}

fn shares(champion: f64, challenger: f64) -> Value {
    json!([
        { "VariantName": "champion", "DesiredWeight": champion },
        { "VariantName": "challenger", "DesiredWeight": challenger },
    ])
}

fn ask(system: &System, question: &Question) -> Reply {
    block_on(answer(&system.store, question, &|| false)).unwrap()
}

/// The weights in the lineage of the endpoint, now or at a time.
fn weights(system: &System, after: Option<i64>) -> Option<String> {
    let question =
        Question { at: after.map(|after| at(after).to_string()), ..Question::about("endpoint/prod") };
    let Reply::Lineage(answer) = ask(system, &question) else { panic!("no lineage") };
    let endpoint = system.account.resource(ResourceKind::Endpoint, "prod");
    let node = answer.graph.nodes.get(&NodeId::endpoint(&endpoint)).unwrap();
    node.text(TRAFFIC).map(str::to_owned)
}

fn history(system: &System) -> Vec<String> {
    let question = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    let Reply::History(history) = ask(system, &question) else { panic!("no history") };
    history.entries.into_iter().map(|entry| entry.text).collect()
}

#[test]
fn weights_are_recorded_with_their_time_and_caller_until_another_configuration_comes() -> Result<()> {
    let local = serving()?;
    let system = &local.system;
    assert_eq!(weights(system, None), None, "as the configuration says");
    change(&local, &shares(0.9, 0.1), 200)?;
    change(&local, &shares(0.5, 0.5), 300)?;
    let since = |weights: &str, after: i64| Some(format!("{weights} since {}", at(after)));
    assert_eq!(weights(system, None), since("champion 0.5, challenger 0.5", 300));
    assert_eq!(weights(system, Some(299)), since("champion 0.9, challenger 0.1", 200));
    assert_eq!(weights(system, Some(199)), None);
    let entries = history(system);
    let has = |words: &str| entries.iter().any(|text| text.contains(words));
    assert!(
        has("the weights of variants became champion 0.9, challenger 0.1, by arn:aws:iam"),
        "{entries:#?}"
    );
    assert!(has("the weights of variants became champion 0.5, challenger 0.5"), "{entries:#?}");

    let config = json!({ "EndpointConfigName": "next", "ProductionVariants": [variant("champion", "m")] });
    local.create(ResourceKind::EndpointConfig, &config, 390)?;
    system.account.update_endpoint("prod", "next", Some(&caller()), at(400))?;
    let endpoint = system.account.resource(ResourceKind::Endpoint, "prod");
    system.account.finish_endpoint(&endpoint, at(430))?;
    local.settle()?;
    assert_eq!(weights(system, None), None, "they were of the configuration before");
    assert_eq!(weights(system, Some(399)), since("champion 0.5, challenger 0.5", 300));
    Ok(())
}

#[test]
fn automatic_scaling_moves_no_traffic() -> Result<()> {
    let local = serving()?;
    change(&local, &json!([{ "VariantName": "champion", "DesiredInstanceCount": 4 }]), 200)?;
    assert_eq!(weights(&local.system, None), None);
    assert!(!history(&local.system).iter().any(|text| text.contains("weights")));
    Ok(())
}

#[test]
fn a_call_about_weights_is_recorded_twice_as_once_and_asks_nothing() -> Result<()> {
    let local = serving()?;
    let request = json!({ "EndpointName": "prod", "DesiredWeightsAndCapacities": shares(0.9, 0.1) });
    local.system.account.update_weights(&request, &caller(), at(200))?;
    let events = local.system.account.drain_events()?;
    let call = events.iter().find(|event| event.pointer("/detail/eventName").is_some()).unwrap();
    let counts = Rc::new(Counts::default());
    let world = guarded::world(&local.system, &counts);
    let moment = Moment { now: at(201), owner: "test".to_owned() };
    let mut items = Vec::new();
    for _ in 0..2 {
        for event in decode(&call.to_string())? {
            block_on(route::record_lineage(&world, &event, &moment)).unwrap()?;
            block_on(route::enforce_policy(&world, &local.system.judging(), &event, &moment)).unwrap()?;
        }
        items.push(local.system.store.items()?);
    }
    assert_eq!(items.first(), items.last());
    let calls = counts.take();
    assert!(!calls.keys().any(|method| method.starts_with("Account::")), "{calls:?}");
    assert_eq!(calls.get("Table::write"), Some(&2), "{calls:?}");
    Ok(())
}

#[test]
fn a_shadow_is_kept_apart_from_what_answers() -> Result<()> {
    let local = serving()?;
    let Reply::Lineage(answer) = ask(&local.system, &Question::about("endpoint/prod")) else {
        panic!("no lineage")
    };
    let chain = Chain::of(&answer.graph);
    let names = |models: &[sagewarden_lineage::chain::Named]| -> Vec<String> {
        models.iter().map(|model| model.name.clone()).collect()
    };
    assert_eq!(names(&chain.models), ["m", "other"]);
    assert_eq!(names(&chain.shadow_models), ["shade"]);
    let entries = history(&local.system);
    assert!(entries.iter().any(|text| text.contains("with model m, other, in shadow shade")), "{entries:#?}");
    Ok(())
}
