use sagewarden_events::{ResourceKind, Status};
use serde_json::json;

use super::*;
use crate::observe::observe;
use crate::rows::millis;
use crate::sample::{TRAINING, id, table};
use crate::table::{Item, Key};

const DIGITS: &str = "0123456789abcdef0123456789abcdef01234567";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn recorded(write: impl FnOnce(&mut Record)) -> BTreeMap<Key, Item> {
    let mut record = Record::default();
    write(&mut record);
    table(&record)
}

fn node_of(table: &BTreeMap<Key, Item>, id: &NodeId) -> Item {
    table[&NodeRow::key(id)].clone()
}

fn out_edges(table: &BTreeMap<Key, Item>) -> Vec<OutEdgeRow> {
    table.values().filter_map(OutEdgeRow::parse).collect()
}

fn aliases(table: &BTreeMap<Key, Item>) -> Vec<AliasRow> {
    table.values().filter_map(AliasRow::parse).collect()
}

fn set(item: &Item, name: &str) -> Vec<String> {
    item.set(name).map(str::to_owned).collect()
}

fn resource(kind: ResourceKind, name: &str) -> Resource {
    Resource::in_region(kind, "111122223333", "eu-west-1", name)
}

fn seen(kind: ResourceKind, mut document: Json) -> Observation {
    document["CreationTime"] = json!(7);
    observe(&resource(kind, "Train"), &document, &BTreeMap::new()).unwrap()
}

#[test]
fn an_observation_is_a_node_with_its_state_its_alias_and_its_details() {
    let document = json!({
        "TrainingJobStatus": "Failed", "FailureReason": "no rows", "LastModifiedTime": 9, "RoleArn": "arn:role",
        "HyperParameters": { "depth": "6", "password": "hunter2" },
    });
    let seen = seen(ResourceKind::TrainingJob, document);
    let mut record = Record::default();
    record.observation(&seen);
    assert_eq!(record.touched, BTreeSet::from([seen.id.clone()]));
    let table = table(&record);
    let node = node_of(&table, &seen.id);
    let texts = [node::TYPE, node::NAME, node::ARN, node::ROLE, node::STATE, node::FAILURE_REASON];
    let arn = seen.resource.arn();
    let expect = ["training-job", "Train", arn.as_str(), "arn:role", "Failed", "no rows"];
    assert_eq!(texts.map(|name| node.text(name)), expect.map(Some));
    let reached = format!("{}#3#Failed", millis(at(9_000)));
    assert_eq!(set(&node, node::STATES), [reached.as_str()]);
    assert_eq!(
        [node::STATE_VERSION, node::FAILURE_VERSION].map(|name| node.text(name)),
        [Some(reached.as_str()); 2]
    );
    assert_eq!(node.number(node::CREATED), Some(7_000));
    let alias = AliasRow { alias: Alias::name("training-job", "Train"), id: seen.id.clone() };
    assert_eq!(aliases(&table), [alias]);
    let detail = DetailRow::parse(&table[&DetailRow::key(&seen.id)]).unwrap();
    let detail: Json = serde_json::from_str(&detail.json.unwrap()).unwrap();
    assert_eq!(detail.pointer("/HyperParameters/depth"), Some(&json!("6")));
    assert_ne!(detail.pointer("/HyperParameters/password"), Some(&json!("hunter2")));
}

#[test]
fn details_of_a_later_stage_replace_earlier_ones_where_something_is_added_at_the_end() {
    let stage = |kind, status: &str, field: &str| {
        let seen = seen(kind, json!({ field: status, "Environment": { "A": "b" } }));
        let table = recorded(|record| record.observation(&seen));
        table[&DetailRow::key(&seen.id)].text("jsonv").map(str::to_owned)
    };
    let stage = |kind, status, field| stage(kind, status, field).unwrap();
    assert_eq!(stage(ResourceKind::TrainingJob, "InProgress", "TrainingJobStatus"), "0");
    assert_eq!(stage(ResourceKind::TrainingJob, "Completed", "TrainingJobStatus"), "1");
    assert_eq!(stage(ResourceKind::ProcessingJob, "Completed", "ProcessingJobStatus"), "0");
    assert_eq!(stage(ResourceKind::TransformJob, "Completed", "TransformJobStatus"), "0");
    let nothing = seen(ResourceKind::Model, json!({}));
    let table = recorded(|record| record.observation(&nothing));
    assert!(!table.contains_key(&DetailRow::key(&nothing.id)));
}

