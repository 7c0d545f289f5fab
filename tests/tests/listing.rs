//! The lists: their entries, when an entry leaves, and that all pages together are the whole list.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where something is missing"
)]

use std::collections::BTreeSet;

use futures::executor::block_on;
use lookup_lineage::{Bounds, answer as ask_function, answer_url};
use sagewarden_events::{Resource, ResourceKind, Timestamp};
use sagewarden_govern::ports::Table as _;
use sagewarden_govern::{Ask, CountBy, EntryState, NoAnswer, Question, answer};
use sagewarden_lineage::answer::Reply;
use sagewarden_lineage::listing::{FindingItem, Items, Listing};
use sagewarden_lineage::rows::{ArrivedRow, FoundControl, OpenFindingRow, VerdictRow};
use sagewarden_lineage::table::Write;
use sagewarden_local::{Store, Story};
use sagewarden_measure::Chance;
use sagewarden_policy::Bundle;
use sagewarden_settings::Mode;
use sagewarden_tests::local::{Local, SETTINGS, at, endpoint_config, model, notebook, training_job};
use sagewarden_tests::played::Played;
use sagewarden_tests::{Result, root};
use serde_json::{Value, json};

const WAIVER: &str = "[[waivers]]\ncontrol = \"TRN-NET-01\"\nresource = \"arn:aws:sagemaker:*:111122223333:training-job/legacy-*\"\n\
    reason = \"migration\"\napprover = \"jo\"\ngranted = 2026-01-01\nexpires = 2026-12-31\n";

fn list(store: &Store, question: &Question) -> Listing {
    match block_on(answer(store, question, &|| false)).unwrap() {
        Reply::Listing(listing) => {
            // The command reads the list of a deployed stack out of its JSON.
            let read: Listing = serde_json::from_value(json!(listing)).unwrap();
            assert_eq!(json!(read), json!(listing));
            listing
        }
        other => panic!("{other:?}"),
    }
}

fn of(ask: Ask) -> Question {
    Question { ask, now: Some(at(3_600)), ..Question::default() }
}

fn findings(store: &Store, standing: EntryState) -> Vec<FindingItem> {
    match list(store, &Question { state: Some(standing), ..of(Ask::Findings) }).items {
        Items::Findings(items) => items,
        other => panic!("{other:?}"),
    }
}

/// Resource and control of each finding.
fn named(items: &[FindingItem]) -> BTreeSet<(String, String)> {
    items.iter().map(|item| (item.about.name.clone(), item.control.clone())).collect()
}

fn without_network(name: &str) -> Value {
    let mut request = training_job(name, &[]);
    request["VpcConfig"] = Value::Null;
    request
}

fn call(name: &str, parameters: &Value, after: i64) -> Value {
    let path = root().join("events/aws.sagemaker/api-call-via-cloudtrail/delete-model.json");
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    event["detail"]["eventName"] = name.into();
    event["detail"]["requestParameters"] = parameters.clone();
    event["detail"]["eventTime"] = json!(at(after));
    event
}

fn pairs(all: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    all.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

#[test]
fn a_finding_is_open_until_the_resource_keeps_the_control_again() -> Result<()> {
    let settings = format!("{SETTINGS}\n[traceability]\nrequired_tags = [\"Owner\"]\n");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?.with_mode(Mode::Observe))?;
    let model = local.create(ResourceKind::Model, &model("m"), 0)?;
    local.settle()?;
    let store = &local.system.store;
    let open = findings(store, EntryState::Open);
    assert_eq!(named(&open), pairs(&[("m", "MDL-TRC-01")]));
    assert_eq!(open[0].owner.as_deref(), Some("arn:aws:iam::111122223333:user/ana"));
    let tags = [("Owner".to_owned(), "ana".to_owned())].into();
    local.system.account.add_tags(&model, tags)?;
    let event = json!({ "source": "aws.sagemaker" });
    assert!(local.deliver(&event.to_string()).is_ok());
    let path = root().join("events/aws.sagemaker/model-state-change/created.json");
    let mut changed: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    changed["resources"] = json!([model.arn()]);
    changed["detail"]["ModelName"] = "m".into();
    changed["detail"]["ModelArn"] = model.arn().into();
    block_on(local.system.deliver(&changed.to_string(), at(100)))?;
    assert_eq!(findings(store, EntryState::Open), []);
    let closed = findings(store, EntryState::Closed);
    assert_eq!(named(&closed), pairs(&[("m", "MDL-TRC-01")]));
    assert_eq!(closed[0].state, "closed");
    Ok(())
}

