use proptest::prelude::*;

use super::*;
use crate::edge::{InEdge, Relation};
use crate::rows::NodeRow;
use crate::sample::{ARTIFACT, COMMIT, IMAGE, MODEL, TRAIN, TRAINING, bare, from, id, named_only, node};

fn item(node: Node) -> Item {
    node.item.unwrap()
}

/// The `number`th node of a chain, in which each node was made from the next.
fn link(number: usize) -> NodeId {
    id(&format!("ds#s3://b/{number}@v"))
}

fn chained(number: usize) -> Item {
    let next = link(number + 1).to_string();
    item(node(link(number).as_str(), "x", &[from(&[("ContributedTo:member", &next)])]))
}

fn limits(max_depth: usize, max_nodes: usize) -> Limits {
    Limits { max_depth, max_nodes }
}

/// Walks up a chain whose last node is the `last`, with this many nodes in each read.
fn climb(mut walk: Walk, last: usize, at_most: usize) -> Walk {
    loop {
        let wanted = walk.level(at_most).to_vec();
        if wanted.is_empty() {
            return walk;
        }
        assert!(wanted.len() <= at_most, "{wanted:?}");
        let items = (0..=last).filter(|number| wanted.contains(&link(*number))).map(|number| {
            if number == last { item(node(link(number).as_str(), "x", &[])) } else { chained(number) }
        });
        walk.absorb(items.collect());
    }
}

fn up(limits: Limits) -> Walk {
    Walk::new(Direction::Upstream, [link(0)], limits)
}

#[test]
fn a_traversal_ends_exactly_at_its_depth() {
    let check = |max_depth: usize, nodes: usize, stopped: Option<StoppedBy>| {
        let (graph, cursor) = climb(up(limits(max_depth, 100)), 3, 10).finish(&link(0));
        assert_eq!((graph.nodes.len(), graph.stopped_by), (nodes, stopped), "{max_depth}");
        assert_eq!(cursor.is_some(), stopped.is_some(), "{max_depth}");
    };
    check(0, 1, Some(StoppedBy::MaxDepth));
    check(2, 3, Some(StoppedBy::MaxDepth));
    check(3, 4, None);
    check(4, 4, None);
}

#[test]
fn a_traversal_ends_exactly_at_its_number_of_nodes() {
    let check = |max_nodes: usize, stopped: Option<StoppedBy>| {
        let (graph, cursor) = climb(up(limits(100, max_nodes)), 3, 10).finish(&link(0));
        assert_eq!((graph.nodes.len(), graph.stopped_by), (max_nodes.min(4), stopped), "{max_nodes}");
        assert_eq!(cursor.is_some(), stopped.is_some(), "{max_nodes}");
    };
    check(1, Some(StoppedBy::MaxNodes));
    check(3, Some(StoppedBy::MaxNodes));
    check(4, None);
    check(5, None);
}

#[test]
fn the_default_limits_are_those_that_the_documentation_has() {
    assert_eq!(Limits::default(), limits(16, 2_000));
    assert_eq!(up(limits(3, 7)).capacity(), 7);
}

#[test]
fn distances_count_from_the_start() {
    let graph = climb(up(Limits::default()), 3, 10).into_graph();
    let distances: Vec<usize> = (0..=3).map(|number| graph.distance[&link(number)]).collect();
    assert_eq!(distances, [0, 1, 2, 3]);
}

