//! Inference components put models onto an endpoint without a configuration, and without an event of their own: only calls report them.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]

use futures::executor::block_on;
use sagewarden_events::{Actor, Resource, ResourceKind};
use sagewarden_govern::route::{Handled, Judging};
use sagewarden_govern::{
    Ask, BundleInForce, Failure, Moment, POLICY_VIOLATION, Question, Sweep, SweepStep, answer,
};
use sagewarden_lineage::answer::Reply;
use sagewarden_local::{NoticeLog, QuarantineLog, Store, Story, System};
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::Result;
use sagewarden_tests::local::{Local, SETTINGS, at, model};
use serde_json::{Value, json};

const BUCKETS: &str = "\n[artifacts]\nallowed_buckets = [\"models\"]\n";

fn caller() -> Actor {
    Actor { arn: Some("arn:aws:iam::111122223333:user/eve".to_owned()), ..Actor::default() }
}

fn component(name: &str, specification: &Value) -> Value {
    json!({
        "InferenceComponentName": name,
        "EndpointName": "prod",
        "VariantName": "AllTraffic",
        "Specification": specification,
        "RuntimeConfig": { "CopyCount": 1 },
    })
}

fn names(model: &str) -> Value {
    json!({ "ModelName": model })
}

/// An image with an artifact that no model names.
fn own(bucket: &str) -> Value {
    json!({ "Container": {
        "Image": "repository/other@sha256:11111111", "ArtifactUrl": format!("s3://{bucket}/challenger.tar.gz"),
    } })
}

/// The endpoint `prod` serves the model `m`, and the model `other` exists.
fn serving() -> Result<Local> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{BUCKETS}"))?)?;
    local.serve()?;
    local.create(ResourceKind::Model, &model("other"), 110)?;
    for bucket in ["models", "elsewhere"] {
        local.system.account.put_object(bucket, "challenger.tar.gz", b"weights", at(111))?;
    }
    Ok(local)
}

impl Steps<'_> {
    fn put(&self, name: &str, specification: &Value, after: i64) -> Result<Resource> {
        let created =
            self.0.create(ResourceKind::InferenceComponent, &component(name, specification), after)?;
        self.0.system.account.finish_component(&created, true, at(after + 30))?;
        Ok(created)
    }

    fn change(&self, name: &str, specification: &Value, after: i64) -> Result<()> {
        let request = json!({ "InferenceComponentName": name, "Specification": specification });
        let account = &self.0.system.account;
        let changed = account.update_component("UpdateInferenceComponent", &request, &caller(), at(after))?;
        Ok(account.finish_component(&changed, true, at(after + 30))?)
    }

    fn delete(&self, name: &str, after: i64) -> Result<()> {
        Ok(self.0.system.account.delete_component(name, &caller(), at(after))?)
    }
}

/// The changes that people make to the components of the endpoint.
struct Steps<'a>(&'a Local);

fn ask(system: &System, question: &Question) -> Reply {
    block_on(answer(&system.store, question, &|| false)).unwrap()
}

/// The names of the nodes of some kinds in the lineage of the endpoint, now or at a time.
fn runs(system: &System, after: Option<i64>, kinds: &[&str]) -> Vec<String> {
    let question =
        Question { at: after.map(|after| at(after).to_string()), ..Question::about("endpoint/prod") };
    let Reply::Lineage(answer) = ask(system, &question) else { panic!("no lineage") };
    let nodes = answer.graph.nodes.values().filter(|node| kinds.contains(&node.id.kind().word()));
    let mut names: Vec<String> = nodes.map(|node| node.name().to_owned()).collect();
    names.sort();
    names
}

/// The endpoints that run something built from an entity, each with the component that puts it there.
fn impact(system: &System, entity: &str, after: Option<i64>) -> Vec<(String, Option<String>)> {
    let question = Question {
        ask: Ask::Impact,
        at: after.map(|after| at(after).to_string()),
        ..Question::about(entity)
    };
    let Reply::Impact(impact) = ask(system, &question) else { panic!("no impact") };
    assert!(impact.complete, "{:?}", impact.missing);
    impact.endpoints.into_iter().map(|live| (live.endpoint, live.component)).collect()
}