/// A judgement or a deletion may come first, and either may come again.
#[test]
fn a_deletion_closes_findings_in_any_order_and_a_new_resource_of_the_name_has_its_own() -> Result<()> {
    for seed in 0..20 {
        let local = Local::with(Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe))?;
        let store = &local.system.store;
        local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
        local.create(ResourceKind::TrainingJob, &without_network("t"), 1)?;
        let mut events = local.system.account.drain_events()?;
        let notebook_gone = call("DeleteNotebookInstance", &json!({ "notebookInstanceName": "ana" }), 500);
        let job_gone = call("DeleteTrainingJob", &json!({ "trainingJobName": "t" }), 500);
        events.extend([notebook_gone.clone(), notebook_gone, job_gone.clone(), job_gone]);
        let mut chance = Chance::new(seed);
        for last in (1..events.len()).rev() {
            events.swap(last, usize::try_from(chance.below(last as u64 + 1))?);
        }
        for event in &events {
            block_on(local.system.deliver(&event.to_string(), at(600)))?;
        }
        assert_eq!(named(&findings(store, EntryState::Open)), pairs(&[]), "seed {seed}");
        let closed = named(&findings(store, EntryState::Closed));
        assert!(closed.contains(&("t".to_owned(), "TRN-NET-01".to_owned())), "seed {seed}: {closed:?}");
        assert!(closed.iter().any(|(name, _)| name == "ana"), "seed {seed}: {closed:?}");
        let erased = list(store, &of(Ask::Erased));
        assert_eq!(json!(erased.items)[0]["name"], "t");
        assert_eq!(
            (erased.items.len(), json!(erased.items)[0]["call"].clone()),
            (1, "DeleteTrainingJob".into())
        );
        // The name is used again.
        let job = local.system.account.resource(ResourceKind::TrainingJob, "t");
        local.system.account.delete(&job, at(601))?;
        local.create(ResourceKind::TrainingJob, &without_network("t"), 700)?;
        local.settle()?;
        assert_eq!(named(&findings(store, EntryState::Open)), pairs(&[("t", "TRN-NET-01")]), "seed {seed}");
    }
    Ok(())
}

#[test]
fn a_deleted_endpoint_leaves_the_lists_of_what_is_live_and_is_there_as_of_a_day_before() -> Result<()> {
    let local = Local::new()?;
    let endpoint = local.serve()?;
    local.settle()?;
    let store = &local.system.store;
    let names = |question: &Question| -> Vec<String> {
        let items = json!(list(store, question).items);
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names(&of(Ask::Endpoints)), ["prod"]);
    assert_eq!(names(&of(Ask::Models)), ["m"]);
    let inventory = json!(list(store, &of(Ask::Inventory)).items);
    assert_eq!((&inventory[0]["model"], &inventory[0]["endpoint"]), (&json!("m"), &json!("prod")));
    assert_eq!(inventory[0]["configuration"], "c");
    local.system.account.delete(&endpoint, at(1_000))?;
    local.settle()?;
    assert_eq!(names(&of(Ask::Endpoints)), Vec::<String>::new());
    assert_eq!(names(&of(Ask::Models)), Vec::<String>::new());
    assert_eq!(names(&Question { state: Some(EntryState::Closed), ..of(Ask::Endpoints) }), ["prod"]);
    assert_eq!(names(&Question { state: Some(EntryState::All), ..of(Ask::Models) }), ["m"]);
    assert_eq!(list(store, &of(Ask::Inventory)).items.len(), 0);
    let then = Some(at(500).to_string());
    assert_eq!(names(&Question { at: then.clone(), ..of(Ask::Endpoints) }), ["prod"]);
    assert_eq!(json!(list(store, &Question { at: then, ..of(Ask::Inventory) }).items)[0]["model"], "m");
    let before = Some("2020-01-01".to_owned());
    assert_eq!(names(&Question { at: before, ..of(Ask::Endpoints) }), Vec::<String>::new());
    Ok(())
}