#[test]
fn a_wide_level_is_read_in_parts_and_no_node_twice() {
    let sources: Vec<String> = (10..15).map(|number| link(number).to_string()).collect();
    let edges: Vec<(&str, &str)> =
        sources.iter().map(|source| ("ContributedTo:member", source.as_str())).collect();
    let mut walk = up(Limits::default());
    assert_eq!(walk.level(2), [link(0)]);
    walk.absorb(vec![item(node(link(0).as_str(), "x", &[from(&edges)]))]);
    let mut read = Vec::new();
    loop {
        let wanted = walk.level(2).to_vec();
        if wanted.is_empty() {
            break;
        }
        assert!(wanted.len() <= 2, "{wanted:?}");
        // Each of them was made from the start, which is already known.
        let start = link(0).to_string();
        let back = [from(&[("ContributedTo:member", &start)])];
        walk.absorb(wanted.iter().map(|id| item(node(id.as_str(), "x", &back))).collect());
        read.extend(wanted);
    }
    assert_eq!(read, (10..15).map(link).collect::<Vec<_>>());
    let (graph, cursor) = walk.finish(&link(0));
    assert_eq!((graph.nodes.len(), graph.edges.len(), cursor), (6, 10, None));
}

#[test]
fn a_limit_on_nodes_bounds_a_level_too() {
    let sources: Vec<String> = (10..15).map(|number| link(number).to_string()).collect();
    let edges: Vec<(&str, &str)> =
        sources.iter().map(|source| ("ContributedTo:member", source.as_str())).collect();
    let mut walk = up(limits(16, 3));
    assert_eq!(walk.level(100).len(), 1);
    walk.absorb(vec![item(node(link(0).as_str(), "x", &[from(&edges)]))]);
    assert_eq!(walk.level(100), [link(10), link(11)]);
}

#[test]
fn what_is_not_found_stands_in_the_graph_as_a_name() {
    let mut walk = up(Limits::default());
    assert_eq!(walk.level(9), [link(0)]);
    walk.absorb(Vec::new());
    let (graph, cursor) = walk.finish(&link(0));
    assert_eq!((graph.nodes.get(&link(0)), cursor), (Some(&named_only(link(0).as_str())), None));
}

proptest! {
    #[test]
    fn an_answer_in_parts_is_the_answer_in_one(last in 0_usize..12, max_depth in 0_usize..4, max_nodes in 1_usize..5) {
        let (whole, _) = climb(up(limits(100, 100)), last, 10).finish(&link(0));
        let (mut nodes, mut edges) = (BTreeSet::new(), BTreeSet::new());
        let mut walk = up(limits(max_depth, max_nodes));
        for part in 0.. {
            prop_assert!(part <= last, "it goes on without an end");
            let (graph, cursor) = climb(walk, last, 10).finish(&link(0));
            prop_assert!(graph.nodes.len() <= max_nodes && graph.nodes.len() <= max_depth + 1);
            prop_assert_eq!(graph.stopped_by.is_some(), cursor.is_some());
            let earlier = nodes.len();
            nodes.extend(graph.nodes.into_keys());
            prop_assert!(nodes.len() > earlier, "each part brings something");
            edges.extend(graph.edges);
            let Some(cursor) = cursor else { break };
            prop_assert_eq!((cursor.root(), cursor.direction()), (&link(0), Direction::Upstream));
            let read = Cursor::read(&cursor.write());
            prop_assert_eq!(read.as_ref(), Some(&cursor));
            walk = Walk::resume(cursor, limits(max_depth, max_nodes));
        }
        prop_assert_eq!(nodes, whole.nodes.into_keys().collect::<BTreeSet<_>>());
        prop_assert_eq!(edges, whole.edges);
    }
}

#[test]
fn an_answer_that_goes_on_names_what_earlier_ones_had() {
    let (_, cursor) = climb(up(limits(0, 100)), 3, 10).finish(&link(0));
    let mut walk = Walk::resume(cursor.unwrap(), limits(0, 100));
    assert_eq!(walk.level(9), [link(1)]);
    // It was made from the start, which the earlier answer had.
    let edges = [from(&[("ContributedTo:member", link(0).as_str()), ("ContributedTo:image", IMAGE)])];
    walk.absorb(vec![item(node(link(1).as_str(), "x", &edges))]);
    let (graph, cursor) = walk.finish(&link(0));
    assert_eq!(graph.elsewhere, BTreeSet::from([link(0)]));
    assert_eq!(graph.nodes.keys().collect::<Vec<_>>(), [&link(1)]);
    let mut last = Walk::resume(cursor.unwrap(), limits(0, 100));
    assert_eq!(last.level(9), [id(IMAGE)], "and nothing of what was seen");
}

