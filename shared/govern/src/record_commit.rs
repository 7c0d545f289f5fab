//! A push: the commit and the branch head are recorded, and what was built from that branch meanwhile is linked to it.

use sagewarden_events::{CommitId, RefKind, ReferenceChanged, Repository};
use sagewarden_lineage::id::NodeId;
use sagewarden_lineage::record::{Record, head_sk, reference_pk};
use sagewarden_lineage::table::{Attributes, Query, Range, Value};

use crate::closure::{query_all, refresh};
use crate::outcome::{Done, Failure, Outcome};
use crate::ports::{Commit, PortError, SourceControl, Table};

/// Records a push.
///
/// # Errors
/// Rejects a push whose commit the repository does not have; retries when the repository or the table do not answer.
pub async fn record_commit(
    source: &impl SourceControl,
    table: &impl Table,
    push: &ReferenceChanged,
) -> Outcome {
    let reference = full_name(push.kind, &push.name);
    let repository = &push.repository;
    let mut record = Record::default();
    let node = match &push.commit {
        Some(id) => Some(record_confirmed(source, &mut record, repository, id).await?.ok_or_else(|| {
            let name = &repository.name;
            Failure::Reject(format!(
                "repository `{name}` has no commit `{id}`: it was deleted, or never existed"
            ))
        })?),
        None => None,
    };
    let branch = reference_pk(repository, &reference);
    record.head(&branch, push.time, node.as_ref(), push.caller.as_deref());
    table.write(&record.writes).await?;

    let mut links = Record { touched: record.touched, ..Record::default() };
    link_followers(table, &mut links, &branch, push, node.as_ref()).await?;
    table.write(&links.writes).await?;
    refresh(table, &links.touched).await?;
    Ok(Done::Acted(match &push.commit {
        Some(id) => format!("recorded commit {} as head of {}/{}", id.short(), repository.name, push.name),
        None => format!("recorded that {}/{} was deleted", repository.name, push.name),
    }))
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
    Ok(commit.map(|commit| record.commit(repository, id, facts(&commit))))
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

fn full_name(kind: RefKind, name: &str) -> String {
    match kind {
        RefKind::Branch => format!("refs/heads/{name}"),
        RefKind::Tag => format!("refs/tags/{name}"),
    }
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
    facts
}