#[test]
fn an_edge_stands_on_both_of_its_ends() {
    let (job, image) = (id(TRAINING), id("img#tag:r/x:1"));
    let edge = InEdge::new(Relation::ContributedTo, "image", image.clone());
    let table = recorded(|record| record.edge(&job, &edge));
    assert_eq!(set(&node_of(&table, &job), node::IN_EDGES), [edge.to_string()]);
    assert_eq!(out_edges(&table), [OutEdgeRow::of(&edge, &job)]);
    let one_sided = recorded(|record| record.written_to(&image, "output/a", &job));
    let row = OutEdgeRow {
        source: image,
        relation: Relation::Produced,
        role: "output/a".into(),
        destination: job.clone(),
    };
    assert_eq!(out_edges(&one_sided), [row]);
    assert!(!one_sided.contains_key(&NodeRow::key(&job)), "too many write there");
}

#[test]
fn what_was_observed_is_found_by_its_time_and_by_its_edge() {
    let (run, endpoint) = (id("mon#1/r/a@5"), id("ep#1/r/prod"));
    let table = recorded(|record| record.observed(&run, "monitored", &endpoint, at(5)));
    let row =
        ObservationRow { endpoint: endpoint.clone(), role: "monitored".into(), at: at(5), node: run.clone() };
    assert_eq!(table.values().filter_map(ObservationRow::parse).collect::<Vec<_>>(), [row]);
    let edge = InEdge::new(Relation::AssociatedWith, "monitored", endpoint);
    assert_eq!(set(&node_of(&table, &run), node::IN_EDGES), [edge.to_string()]);
}

#[test]
fn gaps_facts_and_sets_are_added_to_a_node() {
    let job = id(TRAINING);
    let table = recorded(|record| {
        record.gap(&job, "image", "no image");
        record.fact(&job, "one", 1.into());
        record.facts(&job, Attributes::from([("two".to_owned(), 2.into())]));
        record.grow(&job, "all", ["b".to_owned(), "a".to_owned()]);
    });
    let node = node_of(&table, &job);
    assert_eq!(set(&node, node::GAPS), [node::gap("image", "no image")]);
    assert_eq!(
        (node.number("one"), node.number("two"), set(&node, "all")),
        (Some(1), Some(2), vec!["a".into(), "b".into()])
    );
}

#[test]
fn the_states_of_an_endpoint_are_rows_and_those_of_what_ends_a_set() {
    let mark = StatusMark { status: Status::Failed, at: at(9), reason: Some("why".into()) };
    let endpoint = id("ep#1/r/prod");
    let table = recorded(|record| record.status(&endpoint, &mark));
    let row = StateRow {
        endpoint: endpoint.clone(),
        reached: ReachedState::of(&Status::Failed, at(9)),
        reason: Some("why".into()),
    };
    assert_eq!(table.values().filter_map(StateRow::parse).collect::<Vec<_>>(), [row]);
    let node = node_of(&table, &endpoint);
    assert_eq!((node.text(node::STATE), node.text(node::FAILURE_REASON)), (Some("Failed"), None));
    assert!(set(&node, node::STATES).is_empty());
    let fine = StatusMark { reason: None, status: Status::Completed, ..mark };
    let job = recorded(|record| record.status(&id(TRAINING), &fine));
    assert_eq!(node_of(&job, &id(TRAINING)).text(node::FAILURE_VERSION), None);
}

#[test]
fn an_approval_is_a_row_and_a_register_of_which_the_newest_counts() {
    let package = id("mpkg#1/r/credit/1@5");
    let approval = |state: &str, time: i64, by: Option<&str>| Approval {
        state: state.into(),
        at: at(time),
        by: by.map(str::to_owned),
        description: Some("checked".into()),
    };
    let table = recorded(|record| {
        record.approval(&package, &approval("Rejected", 9, None));
        record.approval(&package, &approval("Approved", 8, Some("ana")));
    });
    assert_eq!(table.values().filter_map(ApprovalRow::parse).count(), 2);
    let node = node_of(&table, &package);
    assert_eq!((node.text(node::APPROVAL), node.number(node::APPROVAL_AT)), (Some("Rejected"), Some(9)));
    assert_eq!(node.text(node::APPROVAL_BY), Some("unknown"));
}

