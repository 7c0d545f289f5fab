use serde_json::json;

use super::*;
use crate::edge::FoundBy;
use crate::graph::StoppedBy;
use crate::rows::node::{CHECKSUM_SHA256, REFERENCES, URI, VERSION_ID};
use crate::sample::{
    self, CLAIMED, COMMIT, DEPLOYMENT, IMAGE, MODEL, SET, TAGGED, TRAIN, TRAINING, from, named_only, node,
    set, text,
};
use crate::table::Value;

const PINNED: &str = "r/train@sha256:00000000000000000000000000000000000000000000000000000000000000ab";

fn detail(channels: usize) -> Json {
    json!({
        "Request": {
            "AlgorithmSpecification": { "TrainingImage": "r/train:1", "TrainingInputMode": "File" },
            "InputDataConfig": vec![json!({}); channels],
            "RoleArn": "arn:role",
        },
        "HyperParameters": { "depth": "6" },
    })
}

/// A job that was made of one versioned object, a pinned image and a named commit.
fn exact() -> Vec<(usize, Node)> {
    let sources = from(&[
        ("ContributedTo:channel/train", TRAIN),
        ("ContributedTo:image", IMAGE),
        ("ContributedTo:source/tag", COMMIT),
    ]);
    let object = [(URI, text("s3://b/train.csv")), (VERSION_ID, text("v1")), (CHECKSUM_SHA256, text("00aa"))];
    vec![
        (0, node(TRAINING, "train", &[sources])),
        (1, node(TRAIN, "train.csv", &object)),
        (1, node(IMAGE, "sha256:ab", &[(REFERENCES, set(&["r/train:1", PINNED]))])),
        (1, node(COMMIT, "0123456", &[])),
    ]
}

fn repeat(nodes: Vec<(usize, Node)>) -> Reproduction {
    reproduction(&answer(TRAINING, nodes, &[(TRAINING, detail(1))])).unwrap()
}

fn train() -> PinnedData {
    PinnedData {
        role: "channel/train".into(),
        uri: "s3://b/train.csv".into(),
        version_id: Some("v1".into()),
        manifest: None,
        objects: None,
        checksum_sha256: Some("00aa".into()),
        weak: None,
    }
}

#[test]
fn a_job_whose_sources_are_pinned_is_repeated_exactly() {
    let found = repeat(exact());
    assert_eq!((found.root.as_str(), found.training_job.as_str()), (TRAINING, TRAINING));
    let request = json!({
        "TrainingJobName": "train-repeat",
        "AlgorithmSpecification": { "TrainingImage": PINNED, "TrainingInputMode": "File" },
        "InputDataConfig": [{}],
        "RoleArn": "arn:role",
        "HyperParameters": { "depth": "6" },
        "Tags": [
            { "Key": "CommitId", "Value": "0123456789abcdef0123456789abcdef01234567" },
            { "Key": "Repository", "Value": "credit" },
        ],
    });
    assert_eq!(found.request, request);
    let pinned = Pinned {
        image: Some(PINNED.into()),
        commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
        repository: Some("credit".into()),
        commit_found_by: Some(FoundBy::Tag),
        data: vec![train()],
    };
    assert_eq!(found.pinned, pinned);
    assert_eq!((found.exact, found.complete, found.requests), (true, true, 3));
    assert_eq!(found.missing, <[String; 0]>::default());
    let step = "channel/train: make sure that version v1 of s3://b/train.csv is the newest, or copy it \
                (CopyObject with `?versionId=v1`) and point the channel there";
    assert_eq!((found.before_it_is_sent.len(), found.before_it_is_sent[0].as_str()), (3, step));
}

/// The reasons against an exact repeat.
fn against(nodes: Vec<(usize, Node)>) -> Vec<String> {
    let found = repeat(nodes);
    assert_eq!(found.exact, found.missing.is_empty());
    found.missing
}

#[test]
fn a_tag_a_weak_version_and_an_inferred_claim_stand_against_an_exact_repeat() {
    let job = |sources: &[(&str, &str)]| node(TRAINING, "train", &[from(sources)]);
    let (data, image, commit) = (
        ("ContributedTo:channel/train", TRAIN),
        ("ContributedTo:image", IMAGE),
        ("ContributedTo:source/tag", COMMIT),
    );
    let mut tagged = with(exact(), job(&[data, ("ContributedTo:image", TAGGED), commit]));
    tagged.push((1, node(TAGGED, "r/serve:1", &[])));
    assert_eq!(against(tagged), ["the image `r/serve:1` is named by a tag, which may have been moved since"]);
    let mut claimed = with(exact(), job(&[data, image, ("ContributedTo:source/branch-head", CLAIMED)]));
    claimed.push((1, named_only(CLAIMED)));
    let words = [
        "the commit is a claim that the repository has not confirmed",
        "nobody named the commit: it was the head of the branch when the job was created",
    ];
    assert_eq!(against(claimed), words);
    assert_eq!(against(with(exact(), job(&[data, image]))), ["no commit is known"]);
    let mut weak = with(exact(), job(&[("ContributedTo:channel/train", SET), image, commit]));
    weak.extend(sample::nodes().into_iter().filter(|(_, node)| node.id.as_str() == SET));
    assert_eq!(against(weak), ["channel/train: the bucket keeps no versions"]);
    let unread: Vec<_> = exact().into_iter().filter(|(_, node)| node.id.as_str() != TRAIN).collect();
    let words = [
        format!("channel/train: nothing is recorded about {TRAIN}"),
        "only 0 of 1 channels have known versions".to_owned(),
    ];
    assert_eq!(against(unread), words);
}