#[test]
fn what_enforce_would_have_stopped_is_counted_by_owner_and_what_it_did_stop_is_no_part_of_it() -> Result<()> {
    let by_owner = |local: &Local| {
        let question = Question {
            would_have_been_stopped: true,
            by: Some(CountBy::Owner),
            since: Some("7d".to_owned()),
            ..of(Ask::Findings)
        };
        json!(list(&local.system.store, &question).items)
    };
    let observing = Local::with(Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe))?;
    let enforcing = Local::new()?;
    for local in [&observing, &enforcing] {
        for name in ["a", "b"] {
            local.create(ResourceKind::TrainingJob, &without_network(name), 10)?;
        }
        local.settle()?;
    }
    let counted = by_owner(&observing);
    assert_eq!(counted.as_array().map(Vec::len), Some(1), "{counted}");
    assert_eq!((&counted[0]["resources"], &counted[0]["controls"]), (&json!(2), &json!(["TRN-NET-01"])));
    assert_eq!(counted[0]["value"], "arn:aws:iam::111122223333:user/ana");
    assert_eq!(by_owner(&enforcing), json!([]));
    let remedies = json!(list(&enforcing.system.store, &of(Ask::Remedies)).items);
    assert_eq!(remedies.as_array().map(Vec::len), Some(2), "{remedies}");
    assert_eq!(remedies[0]["action"], "StopTrainingJob");
    assert_eq!(list(&observing.system.store, &of(Ask::Remedies)).items.len(), 0);
    Ok(())
}

#[test]
fn a_waiver_is_listed_with_whom_it_covers_and_its_findings_are_not() -> Result<()> {
    let settings = format!("{SETTINGS}\n{WAIVER}");
    let local = Local::with(Bundle::embedded()?.with_settings(&settings)?)?;
    local.create(ResourceKind::TrainingJob, &without_network("legacy-1"), 10)?;
    local.create(ResourceKind::TrainingJob, &without_network("new-1"), 10)?;
    local.settle()?;
    let store = &local.system.store;
    let waivers = json!(list(store, &of(Ask::Waivers)).items);
    assert_eq!(waivers.as_array().map(Vec::len), Some(1), "{waivers}");
    assert_eq!((&waivers[0]["name"], &waivers[0]["approver"]), (&json!("legacy-1"), &json!("jo")));
    assert_eq!(named(&findings(store, EntryState::All)), pairs(&[("new-1", "TRN-NET-01")]));
    Ok(())
}

/// Fills a store with open findings, which is quicker than judging as many jobs.
fn crowded(number: usize) -> Result<Store> {
    let store = Store::in_memory()?;
    let severities = ["critical", "high", "medium", "low"];
    let item = |index: usize| {
        let name = format!("job-{index:06}");
        let job = Resource::in_region(ResourceKind::TrainingJob, "111122223333", "eu-west-1", &name);
        let row = OpenFindingRow {
            subject: VerdictRow::partition(&job, at(i64::try_from(index).unwrap_or_default())),
            since: at(0),
            controls: vec![FoundControl {
                control: format!("TRN-XXX-0{}", index % 3),
                severity: severities[index % severities.len()].to_owned(),
                status: "violation".to_owned(),
            }],
            owner: Some(format!("user-{}", index % 7)),
            bundle: "feedfacecafe".to_owned(),
        };
        Write::Put(row.item().unwrap())
    };
    let writes: Vec<Write> = (0..number).map(item).collect();
    for some in writes.chunks(10_000) {
        block_on(store.write(some))?;
    }
    Ok(store)
}