fn on_prod(component: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![("prod".to_owned(), component.map(str::to_owned))]
}

const MODELS: &[&str] = &["model"];

#[test]
fn a_component_puts_another_model_onto_an_endpoint_until_it_is_deleted() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    steps.put("challenger", &names("other"), 200)?;
    local.settle()?;
    assert_eq!(runs(system, None, MODELS), ["m", "other"]);
    assert_eq!(impact(system, "model/other", None), on_prod(Some("challenger")));
    assert_eq!(impact(system, "model/m", None), on_prod(None));
    assert_eq!(runs(system, Some(199), MODELS), ["m"], "it was not there yet");

    steps.delete("challenger", 300)?;
    local.settle()?;
    assert_eq!(runs(system, None, MODELS), ["m"]);
    assert_eq!(impact(system, "model/other", None), []);
    assert_eq!(runs(system, Some(299), MODELS), ["m", "other"], "it was there then");
    assert_eq!(impact(system, "model/other", Some(299)), on_prod(Some("challenger")));
    assert_eq!(impact(system, "model/other", Some(300)), []);
    let past = Question { past: true, ..Question::about("endpoint/prod") };
    let Reply::Lineage(past) = ask(system, &past) else { panic!("no lineage") };
    assert!(
        past.graph.edges.iter().any(|edge| edge.role == "former" && edge.from.last_name() == "challenger")
    );
    Ok(())
}

#[test]
fn a_component_that_changes_runs_what_the_last_call_asked_for() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    steps.put("challenger", &names("other"), 200)?;
    local.settle()?;
    steps.change("challenger", &own("models"), 300)?;
    let copies =
        json!({ "InferenceComponentName": "challenger", "DesiredRuntimeConfig": { "CopyCount": 2 } });
    system.account.update_component("UpdateInferenceComponentRuntimeConfig", &copies, &caller(), at(400))?;
    local.settle()?;
    assert_eq!(runs(system, None, MODELS), ["m"]);
    let images = runs(system, None, &["artifact", "image"]);
    assert!(images.iter().any(|name| name.contains("challenger.tar.gz")), "{images:?}");
    assert!(images.iter().any(|name| name.contains("11111111")), "{images:?}");
    assert_eq!(impact(system, "model/other", None), []);
    assert_eq!(impact(system, "s3://models/challenger.tar.gz", None), on_prod(Some("challenger")));
    assert_eq!(runs(system, Some(299), MODELS), ["m", "other"]);
    assert_eq!(impact(system, "s3://models/challenger.tar.gz", Some(299)), []);
    Ok(())
}

