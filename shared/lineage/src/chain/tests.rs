use super::*;
use crate::graph::StoppedBy;
use crate::rows::node::{CREATED, NAME};
use crate::sample::{self, COMMIT, MODEL, bare, from, graph, id, named_only, node, set, text};
use crate::table::Value;

fn at(millis: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(millis))
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_chain_names_what_a_deployment_was_made_of() {
    let chain = Chain::of(&graph(sample::nodes()));
    let model = Named {
        name: "credit".into(),
        arn: Some("arn:aws:sagemaker:r:1:model/credit".into()),
        created_at: at(35),
        status: None,
    };
    assert_eq!(chain.models, [model]);
    let training =
        Named { name: "train".into(), arn: None, created_at: at(30), status: Some("Completed".into()) };
    assert_eq!(chain.training_jobs, [training]);
    assert_eq!(chain.processing_jobs.len(), 1);
    let artifact = DataVersion {
        uri: "s3://b/out/model.tar.gz".into(),
        version_id: Some("v9".into()),
        objects: None,
        used_as: owned(&["artifact by training job train", "model-data/0 of model credit"]),
        weak: None,
    };
    assert_eq!(chain.artifacts, [artifact]);
    let train = DataVersion {
        uri: "s3://b/train.csv".into(),
        version_id: Some("v1".into()),
        objects: None,
        used_as: owned(&["output/train by processing job prepare", "channel/train of training job train"]),
        weak: None,
    };
    let more = DataVersion {
        uri: "s3://b/more/".into(),
        version_id: None,
        objects: Some(3),
        used_as: owned(&["channel/more of training job train"]),
        weak: Some("the bucket keeps no versions".into()),
    };
    assert_eq!(chain.data, [train, more], "the one whose age is unknown comes last");
    let [pinned, tagged] = chain.images.as_slice() else { panic!("{:?}", chain.images) };
    assert_eq!(pinned.id, "sha256:ab");
    assert_eq!(pinned.used_as, owned(&["image of processing job prepare", "image of training job train"]));
    assert_eq!((pinned.references.len(), pinned.weak.is_some()), (2, false));
    assert_eq!((tagged.references.len(), tagged.weak.is_some()), (0, true));
}

#[test]
fn a_commit_is_confirmed_once_it_is_recorded_and_known_by_the_first_line_of_its_message() {
    let chain = Chain::of(&graph(sample::nodes()));
    let built = |what: &str, found_by, explicit| Built { what: what.into(), found_by, explicit };
    let confirmed = ChainCommit {
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        repository: Some("credit".into()),
        author: Some("Ana <ana@example.com>".into()),
        date: at(10),
        title: Some("Train on March".into()),
        built: vec![built("training job train", FoundBy::Tag, true)],
        confirmed: true,
    };
    let claimed = ChainCommit {
        commit: "fedcba9876543210fedcba9876543210fedcba98".into(),
        repository: None,
        author: None,
        date: None,
        title: None,
        built: vec![built("processing job prepare", FoundBy::BranchHead, false)],
        confirmed: false,
    };
    assert_eq!(chain.commits, [confirmed, claimed]);
    let nameless = node(COMMIT, "0123456", &[(AUTHOR, text("Ana"))]);
    assert_eq!(Chain::of(&graph(vec![(0, nameless)])).commits[0].author.as_deref(), Some("Ana"));
}

#[test]
fn an_edge_that_names_no_commit_builds_nothing() {
    let job = node("tjob#1/r/a@1", "a", &[from(&[("ContributedTo:beside", COMMIT)])]);
    let chain = Chain::of(&graph(vec![(0, job), (1, node(COMMIT, "0123456", &[]))]));
    assert_eq!(chain.commits[0].built, []);
}

#[test]
fn a_chain_is_complete_when_nothing_is_missing_and_nothing_was_cut() {
    let whole = || graph(vec![(0, node(MODEL, "credit", &[]))]);
    let chain = Chain::of(&whole());
    assert!(chain.complete && chain.missing.is_empty(), "{chain:?}");
    let mut cut = whole();
    cut.stopped_by = Some(StoppedBy::MaxDepth);
    assert!(!Chain::of(&cut).complete);
    let gap = Chain::of(&graph(vec![(0, named_only(MODEL))]));
    assert_eq!((gap.complete, gap.missing.len()), (false, 1));
}

#[test]
fn resources_stand_in_the_order_of_their_creation() {
    let job = |name: &str, created: Option<i64>| {
        let created: Vec<_> = created.map(|millis| (CREATED, Value::Number(millis))).into_iter().collect();
        (0, node(&format!("tjob#1/r/{name}@1"), name, &created))
    };
    let chain =
        Chain::of(&graph(vec![job("a", None), job("b", Some(9)), job("c", Some(3)), job("d", Some(3))]));
    let names: Vec<&str> = chain.training_jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["c", "d", "b", "a"]);
}

fn named(number: usize) -> Named {
    Named { name: number.to_string(), arn: None, created_at: None, status: None }
}