#[test]
fn the_first_page_of_a_hundred_thousand_open_findings_takes_one_request_and_the_worst_come_first()
-> Result<()> {
    let store = crowded(100_000)?;
    let page = list(&store, &of(Ask::Findings));
    assert_eq!((page.requests, page.items.len(), page.complete), (1, 100, false));
    assert_eq!(page.events, None);
    assert!(page.cursor.is_some());
    let items = json!(page.items);
    assert!(items.as_array().unwrap().iter().all(|item| item["severity"] == "critical"), "{items}");
    assert_eq!(items[0]["name"], "job-099996", "the newest first");
    // What sweeps have counted is read by the same request.
    let counts = |kind, arrived| ArrivedRow {
        month: "2026-03".to_owned(),
        kind,
        region: "eu-west-1".to_owned(),
        until: at(0),
        arrived,
        missed: 1,
    };
    for row in [counts(ResourceKind::Model, 4), counts(ResourceKind::TrainingJob, 1_200)] {
        block_on(store.write(&row.writes()))?;
    }
    let counted = list(&store, &of(Ask::Findings));
    assert_eq!((counted.requests, json!(counted.items)), (1, items));
    assert_eq!(counted.events.as_deref(), Some("events missed in March 2026: 2 of 1,204"));
    assert_eq!(counted.cursor, page.cursor);
    let account = Some("111122223333".to_owned());
    let filtered = list(&store, &Question { account, ..of(Ask::Findings) });
    assert_eq!((filtered.requests, filtered.events), (2, counted.events));
    let next = list(&store, &Question { cursor: page.cursor, ..of(Ask::Findings) });
    assert_eq!((next.requests, next.items.len(), next.events), (1, 100, None));
    // A filter that fits nothing reads to a limit, and says so.
    let none = list(&store, &Question { owner: Some("nobody".into()), ..of(Ask::Findings) });
    assert_eq!((none.items.len(), none.complete), (0, false));
    assert!(none.missing[0].contains("continue with the cursor"), "{:?}", none.missing);
    Ok(())
}

#[test]
fn pages_put_together_are_the_whole_whatever_their_size_and_filter() -> Result<()> {
    let store = crowded(2_500)?;
    let filters = [
        Question::default(),
        Question { owner: Some("USER-3".into()), ..Question::default() },
        Question { severity: Some("high".into()), control: Some("trn-xxx-01".into()), ..Question::default() },
        Question {
            account: Some("111122223333".into()),
            region: Some("eu-west-1".into()),
            ..Question::default()
        },
        Question { region: Some("us-east-1".into()), ..Question::default() },
    ];
    let expect = [2_500, 357, 417, 2_500, 0];
    for (filter, expect) in filters.into_iter().zip(expect) {
        for limit in [7, 100, 1_000] {
            let mut question = Question { limit: Some(limit), ..of(Ask::Findings) };
            question = Question {
                owner: filter.owner.clone(),
                severity: filter.severity.clone(),
                control: filter.control.clone(),
                account: filter.account.clone(),
                region: filter.region.clone(),
                ..question
            };
            let mut seen = Vec::new();
            loop {
                let page = list(&store, &question);
                let Items::Findings(items) = page.items else { panic!("findings") };
                assert!(items.len() <= limit);
                seen.extend(items.into_iter().map(|item| item.about.name));
                assert_eq!(page.complete, page.cursor.is_none());
                match page.cursor {
                    Some(cursor) => question.cursor = Some(cursor),
                    None => break,
                }
            }
            let different: BTreeSet<&String> = seen.iter().collect();
            assert_eq!((seen.len(), different.len()), (expect, expect), "{limit}: {filter:?}");
        }
    }
    Ok(())
}