#[test]
fn what_a_component_runs_without_a_model_is_in_the_inventory() -> Result<()> {
    let local = Local::with(Bundle::embedded()?.with_settings(&format!("{SETTINGS}{BUCKETS}"))?)?;
    let config = json!({
        "EndpointConfigName": "room", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
        "ProductionVariants": [{ "VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1 }],
    });
    local.create(ResourceKind::EndpointConfig, &config, 1)?;
    let endpoint = json!({ "EndpointName": "prod", "EndpointConfigName": "room" });
    let endpoint = local.create(ResourceKind::Endpoint, &endpoint, 2)?;
    local.system.account.finish_endpoint(&endpoint, at(100))?;
    local.system.account.put_object("models", "challenger.tar.gz", b"weights", at(111))?;
    Steps(&local).put("challenger", &own("models"), 200)?;
    local.settle()?;
    let Reply::Listing(list) = ask(&local.system, &Question { ask: Ask::Inventory, ..Question::default() })
    else {
        panic!("no list")
    };
    let items = json!(list.items);
    assert_eq!((&items[0]["model"], &items[0]["endpoint"]), (&json!("component challenger"), &json!("prod")));
    assert_eq!(items[0]["since"], json!(at(200)), "{items:#}");
    Ok(())
}

#[test]
fn an_adapter_leads_to_its_base() -> Result<()> {
    let local = serving()?;
    let steps = Steps(&local);
    steps.put("base", &names("other"), 200)?;
    let adapter = json!({ "BaseInferenceComponentName": "base", "Container": { "ArtifactUrl": "s3://models/challenger.tar.gz" } });
    steps.put("adapter", &adapter, 300)?;
    // The call that created the base is lost: it is recorded by the adapter that names it.
    let events = local.system.account.drain_events()?;
    let of_base = |event: &Value| {
        event.pointer("/detail/requestParameters/inferenceComponentName") == Some(&json!("base"))
    };
    for event in events.iter().filter(|event| !of_base(event)) {
        local.deliver(&event.to_string())?;
    }
    let inputs = local.inputs("inference-component/adapter", "inference-component")?;
    assert!(inputs.contains(&("adapts/0".to_owned(), "base".to_owned())), "{inputs:?}");
    assert!(inputs.contains(&("model/0".to_owned(), "other".to_owned())), "{inputs:?}");
    assert_eq!(runs(&local.system, None, MODELS), ["m", "other"], "by the adapter");
    Ok(())
}

#[test]
fn a_component_that_failed_or_whose_endpoint_is_gone_runs_nothing() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    steps.put("challenger", &names("other"), 200)?;
    let failed = local.create(ResourceKind::InferenceComponent, &component("failed", &own("models")), 210)?;
    system.account.finish_component(&failed, false, at(220))?;
    local.settle()?;
    assert_eq!(impact(system, "s3://models/challenger.tar.gz", None), []);
    assert_eq!(impact(system, "model/other", None), on_prod(Some("challenger")));
    system.account.delete(&system.account.resource(ResourceKind::Endpoint, "prod"), at(300))?;
    local.settle()?;
    assert_eq!(impact(system, "model/other", None), []);
    assert_eq!(runs(system, None, MODELS), Vec::<String>::new());
    assert_eq!(impact(system, "model/other", Some(299)), on_prod(Some("challenger")));
    Ok(())
}

#[test]
fn a_component_with_a_foreign_artifact_is_found_and_marked_and_stays() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    local.settle()?;
    let before = local.sent()?.len();
    let challenger = steps.put("challenger", &own("elsewhere"), 200)?;
    local.settle()?;
    let sent = local.sent()?;
    let found = &sent[before..];
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].detail_type, POLICY_VIOLATION);
    let detail = &found[0].detail;
    assert_eq!(detail.pointer("/resource/arn"), Some(&json!(challenger.arn())));
    assert_eq!(detail.pointer("/findings/0/control"), Some(&json!("INC-ART-01")), "{detail}");
    assert_eq!(detail.pointer("/remediation/action"), Some(&json!("AddTags")), "{detail}");
    assert!(system.account.tag_map(&challenger)?.contains_key("sagewarden:violation"));
    assert!(system.account.describe_document(&challenger).is_ok(), "it still serves");

    steps.change("challenger", &own("models"), 300)?;
    local.settle()?;
    let history = Question { ask: Ask::History, ..Question::about("endpoint/prod") };
    let Reply::History(history) = ask(system, &history) else { panic!("no history") };
    let texts: Vec<&str> = history.entries.iter().map(|entry| entry.text.as_str()).collect();
    let has = |words: &str| texts.iter().any(|text| text.contains(words));
    assert!(has("inference component challenger was put onto the endpoint"), "{texts:#?}");
    assert!(has("challenger was judged violating; failed: INC-ART-01"), "{texts:#?}");
    Ok(())
}

/// The same account with an empty lineage.
fn fresh(system: &System) -> Result<System> {
    let store = Store::in_memory()?;
    let account = system.account.copied(store.clone())?;
    let notices = NoticeLog::new(store.clone());
    Ok(System { notices, quarantine: QuarantineLog::new(store.clone()), account, store, ..system.clone() })
}

