use super::*;

fn id(text: &str) -> NodeId {
    NodeId::parse(&format!("model#{text}")).unwrap()
}

/// The layout of these edges, by names.
fn check(edges: &[(&str, &str)], look: impl FnOnce(&Layout<'_>)) {
    let edges: Vec<(NodeId, NodeId)> = edges.iter().map(|(from, to)| (id(from), id(to))).collect();
    let nodes = edges.iter().flat_map(|(from, to)| [from, to]).collect();
    look(&layout(&nodes, edges.iter().map(|(from, to)| (from, to))));
}

/// No two boxes come nearer to each other than this.
fn are_apart(layout: &Layout<'_>) {
    let corners: Vec<&Point> = layout.corners.values().collect();
    for (index, one) in corners.iter().enumerate() {
        for other in &corners[index + 1..] {
            let is_apart = (one.x - other.x).abs() >= WIDTH || (one.y - other.y).abs() >= HEIGHT + 20.0;
            assert!(is_apart, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn edges_lead_from_left_to_right_and_sources_stand_near_their_use() {
    check(&[("a", "b"), ("b", "c"), ("late", "c")], |layout| {
        let x = |name: &str| layout.corners[&id(name)].x;
        assert!(x("a") < x("b") && x("b") < x("c"));
        assert_eq!(x("late"), x("b"));
    });
}

#[test]
fn a_long_chain_is_one_straight_line() {
    let names: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
    let edges: Vec<(&str, &str)> =
        names.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    check(&edges, |layout| {
        let heights: BTreeSet<i64> = layout.corners.values().map(|point| point.y as i64).collect();
        assert_eq!(heights.len(), 1, "{heights:?}");
        assert_eq!(layout.height, 2.0 * MARGIN + HEIGHT);
    });
}

#[test]
fn a_line_beyond_the_next_column_passes_no_box() {
    let edges =
        [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("a", "c"), ("x", "b"), ("y", "c"), ("x", "d")];
    check(&edges, |layout| {
        for ((from, to), line) in &layout.lines {
            for (corner_of, corner) in &layout.corners {
                let is_end = corner_of == from || corner_of == to;
                let passes = line.iter().any(|point| {
                    let in_column = point.x >= corner.x && point.x <= corner.x + WIDTH;
                    in_column && point.y > corner.y - 3.0 && point.y < corner.y + HEIGHT + 3.0
                });
                assert!(is_end || !passes, "{from} -> {to} runs behind {corner_of}");
            }
        }
        are_apart(layout);
    });
}

#[test]
fn what_can_be_drawn_without_crossings_is() {
    let edges =
        [("a", "y"), ("b", "x"), ("c", "z"), ("x", "q"), ("y", "p"), ("z", "r"), ("a", "p2"), ("y", "p2")];
    check(&edges, |layout| {
        let y = |name: &str| layout.corners[&id(name)].y;
        for [[one, other], [next, after]] in
            [[["a", "b"], ["y", "x"]], [["b", "c"], ["x", "z"]], [["x", "y"], ["q", "p"]]]
        {
            assert_eq!(y(one) < y(other), y(next) < y(after), "{one} {other} {next} {after}");
        }
    });
}

#[test]
fn no_two_boxes_overlap_however_wide_or_circular_the_graph_is() {
    let names: Vec<String> = (0..500).map(|number| format!("n{number}")).collect();
    let mut edges: Vec<(&str, &str)> = names.iter().map(|name| ("hub", name.as_str())).collect();
    edges.extend([("x", "y"), ("y", "x"), ("y", "z"), ("z", "x")]);
    check(&edges, |layout| {
        assert_eq!(layout.corners.len(), 504);
        assert_eq!(layout.lines.len(), edges.len());
        are_apart(layout);
    });
}
