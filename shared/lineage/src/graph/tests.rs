use super::*;
use crate::rows::node::gap;
use crate::sample::{
    self, ARTIFACT, CLAIMED, COMMIT, IMAGE, MODEL, TRAIN, TRAINING, bare, from, graph, id, named_only, node,
    set, text,
};
use crate::table::Value;

const BRANCH: &str = "ref#git.host/1/credit@refs/heads/main";

fn sources(node: &Node) -> Vec<String> {
    node.in_edges().iter().map(ToString::to_string).collect()
}

#[test]
fn a_node_answers_from_its_item() {
    let job = node(TRAINING, "train", &[(CREATED, Value::Number(7)), ("a", text("b"))]);
    assert_eq!((job.name(), job.text("a"), job.number("a")), ("train", Some("b"), None));
    assert_eq!((job.number(CREATED), job.created_at()), (Some(7), Some(Timestamp::from_millis(7))));
    assert!(job.is_recorded());
    let unknown = named_only(TRAINING);
    assert_eq!((unknown.name(), unknown.text("a"), unknown.number(CREATED)), ("1/r/train@30", None, None));
    assert_eq!((unknown.created_at(), unknown.is_recorded(), unknown.in_edges()), (None, false, vec![]));
    assert!(!bare(TRAINING, &[(NAME, text("train"))]).is_recorded(), "its kind is what makes a record");
}

#[test]
fn the_head_of_a_branch_is_inferred_only_where_nobody_named_a_commit() {
    let inferred = (INFERRED, text(CLAIMED));
    let unnamed = node(TRAINING, "train", &[from(&[("ContributedTo:image", IMAGE)]), inferred.clone()]);
    let expect =
        [format!("ContributedTo:image|{IMAGE}"), format!("ContributedTo:source/branch-head|{CLAIMED}")];
    assert_eq!(sources(&unnamed), expect);
    let named = node(TRAINING, "train", &[from(&[("ContributedTo:source/tag", COMMIT)]), inferred]);
    assert_eq!(sources(&named), [format!("ContributedTo:source/tag|{COMMIT}")]);
    let deleted = node(TRAINING, "train", &[(INFERRED, text("none"))]);
    assert_eq!(sources(&deleted), <[String; 0]>::default());
}

#[test]
fn a_branch_leads_to_its_head_and_nothing_else_has_one() {
    let branch = node(BRANCH, "credit/main", &[(HEAD, text(COMMIT))]);
    assert_eq!(sources(&branch), [format!("AssociatedWith:head|{COMMIT}")]);
    assert_eq!(sources(&node(BRANCH, "credit/main", &[(HEAD, text("deleted"))])), <[String; 0]>::default());
    assert_eq!(sources(&node(TRAINING, "train", &[(HEAD, text(COMMIT))])), <[String; 0]>::default());
}

#[test]
fn a_graph_has_the_edges_into_its_nodes_and_how_far_each_is() {
    let graph = graph(sample::nodes());
    assert_eq!((graph.nodes.len(), graph.edges.len()), (12, 12));
    assert_eq!(graph.distance.get(&id(TRAINING)), Some(&4));
    let training = id(TRAINING);
    let into: Vec<&str> = graph.into_node(&training).map(|edge| edge.role.as_str()).collect();
    assert_eq!(into, ["source/tag", "channel/train", "channel/more", "image"]);
    let out: Vec<&NodeId> = graph.out_of(&training).map(|edge| &edge.to).collect();
    assert_eq!(out, [&id(ARTIFACT)]);
    let jobs: Vec<&NodeId> = graph.of_kind(NodeKind::TrainingJob).map(|node| &node.id).collect();
    assert_eq!(jobs, [&id(TRAINING)]);
    let edge =
        Edge { from: id(TRAINING), to: id(ARTIFACT), relation: Relation::Produced, role: "artifact".into() };
    assert!(graph.edges.contains(&edge));
}

#[test]
fn what_is_reached_from_above_brings_no_sources_and_replaces_nothing() {
    let job = || node(TRAINING, "train", &[from(&[("ContributedTo:image", IMAGE)])]);
    let mut seen = Graph::default();
    seen.insert_from_above(job(), 3);
    assert_eq!((seen.edges.len(), seen.distance.get(&id(TRAINING))), (0, Some(&3)));
    assert!(seen.from_above.contains(&id(TRAINING)) && seen.nodes.contains_key(&id(TRAINING)));
    let mut known = graph(vec![(1, job())]);
    known.insert_from_above(named_only(TRAINING), 3);
    assert_eq!((known.from_above.len(), known.distance.get(&id(TRAINING))), (0, Some(&1)));
    assert!(known.nodes[&id(TRAINING)].is_recorded());
}

#[test]
fn two_traversals_of_one_start_are_one_graph() {
    let above = || {
        let mut graph = Graph::default();
        graph.insert_from_above(node(TRAINING, "train", &[]), 2);
        graph
    };
    let mut below = graph(vec![(1, node(TRAINING, "train", &[from(&[("ContributedTo:image", IMAGE)])]))]);
    below.stopped_by = Some(StoppedBy::MaxNodes);
    let mut whole = above();
    whole.extend(below.clone());
    assert_eq!((whole.from_above.len(), whole.distance.get(&id(TRAINING))), (0, Some(&1)));
    assert_eq!((whole.edges.len(), whole.stopped_by), (1, Some(StoppedBy::MaxNodes)));
    let mut kept = below;
    let mut other = above();
    other.stopped_by = Some(StoppedBy::Deadline);
    other.insert_from_above(node(MODEL, "credit", &[]), 3);
    kept.extend(other);
    assert_eq!((kept.distance.get(&id(TRAINING)), kept.distance.get(&id(MODEL))), (Some(&1), Some(&3)));
    assert_eq!(kept.from_above.iter().collect::<Vec<_>>(), [&id(MODEL)]);
    assert_eq!(kept.stopped_by, Some(StoppedBy::MaxNodes), "the first reason stays");
}

