use serde_json::json;

use super::*;
use crate::graph::StoppedBy;
use crate::rows::node::{
    BILLABLE_SECONDS, CREATED, INSTANCE_TYPE, ROLE, SPOT, TRAINING_SECONDS, URI, VERSION_ID,
};
use crate::sample::{
    self, ARTIFACT, DEPLOYMENT, IMAGE, MODEL, TRAIN, TRAINING, from, named_only, node, text,
};
use crate::table::Value;

fn change(aspect: Aspect, what: &str, before: &[&str], after: &[&str]) -> AspectChange {
    AspectChange { aspect, what: what.into(), before: owned(before), after: owned(after) }
}

fn compare(before: &Answer, after: &Answer) -> Difference {
    difference((before, &Verdicts::new()), (after, &Verdicts::new()))
}

/// A training job alone, with facts and details.
fn job(facts: &[(&str, Value)], detail: Json) -> Answer {
    answer(TRAINING, vec![(0, node(TRAINING, "train", facts))], &[(TRAINING, detail)])
}

#[test]
fn nothing_differs_from_itself() {
    let one = answer(DEPLOYMENT, sample::nodes(), &[]);
    let found = compare(&one, &one);
    assert_eq!((found.changes.len(), found.same), (0, 15));
    assert_eq!(found.requests, 6);
    assert_eq!((found.before.root.as_str(), found.before.name.as_str()), (DEPLOYMENT, "deployment prod"));
    assert_eq!(found.before, found.after);
}

#[test]
fn what_went_into_the_training_differs_by_its_version() {
    let one = answer(DEPLOYMENT, sample::nodes(), &[]);
    let other = node(TRAIN, "train.csv", &[(URI, text("s3://b/train.csv")), (VERSION_ID, text("v2"))]);
    let found = compare(&one, &answer(DEPLOYMENT, with(sample::nodes(), other), &[]));
    let versions = change(
        Aspect::Data,
        "training job channel/train",
        &["s3://b/train.csv version v1"],
        &["s3://b/train.csv version v2"],
    );
    assert_eq!(found.changes[0], change(Aspect::Resource, "processing job", &["prepare"], &[]));
    assert!(found.changes.contains(&versions), "{:?}", found.changes);
}

#[test]
fn sources_are_named_with_their_place_and_why_they_are_weak() {
    let empty = answer(DEPLOYMENT, vec![(0, node(DEPLOYMENT, "prod", &[]))], &[]);
    let found = compare(&empty, &answer(DEPLOYMENT, sample::nodes(), &[]));
    let of = |aspect: Aspect| -> Vec<(&str, &str)> {
        let fitting = found.changes.iter().filter(|change| change.aspect == aspect);
        fitting.map(|change| (change.what.as_str(), change.after[0].as_str())).collect()
    };
    let data = [
        ("model model-data/0", "s3://b/out/model.tar.gz version v9"),
        (
            "training job channel/more",
            "s3://b/more/ (3 objects, set:00ff) (weak: the bucket keeps no versions)",
        ),
        ("training job channel/train", "s3://b/train.csv version v1"),
    ];
    assert_eq!(of(Aspect::Data), data);
    let commits = [
        (
            "processing job",
            "fedcba9876543210fedcba9876543210fedcba98 \"unconfirmed\" (inferred: head of the branch at its creation)",
        ),
        ("training job", "0123456789abcdef0123456789abcdef01234567 \"Train on March\" (named by a tag)"),
    ];
    assert_eq!(of(Aspect::Commit), commits);
    let images = [
        ("model container/0", "r/serve:1"),
        ("processing job image", "sha256:ab"),
        ("training job image", "sha256:ab"),
    ];
    assert_eq!(of(Aspect::Image), images);
    let resources = [
        ("endpoint config", "c-1"),
        ("model", "credit"),
        ("processing job", "prepare"),
        ("training job", "train"),
    ];
    assert_eq!(of(Aspect::Resource), resources);
    let settings = [
        ("model approval", "Approved"),
        ("training job instance_count", "2"),
        ("training job instance_type", "ml.m5.xlarge"),
    ];
    assert_eq!(of(Aspect::Setting), settings);
}

#[test]
fn an_object_without_a_version_id_is_known_by_the_version_in_its_identity() {
    let read =
        [from(&[("ContributedTo:channel/a", "ds#s3://b/k@etag:e:1"), ("ContributedTo:member", TRAIN)])];
    let nodes = vec![
        (0, node(TRAINING, "train", &read)),
        (1, named_only("ds#s3://b/k@etag:e:1")),
        (1, node(TRAIN, "x", &[])),
    ];
    let found = compare(&job(&[], json!({})), &answer(TRAINING, nodes, &[]));
    let data: Vec<&AspectChange> =
        found.changes.iter().filter(|change| change.aspect == Aspect::Data).collect();
    let expect = change(Aspect::Data, "training job channel/a", &[], &["s3://b/k@etag:e:1 (etag:e:1)"]);
    assert_eq!(data, [&expect], "and a member of a set is no data of its own");
}

#[test]
fn an_earlier_training_counts_as_the_data_that_it_left_and_is_not_looked_into() {
    const EARLIER: &str = "tjob#1/r/earlier@5";
    let data = [from(&[("AssociatedWith:same-object", ARTIFACT)])];
    let nodes = vec![
        (0, node(TRAINING, "train", &[from(&[("ContributedTo:channel/model", TRAIN)])])),
        (1, node(TRAIN, "m", &data)),
        (2, node(ARTIFACT, "m", &[from(&[("Produced:artifact", EARLIER)])])),
        (3, node(EARLIER, "earlier", &[from(&[("ContributedTo:image", IMAGE)])])),
        (4, node(IMAGE, "i", &[])),
    ];
    let found = compare(&job(&[], json!({})), &answer(TRAINING, nodes, &[]));
    let whats: Vec<&str> = found.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(whats, ["dataset same-object", "training job channel/model"]);
    assert_eq!(found.same, 1, "the job itself");
}