fn deliver(system: &System, events: &[Value]) -> Result<()> {
    let mut waiting: Vec<&Value> = events.iter().collect();
    for _ in 0..5 {
        let mut again = Vec::new();
        for event in waiting {
            let handled = block_on(system.deliver(&event.to_string(), at(1_000)))?;
            let is_late = |each: &Handled| matches!(each.outcome, Err(Failure::Retry(_)));
            if handled.iter().any(|each| each.function == "record-lineage" && is_late(each)) {
                again.push(event);
            }
        }
        waiting = again;
    }
    assert!(waiting.is_empty(), "some events never came to an end");
    Ok(())
}

fn lineage_items(system: &System) -> Vec<String> {
    let judged = |sk: &str| sk.starts_with("V#") || sk.starts_with("VK#");
    let is_own = |pk: &str, sk: &str| !judged(sk) && !pk.starts_with("E#") && !pk.starts_with("K#judged");
    let items = system.store.items().unwrap().into_iter();
    items.filter(|item| is_own(&item.key.pk, &item.key.sk)).map(|item| format!("{item:?}")).collect()
}

/// Swaps the events by a seed.
fn shuffled(events: &[Value], seed: u64) -> Vec<Value> {
    let mut events = events.to_vec();
    let mut state = seed.wrapping_mul(0x5851_f42d_4c95_7f2d) | 1;
    for index in (1..events.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        events.swap(index, usize::try_from((state >> 33) % (index as u64 + 1)).unwrap());
    }
    events
}

#[test]
fn calls_in_any_order_and_twice_end_in_the_same_state() -> Result<()> {
    let local = serving()?;
    let steps = Steps(&local);
    steps.put("challenger", &names("other"), 200)?;
    steps.put("short", &own("models"), 210)?;
    steps.put("again", &names("m"), 220)?;
    let mut events = local.system.account.drain_events()?;
    let there = fresh(&local.system)?;
    steps.change("challenger", &own("models"), 300)?;
    steps.change("challenger", &names("m"), 400)?;
    steps.delete("short", 500)?;
    steps.delete("again", 510)?;
    steps.put("again", &names("other"), 600)?;
    let later = local.system.account.drain_events()?;
    let before = events.clone();
    events.extend(later.iter().cloned());

    // The events before the first change come while all resources exist; the others, and all of them again, come after the end.
    let play = |seed: Option<u64>| -> Result<System> {
        let order =
            |events: &[Value], add: u64| seed.map_or(events.to_vec(), |seed| shuffled(events, seed + add));
        let early = System { account: there.account.clone(), ..fresh(&local.system)? };
        deliver(&early, &order(&before, 0))?;
        let late = System { account: local.system.account.clone(), ..early };
        deliver(&late, &order(&later, 1_000))?;
        deliver(&late, &order(&events, 2_000))?;
        Ok(late)
    };
    let straight = play(None)?;
    assert_eq!(runs(&straight, None, &["inference-component"]), ["again", "challenger"]);
    assert_eq!(runs(&straight, Some(450), &["inference-component"]), ["again", "challenger", "short"]);
    assert_eq!(impact(&straight, "model/other", None), on_prod(Some("again")));
    let wanted = lineage_items(&straight);
    for seed in 0..24 {
        let found = lineage_items(&play(Some(seed))?);
        let new: Vec<&String> = found.iter().filter(|item| !wanted.contains(item)).collect();
        let lost: Vec<&String> = wanted.iter().filter(|item| !found.contains(item)).collect();
        assert!(new.is_empty() && lost.is_empty(), "seed {seed}: new {new:#?}, lost {lost:#?}");
    }
    Ok(())
}

/// The rows of the lineage without the marks of sweeps and verdicts.
fn rows_of_the_lineage(system: &System) -> Vec<String> {
    let is_beside =
        |item: &String| ["pk: \"K#sweep", "pk: \"K#seen", "pk: \"V#"].iter().any(|one| item.contains(one));
    lineage_items(system).into_iter().filter(|item| !is_beside(item)).collect()
}