fn object(key: &str, version: Option<&str>, size: u64, time: i64) -> VersionedObject {
    VersionedObject {
        key: key.into(),
        version_id: version.map(str::to_owned),
        etag: "e".into(),
        size,
        modified_at: at(time),
    }
}

#[test]
fn a_version_of_an_object_is_a_node_under_its_place_and_version() {
    let mut data = None;
    let table = recorded(|record| {
        data = Some(record.object(NodeKind::Dataset, "b", &object("k/a.csv", Some("v1"), 12, 5)))
    });
    let data = data.unwrap();
    assert_eq!(data, NodeId::dataset("b", "k/a.csv", "v1"));
    let node = node_of(&table, &data);
    let texts = [node::URI, node::ETAG, node::VERSION_ID, node::NAME, node::WEAK].map(|name| node.text(name));
    assert_eq!(texts, [Some("s3://b/k/a.csv"), Some("e"), Some("v1"), Some("k/a.csv"), None]);
    assert_eq!((node.number(node::SIZE), node.number(node::CREATED)), (Some(12), Some(5)));
    let alias = Alias::Object { bucket: "b".into(), key: "k/a.csv".into(), version: "v1".into() };
    assert_eq!(aliases(&table), [AliasRow { alias, id: data }]);
    assert!(out_edges(&table).is_empty());
    let weak = recorded(|record| _ = record.object(NodeKind::Dataset, "b", &object("k", None, 1, 5)));
    let node = node_of(&weak, &NodeId::dataset("b", "k", "etag:e:5"));
    assert_eq!(
        (node.text(node::WEAK), node.text(node::VERSION_ID)),
        (Some("the bucket keeps no versions"), None)
    );
}

#[test]
fn an_artifact_leads_to_the_dataset_that_is_the_same_object() {
    let table =
        recorded(|record| _ = record.object(NodeKind::Artifact, "b", &object("m.tar.gz", Some("v1"), 1, 5)));
    let artifact = NodeId::artifact("b", "m.tar.gz", "v1");
    let same = OutEdgeRow {
        source: artifact.clone(),
        relation: Relation::AssociatedWith,
        role: SAME_OBJECT.into(),
        destination: NodeId::dataset("b", "m.tar.gz", "v1"),
    };
    assert_eq!(out_edges(&table), [same]);
    assert_eq!(node_of(&table, &artifact).text(node::TYPE), Some("artifact"));
}

#[test]
fn a_set_is_named_by_what_its_objects_share_and_leads_from_its_members() {
    let objects = [object("data/march/a", Some("1"), 3, 5), object("data/may/b", Some("2"), 4, 9)];
    let set = ObjectSet { bucket: "b", prefix: "data", objects: &objects, complete: true };
    let table = recorded(|record| assert_eq!(record.object_set(&set), NodeId::dataset_set(&set.digest())));
    let id = NodeId::dataset_set(&set.digest());
    let node = node_of(&table, &id);
    assert_eq!((node.text(node::URI), node.text(node::NAME)), (Some("s3://b/data/ma"), Some("data/ma")));
    let numbers = [node::OBJECTS, node::SIZE, node::CREATED].map(|name| node.number(name));
    assert_eq!((numbers, node.text(node::WEAK)), ([Some(2), Some(7), Some(9)], None));
    let members = [("data/march/a", "1"), ("data/may/b", "2")].map(|(key, version)| {
        InEdge::new(Relation::ContributedTo, "member", NodeId::dataset("b", key, version)).to_string()
    });
    assert_eq!(super::tests::set(&node, node::IN_EDGES), members);
    let cut = ObjectSet { complete: false, objects: &[], ..set };
    let table = recorded(|record| _ = record.object_set(&cut));
    let node = node_of(&table, &NodeId::dataset_set(&cut.digest()));
    assert_eq!(node.text(node::URI), Some("s3://b/data"), "an empty set is named by what was asked for");
    assert_eq!(node.text(node::WEAK), Some("only the first 0 of more objects were looked at"));
}