fn data(used_as: &[&str]) -> DataVersion {
    DataVersion {
        uri: "s3://b/k".into(),
        version_id: None,
        objects: None,
        used_as: owned(used_as),
        weak: None,
    }
}

#[test]
fn a_bounded_chain_says_what_it_leaves_out_of_each_list() {
    let image = Image { id: "i".into(), references: vec![], used_as: vec![], weak: None };
    let commit = Chain::of(&graph(sample::nodes())).commits.remove(0);
    let chain = Chain {
        models: (0..3).map(named).collect(),
        shadow_models: (0..3).map(named).collect(),
        training_jobs: (0..4).map(named).collect(),
        processing_jobs: (0..5).map(named).collect(),
        artifacts: vec![data(&[]); 6],
        data: vec![data(&[]); 7],
        code: vec![data(&[]); 3],
        images: vec![image; 8],
        commits: vec![commit; 9],
        complete: true,
        missing: owned(&["a", "b", "c", "d"]),
    };
    let bounded = chain.bounded(2);
    assert_eq!((bounded.models.len(), bounded.commits.len(), bounded.data.len()), (2, 2, 2));
    let missing = [
        "a",
        "b",
        "1 more models: ask for the lineage",
        "1 more shadow models: ask for the lineage",
        "2 more training jobs: ask for the lineage",
        "3 more processing jobs: ask for the lineage",
        "4 more artifacts: ask for the lineage",
        "5 more data versions: ask for the lineage",
        "1 more versions of code: ask for the lineage",
        "6 more images: ask for the lineage",
        "7 more commits: ask for the lineage",
        "2 more gaps: ask for the lineage",
    ];
    assert_eq!((bounded.missing, bounded.complete), (owned(&missing), false));
}

#[test]
fn a_chain_that_fits_its_bound_stays_as_it_is() {
    let chain = Chain { models: (0..3).map(named).collect(), complete: true, ..Chain::default() };
    assert_eq!(chain.clone().bounded(3), chain);
    let incomplete = Chain { complete: false, ..chain };
    assert!(!incomplete.bounded(3).complete, "a bound completes nothing");
}

#[test]
fn a_bounded_chain_names_sets_but_not_their_members_and_few_uses_of_each() {
    let many = ["a", "b", "c", "d", "e", "f", "g"];
    let commit = ChainCommit {
        built: vec![Built { what: "a".into(), found_by: FoundBy::Tag, explicit: true }; 7],
        ..Chain::of(&graph(sample::nodes())).commits.remove(0)
    };
    let image = Image { id: "i".into(), references: owned(&many), used_as: owned(&many), weak: None };
    let chain = Chain {
        artifacts: vec![data(&many)],
        data: vec![
            data(&many),
            data(&["member of dataset more/"]),
            data(&["member of dataset more/", "channel/train of training job train"]),
        ],
        images: vec![image],
        commits: vec![commit],
        complete: true,
        ..Chain::default()
    };
    let bounded = chain.bounded(10);
    assert_eq!(bounded.data.len(), 2, "a member that nothing else uses stands for its set");
    assert_eq!((bounded.artifacts[0].used_as.len(), bounded.data[0].used_as.len()), (5, 5));
    assert_eq!((bounded.images[0].used_as.len(), bounded.images[0].references.len()), (5, 5));
    assert_eq!(bounded.commits[0].built.len(), 5);
    assert!(bounded.complete);
}

#[test]
fn a_node_is_called_by_its_kind_and_name() {
    assert_eq!(title(&node(MODEL, "credit", &[])), "model credit");
    assert_eq!(title(&named_only("tjob#1/r/a@1")), "training job 1/r/a@1");
    assert_eq!(title(&bare("epc#1/r/a@1", &[(NAME, set(&["no text"]))])), "endpoint config 1/r/a@1");
    assert_eq!(id(MODEL).kind(), NodeKind::Model);
}

#[test]
fn objects_that_jobs_read_as_code_alone_are_no_data() {
    const CODE: &str = "ds#set:00aa";
    const SCRIPT: &str = "ds#s3://b/code/train.py@v1";
    let uris = |roles: [&str; 2]| {
        let training =
            node(sample::TRAINING, "train", &[from(&[(roles[0], sample::TRAIN), (roles[1], CODE)])]);
        let set = node(CODE, "code/", &[from(&[("ContributedTo:member", SCRIPT)])]);
        let nodes = vec![
            (0, training),
            (1, node(sample::TRAIN, "train.csv", &[])),
            (1, set),
            (2, node(SCRIPT, "train.py", &[])),
        ];
        let chain = Chain::of(&graph(nodes));
        [chain.data, chain.code].map(|list| list.into_iter().map(|each| each.uri).collect::<Vec<_>>())
    };
    let apart = uris(["ContributedTo:channel/train", "ContributedTo:code/code"]);
    assert_eq!(apart, [owned(&["train.csv"]), owned(&["train.py", "code/"])]);
    let data = uris(["ContributedTo:channel/train", "ContributedTo:channel/code"]);
    assert_eq!(data, [owned(&["train.py", "train.csv", "code/"]), Vec::new()]);
}