#[test]
fn settings_parameters_and_metrics_are_compared_by_name() {
    let before = job(
        &[
            (INSTANCE_TYPE, text("ml.m5.large")),
            (ROLE, text("r")),
            (TRAINING_SECONDS, Value::Number(9)),
            (CREATED, Value::Number(1)),
        ],
        json!({
            "HyperParameters": { "depth": "6", "rate": "0.1" },
            "Environment": { "MODE": "full" },
            "ContainerArguments": ["--all"],
            "FinalMetricDataList": [{ "MetricName": "auc", "Value": 0.8 }, { "MetricName": "none" }],
        }),
    );
    let after = job(
        &[
            (SPOT, text("true")),
            (ROLE, text("r")),
            (BILLABLE_SECONDS, Value::Number(4)),
            (CREATED, Value::Number(2)),
        ],
        json!({
            "HyperParameters": { "depth": 7, "rate": "0.1" },
            "FinalMetricDataList": [{ "MetricName": "auc", "Value": 0.9 }],
        }),
    );
    let found = compare(&before, &after);
    let expect = [
        change(Aspect::Parameter, "training job arguments", &["[\"--all\"]"], &[]),
        change(Aspect::Parameter, "training job environment MODE", &["full"], &[]),
        change(Aspect::Parameter, "training job hyperparameter depth", &["6"], &["7"]),
        change(Aspect::Setting, "training job billable_seconds", &[], &["4"]),
        change(Aspect::Setting, "training job instance_type", &["ml.m5.large"], &[]),
        change(Aspect::Setting, "training job spot", &[], &["true"]),
        change(Aspect::Setting, "training job training_seconds", &["9"], &[]),
        change(Aspect::Metric, "training job auc", &["0.8"], &["0.9"]),
    ];
    assert_eq!(found.changes, expect);
    assert_eq!(found.same, 3, "the job, its role and its rate");
}

#[test]
fn what_the_controls_said_differs_too() {
    let one = job(&[], json!({}));
    let said = Verdicts::from([(crate::sample::id(TRAINING), "compliant".to_owned())]);
    let found = difference((&one, &Verdicts::new()), (&one, &said));
    assert_eq!(found.changes, [change(Aspect::Control, "training job", &[], &["compliant"])]);
}

#[test]
fn a_difference_is_whole_when_both_sides_are() {
    let whole = job(&[], json!({}));
    let found = compare(&whole, &whole);
    assert!(found.complete && found.missing.is_empty(), "{found:?}");
    let mut cut = whole.clone();
    cut.graph.stopped_by = Some(StoppedBy::MaxNodes);
    let words = format!("{TRAINING} is cut: the graph has more nodes than `max_nodes`");
    for (before, after) in [(&whole, &cut), (&cut, &whole)] {
        let found = compare(before, after);
        assert_eq!((found.complete, found.missing), (false, vec![words.clone()]));
    }
    let unknown = answer(MODEL, vec![], &[]);
    assert_eq!(compare(&unknown, &whole).before.name, MODEL, "what is not found is called by its identity");
}

#[test]
fn a_difference_is_listed_by_aspect_with_both_values() {
    let before = job(&[(SPOT, text("true"))], json!({ "HyperParameters": { "depth": "6" } }));
    let after = job(&[], json!({ "HyperParameters": { "depth": "7", "rate": "1" } }));
    let expect = "from training job train\nto   training job train\n\
                  parameter\n  training job hyperparameter depth\n    - 6\n    + 7\n  training job hyperparameter rate\n    + 1\n\
                  setting\n  training job spot\n    - true\n\
                  1 more are the same on both sides\ncomplete\n";
    assert_eq!(compare(&before, &after).text(), expect);
    let same = "from training job train\nto   training job train\nnothing differs\n2 more are the same on both sides\ncomplete\n";
    assert_eq!(compare(&before, &Answer { details: Default::default(), ..before.clone() }).changes.len(), 1);
    let bare = job(&[(SPOT, text("true"))], json!({}));
    assert_eq!(compare(&bare, &bare).text(), same);
}

#[test]
fn each_aspect_has_the_word_that_documents_have() {
    use Aspect::{Commit, Control, Data, Image, Metric, Parameter, Resource, Setting};
    for aspect in [Resource, Commit, Data, Image, Parameter, Setting, Metric, Control] {
        assert_eq!(json!(aspect), json!(aspect.word()));
    }
}

#[test]
fn importances_stand_side_by_side() {
    let model = |values: &[(&str, f64)]| {
        let attributions = json!([{ "method": "tree_shap", "label": "all", "features": values }]);
        let detail = json!({ "Attributions": attributions });
        answer(MODEL, vec![(0, node(MODEL, "m", &[]))], &[(MODEL, detail)])
    };
    let found = compare(&model(&[("age", 0.5), ("debt", 0.25)]), &model(&[("debt", 0.75), ("age", 0.5)]));
    let debt = change(Aspect::Importance, "model tree_shap all debt", &["0.2500"], &["0.7500"]);
    assert_eq!(found.changes, [debt]);
    assert!(found.text().contains("importance\n  model tree_shap all debt\n    - 0.2500\n    + 0.7500\n"));
}
