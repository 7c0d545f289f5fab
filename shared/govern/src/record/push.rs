//! A push: records its commits and the head of the branch or tag, and links resources that were built from that branch meanwhile
//! to it.
//!
//! CodeCommit's event names the last commit of a push and, except for the first push, the earlier head; the commits between them are
//! walked. AWS does not document whether the event of an annotated tag names the tag's own object or the commit: an object that is no
//! commit stays an unconfirmed one, and the tag says so.

use std::collections::BTreeSet;

use sagewarden_events::{CommitId, RefChange, RefKind, ReferenceChanged};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::Record;
use sagewarden_lineage::reference::{Head, Reference};
use sagewarden_lineage::rows::{FollowerRow, HeadRow};

use crate::outcome::{Done, Failure};
use crate::ports::{PortError, SourceControl, Table};
use crate::record::closure::{query_all, refresh};
use crate::record::commit::record_commit_node;
use crate::record::store::write_new;
use crate::record::walk_commits::{MAX_LOOKUPS, MAX_WITHOUT_OLD, Walk, walk};
use crate::world::World;

/// Heads of a branch that are looked at: those near a new branch are among the newest.
const MAX_HEADS: usize = 200;

/// A push that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPush {
    /// The result, in words.
    pub done: Done,
    /// The first parent of the commit that was pushed. Absent for the first commit of a repository, and where no commit was pushed.
    pub parent: Option<CommitId>,
    /// The commit to compare with: the head before. If the push does not name it, the nearest first parent that was a head before. Absent
    /// if there is none: then every file of the commit is judged.
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
    // Commits are refreshed whether they are new or not, so a retry needs no list of earlier changes.
    let mut touched = record.touched;
    write_new(table, record.writes).await?;
    let links = follower_links(table, &reference, push, commit.as_ref()).await?;
    touched.extend(links.touched);
    write_new(table, links.writes).await?;
    refresh(table, &touched).await?;
    let parent = walked.new.as_ref().and_then(|new| new.parents.first()).cloned();
    let base = match &push.old_commit {
        Some(old) => Some(old.clone()),
        None => base(world, push, &walked).await?,
    };
    Ok(RecordedPush { done: Done::Acted(in_words(push, &walked)), parent, base })
}

/// The start of a push that does not name one: the nearest first parent that was a head of the main branch, or of this one, because
/// everything up to a head was judged when it was pushed. If there is none nearby, everything in the branch counts as not judged.
async fn base(
    world: &impl World,
    push: &ReferenceChanged,
    walked: &Walk,
) -> Result<Option<CommitId>, PortError> {
    let heads = heads(world, push).await?;
    let mut next = walked.new.as_ref().and_then(|new| new.parents.first()).cloned();
    for _ in 0..MAX_WITHOUT_OLD {
        let Some(id) = next else { return Ok(None) };
        if heads.contains(&NodeId::commit(&push.repository, &id)) {
            return Ok(Some(id));
        }
        let parents = match walked.commits.iter().find(|commit| commit.id == id) {
            Some(commit) => commit.parents.clone(),
            None => {
                let found = world.source().commit(&push.repository, &id).await?;
                found.map(|commit| commit.parents).unwrap_or_default()
            }
        };
        next = parents.into_iter().next();
    }
    Ok(None)
}

/// Where the main branch and the branch of this push pointed lately.
async fn heads(world: &impl World, push: &ReferenceChanged) -> Result<BTreeSet<NodeId>, PortError> {
    let branches = BTreeSet::from([world.settings().lineage.branch.as_str(), push.name.as_str()]);
    let mut heads = BTreeSet::new();
    for name in branches {
        let reference = Reference { repository: &push.repository, kind: RefKind::Branch, name };
        let query = HeadRow::until(&reference.id(), push.time).at_most(MAX_HEADS);
        let page = world.table().query(&query).await?;
        heads.extend(page.items.iter().filter_map(HeadRow::parse).filter_map(|row| row.commit));
    }
    Ok(heads)
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
        // Without an earlier head, it is unknown who pushed the commits below this one.
        let pushed = walked.has_old || commit.id == *new;
        let pusher = push.caller.as_deref().filter(|_| pushed);
        record_commit_node(record, repository, commit, pusher);
    }
    // A branch that was reset points to a commit that this push did not bring.
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

/// The part of the history that was not read, in words that are the same for every push. An update that does not name the head before (a
/// trigger never does) leaves its row without such words: the other form of the same push may know that head.
fn cut(push: &ReferenceChanged, walked: &Walk) -> Option<String> {
    let is_gone = push.old_commit.is_some() && !walked.has_old;
    if walked.new.is_none() || (walked.complete && !is_gone) {
        return None;
    }
    match (&push.old_commit, push.change) {
        (Some(_), _) if walked.has_old => {
            Some(format!("a push has more than {MAX_LOOKUPS} commits, and only {MAX_LOOKUPS} are read"))
        }
        (Some(_), _) => {
            Some("the head before a push is gone, so the commits of the push are unknown".to_owned())
        }
        (None, RefChange::Created) => Some(format!(
            "more than {MAX_WITHOUT_OLD} commits are behind it, and only {MAX_WITHOUT_OLD} are read"
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