#[test]
fn an_artifact_of_a_job_that_was_stopped_is_untrusted() {
    let check = |target: &str, facts: &[(&str, Value)], expect: bool| {
        let target = node(target, "x", &[from(&[("Produced:artifact", TRAINING)])]);
        let graph = graph(vec![(0, target.clone()), (1, node(TRAINING, "train", facts))]);
        assert_eq!(graph.is_untrusted(&target), expect, "{target:?} {facts:?}");
    };
    let stopped = [(REMEDY, text("StopTrainingJob for SM.1"))];
    check(ARTIFACT, &stopped, true);
    check(ARTIFACT, &[], false);
    check(TRAIN, &stopped, false);
}

/// A training job with a gap.
fn lacking(subject: &str, more: &[(&str, Value)]) -> Node {
    let mut facts = vec![(GAPS, set(&[&gap(subject, "not found")]))];
    facts.extend(more.iter().cloned());
    node(TRAINING, "train", &facts)
}

#[test]
fn a_gap_is_reported_until_something_fills_it() {
    let check = |subject: &str, more: &[(&str, Value)], others: Vec<Node>, open: bool| {
        let mut nodes = vec![(0, lacking(subject, more))];
        nodes.extend(others.into_iter().map(|node| (1, node)));
        let expect: &[&str] = if open { &["training job `train`: not found"] } else { &[] };
        assert_eq!(graph(nodes).gaps(), expect, "{subject} {more:?}");
    };
    let commit = || vec![node(COMMIT, "0123456", &[])];
    let image = || vec![node(IMAGE, "sha256:ab", &[])];
    check("-", &[], vec![], true);
    check("image", &[], vec![], true);
    check("image", &[from(&[("ContributedTo:image", IMAGE)])], image(), false);
    check("other", &[from(&[("ContributedTo:image", IMAGE)])], image(), true);
    check("artifact", &[], vec![node(ARTIFACT, "m", &[from(&[("Produced:artifact", TRAINING)])])], false);
    check(SOURCE, &[from(&[("ContributedTo:source/tag", COMMIT)])], commit(), false);
    check("image", &[from(&[("ContributedTo:source/tag", COMMIT)])], commit(), true);
    check(SOURCE, &[from(&[("ContributedTo:image", IMAGE)])], image(), true);
    check(COMMIT, &[], commit(), false);
    check(EXPLANATION, &[], vec![], true);
    check(EXPLANATION, &[(EXPLANATION, text("s3://b/analysis.json"))], vec![], false);
    check("other", &[(EXPLANATION, text("s3://b/analysis.json"))], vec![], true);
}

#[test]
fn a_gap_stays_open_while_what_would_fill_it_is_only_named() {
    let graph = graph(vec![(0, lacking(COMMIT, &[])), (1, named_only(COMMIT))]);
    let unrecorded = "other nodes name commit `git.host/1/credit@0123456789abcdef0123456789abcdef01234567`, but nothing is recorded about it";
    assert_eq!(graph.gaps(), [unrecorded, "training job `train`: not found"]);
}

#[test]
fn nodes_reached_from_above_have_no_gap() {
    let mut graph = Graph::default();
    graph.insert_from_above(lacking("image", &[]), 1);
    assert_eq!(graph.gaps(), <[String; 0]>::default());
}

#[test]
fn a_source_outside_the_graph_could_not_be_read_unless_the_graph_was_cut_or_goes_on_elsewhere() {
    let mut graph = graph(vec![(0, node(TRAINING, "train", &[from(&[("ContributedTo:image", IMAGE)])]))]);
    assert_eq!(graph.unread().collect::<Vec<_>>(), [&id(IMAGE)]);
    let tail = id(IMAGE).tail().to_owned();
    assert_eq!(graph.gaps(), [format!("image `{tail}` could not be read")]);
    graph.stopped_by = Some(StoppedBy::MaxDepth);
    assert_eq!(graph.gaps(), <[String; 0]>::default());
    graph.stopped_by = None;
    graph.elsewhere.insert(id(IMAGE));
    assert_eq!((graph.unread().count(), graph.gaps()), (0, vec![]));
}

#[test]
fn each_reason_to_stop_has_words_of_its_own() {
    use StoppedBy::{Deadline, MaxBytes, MaxDepth, MaxNodes, MaxRequests};
    let words: BTreeSet<&str> =
        [MaxDepth, MaxNodes, MaxRequests, MaxBytes, Deadline].map(StoppedBy::explain).into_iter().collect();
    assert_eq!(words.len(), 5);
    assert!(words.iter().all(|words| words.len() > 10), "{words:?}");
    for (reason, names) in
        [(MaxDepth, "`max_depth`"), (MaxNodes, "`max_nodes`"), (MaxRequests, "`max_requests`")]
    {
        assert!(reason.explain().contains(names), "{reason:?}");
    }
}
