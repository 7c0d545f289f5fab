//! Branches and tags: a node over all commits that one pointed to, and a row for each head.

use sagewarden_events::{CommitId, RefKind, Repository, Timestamp};

use crate::edge::Relation;
use crate::id::NodeId;
use crate::record::{NEVER_FILLED, Record};
use crate::rows::node::{DELETED, HEAD, HEAD_VERSION, REFERENCE, REFERENCE_TYPE, REPOSITORY};
use crate::rows::{Alias, HeadRow, OutEdgeRow};
use crate::table::{Attributes, Write};

/// The role of the edge from a commit to the references that point to it.
pub const HEAD_ROLE: &str = "head";

/// A branch or tag of a repository.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The repository.
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

/// Where a branch or tag pointed from a time on. One push can arrive in two forms, and only one of them names the previous head, so this is
/// a merge.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// Since when.
    pub at: Timestamp,
    /// The commit that it points to; `None` if it was deleted.
    pub commit: Option<&'a NodeId>,
    /// The commit that it pointed to before, if that is known.
    pub before: Option<&'a CommitId>,
    /// Whether the push was forced: the previous head is not an ancestor of this one. `None` if unknown.
    pub forced: Option<bool>,
    /// Who pushed.
    pub caller: Option<&'a str>,
    /// The part of the history that was not read, in words that do not depend on the push.
    pub cut: Option<&'a str>,
}

impl Record {
    /// A branch or tag with a head; returns its node. The row of the head says which part of the push was not read.
    /// The node has the same words as a gap, once for all pushes.
    pub fn head(&mut self, reference: &Reference<'_>, head: &Head<'_>) -> NodeId {
        let Reference { repository, kind, name } = reference;
        let id = reference.id();
        let facts = Attributes::from([
            (REPOSITORY.into(), repository.name.clone().into()),
            (REFERENCE.into(), kind.full_name(name).into()),
            (REFERENCE_TYPE.into(), kind.word().into()),
        ]);
        let path = format!("{}/{name}", repository.name);
        self.node(&id, &path, None, facts);
        self.alias(Alias::name(kind.word(), &path), &id);
        if let Some(words) = head.cut {
            self.gap(&id, NEVER_FILLED, words);
        }
        let row = head.row(&id);
        let target = head.commit.map_or(DELETED, NodeId::as_str);
        self.register(&id, HEAD_VERSION, row.version(), Attributes::from([(HEAD.into(), target.into())]));
        if let Some(commit) = head.commit {
            // On the commit's side, the edge stays when the reference moves on, because it did point there.
            let edge = OutEdgeRow {
                source: commit.clone(),
                relation: Relation::AssociatedWith,
                role: HEAD_ROLE.to_owned(),
                destination: id.clone(),
            };
            self.writes.push(Write::Put(edge.item()));
        }
        self.writes.push(row.write());
        id
    }
}

impl Head<'_> {
    fn row(&self, reference: &NodeId) -> HeadRow {
        HeadRow {
            reference: reference.clone(),
            at: self.at,
            commit: self.commit.cloned(),
            before: self.before.map(ToString::to_string),
            forced: self.forced,
            pushers: self.caller.map(str::to_owned).into_iter().collect(),
            cut: self.cut.map(str::to_owned).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