#[test]
fn the_function_answers_lists_by_post_and_by_get_within_its_scope() -> Result<()> {
    let local = Local::with(Bundle::embedded()?.with_settings(SETTINGS)?.with_mode(Mode::Observe))?;
    for (name, after) in [("credit-1", 1), ("churn-1", 2)] {
        local.create(ResourceKind::TrainingJob, &without_network(name), after)?;
    }
    local.create(ResourceKind::NotebookInstance, &notebook(), 3)?;
    local.settle()?;
    let store = &local.system.store;
    let question = json!({ "ask": "findings", "since": "1d" });
    let bounds = Bounds::new(&|| false).at(at(3_600));
    let all = block_on(ask_function(store, question.clone(), bounds)).unwrap();
    let names = |document: &Value| -> BTreeSet<String> {
        let items = document["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(&all), ["ana", "churn-1", "credit-1"].map(str::to_owned).into());
    let request = json!({
        "version": "2.0", "rawPath": "/", "rawQueryString": "ask=findings&since=1d", "headers": {},
        "requestContext": { "http": { "method": "GET" }, "timeEpoch": 0 }, "isBase64Encoded": false,
    });
    let response = block_on(answer_url(store, &request, bounds)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(response["body"].as_str().unwrap())?, all);
    let scope = "credit-*".parse()?;
    for ask in ["findings", "jobs"] {
        let within =
            block_on(ask_function(store, json!({ "ask": ask }), bounds.within(Some(&scope)))).unwrap();
        assert_eq!(names(&within), ["credit-1".to_owned()].into(), "{ask}");
        assert!(!within.to_string().contains("churn"), "{within}");
    }
    Ok(())
}

#[test]
fn a_list_that_is_asked_for_wrongly_is_refused_in_a_sentence() -> Result<()> {
    let store = Store::in_memory()?;
    let check = |question: Question, words: &str| {
        let refused = block_on(answer(&store, &question, &|| false)).unwrap_err();
        assert!(matches!(refused, NoAnswer::BadField { .. }), "{refused:?}");
        assert!(refused.to_string().starts_with(words), "{refused}");
    };
    let text = |text: &str| Some(text.to_owned());
    check(
        Question { severity: text("bad"), ..of(Ask::Findings) },
        "`severity` is `bad`: write one of critical",
    );
    check(Question { kind: text("bad"), ..of(Ask::Findings) }, "`kind` is `bad`: write the type");
    check(
        Question { kind: text("model"), ..of(Ask::Jobs) },
        "`kind` is `model`, which is not in the list of jobs",
    );
    for wrong in ["1111", "11112222333x", ""] {
        let words = format!("`account` is `{wrong}`: write the 12 digits");
        check(Question { account: text(wrong), ..of(Ask::Endpoints) }, &words);
    }
    for wrong in ["Ireland", "eu-west", "eu-west-1a", "EU-WEST-1"] {
        let words = format!("`region` is `{wrong}`: write a region");
        check(Question { region: text(wrong), ..of(Ask::Inventory) }, &words);
    }
    for wrong in ["TRN", "TRN-NET", "TRN-NET-1", "encryption"] {
        let words = format!("`control` is `{wrong}`: write the name of a control");
        check(Question { control: text(wrong), ..of(Ask::Findings) }, &words);
    }
    list(
        &store,
        &Question { region: text("us-gov-west-1"), control: text("trn-net-01"), ..of(Ask::Findings) },
    );
    check(Question { since: text("soon"), ..of(Ask::Findings) }, "`since` is `soon`: write a day");
    check(
        Question { since: text("99999999999d"), ..of(Ask::Jobs) },
        "`since` is `99999999999d`: write a day",
    );
    check(
        Question { since: text("7d"), now: None, ..of(Ask::Jobs) },
        "`since` is `7d`: spans are not possible here",
    );
    check(Question { cursor: text("bad"), ..of(Ask::Jobs) }, "`cursor` is not of this list");
    check(Question { limit: Some(0), ..of(Ask::Jobs) }, "`limit` is 0");
    check(Question { at: text("2026-03-02"), ..of(Ask::Findings) }, "`at` is only for");
    check(Question { at: text("never"), ..of(Ask::Inventory) }, "`at` is `never`");
    check(Question { entity: "model/m".into(), ..of(Ask::Jobs) }, "`entity` is not for lists");
    check(Question { severity: text("high"), ..of(Ask::Jobs) }, "`severity` is not for `jobs`");
    check(Question { by: Some(CountBy::Week), ..of(Ask::Waivers) }, "`by` is not for `waivers`");
    check(Question { owner: text("ana"), ..Question::about("model/m") }, "`owner` is not for `lineage`");
    check(Question { ask: Ask::Gap, ..Question::default() }, "`entity` is missing");
    Ok(())
}

#[test]
fn drift_stands_beside_the_model_that_drifted_and_not_beside_its_successor() -> Result<()> {
    let store = Played::new()?.system.store;
    let drifted = |at: Option<String>| {
        let inventory = json!(list(&store, &Question { at, ..of(Ask::Inventory) }).items);
        let prod = inventory
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["endpoint"] == "credit-default-prod")
            .unwrap();
        (prod["since"].clone(), prod["last_drift"].clone())
    };
    let (since, drift) = drifted(None);
    assert_eq!(drift, Value::Null, "the model was trained anew after the drift, and deployed at {since}");
    let since = Timestamp::from_text(since.as_str().unwrap()).unwrap();
    let (_, before) = drifted(Some(Timestamp::from_millis(since.millis() - 1).to_string()));
    assert!(before.is_string(), "the drift of the model that was in use until {since}");
    Ok(())
}

#[test]
fn why_something_is_missing_is_said_as_far_as_the_store_knows() -> Result<()> {
    let local = Local::new()?;
    local.create(ResourceKind::NotebookInstance, &notebook(), 0)?;
    local.settle()?;
    let gap = |entity: &str| {
        let question = Question { ask: Ask::Gap, ..Question::about(entity) };
        match block_on(answer(&local.system.store, &question, &|| false)).unwrap() {
            Reply::Gap(gap) => gap,
            other => panic!("{other:?}"),
        }
    };
    let arn = |kind: &str, name: &str| {
        format!("arn:aws:sagemaker:{}:{}:{kind}/{name}", Story::REGION, Story::ACCOUNT)
    };
    let notebook = gap(&arn("notebook-instance", "ana"));
    assert_eq!((notebook.has_lineage, notebook.has_verdict), (false, true));
    assert_eq!(
        notebook.lineage,
        ["the lineage has no place for a notebook instance: only verdicts are kept"]
    );
    let unknown = gap(&arn("training-job", "t"));
    assert_eq!((unknown.has_lineage, unknown.has_verdict), (false, false));
    assert!(unknown.lineage[0].starts_with("no event about it has arrived"), "{unknown:?}");
    // Only CloudTrail has reported it.
    let deleted = call("DeleteModel", &json!({ "modelName": "m" }), 10);
    local.deliver(&deleted.to_string())?;
    let called = gap(&arn("model", "m"));
    assert!(called.lineage[0].contains("deleted it at"), "{called:?}");
    Ok(())
}

#[test]
fn a_model_behind_two_endpoints_is_listed_once_and_is_in_the_inventory_of_both() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    let config = json!({ "EndpointName": "canary", "EndpointConfigName": "d" });
    local.create(ResourceKind::EndpointConfig, &endpoint_config("d", "m"), 200)?;
    let endpoint = local.create(ResourceKind::Endpoint, &config, 201)?;
    local.system.account.finish_endpoint(&endpoint, at(300))?;
    local.settle()?;
    let store = &local.system.store;
    let models = json!(list(store, &of(Ask::Models)).items);
    assert_eq!(models.as_array().map(Vec::len), Some(1), "{models}");
    assert_eq!(models[0]["endpoints"], json!(["canary", "prod"]));
    assert_eq!(list(store, &of(Ask::Inventory)).items.len(), 2);
    Ok(())
}