/// Looks at every component of the account, as `reconcile` does.
fn sweep(system: &System, after: i64) -> Result<()> {
    let bundle = Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe);
    let judging = Judging::new(BundleInForce::new(bundle.clone().into(), None, None));
    let moment = Moment { now: at(after), owner: "sweep".to_owned() };
    let world = system.world();
    let sweep = Sweep::new(&world, &world.account, &judging, &bundle, Story::REGION, at(after));
    let mut row = sweep.first(ResourceKind::InferenceComponent, None, None);
    while let SweepStep::More = block_on(sweep.step(&mut row, &moment, &mut |_| ()))? {}
    Ok(())
}

/// The gaps of a component's newest version.
fn gaps(system: &System, component: &str) -> String {
    let Reply::Lineage(answer) = ask(system, &Question::about(format!("inference-component/{component}")))
    else {
        panic!("no lineage")
    };
    answer.graph.gaps().join("; ")
}

#[test]
fn a_sweep_finds_a_component_whose_calls_were_lost() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    local.settle()?;
    steps.put("challenger", &names("other"), 200)?;
    let _lost = system.account.drain_events()?;
    sweep(system, 400)?;
    assert_eq!(runs(system, None, MODELS), ["m", "other"]);
    assert_eq!(impact(system, "model/other", None), on_prod(Some("challenger")));
    assert_eq!(runs(system, Some(199), MODELS), ["m"]);
    assert_eq!(gaps(system, "challenger"), "");

    // It was changed long after its creation, and that call was lost, too.
    steps.change("challenger", &own("models"), 9_000)?;
    let _lost = system.account.drain_events()?;
    sweep(system, 9_500)?;
    assert_eq!(impact(system, "model/other", None), []);
    assert_eq!(impact(system, "s3://models/challenger.tar.gz", None), on_prod(Some("challenger")));
    assert_eq!(impact(system, "model/other", Some(8_000)), on_prod(Some("challenger")));
    assert!(
        gaps(system, "challenger").contains("may have run something else before"),
        "{}",
        gaps(system, "challenger")
    );
    let once = rows_of_the_lineage(system);
    sweep(system, 9_600)?;
    assert_eq!(rows_of_the_lineage(system), once, "a sweep behind a sweep writes nothing");
    Ok(())
}

#[test]
fn a_sweep_leaves_what_calls_have_told() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    steps.put("challenger", &names("other"), 200)?;
    local.settle()?;
    steps.change("challenger", &own("models"), 9_000)?;
    local.settle()?;
    // More copies change nothing of what it runs.
    let copies =
        json!({ "InferenceComponentName": "challenger", "DesiredRuntimeConfig": { "CopyCount": 2 } });
    system.account.update_component(
        "UpdateInferenceComponentRuntimeConfig",
        &copies,
        &caller(),
        at(20_000),
    )?;
    local.settle()?;
    let told = rows_of_the_lineage(system);
    sweep(system, 30_000)?;
    let found = rows_of_the_lineage(system);
    let new: Vec<&String> = found.iter().filter(|item| !told.contains(item)).collect();
    assert!(new.is_empty() && found.len() == told.len(), "{new:#?}");
    assert_eq!(impact(system, "model/other", Some(8_000)), on_prod(Some("challenger")));
    assert_eq!(impact(system, "s3://models/challenger.tar.gz", Some(8_000)), []);
    Ok(())
}

#[test]
fn a_component_that_is_found_long_after_its_last_change_counts_from_there() -> Result<()> {
    let local = serving()?;
    let (steps, system) = (Steps(&local), &local.system);
    local.settle()?;
    steps.put("challenger", &names("m"), 200)?;
    steps.change("challenger", &names("other"), 9_000)?;
    let events = system.account.drain_events()?;
    sweep(system, 20_000)?;
    assert_eq!(impact(system, "model/other", None), on_prod(Some("challenger")));
    assert_eq!(impact(system, "model/other", Some(5_000)), [], "nobody knows what it ran then");
    assert!(gaps(system, "challenger").contains("may have run something else before"));

    // The calls come late.
    deliver(system, &events)?;
    assert_eq!(impact(system, "model/m", Some(5_000)).len(), 2, "by the configuration and by the component");
    assert_eq!(impact(system, "model/other", None), on_prod(Some("challenger")));
    Ok(())
}

