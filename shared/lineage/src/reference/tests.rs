use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::rows::node::{GAPS, NAME, gap};
use crate::rows::{AliasRow, NodeRow};
use crate::sample::table;
use crate::table::{Item, Key};

const DIGITS: &str = "0123456789abcdef0123456789abcdef01234567";

fn credit() -> Repository {
    Repository { account: "1".into(), region: "r".into(), name: "credit".into() }
}

fn recorded(write: impl FnOnce(&mut Record)) -> BTreeMap<Key, Item> {
    let mut record = Record::default();
    write(&mut record);
    table(&record)
}

fn head<'a>(commit: Option<&'a NodeId>, before: &'a CommitId) -> Head<'a> {
    Head {
        at: Timestamp::from_millis(20),
        commit,
        before: Some(before),
        forced: Some(true),
        caller: Some("arn:ana"),
        cut: Some("more"),
    }
}

#[test]
fn a_push_is_a_head_of_its_branch_and_an_edge_from_its_commit() {
    let repository = credit();
    let reference = Reference { repository: &repository, kind: RefKind::Branch, name: "main" };
    let before = CommitId::parse(DIGITS).unwrap();
    let commit = NodeId::commit(&repository, &before);
    let table = recorded(|record| {
        let id = record.head(&reference, &head(Some(&commit), &before));
        assert_eq!(id, NodeId::reference(&repository, "refs/heads/main"));
    });
    let row = HeadRow {
        reference: reference.id(),
        at: Timestamp::from_millis(20),
        commit: Some(commit.clone()),
        before: Some(DIGITS.into()),
        forced: Some(true),
        pushers: BTreeSet::from(["arn:ana".to_owned()]),
        cut: BTreeSet::from(["more".to_owned()]),
    };
    assert_eq!(table.values().filter_map(HeadRow::parse).collect::<Vec<_>>(), [row]);
    let node = &table[&NodeRow::key(&reference.id())];
    let names = [NAME, REPOSITORY, REFERENCE, REFERENCE_TYPE, HEAD];
    let expect = ["credit/main", "credit", "refs/heads/main", "branch", commit.as_str()];
    assert_eq!(names.map(|name| node.text(name)), expect.map(Some));
    assert_eq!(node.set(GAPS).collect::<Vec<_>>(), [gap(NEVER_FILLED, "more")]);
    assert_eq!(
        table.values().filter_map(AliasRow::parse).collect::<Vec<_>>(),
        [AliasRow { alias: Alias::name("branch", "credit/main"), id: reference.id() }]
    );
    let [edge] = table.values().filter_map(OutEdgeRow::parse).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((edge.source, edge.destination, edge.role.as_str()), (commit, reference.id(), HEAD_ROLE));
}

#[test]
fn a_branch_that_is_deleted_points_to_nothing() {
    let repository = credit();
    let reference = Reference { repository: &repository, kind: RefKind::Tag, name: "v1" };
    let before = CommitId::parse(DIGITS).unwrap();
    let table = recorded(|record| {
        _ = record.head(&reference, &Head { cut: None, caller: None, ..head(None, &before) })
    });
    let node = &table[&NodeRow::key(&reference.id())];
    assert_eq!((node.text(HEAD), node.text(REFERENCE_TYPE)), (Some(DELETED), Some("tag")));
    assert!(table.values().all(|item| OutEdgeRow::parse(item).is_none()) && node.set(GAPS).count() == 0);
}
