//! Tests of rows besides writing and reading: predicates on keys, versions, queries, the meaning of attributes.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{Resource, ResourceKind, Timestamp};
use serde_json::json;

use super::*;
use crate::edge::{InEdge, Relation};
use crate::fold::{apply, key as key_of};
use crate::id::NodeId;
use crate::table::{Attributes, Item, Key, Query, Range, Value, Write};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn id(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

fn endpoint() -> NodeId {
    id("ep#1/r/prod")
}

fn deployment() -> NodeId {
    id("dep#1/r/prod@7/c-1@9")
}

fn resource(kind: ResourceKind, name: &str) -> Resource {
    Resource::in_region(kind, "1", "r", name)
}

/// The item after several writes.
fn stored(writes: &[Write]) -> Item {
    let mut attributes = None;
    writes.iter().for_each(|write| apply(&mut attributes, write));
    Item { key: key_of(&writes[0]).clone(), attributes: attributes.unwrap() }
}

/// Whether a table would find an item by a query.
fn finds(query: &Query, key: &Key) -> bool {
    let fits = match &query.range {
        Range::Prefix(prefix) => key.sk.starts_with(prefix),
        Range::Between(from, until) => (from.as_str()..=until.as_str()).contains(&key.sk.as_str()),
    };
    fits && query.pk == key.pk
}

#[test]
fn times_in_keys_have_one_width_and_the_earliest_wins_where_it_is_asked_for() {
    assert_eq!(millis(at(5)), "000000000000005");
    assert_eq!((leading_time("000000000000005#x"), leading_time("x#5")), (Some(at(5)), None));
    assert_eq!(earliest(at(5)), "999999999999994");
}

#[test]
fn a_key_says_which_node_it_is_about() {
    let node = NodeRow::key(&endpoint());
    assert_eq!((node.pk.as_str(), node.sk.as_str()), ("ep#1/r/prod", "#"));
    assert_eq!(NodeRow::id_of(&node), Some(endpoint()));
    for other in [DetailRow::key(&endpoint()), Key::new("receipt#x", "#")] {
        assert_eq!(NodeRow::id_of(&other), None, "{other:?}");
    }
}

#[test]
fn a_node_is_recorded_once_its_kind_is_known() {
    let item = |name: &str| stored(&[NodeRow::fact(&endpoint(), name, Value::from("endpoint"))]);
    assert!(NodeRow::is_recorded(&item(node::TYPE)));
    assert!(!NodeRow::is_recorded(&item(node::NAME)));
    assert_eq!(item(node::NAME).text(node::NAME), Some("endpoint"));
}

#[test]
fn the_newest_content_of_a_register_stays() {
    let content = |state: &str| Attributes::from([(node::STATE.to_owned(), Value::from(state))]);
    let newest = |version: &str, state: &str| {
        NodeRow::newest(&endpoint(), node::STATE_VERSION, version.into(), content(state))
    };
    let item = stored(&[newest("2", "InService"), newest("1", "Creating")]);
    assert_eq!(item.key, NodeRow::key(&endpoint()));
    assert_eq!((item.text(node::STATE), item.text(node::STATE_VERSION)), (Some("InService"), Some("2")));
    let facts = NodeRow::merge(
        &endpoint(),
        content("x"),
        BTreeMap::from([("set".to_owned(), BTreeSet::from(["a".to_owned()]))]),
    );
    let item = stored(&[facts]);
    assert_eq!((item.text(node::STATE), item.set("set").collect::<Vec<_>>()), (Some("x"), vec!["a"]));
}

#[test]
fn details_stand_beside_their_node_up_to_a_size() {
    assert!(DetailRow::is(&DetailRow::key(&endpoint())) && !DetailRow::is(&NodeRow::key(&endpoint())));
    // Two quotation marks around it.
    let text = |length: usize| json!("x".repeat(length - 2));
    let fits = DetailRow::of(&endpoint(), &text(300_000));
    assert_eq!((fits.json.map(|json| json.len()), fits.omitted_bytes), (Some(300_000), 0));
    let large = DetailRow::of(&endpoint(), &text(300_001));
    assert_eq!((large.json.as_deref(), large.omitted_bytes), (None, 300_001));
    assert_eq!(large.item().number("omitted_bytes"), Some(300_001));
}

#[test]
fn an_edge_is_the_same_on_both_of_its_ends() {
    let edge = InEdge::new(Relation::Produced, "output/a|b", id("pjob#1/r/a@1"));
    let row = OutEdgeRow::of(&edge, &id("ds#s3://b/k@v"));
    assert_eq!(
        (row.role.as_str(), &row.source, &row.destination),
        ("output/a_b", &edge.source, &id("ds#s3://b/k@v"))
    );
    assert_eq!(row.in_edge().to_string(), edge.to_string());
}

#[test]
fn observations_are_found_in_their_role_and_by_their_time() {
    let row = |role: &str, time: i64| ObservationRow {
        endpoint: endpoint(),
        role: role.into(),
        at: at(time),
        node: id("mon#1/r/a@5"),
    };
    let (key, other) = (row("monitored", 5).key(), row("observed-on", 5).key());
    let check = |query: Query, expect: bool| {
        assert_eq!((finds(&query, &key), finds(&query, &other)), (expect, false), "{query:?}");
    };
    check(ObservationRow::before(&endpoint(), "monitored", None), true);
    check(ObservationRow::before(&endpoint(), "monitored", Some(at(6))), true);
    check(ObservationRow::before(&endpoint(), "monitored", Some(at(5))), false);
    check(ObservationRow::between(&endpoint(), "monitored", at(5), at(6)), true);
    check(ObservationRow::between(&endpoint(), "monitored", at(4), at(5)), false);
    check(ObservationRow::between(&endpoint(), "monitored", at(6), at(9)), false);
    assert!(ObservationRow::before(&endpoint(), "monitored", None).descending);
    assert!(!ObservationRow::between(&endpoint(), "monitored", at(5), at(6)).descending);
}

#[test]
fn at_equal_times_the_call_with_a_known_person_counts() {
    let row = |by: Option<&str>| ApprovalRow {
        package: id("mpkg#1/r/g/1@5"),
        at: at(6),
        state: "Approved".into(),
        by: by.map(str::to_owned),
        description: None,
    };
    assert_eq!(row(None).register_version(), "000000000000006#Approved#0");
    assert_eq!(row(Some("ana")).register_version(), "000000000000006#Approved#1");
    let item = stored(&[row(None).write(), row(Some("ana")).write()]);
    assert_eq!(
        ApprovalRow::parse(&item),
        Some(row(Some("ana"))),
        "an event and a description are one approval"
    );
}

#[test]
fn what_an_attempt_changes_is_kept_for_thirty_days() {
    let row = PendingRow {
        subject: endpoint(),
        at: at(7_000),
        owner: "o".into(),
        nodes: BTreeSet::from([deployment()]),
    };
    assert_eq!(row.item().number(ReceiptRow::EXPIRES), Some(7 + 30 * 24 * 3_600));
    assert!(finds(&PendingRow::of(&endpoint()), &row.key()));
    assert!(!finds(&PendingRow::of(&deployment()), &row.key()));
    let [from, before] = PendingRow::partitions();
    assert!((from..before).contains(&row.key().pk.as_str()));
    assert!(!(from..before).contains(&endpoint().as_str()));
}

#[test]
fn a_revision_finds_itself_and_what_was_before_it() {
    let row = |time: i64| RevisionRow { endpoint: endpoint(), at: at(time), deployment: Some(deployment()) };
    let query = row(5).and_before();
    assert_eq!([4, 5, 6].map(|time| finds(&query, &row(time).key())), [true, true, false]);
    assert!(query.descending);
    let [_, pointer] = row(5).writes();
    assert!(CurrentRow::is(key_of(&pointer)) && !CurrentRow::is(&row(5).key()));
    assert_eq!(key_of(&pointer), &CurrentRow::key(&endpoint()));
    let newest = stored(&[row(6).writes()[1].clone(), row(5).writes()[1].clone()]);
    assert_eq!(CurrentRow::parse(&newest).map(|row| row.since), Some(at(6)));
}

#[test]
fn a_node_in_a_closure_weighs_what_it_adds_to_its_item() {
    let facts =
        Attributes::from([("nm".to_owned(), Value::from("a")), ("ct".to_owned(), Value::Number(1_234))]);
    let own = ClosureNode { distance: 12, id: deployment(), attributes: facts };
    let row = |nodes: Vec<ClosureNode>| ClosureRow { deployment: deployment(), band: 1, number: 2, nodes };
    let [without, with] = [row(vec![]), row(vec![own.clone()])].map(|row| row.item());
    assert_eq!(own.bytes(), with.bytes() - without.bytes());
    assert_eq!(own.names(), with.attributes.len());
    assert!(finds(&ClosureRow::of(&deployment()), &with.key));
}

#[test]
fn the_nodes_of_a_closure_are_read_in_the_order_of_their_numbers() {
    let nodes: Vec<ClosureNode> = (0..12)
        .map(|number| ClosureNode {
            distance: number,
            id: id(&format!("img#{number}")),
            attributes: Attributes::new(),
        })
        .collect();
    let row = ClosureRow { deployment: deployment(), band: 0, number: 0, nodes };
    assert_eq!(ClosureRow::parse(row.item()), Some(row));
}

#[test]
fn a_live_deployment_is_found_under_what_it_was_made_of() {
    let row = LiveRow { ancestor: id("img#x"), deployment: deployment(), endpoint: endpoint() };
    assert_eq!(row.item().key, LiveRow::key(&id("img#x"), &deployment()));
    assert!(finds(&LiveRow::under(&id("img#x")), &row.item().key));
    let unindexed = UnindexedRow { deployment: deployment() };
    assert_eq!(stored(&[unindexed.write()]), unindexed.item());
    assert!(finds(&UnindexedRow::all(), &UnindexedRow::key(&deployment())));
}

#[test]
fn a_key_says_whether_it_is_another_name() {
    let aliases = [
        Alias::name("endpoint", "Prod"),
        Alias::Commit { digits: "0123456789".into() },
        Alias::Object { bucket: "b".into(), key: "k".into(), version: "v".into() },
    ];
    for alias in aliases {
        let row = AliasRow { alias, id: endpoint() };
        assert!(AliasRow::is(&row.key()), "{row:?}");
        assert_eq!(stored(&[row.write()]), row.item());
    }
    assert!(!AliasRow::is(&NodeRow::key(&endpoint())));
    let long = AliasRow { alias: Alias::Commit { digits: "0123456789".into() }, id: endpoint() };
    assert!(finds(&AliasRow::commits("0123456").unwrap(), &long.key()), "the first seven digits count");
}

#[test]
fn calls_on_an_endpoint_ignore_the_case_of_its_name_and_those_on_a_job_do_not() {
    let upper = |kind| CallRow::partition(&resource(kind, "A"));
    let lower = |kind| CallRow::partition(&resource(kind, "a"));
    assert_eq!(upper(ResourceKind::Endpoint), lower(ResourceKind::Endpoint));
    assert_ne!(upper(ResourceKind::TrainingJob), lower(ResourceKind::TrainingJob));
}

#[test]
fn another_row_beside_calls_is_none() {
    let job = resource(ResourceKind::TrainingJob, "a");
    let key = |sk: &str| Key::new(CallRow::partition(&job), sk);
    let read = |sk: &str| {
        CallRow::parse(&Item { key: key(sk), attributes: Attributes::from([("at".to_owned(), 5.into())]) })
    };
    let effects = ["C#x", "D#x", "E#x"].map(|sk| read(sk).map(|call| call.effect));
    assert_eq!(effects, [Some(CallEffect::Created), Some(CallEffect::Deleted), None]);
}

#[test]
fn a_verdict_is_kept_under_the_incarnation_and_the_first_digits_of_the_bundle() {
    assert_eq!((bundle_mark("0123456789abcdef"), bundle_mark("short")), ("0123456789ab", "short"));
    let notebook = VerdictRow::partition(&resource(ResourceKind::NotebookInstance, "Nb"), at(40));
    assert_eq!(VerdictRow::created_at(&notebook), Some(at(40)));
    assert_eq!(VerdictRow::created_at("ep#1/r/prod"), None);
    assert!(finds(&VerdictRow::of(&notebook), &VerdictRow::key(&notebook, "0123456789abcdef")));
    let compliance = ComplianceRow::key(&notebook, "0123456789abcdef");
    assert!(!finds(&VerdictRow::of(&notebook), &compliance));
    let [early, late] = [41, 42]
        .map(|time| ComplianceRow { pk: notebook.clone(), bundle: "b".into(), kept_at: at(time) }.write());
    assert_eq!(ComplianceRow::parse(&stored(&[late, early])).map(|row| row.kept_at), Some(at(42)));
}

#[test]
fn what_is_history_is_found_beside_the_verdicts_and_only_moves_on() {
    let job = VerdictRow::partition(&resource(ResourceKind::TrainingJob, "a"), at(5));
    assert!(finds(&VerdictRow::and_judgements(&job), &HistoryRow::key(&job)));
    assert!(!finds(&VerdictRow::of(&job), &HistoryRow::key(&job)));
    let [early, late] = [41, 42].map(|time| HistoryRow { subject: job.clone(), until: at(time) }.write());
    assert_eq!(HistoryRow::parse(&stored(&[late, early])).map(|row| row.until), Some(at(42)));
}

#[test]
fn old_resources_are_found_among_those_with_open_findings() {
    let key = |account: &str, region: &str, created: i64| {
        let job = Resource::in_region(ResourceKind::TrainingJob, account, region, "a");
        OpenFindingRow::key("high", &job, &VerdictRow::partition(&job, at(created)))
    };
    let query = OpenFindingRow::created_until("high", "1", "r", at(50));
    assert!(finds(&query, &key("1", "r", 5)) && finds(&query, &key("1", "r", 50)));
    let counts = ArrivedRow {
        month: "2026-03".into(),
        kind: ResourceKind::Model,
        region: "r".into(),
        until: at(5),
        arrived: 1,
        missed: 0,
    };
    let counts = counts.beside().key;
    let at_least = |severity, account| OpenFindingRow::at_least(severity, account, None);
    let finds_in = |queries: &[Query], key| queries.iter().any(|query| finds(query, key));
    assert!(finds_in(&at_least("critical", None), &counts));
    assert!(!finds_in(&at_least("critical", Some("1")), &counts));
    let high = key("1", "r", 5);
    for (severity, account, is_found) in [
        ("info", None, true),
        ("high", None, true),
        ("critical", None, false),
        ("high", Some("1"), true),
        ("critical", Some("1"), false),
        ("info", Some("11"), false),
    ] {
        assert_eq!(finds_in(&at_least(severity, account), &high), is_found, "{severity} {account:?}");
    }
    assert_eq!((at_least("info", None).len(), at_least("info", Some("1")).len()), (1, 5));
    assert!(!finds(&OpenFindingRow::created_until("critical", "1", "r", at(50)), &counts));
    for other in [key("1", "r", 51), key("1", "r-2", 5), key("11", "r", 5)] {
        assert!(!finds(&query, &other), "{other:?}");
    }
}

fn verdict(modified_at: i64, judged_at: i64, is_known: bool) -> VerdictRow {
    VerdictRow {
        pk: "tjob#1/r/a@5".into(),
        bundle: "b".into(),
        modified_at: at(modified_at),
        judged_at: at(judged_at),
        is_known,
        findings_mark: "00".into(),
        outcome: format!("{modified_at}/{judged_at}"),
        findings: "[]".into(),
        checked: String::new(),
    }
}

#[test]
fn of_several_verdicts_the_last_on_the_last_state_counts_and_of_judgements_the_first() {
    let check = |one: VerdictRow, other: VerdictRow, expect: &str| {
        for order in [[&one, &other], [&other, &one]] {
            let item = stored(&order.map(VerdictRow::write));
            assert_eq!(item.text(VerdictRow::OUTCOME), Some(expect), "{order:?}");
        }
    };
    check(verdict(1, 9, true), verdict(2, 3, true), "2/3");
    check(verdict(2, 3, true), verdict(2, 4, true), "2/4");
    let judgements = [verdict(1, 9, true), verdict(1, 8, true)].map(|row| JudgementRow(row).write());
    let first = JudgementRow::parse(&stored(&judgements)).unwrap();
    assert_eq!((first.0.judged_at, first.0.is_known), (at(8), true));
    let unknown = JudgementRow(verdict(1, 9, false)).item();
    assert_eq!(JudgementRow::parse(&unknown).map(|row| row.0.is_known), Some(false));
    let unknown = verdict(1, 9, false).item();
    assert_eq!(VerdictRow::parse(&unknown).map(|row| row.is_known), Some(false));
}

#[test]
fn a_notebook_that_waits_is_dated_by_what_it_was_before() {
    let row = stored(&[VerdictRow::write_stopped(VerdictRow::key("p", "b"), at(3), at(4), true)]);
    assert_eq!(VerdictRow::stopped_as_of(&row), Some(at(3)));
    assert_eq!(row.text(VerdictRow::STOPPED_TO_CHANGE), Some("yes"));
    assert_eq!(VerdictRow::stopped_as_of(&verdict(1, 2, true).item()), None);
    let remedy =
        stored(&[VerdictRow::write_remedy(VerdictRow::key("p", "b"), "StopTrainingJob", "stopped", None)]);
    assert_eq!(remedy.number(VerdictRow::REMEDY_AFTER_MS), None);
}

#[test]
fn what_was_judged_is_kept_under_its_arn_in_any_case_with_its_notices() {
    let job = resource(ResourceKind::TrainingJob, "A");
    let row = JudgedRow::of(&job, "tjob#1/r/A@5", None);
    assert_eq!(
        (row.arn.as_str(), &row.item().key),
        ("arn:aws:sagemaker:r:1:training-job/a", &JudgedRow::key(&job))
    );
    let notice = NoticeRow::key(&job, "cause");
    assert!(
        finds(&JudgedRow::and_notices(&job), &row.item().key)
            && finds(&JudgedRow::and_notices(&job), &notice)
    );
    assert!(!finds(&NoticeRow::about(&job), &row.item().key) && finds(&NoticeRow::about(&job), &notice));
    let again = JudgedRow::of(&job, "tjob#1/r/A@6", Some("prod"));
    let item = stored(&[row.write(), again.write()]);
    assert_eq!(item.text("id"), Some("tjob#1/r/A@5"), "the first to arrive counts");
}

#[test]
fn a_file_without_a_version_is_distinguished_by_its_entity_tag() {
    let file = |version_id: Option<&str>| CapturedFileRow {
        window: "w".into(),
        bucket: "b".into(),
        key: "k".into(),
        version_id: version_id.map(str::to_owned),
        etag: "e".into(),
        size: 1,
        modified_at: at(1),
        sequencer: None,
    };
    assert_eq!((file(None).version(), file(Some("v")).version()), ("e", "v"));
    assert_eq!(CapturedFileRow::parse(&file(None).item()), Some(file(None)));
}

#[test]
fn traffic_was_captured_until_the_latest_hour_and_is_listened_for_since_the_earliest() {
    let prod = resource(ResourceKind::Endpoint, "Prod");
    let until = [5, 9, 7].map(|time| LastCaptureRow::write(&prod, at(time)));
    assert_eq!(LastCaptureRow::parse(&stored(&until)).map(|row| row.until), Some(at(9)));
    assert_eq!(stored(&until).key, LastCaptureRow::key(&prod));
    let since = [7, 5, 9].map(|time| ListeningRow { since: at(time) }.write());
    assert_eq!(ListeningRow::parse(&stored(&since)), Some(ListeningRow { since: at(5) }));
}

#[test]
fn a_window_that_is_closed_again_keeps_the_larger_set_of_files() {
    let row = |count: usize, files: &str| ClosedWindowRow { window: "w".into(), count, files: files.into() };
    let item = stored(&[row(10, "a").write(), row(9, "b").write()]);
    assert_eq!(ClosedWindowRow::parse(&item), Some(row(10, "a")));
    assert_eq!(item.key, ClosedWindowRow::key("w"));
}

#[test]
fn a_window_of_another_kind_of_resource_is_none() {
    let window = |kind| OpenWindowRow {
        endpoint: resource(kind, "prod"),
        variant: "v".into(),
        start: at(0),
        end: at(3_600_000),
    };
    let open = window(ResourceKind::Endpoint);
    assert_eq!(OpenWindowRow::parse(&open.item()), Some(open.clone()));
    assert_eq!(OpenWindowRow::parse(&window(ResourceKind::Model).item()), None);
    assert_eq!(OpenWindowRow::key_of(&open.key().sk), open.key());
    let mut elsewhere = open.item();
    elsewhere.key.pk = "other".into();
    assert_eq!(OpenWindowRow::parse(&elsewhere), None);
}

#[test]
fn attempts_at_one_thing_are_found_together() {
    let row = AttemptRow { subject: "s3://b/k".into(), at: at(7), owner: "o".into() };
    assert!(finds(&AttemptRow::at("s3://b/k"), &row.key()));
    assert!(!finds(&AttemptRow::at("s3://b/other"), &row.key()));
}
