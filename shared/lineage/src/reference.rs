//! Branches and tags: a node over all commits that one pointed to, and a row for each head.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_events::{CommitId, RefKind, Repository, Timestamp};

use crate::edge::Relation;
use crate::id::NodeId;
use crate::record::{NEVER_FILLED, Record, head_sk, name_alias};
use crate::table::{Attributes, Key, Value, Write};

/// The attribute of a reference's node that names the commit it points to, or [`DELETED`].
pub const HEAD: &str = "head";
/// The version of [`HEAD`]: what stands behind `H#` in the sort key of the head's row.
pub const HEAD_VERSION: &str = "headv";
/// What [`HEAD`] says of a branch or tag that was deleted.
pub const DELETED: &str = "deleted";
/// The role of the edge from a commit to the references that point to it.
pub const HEAD_ROLE: &str = "head";
/// The attribute of commits and of head rows that holds the ARNs of those who pushed.
pub const PUSHERS: &str = "pushers";

/// A branch or tag of a repository.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// Whose.
    pub repository: &'a Repository,
    /// Branch or tag.
    pub kind: RefKind,
    /// Its name, without `refs/heads/`.
    pub name: &'a str,
}

impl Reference<'_> {
    /// Its node.
    #[must_use]
    pub fn id(&self) -> NodeId {
        NodeId::reference(self.repository, &self.kind.full_name(self.name))
    }
}

/// Where a branch or tag pointed from a time on. One push can be told in two forms of which only one knows the head before, so
/// the row is merged.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// Since when.
    pub at: Timestamp,
    /// What it points to; nothing when it was deleted.
    pub commit: Option<&'a NodeId>,
    /// What it pointed to before, where that is known.
    pub before: Option<&'a CommitId>,
    /// Whether the head before is no ancestor of this one; `None` when that is not known.
    pub forced: Option<bool>,
    /// Who pushed.
    pub caller: Option<&'a str>,
    /// What was not looked up, in words that do not depend on the push.
    pub cut: Option<&'a str>,
}

impl Record {
    /// A branch or tag with a head; returns its node. What was cut off is told by the row, and once by the node.
    pub fn head(&mut self, reference: &Reference<'_>, head: &Head<'_>) -> NodeId {
        let Reference { repository, kind, name } = reference;
        let id = reference.id();
        let facts = Attributes::from([
            ("repository".into(), Value::Text(repository.name.clone())),
            ("reference".into(), Value::Text(kind.full_name(name))),
            ("reference_type".into(), Value::Text(kind.word().into())),
        ]);
        let path = format!("{}/{name}", repository.name);
        self.node(&id, &path, None, facts);
        self.alias(name_alias(kind.word(), &path), id.to_string(), &id);
        if let Some(words) = head.cut {
            self.gap(&id, NEVER_FILLED, words);
        }
        let row = head_sk(head.at, head.commit);
        let target = head.commit.map_or_else(|| DELETED.to_owned(), ToString::to_string);
        let version = row.strip_prefix("H#").unwrap_or(&row).to_owned();
        self.register(&id, HEAD_VERSION, version, Attributes::from([(HEAD.into(), Value::Text(target))]));
        if let Some(commit) = head.commit {
            // On the commit's side it stays when the reference moves on: it did point there.
            let sk = format!("O#{}:{HEAD_ROLE}#{id}", Relation::AssociatedWith);
            let role = Attributes::from([("role".into(), Value::Text(HEAD_ROLE.into()))]);
            self.put(Key::new(commit.as_str(), sk), role);
        }
        self.head_row(Key::new(id.as_str(), row), head);
        id
    }

    fn head_row(&mut self, key: Key, head: &Head<'_>) {
        let mut once = Attributes::from([("at".into(), Value::Number(head.at.millis()))]);
        let commit = head.commit.map(|id| ("commit".into(), Value::Text(id.to_string())));
        let before = head.before.map(|id| ("before".into(), Value::Text(id.to_string())));
        let forced = head.forced.map(|forced| ("forced".into(), Value::Number(forced.into())));
        once.extend(commit.into_iter().chain(before).chain(forced));
        let one = |text: &str| BTreeSet::from([text.to_owned()]);
        let mut union = BTreeMap::new();
        union.extend(head.caller.map(|caller| (PUSHERS.to_owned(), one(caller))));
        union.extend(head.cut.map(|words| ("cut".to_owned(), one(words))));
        self.writes.push(Write::Merge { key, once, union });
    }
}