#[test]
fn channels_count_and_other_data_does_not() {
    let check = |wanted: usize, expect: &[&str]| {
        let mut nodes = exact();
        nodes.push((1, node("ds#s3://b/check@1", "check", &[])));
        let sources = [
            ("ContributedTo:channel/train", TRAIN),
            ("ContributedTo:checkpoint", "ds#s3://b/check@1"),
            ("ContributedTo:image", IMAGE),
            ("ContributedTo:source/tag", COMMIT),
        ];
        let nodes = with(nodes, node(TRAINING, "train", &[from(&sources)]));
        let found = reproduction(&answer(TRAINING, nodes, &[(TRAINING, detail(wanted))])).unwrap();
        assert_eq!(found.missing, expect);
        assert_eq!(found.pinned.data.len(), 2);
    };
    check(0, &[]);
    check(1, &[]);
    check(2, &["only 1 of 2 channels have known versions"]);
}

#[test]
fn what_was_redacted_has_to_be_filled_in() {
    let mut detail = detail(1);
    detail["HyperParameters"] =
        json!({ "depth": "6", "password": sagewarden_events::REDACTED, "url": "x?token=[redacted]" });
    detail["Environment"] = json!({ "MODE": "full" });
    let found = reproduction(&answer(TRAINING, exact(), &[(TRAINING, detail)])).unwrap();
    let missing =
        |name: &str| format!("HyperParameters.{name} was redacted when it was recorded: fill it in");
    assert_eq!(found.missing, [missing("password"), missing("url")]);
    assert_eq!(found.request["Environment"], json!({ "MODE": "full" }));
}

#[test]
fn a_lineage_that_is_cut_may_lack_a_source() {
    let mut cut = answer(TRAINING, exact(), &[(TRAINING, detail(1))]);
    cut.graph.stopped_by = Some(StoppedBy::Deadline);
    let found = reproduction(&cut).unwrap();
    assert_eq!((found.exact, found.complete), (false, false));
    assert_eq!(found.missing, ["its lineage is cut: the time ran out"]);
}

#[test]
fn the_nearest_training_job_is_the_one_to_repeat() {
    const EARLIER: &str = "tjob#1/r/earlier@5";
    let asked = |root: &str, nodes: Vec<(usize, Node)>| {
        let details = [(TRAINING, detail(2)), (EARLIER, detail(0))];
        reproduction(&answer(root, nodes, &details)).map(|found| found.training_job)
    };
    let mut nodes = sample::nodes();
    nodes.push((8, node(EARLIER, "earlier", &[])));
    assert_eq!(asked(DEPLOYMENT, nodes.clone()), Ok(TRAINING.to_owned()));
    nodes.push((4, node("tjob#1/r/beside@5", "beside", &[])));
    let several = vec!["tjob#1/r/beside@5".to_owned(), TRAINING.to_owned()];
    assert_eq!(asked(DEPLOYMENT, nodes), Err(NotReproducible::Several(several)));
    let none = asked(MODEL, vec![(0, node(MODEL, "credit", &[]))]);
    assert_eq!(none, Err(NotReproducible::NoTrainingJob(MODEL.to_owned())));
}

#[test]
fn a_job_whose_request_was_not_kept_is_not_repeated() {
    for details in [vec![], vec![(TRAINING, json!({ "HyperParameters": {} }))]] {
        let found = reproduction(&answer(TRAINING, exact(), &details));
        assert_eq!(found, Err(NotReproducible::NoRequest("training job train".into())));
    }
}

#[test]
fn a_new_name_is_no_longer_than_a_job_may_have() {
    let named = |name: &str| {
        let nodes = with(exact(), node(TRAINING, name, &[]));
        repeat(nodes).request["TrainingJobName"].as_str().unwrap().to_owned()
    };
    assert_eq!(named(&"a".repeat(56)), format!("{}-repeat", "a".repeat(56)));
    let long = named(&"a".repeat(63));
    assert_eq!((long.len(), long.ends_with("a-repeat")), (63, true));
    assert_eq!(named(&format!("{}-b", "a".repeat(55))), format!("{}-repeat", "a".repeat(55)));
}

#[test]
fn what_is_done_before_sending_depends_on_how_the_data_is_known() {
    let read = |target: &str, facts: &[(&str, Value)]| {
        let job = node(TRAINING, "train", &[from(&[("ContributedTo:channel/a", target)])]);
        let mut nodes = with(exact(), job);
        nodes.retain(|(_, node)| node.id.as_str() != target);
        nodes.push((1, node(target, "k", facts)));
        repeat(nodes).before_it_is_sent.remove(0)
    };
    let set = "channel/a: make sure that the objects under s3://b/more/ are the versions in manifest 00ff, or copy these versions and point \
               the channel there";
    assert_eq!(read(SET, &[(URI, text("s3://b/more/"))]), set);
    let weak = "channel/a: make sure that k has not changed: its bucket kept no versions";
    assert_eq!(read(TRAIN, &[]), weak);
}

#[test]
fn a_repeat_has_its_request_and_what_is_missing() {
    let exact = repeat(exact()).text();
    assert!(exact.starts_with("CreateTrainingJob, to repeat training-job/train\n{\n"), "{exact}");
    assert!(exact.contains("\n}\nbefore it is sent\n  channel/train: make sure"), "{exact}");
    assert!(exact.ends_with("exact: image, data and commit are pinned\n"), "{exact}");
    let inexact = repeat(vec![(0, node(TRAINING, "train", &[]))]).text();
    let end =
        "missing for an exact repeat\n  no commit is known\n  only 0 of 1 channels have known versions\n";
    assert!(inexact.ends_with(end), "{inexact}");
}
