//! A push: its commits and the head of the branch or tag are recorded, and what was built from that branch meanwhile is linked
//! to it.
//!
//! CodeCommit's event names the last commit of a push and, where it is not the first, the head before; what is between is
//! walked. Whether the event of an annotated tag names the tag's own object or the commit is not documented: what is no commit
//! stays an unconfirmed one, and the tag says so.

use sagewarden_events::{CommitId, RefChange, RefKind, ReferenceChanged, Repository};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::{Record, head_sk};
use sagewarden_lineage::reference::{Head, Reference};
use sagewarden_lineage::table::{Attributes, Query, Range, Value};

use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Commit, PortError, SourceControl, Table};
use crate::record::closure::{query_all, refresh};
use crate::record::walk_commits::{MAX_LOOKUPS, MAX_WITHOUT_OLD, Walk, walk};
use crate::world::World;

/// Records a push.
///
/// # Errors
/// Rejects a push to a branch whose commit the repository does not have; retries when the repository or the table do not
/// answer.
pub async fn record_commit(world: &impl World, push: &ReferenceChanged) -> Outcome {
    let (source, table) = (world.source(), world.table());
    let repository = &push.repository;
    let reference = Reference { repository, kind: push.kind, name: &push.name };
    let caller = push.caller.as_deref();
    let mut record = Record::default();
    let walked = match &push.commit {
        Some(new) => walk(source, repository, new, push.old_commit.as_ref()).await?,
        None => Walk::default(),
    };
    let node = record_walked(&mut record, push, &walked)?;
    let cut = cut(push, &walked);
    let forced = walked.leads_to_old.map(|leads| !leads);
    let before = push.old_commit.as_ref();
    let head = Head { at: push.time, commit: node.as_ref(), before, forced, caller, cut: cut.as_deref() };
    let branch = record.head(&reference, &head);
    if let Some(id) = node.as_ref().filter(|_| walked.new.is_none()) {
        record.gap(&branch, id.as_str(), NO_COMMIT);
    }
    table.write(&record.writes).await?;

    let mut links = Record { touched: record.touched, ..Record::default() };
    link_followers(table, &mut links, branch.as_str(), push, node.as_ref()).await?;
    table.write(&links.writes).await?;
    refresh(table, &links.touched).await?;
    Ok(Done::Acted(told(push, &walked)))
}

const NO_COMMIT: &str = "it points to something that is no commit of the repository: the object of an annotated tag, or a commit \
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
        record.commit(repository, &commit.id, facts(commit), pusher);
    }
    // A branch that went back points to a commit that nobody pushed now.
    let known = walked.new.iter().filter(|new| walked.commits.iter().all(|commit| commit.id != new.id));
    known.for_each(|commit| drop(record.commit(repository, &commit.id, facts(commit), None)));
    Ok(Some(NodeId::commit(repository, new)))
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

fn told(push: &ReferenceChanged, walked: &Walk) -> String {
    let place = format!("{}/{}", push.repository.name, push.name);
    let Some(new) = &push.commit else { return format!("recorded that {place} was deleted") };
    let force = if walked.leads_to_old == Some(false) { ", pushed by force" } else { "" };
    let more = match walked.commits.len() {
        0 | 1 => String::new(),
        several => format!(", and {} before it", several - 1),
    };
    format!("recorded commit {} as head of {place}{force}{more}", new.short())
}

/// Adds a commit to a record when the repository has it; `None` when it does not.
///
/// # Errors
/// When the repository does not answer.
pub(crate) async fn record_confirmed(
    source: &impl SourceControl,
    record: &mut Record,
    repository: &Repository,
    id: &CommitId,
) -> Result<Option<NodeId>, PortError> {
    let commit = source.commit(repository, id).await?;
    Ok(commit.map(|commit| record.commit(repository, id, facts(&commit), None)))
}

/// Everything that was created while the branch pointed here, up to the next head, was built from this head. Heads and
/// followers are each written before the other is read, so whichever comes last makes the link.
async fn link_followers(
    table: &impl Table,
    record: &mut Record,
    branch: &str,
    push: &ReferenceChanged,
    node: Option<&NodeId>,
) -> Result<(), PortError> {
    let from = push.time.millis();
    let next = table
        .query(&Query {
            pk: branch.to_owned(),
            range: Range::Between(format!("H#{from:015}#~"), "H#~".into()),
            descending: false,
            limit: Some(1),
            after: None,
        })
        .await?;
    let until = next.items.first().and_then(|item| item.key.sk.split('#').nth(1).map(str::to_owned));
    let until = until.map_or_else(|| "J#~".to_owned(), |millis| format!("J#{millis}#"));
    let followers = query_all(
        table,
        Query {
            pk: branch.to_owned(),
            range: Range::Between(format!("J#{from:015}#"), until),
            descending: false,
            limit: None,
            after: None,
        },
    )
    .await?;
    let head = head_sk(push.time, node);
    let version = head.strip_prefix("H#").unwrap_or(&head);
    for follower in followers {
        if let Some(id) = follower.text("id").and_then(NodeId::parse) {
            record.inferred(&id, version, node.map(NodeId::as_str));
        }
    }
    Ok(())
}

fn facts(commit: &Commit) -> Attributes {
    /// An item holds 400 KB; a message of this length is still read by people.
    const MAX_MESSAGE: usize = 10_000;
    let mut facts = Attributes::from([
        ("author".into(), Value::Text(commit.author_name.clone())),
        ("email".into(), Value::Text(commit.author_email.clone())),
        ("message".into(), Value::Text(commit.message.chars().take(MAX_MESSAGE).collect())),
    ]);
    // DynamoDB takes empty texts outside keys, but an absent fact is the clearer statement.
    facts.retain(|_, value| *value != Value::Text(String::new()));
    if let Some(time) = commit.authored_at {
        facts.insert("date".into(), Value::Number(time.millis()));
    }
    if !commit.parents.is_empty() {
        let parents: Vec<&str> = commit.parents.iter().map(CommitId::as_str).collect();
        facts.insert("parents".into(), Value::Text(parents.join(" ")));
    }
    if commit.parents.len() > 1 {
        facts.insert("merge".into(), Value::Number(i64::try_from(commit.parents.len()).unwrap_or(i64::MAX)));
    }
    facts
}