/// Whatever a page may cost, the pages together have every entry once, or the limit is refused.
#[test]
fn pages_of_few_requests_lose_nothing_and_get_on() -> Result<()> {
    let local = Local::new()?;
    local.serve()?;
    for (name, time) in [("canary", 200), ("green", 400)] {
        let config = format!("{name}-config");
        local.create(ResourceKind::EndpointConfig, &endpoint_config(&config, "m"), time)?;
        let request = json!({ "EndpointName": name, "EndpointConfigName": config });
        let endpoint = local.create(ResourceKind::Endpoint, &request, time + 1)?;
        local.system.account.finish_endpoint(&endpoint, at(time + 100))?;
    }
    local.settle()?;
    let store = &local.system.store;
    for ask in [Ask::Endpoints, Ask::Models, Ask::Inventory, Ask::Jobs, Ask::Findings] {
        let whole = json!(list(store, &of(ask)).items).as_array().map_or(0, Vec::len);
        let mut refused = 0;
        for requests in 1..40 {
            let mut question = Question { max_requests: Some(requests), ..of(ask) };
            let mut seen = 0;
            for page in 0.. {
                assert!(page < 200, "{ask:?} does not get on with {requests} requests");
                let answered = block_on(answer(store, &question, &|| false));
                let listing = match answered {
                    Ok(Reply::Listing(listing)) => listing,
                    Err(NoAnswer::BadField { field: "max_requests", .. }) => {
                        refused = refused.max(requests);
                        break;
                    }
                    other => panic!("{ask:?}, {requests}: {other:?}"),
                };
                seen += json!(listing.items).as_array().map_or(0, Vec::len);
                question.cursor = listing.cursor;
                if question.cursor.is_none() {
                    assert_eq!(seen, whole, "{ask:?} with {requests} requests a page");
                    break;
                }
            }
        }
        assert!(refused < 30, "{ask:?} is refused with {refused} requests");
    }
    Ok(())
}