#[test]
fn the_reader_may_end_it() {
    let mut walk = up(Limits::default());
    walk.stop(StoppedBy::Deadline);
    let (graph, cursor) = walk.finish(&link(0));
    assert_eq!((graph.stopped_by, cursor.is_some()), (Some(StoppedBy::Deadline), true));
}

fn row(from: &str, role: &str, to: &str) -> Item {
    OutEdgeRow::of(&InEdge::new(Relation::ContributedTo, role, id(from)), &id(to)).item()
}

fn page(from: &str, rows: Vec<Item>, next: Option<&str>) -> OutEdges {
    OutEdges { id: id(from), rows, next: next.map(str::to_owned) }
}

/// Downstream from the image, which is read.
fn down(limits: Limits) -> Walk {
    let mut walk = Walk::new(Direction::Downstream, [id(IMAGE)], limits);
    assert_eq!(walk.level(9), [id(IMAGE)]);
    walk.absorb(vec![item(node(IMAGE, "i", &[from(&[("ContributedTo:beside", COMMIT)])]))]);
    walk
}

#[test]
fn downstream_follows_out_edges_and_not_what_went_in() {
    let mut walk = down(Limits::default());
    walk.absorb_out(vec![page(
        IMAGE,
        vec![row(IMAGE, "image", TRAINING), item(node(TRAIN, "x", &[]))],
        None,
    )]);
    assert_eq!(walk.level(9), [id(TRAINING)]);
    walk.absorb(vec![item(node(TRAINING, "train", &[from(&[("ContributedTo:image", IMAGE)])]))]);
    walk.add(Edge {
        from: id(TRAINING),
        to: id(ARTIFACT),
        relation: Relation::Produced,
        role: "artifact".into(),
    });
    assert_eq!(walk.level(9), [id(ARTIFACT)]);
    walk.absorb(vec![item(node(ARTIFACT, "m", &[]))]);
    let (graph, cursor) = walk.finish(&id(IMAGE));
    let distances = [IMAGE, TRAINING, ARTIFACT].map(|node| graph.distance[&id(node)]);
    assert_eq!((distances, cursor, graph.stopped_by), ([0, 1, 2], None, None));
    let roles: Vec<&str> = graph.edges.iter().map(|edge| edge.role.as_str()).collect();
    assert_eq!(roles, ["image", "artifact"]);
    assert_eq!(graph.from_above.len(), 3);
}

#[test]
fn a_place_that_no_job_has_read_as_data_is_passed_over() {
    let reached = |target: Node| {
        let mut walk = down(Limits::default());
        walk.absorb_out(vec![page(IMAGE, vec![row(IMAGE, "image", TRAIN)], None)]);
        assert_eq!(walk.level(9), [id(TRAIN)]);
        walk.absorb(target.item.into_iter().collect());
        let graph = walk.into_graph();
        assert_eq!(graph.nodes.contains_key(&id(TRAIN)), !graph.edges.is_empty());
        graph.nodes.contains_key(&id(TRAIN))
    };
    let same = from(&[("AssociatedWith:same-object", ARTIFACT)]);
    let both = from(&[("AssociatedWith:same-object", ARTIFACT), ("Produced:output/a", "pjob#1/r/a@1")]);
    assert!(!reached(bare(TRAIN, std::slice::from_ref(&same))));
    assert!(reached(bare(TRAIN, &[both])), "a job wrote it");
    assert!(reached(node(TRAIN, "train.csv", &[same])), "it is recorded");
    assert!(reached(named_only(TRAIN)), "nothing is known of it");
}

