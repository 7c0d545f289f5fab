//! A push: its commits and the head of the branch or tag are recorded, and what was built from that branch meanwhile is linked
//! to it.
//!
//! CodeCommit's event names the last commit of a push and, where it is not the first, the head before; what is between is
//! walked. Whether the event of an annotated tag names the tag's own object or the commit is not documented: what is no commit
//! stays an unconfirmed one, and the tag says so.

use std::collections::BTreeSet;

use sagewarden_events::{CommitId, RefChange, RefKind, ReferenceChanged};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::reference::{Head, Reference};
use sagewarden_lineage::rows::{FollowerRow, HeadRow, NodeRow, node};
use sagewarden_lineage::table::{Item, Key};

use crate::outcome::{Done, Failure};
use crate::ports::{PortError, Table};
use crate::record::closure::{query_all, refresh};
use crate::record::commit::record_commit_node;
use crate::record::store::write_new;
use crate::record::walk_commits::{MAX_LOOKUPS, MAX_WITHOUT_OLD, Walk, walk};
use crate::world::World;

/// A push that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPush {
    /// What was done, in words.
    pub done: Done,
    /// The first parent of the commit that was pushed. Absent for the first commit of a repository, and where no commit was pushed.
    pub parent: Option<CommitId>,
    /// What it is compared with: the head before; of a push that does not say it, the newest commit below it that came with an earlier push,
    /// else the one below the oldest that was looked up. Absent where all of its history is new.
    pub base: Option<CommitId>,
}

/// Records a push.
///
/// # Errors
/// Rejects a push to a branch whose commit the repository does not have; retries when the repository or the table do not
/// answer.
pub async fn record_commit(world: &impl World, push: &ReferenceChanged) -> Result<RecordedPush, Failure> {
    let (source, table) = (world.source(), world.table());
    let walked = match &push.commit {
        Some(new) => walk(source, &push.repository, new, push.old_commit.as_ref()).await?,
        None => Walk::default(),
    };
    let mut record = Record::default();
    let commit = record_walked(&mut record, push, &walked)?;
    let reference = record_head(&mut record, push, &walked, commit.as_ref());
    // The commits are refreshed whether they are new or not, so a retry needs no list of what was changed before it.
    let mut touched = record.touched;
    write_new(table, record.writes).await?;
    let links = follower_links(table, &reference, push, commit.as_ref()).await?;
    touched.extend(links.touched);
    write_new(table, links.writes).await?;
    refresh(table, &touched).await?;
    let parent = walked.new.as_ref().and_then(|new| new.parents.first()).cloned();
    let base = match &push.old_commit {
        Some(old) => Some(old.clone()),
        None => base(table, push, &walked).await?,
    };
    Ok(RecordedPush { done: Done::Acted(in_words(push, &walked)), parent, base })
}

/// Where a push begins that does not say it: what came with an earlier push was judged with that.
async fn base(
    table: &impl Table,
    push: &ReferenceChanged,
    walked: &Walk,
) -> Result<Option<CommitId>, PortError> {
    let mut line = Vec::new();
    let mut next = walked.new.as_ref().and_then(|new| new.parents.first());
    let mut below = None;
    while let Some(id) = next {
        // A history has no circles, and no more commits than were read.
        let Some(commit) = walked.commits.iter().find(|commit| commit.id == *id) else {
            below = Some(id.clone());
            break;
        };
        line.push(id.clone());
        next = commit.parents.first().filter(|_| line.len() <= walked.commits.len());
    }
    let identity = |id: &CommitId| NodeId::commit(&push.repository, id);
    let keys: Vec<Key> = line.iter().map(|id| NodeRow::key(&identity(id))).collect();
    let known = if keys.is_empty() { Vec::new() } else { table.get(&keys).await? };
    let pushed = |item: &Item| item.set(node::PUSHERS).next().is_some();
    let known: BTreeSet<NodeId> =
        known.iter().filter(|item| pushed(item)).filter_map(|item| Some(NodeRow::parse(item)?.id)).collect();
    Ok(line.into_iter().find(|id| known.contains(&identity(id))).or(below))
}

const NO_COMMIT: &str = "it points to something that is not a commit of the repository: the object of an annotated tag, or a commit \
                         that is gone";