#[test]
fn a_large_set_names_its_first_members_one_by_one() {
    let members = |number: usize| {
        let objects: Vec<_> =
            (0..number).map(|number| object(&format!("k/{number:03}"), Some("1"), 1, 5)).collect();
        let set = ObjectSet { bucket: "b", prefix: "k/", objects: &objects, complete: true };
        let table = recorded(|record| _ = record.object_set(&set));
        node_of(&table, &NodeId::dataset_set(&set.digest())).set(node::IN_EDGES).count()
    };
    assert_eq!((members(MAX_MEMBERS), members(MAX_MEMBERS + 1)), (MAX_MEMBERS, MAX_MEMBERS));
}

#[test]
fn what_keys_share_ends_between_letters() {
    let check = |keys: &[&str], expect: Option<&str>| {
        let objects: Vec<_> = keys.iter().map(|key| object(key, None, 1, 1)).collect();
        assert_eq!(common_prefix(&objects), expect, "{keys:?}");
    };
    check(&[], None);
    check(&["a/b"], Some("a/b"));
    check(&["a/b", "a/c"], Some("a/"));
    check(&["a/b", "a/bc", "a/c"], Some("a/"));
    check(&["a", "b"], Some(""));
    check(&["é", "è"], Some(""));
}

#[test]
fn an_image_is_named_by_its_digest_or_weak() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("r/x@{digest}");
    let table = recorded(|record| _ = record.image(&pinned));
    let node = node_of(&table, &NodeId::image(&pinned));
    assert_eq!((node.text(node::NAME), node.text(node::WEAK)), (Some(digest.as_str()), None));
    assert_eq!(set(&node, node::REFERENCES), [pinned]);
    let table = recorded(|record| _ = record.image("r/x:1"));
    let node = node_of(&table, &NodeId::image("r/x:1"));
    assert_eq!(node.text(node::WEAK), Some("the image is named by a tag, which can be moved"));
    assert_eq!(node.text(node::NAME), Some("r/x:1"));
}

#[test]
fn a_commit_is_found_by_its_digits_and_knows_who_pushed_it() {
    let repository = Repository { account: "1".into(), region: "r".into(), name: "credit".into() };
    let commit = CommitId::parse(DIGITS).unwrap();
    let facts = Attributes::from([(node::AUTHOR.to_owned(), Value::from("Ana"))]);
    let table = recorded(|record| {
        record.commit(&repository, &commit, facts.clone(), Some("arn:ana"));
        record.commit(&repository, &commit, facts.clone(), None);
        record.commit(&repository, &commit, facts, Some("arn:ben"));
    });
    let id = NodeId::commit(&repository, &commit);
    let node = node_of(&table, &id);
    let texts =
        [node::TYPE, node::NAME, node::COMMIT, node::REPOSITORY, node::AUTHOR].map(|name| node.text(name));
    assert_eq!(texts, ["commit", "0123456", DIGITS, "credit", "Ana"].map(Some));
    assert_eq!(set(&node, node::PUSHERS), ["arn:ana", "arn:ben"]);
    assert_eq!(aliases(&table), [AliasRow { alias: Alias::Commit { digits: "0123456".into() }, id }]);
}

#[test]
fn the_latest_head_before_the_creation_is_inferred_even_if_the_branch_was_deleted_by_then() {
    let inferred = |heads: &[(&str, Option<&str>)]| {
        let table = recorded(|record| {
            heads.iter().for_each(|(version, commit)| record.inferred(&id(TRAINING), version, *commit));
        });
        node_of(&table, &id(TRAINING)).text(node::INFERRED).map(str::to_owned)
    };
    assert_eq!(inferred(&[("2", Some("b")), ("1", Some("a"))]).as_deref(), Some("b"));
    assert_eq!(inferred(&[("2", None), ("1", Some("a"))]).as_deref(), Some(node::NOT_INFERRED));
}

#[test]
fn details_that_never_change_have_no_version() {
    let job = id(TRAINING);
    let table = recorded(|record| record.detail(&job, &json!({ "a": 1 })));
    let row = &table[&DetailRow::key(&job)];
    assert_eq!(
        (DetailRow::parse(row).unwrap().json.as_deref(), row.text("jsonv")),
        (Some("{\"a\":1}"), None)
    );
}