#[test]
fn pages_of_out_edges_are_read_on_where_there_is_room() {
    let mut walk = down(limits(16, 3));
    let first = [MODEL, TRAINING].map(|to| row(IMAGE, "image", to));
    walk.absorb_out(vec![page(IMAGE, first[..1].to_vec(), Some("behind"))]);
    let queries = walk.rest();
    let expect = Query { after: Some("behind".into()), ..OutEdgeRow::out_of(&id(IMAGE)).at_most(2) };
    assert_eq!(queries, [expect], "no more rows than there is room for");
    walk.absorb_out(vec![page(IMAGE, first[1..].to_vec(), Some("further"))]);
    assert_eq!(walk.rest(), [], "what is known fills the answer");
    assert_eq!(walk.level(9), [id(MODEL), id(TRAINING)]);
    walk.absorb(vec![]);
    let (graph, cursor) = walk.finish(&id(IMAGE));
    assert_eq!((graph.nodes.len(), graph.stopped_by), (3, Some(StoppedBy::MaxNodes)));
    let cursor = cursor.unwrap();
    assert_eq!((cursor.direction(), cursor.root()), (Direction::Downstream, &id(IMAGE)));
    assert_eq!(Cursor::read(&cursor.write()).as_ref(), Some(&cursor), "with what is to be read on");
    let mut resumed = Walk::resume(cursor, limits(16, 3));
    let expect = Query { after: Some("further".into()), ..OutEdgeRow::out_of(&id(IMAGE)).at_most(3) };
    assert_eq!(resumed.rest(), [expect]);
    resumed.absorb_out(vec![page(IMAGE, vec![row(IMAGE, "image", ARTIFACT)], None)]);
    assert_eq!(resumed.level(9), [id(ARTIFACT)]);
    resumed.absorb(vec![]);
    let (graph, cursor) = resumed.finish(&id(IMAGE));
    assert_eq!((graph.distance[&id(ARTIFACT)], cursor), (1, None));
    assert_eq!(graph.elsewhere, BTreeSet::from([id(IMAGE)]));
}

#[test]
fn a_page_that_goes_on_keeps_the_depth_of_its_node() {
    let mut walk = down(Limits::default());
    walk.absorb_out(vec![page(IMAGE, vec![row(IMAGE, "image", TRAINING)], None)]);
    assert_eq!(walk.level(9), [id(TRAINING)]);
    walk.absorb(vec![item(node(TRAINING, "train", &[]))]);
    walk.absorb_out(vec![page(TRAINING, vec![], Some("behind"))]);
    walk.stop(StoppedBy::MaxRequests);
    let (graph, cursor) = walk.finish(&id(IMAGE));
    assert_eq!(graph.stopped_by, Some(StoppedBy::MaxRequests), "the reason that was given stays");
    let mut resumed = Walk::resume(cursor.unwrap(), Limits::default());
    resumed.absorb_out(vec![page(TRAINING, vec![row(TRAINING, "artifact", ARTIFACT)], None)]);
    assert_eq!(resumed.level(9), [id(ARTIFACT)]);
    resumed.absorb(vec![]);
    assert_eq!(resumed.into_graph().distance[&id(ARTIFACT)], 2);
}

#[test]
fn a_page_holds_at_least_one_edge() {
    let query = |at_most: usize| Walk::out_edges(&id(IMAGE), at_most);
    assert_eq!(query(5), OutEdgeRow::out_of(&id(IMAGE)).at_most(5));
    assert_eq!(query(0).limit, Some(1));
}

#[test]
fn a_text_that_is_no_cursor_is_none() {
    for text in ["", "no base64!", "bm8gSlNPTg", "e30"] {
        assert_eq!(Cursor::read(text), None, "{text}");
    }
    assert_eq!(NodeRow::key(&id(IMAGE)).pk, IMAGE);
}