/// The commits of the push, and the node that the reference points to now.
fn record_walked(
    record: &mut Record,
    push: &ReferenceChanged,
    walked: &Walk,
) -> Result<Option<NodeId>, Failure> {
    let Some(new) = &push.commit else { return Ok(None) };
    let repository = &push.repository;
    if walked.new.is_none() && push.kind == RefKind::Branch {
        let name = &repository.name;
        return Err(Failure::Reject(format!(
            "repository `{name}` has no commit `{new}`: it was deleted, or never existed"
        )));
    }
    for commit in &walked.commits {
        // Without a head before, nobody knows who brought the commits below this one.
        let pushed = walked.has_old || commit.id == *new;
        let pusher = push.caller.as_deref().filter(|_| pushed);
        record_commit_node(record, repository, commit, pusher);
    }
    // A branch that went back points to a commit that nobody pushed now.
    let known = walked.new.iter().filter(|new| walked.commits.iter().all(|commit| commit.id != new.id));
    for commit in known {
        record_commit_node(record, repository, commit, None);
    }
    Ok(Some(NodeId::commit(repository, new)))
}

/// The branch or tag, and where it points now; returns its node.
fn record_head(
    record: &mut Record,
    push: &ReferenceChanged,
    walked: &Walk,
    commit: Option<&NodeId>,
) -> NodeId {
    let cut = cut(push, walked);
    let head = Head {
        at: push.time,
        commit,
        before: push.old_commit.as_ref(),
        forced: walked.leads_to_old.map(|leads| !leads),
        caller: push.caller.as_deref(),
        cut: cut.as_deref(),
    };
    let reference = Reference { repository: &push.repository, kind: push.kind, name: &push.name };
    let id = record.head(&reference, &head);
    if let Some(commit) = commit.filter(|_| walked.new.is_none()) {
        record.gap(&id, commit.as_str(), NO_COMMIT);
    }
    id
}

/// What was not looked up, in words that are the same for every push. An update that does not name the head before (a trigger
/// never does) leaves its row without one: the other form of the same push may know it.
fn cut(push: &ReferenceChanged, walked: &Walk) -> Option<String> {
    let is_gone = push.old_commit.is_some() && !walked.has_old;
    if walked.new.is_none() || (walked.complete && !is_gone) {
        return None;
    }
    match (&push.old_commit, push.change) {
        (Some(_), _) if walked.has_old => {
            Some(format!("a push brought more commits than the {MAX_LOOKUPS} that are looked up"))
        }
        (Some(_), _) => Some("the head before a push is gone: what the push brought is not known".to_owned()),
        (None, RefChange::Created) => Some(format!(
            "it was created with more commits behind it than the {MAX_WITHOUT_OLD} that are looked up"
        )),
        (None, _) => None,
    }
}

fn in_words(push: &ReferenceChanged, walked: &Walk) -> String {
    let place = format!("{}/{}", push.repository.name, push.name);
    let Some(new) = &push.commit else { return format!("recorded that {place} was deleted") };
    let force = if walked.leads_to_old == Some(false) { ", pushed by force" } else { "" };
    let more = match walked.commits.len() {
        0 | 1 => String::new(),
        several => format!(", and {} before it", several - 1),
    };
    format!("recorded commit {} as head of {place}{force}{more}", new.short())
}

/// Everything that was created while the branch pointed here, up to the next head, was built from this head. Heads and
/// followers are each written before the other is read, so whichever comes last makes the link.
async fn follower_links(
    table: &impl Table,
    reference: &NodeId,
    push: &ReferenceChanged,
    commit: Option<&NodeId>,
) -> Result<Record, PortError> {
    let next = table.query(&HeadRow::after(reference, push.time).at_most(1)).await?;
    let until = next.items.first().and_then(HeadRow::parse).map(|next| next.at);
    let followers = query_all(table, FollowerRow::between(reference, push.time, until)).await?;
    let version = HeadRow::version_of(push.time, commit);
    let mut links = Record::default();
    for follower in followers.iter().filter_map(FollowerRow::parse) {
        links.inferred(&follower.id, &version, commit.map(NodeId::as_str));
    }
    Ok(links)
}