#[test]
fn a_component_that_is_gone_before_it_is_heard_of_leaves_a_gap() -> Result<()> {
    let local = serving()?;
    let steps = Steps(&local);
    local.settle()?;
    steps.put("short", &names("other"), 200)?;
    steps.delete("short", 300)?;
    deliver(&local.system, &local.system.account.drain_events()?)?;
    let lineage = local.lineage("endpoint/prod")?;
    let gaps = lineage["missing"].to_string();
    assert!(gaps.contains("inference component `short` was deleted before it could be recorded"), "{gaps}");
    assert_eq!(runs(&local.system, None, MODELS), ["m"]);
    Ok(())
}

/// The calls about a component.
fn calls_about(events: &[Value], name: &str) -> Vec<Value> {
    let of = |event: &&Value| {
        event.pointer("/detail/requestParameters/inferenceComponentName") == Some(&json!(name))
    };
    events.iter().filter(of).cloned().collect()
}

#[test]
fn an_adapter_whose_base_is_gone_says_so_and_takes_no_younger_base_for_it() -> Result<()> {
    let local = serving()?;
    local.settle()?;
    let steps = Steps(&local);
    steps.put("base", &names("other"), 200)?;
    let adapter = json!({ "BaseInferenceComponentName": "base", "Container": { "ArtifactUrl": "s3://models/challenger.tar.gz" } });
    steps.put("adapter", &adapter, 300)?;
    steps.delete("base", 350)?;
    let events = local.system.account.drain_events()?;
    // The calls about the first base are lost. Another one with its name comes later.
    steps.put("base", &names("m"), 400)?;
    let later = local.system.account.drain_events()?;
    for event in calls_about(&later, "base").iter().chain(&calls_about(&events, "adapter")) {
        local.deliver(&event.to_string())?;
    }
    let inputs = local.inputs("inference-component/adapter", "inference-component")?;
    assert!(!inputs.iter().any(|(role, _)| role.starts_with("adapts/")), "{inputs:?}");
    let gaps = local.lineage("inference-component/adapter")?["missing"].to_string();
    assert!(gaps.contains("inference component `base` was deleted before it could be recorded"), "{gaps}");
    Ok(())
}

#[test]
fn a_thousand_components_on_an_endpoint_are_all_there_or_the_answer_says_that_it_is_cut() -> Result<()> {
    const MANY: usize = 1_000;
    let local = serving()?;
    local.settle()?;
    let (steps, system) = (Steps(&local), &local.system);
    for number in 0..MANY {
        steps.put(&format!("c-{number}"), &names("other"), 200 + i64::try_from(number)?)?;
    }
    local.settle()?;
    let on_endpoint = runs(system, None, &["inference-component"]);
    assert_eq!(on_endpoint.len(), MANY);
    assert_eq!(runs(system, None, MODELS), ["m", "other"]);
    assert_eq!(impact(system, "model/other", None).len(), MANY);
    let few = Question { max_nodes: Some(100), ..Question::about("endpoint/prod") };
    let Reply::Lineage(answer) = ask(system, &few) else { panic!("no lineage") };
    assert!(
        answer.graph.nodes.len() <= 100 && answer.graph.stopped_by.is_some(),
        "{:?}",
        answer.graph.stopped_by
    );
    for number in 0..MANY {
        steps.delete(&format!("c-{number}"), 2_000 + i64::try_from(number)?)?;
    }
    local.settle()?;
    assert_eq!(runs(system, None, &["inference-component"]), Vec::<String>::new());
    assert_eq!(impact(system, "model/other", None), []);
    Ok(())
}
